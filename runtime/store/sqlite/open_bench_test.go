//go:build linux

package sqlite_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// BenchmarkStart opens a database with 10,000 live calls, each with ten rows of
// history, and claims them all, as a process does that starts again.
func BenchmarkStart(b *testing.B) {
	const calls, rows = 10_000, 10
	file := filepath.Join(b.TempDir(), "calls.db")
	db, err := sqlite.Open(b.Context(), file, sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	record, row := random(recordBytes), random(rowBytes)
	var wg sync.WaitGroup
	for part := range 500 {
		wg.Go(func() {
			for i := part; i < calls; i += 500 {
				id := fmt.Sprintf("session-%020d", i)
				for version := int64(1); version <= rows; version++ {
					w := change(id, version)
					w.Node, w.Record, w.Due = "before", record, time.Unix(int64(i*7919%calls), 0)
					w.Keys = []store.Key{{Name: "call", Wrapped: row[:60]}}
					w.Entry.Outline, w.Entry.Body = row[:100], row[100:]
					if err := db.Write(b.Context(), w); err != nil {
						b.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	var opened, claimed, cpu time.Duration
	for b.Loop() {
		began, cpuBegan := time.Now(), cpuTime(b)
		db, err := sqlite.Open(b.Context(), file, sqlite.Options{})
		if err != nil {
			b.Fatal(err)
		}
		opened += time.Since(began)
		node := store.NodeID(fmt.Sprint("node", began.UnixNano()))
		if err := db.Join(b.Context(), store.Node{ID: node, Started: began}, time.Minute); err != nil {
			b.Fatal(err)
		}
		n := 0
		for rows := []store.Row{{}}; len(rows) > 0; n += len(rows) {
			if rows, err = db.Claim(b.Context(), node, 500); err != nil {
				b.Fatal(err)
			}
		}
		claimed += time.Since(began)
		cpu += cpuTime(b) - cpuBegan
		if n != calls {
			b.Fatalf("claimed %d calls, want %d", n, calls)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(opened.Milliseconds())/float64(b.N), "ms-open")
	b.ReportMetric(float64(claimed.Milliseconds())/float64(b.N), "ms-open-and-claim")
	b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms-open-and-claim")
	b.ReportMetric(0, "ns/op")
}
