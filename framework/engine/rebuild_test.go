package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Of a session that called many people, one after the other, the last ones are hung
// up: the others are over.
func TestRebuildHangsUpTheNewest(t *testing.T) {
	text := "ivr: 1\nflow: waits\nstart: main\nstates: {main: [answer, {wait: {for: 10m}}, end]}\n"
	f := load(t, text)
	s := engine.Session{ID: "s", Leg: engine.Leg{Call: "first"}}
	var calls []ivr.CallID
	for i := range 20 {
		calls = append(calls, ivr.CallID(fmt.Sprint("call", i)))
		s.Others = append(s.Others, engine.Leg{ID: ivr.LegID(fmt.Sprint("lost", i)), Call: calls[i]})
	}
	fresh, cmds := engine.Rebuild(f, s, time.Unix(0, 0), errors.New("damaged"))
	var hungUp []ivr.CallID
	for _, cmd := range cmds {
		if c, ok := cmd.(ivr.HangUp); ok {
			hungUp = append(hungUp, fresh.CallOf(c.Leg))
		}
	}
	if want := calls[12:]; !slices.Equal(hungUp, want) {
		t.Errorf("hung up %v, want %v", hungUp, want)
	}
}
