package prove

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// verdict is what the list of all calls says of a property.
type verdict struct {
	known  bool // it says something
	broken bool
	first  int    // how many things happen at least until that is seen; farther: it is not said
	last   int    // if it may be seen later, too, since what happens anew only seems to be the same
	note   string // what is said if it holds
	bad    []bool // the calls in which it is not so; nil: that is not seen in where a call is
}

// judge judges a property.
func (all *allCalls) judge(p *Property, i int) verdict {
	switch p.Name {
	case "way_out":
		return all.wayOut()
	case "silence":
		return all.ends((*link).quiet, func(b *brute) bool { return !b.gone() })
	case "hang_up":
		return all.ends((*link).any, (*brute).gone)
	case "invariant":
	default:
		return verdict{}
	}
	switch inv := &all.f.Invariants[i]; inv.Kind {
	case "requires", "never", "always":
		_, first := all.acts((*link).any, func(l *link, past bool) (bool, bool) { return breaks(inv, i, l, past) })
		return verdict{known: true, broken: first < farther, first: first}
	case "can":
		return all.can(inv, i)
	case "silence":
		return all.hushed(inv)
	default:
		return all.must(inv, i)
	}
}

// breaks says what becomes of what an invariant remembers, and whether it breaks.
func breaks(inv *flow.Invariant, i int, l *link, past bool) (after, broken bool) {
	if inv.Kind == "always" {
		_, wrong := l.wrong[i]
		return false, wrong
	}
	for _, what := range l.said {
		if what == inv.A.String() && past == (inv.Kind == "never") {
			broken = true
		}
		past = past || what == inv.B.String()
	}
	return past, broken
}

func (all *allCalls) wayOut() verdict {
	v := verdict{known: true, bad: make([]bool, len(all.calls))}
	cost := all.least(func(l *link) bool { return all.calls[l.to].gone() }, pressed)
	for i, b := range all.calls {
		v.bad[i] = !b.gone() && cost[i] < 0
	}
	return v.firstOf(all, (*link).any, v.bad)
}

// firstOf says after how many things the first of some calls comes.
func (v verdict) firstOf(all *allCalls, allowed func(*link) bool, bad []bool) verdict {
	far, _ := all.acts(allowed, noPast)
	v.broken, v.first = slices.Contains(bad, true), nearest(far[0], bad)
	return v
}

// ends judges that what goes on from some calls ends.
func (all *allCalls) ends(with func(*link) bool, from func(*brute) bool) verdict {
	v := verdict{known: true, bad: all.forever(with)}
	goes := func(l *link) bool { return with(l) && !v.bad[l.to] }
	took := all.longest(goes, func(l *link) int64 { return int64(l.took) })
	steps := all.longest(goes, func(l *link) int64 { return int64(l.steps) })
	long, many, some := int64(0), int64(0), false
	for i, b := range all.calls {
		v.bad[i] = v.bad[i] && from(b)
		if from(b) {
			long, many, some = max(long, took[i]), max(many, steps[i]), true
		}
	}
	switch {
	case slices.Contains(v.bad, true):
		each := make([]int, len(all.calls))
		for i := range each {
			each[i] = i
		}
		last := v.firstOf(all, (*link).any, all.rounds(with, v.bad, each)).first
		v = v.firstOf(all, (*link).any, all.rounds(with, v.bad, all.classes))
		v.last = last
		return v
	case !some:
	case long == 0 && many == 0:
		v.note = "at once"
	default:
		v.note = fmt.Sprintf("after %s and %s at most", rounded(time.Duration(long)), count(int(many), "step"))
	}
	return v
}

// longest is what it costs at most from each call to the end of the ways, which all have one.
func (all *allCalls) longest(allowed func(*link) bool, cost func(*link) int64) []int64 {
	return all.most(int64(24*time.Hour), allowed, func(*link) bool { return false }, cost, false)
}

