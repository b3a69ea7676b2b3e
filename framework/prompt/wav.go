package prompt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The only form of sound that the platform plays: WAV, PCM, one channel.
const (
	SampleRate = 16000            // samples a second
	MaxLength  = 10 * time.Minute // of one file

	bytesPerSample = 2
	bytesPerSecond = SampleRate * bytesPerSample
	headerSize     = 44
	maxData        = int(MaxLength/time.Second) * bytesPerSecond
)

// Info is what a WAV file's header says.
type Info struct {
	Length  time.Duration
	Samples int
}

// Formats of the fmt chunk.
const (
	formatPCM        = 0x0001
	formatExtensible = 0xFFFE
)

// pcmGUID is the sub-format of an extensible header that means PCM.
const pcmGUID = "\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

// CheckWAV says whether the platform can play a file: WAV, PCM, 16 kHz, 16
// bit, mono, not empty, at most [MaxLength], with a header that tells the
// truth. An error names what was found, what is needed and how to convert.
func CheckWAV(data []byte) (Info, error) {
	pcm, err := samplesOf(data)
	if err != nil {
		return Info{}, err
	}
	return infoOf(len(pcm)), nil
}

func infoOf(bytes int) Info {
	samples := bytes / bytesPerSample
	return Info{Length: time.Duration(samples) * time.Second / SampleRate, Samples: samples}
}

// misfit is the error for a file of another form.
func misfit(format string, args ...any) error {
	return fmt.Errorf(format+"; needed is WAV, PCM, 16000 Hz, 16 bit, mono: convert it with `sox in.wav -r 16000 -c 1 -b 16 -e signed-integer out.wav`", args...)
}

// damaged is the error for a file whose header does not fit its content.
func damaged(format string, args ...any) error {
	return fmt.Errorf(format+"; write the file anew, for instance with `sox --ignore-length in.wav -r 16000 -c 1 -b 16 out.wav`", args...)
}

// printable are the characters that the name of a part may have.
const printable = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-+.:#"

// samplesOf finds the samples of a file that passes all checks.
func samplesOf(data []byte) ([]byte, error) {
	if err := checkRIFF(data); err != nil {
		return nil, err
	}
	var format, pcm []byte
	for rest := data[12:]; len(rest) > 0; {
		if len(rest) < 8 {
			return nil, damaged("the file ends with %d stray bytes", len(rest))
		}
		id, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		if strings.Trim(id, printable) != "" {
			return nil, damaged("the file has %d bytes that belong to no part; a length in its header is wrong", len(rest)+8)
		}
		if size > uint64(len(rest)) {
			return nil, damaged("the file is cut short: its %q part should have %d bytes and has %d", id, size, len(rest))
		}
		body := rest[:size]
		rest = rest[min(size+size%2, uint64(len(rest))):] // parts are padded to even length
		switch {
		case id == "fmt " && format == nil && pcm == nil:
			if err := checkFormat(body); err != nil {
				return nil, err
			}
			format = body
		case id == "data" && format != nil && pcm == nil:
			pcm = body
		case id == "fmt " || id == "data":
			return nil, damaged("the %q part stands twice or in the wrong place", id)
		}
	}
	return pcm, checkLength(pcm)
}

func checkRIFF(data []byte) error {
	switch {
	case len(data) == 0:
		return misfit("the file is empty")
	case len(data) < 12 || !bytes.HasPrefix(data, []byte("RIFF")) || string(data[8:12]) != "WAVE":
		return misfit("this is %s, not a WAV file", guess(data))
	}
	size := uint64(binary.LittleEndian.Uint32(data[4:])) + 8
	if have := uint64(len(data)); size != have && (size%2 == 0 || size+1 != have) {
		return damaged("the header says that the file has %d bytes, but it has %d", size, have)
	}
	return nil
}

// guess names the form of a file that is not WAV.
func guess(data []byte) string {
	for _, known := range [...]struct{ magic, name string }{
		{"ID3", "MP3"}, {"\xff\xfb", "MP3"}, {"\xff\xf3", "MP3"}, {"OggS", "Ogg"}, {"fLaC", "FLAC"},
		{"FORM", "AIFF"}, {".snd", "an AU file"}, {"RIFX", "a big-endian RIFX file"}, {"RF64", "an RF64 file"},
		{"RIFF", "a RIFF file of another kind"}, {"\x1aE\xdf\xa3", "Matroska or WebM"},
	} {
		if bytes.HasPrefix(data, []byte(known.magic)) {
			return known.name
		}
	}
	if len(data) > 8 && string(data[4:8]) == "ftyp" {
		return "MP4"
	}
	return "something unknown"
}

func checkFormat(f []byte) error {
	if len(f) < 16 {
		return damaged("the \"fmt \" part has %d bytes instead of at least 16", len(f))
	}
	format := binary.LittleEndian.Uint16(f)
	channels := binary.LittleEndian.Uint16(f[2:])
	rate := binary.LittleEndian.Uint32(f[4:])
	perSecond := binary.LittleEndian.Uint32(f[8:])
	align := binary.LittleEndian.Uint16(f[12:])
	bits := binary.LittleEndian.Uint16(f[14:])
	switch {
	case format == formatExtensible:
		if err := checkExtensible(f); err != nil {
			return err
		}
	case format != formatPCM:
		return misfit("the sound is coded as %s", formatName(format))
	}
	switch {
	case channels != 1:
		return misfit("the file has %d channels", channels)
	case rate != SampleRate:
		return misfit("the file has %d samples a second", rate)
	case bits != 8*bytesPerSample:
		return misfit("the file has %d bits a sample", bits)
	case align != bytesPerSample:
		return damaged("the header says %d bytes a sample frame, but 16 bit mono has 2", align)
	case perSecond != bytesPerSecond:
		return damaged("the header says %d bytes a second, but 16 bit mono at 16000 Hz has %d", perSecond, bytesPerSecond)
	}
	return nil
}

func checkExtensible(f []byte) error {
	if len(f) < 40 || binary.LittleEndian.Uint16(f[16:]) < 22 {
		return damaged("the extended header is cut short")
	}
	if guid := string(f[24:40]); guid != pcmGUID {
		if guid[2:] == pcmGUID[2:] {
			return misfit("the sound is coded as %s", formatName(binary.LittleEndian.Uint16(f[24:])))
		}
		return misfit("the sound is coded in an unknown way")
	}
	if valid, bits := binary.LittleEndian.Uint16(f[18:]), binary.LittleEndian.Uint16(f[14:]); valid != bits && bits == 16 {
		return misfit("only %d of 16 bits a sample are used", valid)
	}
	return nil
}

func formatName(format uint16) string {
	switch format {
	case 0x0002:
		return "Microsoft ADPCM"
	case 0x0003:
		return "floating point"
	case 0x0006:
		return "A-law"
	case 0x0007:
		return "µ-law"
	case 0x0011:
		return "IMA ADPCM"
	case 0x0031:
		return "GSM 6.10"
	case 0x0055:
		return "MP3"
	}
	return fmt.Sprintf("format 0x%04x", format)
}

func checkLength(pcm []byte) error {
	switch {
	case pcm == nil:
		return damaged("the file has no sound: its \"data\" part is missing")
	case len(pcm) == 0:
		return errors.New("the file has no sound: its \"data\" part is empty; record it again")
	case len(pcm)%bytesPerSample != 0:
		return damaged("the sound ends in the middle of a sample: %d bytes", len(pcm))
	case len(pcm) > maxData:
		return fmt.Errorf("the file is %v long; at most %v are allowed: split it", infoOf(len(pcm)).Length, MaxLength)
	}
	return nil
}
