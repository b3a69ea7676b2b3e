package audio_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt/audio"
)

// patched is a file with other bytes at some place.
func patched(data []byte, at int, b ...byte) []byte {
	data = bytes.Clone(data)
	copy(data[at:], b)
	return data
}

// bits32 writes a FLAC header's number of samples, which has 36 bits.
func flacSamples(data []byte, n uint64) []byte {
	data = bytes.Clone(data)
	old := binary.BigEndian.Uint64(data[18:])
	binary.BigEndian.PutUint64(data[18:], old&^(1<<36-1)|n)
	return data
}

func TestRefuses(t *testing.T) {
	good := pcm16(16000).encode(tone(500, 16000, 0.1, 0.5))
	mp3, flac := load(t, "tone44.mp3"), load(t, "tone16.flac")
	for _, tt := range []struct {
		name        string
		data        []byte
		want        string
		unsupported bool
	}{
		{"nothing", nil, "empty", false},
		{"text", []byte("This is no sound at all, sorry."), "something unknown", true},
		{"Ogg", []byte("OggS and so on"), "this is Ogg", true},
		{"MP4", []byte("\x00\x00\x00\x20ftypM4A "), "this is MP4", true},
		{"AAC", []byte("\xff\xf1\x50\x80\x00\x1f\xfc\x00"), "this is AAC", true},
		{"big-endian WAV", append([]byte("RIFX\x10\x00\x00\x00WAVE"), make([]byte, 16)...), "RIFX", true},

		{"WAV cut short", good[:len(good)-100], "speaks of 3244 bytes, but it has 3144", false},
		{"WAV cut in its header", good[:30], "speaks of", false},
		{"WAV whose samples lie", patched(good, 40, 0xff, 0xff, 0xff, 0x7f), `"data" part should have`, false},
		{"WAV whose format lies", patched(good, 16, 0xff, 0xff, 0xff, 0xff), `"fmt " part should have`, false},
		{"WAV without samples", riff(chunk("fmt ", good[20:36])), "no samples", false},
		{"WAV without format", riff(chunk("data", make([]byte, 100))), "before their format", false},
		{"WAV with a short format", riff(chunk("fmt ", good[20:30]), chunk("data", make([]byte, 100))), "cut short", false},
		{"WAV with half a sample", pcm16(16000).file(make([]byte, 101)), "middle of a sample", false},
		{"WAV without sound", pcm16(16000).file(nil), "no sound", false},
		{"WAV with nonsense for floats", wave{coding: 3, channels: 1, rate: 16000, bits: 32}.encode([]float64{math.NaN()}), "no numbers", false},
		{"WAV, ADPCM", wave{coding: 0x11, channels: 1, rate: 8000, bits: 4}.file(make([]byte, 100)), "coding 0x0011", true},
		{"WAV, 12 bits", wave{coding: 1, channels: 1, rate: 8000, bits: 12}.file(make([]byte, 100)), "12 bits", true},
		{"WAV, no channel", patched(good, 22, 0, 0), "0 channels", true},
		{"WAV, 9 channels", wave{coding: 1, channels: 9, rate: 8000, bits: 16}.file(make([]byte, 180)), "9 channels", true},
		{"WAV whose alignment lies", patched(good, 32, 4), "4 bytes for 1 samples of 16 bits", false},
		{"WAV at 192 kHz", pcm16(192000).encode(make([]float64, 1920)), "192000 Hz", true},
		{"WAV at 1 Hz", pcm16(1).encode(make([]float64, 100)), "1 Hz", true},
		{"WAV at 0 Hz", patched(good, 24, 0, 0, 0, 0), "0 Hz", true},
		{"WAV at an odd rate", pcm16(44101).encode(make([]float64, 100)), "odd sampling rate of 44101 Hz", true},
		{"WAV of eleven minutes", pcm16(8000).encode(make([]float64, 8000*660)), "longer than 10m0s", false},

		{"FLAC cut short", flac[:len(flac)/2], "damaged", false},
		{"FLAC cut between frames", flacSamples(flac, 1<<20), "cut short", false},
		{"FLAC with too many samples", flacSamples(flac, 4096), "more samples than its header says", false},
		{"FLAC that promises a day", flacSamples(flac, 16000*86400), "longer than 10m0s", false},
		{"FLAC that promises centuries", flacSamples(flac, 1<<36-1), "longer than 10m0s", false},
		{"FLAC, only the mark", []byte("fLaC"), "header", false},
		{"FLAC, a picture first", patched(flac, 4, 6, 0xff, 0xff, 0xff), "header", false},
		{"FLAC, tags of 16 MB", patched(flac, 42, 0x84, 0xff, 0xff, 0xff), "damaged", false},
		{"FLAC, a byte changed", patched(flac, len(flac)-500, flac[len(flac)-500]^0x10), "damaged", false},
		{"FLAC at 0 Hz", patched(flac, 18, 0, 0, 0), "sample rate (0)", false},

		{"MP3 cut short", mp3[:len(mp3)-50], "cut short in its last frame", false},
		{"MP3 with a hole", append(bytes.Clone(mp3[:1000]), mp3[1400:]...), "something else than an MP3 frame", false},
		{"MP3, a tag longer than the file", append([]byte("ID3\x03\x00\x00\x7f\x7f\x7f\x7f"), mp3...), "more than the file", false},
		{"MP3, a tag without a length", append([]byte("ID3\x03\x00\x00\xff\x7f\x7f\x7f"), mp3...), "length of its tag", false},
		{"MP3, only a tag", []byte("ID3\x03\x00\x00\x00\x00\x00\x00"), "no MP3 frame", false},
		{"MP3 of version 2.5", load(t, "tone8.mp3"), "version 2.5", true},
		{"MP3 that the decoder spoils", load(t, "padded22.mp3"), "22050 Hz and 32 kbit/s", true},
		{"MP3 of free bit rate", patched(mp3, 2, mp3[2]&0x0f), "free bit rate", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := bounded(t, "x", tt.data)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if errors.Is(err, audio.ErrUnsupported) != tt.unsupported {
				t.Errorf("error %v: unsupported is %v, want %v", err, !tt.unsupported, tt.unsupported)
			}
		})
	}
}

