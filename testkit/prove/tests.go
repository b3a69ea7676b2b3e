package prove

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tests are tests of which each shows one finding: it fails as long as the flow is as
// it is. It says of which findings there can be none.
func (r *Report) Tests() (all []*Test, without []error) { return r.tests(false) }

// Calls are tests as Tests has them, and more: what goes wrong in a call, and a test
// cannot say, is not expected in it. It says of which findings no call can be played.
func (r *Report) Calls() (all []*Test, without []error) { return r.tests(true) }

func (r *Report) tests(calls bool) (all []*Test, without []error) {
	for i := range r.Properties {
		p := &r.Properties[i]
		for j := range p.Findings {
			t, err := r.graph.test(p, &p.Findings[j], calls)
			if err != nil {
				without = append(without, fmt.Errorf("%s: %s: %w", p.Text, p.Findings[j].Text, err))
				continue
			}
			if j > 0 {
				t.Name += fmt.Sprintf(" (%d)", j+1)
			}
			all = append(all, t)
		}
	}
	return all, without
}

// File is a file of tests of a flow, whose file it names. What several tests have in
// common of the world stands there once, if it is nothing that only some of them have.
func File(flowFile string, all []*Test) []byte {
	all, common := shared(all)
	var b strings.Builder
	fmt.Fprintf(&b, "flow: %s\n", flowFile)
	writeMap(&b, "", "given", common)
	b.WriteString("tests:\n")
	for _, t := range all {
		b.WriteString(t.Text())
	}
	return []byte(b.String())
}

// shared are tests without what they have in common: configuration, parameters, and
// what actions return.
func shared(all []*Test) (less []*Test, common map[string]any) {
	common = map[string]any{}
	counts := map[string]int{}
	of := func(name string, v any) string { return name + " " + inYAML(v) }
	for _, t := range all {
		for name, v := range t.Given {
			if name == "config" || name == "params" || !slices.Contains(worldWords, name) {
				counts[of(name, v)]++
				if n := counts[of(name, v)]; n > 1 && (common[name] == nil || n > counts[of(name, common[name])]) {
					common[name] = v
				}
			}
		}
	}
	for _, t := range all {
		given := maps.Clone(t.Given)
		maps.DeleteFunc(given, func(name string, v any) bool { return common[name] != nil && inYAML(v) == inYAML(common[name]) })
		less = append(less, &Test{t.Name, given, t.Steps, t.Expect})
	}
	return less, common
}

// test is the call of a finding as a test, which fails as long as the flow is as it
// is. If only the call matters, it need not fail.
func (g *graph) test(p *Property, f *Finding, call bool) (*Test, error) {
	if f.Call == nil {
		return nil, errUnsaid
	}
	w, err := g.written(f.Call)
	if err != nil {
		return nil, err
	}
	if err := w.expect(p); err != nil {
		if !call {
			return nil, err
		}
		if f.Call.Longest {
			w.do("ended", nil)
		} else {
			w.do("wait", "1s") // to see what comes of the last act
		}
	}
	t := w.test(true)
	t.Name = p.Text
	return t, nil
}
