package outline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// Cause is what leads to the handler in which a step stands; empty for a step of a
// state's own list.
func Cause(f *flow.Flow, s *flow.Step) string {
	if s.Parent == flow.None {
		return ""
	}
	for _, w := range Ways(f.Steps[s.Parent]) {
		if w.Trigger == s.Cause {
			return w.Label
		}
	}
	return s.Cause // of an outcome that cannot come
}

// Way is one way on from a step.
type Way struct {
	Trigger string     // the outcome, with .then and .else for each counted handler passed
	Label   string     // the outcome for people; empty for the one by which a step just goes on
	Edge    *flow.Edge // without a counter
}

// Ways are the ways on from a step, in the order in which the flow's file has what
// follows them, those of defaults last. Outcomes that share the handler of a more
// general one are that one.
func Ways(s *flow.Step) []Way {
	var all []Way
	for _, outcome := range outcomes(s) {
		all = ways(all, Way{outcome, Outcome(s, outcome), s.Edges[outcome]})
	}
	return all
}

// ways adds the plain moves of an edge.
func ways(all []Way, w Way) []Way {
	if w.Edge.Counter == "" {
		return append(all, w)
	}
	all = ways(all, Way{w.Trigger + ".then", strings.TrimSpace(w.Label + " " + counted("then", w.Edge.UpTo)), w.Edge.Then})
	return ways(all, Way{w.Trigger + ".else", strings.TrimSpace(w.Label + " " + counted("else", w.Edge.UpTo)), w.Edge.Else})
}

// counted is how often a counted handler is passed.
func counted(branch string, upTo int) string {
	sign := "≤"
	if branch == "else" {
		sign = ">"
	}
	return fmt.Sprintf("%s%d×", sign, upTo)
}

// outcomes are a step's, in the order in which the flow's file has what follows
// them. Those that share a handler are one: the most general. No signal comes to a step
// that does not wait for one.
func outcomes(s *flow.Step) []string {
	var list []string
	wait, waits := s.Spec.(*flow.Wait)
	for name, e := range s.Edges {
		if waits && wait.Signal == "" && name == "signalled" {
			continue
		}
		if general := s.Edges["failed"]; e != nil && name != "failed" && name != "done" && general != nil && e.Pos == general.Pos && e.Pos != s.Pos {
			continue
		}
		if e != nil {
			list = append(list, name)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		x, y := s.Edges[a].Pos, s.Edges[b].Pos
		return cmp.Or(cmp.Compare(above(x, s.Pos), above(y, s.Pos)), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Col, y.Col), cmp.Compare(a, b))
	})
	return list
}

// above is 1 for what stands before a step, such as a handler of defaults, and else 0.
func above(p, step diag.Pos) int {
	if p.Line < step.Line {
		return 1
	}
	return 0
}
