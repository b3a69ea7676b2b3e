package replay

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// Pair is a version of a flow that calls have run, and another on which they are
// played. Several goroutines may use it.
type Pair struct {
	Old, New *Flow
	twins    map[*flow.Step]*flow.Step // of the steps of both, the one of the other version
	alike    map[*flow.Step]bool       // steps of New that do just what their twins do
}

// NewPair finds out which steps of two versions are the same: those that read alike
// in the same state, else those that read alike anywhere, else those with the same
// verb in the same state, in their order.
func NewPair(was, now *Flow) *Pair {
	p := &Pair{Old: was, New: now, twins: map[*flow.Step]*flow.Step{}, alike: map[*flow.Step]bool{}}
	for _, m := range was.Members() {
		n := now.Member(m.Key)
		if n == nil {
			continue
		}
		texts := map[*flow.Step]string{}
		for _, s := range slices.Concat(m.Steps, n.Steps) {
			texts[s] = describe(reflect.ValueOf(s.Spec)) + describe(reflect.ValueOf(&s.When).Elem())
		}
		for _, name := range []func(*flow.Step) string{
			func(s *flow.Step) string { return s.State + " " + s.ID + " " + texts[s] },
			func(s *flow.Step) string { return s.State + " " + texts[s] },
			func(s *flow.Step) string { return texts[s] },
			func(s *flow.Step) string { return s.State + " " + s.Spec.Verb() },
		} {
			p.match(m.Steps, n.Steps, name)
		}
		for _, s := range n.Steps {
			if twin := p.twins[s]; twin != nil && texts[s] == texts[twin] && sameVars(m, n, s) {
				p.alike[s] = true
			}
		}
	}
	return p
}

// match makes steps twins that have the same name and no twin yet.
func (p *Pair) match(was, now []*flow.Step, name func(*flow.Step) string) {
	free := map[string][]*flow.Step{}
	for _, s := range now {
		if p.twins[s] == nil {
			free[name(s)] = append(free[name(s)], s)
		}
	}
	for _, s := range was {
		n := name(s)
		if list := free[n]; p.twins[s] == nil && len(list) > 0 {
			p.twins[s], p.twins[list[0]], free[n] = list[0], s, list[1:]
		}
	}
}

// together is how many hops two ways have in common.
func (p *Pair) together(was, now []hop) int {
	n := 0
	for n < len(was) && n < len(now) && p.sameHop(was[n], now[n]) {
		n++
	}
	return n
}

// sameHop reports whether two states are of the same step.
func (p *Pair) sameHop(a, b hop) bool {
	was, phase := p.Old.StepAt(a.flow, a.state)
	now, other := p.New.StepAt(b.flow, b.state)
	if was == nil || now == nil {
		return a.flow == b.flow && a.state == b.state
	}
	return p.twins[now] == was && phase == other
}

// sameVars reports whether what is typed at a step is judged alike.
func sameVars(was, now *flow.Flow, s *flow.Step) bool {
	c, ok := s.Spec.(*flow.Collect)
	return !ok || describe(reflect.ValueOf(was.Vars[c.Var])) == describe(reflect.ValueOf(now.Vars[c.Var]))
}

// describe is all that a description says, but for where it stands.
func describe(v reflect.Value) string {
	var b strings.Builder
	write(&b, v)
	return b.String()
}

func write(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid:
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if e, ok := reflect.TypeAssert[reader](v); ok {
			b.WriteString(e.Source() + ";")
			return
		}
		write(b, v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[diag.Pos]() {
			return
		}
		b.WriteString(v.Type().Name() + "{")
		for f, of := range v.Fields() {
			if f.IsExported() {
				write(b, of)
				b.WriteByte(',')
			}
		}
		b.WriteByte('}')
	case reflect.Slice:
		for i := range v.Len() {
			write(b, v.Index(i))
			b.WriteByte(',')
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
		for _, k := range keys {
			fmt.Fprint(b, k, ":")
			write(b, v.MapIndex(k))
		}
	default:
		fmt.Fprintf(b, "%v", v)
	}
}
