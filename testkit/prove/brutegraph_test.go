package prove

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// What must be true from everywhere (can, way_out, silence, hang_up) is judged here in
// an obvious way: all that calls of a small flow may come to is listed, call by call
// as in brute_test.go, until nothing new comes. Two calls are the same only if all of
// their sessions is, but for ids, for what time it is, and for what no flow of
// generate_test.go can ask. It shares no code with the exploration.

// allCalls is all that the calls of a flow may come to.
type allCalls struct {
	calls []*brute
	links [][]link
	index map[string]int
}

// link is something that may happen, and the call that it leads to.
type link struct {
	to   int
	text string
	said []string
}

func (l link) key() bool { return strings.HasPrefix(l.text, "key ") }
func (l link) natural() bool {
	return !strings.HasSuffix(l.text, "fails") && l.text != "act failed" && l.text != "hangs up"
}
func (l link) quiet() bool { return !l.key() && l.text != "hangs up" }

// list lists them; nil if there are more than so many.
func list(f *flow.Flow, most int) *allCalls {
	all := &allCalls{index: map[string]int{}}
	all.add(newBrute(f))
	for i := 0; i < len(all.calls); i++ {
		if len(all.calls) > most {
			return nil
		}
		b := all.calls[i]
		if b.s.Over() {
			continue
		}
		for _, e := range b.may() {
			if strings.HasPrefix(e.text, "key ") && !b.takesKeys() {
				continue // kept for the next step that does
			}
			c := b.clone()
			c.said, c.told = nil, ""
			c.happens(e)
			all.links[i] = append(all.links[i], link{all.add(c), e.text, c.said})
		}
	}
	return all
}

func (all *allCalls) add(b *brute) int {
	memo := b.memo()
	i, known := all.index[memo]
	if !known {
		i = len(all.calls)
		all.index[memo] = i
		all.calls, all.links = append(all.calls, b), append(all.links, nil)
	}
	return i
}

// takesKeys reports whether a step takes keys, at once.
func (b *brute) takesKeys() bool {
	at, ok := b.f.At(b.s.State)
	if !ok || at.Step == flow.None || b.s.Media.Cancelled {
		return false
	}
	if at.Phase == flow.PhasePrompting {
		switch spec := b.f.Steps[at.Step].Spec.(type) {
		case *flow.Menu:
			return spec.BargeIn != flow.BargeOff
		case *flow.Collect:
			return spec.BargeIn != flow.BargeOff
		}
	}
	return at.Phase == flow.PhaseCollecting
}

