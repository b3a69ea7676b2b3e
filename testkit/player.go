package testkit

import (
	"fmt"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// Player plays tests that stand in no file yet, of one flow that was loaded. It is used
// by one goroutine.
type Player struct {
	flow *flow.Flow
	file string
	o    Options
}

// NewPlayer is a player of tests of a flow. file is the name that failures have for the
// tests' text.
func NewPlayer(f *flow.Flow, file string, o Options) *Player {
	return &Player{f, file, o.withDefaults().covering(f)}
}

// Play plays the tests of a text, which has the form of a test file. The error says
// why they cannot be played; tests that fail are none.
func (p *Player) Play(text []byte) ([]Result, error) {
	r := &reader{fsys: p.o.FS, file: p.file, flow: p.flow}
	s := r.text(text)
	if s == nil {
		return nil, fmt.Errorf("the tests cannot be played:\n%s", r.list)
	}
	var all []Result
	for _, t := range s.tests {
		all = append(all, s.play(t, p.o))
	}
	return all, nil
}
