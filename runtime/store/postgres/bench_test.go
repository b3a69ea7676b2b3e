package postgres

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// BenchmarkWrite has 1,000 sessions write at once, on a server that syncs: in
// groups on four connections, and with a statement and a transaction for each
// change on as many connections as serve that best. Both go in turn, and "ratio" is
// how much faster the groups are.
func BenchmarkWrite(b *testing.B) {
	grouped := newLoad(b, Options{})
	single := newLoad(b, Options{Writers: 16})
	single.db.queue.group = 1
	var with, without time.Duration
	rounds := 0
	for b.Loop() {
		with += grouped.round(b)
		without += single.round(b)
		rounds++
	}
	n := float64(rounds * loadSessions)
	b.ReportMetric(without.Seconds()/with.Seconds(), "ratio")
	b.ReportMetric(n/with.Seconds(), "grouped/s")
	b.ReportMetric(n/without.Seconds(), "single/s")
	b.ReportMetric(0, "ns/op") // of both together, which says nothing
}

const loadSessions = 1000

// load is a thousand sessions, each at the same version.
type load struct {
	db      *DB
	version int64
	record  []byte
	body    []byte
}

func newLoad(b *testing.B, o Options) *load {
	b.Helper()
	o.Schema, o.Timeout = fmt.Sprint("bench ", schemas.Add(1)), time.Minute
	l := &load{db: open(b, durable.Cluster(b).URL("postgres"), o), record: make([]byte, 2048), body: make([]byte, 400)}
	rand.Read(l.record)
	rand.Read(l.body)
	for range 3 { // the first ones find the tables empty
		l.round(b)
	}
	return l
}

// round has each session write once, all at the same time.
func (l *load) round(b *testing.B) time.Duration {
	l.version++
	var all sync.WaitGroup
	start := time.Now()
	for i := range loadSessions {
		all.Go(func() {
			w := &store.Write{Session: ivr.SessionID(fmt.Sprint("session-", i)), Version: l.version, Epoch: 1, Node: "n1", Flow: "hash", Name: "support",
				Started: began, Due: began.Add(time.Duration(l.version) * time.Second), Record: l.record,
				Entry: &store.Entry{At: began, Outline: []byte(`{"event":"toneReceived"}`), Key: "call", Body: l.body}}
			if err := l.db.Write(b.Context(), w); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	return time.Since(start)
}

// BenchmarkClaim is a node that is given 10,000 sessions of another, 2,000 at a time,
// on a server that syncs.
func BenchmarkClaim(b *testing.B) {
	const sessions, most = 10_000, 2000
	l := &load{db: open(b, durable.Cluster(b).URL("postgres"), Options{Schema: fmt.Sprint("claim ", schemas.Add(1)), Queue: 2 * sessions, Timeout: time.Minute}),
		record: make([]byte, 2048), body: make([]byte, 400)}
	rand.Read(l.record)
	var all sync.WaitGroup
	for i := range sessions {
		all.Go(func() {
			w := &store.Write{Session: ivr.SessionID(fmt.Sprint("session-", i)), Version: 1, Epoch: 1, Node: "n0", Flow: "hash", Name: "support",
				Started: began, Due: began.Add(time.Duration(i) * time.Millisecond), Record: l.record, Calls: []ivr.CallID{ivr.CallID(fmt.Sprint("call-", i))},
				Keys: []store.Key{{Name: "call", Wrapped: l.body[:60]}}, Entry: &store.Entry{At: began, Outline: []byte(`{}`), Key: "call", Body: l.body}}
			if err := l.db.Write(b.Context(), w); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	round := 0
	var took []time.Duration
	for b.Loop() {
		round++
		id := store.NodeID(fmt.Sprint("n", round)) // none of them has a lease
		begun := time.Now()
		for n := 0; n < sessions; {
			rows, err := l.db.Claim(b.Context(), id, most)
			if err != nil || len(rows) == 0 {
				b.Fatal(len(rows), err)
			}
			n += len(rows)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(0, "ns/op")
}
