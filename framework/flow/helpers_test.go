package flow_test

import (
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// load loads a flow from text. The header is filled in.
func load(body string) (*flow.Flow, diag.List, error) {
	const head = "ivr: 1\nflow: example\nprompts: {hello: Hello., bye: Goodbye., ask: Please type., sorry: Pardon.}\n"
	return flow.Load(fstest.MapFS{"f.yaml": &fstest.MapFile{Data: []byte(head + body)}}, "f.yaml")
}

// good loads a flow that has no errors.
func good(t testing.TB, body string) *flow.Flow {
	t.Helper()
	f, list, err := load(body)
	if err != nil {
		t.Fatal(err)
	}
	if f == nil {
		t.Fatalf("findings:\n%s", list)
	}
	return f
}

// step finds a step by its id.
func step(t testing.TB, f *flow.Flow, id string) *flow.Step {
	t.Helper()
	for _, s := range f.Steps {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no step %q", id)
	return nil
}

// spec is what a step does.
func spec[S flow.Spec](t testing.TB, f *flow.Flow, id string) S {
	t.Helper()
	s, ok := step(t, f, id).Spec.(S)
	if !ok {
		t.Fatalf("%s is a %T", id, step(t, f, id).Spec)
	}
	return s
}
