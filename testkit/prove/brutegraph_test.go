package prove

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// What holds of all calls is judged here in an obvious way: all that calls of a small
// flow may come to is listed, call by call as in brute_test.go, until nothing new comes.
// Two calls are the same only if all of their sessions is, but for ids, for what time it
// is, and for what no flow of generate_test.go can ask. Time passes as it does: what may
// take its time comes at once, and at the last moment. It shares no code with the
// exploration.

// allCalls is all that the calls of a flow may come to.
type allCalls struct {
	f     *flow.Flow
	calls []*brute
	links [][]link
	index map[string]int

	classes []int // see alike
}

// link is something that may happen, and the call that it leads to.
type link struct {
	to    int
	text  string
	late  bool
	burst bool // a key of an entry that has begun
	said  []string
	wrong map[int]string // the invariants of always that do not hold
	there []bool         // of each can and must, whether it is reached
	hit   []int          // and after how many steps
	took  time.Duration
	steps int
	still bool          // nothing plays before it
	heard bool          // it is no key that ends what plays
	after bool          // nobody was on the line any more
	pause time.Duration // before a key: 1.5s, or half of the time that there is
	skips bool          // it is the end of a prompt that a key ends
	exit  string        // the call ends with it
}

func (l *link) key() bool { return strings.HasPrefix(l.text, "key ") }
func (l *link) natural() bool {
	return !strings.HasSuffix(l.text, "fails") && l.text != "act failed" && l.text != "hangs up"
}
func (l *link) quiet() bool   { return !l.key() && l.lasting() && !l.after }
func (l *link) lasting() bool { return l.text != "hangs up" }
func (l *link) any() bool     { return true }

// list lists them; nil if there are more than so many.
func list(f *flow.Flow, most int) *allCalls {
	all := &allCalls{f: f, index: map[string]int{}}
	b := newBrute(f)
	b.slow = true
	all.add(b)
	if !all.follow(0, most) {
		return nil
	}
	return all
}

// follow follows the calls from one on; false if there are more than so many.
func (all *allCalls) follow(from, most int) bool {
	for i := from; i < len(all.calls); i++ {
		if len(all.calls) > most {
			return false
		}
		b := all.calls[i]
		if b.s.Over() {
			continue
		}
		for _, e := range b.may() {
			if strings.HasPrefix(e.text, "key ") && !b.takes(e.text[4:]) {
				continue // kept for the next step that does
			}
			if e.text == "time gate" {
				continue // the platform says at once what it has cancelled
			}
			all.links[i] = append(all.links[i], all.link(b, e))
		}
	}
	return true
}

