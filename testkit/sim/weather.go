package sim

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Strike is one way in which a fault shows. It is the number of its [Kind],
// times ten, and a number of its own.
type Strike int

// Kind is one of the 78 faults of the failure model.
type Kind struct {
	Number int
	Name   string
	// Strikes happen again and again for a while, each with the chance P. A fault
	// has one of them.
	Strikes []Strike
	P       float64
	// At is where a process is killed.
	At Point
	// Do happens once, from some time on.
	Do func(*world, *fault)
	// Durable faults make sense only if sessions survive their process.
	Durable bool
	// Elsewhere says how it is proved if not here: a test, or a file of tests.
	Elsewhere string
	// Harsh faults keep calls from ending well that nothing of ours could have
	// saved; they are rarer than the others.
	Harsh bool
}

// here reports whether the simulation can bring the fault about.
func (k Kind) here() bool { return k.Elsewhere == "" }

// fault is one fault of a run.
type fault struct {
	kind        *Kind
	strike      Strike
	at          Point
	from, until time.Time
	node        *node // that it strikes; nil: all
	used        bool
}

// struck decides whether something strikes a node now; a nil node stands for
// what concerns none.
func (w *world) struck(s Strike, n *node) bool {
	f := w.active(s, n, func(p float64) bool { return p >= 1 || w.net.Float64() < p })
	if f == nil {
		return false
	}
	w.strikes[f.kind.Number]++
	w.trace.addf("fault", "%d %s (%d)", f.kind.Number, f.kind.Name, s)
	return true
}

// strikesQuietly is struck for what always strikes, without a trace.
func (w *world) strikesQuietly(s Strike, n *node) bool {
	f := w.active(s, n, func(float64) bool { return true })
	if f != nil {
		w.strikes[f.kind.Number]++
	}
	return f != nil
}

func (w *world) active(s Strike, n *node, chance func(float64) bool) *fault {
	if w.calm {
		return nil
	}
	now := w.clock.Now()
	for _, f := range w.plan {
		hits := f.strike == s && !now.Before(f.from) && !now.After(f.until) && (n == nil || f.node == nil || f.node == n)
		if hits && chance(f.kind.P) {
			return f
		}
	}
	return nil
}

// times is how often something strikes, 0 to most.
func (w *world) times(s Strike, n *node, most int) int {
	if !w.struck(s, n) {
		return 0
	}
	return 1 + w.net.IntN(most)
}

// sow plans the faults of a run: 3 to 15, of different kinds for the most part.
func (w *world) sow(r *rand.Rand) {
	var able []*Kind
	for i := range w.kit.kinds {
		k := &w.kit.kinds[i]
		if k.here() && (w.o.Durable || !k.Durable) && (w.o.Only == 0 || w.o.Only == k.Number) {
			able = append(able, k)
		}
	}
	if len(able) == 0 || w.o.NoFaults {
		return
	}
	start := w.clock.Now()
	for range 3 + r.IntN(13) {
		k := able[r.IntN(len(able))]
		if k.Harsh && r.IntN(2) == 0 {
			continue
		}
		f := &fault{kind: k, at: k.At, from: start.Add(time.Duration(r.Int64N(int64(stormy))))}
		f.until = f.from.Add(time.Duration(5+r.IntN(40)) * time.Second)
		if len(k.Strikes) > 0 {
			f.strike = k.Strikes[r.IntN(len(k.Strikes))]
		}
		if r.IntN(2) == 0 {
			f.node = w.nodes[r.IntN(len(w.nodes))]
		}
		w.plan = append(w.plan, f)
	}
	slices.SortStableFunc(w.plan, func(a, b *fault) int { return a.from.Compare(b.from) })
	for _, f := range w.plan {
		if f.kind.Do == nil {
			continue
		}
		w.clock.AfterFunc(f.from.Sub(start), func() {
			w.clock.Go(func() {
				if w.calm {
					return
				}
				w.strikes[f.kind.Number]++
				w.trace.addf("fault", "%d %s", f.kind.Number, f.kind.Name)
				f.kind.Do(w, f)
			})
		})
	}
}

// stormy is how long faults begin.
const stormy = 3 * time.Minute
