// Package missing writes tests of what no test of a flow reaches.
//
//	r, err := missing.Write(ctx, f, proof, missing.Options{})
//	os.Stdout.Write(r.File("./bank.ivr.yaml"))
//
// They are made of the calls that package prove finds: the shortest call to each step,
// outcome and prompt. Those that go farthest are made first, since they come by others.
// Each is played before it is kept: it passes, and gets there.
package missing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
	"github.com/ivrflow/ivrflow/testkit/cover"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// Options say for which tests something is missing.
type Options struct {
	// Tally is what the tests that there are reach; nil: there are none.
	Tally *cover.Tally
	// CoverDir is put before the names of the flow's files in the tally.
	CoverDir string
}

// Result are the tests, and what has none.
type Result struct {
	Tests   []*prove.Test // by the place of what each was made for
	Without []Untested    // by place
	Lacked  int           // what calls reach and no test did
	Reached int           // how much of that the tests reach
}

// Untested is what no test reaches still, and why.
type Untested struct {
	cover.Item
	Why string
}

// String is a line with the place.
func (u Untested) String() string { return fmt.Sprintf("%s: %s", u.Pos, u.Why) }

// File is the file of the tests, of a flow whose file it names.
func (r *Result) File(flowFile string) []byte { return prove.File(flowFile, r.Tests) }

// writer writes the tests of a flow.
type writer struct {
	Options
	flow   *flow.Flow
	proof  *prove.Report
	stage  *stage
	own    *cover.Counter // of the flow, in the tally
	calls  map[prove.Move]*prove.Call
	left   map[cover.Item]bool
	tests  []placed
	result Result
	taken  map[string]bool // names of tests
}

// placed is a test, and where what it was made for is among all that is missing.
type placed struct {
	at   int
	test *prove.Test
}

// target is something that no test reaches, with calls that do, the shortest first.
type target struct {
	cover.Item
	at    int // among all that is missing
	calls []*prove.Call
}

// Write writes tests of a flow that was explored. The error is that of ctx, or a mistake of
// this package.
func Write(ctx context.Context, f *flow.Flow, proof *prove.Report, o Options) (*Result, error) {
	if o.Tally == nil {
		o.Tally = &cover.Tally{}
	}
	w := &writer{Options: o, flow: f, proof: proof, own: o.Tally.Add(f, o.CoverDir),
		calls: map[prove.Move]*prove.Call{}, left: map[cover.Item]bool{}, taken: map[string]bool{}}
	w.stage = newStage(f, o)
	targets, err := w.targets()
	if err != nil {
		return nil, err
	}
	for _, one := range targets {
		if !w.left[one.Item] {
			continue // a test that was made for something else comes by
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("writing tests: %w", context.Cause(ctx))
		}
		if err := w.make(one); err != nil {
			return nil, err
		}
	}
	w.result.Lacked, w.result.Reached = len(targets), len(targets)-len(w.left)
	slices.SortStableFunc(w.tests, func(a, b placed) int { return a.at - b.at })
	for _, p := range w.tests {
		w.result.Tests = append(w.result.Tests, p.test)
	}
	w.spare(targets)
	return &w.result, nil
}

// spare leaves out of what has no test what the test of something else reaches, and
// the outcomes of steps that have none.
func (w *writer) spare(targets []target) {
	all := slices.DeleteFunc(w.result.Without, func(u Untested) bool {
		return !w.left[u.Item] && slices.ContainsFunc(targets, func(t target) bool { return t.Item == u.Item })
	})
	slices.SortStableFunc(all, func(a, b Untested) int { return comparePlaces(a.Item, b.Item) })
	w.result.Without = slices.DeleteFunc(slices.Clone(all), func(u Untested) bool {
		return u.Kind == cover.Outcome && slices.ContainsFunc(all, func(s Untested) bool {
			return s.Kind == cover.Step && s.Step == u.Step && s.Pos.File == u.Pos.File
		})
	})
}

func comparePlaces(a, b cover.Item) int {
	return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), a.Pos.Line-b.Pos.Line, a.Pos.Col-b.Pos.Col)
}

