package prompt_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

func TestSilence(t *testing.T) {
	tests := []struct{ d, want time.Duration }{
		{time.Second, time.Second}, {500 * time.Millisecond, 500 * time.Millisecond}, {10 * time.Minute, 10 * time.Minute},
		{11 * time.Minute, 10 * time.Minute}, {0, time.Second / 16000}, {-time.Second, time.Second / 16000},
	}
	for _, tt := range tests {
		info, err := prompt.CheckWAV(prompt.Silence(tt.d))
		if err != nil || info.Length != tt.want {
			t.Errorf("Silence(%v) is %v long, %v, want %v", tt.d, info.Length, err, tt.want)
		}
	}
	pcm, err := prompt.DecodeWAV(prompt.Silence(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range pcm {
		if s != 0 {
			t.Fatalf("Silence holds the sample %d", s)
		}
	}
}

// A tone is soft, starts and ends quietly, and is heard between.
func TestToneShape(t *testing.T) {
	pcm, err := prompt.DecodeWAV(prompt.Tone(time.Second, "Welcome to the bank."))
	if err != nil {
		t.Fatal(err)
	}
	if len(pcm) != 16000 {
		t.Errorf("Tone has %d samples, want 16000", len(pcm))
	}
	peak := func(pcm []int16) (p float64) {
		for _, s := range pcm {
			p = max(p, math.Abs(float64(s)))
		}
		return p
	}
	if p := peak(pcm); p < 0.1*math.MaxInt16 || p > 0.25*math.MaxInt16 {
		t.Errorf("peak is %v of 32767, want a tenth to a quarter", p)
	}
	if first, last := peak(pcm[:16]), peak(pcm[len(pcm)-16:]); first > 400 || last > 400 {
		t.Errorf("it starts with %v and ends with %v, want no click", first, last)
	}
}

func TestTonesOfDifferentSeedsDiffer(t *testing.T) {
	seen := map[string]string{}
	for i := range 500 {
		seed := fmt.Sprint("prompt ", i)
		hash := prompt.Hash(prompt.Tone(20*time.Millisecond, seed))
		if other, ok := seen[hash]; ok {
			t.Errorf("seeds %q and %q give the same tone", seed, other)
		}
		seen[hash] = seed
	}
	if !bytes.Equal(prompt.Tone(time.Second, "a"), prompt.Tone(time.Second, "a")) {
		t.Error("one seed gives two tones")
	}
}

func TestEstimate(t *testing.T) {
	tests := []struct {
		text, locale string
		least, most  time.Duration
	}{
		{"", "en-GB", 300 * time.Millisecond, 300 * time.Millisecond},
		{"Hi", "en-GB", 300 * time.Millisecond, 300 * time.Millisecond},
		{"...!?", "en-GB", 300 * time.Millisecond, 300 * time.Millisecond},
		{"Welcome to the bank.", "en-GB", time.Second, 1600 * time.Millisecond},
		{"Please enter your eight digit account number, followed by the hash key.", "en-GB", 4 * time.Second, 5500 * time.Millisecond},
		{"Bitte geben Sie Ihre achtstellige Kontonummer ein.", "de-DE", 3 * time.Second, 4 * time.Second},
		{"12345674", "en-GB", 2800 * time.Millisecond, 2800 * time.Millisecond},
		{"<speak><prosody rate='slow'>Hi</prosody></speak>", "en-GB", 300 * time.Millisecond, 300 * time.Millisecond},
		{"if a < b then", "en-GB", 600 * time.Millisecond, 1200 * time.Millisecond},
		{"欢迎致电", "zh-CN", 800 * time.Millisecond, 800 * time.Millisecond},
	}
	for _, tt := range tests {
		if got := prompt.Estimate(tt.text, tt.locale); got < tt.least || got > tt.most {
			t.Errorf("Estimate(%q, %s) = %v, want %v to %v", tt.text, tt.locale, got, tt.least, tt.most)
		}
	}
	short, long := prompt.Estimate("one, two", "en"), prompt.Estimate("one. two", "en")
	if plain := prompt.Estimate("one two", "en"); short-plain != 200*time.Millisecond || long-plain != 400*time.Millisecond {
		t.Errorf("pauses are %v and %v, want 200ms and 400ms", short-plain, long-plain)
	}
}