// memo is the whole session as text, with times from now on and ids by their order.
func (b *brute) memo() string {
	s := b.s
	if s.Over() {
		return "over"
	}
	ago := func(t time.Time) time.Time { return someDay().Add(t.Sub(b.now)) }
	s.Seq, s.Steps, s.Result = 0, 0, engine.View{}
	s.Caller, s.Called, s.Tenant, s.ChainID = ivr.Party{}, ivr.Party{}, "", ""
	s.Started, s.Answered, s.Ended = time.Time{}, time.Time{}, time.Time{}
	s.Ops = slices.Clone(s.Ops)
	for i := range s.Ops {
		if s.Ops[i].ID == s.Media.Op {
			s.Media.Op = -1
		}
		s.Ops[i].ID, s.Ops[i].Deadline = 0, 0
	}
	s.Timers = slices.Clone(s.Timers)
	for i := range s.Timers {
		t := &s.Timers[i]
		t.ID, t.Op, t.Due = 0, 0, ago(t.Due)
		if t.Why == "deadline" || t.Why == "keep_alive" || strings.HasSuffix(string(t.Why), "_limit") {
			t.Due = time.Time{} // may does not let them run out
		}
	}
	counts := map[string]int{}
	for name, n := range s.Counts {
		counts[name] = min(n, 3) // the flows ask for two at most
	}
	s.Counts = counts
	s.Tones.Seen, s.Tones.Count = nil, 0
	if b.now.Before(s.Tones.DropBy) {
		s.Tones.DropBy = ago(s.Tones.DropBy)
	} else {
		s.Tones.Drop, s.Tones.DropBy = 0, time.Time{}
	}
	text, err := json.Marshal([]any{s, b.from, b.ended})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// gone reports that nobody is on the line.
func (b *brute) gone() bool { return b.s.Over() || b.s.Leg.Gone || b.s.State == flow.StateHangingUp }

// costs are how many keys it takes at least from each call until something happens
// while all works; -1: it cannot.
func (all *allCalls) costs(what string) []int {
	cost := make([]int, len(all.calls))
	for i := range cost {
		cost[i] = -1
	}
	for changed := true; changed; {
		changed = false
		for i := range all.calls {
			for _, l := range all.links[i] {
				n := cost[l.to]
				if slices.Contains(l.said, what) || what == "" && all.calls[l.to].gone() {
					n = 0
				}
				if n < 0 || !l.natural() {
					continue
				}
				if l.key() {
					n++
				}
				if cost[i] < 0 || n < cost[i] {
					cost[i], changed = n, true
				}
			}
		}
	}
	return cost
}

// forever are the calls that can go on for ever with some of what may happen: those
// that are left when again and again all are struck out of which nothing leads to
// one that is left.
func (all *allCalls) forever(with func(link) bool) []bool {
	left := make([]bool, len(all.calls))
	for i := range left {
		left[i] = true
	}
	for changed := true; changed; {
		changed = false
		for i := range all.calls {
			if left[i] && !slices.ContainsFunc(all.links[i], func(l link) bool { return with(l) && left[l.to] }) {
				left[i], changed = false, true
			}
		}
	}
	return left
}

// wrong are the calls of which a property says that there are none; nil if nothing is
// known of such a property. worst is how many keys it takes at most of the others.
func (all *allCalls) wrong(p *Property, inv *flow.Invariant) (bad []bool, worst int) {
	bad = make([]bool, len(all.calls))
	var cost []int
	switch {
	case p.Name == "silence":
		bad = all.forever(link.quiet)
	case p.Name == "hang_up":
		bad = all.forever(func(link) bool { return true })
	case p.Name == "way_out":
		cost = all.costs("")
	case inv != nil && inv.Kind == "can":
		cost = all.costs(inv.Reach[0].String())
	default:
		return nil, 0
	}
	for i, b := range all.calls {
		at, _ := b.f.At(b.s.State)
		switch {
		case p.Name == "hang_up":
			bad[i] = bad[i] && b.gone()
		case b.gone():
			bad[i] = false
		case p.Name == "way_out":
			bad[i] = cost[i] < 0
		case inv != nil && at.Phase == flow.PhaseCollecting:
			bad[i] = cost[i] < 0 || cost[i] > inv.Keys
			worst = max(worst, cost[i])
		}
	}
	return bad, worst
}

// tally counts what was compared.
type tally struct {
	flows, shown, seen int
	proved, broken     map[string]int
}

// compare compares the verdicts about a flow with what was listed.
func (n *tally) compare(t *testing.T, name string, f *flow.Flow, r *Report, all *allCalls) {
	t.Helper()
	for i := range r.Properties {
		p := &r.Properties[i]
		var inv *flow.Invariant
		kind := p.Name
		if k := i - (len(r.Properties) - len(f.Invariants)); k >= 0 {
			inv = &f.Invariants[k]
			kind = inv.Kind
		}
		bad, worst := all.wrong(p, inv)
		if bad == nil {
			continue
		}
		at := slices.Index(bad, true)
		if at >= 0 != (p.Verdict == Broken) || at < 0 && p.Verdict != Proved {
			where := "nowhere"
			if at >= 0 {
				where = "at " + all.calls[at].s.State
			}
			t.Errorf("%s: %s: %s, but it breaks %s", name, p.Text, p.Verdict, where)
		}
		if p.Verdict == Proved {
			n.proved[kind]++
			if inv != nil && p.Note != "" && p.Note != "within "+amount(int64(worst), false)+" at most" {
				t.Errorf("%s: %s: %s, but it takes %d", name, p.Text, p.Note, worst)
			}
			continue
		}
		n.broken[kind]++
		for _, x := range p.Findings {
			n.shown++
			if k, known := all.index[endOf(f, x.Call).memo()]; known {
				n.seen++
				if !bad[k] {
					t.Errorf("%s: %s: the call that shows it comes to where it holds:\n%v", name, p.Text, x.Call.Acts)
				}
			}
		}
	}
	n.flows++
}

// endOf is where a call comes to that is played on a fresh session.
func endOf(f *flow.Flow, call *Call) *brute {
	b := newBrute(f)
	for _, ev := range call.Events {
		b.apply(ev)
	}
	return b
}

// What must be true from everywhere is so in all that the calls of small flows come
// to, and what is told not to be is not so somewhere.
func TestAgreesWithAllCalls(t *testing.T) {
	want := 200
	if testing.Short() {
		want = 40
	}
	n := &tally{proved: map[string]int{}, broken: map[string]int{}}
	larger := 0
	for seed := uint64(0); n.flows < want; seed++ {
		r := rand.New(rand.NewPCG(seed, 11))
		f := loaded(t, generatedWith(r, 2+r.IntN(4)))
		if f == nil {
			continue
		}
		all := list(f, 400)
		if all == nil {
			larger++
			continue
		}
		report, err := Run(context.Background(), f, Options{})
		if err != nil || !report.Complete {
			t.Fatalf("seed %d: %v, complete %t %s", seed, err, report.Complete, report.Why)
		}
		n.compare(t, fmt.Sprintf("seed %d", seed), f, report, all)
	}
	t.Logf("%d flows, %d were too large; proved %v, broken %v; of %d calls that show it %d come to what was listed", n.flows, larger, n.proved, n.broken, n.shown, n.seen)
	for _, kind := range [...]string{"can", "silence", "way_out", "hang_up"} {
		if n.proved[kind] == 0 || n.broken[kind] == 0 && kind != "hang_up" {
			t.Errorf("%s: %d proved, %d broken", kind, n.proved[kind], n.broken[kind])
		}
	}
}
