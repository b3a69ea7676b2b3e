package replay_test

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/replay"
)

// played is a call of a test of the project.
type played struct {
	file    string
	flow    *flow.Flow
	changes []call.Change
}

// all are the calls of all tests of the project, on the simulated Graph.
var all = sync.OnceValues(func() ([]played, error) {
	var calls []played
	for _, root := range []string{"../testdata", "../../flows", "../../examples"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".ivr-test.yaml") || strings.Contains(path, "err") || strings.Contains(path, "fail") {
				return err
			}
			_, _, err = testkit.RunFile(context.Background(), path, testkit.Options{Workers: 1, Observe: func(c call.Change) {
				if c.New {
					calls = append(calls, played{file: path, flow: c.Flow})
				}
				last := &calls[len(calls)-1]
				last.changes = append(last.changes, c)
			}})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return calls, nil
})

func allCalls(t testing.TB) []played {
	t.Helper()
	calls, err := all()
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) < 100 {
		t.Fatalf("only %d calls", len(calls))
	}
	return calls
}

// kept says how much of a call is kept.
type kept int

const (
	whole     kept = iota
	forgotten      // what was sensitive is lost
	outlined       // the keys' time is over
	exported       // what lets people fetch recordings is left out
)

// journal is what a store has of the call.
func (p played) journal(t testing.TB, how kept) *replay.Journal {
	t.Helper()
	first := p.changes[0].Session
	j := &replay.Journal{Session: first.ID, Flow: first.Flow, Version: first.Version, Caller: first.Caller, Called: first.Called}
	for _, c := range p.changes {
		row := replay.Row{At: c.Session.Started, Events: stored(t, c.Events, wire.AppendEvents, wire.ReadEvents),
			Commands: stored(t, c.Commands, wire.AppendCommands, wire.ReadCommands)}
		if len(c.Events) > 0 {
			row.At = c.Events[len(c.Events)-1].When()
		}
		if c.Parked != nil {
			row.Parked = []ivr.Event{c.Parked}
		}
		if len(row.Events)+len(row.Commands) == 0 {
			continue
		}
		sensitive := engine.Sensitive(p.flow, engine.Change{Before: c.Before, After: c.Session, Events: c.Events, Commands: c.Commands})
		if how == exported {
			row = withoutLocations(row)
		}
		if how == outlined || how == forgotten && sensitive {
			row = outline(row)
		}
		j.Rows = append(j.Rows, row)
	}
	return j
}

func withoutLocations(row replay.Row) replay.Row {
	for i, ev := range row.Events {
		if e, ok := ev.(ivr.OperationCompleted); ok && e.Recording != nil {
			e.Recording = &ivr.RecordingRef{Why: e.Recording.Why}
			row.Events[i] = e
		}
	}
	for i, cmd := range row.Commands {
		if c, ok := cmd.(ivr.FetchRecording); ok {
			c.Recording = ivr.RecordingRef{Why: c.Recording.Why}
			row.Commands[i] = c
		}
	}
	return row
}

func outline(row replay.Row) replay.Row {
	row.Hidden = true
	row.Events, row.Commands = slices.Clone(row.Events), slices.Clone(row.Commands)
	for i, ev := range row.Events {
		row.Events[i] = wire.Outline(ev)
	}
	for i, cmd := range row.Commands {
		row.Commands[i] = wire.OutlineCommand(cmd)
	}
	return row
}

// stored is what comes back from a store.
func stored[T any](t testing.TB, list []T, write func([]byte, []T) ([]byte, error), read func([]byte) ([]T, error)) []T {
	t.Helper()
	b, err := write(nil, list)
	if err != nil {
		t.Fatal(err)
	}
	back, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// flows are those of the calls, each with what it runs with.
var flows sync.Map

func (p played) on() *replay.Flow {
	key := struct {
		flow   *flow.Flow
		config string
	}{p.flow, fmt.Sprint(p.changes[0].Session.Config)}
	if f, ok := flows.Load(key); ok {
		return f.(*replay.Flow)
	}
	f, _ := flows.LoadOrStore(key, replay.NewFlow(p.flow, p.changes[0].Session.Config))
	return f.(*replay.Flow)
}
