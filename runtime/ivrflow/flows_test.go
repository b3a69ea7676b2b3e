package main

import (
	"encoding/json"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// saying is a version of a flow.
func saying(t *testing.T, name, silence string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte("ivr: 1\nflow: " + name + "\nstart: a\nstates: {a: [{play: {silence: " + silence + "}}, end]}\non_error: [end]\n")}}, "f.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// The versions in a store are listed while a bot uses it.
func TestFlows(t *testing.T) {
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "ivrflow.db")
	db, err := sqlite.Open(ctx, file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := flowsCommand(t, file); got != "the store has no flows: no bot has run with it\n" {
		t.Errorf("an empty store: %q", got)
	}
	old, next, side := saying(t, "main", "1s"), saying(t, "main", "2s"), saying(t, "side", "1s")
	b, err := bot.New(bot.Config{AppID: "6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11", Secret: ivr.NewSecret("s"), PublicURL: "https://bot.example.com",
		Tenants: []string{"b41b72d0-4e9f-4c26-8a69-f949f367c91d"}, Versions: db, Flows: []*flow.Flow{side, old}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetFlows(ctx, side, old); err != nil {
		t.Fatal(err)
	}
	for i, version := range []string{old.Version, old.Version, next.Version} {
		w := &store.Write{Session: ivr.SessionID(string(rune('a' + i))), Version: 1, Epoch: 1, Node: "n", Flow: version, Name: "main", Started: time.Now(), Record: []byte("r")}
		if err := db.Write(ctx, w); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.SetFlows(ctx, side, next); err != nil {
		t.Fatal(err)
	}
	when := regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)
	want := "flow  version       since                calls  \n" +
		"main  " + next.Version[:12] + "  WHEN  1      current\n" +
		"main  " + old.Version[:12] + "  WHEN  2      \n" +
		"side  " + side.Version[:12] + "  WHEN  0      current\n"
	if got := when.ReplaceAllString(flowsCommand(t, file), "WHEN"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	var doc struct {
		Flows []struct {
			Name, Version string
			Live          int
			Current       bool
			Since         time.Time
		}
	}
	if err := json.Unmarshal([]byte(flowsCommand(t, file, "--format", "json")), &doc); err != nil || len(doc.Flows) != 3 {
		t.Fatalf("%v, %+v", err, doc)
	}
	if f := doc.Flows[1]; f.Name != "main" || f.Version != old.Version || f.Live != 2 || f.Current || time.Since(f.Since) > time.Hour {
		t.Errorf("%+v", f)
	}
	if code := Main(ctx, []string{"flows", "--config", "none.yaml"}, strings.NewReader(""), io.Discard, io.Discard); code != exitFailure {
		t.Errorf("without a configuration: exit code %d", code)
	}
}

func flowsCommand(t *testing.T, file string, args ...string) string {
	t.Helper()
	var out, stderr strings.Builder
	if code := Main(t.Context(), append([]string{"flows", "--store", file}, args...), strings.NewReader(""), &out, &stderr); code != exitFine {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	return out.String()
}
