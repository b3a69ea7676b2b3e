package audio_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt/audio"
)

func decode(t testing.TB, name string, data []byte) []int16 {
	t.Helper()
	pcm, err := audio.Decode(name, data, audio.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return pcm
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Of every form of WAV comes the tone that was put in, at its level, and
// little else.
func TestWAVForms(t *testing.T) {
	for _, tt := range []struct {
		wave  wave
		noise float64 // dB below the tone
	}{
		{wave{coding: 1, channels: 1, bits: 8}, -40}, {wave{coding: 1, channels: 1, bits: 16}, -75}, {wave{coding: 1, channels: 2, bits: 16}, -75},
		{wave{coding: 1, channels: 6, bits: 16}, -75}, {wave{coding: 1, channels: 1, bits: 24}, -75}, {wave{coding: 1, channels: 2, bits: 32}, -75},
		{wave{coding: 3, channels: 1, bits: 32}, -75}, {wave{coding: 3, channels: 2, bits: 64}, -75}, {wave{coding: 6, channels: 1, bits: 8}, -30},
		{wave{coding: 7, channels: 1, bits: 8}, -30}, {wave{coding: 7, channels: 2, bits: 8}, -30}, {wave{coding: 1, channels: 1, bits: 16, extensible: true}, -75},
		{wave{coding: 1, channels: 2, bits: 24, extensible: true}, -75}, {wave{coding: 3, channels: 1, bits: 32, extensible: true}, -75},
	} {
		for _, rate := range []int{8000, 16000, 44100} {
			w := tt.wave
			w.rate = rate
			t.Run(fmt.Sprintf("%+v", w), func(t *testing.T) {
				pcm := decode(t, "x.wav", w.encode(tone(1000, rate, 0.5, 0.5)))
				if len(pcm) != 8000 {
					t.Errorf("%d samples, want 8000", len(pcm))
				}
				checkTone(t, pcm, 1000, 0.5, tt.noise)
			})
		}
	}
}

// checkTone checks a tone's level to 0.1 dB, and that all else lies below it.
func checkTone(t *testing.T, pcm []int16, hz, amplitude, noise float64) {
	t.Helper()
	got := level(pcm, hz)
	if d := dB(got, amplitude*32768); math.Abs(d) > 0.1 {
		t.Errorf("the tone of %.0f Hz came out %.2f dB off", hz, d)
	}
	total := rms(pcm)
	rest := math.Sqrt(max(0, total*total-got*got/2))
	if d := dB(rest, got/math.Sqrt2); d > noise {
		t.Errorf("noise is %.1f dB against the tone, want below %.0f", d, noise)
	}
}

func TestFiles(t *testing.T) {
	for _, tt := range []struct {
		name      string
		samples   int
		amplitude float64
		noise     float64
	}{
		// At constant bit rates the encoder lowered the level to 95 %.
		{"tone44.mp3", 8000, 0.475, -45}, {"stereo44.mp3", 8000, 0.5, -30}, {"tone22.mp3", 8000, 0.475, -45}, {"tone16.mp3", 0, 0.475, -45},
		{"untagged44.mp3", 0, 0.475, -45},
		{"tone16.flac", 8000, 0.5, -75}, {"tone44.flac", 8000, 0.5, -75}, {"stereo48.flac", 8000, 0.5, -75}, {"tone96.flac", 4800, 0.5, -75},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pcm := decode(t, tt.name, load(t, tt.name))
			if tt.samples > 0 && len(pcm) != tt.samples {
				t.Errorf("%d samples, want %d", len(pcm), tt.samples)
			}
			// Without an encoder's word on them, what it added remains.
			if tt.samples == 0 && (len(pcm) < 8000 || len(pcm) > 10500) {
				t.Errorf("%d samples, want a little over 8000", len(pcm))
			}
			if tt.samples == 0 {
				pcm = pcm[800:8000]
			}
			checkTone(t, pcm, 1000, tt.amplitude, tt.noise)
		})
	}
}

func TestRawG711(t *testing.T) {
	for ext, law := range map[string]func(float64) byte{".ul": muLawOf, ".ulaw": muLawOf, ".PCMU": muLawOf, ".al": aLawOf, ".alaw": aLawOf} {
		var data []byte
		for _, v := range tone(1000, 8000, 0.5, 0.5) {
			data = append(data, law(v))
		}
		pcm := decode(t, "hello"+ext, data)
		if len(pcm) != 8000 {
			t.Errorf("%s: %d samples, want 8000", ext, len(pcm))
		}
		checkTone(t, pcm, 1000, 0.5, -30)
	}
}

// Lengths are n*16000/rate, rounded up.
func TestLength(t *testing.T) {
	for _, rate := range []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 37800, 44100, 48000, 64000, 88200, 96000} {
		for _, n := range []int{1, 2, 3, 7, 100, 4095, 4096, 4097, 8192, rate} {
			pcm := decode(t, "x.wav", pcm16(rate).encode(make([]float64, n)))
			if want := (n*16000 + rate - 1) / rate; len(pcm) != want {
				t.Errorf("%d samples at %d Hz became %d, want %d", n, rate, len(pcm), want)
			}
		}
	}
}

