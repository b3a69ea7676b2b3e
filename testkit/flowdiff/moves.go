package flowdiff

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// stand is what a call of one flow waits for.
type stand struct {
	kind kind
	what string // of inner, the action or operation
}

// kind is what a call waits for, as far as the caller notices.
type kind uint8

// The kinds of waiting. Up to isPause the call goes on by itself.
const (
	isIdle   kind = iota
	isInner       // an action, or something that the platform does quietly
	isPlays       // a prompt's end
	isPause       // time only
	isInput       // the caller's keys
	isRecord      // the caller's speech
	isCall        // somebody who is called
	isOver
)

func (s stand) moves() bool { return s.kind <= isPause }

// text is what the caller notices of it.
func (s stand) text() string {
	switch s.kind {
	case isInput:
		return "waits for keys"
	case isRecord:
		return "goes on recording"
	case isCall:
		return "waits for whom it calls"
	case isOver:
		return "is over"
	case isIdle, isInner, isPlays, isPause:
	}
	return "goes on without a word"
}

func standOf(m prove.Moment) stand {
	switch {
	case m.Session().State == flow.StateIdle:
		return stand{isIdle, ""}
	case m.Gone():
		return stand{isOver, ""}
	}
	step, phase := m.Step()
	if step == nil {
		return stand{isInner, m.Session().State}
	}
	switch phase {
	case flow.PhasePlaying, flow.PhasePrompting:
		return stand{isPlays, ""}
	case flow.PhaseCollecting, flow.PhaseAsking:
		return stand{isInput, ""}
	case flow.PhaseRecording:
		return stand{isRecord, ""}
	case flow.PhaseDialling, flow.PhaseAnnouncing, flow.PhaseAccepting, flow.PhaseTransferring:
		return stand{isCall, ""}
	case flow.PhaseWaiting:
		if w, ok := step.Spec.(*flow.Wait); ok && len(w.Entries) == 0 && w.Signal == "" && !w.People {
			return stand{isPause, ""}
		}
		return stand{isInput, ""}
	case flow.PhaseActing:
		return stand{isInner, prove.Request(step)}
	default:
		return stand{isInner, string(phase)}
	}
}

// move is something that happens in both flows at the same time, or in one of them.
type move struct {
	c       [2]*prove.Choice // nil: nothing happens in that flow
	lone    int              // the flow in which alone it happens; -1: in both
	request string           // the action that comes back, of a lone one
	paid    int              // which of what is owed it is; -1: none
}

func (m *move) fault() bool {
	return m.c[0] != nil && m.c[0].Fault() || m.c[1] != nil && m.c[1].Fault()
}

// next is all that may happen next. The flow that has said less goes on first; then
// whatever only one of them waits for is over at once.
func (x *explorer) next(b *both) []move {
	st := [2]stand{standOf(b.at[0]), standOf(b.at[1])}
	if len(b.lag) > 0 {
		slow := 1 - b.ahead
		all := x.alone(b, slow, st[slow])
		if st[slow].kind == isPlays && st[b.ahead].kind == isPlays {
			all = append(all, slices.DeleteFunc(x.together(b, st), func(m move) bool {
				a := act(&m)
				return a.Kind != prove.Presses && a.Kind != prove.Fails
			})...)
		}
		return all
	}
	if st[0].kind == isOver && st[1].kind == isOver {
		return nil
	}
	for i := range st {
		if st[i].kind == isInner && owes(b.owed[i], st[i].what) >= 0 {
			return x.alone(b, i, st[i])
		}
	}
	if st[0] == st[1] {
		return x.together(b, st)
	}
	for _, k := range []kind{isIdle, isInner, isPause, isPlays} {
		for i := range st {
			if st[i].kind == k {
				return x.alone(b, i, st[i])
			}
		}
	}
	return x.together(b, st)
}

func act(m *move) prove.Act {
	if m.c[0] != nil {
		return m.c[0].Act()
	}
	return m.c[1].Act()
}

func owes(all []owed, name string) int {
	return slices.IndexFunc(all, func(o owed) bool { return o.name == name })
}

