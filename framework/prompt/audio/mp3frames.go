package audio

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// frames are the audio frames of an MP3 file, without its tags.
type frames struct {
	data    []byte
	rate    int
	samples int // of one channel
	before  int // of these, what the codec adds at the beginning and the end
	after   int
}

// decoderDelay is what every decoder of layer III adds at the beginning.
const decoderDelay = 529

// frameHeader is the first four bytes of a frame.
type frameHeader uint32

// headerAt is the header of the frame at the beginning of data; ok is false if
// none stands there.
func headerAt(data []byte) (h frameHeader, ok bool) {
	if len(data) < 4 {
		return 0, false
	}
	h = frameHeader(binary.BigEndian.Uint32(data))
	return h, h>>21 == 0x7ff && h.version() != 1 && h.layer() != 0 && h>>12&15 != 15 && h>>10&3 != 3
}

func (h frameHeader) version() int { return int(h >> 19 & 3) } // 3 MPEG-1, 2 MPEG-2, 0 MPEG-2.5
func (h frameHeader) layer() int   { return int(h >> 17 & 3) } // 1 is layer III
func (h frameHeader) padding() int { return int(h >> 9 & 1) }
func (h frameHeader) mono() bool   { return h>>6&3 == 3 }

// same says that two frames may belong to one file: version, layer, rate, and
// whether it is mono.
func (h frameHeader) same(other frameHeader) bool {
	return (h^other)&0xfffe0c00 == 0 && h.mono() == other.mono()
}

func (h frameHeader) rate() int {
	rates := [...]int{44100, 48000, 32000}
	rate := rates[h>>10&3]
	if h.version() == 2 {
		rate /= 2
	}
	return rate
}

// samples is how many a frame has, of one channel.
func (h frameHeader) samples() int {
	if h.version() == 3 {
		return 1152
	}
	return 576
}

// bitrate is in kbit/s; 0 is one that the header does not tell.
func (h frameHeader) bitrate() int {
	rates := [...]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	if h.version() == 2 {
		rates = [...]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
	}
	return rates[h>>12&15]
}

// size is the frame's, in bytes.
func (h frameHeader) size() int {
	return h.samples()/8*h.bitrate()*1000/h.rate() + h.padding()
}

// check refuses what the decoder does not decode well. It takes a padded frame
// of MPEG-2 for a shorter one at some bit rates, and then makes noise.
func (h frameHeader) check() error {
	switch {
	case h.version() == 0:
		return unsupported("an MP3 file of version 2.5 (8 to 12 kHz)")
	case h.layer() != 1:
		return unsupported("an MPEG file of another layer than III")
	case h.bitrate() == 0:
		return unsupported("an MP3 file of free bit rate")
	case h.version() == 2 && h.padding() == 1 && 144*h.bitrate()*1000/h.rate()%2 == 0:
		return unsupported("an MP3 file of %d Hz and %d kbit/s", h.rate(), h.bitrate())
	}
	return nil
}

// isMP3 says that a file begins with a tag or with two frames of one kind.
func isMP3(data []byte) bool {
	if bytes.HasPrefix(data, []byte("ID3")) {
		return true
	}
	h, ok := headerAt(data)
	if !ok || h.layer() != 1 {
		return false
	}
	if h.check() != nil || len(data) <= h.size() {
		return true // what is wrong with it will be said
	}
	next, ok := headerAt(data[h.size():])
	return ok && h.same(next)
}

// readFrames finds the frames, which follow each other without a gap.
func readFrames(data []byte) (frames, error) {
	rest, err := skipTag(data)
	if err != nil {
		return frames{}, err
	}
	first, ok := headerAt(rest)
	if !ok {
		return frames{}, damaged("it has no MP3 frame")
	}
	if err := first.check(); err != nil {
		return frames{}, err
	}
	f := frames{rate: first.rate(), before: decoderDelay}
	if info, ok := readInfo(rest, first); ok && first.size() <= len(rest) {
		f.before, f.after = info.delay+decoderDelay, max(0, info.padding-decoderDelay)
		rest = rest[first.size():]
	}
	start := rest
	for len(rest) > 0 && !isTrailer(rest, first) {
		h, size, err := nextFrame(rest, first)
		if err != nil {
			return frames{}, fmt.Errorf("%w, at byte %d", err, len(data)-len(rest))
		}
		rest = rest[size:]
		f.samples += h.samples()
	}
	f.data = start[:len(start)-len(rest)]
	return f, nil
}

// nextFrame is the frame at the beginning, which must be of the first one's
// kind and whole.
func nextFrame(rest []byte, first frameHeader) (h frameHeader, size int, err error) {
	h, ok := headerAt(rest)
	if !ok || !h.same(first) {
		return h, 0, damaged("something else than an MP3 frame stands in it")
	}
	if err := h.check(); err != nil {
		return h, 0, err
	}
	if h.size() > len(rest) {
		return h, 0, damaged("it is cut short in its last frame")
	}
	return h, h.size(), nil
}

// skipTag skips tags at the beginning, and zeros behind them.
func skipTag(data []byte) ([]byte, error) {
	for bytes.HasPrefix(data, []byte("ID3")) {
		if len(data) < 10 {
			return nil, damaged("its tag is cut short")
		}
		var size int
		for _, b := range data[6:10] {
			if b > 127 {
				return nil, damaged("the length of its tag is not one")
			}
			size = size<<7 | int(b)
		}
		if size += 10; size > len(data) {
			return nil, damaged("its tag should have %d bytes, more than the file", size)
		}
		data = bytes.TrimLeft(data[size:], "\x00")
	}
	return data, nil
}

// isTrailer says that no frame but only tags or zeros follow.
func isTrailer(rest []byte, first frameHeader) bool {
	if h, ok := headerAt(rest); ok && h.same(first) {
		return false
	}
	for _, tag := range [...]string{"TAG", "APETAGEX", "LYRICSBEGIN", "ID3"} {
		if bytes.HasPrefix(rest, []byte(tag)) {
			return true
		}
	}
	return len(bytes.TrimLeft(rest, "\x00")) == 0
}

// info is what an encoder says of the samples that it added.
type info struct{ delay, padding int }

// readInfo reads the frame that encoders put first and that has no sound. A
// file without one begins with its sound.
func readInfo(frame []byte, h frameHeader) (info, bool) {
	at := 4 + sideInfoSize(h)
	if h>>16&1 == 0 {
		at += 2 // a checksum
	}
	const lameDelays = 120 + 21 // from the frame's mark to the two numbers
	if len(frame) < at+8 {
		return info{}, false
	}
	tag := frame[at:]
	switch string(tag[:4]) {
	case "Xing", "Info":
	default:
		return info{}, false
	}
	size := 8
	for bit, bytes := range [...]int{4, 4, 100, 4} { // frames, size, contents, quality
		if tag[7]>>bit&1 == 1 {
			size += bytes
		}
	}
	if size != 120 || len(tag) < lameDelays+3 || h.size() < at+lameDelays+3 {
		return info{}, true
	}
	d := tag[lameDelays:]
	return info{delay: int(d[0])<<4 | int(d[1])>>4, padding: int(d[1]&15)<<8 | int(d[2])}, true
}

// sideInfoSize is the size of what stands between a frame's header and its
// sound.
func sideInfoSize(h frameHeader) int {
	switch {
	case h.version() == 3 && h.mono(), h.version() != 3 && !h.mono():
		return 17
	case h.version() == 3:
		return 32
	}
	return 9
}
