package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// epoch is the time of all events in these tests.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// reference is the folder of reference data beside the checkout. Without it
// the test ends here: it has its own data for what must always hold.
func reference(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", "graph", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("reference data not present")
		}
		dir = parent
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decodeOne decodes a callback with one notification.
func decodeOne(t *testing.T, body []byte) graph.Notification {
	t.Helper()
	list, err := graph.DecodeNotifications(body)
	if err != nil {
		t.Fatalf("DecodeNotifications: %v", err)
	}
	if len(list) != 1 {
		t.Fatalf("DecodeNotifications: %d notifications, want 1", len(list))
	}
	if list[0].Err != nil {
		t.Fatalf("notification: %v", list[0].Err)
	}
	return list[0]
}

// describe is an event in one line, so that tables stay readable.
func describe(e ivr.Event, ok bool) string {
	if !ok {
		return "none"
	}
	switch e := e.(type) {
	case ivr.CallIncoming:
		return fmt.Sprintf("incoming %s from %s to %s", e.Call, party(e.Caller), party(e.Called))
	case ivr.CallCreated:
		return strings.TrimRight(fmt.Sprintf("created op %d call %s %s", e.Op, e.Call, e.Me), " ")
	case ivr.RosterChanged:
		s := "roster"
		for _, p := range e.People {
			s += fmt.Sprintf(" %.8s=%s%s", p.ID, p.Party.Kind, flags(map[string]bool{"muted": p.Muted, "lobby": p.Lobby, "gone": p.Gone}))
		}
		return s
	case ivr.CallChanged:
		s := fmt.Sprintf("changed %s audio %s", e.State, e.Audio)
		if e.Result != nil {
			s += " result " + e.Result.String()
		}
		return s
	case ivr.CallTerminated:
		return "terminated " + e.Result.String()
	case ivr.ToneReceived:
		return fmt.Sprintf("tone %s seq %d", e.Key, e.Seq)
	case ivr.OperationAccepted:
		return fmt.Sprintf("accepted op %d remote %q", e.Op, e.Remote)
	case ivr.OperationCompleted:
		s := fmt.Sprintf("completed op %d remote %q %s", e.Op, e.Remote, e.Result)
		if e.Recording != nil {
			s += fmt.Sprintf(" recording %q at %q", e.Recording.Why, e.Recording.Location)
		}
		return s
	case ivr.OperationFailed:
		return fmt.Sprintf("failed op %d remote %q %s", e.Op, e.Remote, e.Result)
	case ivr.OperationUnknown:
		return fmt.Sprintf("unknown op %d", e.Op)
	case ivr.CallRead:
		return fmt.Sprintf("read op %d gone %t %s audio %s", e.Op, e.Gone, e.State, e.Audio)
	}
	return fmt.Sprintf("%T", e)
}

func party(p ivr.Party) string { return string(p.Kind) + ":" + p.ID }

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// flags are the words that hold.
func flags(of map[string]bool) string {
	s := ""
	for _, word := range slices.Sorted(maps.Keys(of)) {
		if of[word] {
			s += "+" + word
		}
	}
	return s
}
