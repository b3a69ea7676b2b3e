package audio

import (
	"bytes"
	"encoding/binary"
	"io"

	mp3 "github.com/hajimehoshi/go-mp3"
)

// lossy is an MP3 file. Its frames are checked first, and the decoder gets
// these alone: it trusts the lengths in tags.
type lossy struct {
	decoder *mp3.Decoder
	hz      int
	skip    int // samples at the beginning that the codec put there
	left    int // samples that remain
	buf     [4 * blockFrames]byte
	block   [blockFrames]float32
}

func openMP3(data []byte) (source, error) {
	frames, err := readFrames(data)
	if err != nil {
		return nil, err
	}
	// Without Seek the decoder does not read the file twice.
	d, err := mp3.NewDecoder(struct{ io.Reader }{bytes.NewReader(frames.data)})
	if err != nil {
		return nil, damaged("MP3: %w", err)
	}
	return &lossy{decoder: d, hz: frames.rate, skip: frames.before, left: frames.samples - frames.before - frames.after}, nil
}

func (l *lossy) rate() int { return l.hz }

func (l *lossy) total() int { return max(0, l.left) }

// next reads samples of two channels, which the decoder always gives.
func (l *lossy) next() ([]float32, error) {
	for l.left > 0 {
		n, err := io.ReadFull(l.decoder, l.buf[:])
		if n < 4 {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return nil, io.EOF
			}
			return nil, damaged("MP3: %w", err)
		}
		block := l.block[:n/4]
		for i := range block {
			left, right := binary.LittleEndian.Uint16(l.buf[4*i:]), binary.LittleEndian.Uint16(l.buf[4*i+2:])
			block[i] = (float32(int16(left)) + float32(int16(right))) / (2 * full)
		}
		dropped := min(l.skip, len(block))
		l.skip -= dropped
		block = block[dropped:]
		block = block[:min(len(block), l.left)]
		l.left -= len(block)
		if len(block) > 0 {
			return block, nil
		}
	}
	return nil, io.EOF
}
