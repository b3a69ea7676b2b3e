package prove

import (
	"slices"
	"strconv"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// returns adds what may come of an action, or of a request.
func (m *menu) returns(id ivr.OpID) {
	if m.step == nil || m.phase != flow.PhaseActing {
		return
	}
	add := func(a Act) {
		a.Kind = Returns
		m.add(a, func(h ivr.Head) ivr.Event {
			return ivr.ActionReturned{Head: h, Op: id, Outcome: a.Outcome, Out: a.Out, Code: a.Code, Reason: reasonOf(a)}
		})
	}
	switch spec := m.step.Spec.(type) {
	case *flow.HTTP:
		m.requested(add, m.w.root.NameOf(m.w.root.Member(m.s.Running), m.step), statuses(m.step.Edges), m.w.facts.answers[m.step])
	case *flow.Do:
		if h := spec.Action.HTTP; h != nil {
			m.requested(add, spec.Action.Name, statuses(h.Outcomes), m.w.facts.answers[m.step])
			return
		}
		for _, outcome := range spec.Action.Outcomes {
			for _, out := range m.w.facts.answers[m.step] {
				add(Act{What: spec.Action.Name, Outcome: outcome, Out: out})
			}
		}
		if !slices.Contains(spec.Action.Outcomes, failed) {
			add(Act{What: spec.Action.Name, Outcome: failed})
		}
	default:
	}
}

// requested adds the answers to a request: each status that the flow names, one
// that it does not, and none.
func (m *menu) requested(add func(Act), name string, codes []int, outs []map[string]any) {
	for _, out := range outs {
		add(Act{What: name, Outcome: "ok", Out: out, Code: 200})
	}
	for _, code := range codes {
		add(Act{What: name, Outcome: strconv.Itoa(code), Code: code})
	}
	add(Act{What: name, Outcome: failed})
}

func reasonOf(a Act) ivr.Reason {
	if a.Outcome == failed || a.Code >= 400 {
		return ivr.ReasonService
	}
	return ivr.ReasonNone
}

// statuses are a status for each one or class of them that is named, and one that
// is not.
func statuses[T any](named map[string]T) []int {
	var codes []int
	for name := range named {
		if len(name) != len("404") || name[0] < '1' || name[0] > '9' {
			continue
		}
		if name[1:] != "xx" {
			code, err := strconv.Atoi(name)
			if err == nil {
				codes = append(codes, code)
			}
			continue
		}
		for code := int(name[0]-'0') * 100; ; code++ {
			if _, own := named[strconv.Itoa(code)]; !own {
				codes = append(codes, code)
				break
			}
		}
	}
	for _, code := range []int{599, 499, 399} {
		_, own := named[strconv.Itoa(code)]
		_, class := named[strconv.Itoa(code/100)+"xx"]
		if !own && !class {
			codes = append(codes, code)
			break
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}
