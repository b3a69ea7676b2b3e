package prove

import (
	"fmt"
	"hash/fnv"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// This file finds values that tell two flows apart: one for each way in which the
// conditions of both, taken together, depend on it; and where a value is said or
// dialled, two of them, that are also other than those from elsewhere, so that it is
// heard which of them it is.

// mostJoint is how many different entries are tried where two flows take them.
const mostJoint = 48

// Typed are the keys that the caller may press where one of two flows, or both,
// listen: those that either knows, one that neither knows, and of entries each that
// either can tell apart.
func (p *Pair) Typed(a, b Moment) []string {
	found := map[string]bool{}
	single := map[string]bool{}
	var sites [2]*site
	for i, m := range []Moment{a, b} {
		menu := &menu{w: m.w, s: &m.st.session, now: m.st.now}
		menu.step, menu.phase = m.Step()
		if menu.step == nil {
			continue
		}
		menu.keys()
		for _, c := range menu.all {
			if c.Kind == Presses {
				found[c.Keys], single[c.Keys[:1]] = true, true
			}
		}
		if spec, ok := menu.step.Spec.(*flow.Collect); ok && menu.phase == flow.PhaseCollecting {
			of := m.w.root.Member(m.st.session.Running)
			sites[i] = m.w.facts.site(of, spec)
		}
	}
	for _, k := range allKeys {
		if !single[string(k)] && sites[0] == nil && sites[1] == nil {
			found[string(k)] = true
			break
		}
	}
	for _, keys := range p.entries(sites) {
		found[keys] = true
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
}

// site is a step that takes an entry.
type site struct {
	fs    *facts
	v     variable
	decl  *flow.Var
	spec  *flow.Collect
	d     depends
	shown bool
}

func (fs *facts) site(m *flow.Flow, spec *flow.Collect) *site {
	v := variable{fs.root.Member(m.Key), spec.Var}
	return &site{fs: fs, v: v, decl: m.Vars[spec.Var], spec: spec, d: fs.ownDepends(v), shown: fs.shown(v)}
}

// kind is how a step takes an entry, as far as anything depends on it.
func (s *site) kind(digits string) string {
	switch {
	case len(digits) > s.spec.Max:
		return "long" + s.kind(digits[:s.spec.Max])
	case strings.Trim(digits, s.spec.Allowed) != "":
		return "odd"
	case len(digits) < s.spec.Min:
		return "short"
	}
	value, ok := s.decl.Accept(digits)
	if !ok {
		return "misfit"
	}
	kind := "fits" + signature(value, s.d.with) + s.fs.judged(s.v, value, s.d.own)
	if len(s.d.vague) > 0 {
		kind += fmt.Sprint(value)
	}
	return kind
}

// entries are the keys for one or two steps that take an entry.
func (p *Pair) entries(sites [2]*site) []string {
	key := [2]*flow.Collect{}
	var tried, ends []string
	shown := false
	otherChecks := sites[0] != nil && sites[1] != nil && !checkedAlike(sites[0].decl, sites[1].decl)
	for i, s := range sites {
		if s == nil {
			continue
		}
		key[i] = s.spec
		tried = append(tried, candidates(s.spec, s.decl, constants(s.d.with))...)
		if len(s.d.own)+len(s.d.vague) > 0 || otherChecks {
			every := everyEntry(s.spec)
			tried = append(tried, every...)
			if every == nil && otherChecks {
				s.fs.doubt(s.decl.Pos, "the old and the new flow check %s in other ways, and the entries that were tried may not tell them apart", s.v.name)
			}
		}
		ends = append(ends, s.spec.EndsWith.String())
		shown = shown || s.shown
	}
	if known, ok := p.typed[key]; ok || len(tried) == 0 {
		return known
	}
	slices.Sort(ends)
	most := 1
	if shown {
		most = 2
	}
	count := map[string]int{}
	var all []string
	for _, digits := range tried {
		kind, fits := "", false
		for _, s := range sites {
			if s != nil && digits != "" {
				k := s.kind(digits)
				kind, fits = kind+"/"+k, fits || k != "odd" && !strings.HasPrefix(k, "long")
			}
		}
		if !fits || count[kind] >= most || slices.Contains(all, digits+ends[0]) {
			continue
		}
		if count[kind]++; len(all) >= mostJoint {
			s := sites[0]
			if s == nil {
				s = sites[1]
			}
			s.fs.doubtful(s.v, slices.Concat(s.d.own, s.d.vague))
			break
		}
		for _, end := range slices.Compact(slices.Clone(ends)) {
			all = append(all, digits+end)
		}
	}
	p.typed[key] = all
	return all
}

// checkedAlike reports whether two variables take the same of what is typed, but for
// its length.
func checkedAlike(a, b *flow.Var) bool {
	return a.Type == b.Type && a.Pattern == b.Pattern && a.Currency == b.Currency && slices.Equal(a.Checks, b.Checks)
}

// shown reports whether a value, or what is made of it, is said or dialled.
func (fs *facts) shown(v variable) bool {
	known, ok := fs.peerShown[v]
	if ok {
		return known
	}
	for to := range fs.reaches(v) {
		for _, s := range to.m.Steps {
			switch s.Spec.(type) {
			case *flow.Do, *flow.HTTP, *flow.Mark, *flow.Set, *flow.Switch, *flow.Forget, *flow.Return, *flow.Call:
			default:
				known = known || usesName(fs.uses[s], to.name)
			}
		}
	}
	fs.peerShown[v] = known
	return known
}

// Returns are what the action, or the request, may bring that both flows wait for,
// or one of them, if other is nil.
func (p *Pair) Returns(m Moment, other *Moment) []Act {
	all := returned(m)
	if other != nil {
		all = joint(all, returned(*other))
	}
	sides := []Moment{m}
	if other != nil {
		sides = append(sides, *other)
	}
	var more []Act
	for _, a := range all {
		one, two := p.altered(a, sides, 1), p.altered(a, sides, 2)
		more = append(more, one)
		if !reflect.DeepEqual(one, two) {
			more = append(more, two)
		}
	}
	return more
}

func returned(m Moment) []Act {
	var all []Act
	for _, c := range m.Choices() {
		if c.c.Kind == Returns {
			all = append(all, c.Act())
		}
	}
	return all
}

// joint are the answers that either flow tells apart: each with the values that one
// flow takes and each with those that the other takes, where both go together.
func joint(one, two []Act) []Act {
	var all []Act
	add := func(a Act) {
		same := func(b Act) bool {
			return b.Outcome == a.Outcome && b.Code == a.Code && (len(a.Out) == 0 && len(b.Out) == 0 || reflect.DeepEqual(b.Out, a.Out))
		}
		if !slices.ContainsFunc(all, same) {
			all = append(all, a)
		}
	}
	for _, list := range [][2][]Act{{one, two}, {two, one}} {
		for _, a := range list[0] {
			matched := false
			for _, b := range list[1] {
				if a.Outcome != b.Outcome || a.Code != b.Code || !agree(a.Out, b.Out) {
					continue
				}
				matched = true
				both := a
				both.Out = maps.Clone(a.Out)
				if both.Out == nil {
					both.Out = map[string]any{}
				}
				maps.Copy(both.Out, b.Out)
				add(both)
			}
			if !matched {
				add(a)
			}
		}
	}
	return all
}

// agree reports whether two answers have the same values under the same names.
func agree(a, b map[string]any) bool {
	for name, v := range a {
		if w, ok := b[name]; ok && !reflect.DeepEqual(v, w) {
			return false
		}
	}
	return true
}

// altered is an answer with other values, of the same kinds, where they are shown.
func (p *Pair) altered(a Act, sides []Moment, n int) Act {
	out := maps.Clone(a.Out)
	for name, v := range a.Out {
		var sites []site
		shown := false
		for _, m := range sides {
			if v, ok := m.takes(name); ok {
				fs := m.w.facts
				sites = append(sites, site{fs: fs, v: v, decl: v.m.Vars[v.name], d: fs.dependsOn(v)})
				shown = shown || fs.shown(v)
			}
		}
		if shown {
			out[name] = alike(v, name, n, sites)
		}
	}
	a.Out = out
	return a
}

// takes is the variable that takes a value of an answer.
func (m Moment) takes(name string) (variable, bool) {
	step, _ := m.Step()
	of := m.w.facts.root.Member(m.st.session.Running)
	into := ""
	switch spec := step.Spec.(type) {
	case *flow.HTTP:
		into = spec.Into[name]
	case *flow.Do:
		out := name
		if spec.Action.HTTP != nil {
			out = spec.Action.HTTP.Into[name]
		}
		if into = spec.Into[out]; into == "" {
			into = out
		}
	default:
	}
	return variable{of, into}, of.Vars[into] != nil
}

// alike is another value of the same kind, the value itself if there is none.
func alike(v any, name string, n int, sites []site) any {
	other := alter(v, name, n)
	for _, s := range sites {
		c, err := s.decl.Coerce(other)
		if err != nil || !reflect.DeepEqual(c, other) || signature(other, s.d.with) != signature(v, s.d.with) || len(s.d.own)+len(s.d.vague) > 0 {
			return v
		}
	}
	return other
}

// alter makes another value of one, that another name or number does not make.
func alter(v any, name string, n int) any {
	h := fnv.New32a()
	h.Write([]byte(name)) // it cannot fail
	seed := int(h.Sum32()%997)*2 + n
	switch v := v.(type) {
	case float64:
		return v + float64(seed)
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = alter(v[i], name+strconv.Itoa(i), n)
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for field, x := range v {
			all[field] = alter(x, name+"."+field, n)
		}
		return all
	case string:
		return alterText(v, seed)
	}
	return v
}

func alterText(s string, seed int) string {
	switch {
	case s == someID:
		return fmt.Sprintf("%s%06d", s[:len(s)-6], seed)
	case s == someDate:
		return fmt.Sprintf("2026-%02d-%02d", seed/28%12+1, seed%28+1)
	case s == someTime:
		return fmt.Sprintf("%02d:%02d", seed/60%24, seed%60)
	case s == somePhone:
		return fmt.Sprintf("%s%04d", s[:len(s)-4], seed)
	case strings.HasPrefix(s, "12.50 "):
		return fmt.Sprintf("%d.50 %s", 13+seed, s[len("12.50 "):])
	case s != "" && strings.Trim(s, "0123456789") == "":
		digits := fmt.Sprintf("%0*d", len(s), seed)
		return digits[len(digits)-len(s):]
	}
	return s
}
