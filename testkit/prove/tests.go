package prove

import (
	"fmt"
	"strings"
)

// Tests writes a file of tests, of which each shows one finding, and says of which
// findings there can be none. flowFile is the flow's file as the tests name it.
func (r *Report) Tests(flowFile string) (text []byte, without []error) {
	all, without := r.tests(false)
	return fileOf(flowFile, all), without
}

// Calls writes a file of tests as Tests does, which plays more: what goes wrong in a
// call, and a test cannot say, is not expected in it. It says of which findings no call
// can be played.
func (r *Report) Calls(flowFile string) (text []byte, without []error) {
	all, without := r.tests(true)
	return fileOf(flowFile, all), without
}

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

// fileOf is a file of tests; nil if there are none.
func fileOf(flowFile string, all []*Test) []byte {
	if len(all) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "flow: %s\ntests:\n", flowFile)
	for _, t := range all {
		t.write(&b)
	}
	return []byte(b.String())
}

// test is the call of a finding as a test. If only the call matters, it need not fail.
func (g *graph) test(p *Property, f *Finding, call bool) (*Test, error) {
	if f.Call == nil {
		return nil, errUnsaid
	}
	w, err := g.written(f.Call, p.Text)
	if err != nil {
		return nil, err
	}
	if err := w.expect(p); err != nil {
		if !call {
			return nil, err
		}
		w.step("wait", "1s") // to see what comes of the last act
	}
	return w.whole(), nil
}
