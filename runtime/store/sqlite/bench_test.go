//go:build linux

package sqlite_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// What a change of a call weighs: 2.6 KB.
const (
	parallel    = 64
	recordBytes = 2100
	rowBytes    = 500
)

// slice is how long each rival runs before the next has its turn.
const slice = 250 * time.Millisecond

// rival is one way to keep the changes of 64 sessions.
type rival struct {
	name  string
	write func(session int) error // called again by a session when it is done

	writes int64
	wall   time.Duration
	cpu    time.Duration
}

// turn lets a rival run for a slice.
func (r *rival) turn(b *testing.B) {
	b.Helper()
	var n atomic.Int64
	var wg sync.WaitGroup
	cpu, began := cpuTime(b), time.Now()
	end := began.Add(slice)
	for session := range parallel {
		wg.Go(func() {
			for time.Now().Before(end) {
				if err := r.write(session); err != nil {
					b.Error(r.name, err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	r.wall += time.Since(began)
	r.cpu += cpuTime(b) - cpu
	r.writes += n.Load()
}

// rate is in writes a second.
func (r *rival) rate() float64 { return float64(r.writes) / r.wall.Seconds() }

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWrites lets three rivals take turns: changes of 64 sessions in shared
// transactions, the same in one transaction each, and the floor, a file to which
// the same bytes are appended and synced, many writes a sync. Read the ratios:
//
//	go test -run '^$' -bench Writes -benchtime 5x ./runtime/store/sqlite
func BenchmarkWrites(b *testing.B) {
	grouped := database(b, sqlite.Options{})
	rivals := []*rival{
		{name: "grouped", write: changes(b, grouped)},
		{name: "alone", write: changes(b, database(b, sqlite.Options{Group: 1}))},
		{name: "raw", write: appends(b)},
	}
	for b.Loop() {
		for _, r := range rivals {
			r.turn(b)
		}
	}
	for _, r := range rivals {
		b.ReportMetric(r.rate(), r.name+"-writes/s")
	}
	s := grouped.Stats()
	b.ReportMetric(rivals[0].rate()/rivals[2].rate(), "grouped/raw")
	b.ReportMetric(rivals[0].rate()/rivals[1].rate(), "grouped/alone")
	for _, r := range rivals {
		b.ReportMetric(float64(r.cpu.Microseconds())/float64(r.writes), r.name+"-cpu-µs/write")
	}
	b.ReportMetric(float64(s.Tasks)/float64(s.Groups), "writes/group")
	b.ReportMetric(0, "ns/op")
}

// database is a new one.
func database(b *testing.B, o sqlite.Options) *sqlite.DB {
	b.Helper()
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "calls.db"), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return db
}

// changes writes the next version of a session.
func changes(b *testing.B, db *sqlite.DB) func(int) error {
	b.Helper()
	record, row := random(recordBytes), random(rowBytes)
	var versions [parallel]int64
	return func(i int) error {
		id := ivr.SessionID(fmt.Sprintf("session-%020d", i))
		versions[i]++
		w := &store.Write{Session: id, Version: versions[i], Epoch: 1, Due: time.Now().Add(time.Minute), Record: record,
			Entry: &store.Entry{At: time.Now(), Key: "call", Outline: row[:100], Body: row[100:]}}
		if w.Version == 1 {
			w.Node, w.Flow, w.Name, w.Tenant, w.Started = "node", "hash", "support", "tenant", time.Now()
			w.Calls = []ivr.CallID{ivr.CallID("call-" + id)}
		}
		return db.Write(b.Context(), w)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// appends appends to a file, by a goroutine that syncs all that waits at once.
func appends(b *testing.B) func(int) error {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	bytes := random(recordBytes + rowBytes)
	queue := make(chan chan error, 4096)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var group []chan error
		var buf []byte
		for first := range queue {
			group, buf = append(group[:0], first), append(buf[:0], bytes...)
			runtime.Gosched()
			for n := len(queue); n > 0; n-- {
				group, buf = append(group, <-queue), append(buf, bytes...)
			}
			_, err := f.Write(buf)
			if err == nil {
				err = syscall.Fdatasync(int(f.Fd()))
			}
			for _, done := range group {
				done <- err
			}
		}
	}()
	b.Cleanup(func() {
		close(queue)
		<-ended
		f.Close()
	})
	return func(int) error {
		done := make(chan error, 1)
		queue <- done
		return <-done
	}
}
