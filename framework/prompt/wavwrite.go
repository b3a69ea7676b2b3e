package prompt

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// EncodeWAV is a WAV file of the samples. Without samples it is one that the
// platform does not play.
func EncodeWAV(pcm []int16) []byte {
	wav := appendHeader(make([]byte, 0, headerSize+len(pcm)*bytesPerSample), len(pcm)*bytesPerSample)
	for _, s := range pcm {
		wav = binary.LittleEndian.AppendUint16(wav, uint16(s))
	}
	return wav
}

// appendHeader appends the plain header for so many bytes of sound.
func appendHeader(wav []byte, size int) []byte {
	wav = append(wav, "RIFF"...)
	wav = binary.LittleEndian.AppendUint32(wav, uint32(headerSize-8+size))
	wav = append(wav, "WAVEfmt "...)
	wav = binary.LittleEndian.AppendUint32(wav, 16)
	wav = binary.LittleEndian.AppendUint16(wav, formatPCM)
	wav = binary.LittleEndian.AppendUint16(wav, 1)
	wav = binary.LittleEndian.AppendUint32(wav, SampleRate)
	wav = binary.LittleEndian.AppendUint32(wav, bytesPerSecond)
	wav = binary.LittleEndian.AppendUint16(wav, bytesPerSample)
	wav = binary.LittleEndian.AppendUint16(wav, 8*bytesPerSample)
	wav = append(wav, "data"...)
	return binary.LittleEndian.AppendUint32(wav, uint32(size))
}

// DecodeWAV is the samples of a file that [CheckWAV] accepts, with its errors.
func DecodeWAV(data []byte) ([]int16, error) {
	raw, err := samplesOf(data)
	if err != nil {
		return nil, err
	}
	pcm := make([]int16, len(raw)/bytesPerSample)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(raw[i*bytesPerSample:]))
	}
	return pcm, nil
}

// Join is one WAV file, with the plain header, of several in turn. Each must
// pass [CheckWAV], and together they must not be longer than [MaxLength].
func Join(wavs ...[]byte) ([]byte, error) {
	parts := make([][]byte, len(wavs))
	size := 0
	for i, wav := range wavs {
		var err error
		if parts[i], err = samplesOf(wav); err != nil {
			return nil, fmt.Errorf("joining part %d of %d: %w", i+1, len(wavs), err)
		}
		size += len(parts[i])
	}
	switch {
	case size == 0:
		return nil, errors.New("joining WAV files: there is none")
	case size > maxData:
		return nil, fmt.Errorf("joining %d WAV files: together they are %v long; at most %v are allowed", len(wavs), infoOf(size).Length, MaxLength)
	}
	joined := appendHeader(make([]byte, 0, headerSize+size), size)
	for _, part := range parts {
		joined = append(joined, part...)
	}
	return joined, nil
}

// Hash is the content hash by which files are named: SHA-256 in hex.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
