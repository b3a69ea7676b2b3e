package testkit

import "github.com/ivrflow/ivrflow/framework/diag"

// Move names the files of a report otherwise, such as by the folder that they are in.
func (r *Report) Move(to func(file string) string) {
	put := func(p *diag.Pos) {
		if p.File != "" {
			p.File = to(p.File)
		}
	}
	sources := map[string][]byte{}
	for file, text := range r.sources {
		sources[to(file)] = text
	}
	r.File, r.FlowFile, r.sources = to(r.File), to(r.FlowFile), sources
	for i := range r.Tests {
		t := &r.Tests[i]
		t.sources = sources
		put(&t.Pos)
		for _, f := range t.Failures {
			put(&f.Pos)
			put(&f.Flow)
		}
	}
}
