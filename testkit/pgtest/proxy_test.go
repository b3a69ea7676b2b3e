package pgtest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

// through is a connection through a proxy, to a database with an empty table t.
func through(t *testing.T) (url string, p *pgtest.Proxy, conn *pgx.Conn) {
	t.Helper()
	url = server.Database(t)
	p, err := pgtest.NewProxy(t.Context(), server.Cluster(t).Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	by, err := p.URL(url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err = pgx.Connect(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	if _, err := conn.Exec(t.Context(), "CREATE TABLE t (n int)"); err != nil {
		t.Fatal(err)
	}
	return url, p, conn
}

const insert = "INSERT INTO t VALUES ($1)"

func TestProxyCuts(t *testing.T) {
	for _, c := range []struct {
		name string
		fate pgtest.Fate
		rows int // -1: 0 or 1
	}{
		{"before", pgtest.CutBefore, 0}, {"within", pgtest.CutWithin, 0}, {"after", pgtest.CutAfter, -1},
		{"answered", pgtest.CutAnswered, 1}, {"midway", pgtest.CutMidway, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, p, conn := through(t)
			if _, err := conn.Prepare(t.Context(), "i", insert); err != nil {
				t.Fatal(err)
			}
			seen := make(chan []string, 1)
			p.Judge(func(r pgtest.Request) pgtest.Fate {
				seen <- r.SQL
				return c.fate
			})
			if _, err := conn.Exec(t.Context(), "i", 1); err == nil {
				t.Fatal("a connection that was cut gave no error")
			}
			if sql := <-seen; !slices.Equal(sql, []string{insert}) {
				t.Errorf("the judge saw %q", sql)
			}
			if n := count(t, url); n != c.rows && c.rows >= 0 {
				t.Errorf("%d rows were written, want %d", n, c.rows)
			}
		})
	}
}

func TestProxyStalls(t *testing.T) {
	url, p, conn := through(t)
	p.Stall()
	done := make(chan error)
	go func() {
		_, err := conn.Exec(t.Context(), insert, 1)
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatal("a statement passed where nothing may: ", err)
	case <-time.After(50 * time.Millisecond):
	}
	p.Flow()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := count(t, url); n != 1 {
		t.Errorf("%d rows were written, want 1", n)
	}
	p.Cut()
	if _, err := conn.Exec(t.Context(), insert, 1); err == nil {
		t.Error("a connection that was cut gave no error")
	}
}

// What is held back reaches nobody, and a time-out ends it.
func TestProxyHolds(t *testing.T) {
	url, p, conn := through(t)
	p.Judge(func(pgtest.Request) pgtest.Fate { return pgtest.Hold })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := conn.Exec(ctx, "INSERT INTO t VALUES (1)"); err == nil {
		t.Error("a statement that was held back gave no error")
	}
	if n := count(t, url); n != 0 {
		t.Errorf("%d rows were written, want 0", n)
	}
}
