package audio_test

import (
	"encoding/binary"
	"math"
	"slices"
)

// tone is a sine of an amplitude, from 0 to 1.
func tone(hz float64, rate int, seconds, amplitude float64) []float64 {
	out := make([]float64, int(math.Round(float64(rate)*seconds)))
	for i := range out {
		out[i] = amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
	}
	return out
}

// level is the amplitude of a tone in what was decoded, by its Fourier
// coefficient (Goertzel), without the edges.
func level(pcm []int16, hz float64) float64 {
	in := middle(pcm)
	coeff := 2 * math.Cos(2*math.Pi*hz/16000)
	var a, b float64
	for _, s := range in {
		a, b = float64(s)+coeff*a-b, a
	}
	power := a*a + b*b - coeff*a*b
	return 2 * math.Sqrt(power) / float64(len(in))
}

// rms is the root of the mean square, without the edges.
func rms(pcm []int16) float64 {
	var sum float64
	in := middle(pcm)
	for _, s := range in {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(in)))
}

// middle leaves out 50 ms on either side, and is whole periods of 100 Hz.
func middle(pcm []int16) []int16 {
	in := pcm[800 : len(pcm)-800]
	return in[:len(in)/160*160]
}

// dB is a ratio in decibels.
func dB(a, b float64) float64 { return 20 * math.Log10(max(a, 1e-9)/b) }

// wave is how a WAV file is written, perhaps wrongly.
type wave struct {
	coding         uint16
	channels, rate int
	bits           int
	extensible     bool
}

func pcm16(rate int) wave { return wave{coding: 1, channels: 1, rate: rate, bits: 16} }

// encode writes the same samples on each channel.
func (w wave) encode(samples []float64) []byte {
	var data []byte
	for _, v := range samples {
		for range w.channels {
			data = append(data, w.sample(v)...)
		}
	}
	return w.file(data)
}

func (w wave) sample(v float64) []byte {
	switch {
	case w.coding == 3 && w.bits == 32:
		return binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(v)))
	case w.coding == 3:
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))
	case w.coding == 6:
		return []byte{aLawOf(v)}
	case w.coding == 7:
		return []byte{muLawOf(v)}
	case w.bits == 8:
		return []byte{byte(math.Round(v*127) + 128)}
	case w.bits == 24:
		return binary.LittleEndian.AppendUint32(nil, uint32(int32(v*8388607)))[:3]
	case w.bits == 32:
		return binary.LittleEndian.AppendUint32(nil, uint32(int32(v*2147483647)))
	}
	return binary.LittleEndian.AppendUint16(nil, uint16(int16(math.Round(v*32767))))
}

// muLawOf and aLawOf find the nearest code by the standards' formulas.
func muLawOf(v float64) byte {
	return nearest(v, func(code byte) float64 {
		c := ^code
		exponent, mantissa := int(c>>4&7), int(c&15)
		return signed(c, float64((mantissa<<3+132)<<exponent-132)/32768)
	})
}

func aLawOf(v float64) byte {
	return nearest(v, func(code byte) float64 {
		c := code ^ 0x55
		exponent, mantissa := int(c>>4&7), int(c&15)
		value := mantissa<<4 + 8
		if exponent > 0 {
			value = (value + 256) << (exponent - 1)
		}
		return -signed(c, float64(value)/32768)
	})
}

func signed(c byte, v float64) float64 {
	if c&0x80 != 0 {
		return -v
	}
	return v
}

func nearest(v float64, value func(byte) float64) byte {
	best := byte(0)
	for code := range 256 {
		if math.Abs(value(byte(code))-v) < math.Abs(value(best)-v) {
			best = byte(code)
		}
	}
	return best
}

// file is a WAV file with the bytes as its samples.
func (w wave) file(data []byte) []byte {
	f := binary.LittleEndian.AppendUint16(nil, w.coding)
	if w.extensible {
		f = []byte{0xfe, 0xff}
	}
	f = binary.LittleEndian.AppendUint16(f, uint16(w.channels))
	f = binary.LittleEndian.AppendUint32(f, uint32(w.rate))
	f = binary.LittleEndian.AppendUint32(f, uint32(w.rate*w.channels*w.bits/8))
	f = binary.LittleEndian.AppendUint16(f, uint16(w.channels*w.bits/8))
	f = binary.LittleEndian.AppendUint16(f, uint16(w.bits))
	if w.extensible {
		f = append(f, 22, 0, byte(w.bits), 0, 0, 0, 0, 0)
		f = binary.LittleEndian.AppendUint16(f, w.coding)
		f = append(f, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	return riff(chunk("fmt ", f), chunk("data", data))
}

func chunk(id string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WAVE"), slices.Concat(chunks...)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}
