package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

var postgres pgtest.Lazy

func TestMain(m *testing.M) {
	asCommand()
	code := m.Run()
	postgres.Close()
	os.Exit(code)
}

// Two nodes answer for one bot. They are listed, their calls are read from
// elsewhere, and they end when they are asked to.
func TestRunNodes(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	url := postgres.Database(t)
	t.Setenv("IVRFLOW_TEST_KEY", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	w := newWorld(t)
	config := w.config(t, "key: {env: IVRFLOW_TEST_KEY}")
	src, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, bytes.Replace(src, []byte("drain: 5s"), []byte("drain: 1s"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	one := w.start(ctx, t, "--config", config, "--node", url)
	two := w.start(ctx, t, "--config", config, "--node", url)
	w.ring(ctx, t, two)

	nodes := func() (list []node) {
		stdout, stderr, code := invoke(t, "", "nodes", "--format", "json", "--config", config, "--store", url)
		if err := json.Unmarshal([]byte(stdout), &list); code != exitFine || err != nil {
			t.Fatalf("exit code %d, %v, %s\n%s", code, err, stderr, stdout)
		}
		return list
	}
	list := nodes()
	if len(list) != 2 || list[0].ID == list[1].ID || list[0].Draining {
		t.Fatalf("got the nodes %+v", list)
	}
	stdout, stderr, code := invoke(t, "", "calls", "list", "--store", url)
	if code != exitFine || !strings.Contains(stdout, "+442079460000") {
		t.Errorf("calls: exit code %d, %s\n%s", code, stderr, stdout)
	}
	if _, stderr, code := invoke(t, "", "drain", "--node", "nobody", "--store", url); code != exitFindings || !strings.Contains(stderr, `no node "nobody" is known`) {
		t.Errorf("of an unknown node: exit code %d, %s", code, stderr)
	}
	w.closing.Store(true)
	for i, r := range []*running{one, two} {
		who := list[i].ID
		if i == 1 {
			who = "all"
		}
		if _, stderr, code := invoke(t, "", "drain", "--node", who, "--store", url); code != exitFine {
			t.Errorf("drain: exit code %d, %s", code, stderr)
		}
		r.end(ctx, t, exitFine)
		if !strings.Contains(r.stderr.String(), "asked to drain") {
			t.Errorf("it was not asked:\n%s", r.stderr)
		}
	}
	if list := nodes(); len(list) != 0 {
		t.Errorf("nodes are left: %+v", list)
	}
}

// What --node needs is said.
func TestRunNodeUsage(t *testing.T) {
	w := newWorld(t)
	config := w.config(t, "")
	for _, tt := range []struct {
		url  string
		code int
		want string
	}{
		{"calls.db", exitUsage, "several processes can share a PostgreSQL database only"},
		{"postgres://ivrflow:hunter2@127.0.0.1:1/x", exitFailure, "everybody on this machine can see the password of --node"},
		{"mysql://db/x", exitUsage, "there is no other store"},
		{"postgres://ivrflow@127.0.0.1:1/x", exitFailure, "calls in PostgreSQL need a key, the same for all processes of the bot"},
	} {
		if _, stderr, code := invoke(t, "", "run", "--config", config, "--node", tt.url); code != tt.code || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, "hunter2") {
			t.Errorf("%s: exit code %d, want %d; it said %q", tt.url, code, tt.code, stderr)
		}
	}
}

// A store that has failed ends the bot, and says so.
func TestStoreFails(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	stop(keep.ErrFailed)
	w := newWorld(t)
	cfg, list, err := bot.ConfigLoader{LogTo: io.Discard}.Load(w.config(t, "store: memory"))
	if err != nil || list.HasErrors() {
		t.Fatal(err, list)
	}
	if err := answer(ctx, cfg, bot.Reloads{}); !errors.Is(err, keep.ErrFailed) {
		t.Errorf("answer ends with %v", err)
	}
}
