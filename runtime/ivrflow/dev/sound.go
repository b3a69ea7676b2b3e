package dev

import (
	"fmt"
	"os"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// tape is all that the caller hears: the calls one after the other, each from
// its answer to its end, with the silence between the prompts.
type tape struct {
	pcm   []int16
	from  int       // where the present call begins
	began time.Time // when it was answered; zero before
}

// answered begins a call.
func (t *tape) answered(at time.Time) { t.from, t.began = len(t.pcm), at }

// put lets something be heard from a moment on, for so long.
func (t *tape) put(at time.Time, pcm []int16, long time.Duration) {
	if t.began.IsZero() {
		return
	}
	pcm = pcm[:min(len(pcm), samplesIn(long))]
	start := t.from + samplesIn(at.Sub(t.began))
	t.extend(start + len(pcm))
	copy(t.pcm[start:], pcm)
}

// ended ends a call.
func (t *tape) ended(at time.Time) {
	if !t.began.IsZero() {
		t.extend(t.from + samplesIn(at.Sub(t.began)))
	}
	t.began = time.Time{}
}

func (t *tape) extend(n int) {
	if more := n - len(t.pcm); more > 0 {
		t.pcm = append(t.pcm, make([]int16, more)...)
	}
}

// save writes the file. A call in which nothing was heard is one sample of
// silence, since a file without any is none.
func (t *tape) save(name string) error {
	pcm := t.pcm
	if len(pcm) == 0 {
		pcm = make([]int16, 1)
	}
	if err := os.WriteFile(name, prompt.EncodeWAV(pcm), 0o600); err != nil {
		return fmt.Errorf("--wav: %w", err)
	}
	return nil
}

// mayWrite finds out before the first call whether the file can be written.
func mayWrite(name string) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("--wav: %w", err)
	}
	return f.Close()
}

func samplesIn(d time.Duration) int { return int(max(d, 0) * prompt.SampleRate / time.Second) }

// beepLength is how long the simulator beeps before a recording.
const beepLength = 250 * time.Millisecond

// beep is what the caller hears before a recording.
func beep() []int16 { return graphsim.Tone(beepLength) }
