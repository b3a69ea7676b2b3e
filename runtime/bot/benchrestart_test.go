package bot_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// BenchmarkRestart is a process that starts again with 10,000 live calls in a file,
// from opening that to taking calls: none of them has anything to be done, or all
// have a timer that ran out meanwhile.
func BenchmarkRestart(b *testing.B) {
	const calls = 10_000
	begun := time.Now()
	left := leftBehind(b, calls, begun)
	for name, now := range map[string]time.Time{"nothing due": begun, "all due": begun.Add(time.Minute)} {
		b.Run(name, func(b *testing.B) {
			var times, cpu []time.Duration
			for b.Loop() {
				file := filepath.Join(b.TempDir(), "calls.db")
				if err := os.WriteFile(file, left, 0o600); err != nil {
					b.Fatal(err)
				}
				x := restart(b, file, calls, now)
				times, cpu = append(times, x.took), append(cpu, x.cpu)
			}
			slices.Sort(times)
			slices.Sort(cpu)
			b.ReportMetric(float64(cpu[len(cpu)/2].Milliseconds()), "cpu-ms")
			b.ReportMetric(float64(times[len(times)/2].Milliseconds()), "p50-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// leftBehind is the file of a process that had so many calls, each in a prompt.
func leftBehind(b *testing.B, calls int, now time.Time) []byte {
	b.Helper()
	file := filepath.Join(b.TempDir(), "calls.db")
	x, end := opened(b, file, now)
	var wg sync.WaitGroup
	for from := range connections {
		wg.Go(func() {
			for n := from; n < calls; n += connections {
				x.beginQuietly(b, int64(n))
			}
		})
	}
	wg.Wait()
	time.Sleep(2 * time.Second) // until what is stored a second late is stored
	end()
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// restart returns a bot that has taken the calls up, and has ended.
func restart(b *testing.B, file string, calls int, now time.Time) *restarted {
	b.Helper()
	x, end := opened(b, file, now)
	if live := x.bot.Calls().Live(); live != calls {
		b.Fatalf("%d calls are live, want %d", live, calls)
	}
	end()
	return x
}

// restarted is a bot that was opened, and how long that took.
type restarted struct {
	*bench
	took time.Duration
	cpu  time.Duration
}

// opened is a bot on a file, at a time that does not pass.
func opened(b *testing.B, file string, now time.Time) (*restarted, func()) {
	b.Helper()
	clock := &nearly{stopped: stopped(now)}
	begun, cpu := time.Now(), processor()
	db, err := sqlite.Open(b.Context(), file, sqlite.Options{Now: clock.Now})
	if err != nil {
		b.Fatal(err)
	}
	st, err := store.New(store.Config{DB: db, Key: slices.Repeat([]byte{3}, 32), Now: clock.Now})
	if err != nil {
		b.Fatal(err)
	}
	took, used := time.Since(begun), processor()-cpu
	x := newBench(b, func(c *bot.Config, graph http.Handler) {
		c.Store, c.Transport, c.Clock = st, inMemory{graph}, clock
	})
	begun, cpu = time.Now(), processor() // what the stand-in for Graph takes does not count
	if err := x.bot.Open(b.Context()); err != nil {
		b.Fatal(err)
	}
	return &restarted{x, took + time.Since(begun), used + processor() - cpu}, func() {
		x.bot.Close()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
