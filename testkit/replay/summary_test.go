package replay_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/testkit/replay"
)

// Results come in the order of what they are of, and only a few are under way.
func TestEach(t *testing.T) {
	const workers, all = 3, 1000
	var under, most atomic.Int64
	n := 0
	var got []int
	replay.Each(workers, func() (int, bool) {
		if n++; n > all {
			return 0, false
		}
		most.Store(max(most.Load(), under.Add(1)))
		return n, true
	}, func(i int) int { return -i }, func(i int) {
		under.Add(-1)
		got = append(got, i)
	})
	var want []int
	for i := range all {
		want = append(want, -i-1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d results, not in their order", len(got))
	}
	if most.Load() > 6*workers+2 {
		t.Errorf("%d were under way", most.Load())
	}
}

// Calls that part at one place are one group, the largest first.
func TestSummary(t *testing.T) {
	file, calls := sceneCalls(t)
	now := load(t, file, replaced(t, scene, "2: desk, 3: branch", "2: branch, 3: desk"))
	versions := newVersions(now)
	var s replay.Summary
	for _, name := range []string{"branch", "pin", "desk", "slow", "silent", "leaves"} {
		p := calls[name]
		r := again(t, p, whole)
		e := versions.on(p, r)
		s.Add(replay.Outcome{Source: name, Journal: p.journal(t, whole), Own: r.Told(), On: &e})
	}
	s.Sort()
	if s.Calls != 6 || s.Same != 2 || s.Elsewhere != 4 || len(s.Groups) != 2 || s.Groups[0].Calls != 3 || s.Groups[1].Calls != 1 {
		t.Fatalf("%+v", s)
	}
	g := s.Groups[0]
	if g.Source != "desk" || g.Step != "main.3" || g.Old.Outcome != "key_2" || g.Old.To != "desk.1" || g.New.To != "branch.1" ||
		g.New.What != "plays enter_branch" || g.Old.At.Line != g.New.At.Line || len(g.Before) <= len(g.After)-1 {
		t.Errorf("the first group: %+v", g)
	}
	if g := s.Groups[1]; g.Source != "branch" || g.Old.Outcome != "key_3" || g.Old.To != "branch.1" {
		t.Errorf("the second group: %+v", g)
	}
}

// A call that does nothing more where the other one goes on is said to stay.
func TestTurn(t *testing.T) {
	here, there := diag.Pos{File: "a", Line: 3, Col: 1}, diag.Pos{File: "a", Line: 5, Col: 1}
	for want, turn := range map[string]replay.Turn{
		"stays in ask.1 (a:3:1)":       {At: here, To: "ask.1", ToAt: here},
		"say.1 (a:5:1): plays welcome": {At: here, To: "say.1", ToAt: there, What: "plays welcome"},
		"ask.1 (a:3:1): asks ask.1":    {At: here, To: "ask.1", ToAt: here, What: "asks ask.1"},
		"say.1 (a:5:1)":                {Outcome: "done", At: here, To: "say.1", ToAt: there},
		"nothing more happens":         {At: here},
	} {
		if got := turn.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