func (all *allCalls) link(b *brute, e event) link {
	c := b.clone()
	c.said, c.told, c.exit, c.broken, c.steps = nil, "", "", map[int]string{}, 0
	clear(c.there)
	c.happens(e)
	if c.steps != c.s.Steps-b.s.Steps {
		panic(fmt.Sprintf("%d steps were begun after %s in %s, not %d", c.s.Steps-b.s.Steps, e.text, b.s.State, c.steps))
	}
	l := link{to: all.add(c), text: e.text, late: e.late, said: c.said, wrong: c.broken, there: c.there, hit: c.hit, took: c.now.Sub(b.now), steps: c.steps}
	l.burst = l.key() && b.types()
	l.after = b.gone()
	if first := b.first(); l.key() {
		l.pause = 1500 * time.Millisecond
		if first != nil {
			l.pause = min(l.pause, first.Due.Sub(b.now)/2)
		}
	}
	l.heard = !l.key() || b.s.Media.Op == 0
	l.still = b.silent() && (b.s.Media.Op == 0 || e.text == "play fails")
	l.skips = e.text == "played" && b.barges()
	if !b.gone() && l.lasting() {
		l.exit = c.exit
	}
	return l
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

// takes reports whether a step takes a key, at once. A menu takes star and pound as it
// takes 3, and an entry 3 as it takes 2, which is compared with no more often.
func (b *brute) takes(key string) bool {
	at, ok := b.f.At(b.s.State)
	if !ok || at.Step == flow.None || b.s.Media.Cancelled {
		return false
	}
	switch spec := b.f.Steps[at.Step].Spec.(type) {
	case *flow.Menu:
		return key <= "3" && key >= "1" && (at.Phase == flow.PhaseCollecting || at.Phase == flow.PhasePrompting && spec.BargeIn != flow.BargeOff)
	case *flow.Collect:
		return key != "3" && (at.Phase == flow.PhaseCollecting || at.Phase == flow.PhasePrompting && spec.BargeIn != flow.BargeOff)
	case *flow.Wait:
		return slices.ContainsFunc(spec.Entries, func(e flow.Entry) bool { return e.Keys == key })
	}
	return false
}

// types reports whether an entry has begun.
func (b *brute) types() bool {
	at, _ := b.f.At(b.s.State)
	return at.Phase == flow.PhaseCollecting && (len(b.s.Input.Keys) > 0 || b.s.Input.Dropped)
}

// barges reports whether a key ends what plays, and is kept.
func (b *brute) barges() bool {
	at, _ := b.f.At(b.s.State)
	switch spec := b.f.Steps[at.Step].Spec.(type) {
	case *flow.Play:
		return spec.BargeIn == flow.BargeOn
	case *flow.Menu:
		return spec.BargeIn != flow.BargeOff
	case *flow.Collect:
		return spec.BargeIn != flow.BargeOff
	}
	return false
}

// silent reports whether the caller hears nothing.
func (b *brute) silent() bool {
	at, _ := b.f.At(b.s.State)
	return b.s.Leg.Audio && !b.gone() && at.Phase != flow.PhaseTransferring
}

// memo is the whole session as text, with times from now on and ids by their order.
func (b *brute) memo() string {
	s := b.s
	if s.Over() {
		return "over"
	}
	ago := func(t time.Time) time.Time { return someDay().Add(t.Sub(b.now)) }
	plays := time.Time{}
	if s.Media.Op != 0 {
		plays = ago(b.plays)
	}
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
		step, what, _ := strings.Cut(name, "/")
		switch at := b.step(); {
		case what != "no_input" && what != "no_match":
			counts[name] = min(n, 1) // the flows ask for no more
		case at != nil && at.ID == step: // others begin anew: none is repeated from elsewhere
			counts[name] = n
		}
	}
	s.Counts = counts
	s.Leg.Back, s.Media.Loops = false, 0 // it is of what is over: no step plays twice
	s.Tones.Seen, s.Tones.Count = nil, 0
	if b.now.Before(s.Tones.DropBy) {
		s.Tones.DropBy = ago(s.Tones.DropBy)
	} else {
		s.Tones.Drop, s.Tones.DropBy = 0, time.Time{}
	}
	for i := range s.Input.Keys {
		s.Input.Keys = slices.Clone(s.Input.Keys)
		s.Input.Keys[i] = engine.Tone{Key: s.Input.Keys[i].Key}
	}
	text, err := json.Marshal([]any{s, b.from, b.ended, plays})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// gone reports that nobody is on the line.
func (b *brute) gone() bool { return b.s.Over() || b.s.Leg.Gone || b.s.State == flow.StateHangingUp }

// least is what it costs at least from each call until a link that is looked for,
// while all works; -1: no way leads to one.
func (all *allCalls) least(there func(*link) bool, cost func(*link) int64) []int64 {
	far := make([]int64, len(all.calls))
	for i := range far {
		far[i] = -1
	}
	for changed := true; changed; {
		changed = false
		for i := range all.calls {
			for j := range all.links[i] {
				l := &all.links[i][j]
				n := far[l.to]
				if there(l) {
					n = 0
				}
				if n < 0 || !l.natural() {
					continue
				}
				if n += cost(l); far[i] < 0 || n < far[i] {
					far[i], changed = n, true
				}
			}
		}
	}
	return far
}

// What a link costs: keys, and the time of somebody who takes his time for an entry, or
// has typed it ahead.
func pressed(l *link) int64 {
	if l.key() {
		return 1
	}
	return 0
}

func listened(l *link) int64 {
	if !l.heard {
		return int64(time.Hour)
	}
	return pausing(l)
}

func pausing(l *link) int64 {
	switch {
	case l.late:
		return int64(time.Hour) // sooner is better
	case l.burst:
		return 0
	case l.key():
		return int64(l.pause)
	}
	return int64(l.took)
}

func hurried(l *link) int64 {
	if l.skips {
		return 0
	}
	return pausing(l)
}

func ahead(l *link) int64 {
	if l.key() {
		return 0
	}
	return hurried(l)
}

// most is what it costs at most from each call over the links that are allowed, until
// one that is looked for, or to the end of the way; -1 if it must be found and cannot.
// What is more than so much is not told apart.
func (all *allCalls) most(limit int64, allowed, there func(*link) bool, cost func(*link) int64, find bool) []int64 {
	far := make([]int64, len(all.calls))
	for i := range far {
		if find {
			far[i] = -1
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range all.calls {
			for j := range all.links[i] {
				l := &all.links[i][j]
				n := far[l.to]
				if there(l) {
					n = 0
				}
				if n < 0 || !allowed(l) {
					continue
				}
				if n = min(n+cost(l), limit+1); n > far[i] {
					far[i], changed = n, true
				}
			}
		}
	}
	return far
}

// silences are how long it has been silent at most in each call.
func (all *allCalls) silences(limit time.Duration) []time.Duration {
	far := make([]time.Duration, len(all.calls))
	for changed := true; changed; {
		changed = false
		for i := range all.calls {
			for j := range all.links[i] {
				l := &all.links[i][j]
				if n := min(far[i]+l.took, limit+1); l.still && l.lasting() && n > far[l.to] {
					far[l.to], changed = n, true
				}
			}
		}
	}
	return far
}

// forever are the calls that can go on for ever with some of what may happen: those
// that are left when again and again all are struck out of which nothing leads to
// one that is left.
func (all *allCalls) forever(with func(*link) bool) []bool {
	left := make([]bool, len(all.calls))
	for i := range left {
		left[i] = true
	}
	for changed := true; changed; {
		changed = false
		for i := range all.calls {
			if left[i] && !all.leads(i, func(l *link) bool { return with(l) && left[l.to] }) {
				left[i], changed = false, true
			}
		}
	}
	return left
}

func (all *allCalls) leads(i int, with func(*link) bool) bool {
	for j := range all.links[i] {
		if with(&all.links[i][j]) {
			return true
		}
	}
	return false
}

// alike numbers the calls so that two have the same number if the same may happen in
// both, and again in what that leads to.
func (all *allCalls) alike() []int {
	class, many := make([]int, len(all.calls)), 1
	for {
		index := map[string]int{}
		next := make([]int, len(all.calls))
		for i, b := range all.calls {
			var sign strings.Builder
			fmt.Fprint(&sign, b.s.State)
			for j := range all.links[i] {
				l := &all.links[i][j]
				fmt.Fprint(&sign, l.text, l.late, l.took, l.steps, l.said, class[l.to])
			}
			n, known := index[sign.String()]
			if !known {
				n = len(index)
				index[sign.String()] = n
			}
			next[i] = n
		}
		class = next
		if len(index) == many {
			return class
		}
		many = len(index)
	}
}

// rounds are the calls that can come back to one of the same number.
func (all *allCalls) rounds(with func(*link) bool, left []bool, number []int) []bool {
	on := make([]bool, len(all.calls))
	for i := range all.calls {
		if !left[i] {
			continue
		}
		seen := make([]bool, len(all.calls))
		for todo := []int{i}; len(todo) > 0 && !on[i]; {
			last := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			all.leads(last, func(l *link) bool {
				if with(l) && !seen[l.to] {
					seen[l.to] = true
					on[i] = on[i] || number[l.to] == number[i]
					todo = append(todo, l.to)
				}
				return false
			})
		}
	}
	return on
}

// farther is farther than all calls.
const farther = 1 << 20

// acts is how many things must happen at least until each call, the keys of an entry
// counting as one, over links that are allowed, from a beginning in which some bit is
// not set. next says what becomes of the bit, and whether what is looked for has
// happened: before that, and with it, so many things happen at least.
func (all *allCalls) acts(allowed func(*link) bool, next func(*link, bool) (past, found bool)) (far [2][]int, first int) {
	for k := range far {
		far[k] = make([]int, len(all.calls))
		for i := range far[k] {
			far[k][i] = farther
		}
	}
	far[0][0], first = 0, farther
	for changed := true; changed; {
		changed = false
		for i := range all.calls {
			for k := range far {
				if far[k][i] == farther {
					continue
				}
				for j := range all.links[i] {
					l := &all.links[i][j]
					if !allowed(l) {
						continue
					}
					n := far[k][i] + l.things()
					past, found := next(l, k == 1)
					if found {
						first = min(first, n)
					}
					to := 0
					if past {
						to = 1
					}
					if n < far[to][l.to] {
						far[to][l.to], changed = n, true
					}
				}
			}
		}
	}
	return far, first
}

// things is how many things a link counts for. A key that ends what plays is two.
func (l *link) things() int {
	switch {
	case l.burst:
		return 0
	case !l.heard:
		return 2
	}
	return 1
}

func noPast(*link, bool) (past, found bool) { return false, false }

// nearest is how many things must happen at least until one of some calls.
func nearest(far []int, bad []bool) int {
	first := farther
	for i := range bad {
		if bad[i] {
			first = min(first, far[i])
		}
	}
	return first
}
