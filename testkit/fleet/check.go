package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Fault is something that must not be.
type Fault struct {
	Kind string // "lost", "doubled", "endless", "silent"
	Call ivr.CallID
	Text string
}

func (f Fault) String() string { return fmt.Sprintf("%s: call %s %s", f.Kind, f.Call, f.Text) }

// Report is what came of all calls.
type Report struct {
	Calls  int
	Acked  int // keys that were acknowledged
	Failed int // keys whose callback failed
	Handed int // transfers that Graph took
	By     map[Result]int
	Faults []Fault
	// Longest is how long the longest call took, and Story what happened in it.
	Longest time.Duration
	Story   string
}

// Report says what came of all calls. All callers must have stopped.
func (h *History) Report() *Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := &Report{By: map[Result]int{}}
	for _, c := range h.calls {
		r.add(c)
	}
	return r
}

func (r *Report) add(c *Call) {
	r.Calls++
	r.By[c.Result]++
	if c.End != nil && c.End.At.Sub(c.Begun) > r.Longest {
		r.Longest, r.Story = c.End.At.Sub(c.Begun), string(c.ID)+c.story()
	}
	for _, p := range c.Presses {
		switch p.Ack {
		case Acked:
			r.Acked++
		case Failed:
			r.Failed++
		case Unsent, Vain:
		}
	}
	fault := func(kind, format string, args ...any) {
		r.Faults = append(r.Faults, Fault{kind, c.ID, fmt.Sprintf(format, args...) + c.story()})
	}
	switch c.Result {
	case Forgotten:
		fault("lost", "forgot a key that it had acknowledged")
	case Silent:
		fault("silent", "was taken, and nothing was heard of it")
	case Endless:
		fault("endless", "did not end when the caller asked for it")
	case Deaf:
		fault("silent", "took no key")
	case CutOff:
		fault("cut off", "was ended unasked")
	case Running, Well, Unserved:
	}
	for target, key := range map[string]ivr.Key{busyDesk: keyBusy, openDesk: keyOpen} {
		r.Handed += c.Handed[target]
		if n, asked := c.Handed[target], c.pressed(key); n > asked {
			fault("doubled", "was handed over %d times, and the caller asked %d times", n, asked)
		}
	}
	if n, asked := c.Noted[keyNote], c.pressed(keyNote); n > asked {
		fault("doubled", "posted %d notes, and the caller asked for %d", n, asked)
	}
}

// pressed is how often a key left the telephone.
func (c *Call) pressed(key ivr.Key) (n int) {
	for _, p := range c.Presses {
		if p.Key == key && p.Ack != Vain {
			n++
		}
	}
	return n
}

// story is the call in one line.
func (c *Call) story() string {
	var b strings.Builder
	fmt.Fprintf(&b, " (wanted %s", keys(c.Plan.Keys))
	if c.Plan.HangUp {
		b.WriteString(" and to hang up")
	}
	fmt.Fprintf(&b, "; rung %v, answered %t, ready %t; pressed", c.Rung, c.Answered, c.Ready)
	for _, p := range c.Presses {
		fmt.Fprintf(&b, " %s %v at %s,", p.Key, p.Ack, p.At.Format("05.000"))
	}
	fmt.Fprintf(&b, " heard %v, noted %v, handed over %v, came back %d", c.Heard, c.Noted, c.Handed, c.Back)
	if c.End != nil {
		fmt.Fprintf(&b, "; ended by %s at %s %+v, told %v", c.End.By, c.End.At.Format("05.000"), c.End.Result, c.EndTold)
	}
	b.WriteString(")")
	return b.String()
}

func keys(all []ivr.Key) string {
	var b strings.Builder
	for _, k := range all {
		b.WriteString(k.String())
	}
	return b.String()
}

// Of counts the faults of one kind.
func (r *Report) Of(kind string) (n int) {
	for _, f := range r.Faults {
		if f.Kind == kind {
			n++
		}
	}
	return n
}

// String is the result in one line.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d calls, %d keys acknowledged, %d not, %d transfers;", r.Calls, r.Acked, r.Failed, r.Handed)
	for _, k := range slices.Sorted(maps.Keys(r.By)) {
		name := string(k)
		if k == Running {
			name = "called off"
		}
		fmt.Fprintf(&b, " %s %d", name, r.By[k])
	}
	fmt.Fprintf(&b, "; lost %d, doubled %d; the longest call took %v", r.Of("lost"), r.Of("doubled"), r.Longest.Round(time.Millisecond))
	return b.String()
}
