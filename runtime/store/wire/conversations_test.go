package wire_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
	"github.com/ivrflow/ivrflow/testkit/script"
)

// What the engine was told and has decided in its own tests survives.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("../../../framework/engine/testdata/*.txt")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d conversations: %v", len(files), err)
	}
	for i, file := range files {
		if i%5 > 0 { // each type of event and command is in the test of the round trip
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := script.Play(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Steps {
			survives(t, file, []ivr.Event{s.Event}, wire.AppendEvents, wire.ReadEvents)
			survives(t, file, s.Commands, wire.AppendCommands, wire.ReadCommands)
		}
	}
}

func survives[T any](t *testing.T, file string, list []T, write func([]byte, []T) ([]byte, error), read func([]byte) ([]T, error)) {
	t.Helper()
	b, err := write(nil, list)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	back, err := read(b)
	if err != nil {
		t.Fatalf("%s: %s: %v", file, b, err)
	}
	again, err := write(nil, back)
	if err != nil || len(back) != len(list) || string(again) != string(b) {
		t.Errorf("%s: stored as\n%s\nand, read and stored again, as\n%s", file, b, again)
	}
	for i := range list {
		if reflect.TypeOf(back[i]) != reflect.TypeOf(list[i]) {
			t.Errorf("%s: a %T came back as %T", file, list[i], back[i])
		}
	}
}
