package graphsim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// The only format that the service plays.
const (
	sampleRate  = 16000
	sampleBytes = 2
)

// samplesIn is how many samples last d.
func samplesIn(d time.Duration) int { return int(d * sampleRate / time.Second) }

// lasting is how long n samples last.
func lasting(n int) time.Duration { return time.Duration(n) * time.Second / sampleRate }

// wavLength checks a prompt as strictly as the service: RIFF/WAVE, PCM,
// mono, 16 bits, 16,000 Hz, nothing cut off. It returns how long it plays.
func wavLength(b []byte) (time.Duration, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return 0, errors.New("it is not a RIFF/WAVE file")
	}
	if size := int(binary.LittleEndian.Uint32(b[4:])); size+8 > len(b) {
		return 0, fmt.Errorf("it is cut off: its header promises %d bytes, there are %d", size+8, len(b))
	}
	format := false
	for rest := b[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		if size > len(rest)-8 {
			return 0, fmt.Errorf("its chunk %q is cut off", name)
		}
		body := rest[8 : 8+size]
		switch name {
		case "fmt ":
			if err := checkFormat(body); err != nil {
				return 0, err
			}
			format = true
		case "data":
			if !format {
				return 0, errors.New("its format chunk does not come before its data")
			}
			if size%sampleBytes != 0 {
				return 0, fmt.Errorf("its data has %d bytes, which is no whole number of samples", size)
			}
			return lasting(size / sampleBytes), nil
		}
		rest = rest[min(8+size+size%2, len(rest)):]
	}
	return 0, errors.New("it has no data chunk")
}

func checkFormat(b []byte) error {
	if len(b) < 16 {
		return errors.New("its format chunk is too short")
	}
	get := binary.LittleEndian.Uint16
	rate := binary.LittleEndian.Uint32(b[4:])
	switch tag, channels, bits := get(b), get(b[2:]), get(b[14:]); {
	case tag != 1:
		return fmt.Errorf("its coding is number %d, only uncompressed PCM (1) is played", tag)
	case channels != 1:
		return fmt.Errorf("it has %d channels, only mono is played", channels)
	case rate != sampleRate:
		return fmt.Errorf("it has %d samples a second, only %d are played", rate, sampleRate)
	case bits != 8*sampleBytes:
		return fmt.Errorf("it has %d bits a sample, only 16 are played", bits)
	case binary.LittleEndian.Uint32(b[8:]) != sampleRate*sampleBytes || get(b[12:]) != sampleBytes:
		return errors.New("its byte rate or block size contradicts its format")
	}
	return nil
}

// wavOf is a file of 16 kHz mono 16-bit audio.
func wavOf(pcm []int16) []byte {
	size := len(pcm) * sampleBytes
	b := make([]byte, 0, 44+size)
	le := binary.LittleEndian
	b = le.AppendUint32(append(b, "RIFF"...), uint32(36+size))
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = le.AppendUint16(le.AppendUint16(b, 1), 1)
	b = le.AppendUint32(le.AppendUint32(b, sampleRate), sampleRate*sampleBytes)
	b = le.AppendUint16(le.AppendUint16(b, sampleBytes), 8*sampleBytes)
	b = le.AppendUint32(append(b, "data"...), uint32(size))
	for _, v := range pcm {
		b = le.AppendUint16(b, uint16(v))
	}
	return b
}
