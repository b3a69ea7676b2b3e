package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// nodes opens one database several times, as several processes do.
func nodes(t testing.TB, n int) []*DB {
	t.Helper()
	url, o := home(t)
	all := make([]*DB, n)
	for i := range all {
		all[i] = open(t, url, o)
		must(t, all[i].Join(t.Context(), store.Node{ID: store.NodeID(fmt.Sprint("n", i+1)), Started: began}, time.Hour))
	}
	return all
}

// Two nodes change one session at the same time, 1,000 times: one of them does, and
// the other does after it has read the session again.
func TestTwoNodesOneSession(t *testing.T) {
	all := nodes(t, 2)
	must(t, all[0].Write(t.Context(), change("a", 1)))
	const pairs = 1000
	version := int64(1)
	for range pairs {
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, d := range all {
			both.Go(func() {
				w := change("a", version+1)
				w.Record = fmt.Appendf(nil, "record of node %d", i)
				errs[i] = d.Write(t.Context(), w)
			})
		}
		both.Wait()
		winner := 0
		if errs[0] != nil {
			winner = 1
		}
		if errs[winner] != nil || !errors.Is(errs[1-winner], store.ErrFenced) {
			t.Fatalf("version %d: errors %v", version+1, errs)
		}
		loser := all[1-winner]
		row, err := loser.Read(t.Context(), "a")
		must(t, err)
		if row.Version != version+1 || string(row.Record) != fmt.Sprintf("record of node %d", winner) {
			t.Fatalf("node %d won version %d, and version %d has %q", winner, version+1, row.Version, row.Record)
		}
		must(t, loser.Write(t.Context(), change("a", row.Version+1)))
		version += 2
	}
	entries, err := all[0].Journal(t.Context(), "a")
	must(t, err)
	if len(entries) != 2*pairs+1 {
		t.Errorf("%d rows in the journal after %d changes", len(entries), 2*pairs+1)
	}
}

// fill makes sessions of a node that is gone, the fast way.
func fill(t testing.TB, d *DB, sessions int) {
	t.Helper()
	exec(t, d, `INSERT INTO sessions (session, version, epoch, node, flow, name, tenant, started, due, attempts, live, record, write)
		SELECT 's' || i, 1, 1, 'gone', 'hash', 'support', '', now(), now() + i * interval '1 ms', 0, true, decode(repeat('00', 2048), 'hex'), i
		FROM generate_series(1, $1) i`, sessions)
	exec(t, d, "INSERT INTO keys (session, name, wrapped) SELECT session, 'call', 'wrapped' FROM sessions")
}

// Two nodes claim 10,000 sessions at once: each session goes to one, and none is
// left. That takes about a second on a machine that has nothing else to do.
func TestClaimMany(t *testing.T) {
	const sessions, batch = 10_000, 500
	all := nodes(t, 2)
	fill(t, all[0], sessions)
	start := time.Now()
	claimed := make([]map[ivr.SessionID]store.Row, len(all))
	var both sync.WaitGroup
	for i, d := range all {
		both.Go(func() {
			claimed[i] = map[ivr.SessionID]store.Row{}
			for {
				rows, err := d.Claim(t.Context(), store.NodeID(fmt.Sprint("n", i+1)), batch)
				if err != nil {
					t.Error(err)
					return
				}
				for _, r := range rows {
					if _, twice := claimed[i][r.Session]; twice || r.Epoch != 2 || len(r.Record) != 2048 || len(r.Keys) != 1 {
						t.Errorf("session %s: claimed twice %v, epoch %d, %d bytes, %d keys", r.Session, twice, r.Epoch, len(r.Record), len(r.Keys))
					}
					claimed[i][r.Session] = r
				}
				if len(rows) == 0 {
					return
				}
			}
		})
	}
	both.Wait()
	took := time.Since(start)
	for id := range claimed[0] {
		if _, twice := claimed[1][id]; twice {
			t.Errorf("session %s was claimed by both", id)
		}
	}
	if len(claimed[0])+len(claimed[1]) != sessions || len(claimed[0]) == 0 || len(claimed[1]) == 0 {
		t.Errorf("claimed %d and %d sessions, of %d", len(claimed[0]), len(claimed[1]), sessions)
	}
	t.Logf("claimed %d and %d sessions in %v", len(claimed[0]), len(claimed[1]), took)
	if limit := 10 * time.Second; took > limit {
		t.Errorf("claiming took %v, more than %v", took, limit)
	}
	if rows, err := all[0].Claim(t.Context(), "n1", batch); err != nil || len(rows) != 0 {
		t.Errorf("claimed %d sessions of nodes with a lease, error %v", len(rows), err)
	}
}

