package flow_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
)

func callsTo(name string, steps ...string) *fstest.MapFile {
	return &fstest.MapFile{Data: fmt.Appendf(nil, "ivr: 1\nflow: %s\nstart: main\nstates:\n  main: [%s]\n", name, strings.Join(append(steps, "return"), ", "))}
}

// Flows call each other 8 deep, and a hundred belong together; more is an error
// at the step from which it comes.
func TestManyFlows(t *testing.T) {
	chain := func(n int) fstest.MapFS {
		fsys := fstest.MapFS{}
		for i := range n {
			fsys[fmt.Sprintf("f%d.ivr.yaml", i)] = callsTo(fmt.Sprintf("f%d", i), fmt.Sprintf("{call: f%d}", i+1))
		}
		fsys[fmt.Sprintf("f%d.ivr.yaml", n)] = callsTo(fmt.Sprintf("f%d", n))
		return fsys
	}
	fan := func(n int) fstest.MapFS {
		fsys := fstest.MapFS{}
		var calls []string
		for i := range n {
			fsys[fmt.Sprintf("g%d.ivr.yaml", i)] = callsTo(fmt.Sprintf("g%d", i))
			calls = append(calls, fmt.Sprintf("{call: g%d}", i))
		}
		fsys["f0.ivr.yaml"] = callsTo("f0", calls...)
		return fsys
	}
	for name, tt := range map[string]struct {
		fsys fstest.MapFS
		want string
	}{
		"8 deep": {chain(flow.MaxDepth), ""},
		"9 deep": {chain(flow.MaxDepth + 1), "f0.ivr.yaml:5:11: error: flows call each other deeper than 8"},
		"100":    {fan(flow.MaxFlows - 1), ""},
		"101":    {fan(flow.MaxFlows), "error: more than 100 flows call each other"},
	} {
		t.Run(name, func(t *testing.T) {
			f, list, err := flow.Load(tt.fsys, "f0.ivr.yaml")
			if err != nil || (f != nil) != (tt.want == "") || !strings.Contains(list.String(), tt.want) {
				t.Errorf("%v, flow %v, want %q\n%s", err, f != nil, tt.want, list)
			}
		})
	}
}

// All that the flows that are called consist of is part of the version, since it
// decides what a call does.
func TestVersionOfCalledFlows(t *testing.T) {
	fsys := fstest.MapFS{
		"a.ivr.yaml":              callsTo("a", "{call: b}"),
		"b.ivr.yaml":              {Data: []byte("ivr: 1\nflow: b\nprompts: [prompts]\nstart: main\nstates: {main: [{play: hello}, {call: a}, return]}\n")},
		"prompts/en.prompts.yaml": {Data: []byte("hello: Hello.\n")},
	}
	fsys["b.ivr.yaml"].Data = []byte(strings.Replace(string(fsys["b.ivr.yaml"].Data), "start:", "locales: [en]\nstart:", 1))
	load := func(fsys fstest.MapFS) *flow.Flow {
		f, list, err := flow.Load(fsys, "a.ivr.yaml")
		if f == nil || err != nil {
			t.Fatalf("%v\n%s", err, list)
		}
		return f
	}
	first := load(fsys)
	if again := load(fsys); again.Version != first.Version {
		t.Error("two versions of the same files")
	}
	for file, text := range map[string]string{"b.ivr.yaml": strings.Replace(string(fsys["b.ivr.yaml"].Data), "return", "end", 1), "prompts/en.prompts.yaml": "hello: Good morning.\n"} {
		other := maps.Clone(fsys)
		other[file] = &fstest.MapFile{Data: []byte(text)}
		if load(other).Version == first.Version {
			t.Errorf("another %s is the same version", file)
		}
	}
	if m := first.Member("b.ivr.yaml"); m == nil || m.Member("") != first || len(first.Members()) != 2 {
		t.Errorf("members: %v", first.Members())
	}
}