// Below the cut-off tones keep their level.
func TestPassband(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000} {
		for _, hz := range []float64{100, 300, 1000, 2000, 3000, 3400, 5000, 6000, 6800} {
			if hz > 0.43*float64(min(rate, 16000)) {
				continue
			}
			pcm := decode(t, "x.wav", pcm16(rate).encode(tone(hz, rate, 0.6, 0.5)))
			if d := dB(level(pcm, hz), 0.5*32768); math.Abs(d) > 0.1 {
				t.Errorf("%d Hz: the tone of %.0f Hz came out %.2f dB off", rate, hz, d)
			}
		}
	}
}

// Nothing above half the platform's rate comes back as something else: what
// remains of a tone there, at any pitch, is 60 dB below it.
func TestAliases(t *testing.T) {
	worst := -1000.0
	for _, rate := range []int{22050, 24000, 32000, 44100, 48000, 64000, 96000} {
		for hz := 8050.0; hz < float64(rate)/2; hz += float64(rate) / 100 * min(slowdown, 5) {
			pcm := decode(t, "x.wav", pcm16(rate).encode(tone(hz, rate, 0.3, 0.9)))
			d := dB(rms(pcm), 0.9*32768/math.Sqrt2)
			worst = max(worst, d)
			if d > -60 {
				t.Errorf("%d Hz: of a tone of %.0f Hz remains %.1f dB", rate, hz, d)
			}
		}
	}
	t.Logf("the strongest alias lies at %.1f dB", worst)
}

// Raising the rate makes no mirror images above the old one.
func TestImages(t *testing.T) {
	for _, rate := range []int{8000, 11025, 12000} {
		for _, hz := range []float64{500, 1000, 2000, 3000, 3400} {
			pcm := decode(t, "x.wav", pcm16(rate).encode(tone(hz, rate, 0.5, 0.9)))
			if d := dB(level(pcm, float64(rate)-hz), 0.9*32768); d > -60 {
				t.Errorf("%d Hz: the image of %.0f Hz is at %.1f dB", rate, hz, d)
			}
		}
	}
}

// A tone at full scale is not clipped, and what overshoots is cut off instead
// of wrapped.
func TestNoClipping(t *testing.T) {
	for _, rate := range []int{8000, 22050, 44100, 48000} {
		pcm := decode(t, "x.wav", pcm16(rate).encode(tone(440, rate, 0.5, 0.999)))
		clipped := 0
		for _, s := range middle(pcm) {
			if s == math.MaxInt16 || s == math.MinInt16 {
				clipped++
			}
		}
		if clipped > 0 || math.Abs(dB(level(pcm, 440), 0.999*32768)) > 0.05 {
			t.Errorf("%d Hz: %d samples are clipped, level %.0f", rate, clipped, level(pcm, 440))
		}
		square := tone(100, rate, 0.2, 1)
		for i, v := range square {
			square[i] = math.Copysign(1, v)
		}
		pcm = decode(t, "x.wav", pcm16(rate).encode(square))
		for i, s := range pcm {
			if at := math.Mod(float64(i)/160, 1); (at > 0.1 && at < 0.4 && s < 20000) || (at > 0.6 && at < 0.9 && s > -20000) {
				t.Fatalf("%d Hz: sample %d of a square wave is %d", rate, i, s)
			}
		}
	}
}

// A click stays where it was.
func TestAligned(t *testing.T) {
	for _, rate := range []int{8000, 11025, 22050, 44100, 48000, 96000} {
		samples := make([]float64, rate/5)
		samples[rate/10] = 1
		pcm := decode(t, "x.wav", pcm16(rate).encode(samples))
		best := 0
		for i, s := range pcm {
			if s > pcm[best] {
				best = i
			}
		}
		if want := float64(rate/10) * 16000 / float64(rate); math.Abs(float64(best)-want) > 1 {
			t.Errorf("%d Hz: the click is at %d, want %.1f", rate, best, want)
		}
	}
}

// What is right already stays as it is.
func TestUnchanged(t *testing.T) {
	samples := tone(1234, 16000, 0.1, 0.7)
	pcm := decode(t, "x.wav", pcm16(16000).encode(samples))
	for i, s := range pcm {
		if want := int16(math.Round(samples[i] * 32767)); s != want {
			t.Fatalf("sample %d is %d, want %d", i, s, want)
		}
	}
}

func TestLimit(t *testing.T) {
	wav := pcm16(8000).encode(make([]float64, 8000))
	if _, err := audio.Decode("x.wav", wav, audio.Limits{Length: time.Second}); err != nil {
		t.Error(err)
	}
	if _, err := audio.Decode("x.wav", wav, audio.Limits{Length: 999 * time.Millisecond}); err == nil {
		t.Error("a file over the limit is accepted")
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"wav 44100 10s", pcm16(44100).encode(tone(1000, 44100, 10, 0.5))},
		{"wav 8000 10s", pcm16(8000).encode(tone(1000, 8000, 10, 0.5))},
		{"mp3 500ms", load(b, "tone44.mp3")},
		{"flac 48000 stereo 500ms", load(b, "stereo48.flac")},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				decode(b, "x", tt.data)
			}
		})
	}
}
