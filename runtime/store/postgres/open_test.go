package postgres

import (
	"bytes"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// Neither the lease nor changes wait for those who hold all connections of the pool.
func TestLeaseIsNotStarved(t *testing.T) {
	url, o := home(t)
	o.Timeout = time.Second
	d := open(t, url, o)
	must(t, d.Join(t.Context(), store.Node{ID: "n1", Started: began}, time.Hour))
	for range d.o.Connections {
		conn, err := d.pool.Acquire(t.Context())
		must(t, err)
		defer conn.Release()
	}
	if _, err := d.Renew(t.Context(), "n1", time.Hour); err != nil {
		t.Error(err)
	}
	if err := d.Write(t.Context(), change("a", 1)); err != nil {
		t.Error(err)
	}
	if _, err := d.Read(t.Context(), "a"); err == nil {
		t.Error("read without a connection")
	}
}

// Close ends all that Open and its users began, and may be called twice.
func TestCloseLeavesNothing(t *testing.T) {
	url, o := home(t)
	before := runtime.NumGoroutine()
	d, err := Open(t.Context(), url, o)
	must(t, err)
	d.Watch("n1", func() {})
	must(t, d.Write(t.Context(), change("a", 1)))
	must(t, d.Post(t.Context(), store.Mail{Session: "a", At: began}))
	if _, err := d.Read(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	must(t, d.Close())
	must(t, d.Close())
	waitUntil(t, "all goroutines have ended", func() bool { return runtime.NumGoroutine() <= before })
	if err := d.Write(t.Context(), change("b", 1)); err == nil {
		t.Error("wrote to a database that was closed")
	}
}

// A server that does not sync is told of, once.
func TestUnsafeServer(t *testing.T) {
	url, o := home(t)
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	d, err := Open(t.Context(), url, o)
	must(t, err)
	must(t, d.Write(t.Context(), change("a", 1)))
	must(t, d.Close())
	if n := strings.Count(log.String(), "does not sync"); n != 1 {
		t.Errorf("told %d times: %s", n, log.String())
	}
}
