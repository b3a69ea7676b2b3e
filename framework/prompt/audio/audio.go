// Package audio reads recordings: WAV, FLAC, MP3 and G.711, of any usual
// sampling rate, into samples of 16 bits, 16 kHz, one channel.
//
//	pcm, err := audio.Decode("welcome.mp3", data, audio.Limits{Length: 10 * time.Minute})
//
// Files are taken to be hostile: what they say of themselves is checked, and
// decoding stops at the limits, so that time and memory are bounded by them.
// The functions keep no state and are safe for concurrent use.
package audio

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Rate is the sampling rate of what is decoded.
const Rate = 16000

// Limits bound what a file may become.
type Limits struct {
	Length time.Duration // of the sound; 0 is 10 minutes
	// Stream accepts a WAV file whose lengths were not known when its header
	// was written, as synthesisers write to a pipe.
	Stream bool
}

func (l Limits) samples() int {
	if l.Length == 0 {
		l.Length = 10 * time.Minute
	}
	return int(l.Length * Rate / time.Second)
}

// ErrUnsupported marks files that are not read here, although another program
// may read them.
var ErrUnsupported = errors.New("not supported")

// unsupported is the error for a file that another program may read.
func unsupported(format string, args ...any) error {
	return fmt.Errorf("%s: %w; WAV, FLAC, MP3 and G.711 (.ul, .al) are read, at 4000 to 96000 Hz",
		fmt.Sprintf(format, args...), ErrUnsupported)
}

// damaged is the error for a file that is not what it says.
func damaged(format string, args ...any) error {
	return fmt.Errorf("the file is damaged: "+format, args...)
}

// source is sound as a file holds it.
type source interface {
	rate() int
	// total is how many samples there will be at least, 0 if that is not known.
	total() int
	// next is the next samples, mixed to one channel, from -1 to 1. The slice
	// is used until the next call. It ends with io.EOF.
	next() ([]float32, error)
}

// Decode reads a file: the samples of all channels, mixed, at 16 kHz. n
// samples at another rate become n*16000/rate, rounded up; the first ones coincide.
// Its name matters for G.711 without a header, which its extension tells.
func Decode(name string, data []byte, limits Limits) (pcm []int16, err error) {
	defer func() {
		// The decoders of others may trip over a file that was made to do it.
		if r := recover(); r != nil {
			pcm, err = nil, damaged("its decoder failed: %v", r)
		}
	}()
	s, err := open(name, data, limits)
	if err != nil {
		return nil, err
	}
	limit := limits.samples()
	switch {
	case s.rate() < minRate || s.rate() > maxRate:
		return nil, unsupported("a sampling rate of %d Hz", s.rate())
	case s.total()/s.rate() > limit/Rate:
		return nil, tooLong(limit) // before anything is unpacked
	}
	r, err := newResampler(s.rate())
	if err != nil {
		return nil, err
	}
	allowed := allowance(data)
	r.out = make([]int16, 0, min(allowed, s.total()*r.up/r.down)+1)
	return convert(s, r, limit, allowed)
}

func tooLong(limit int) error {
	return fmt.Errorf("the sound is longer than %v: split it", time.Duration(limit)*time.Second/Rate)
}

// The sampling rates that are read.
const (
	minRate = 4000
	maxRate = 96000
)

// allowance is how many samples a file may become. One that unpacks to more
// than 64 times its size, and to more than half a minute, was made to fill
// memories: MP3 reaches 32 times, and FLAC less unless it is silent.
func allowance(data []byte) int { return 32*len(data) + 30*Rate }

func convert(s source, r *resampler, limit, allowed int) ([]int16, error) {
	for {
		block, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		r.write(block)
		switch {
		case len(r.out) > limit:
			return nil, tooLong(limit)
		case len(r.out) > allowed:
			return nil, damaged("it unpacks to more than 64 times its size")
		}
	}
	r.end()
	switch {
	case len(r.out) == 0:
		return nil, errors.New("the file has no sound; record it again")
	case len(r.out) > limit:
		return nil, tooLong(limit)
	}
	return r.out, nil
}

// quantize rounds to 16 bits. What is too loud is cut off, never wrapped.
func quantize(v float64) int16 {
	return int16(math.RoundToEven(max(math.MinInt16, min(math.MaxInt16, v*full))))
}

// full is the value of full scale.
const full = 1 << 15
