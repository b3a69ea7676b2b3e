package audio

import (
	"io"

	"github.com/zaf/g711"
)

// law is the curve of a telephone line's samples.
type law func(byte) int16

func muLaw(b byte) int16 { return g711.DecodeUlawFrame(b) }
func aLaw(b byte) int16  { return g711.DecodeAlawFrame(b) }

// telephone is G.711: a sample a byte.
type telephone struct {
	rest     []byte
	channels int
	hz       int
	law      law
	block    [blockFrames]float32
}

func newG711(data []byte, channels, rate int, l law) *telephone {
	return &telephone{rest: data, channels: channels, hz: rate, law: l}
}

func (t *telephone) rate() int { return t.hz }

func (t *telephone) total() int { return len(t.rest) / t.channels }

func (t *telephone) next() ([]float32, error) {
	n := min(blockFrames, len(t.rest)/t.channels)
	if n == 0 {
		return nil, io.EOF
	}
	for i := range n {
		var sum float32
		for _, b := range t.rest[:t.channels] {
			sum += float32(t.law(b)) / full
		}
		t.block[i] = sum / float32(t.channels)
		t.rest = t.rest[t.channels:]
	}
	return t.block[:n], nil
}
