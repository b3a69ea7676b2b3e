package prompt

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"time"
)

// Silence is a WAV file of silence. Its length is d, at least one sample and
// at most [MaxLength].
func Silence(d time.Duration) []byte {
	return EncodeWAV(make([]int16, samplesIn(d)))
}

func samplesIn(d time.Duration) int {
	d = min(max(d, 0), MaxLength)
	return max(1, int(d*SampleRate/time.Second))
}

// Tone is a WAV file of a soft tone that stands for a text not yet spoken. Its
// length is as [Silence]'s. Pitch and colour follow from the seed, and tones of
// different seeds differ as files, from 256 samples (16 ms) on.
func Tone(d time.Duration, seed string) []byte {
	const (
		loudness = 0.18 * math.MaxInt16
		attack   = 0.02 // seconds
		decay    = 0.12
	)
	sum := sha256.Sum256([]byte(seed))
	pitch := 220 + 220*fraction(sum[0:2])    // Hz, from a to the next a
	ratio := 1.25 + 0.25*fraction(sum[2:4])  // of the second partial: a third to a fifth
	colour := 0.25 + 0.25*fraction(sum[4:6]) // its share
	pcm := make([]int16, samplesIn(d))
	length := float64(len(pcm)) / SampleRate
	for i := range pcm {
		t := float64(i) / SampleRate
		wave := (1-colour)*math.Sin(2*math.Pi*pitch*t) + colour*math.Sin(2*math.Pi*pitch*ratio*t)
		pcm[i] = int16(loudness * wave * min(1, t/attack, (length-t)/decay))
	}
	sign(pcm, sum[:])
	return EncodeWAV(pcm)
}

// fraction maps two bytes to [0, 1).
func fraction(b []byte) float64 { return float64(binary.BigEndian.Uint16(b)) / (1 << 16) }

// sign writes the hash into the lowest bits of the first samples, where nobody
// hears it: two tones of different seeds cannot be equal by chance.
func sign(pcm []int16, sum []byte) {
	for i := range min(len(pcm), len(sum)*8) {
		pcm[i] = pcm[i]&^1 | int16(sum[i/8]>>(i%8)&1)
	}
}
