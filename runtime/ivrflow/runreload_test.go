package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A running bot takes changed files at SIGHUP, and with --watch by itself; it
// refuses what it could not run, and goes on.
func TestRunReload(t *testing.T) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		flags []string
		nudge func() error
	}{
		"signal": {nil, func() error { return self.Signal(syscall.SIGHUP) }},
		"watch":  {[]string{"--watch"}, func() error { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			config := newWorld(t).config(t, "store: memory")
			file := filepath.Join(filepath.Dir(config), "short.ivr.yaml")
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			stderr, done := newWatched(), make(chan int, 1)
			go func() {
				done <- Main(ctx, append([]string{"run", "--config", config}, tt.flags...), strings.NewReader(""), &bytes.Buffer{}, stderr)
			}()
			stderr.find(ctx, t, `msg="taking calls" listen=(\S+)`)
			for _, step := range []struct{ old, text, want string }{
				{"300ms", "400ms", `msg="configuration taken" .*flows="short ([0-9a-f]{12}) -> `},
				{"on_error: [end]", "on_error: [go]", `level=ERROR msg=finding at=\S+short.ivr.yaml:(\d+:\d+) rule=unknown-verb`},
				{"actions: {note: {http: {post: \"", "actions: {note: {}, other: {http: {post: \"", `msg="configuration refused.*(has no Go code for the action note)`},
			} {
				if err := os.WriteFile(file, bytes.Replace(src, []byte(step.old), []byte(step.text), 1), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := tt.nudge(); err != nil {
					t.Fatal(err)
				}
				stderr.find(ctx, t, step.want)
			}
			cancel()
			if code := <-done; code != exitFine {
				t.Errorf("exit code %d:\n%s", code, stderr)
			}
		})
	}
}