// shortest is how long f takes: the shortest of some tries, since the machine
// does other things too. One below the limit is enough.
func shortest(limit time.Duration, f func()) time.Duration {
	best := time.Duration(1 << 62)
	for try := 0; try < 10 && best > limit; try++ {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

// bounded decodes within two seconds and 64 MiB.
func bounded(t testing.TB, name string, data []byte) ([]int16, error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	pcm, err := audio.Decode(name, data, audio.Limits{})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%s: %d MiB were allocated", name, used>>20)
	}
	const limit = 2 * time.Second * slowdown
	if took := shortest(limit, func() { _, _ = audio.Decode(name, data, audio.Limits{}) }); took > limit {
		t.Errorf("%s: it took %v", name, took)
	}
	return pcm, err
}

// bomb is a FLAC file of silence: each frame of 65535 samples has a few bytes.
func bomb(rate uint32, frames int) []byte {
	b := []byte("fLaC\x80\x00\x00\x22")
	b = append(b, 0, 16, 0xff, 0xff, 0, 0, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(rate)<<44|15<<36) // mono, 16 bits, length unknown
	b = append(b, make([]byte, 16)...)
	for n := range frames {
		f := []byte{0xff, 0xf8, 0x70, 0x08}
		f = append(f, []byte(string(rune(n)))...) // frame numbers are coded as UTF-8
		f = binary.BigEndian.AppendUint16(f, 65534)
		f = append(f, crc8(f))
		f = append(f, 0, 0, 0) // one constant sample for all
		f = binary.BigEndian.AppendUint16(f, crc16(f))
		b = append(b, f...)
	}
	return b
}

func crc8(data []byte) byte {
	var c byte
	for _, b := range data {
		c ^= b
		for range 8 {
			if c&0x80 != 0 {
				c = c<<1 ^ 0x07
			} else {
				c <<= 1
			}
		}
	}
	return c
}

func crc16(data []byte) uint16 {
	var c uint16
	for _, b := range data {
		c ^= uint16(b) << 8
		for range 8 {
			if c&0x8000 != 0 {
				c = c<<1 ^ 0x8005
			} else {
				c <<= 1
			}
		}
	}
	return c
}

// Little silence may be short; much of it in few bytes is refused early.
func TestBombs(t *testing.T) {
	if pcm, err := bounded(t, "silence.flac", bomb(16000, 7)); err != nil || len(pcm) != 7*65535 {
		t.Errorf("28 s of silence: %d samples, %v", len(pcm), err)
	}
	for _, rate := range []uint32{8000, 16000, 44100, 96000}[:4/min(slowdown, 2)] {
		for _, frames := range []int{100, 2000} {
			data := bomb(rate, frames)
			if _, err := bounded(t, "bomb.flac", data); err == nil || !strings.Contains(err.Error(), "64 times its size") && !strings.Contains(err.Error(), "longer than") {
				t.Errorf("%d frames at %d Hz in %d bytes: %v", frames, rate, len(data), err)
			}
		}
	}
}

// Each beginning of a file is refused, or is what a stream may be; none takes
// long.
func TestTruncations(t *testing.T) {
	for _, name := range []string{"tone44.mp3", "tone22.mp3", "stereo44.mp3", "tone16.flac", "stereo48.flac"} {
		data := load(t, name)
		for n := range 200 {
			cut := data[:n*len(data)/200]
			if pcm, err := audio.Decode(name, cut, audio.Limits{}); err == nil && len(pcm) > 9000 {
				t.Errorf("%s, the first %d of %d bytes: %d samples", name, len(cut), len(data), len(pcm))
			}
		}
	}
}

// Files with a few bytes changed are refused or become some sound; their
// decoders neither fail nor run on.
func TestMutants(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	mutants := 60
	if testing.Short() || slowdown > 1 {
		mutants = 10
	}
	for _, name := range []string{"tone44.mp3", "stereo44.mp3", "tone22.mp3", "tone16.mp3", "tone44.flac", "stereo48.flac"} {
		data := load(t, name)
		for range mutants {
			mutant := bytes.Clone(data)
			for range 1 + rnd.IntN(6) {
				mutant[rnd.IntN(len(mutant))] = byte(rnd.Uint32())
			}
			var pcm []int16
			var err error
			const limit = time.Second * slowdown
			if took := shortest(limit, func() { pcm, err = audio.Decode(name, mutant, audio.Limits{}) }); took > limit {
				t.Errorf("a mutant of %s took %v", name, took)
			}
			if err == nil && len(pcm) > 20000 {
				t.Errorf("a mutant of %s has %d samples", name, len(pcm))
			}
		}
	}
}

func TestTags(t *testing.T) {
	mp3 := load(t, "tone44.mp3")
	want := decode(t, "x.mp3", mp3)
	tag := append([]byte("ID3\x03\x00\x00\x00\x00\x01\x00"), make([]byte, 128)...)
	for name, data := range map[string][]byte{
		"tag before":   append(bytes.Clone(tag), mp3...),
		"zeros behind": append(append(bytes.Clone(tag), 0, 0, 0), mp3...),
		"ID3v1":        append(append(bytes.Clone(mp3), "TAG"...), make([]byte, 125)...),
		"APE":          append(append(bytes.Clone(mp3), "APETAGEX"...), make([]byte, 60)...),
	} {
		if got := decode(t, "x.mp3", data); len(got) != len(want) {
			t.Errorf("%s: %d samples, want %d", name, len(got), len(want))
		}
	}
	flac := load(t, "tone16.flac")
	if got := decode(t, "x.flac", append(bytes.Clone(tag), flac...)); len(got) != 8000 {
		t.Errorf("FLAC behind a tag: %d samples", len(got))
	}
}

func TestStream(t *testing.T) {
	wav := pcm16(22050).encode(tone(500, 22050, 0.2, 0.5))
	wav = patched(wav, 4, 0xff, 0xff, 0xff, 0x7f)
	wav = append(patched(wav, 40, 0xff, 0xff, 0xff, 0x7f), 1)
	if _, err := audio.Decode("x.wav", wav, audio.Limits{}); err == nil {
		t.Error("lengths that are not known are accepted")
	}
	pcm, err := audio.Decode("x.wav", wav, audio.Limits{Stream: true})
	if err != nil || len(pcm) != 3200 {
		t.Errorf("a stream became %d samples, %v, want 3200", len(pcm), err)
	}
}

// FuzzDecode: whatever the bytes, there is a verdict, soon and in little
// memory, and what is accepted has some sound.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"tone44.mp3", "stereo44.mp3", "tone16.mp3", "tone22.mp3", "tone8.mp3", "padded22.mp3", "tone16.flac", "stereo48.flac"} {
		data := load(f, name)
		f.Add(data[:min(len(data), 1500)], "x")
	}
	f.Add(load(f, "tone44.mp3"), "x.mp3")
	f.Add(bomb(44100, 20), "x.flac")
	f.Add(pcm16(44100).encode(tone(500, 44100, 0.01, 0.5)), "x.wav")
	f.Add(wave{coding: 3, channels: 2, rate: 8000, bits: 64, extensible: true}.encode(tone(500, 8000, 0.01, 0.5)), "x.wav")
	f.Add([]byte("\x00\x7f\xff\x80"), "x.ul")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		if len(data) > 1<<16 {
			return
		}
		for _, stream := range []bool{false, true} {
			var pcm []int16
			var err error
			const limit = 5 * time.Second
			if took := shortest(limit, func() { pcm, err = audio.Decode(name, data, audio.Limits{Stream: stream}) }); took > limit {
				t.Errorf("it took %v", took)
			}
			if err == nil && (len(pcm) == 0 || len(pcm) > 600*16000) {
				t.Errorf("%d samples are accepted", len(pcm))
			}
		}
	})
}

func ExampleDecode() {
	telephone := bytes.Repeat([]byte{0xff}, 8000) // a second of silence
	pcm, err := audio.Decode("hold.ul", telephone, audio.Limits{Length: time.Minute})
	fmt.Println(len(pcm), err)
	// Output: 16000 <nil>
}
