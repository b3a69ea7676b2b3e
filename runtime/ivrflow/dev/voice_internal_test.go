package dev

import (
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Speech goes by with time once a recording listens, and ends with a recording
// that is not over just because its time is.
func TestVoice(t *testing.T) {
	began := time.Unix(0, 0)
	pcm := make([]int16, 3*prompt.SampleRate)
	for _, tt := range []struct {
		name string
		v    voice
		at   time.Duration
		want time.Duration
	}{
		{"waits for a recording", voice{pcm: pcm}, time.Hour, 3 * time.Second},
		{"just begun", voice{pcm, began}, 0, 3 * time.Second},
		{"a clock that lags", voice{pcm, began}, -time.Second, 3 * time.Second},
		{"on its way", voice{pcm, began}, time.Second, 2 * time.Second},
		{"over", voice{pcm, began}, 3 * time.Second, 0},
		{"long over", voice{pcm, began}, time.Hour, 0},
	} {
		if got := lengthOf(tt.v.left(began.Add(tt.at))); got != tt.want {
			t.Errorf("%s: %s are left, want %s", tt.name, got, tt.want)
		}
	}
	talks := &talk{voice: voice{pcm, began}}
	talks.listened(graphsim.RecordingEnded{Why: ivr.RecordMaxDuration})
	if len(talks.voice.pcm) != len(pcm) {
		t.Error("the end of a piece ends the speech")
	}
	talks.listened(graphsim.RecordingEnded{Why: ivr.RecordStopTone})
	if len(talks.voice.pcm) != 0 {
		t.Error("the speech goes on after a stop key")
	}
}