// alone is what may happen in one flow while the other one waits.
func (x *explorer) alone(b *both, side int, st stand) []move {
	var all []move
	m := b.at[side]
	add := func(c prove.Choice, request string, paid int) {
		mv := move{lone: side, request: request, paid: paid}
		mv.c[side] = &c
		all = append(all, mv)
	}
	choices := m.Choices()
	if i := slices.IndexFunc(choices, func(c prove.Choice) bool { return c.Act().Kind == prove.Returns }); i >= 0 && st.kind == isInner {
		if paid := owes(b.owed[side], st.what); paid >= 0 {
			add(choices[i].Same(b.owed[side][paid].act), st.what, paid)
			return all
		}
		for _, a := range x.pair.Returns(m, nil) {
			add(choices[i].Same(a), st.what, -1)
		}
	}
	for _, c := range choices {
		switch a := c.Act(); {
		case a.Kind == prove.Returns || byCaller(a) || a.Kind == prove.Limit:
		case st.kind == isPlays && a.Kind != prove.Ends:
		default:
			add(c, "", -1)
		}
	}
	return all
}

// byCaller reports what only happens in both flows at the same time, and hang-ups,
// after which a caller hears no more.
func byCaller(a prove.Act) bool {
	switch a.Kind {
	case prove.Presses, prove.HangsUp, prove.GivenUp, prove.Signals:
		return true
	default:
		return false
	}
}

// together is what may happen in both flows at the same time. What only one of them
// knows leaves the other where it is.
func (x *explorer) together(b *both, st [2]stand) []move {
	var all []move
	index := map[string]int{}
	for i := range b.at {
		for _, c := range b.at[i].Choices() {
			a := c.Act()
			if a.Kind == prove.Returns || a.Kind == prove.Presses || a.Kind == prove.HangsUp || a.Kind == prove.GivenUp {
				continue
			}
			name := label(a)
			at, known := index[name]
			if !known || all[at].c[i] != nil {
				at = len(all)
				index[name] = at
				all = append(all, move{lone: -1, paid: -1})
			}
			all[at].c[i] = &c
			if a.Kind == prove.Signals && all[at].c[1-i] == nil {
				other := b.at[1-i].Signal(a.What)
				all[at].c[1-i] = &other
			}
		}
	}
	all = append(all, x.returns(b)...)
	return append(all, x.presses(b, st)...)
}

// label is what makes things that happen in two flows the same thing.
func label(a prove.Act) string {
	what := a.What
	if a.Kind == prove.Waits {
		switch what {
		case "first_key", "between_keys", "terminate", "wait":
			what = "silence"
		}
	}
	if a.Kind == prove.Rings {
		return string(a.Kind)
	}
	return fmt.Sprint(a.Kind, " ", what, " ", a.Outcome, " ", a.Short)
}

// returns is that an action comes back which both flows wait for.
func (x *explorer) returns(b *both) []move {
	var first [2]*prove.Choice
	for i := range b.at {
		for _, c := range b.at[i].Choices() {
			if c.Act().Kind == prove.Returns {
				first[i] = &c
				break
			}
		}
	}
	if first[0] == nil || first[1] == nil {
		return nil
	}
	var all []move
	for _, a := range x.pair.Returns(b.at[0], &b.at[1]) {
		one, two := first[0].Same(a), first[1].Same(a)
		all = append(all, move{c: [2]*prove.Choice{&one, &two}, lone: -1, paid: -1})
	}
	return all
}

// presses are the keys that the caller may press: where nobody listens, one entry.
func (x *explorer) presses(b *both, st [2]stand) []move {
	var keys []string
	switch {
	case st[0].kind == isInput || st[1].kind == isInput:
		keys = x.pair.Typed(b.at[0], b.at[1])
	case x.o.NoAhead || b.at[0].Kept() || b.at[1].Kept():
		return nil
	case !b.at[0].Session().Leg.Audio || !b.at[1].Session().Leg.Audio:
		return nil
	default:
		keys = x.alphabet
	}
	all := make([]move, 0, len(keys))
	for _, k := range keys {
		one, two := b.at[0].Press(k), b.at[1].Press(k)
		all = append(all, move{c: [2]*prove.Choice{&one, &two}, lone: -1, paid: -1})
	}
	return all
}

// jsonText is a value as text, with the names of maps sorted.
func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