func (all *allCalls) can(inv *flow.Invariant, i int) verdict {
	v := verdict{known: true, bad: make([]bool, len(all.calls))}
	cost, most := pressed, int64(inv.Keys)
	if inv.Within > 0 {
		cost, most = hurried, int64(inv.Within)
	}
	far := all.least(func(l *link) bool { return l.there[i] }, cost)
	worst := int64(-1)
	for k, b := range all.calls {
		at, _ := b.f.At(b.s.State)
		if at.Phase != flow.PhaseCollecting && (at.Phase != flow.PhaseWaiting || !slices.ContainsFunc([]string{"1", "2"}, b.takes)) || b.types() || b.gone() {
			continue
		}
		v.bad[k] = far[k] < 0 || far[k] > most
		worst = max(worst, far[k])
	}
	if worst >= 0 {
		v.note = "within " + amount(worst, inv.Within > 0) + " at most"
	}
	return v.firstOf(all, (*link).any, v.bad)
}

func (all *allCalls) hushed(inv *flow.Invariant) verdict {
	limit := all.f.CallLimit
	quiet := all.silences(limit)
	v := verdict{known: true, first: farther, last: farther}
	long := time.Duration(0)
	for i := range all.links {
		for j := range all.links[i] {
			if l := &all.links[i][j]; l.still && l.lasting() {
				long = max(long, quiet[i]+l.took)
			}
		}
	}
	v.broken, v.note = long > inv.Within, rounded(long).String()+" at most"
	return v
}

func (all *allCalls) must(inv *flow.Invariant, i int) verdict {
	going := func(l *link) bool { return l.lasting() && !l.there[i] }
	far, _ := all.acts(going, noPast)
	ended := make([]bool, len(all.calls))
	for k, b := range all.calls {
		ended[k] = b.s.Over() && far[0][k] < farther
	}
	if slices.Contains(ended, true) && !slices.ContainsFunc(inv.Reach, func(h flow.Happening) bool { return h.Kind == flow.Ends }) {
		return verdict{known: true, broken: true, first: nearest(far[0], ended)}
	}
	cost, most := func(l *link) int64 {
		if l.there[i] {
			return int64(l.hit[i])
		}
		return int64(l.steps)
	}, int64(inv.Steps)
	if inv.Within > 0 {
		cost, most = func(l *link) int64 { return int64(l.took) }, int64(inv.Within)
	}
	n := all.most(most, (*link).lasting, func(l *link) bool { return l.there[i] }, cost, false)[0]
	v := verdict{known: true, broken: n > most, first: farther}
	if !v.broken {
		v.note = "within " + (&mustWalk{inv: inv}).amount(n) + " at most"
	}
	return v
}

