package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit"
)

const flowFile = "assistant.ivr.yaml"

// The tests that are written in YAML. They need no Go: ivrflow test plays them, too.
// Between them every step ends in every way in which it can.
func TestFiles(t *testing.T) {
	f, list, err := flow.Load(os.DirFS("."), flowFile)
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	var mu sync.Mutex
	seen := map[string]bool{} // "STEP OUTCOME"
	at := map[ivr.SessionID]string{}
	report, list, err := testkit.RunFile(t.Context(), flowFile, testkit.Options{Workers: 1, Observe: func(c call.Change) {
		mu.Lock()
		defer mu.Unlock()
		for _, cmd := range c.Commands {
			if m, ok := cmd.(ivr.Moved); ok {
				from, _, _ := strings.Cut(at[c.Session.ID], "/")
				seen[from+" "+m.Trigger] = true
				at[c.Session.ID] = m.State
			}
		}
	}})
	if err != nil || len(list) > 0 || !report.Passed() {
		t.Fatalf("%v\n%s\n%v", err, list, report.Failed())
	}
	for _, s := range f.Steps {
		for outcome, edge := range s.Edges {
			if w, ok := s.Spec.(*flow.Wait); ok && w.Signal == "" && outcome == "signalled" || s.BuiltIn {
				continue // which cannot be
			}
			ways := []string{outcome}
			if edge.Counter != "" {
				ways = []string{outcome + ".then", outcome + ".else"}
			}
			for _, way := range ways {
				if !seen[s.ID+" "+way] {
					t.Errorf("%s: no test has step %s end with %s", s.Pos, s.ID, way)
				}
			}
		}
	}
}

// The minutes are kept with the code that runs in real meetings.
func TestMinutes(t *testing.T) {
	m := &minutes{file: filepath.Join(t.TempDir(), "minutes.jsonl")}
	given := testkit.Given{Participants: []ivr.Party{{Kind: ivr.PartyUser, ID: "5f0c7c7e-0000-4000-8000-000000000001", Name: "Ann"}}}
	c := testkit.DialWith(t, flowFile, given, testkit.Options{Register: func(b *bot.Bot) error { return errors.Join(register(b, m), b.Ready()) }})
	c.Hears("hello").Press("1").HearsEnd("recording_begins").Records(20 * time.Second).Press("1").HearsEnd("recording_over").HangUp().Ended(ivr.EndedByCaller)
	text, err := os.ReadFile(m.file)
	var r recorded
	if err = errors.Join(err, json.Unmarshal(text, &r)); err != nil {
		t.Fatal(err)
	}
	ann := person{Kind: "user", Who: "5f0c7c7e-0000-4000-8000-000000000001", Name: "Ann"}
	if r.Recording == "" || len(r.People) != 2 || !slices.Contains(r.People, ann) {
		t.Errorf("the file holds %s", text)
	}
	if _, _, err := (&minutes{file: t.TempDir()}).keep(t.Context(), r); err == nil {
		t.Error("minutes that could not be written were kept")
	}
}

// Each line is a meeting of its own, and one that is none hinders no other.
func TestJoinAll(t *testing.T) {
	var got []string
	join := func(_ context.Context, o bot.Order, where graph.Join) (bot.Started, error) {
		got = append(got, o.Flow+" "+where.Meeting().JoinID)
		if len(got) == 2 {
			return bot.Started{}, errors.New("the store is away")
		}
		return bot.Started{Session: "the-session", Fresh: true}, nil
	}
	var told strings.Builder
	joinAll(t.Context(), join, strings.NewReader("123 456 789 01\n\nhttps://example.com/\n234567890\n345678901"), &told)
	if want := []string{"assistant 12345678901", "assistant 234567890", "assistant 345678901"}; !slices.Equal(got, want) {
		t.Errorf("joined are %q, want %q", got, want)
	}
	for _, want := range []string{"on the way", "example.com", "the store is away"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("it says\n%s\nand nothing of %q", &told, want)
		}
	}
}

// The conversation of the README is what its command prints.
func TestReadme(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const command = `go run ./runtime/ivrflow test examples/assistant -v --run "colleague is called in"`
	_, rest, ok := strings.Cut(string(page), "    "+command+"\n\n```text\n")
	want, _, ends := strings.Cut(rest, "```\n")
	if !ok || !ends {
		t.Fatalf("README.md has no conversation of %s", command)
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "./runtime/ivrflow", "test", "examples/assistant", "-v", "--run", "colleague is called in")
	cmd.Dir = filepath.Join("..", "..")
	got, err := cmd.Output()
	if err != nil || string(got) != want {
		t.Errorf("%v; it prints\n%s\nand README.md has\n%s", err, got, want)
	}
}
