package audio

import (
	"bytes"
	"errors"
	"io"

	"github.com/mewkiz/flac"
)

// lossless is a FLAC file.
type lossless struct {
	stream *flac.Stream
	left   uint64 // samples a channel that the header promises; 0 if it does not say
	counts bool
	block  []float32
}

// streamInfo is the header of the first part of a FLAC file: of kind 0, or 0x80
// if it is the last one, and 34 bytes long.
const streamInfo = "fLaC\x00\x00\x00\x22"

// isFLAC says that a file is FLAC, perhaps behind a tag of MP3's kind.
func isFLAC(data []byte) bool {
	data, err := skipTag(data)
	return err == nil && bytes.HasPrefix(data, []byte("fLaC"))
}

// openFLAC reads the header. Other parts than the first may hold pictures of any
// size; they are skipped.
func openFLAC(data []byte) (source, error) {
	data, _ = skipTag(data) // isFLAC has done it
	if len(data) < 42 || string(data[:4])+string(data[4]&0x7f)+string(data[5:8]) != streamInfo {
		return nil, damaged("its FLAC header is not one")
	}
	s, err := flac.New(bytes.NewReader(data))
	if err != nil {
		return nil, damaged("its FLAC header: %w", err)
	}
	info := s.Info
	if info.NChannels == 0 || info.NChannels > maxChannels || info.BitsPerSample < 4 || info.BitsPerSample > 32 {
		return nil, damaged("its FLAC header says %d channels of %d bits", info.NChannels, info.BitsPerSample)
	}
	return &lossless{stream: s, left: info.NSamples, counts: info.NSamples > 0}, nil
}

func (l *lossless) rate() int { return int(l.stream.Info.SampleRate) }

func (l *lossless) total() int { return int(l.left) }

func (l *lossless) next() ([]float32, error) {
	frame, err := l.stream.ParseNext()
	switch {
	case errors.Is(err, io.EOF) && l.left > 0:
		return nil, damaged("it is cut short: %d samples are missing", l.left)
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case err != nil:
		return nil, damaged("FLAC: %w", err)
	case len(frame.Subframes) != int(l.stream.Info.NChannels):
		return nil, damaged("the number of its channels changes")
	case frame.SampleRate != 0 && frame.SampleRate != l.stream.Info.SampleRate:
		return nil, damaged("its sampling rate changes")
	}
	bits := frame.BitsPerSample
	if bits == 0 {
		bits = l.stream.Info.BitsPerSample
	}
	n := len(frame.Subframes[0].Samples)
	if l.counts && uint64(n) > l.left {
		return nil, damaged("it has more samples than its header says")
	}
	l.left -= min(l.left, uint64(n))
	return l.mix(frame.Subframes[0].Samples, n, bits, func(channel int) []int32 { return frame.Subframes[channel].Samples })
}

// mix averages the channels.
func (l *lossless) mix(first []int32, n int, bits uint8, samples func(channel int) []int32) ([]float32, error) {
	if cap(l.block) < n {
		l.block = make([]float32, n)
	}
	l.block = l.block[:n]
	channels := int(l.stream.Info.NChannels)
	scale := 1 / (float64(uint64(1)<<(bits-1)) * float64(channels))
	for i := range first {
		l.block[i] = float32(float64(first[i]) * scale)
	}
	for c := 1; c < channels; c++ {
		other := samples(c)
		if len(other) != n {
			return nil, damaged("its channels differ in length")
		}
		for i := range other {
			l.block[i] += float32(float64(other[i]) * scale)
		}
	}
	return l.block, nil
}
