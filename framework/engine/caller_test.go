package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// caller plays a call in virtual time: each part of a prompt lasts 2 s, what is
// cancelled reports 100 ms later, timers run out when they are due, and keys
// are pressed at given times. What happens is written down with its time,
// counted from when audio became active.
type caller struct {
	t     *testing.T
	f     *flow.Flow
	s     engine.Session
	start time.Time
	now   time.Time
	todo  []happening
	log   []string
	heard map[ivr.OpID]string // prompts that play
}

// happening is what the caller or the platform will do.
type happening struct {
	at time.Time
	ev func(ivr.Head) ivr.Event
}

const (
	partLength  = 2 * time.Second
	reportAfter = 100 * time.Millisecond
)

// dial is a call to a flow whose audio has just become active.
func dial(t *testing.T, f *flow.Flow) *caller {
	t.Helper()
	c := &caller{t: t, f: f, s: engine.New("s", f, nil), heard: map[ivr.OpID]string{}}
	c.start = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	c.now = c.start
	c.step(ivr.CallIncoming{Head: c.head(), Call: "c"})
	c.step(ivr.CallChanged{Head: c.head(), State: ivr.StateEstablished, Audio: ivr.AudioActive})
	return c
}

func (c *caller) head() ivr.Head { return ivr.Head{At: c.now, Leg: ivr.CallerLeg} }

// press lays keys down: "1s:1 2500ms:#", with times from the call's start.
func (c *caller) press(keys string) {
	c.t.Helper()
	for i, word := range strings.Fields(keys) {
		at, key, _ := strings.Cut(word, ":")
		d, err := time.ParseDuration(at)
		if err != nil {
			c.t.Fatal(err)
		}
		k, err := ivr.ParseKey(key)
		if err != nil {
			c.t.Fatal(err)
		}
		c.after(c.start.Add(d).Sub(c.now), func(h ivr.Head) ivr.Event { return ivr.ToneReceived{Head: h, Key: k, Seq: int64(i + 1)} })
	}
}

func (c *caller) after(d time.Duration, ev func(ivr.Head) ivr.Event) {
	c.todo = append(c.todo, happening{c.now.Add(d), ev})
}

// run lets time pass until the call is hung up, and gives what happened.
func (c *caller) run() string {
	c.t.Helper()
	for range 1000 {
		ev, ok := c.next()
		if !ok || slices.ContainsFunc(c.s.Ops, func(op engine.Op) bool { return op.Kind == "hang_up" }) {
			return strings.Join(c.log, ", ")
		}
		c.step(ev)
	}
	c.t.Fatalf("the call does not end: %v", c.log)
	return ""
}

// next is what happens next; the caller comes before a timer of the same time.
func (c *caller) next() (ivr.Event, bool) {
	i, first := -1, time.Time{}
	for j, h := range c.todo {
		if i < 0 || h.at.Before(first) {
			i, first = j, h.at
		}
	}
	var timer *engine.Timer
	for j := range c.s.Timers {
		if t := &c.s.Timers[j]; i < 0 && timer == nil || t.Due.Before(first) {
			timer, first = t, t.Due
		}
	}
	switch {
	case timer == nil && i < 0:
		return nil, false
	case first.After(c.now):
		c.now = first
	}
	if timer != nil {
		return ivr.TimerExpired{Head: c.head(), Timer: timer.ID}, true
	}
	h := c.todo[i]
	c.todo = slices.Delete(c.todo, i, i+1)
	return h.ev(c.head()), true
}

func (c *caller) step(ev ivr.Event) {
	c.t.Helper()
	var cmds []ivr.Command
	var err error
	if c.s, cmds, err = engine.Step(c.f, c.s, ev); err != nil {
		c.t.Fatal(err)
	}
	for _, cmd := range cmds {
		c.do(cmd)
	}
}

// do is the platform: it takes every command.
func (c *caller) do(cmd ivr.Command) {
	switch cmd := cmd.(type) {
	case ivr.Moved:
		c.moved(cmd.Trigger)
	case ivr.Mark:
		c.write("log %s", cmd.Text)
	case ivr.SubscribeToTone:
		c.after(0, func(h ivr.Head) ivr.Event { return ivr.OperationCompleted{Head: h, Op: cmd.Op} })
	case ivr.PlayPrompt:
		c.play(cmd)
	case ivr.CancelMedia:
		c.cancel(cmd)
	}
}

// moved writes down how a try ended, also the last one before gave_up. Other
// moves are told by what follows.
func (c *caller) moved(trigger string) {
	switch {
	case trigger == "gave_up":
		c.write("%s", c.s.Input.Failed)
		c.write("gave_up")
	case trigger == flow.TriggerNoInput, trigger == flow.TriggerNoMatch, strings.HasPrefix(trigger, "key_"):
		c.write("%s", trigger)
	}
}

// play takes two seconds for each part.
func (c *caller) play(cmd ivr.PlayPrompt) {
	var names []string
	for _, p := range cmd.Parts {
		names = append(names, p.Key)
	}
	c.heard[cmd.Op] = strings.Join(names, " ")
	c.write("play %s", c.heard[cmd.Op])
	c.after(time.Duration(len(names))*partLength, func(h ivr.Head) ivr.Event {
		if _, ok := c.heard[cmd.Op]; !ok {
			return ivr.CallChanged{Head: h} // it was cancelled: nothing comes
		}
		delete(c.heard, cmd.Op)
		return ivr.OperationCompleted{Head: h, Op: cmd.Op}
	})
}

func (c *caller) cancel(cmd ivr.CancelMedia) {
	c.write("cancel")
	for op := range c.heard {
		delete(c.heard, op)
		c.after(reportAfter, func(h ivr.Head) ivr.Event {
			return ivr.OperationFailed{Head: h, Op: op, Result: ivr.Result{Code: 400, Subcode: 8508, Reason: ivr.ReasonCancelled}}
		})
	}
	c.after(0, func(h ivr.Head) ivr.Event { return ivr.OperationCompleted{Head: h, Op: cmd.Op} })
}

func (c *caller) write(format string, args ...any) {
	c.log = append(c.log, fmt.Sprint(c.now.Sub(c.start), " ", fmt.Sprintf(format, args...)))
}
