package audio

import (
	"encoding/binary"
	"io"
	"math"
)

// Codings of a WAV file.
const (
	codingPCM        = 0x0001
	codingFloat      = 0x0003
	codingALaw       = 0x0006
	codingMuLaw      = 0x0007
	codingExtensible = 0xFFFE
)

// subFormat is the end of an extended header's identifier, whose beginning is
// one of the codings.
const subFormat = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

func isWAV(data []byte) bool {
	return len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WAVE"
}

// form is how a WAV file's samples are written.
type form struct {
	coding   uint16
	channels int
	rate     int
	bits     int
}

// openWAV finds the format and the samples. Unless the file is a stream, its
// lengths must be true.
func openWAV(data []byte, stream bool) (source, error) {
	if size := uint64(binary.LittleEndian.Uint32(data[4:])) + 8; !stream && size > uint64(len(data))+1 {
		return nil, damaged("its header speaks of %d bytes, but it has %d", size, len(data))
	}
	var f *form
	for rest := data[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		if size > len(rest) && !stream {
			return nil, damaged("its %q part should have %d bytes and has %d", id, size, len(rest))
		}
		body := rest[:min(size, len(rest))]
		rest = rest[min(size+size%2, len(rest)):]
		switch {
		case id == "fmt " && f == nil:
			var err error
			if f, err = readForm(body); err != nil {
				return nil, err
			}
		case id == "data" && f != nil:
			return f.open(body, stream)
		case id == "data":
			return nil, damaged("its samples stand before their format")
		}
	}
	return nil, damaged("it has no samples")
}

func readForm(b []byte) (*form, error) {
	if len(b) < 16 {
		return nil, damaged("its format is cut short")
	}
	f := &form{
		coding: binary.LittleEndian.Uint16(b), channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate: int(binary.LittleEndian.Uint32(b[4:])), bits: int(binary.LittleEndian.Uint16(b[14:])),
	}
	align := int(binary.LittleEndian.Uint16(b[12:]))
	if f.coding == codingExtensible {
		if len(b) < 40 || string(b[26:40]) != subFormat {
			return nil, unsupported("a WAV file coded in an unknown way")
		}
		f.coding = binary.LittleEndian.Uint16(b[24:])
	}
	switch {
	case f.bytes() == 0:
		return nil, unsupported("a WAV file of coding %#04x with %d bits", f.coding, f.bits)
	case f.channels < 1 || f.channels > maxChannels:
		return nil, unsupported("a WAV file of %d channels", f.channels)
	case align != f.channels*f.bytes():
		return nil, damaged("its header says %d bytes for %d samples of %d bits", align, f.channels, f.bits)
	}
	return f, nil
}

// maxChannels is the most channels that are mixed.
const maxChannels = 8

// bytes is the size of a sample, 0 if there is no such form.
func (f *form) bytes() int {
	switch {
	case f.coding == codingPCM && (f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32),
		f.coding == codingFloat && (f.bits == 32 || f.bits == 64),
		(f.coding == codingALaw || f.coding == codingMuLaw) && f.bits == 8:
		return f.bits / 8
	}
	return 0
}

func (f *form) open(body []byte, stream bool) (source, error) {
	frame := f.channels * f.bytes()
	if extra := len(body) % frame; extra != 0 {
		if !stream {
			return nil, damaged("it ends in the middle of a sample")
		}
		body = body[:len(body)-extra]
	}
	switch f.coding {
	case codingALaw:
		return newG711(body, f.channels, f.rate, aLaw), nil
	case codingMuLaw:
		return newG711(body, f.channels, f.rate, muLaw), nil
	}
	return &raw{form: *f, rest: body}, nil
}

// blockFrames is how many samples a channel are handled at once.
const blockFrames = 4096

// raw is samples that are written out.
type raw struct {
	form
	rest  []byte
	block [blockFrames]float32
}

func (r *raw) rate() int { return r.form.rate }

func (r *raw) total() int { return len(r.rest) / (r.bytes() * r.channels) }

func (r *raw) next() ([]float32, error) {
	size := r.bytes()
	n := min(blockFrames, len(r.rest)/(size*r.channels))
	if n == 0 {
		return nil, io.EOF
	}
	for i := range n {
		var sum float64
		for range r.channels {
			v := r.sample(r.rest)
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, damaged("it has samples that are no numbers")
			}
			sum += v
			r.rest = r.rest[size:]
		}
		r.block[i] = float32(sum / float64(r.channels))
	}
	return r.block[:n], nil
}

// sample is the first sample of b, from -1 to 1.
func (r *raw) sample(b []byte) float64 {
	switch {
	case r.coding == codingFloat && r.bits == 32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case r.coding == codingFloat:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case r.bits == 8:
		return (float64(b[0]) - 128) / 128
	case r.bits == 16:
		return float64(int16(binary.LittleEndian.Uint16(b))) / full
	case r.bits == 24:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
	}
	return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
}
