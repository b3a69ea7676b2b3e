package dev

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// voice is what the caller is saying. A recording in pieces hears the rest of
// it with each piece.
type voice struct {
	pcm   []int16
	began time.Time // zero: it waits for a recording
}

// left is what is still to be said.
func (v voice) left(now time.Time) []int16 {
	if v.began.IsZero() {
		return v.pcm
	}
	gone := int64(now.Sub(v.began)) * prompt.SampleRate / int64(time.Second)
	return v.pcm[min(max(gone, 0), int64(len(v.pcm))):]
}

// speak lets the caller say something, after what is being said already.
func (t *talk) speak(now time.Time, pcm []int16) {
	t.voice = voice{pcm: append(slices.Clone(t.voice.left(now)), pcm...)}
	if !t.stage.recording.IsZero() {
		t.voice.began = now
	}
	t.call.Speak(pcm)
}

// listens goes on speaking into a recording that has begun.
func (t *talk) listens(at time.Time) {
	if t.voice.began.IsZero() {
		t.voice.began = at // the simulator has kept it for this recording
		return
	}
	if rest := t.voice.left(at); len(rest) > 0 {
		t.call.Speak(rest)
	}
}

// listened ends what is being said with the recording, unless only its time
// was over.
func (t *talk) listened(e graphsim.RecordingEnded) {
	if e.Why != ivr.RecordMaxDuration {
		t.voice = voice{}
	}
}