// A node cannot renew its lease while its sessions are being taken away: it would
// believe that it has them.
func TestRenewWaitsForClaim(t *testing.T) {
	all := nodes(t, 2)
	must(t, all[0].Write(t.Context(), change("a", 1)))
	exec(t, all[0], "UPDATE nodes SET until = clock_timestamp() - interval '1 s' WHERE id = 'n1'")
	renewed := make(chan error, 1)
	err := all[1].pooled(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, claimSQL, "n2", 10, newID())
			if err != nil {
				return err
			}
			if taken, err := pgx.CollectRows(rows, scanRow); err != nil || len(taken) != 1 {
				return fmt.Errorf("claimed %d sessions: %w", len(taken), err)
			}
			go func() {
				_, err := all[0].Renew(t.Context(), "n1", time.Hour)
				renewed <- err
			}()
			select {
			case err := <-renewed:
				t.Errorf("a lease was renewed while sessions were taken away: error %v", err)
				renewed <- err
			case <-time.After(200 * time.Millisecond):
			}
			return nil
		})
	})
	must(t, err)
	must(t, <-renewed)
	row, err := all[0].Read(t.Context(), "a")
	must(t, err)
	if row.Node != "n2" || row.Epoch != 2 {
		t.Errorf("session a is node %s's under epoch %d", row.Node, row.Epoch)
	}
}

// Who is just renewing its lease keeps its sessions.
func TestClaimSkipsWhoRenews(t *testing.T) {
	all := nodes(t, 2)
	must(t, all[0].Write(t.Context(), change("a", 1)))
	exec(t, all[0], "UPDATE nodes SET until = clock_timestamp() - interval '1 s' WHERE id = 'n1'")
	err := all[0].pooled(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE nodes SET until = clock_timestamp() + interval '1 h' WHERE id = 'n1'"); err != nil {
				return err
			}
			if rows, err := all[1].Claim(ctx, "n2", 10); err != nil || len(rows) != 0 {
				t.Errorf("claimed %d sessions, error %v", len(rows), err)
			}
			return nil
		})
	})
	must(t, err)
	if rows, err := all[1].Claim(t.Context(), "n2", 10); err != nil || len(rows) != 0 {
		t.Errorf("claimed %d sessions of a node that renewed its lease, error %v", len(rows), err)
	}
}

// A node that comes back under the name under which it left does not get back what
// it gave up.
func TestJoinAfterLeave(t *testing.T) {
	d := fresh(t)
	must(t, d.Join(t.Context(), store.Node{ID: "n1", Started: began}, time.Hour))
	must(t, d.Write(t.Context(), change("a", 1)))
	must(t, d.Leave(t.Context(), "n1"))
	must(t, d.Join(t.Context(), store.Node{ID: "n1", Started: began}, time.Hour))
	if rows, err := d.Claim(t.Context(), "n1", 10); err != nil || len(rows) != 1 || rows[0].Epoch != 2 {
		t.Errorf("claimed %v, error %v", rows, err)
	}
}

// A node hears of mail that another posts, and of what came while it was deaf.
func TestWatchAcrossNodes(t *testing.T) {
	all := nodes(t, 2)
	must(t, all[0].Write(t.Context(), change("a", 1)))
	told := make(chan struct{}, 1)
	stop := all[0].Watch("n1", func() { signal(told) })
	<-told // it listens
	for range 3 {
		must(t, all[1].Post(t.Context(), store.Mail{Session: "a", At: began}))
		hear(t, told)
	}
	exec(t, all[1], "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND query LIKE '%' || $1 || '%'", all[0].post.channel("n1"))
	hear(t, told) // it listens again
	must(t, all[1].Post(t.Context(), store.Mail{Session: "a", At: began}))
	hear(t, told)
	stop()
	must(t, all[1].Post(t.Context(), store.Mail{Session: "a", At: began}))
	select {
	case <-told:
		t.Error("told after it had stopped watching")
	case <-time.After(100 * time.Millisecond):
	}
}

func hear(t *testing.T, told <-chan struct{}) {
	t.Helper()
	select {
	case <-told:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told")
	}
}