// exits are the ways in which calls end, with all that is said of them.
func (all *allCalls) exits() []Exit {
	limit := all.f.CallLimit
	quiet := all.silences(limit)
	names := map[string]bool{}
	for i := range all.links {
		for j := range all.links[i] {
			names[all.links[i][j].exit] = true
		}
	}
	delete(names, "")
	var out []Exit
	for name := range names {
		ends := func(l *link) bool { return l.exit == name }
		keys := all.least(ends, pressed)[0]
		if keys < 0 {
			continue
		}
		x := Exit{Name: name, Keys: int(keys), Fastest: time.Duration(all.least(ends, ahead)[0]), Listening: time.Duration(all.least(ends, listened)[0])}
		way := all.most(int64(limit), (*link).lasting, ends, func(l *link) int64 { return int64(l.took) }, true)
		x.Worst = time.Duration(way[0])
		far, _ := all.acts((*link).lasting, noPast)
		for i := range all.links {
			for j := range all.links[i] {
				l := &all.links[i][j]
				if far[0][i] == farther || !l.lasting() || l.exit != name && way[l.to] < 0 {
					continue
				}
				x.Silence = max(x.Silence, quiet[i])
				if l.still {
					x.Silence = max(x.Silence, quiet[i]+l.took)
				}
			}
		}
		x.Limited, x.Mute = x.Worst > limit, x.Silence > limit
		x.Worst, x.Silence = min(x.Worst, limit), min(x.Silence, limit)
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Exit) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// tally counts what was compared.
type tally struct {
	flows, shown, exits int
	proved, broken      map[string]int
}

// compare compares all that is said of a flow with what was listed.
func (n *tally) compare(t *testing.T, name string, r *Report, all *allCalls) {
	t.Helper()
	f := all.f
	for i := range r.Properties { // what the calls that were found come to is listed, too
		for _, x := range r.Properties[i].Findings {
			if x.Call == nil {
				continue
			}
			known := len(all.calls)
			all.add(endOf(f, x.Call))
			begun, _ := beginOf(f, x.Call)
			all.add(begun)
			if !all.follow(known, 10_000) {
				t.Fatalf("%s: there is no end of what follows %v", name, x.Call.Acts)
			}
		}
	}
	all.classes = all.alike()
	for i := range r.Properties {
		p := &r.Properties[i]
		k := i - (len(r.Properties) - len(f.Invariants))
		v := all.judge(p, k)
		if !v.known {
			continue
		}
		kind := p.Name
		if k >= 0 {
			kind = f.Invariants[k].Kind
			if f.Invariants[k].Within > 0 {
				kind += " in time"
			}
		}
		if v.broken {
			n.broken[kind]++
		} else {
			n.proved[kind]++
		}
		n.verdict(t, name+": "+p.Text, p, v)
		for j := range p.Findings {
			n.shown++
			if why := all.shows(p, k, v, p.Findings[j].Call); why != "" {
				t.Errorf("%s: %s: %s: %s:\n%v", name, p.Text, p.Findings[j].Text, why, p.Findings[j].Call.Acts)
			}
		}
	}
	for mv := range all.calls[0].moves {
		from, trigger, _ := strings.Cut(mv, " ")
		if s, _ := f.StepAt("", from); s != nil && edgeOf(s, trigger) != nil && !r.graph.took(from, trigger) {
			t.Errorf("%s: %s happens, and the exploration does not know it", name, mv)
		}
	}
	n.compareExits(t, name, r, all)
	r.graph.afterTypingAhead(t, name)
	n.flows++
}

// afterTypingAhead checks that the calls in which keys were typed ahead come to where they
// are said to.
func (g *graph) afterTypingAhead(t *testing.T, name string) {
	t.Helper()
	for id := range g.nodes {
		n := &g.nodes[id]
		if n.ahead || n.parent < 0 || !g.nodes[n.parent].ahead {
			continue
		}
		call, err := g.callTo(int32(id))
		if err != nil {
			t.Errorf("%s: %s: %v", name, g.nameOf(int32(id)), err)
			continue
		}
		if !g.isAt(int32(id), call) {
			t.Errorf("%s: the call to %s comes elsewhere:\n%v", name, g.nameOf(int32(id)), call.Acts)
		}
	}
}

// verdict compares a verdict, and what is said besides.
func (n *tally) verdict(t *testing.T, name string, p *Property, v verdict) {
	t.Helper()
	typed := len(p.Findings) > 0 && p.Findings[0].Call.ahead
	switch {
	case v.broken && p.Verdict != Broken, !v.broken && p.Verdict != Proved && !typed:
		t.Errorf("%s: %s, but the calls say broken %t", name, p.Verdict, v.broken)
	case p.Verdict == Proved && p.Note != "" && p.Note != v.note:
		t.Errorf("%s: %q, but the calls say %q", name, p.Note, v.note)
	case p.Verdict == Broken && v.first < farther:
		call := p.Findings[0].Call
		if got := len(call.Acts) - call.Again; got > max(v.first, v.last) || got < v.first && !typed {
			t.Errorf("%s: it is shown after %d acts, and may be after %d:\n%v", name, got, v.first, call.Acts)
		}
	}
}

func (n *tally) compareExits(t *testing.T, name string, r *Report, all *allCalls) {
	t.Helper()
	want := all.exits()
	n.exits += len(want)
	for i := range max(len(want), len(r.Exits)) {
		var got, x Exit
		if i < len(want) {
			x = want[i]
		}
		if i < len(r.Exits) {
			got = r.Exits[i]
		}
		if got != x {
			t.Errorf("%s:\n%+v, but the calls say\n%+v", name, got, x)
		}
	}
}

// shows says why the call that is shown does not show it, when it is played on a fresh
// session; "" if it does.
func (all *allCalls) shows(p *Property, i int, v verdict, call *Call) string {
	b := endOf(all.f, call)
	if call.Again > 0 {
		return all.round(p, i, call)
	}
	if v.bad != nil {
		if k, known := all.index[b.memo()]; !known || !v.bad[k] {
			return fmt.Sprintf("it comes to where that is not so (known %t)", known)
		}
		return ""
	}
	inv := &all.f.Invariants[i]
	switch {
	case inv.Kind == "silence":
		if b.quietest <= inv.Within {
			return fmt.Sprintf("it is silent for %s", b.quietest)
		}
	case inv.Kind != "must":
		if _, broken := b.broken[i]; !broken {
			return "it does not break in it"
		}
	case b.s.Over() && !b.there[i]:
	case inv.Within > 0 && b.now.Sub(someDay()) <= inv.Within:
		return fmt.Sprintf("it takes %s", b.now.Sub(someDay()))
	case inv.Within == 0 && (b.there[i] && b.hit[i] <= inv.Steps || b.steps <= inv.Steps):
		return fmt.Sprintf("it takes %d steps", b.steps)
	}
	return ""
}

// round says why a call is not one that can go round and round.
func (all *allCalls) round(p *Property, i int, call *Call) string {
	b, n := beginOf(all.f, call)
	before, steps, now := all.index[b.memo()], b.steps, b.now
	if p.Name == "hang_up" != b.gone() {
		return "the round begins in another place"
	}
	b.emergency = false
	for k, ev := range call.Events[n:] {
		b.apply(ev)
		word := strings.Fields(fmt.Sprintf("%T", ev))[0]
		if word == "ivr.ToneReceived" && p.Name == "silence" || word == "ivr.CallTerminated" {
			return fmt.Sprintf("event %d of the round is %s", k, word)
		}
	}
	switch {
	case all.classes[all.index[b.memo()]] != all.classes[before]:
		return "it does not come back to where it was"
	case p.Name == "invariant" && b.there[i]:
		return "it comes to what is promised"
	case p.Name == "invariant" && b.steps == steps && b.now.Equal(now):
		return "the round takes nothing"
	}
	return ""
}

// beginOf is where the round begins of a call that is played on a fresh session, and
// after how many events.
func beginOf(f *flow.Flow, call *Call) (b *brute, n int) {
	for _, tr := range call.traces[:len(call.Acts)-call.Again] {
		n += len(tr.events)
	}
	b = newBrute(f)
	b.slow = true
	for _, ev := range call.Events[:n] {
		b.apply(ev)
	}
	return b, n
}

// endOf is where a call comes to that is played on a fresh session.
func endOf(f *flow.Flow, call *Call) *brute {
	b := newBrute(f)
	b.slow = true
	for _, ev := range call.Events {
		b.apply(ev)
	}
	return b
}

// All that is said of small flows is so in all that their calls come to, and each call
// that is shown shows it, and is the shortest.
func TestAgreesWithAllCalls(t *testing.T) {
	t.Parallel()
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
		report, err := Run(context.Background(), f, Options{})
		if err != nil || !report.Complete {
			t.Fatalf("seed %d: %v, complete %t %s", seed, err, report.Complete, report.Why)
		}
		if report.States > 80 {
			larger++ // so is the list
			continue
		}
		all := list(f, 400)
		if all == nil {
			larger++
			continue
		}
		n.compare(t, fmt.Sprintf("seed %d", seed), report, all)
	}
	t.Logf("%d flows, %d were too large; proved %v, broken %v; %d calls that show it, %d exits", n.flows, larger, n.proved, n.broken, n.shown, n.exits)
	for _, kind := range [...]string{"can", "can in time", "must", "must in time", "requires", "never", "always", "silence", "way_out", "hang_up"} {
		if least := want / 20; n.proved[kind] < least || n.broken[kind] < least {
			t.Errorf("%s: %d proved, %d broken", kind, n.proved[kind], n.broken[kind])
		}
	}
}
