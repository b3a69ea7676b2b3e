package prompt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Convert makes a WAV file that the platform can play of one that a
// synthesiser wrote: PCM of 16 bits, one or two channels, 8 to 48 kHz. Unlike
// [CheckWAV] it forgives a header whose lengths were not known when it was
// written. A file that is right already comes back as it is.
func Convert(data []byte) ([]byte, error) {
	if _, err := CheckWAV(data); err == nil {
		return data, nil
	}
	src, err := readSource(data)
	if err != nil {
		return nil, err
	}
	return EncodeWAV(resample(src.mono(), src.rate, SampleRate)), nil
}

// source is audio as it came.
type source struct {
	rate     int
	channels int
	samples  []int16
}

func readSource(data []byte) (source, error) {
	var s source
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" {
		return s, errors.New("the audio is no WAV file")
	}
	for rest := data[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:8]))
		body := rest[8:]
		size = min(size, len(body)) // a stream's header may promise anything
		switch id {
		case "fmt ":
			if err := s.readFormat(body[:size]); err != nil {
				return s, err
			}
		case "data":
			if s.rate == 0 {
				return s, errors.New("the WAV file has its data before its format")
			}
			s.samples = make([]int16, size/2)
			for i := range s.samples {
				s.samples[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			if len(s.samples) < s.channels {
				return s, errors.New("the WAV file holds no audio")
			}
			return s, nil
		}
		rest = body[min(size+size%2, len(body)):]
	}
	return s, errors.New("the WAV file has no data")
}

func (s *source) readFormat(b []byte) error {
	if len(b) < 16 {
		return errors.New("the WAV file's format is cut short")
	}
	form, bits := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[14:])
	s.channels, s.rate = int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint32(b[4:]))
	if form != 1 && form != 0xFFFE || bits != 16 || s.channels < 1 || s.channels > 2 || s.rate < 8000 || s.rate > 48000 {
		return fmt.Errorf("the WAV file has format %d, %d bits, %d channels, %d Hz; PCM of 16 bits, 1 or 2 channels, 8000 to 48000 Hz is needed",
			form, bits, s.channels, s.rate)
	}
	return nil
}

// mono mixes the channels.
func (s source) mono() []int16 {
	if s.channels == 1 {
		return s.samples
	}
	out := make([]int16, len(s.samples)/2)
	for i := range out {
		out[i] = int16((int(s.samples[2*i]) + int(s.samples[2*i+1])) / 2)
	}
	return out
}

// resample changes the sampling rate by a windowed-sinc low-pass (Kaiser,
// beta 8, 24 zero crossings a side), cut off a little below half the lower
// rate so that nothing folds back. Output sample i lies i*from/to after the
// first input sample; the fractions repeat, so their filters are made once.
func resample(in []int16, from, to int) []int16 {
	if from == to {
		return in
	}
	g := gcd(from, to)
	up, down := to/g, from/g
	filters, half := polyphase(up, down)
	out := make([]int16, len(in)*up/down)
	for i := range out {
		whole, phase := i*down/up, i*down%up
		var sum float64
		for k, c := range filters[phase] {
			if j := whole - half + k; j >= 0 && j < len(in) {
				sum += c * float64(in[j])
			}
		}
		out[i] = int16(math.Round(max(math.MinInt16, min(math.MaxInt16, sum))))
	}
	return out
}

// polyphase makes the low-pass for each fraction of an input sample, over half
// samples on either side.
func polyphase(up, down int) (filters [][]float64, half int) {
	const crossings, beta, margin = 24, 8.0, 0.94
	cut := margin * min(1, float64(up)/float64(down)) // of half the input's rate
	span := crossings / cut
	half = int(math.Ceil(span))
	filters = make([][]float64, up)
	for phase := range filters {
		filters[phase] = make([]float64, 2*half+1)
		for k := range filters[phase] {
			d := float64(phase)/float64(up) - float64(k-half)
			if w := 1 - (d/span)*(d/span); w > 0 {
				filters[phase][k] = cut * sinc(cut*d) * bessel(beta*math.Sqrt(w)) / bessel(beta)
			}
		}
	}
	return filters, half
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel is the modified Bessel function of the first kind, order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}