// Of is what no test reaches of a flow and of those that it calls, by place.
func Of(f *flow.Flow, o Options) []cover.Item {
	own := cover.Tally{ReadyMade: o.Tally.ReadyMade}
	own.Add(f, o.CoverDir)
	names := map[string]bool{}
	for _, f := range own.Report().Files {
		names[f.Name] = true
	}
	rep := o.Tally.Report()
	rep.Files = slices.DeleteFunc(rep.Files, func(f cover.File) bool { return !names[f.Name] })
	all := rep.Missing(cover.Step, cover.Outcome, cover.Prompt)
	slices.SortStableFunc(all, comparePlaces)
	return all
}

// targets are what calls reach and no test does. Those with the longest calls come
// first, which come by others. What no call reaches is said.
func (w *writer) targets() (all []target, err error) {
	for at, item := range Of(w.flow, w.Options) {
		calls, err := w.callsTo(item)
		switch {
		case err != nil:
			return nil, err
		case len(calls) > 0:
			w.left[item] = true
			all = append(all, target{item, at, calls})
		case w.proof.Complete && len(w.proof.Doubts) == 0:
			w.without(item, "no call reaches the %s", item)
		case w.proof.Complete:
			w.without(item, "no call that was tried reaches the %s; not all values could be tried", item)
		default:
			w.without(item, "no call that was explored reaches the %s, but not all were: %s", item, w.proof.Why)
		}
	}
	slices.SortStableFunc(all, func(a, b target) int { return len(b.calls[0].Acts) - len(a.calls[0].Acts) })
	return all, nil
}

func (w *writer) without(item cover.Item, why string, args ...any) {
	w.result.Without = append(w.result.Without, Untested{item, fmt.Sprintf(why, args...)})
}

// callsTo are calls that reach an item, the shortest first.
func (w *writer) callsTo(item cover.Item) (all []*prove.Call, err error) {
	if item.Kind == cover.Prompt {
		call, err := w.proof.CallPlaying(item.Name)
		if call == nil || err != nil {
			return nil, err
		}
		return []*prove.Call{call}, nil
	}
	ways := w.own.Ways(item)
	for _, move := range w.proof.Made() {
		way := cover.Way{Flow: move.Flow, Move: machine.Move{From: move.From, Trigger: move.Trigger, To: move.To}}
		if !slices.Contains(ways, way) {
			continue
		}
		c, ok := w.calls[move]
		if !ok {
			if c, err = w.proof.CallTo(move); err != nil {
				return nil, err
			}
			w.calls[move] = c
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b *prove.Call) int { return len(a.Acts) - len(b.Acts) })
	return all, nil
}

// mostCalls is how many calls are tried for one item. Those to it by other phases of a
// step differ in little.
const mostCalls = 20

// make makes the test of an item. It is kept if it passes and comes there.
func (w *writer) make(one target) error {
	why := ""
	for _, call := range one.calls[:min(len(one.calls), mostCalls)] {
		tests, err := w.proof.TestsOf(call)
		if err != nil {
			why = cmp.Or(why, err.Error())
			continue
		}
		for _, t := range tests {
			t.Name = w.name(call)
			p, err := w.stage.play(t)
			if err != nil {
				return err
			}
			if p.why == "" && p.reached[one.Item] {
				for i := range p.reached {
					delete(w.left, i)
				}
				w.tests = append(w.tests, placed{one.at, t})
				w.taken[t.Name] = true
				return nil
			}
			why = cmp.Or(p.why, why, "the test that was made of a call does not come there")
		}
	}
	w.without(one.Item, "there is no test of the %s: %s", one.Item, why)
	return nil
}

// name is what a test is called: what happens last in the call, and as much of what
// happens before as tells it from the others.
func (w *writer) name(call *prove.Call) string {
	all := w.proof.Sayings(call)
	for n := range slices.Backward(all) {
		if text := listed(all[n:]); !w.taken[text] {
			return text
		}
	}
	for n := 2; ; n++ {
		if text := fmt.Sprintf("%s (%d)", listed(all), n); !w.taken[text] {
			return text
		}
	}
}
