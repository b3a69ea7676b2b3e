package pgtest

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// Lazy is a server that starts when the first test asks for it. The zero Lazy is
// ready.
type Lazy struct {
	Options

	once    sync.Once
	cluster *Cluster
	err     error
}

// Cluster is the server. The test is skipped if none is installed, unless
// BinVariable says that one is.
func (l *Lazy) Cluster(tb testing.TB) *Cluster {
	tb.Helper()
	l.once.Do(func() { l.cluster, l.err = New(tb.Context(), l.Options) })
	if errors.Is(l.err, ErrNotInstalled) {
		tb.Skip(l.err)
	}
	if l.err != nil {
		tb.Fatal("start PostgreSQL: ", l.err)
	}
	return l.cluster
}

// Database is the URL of an empty database that is deleted by the end of the test.
func (l *Lazy) Database(tb testing.TB) string {
	tb.Helper()
	c := l.Cluster(tb)
	name, err := c.Create(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Drop(context.WithoutCancel(tb.Context()), name); err != nil {
			tb.Error(err)
		}
	})
	return c.URL(name)
}

// Close ends the server if it was started. TestMain calls it last.
func (l *Lazy) Close() {
	if l.cluster != nil {
		l.cluster.Close() //nolint:errcheck // the watchdog removes what is left
	}
}
