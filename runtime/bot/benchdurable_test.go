package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// durable has a bot keep its calls in a file.
func durable(b *testing.B) func(*bot.Config, http.Handler) {
	b.Helper()
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "calls.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	st, err := store.New(store.Config{DB: db, Key: slices.Repeat([]byte{3}, 32)})
	if err != nil {
		b.Fatal(err)
	}
	return func(c *bot.Config, _ http.Handler) { c.Store = st }
}

// BenchmarkDurableCallback is BenchmarkCallback with calls that survive: the end
// of a prompt is on disk before it is answered 202, and what it leads to leaves
// after that.
//
// BenchmarkLimit is the measure: a bare handler that decodes the same JSON with
// the standard library, appends as many bytes to a file, syncs that together
// with whoever waits, answers, and makes the same request.
func BenchmarkDurableCallback(b *testing.B) {
	x := newBench(b, durable(b))
	if err := x.bot.Open(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer x.bot.Close()
	var n atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	b.SetParallelism(connections)
	b.ReportAllocs()
	w := watch(b)
	b.RunParallel(func(pb *testing.PB) {
		addr, call, context, played := x.begin(b, client, n.Add(1))
		for pb.Next() {
			begun := time.Now()
			if err := x.post(client, addr, ended(call, context)); err != nil {
				b.Error(err)
				return
			}
			w.took(time.Since(begun))
			context = <-played
		}
	})
	w.report()
}

// BenchmarkLimit is the measure of BenchmarkDurableCallback.
func BenchmarkLimit(b *testing.B) {
	x := newBench(b)
	out := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	log := newGroupLog(b)
	raw := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Value []struct {
				ChangeType, Resource, ResourceURL string
				ResourceData                      graph.Operation
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		if err := log.append(row); err != nil {
			http.Error(w, "not stored", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		go rawPlay(out, x.rawGraph(), body.Value[0].ResourceData.ClientContext)
	}))
	defer raw.Close()
	var n atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	b.SetParallelism(connections)
	b.ReportAllocs()
	w := watch(b)
	b.RunParallel(func(pb *testing.PB) {
		id := n.Add(1)
		played := make(chan string, 4)
		session := ivr.SessionID(fmt.Sprint("raw", id))
		x.played.Store(session, played)
		context := graph.ClientContext(session, 1)
		for pb.Next() {
			begun := time.Now()
			if err := x.post(client, raw.URL, ended(callID(id), context)); err != nil {
				b.Error(err)
				return
			}
			w.took(time.Since(begun))
			context = <-played
		}
	})
	w.report()
}

// row is as long as what is stored of a callback.
var row = make([]byte, 2600)

// groupLog is a file whose writers share syncs.
type groupLog struct {
	file  *os.File
	queue chan groupWrite
}

type groupWrite struct {
	row  []byte
	done chan error
}

func newGroupLog(b *testing.B) *groupLog {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	l := &groupLog{file: f, queue: make(chan groupWrite, 1024)}
	var wg sync.WaitGroup
	wg.Go(l.run)
	b.Cleanup(func() { close(l.queue); wg.Wait(); _ = f.Close() })
	return l
}

func (l *groupLog) append(row []byte) error {
	w := groupWrite{row, make(chan error, 1)}
	l.queue <- w
	return <-w.done
}

func (l *groupLog) run() {
	for first := range l.queue {
		runtime.Gosched()
		group := []groupWrite{first}
		buf := slices.Clone(first.row)
		for len(l.queue) > 0 && len(group) < 512 {
			w := <-l.queue
			group, buf = append(group, w), append(buf, w.row...)
		}
		_, err := l.file.Write(buf)
		if err == nil {
			err = syscall.Fdatasync(int(l.file.Fd()))
		}
		for _, w := range group {
			w.done <- err
		}
	}
}

// watched are the times that callbacks took, and the processor's time.
type watched struct {
	b     *testing.B
	cpu   time.Duration
	mu    sync.Mutex
	times []time.Duration
}

func watch(b *testing.B) *watched {
	b.Helper()
	return &watched{b: b, cpu: processor()}
}

func (w *watched) took(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times = append(w.times, d)
}

func (w *watched) report() {
	slices.Sort(w.times)
	w.b.ReportMetric(float64((processor()-w.cpu).Microseconds())/float64(w.b.N), "cpu-us/op")
	w.b.ReportMetric(float64(w.times[len(w.times)*99/100].Microseconds()), "p99-us")
}

// processor is the processor time that this process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkIdleDurableCalls is BenchmarkIdleCalls with calls that survive, 20,000
// of them, in a database that is not in this process's memory.
func BenchmarkIdleDurableCalls(b *testing.B) {
	const calls = 20_000
	for b.Loop() {
		keep := durable(b)
		x := newBench(b, func(c *bot.Config, graph http.Handler) {
			keep(c, graph)
			c.Transport, c.Clock = inMemory{graph}, nearly{stopped(time.Now())}
		})
		if err := x.bot.Open(b.Context()); err != nil {
			b.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		var wg sync.WaitGroup
		for from := range connections {
			wg.Go(func() {
				for n := from; n < calls; n += connections {
					x.beginQuietly(b, int64(n))
				}
			})
		}
		wg.Wait()
		time.Sleep(3 * time.Second) // until what is stored a second late is stored
		runtime.GC()
		runtime.ReadMemStats(&after)
		if live := x.bot.Calls().Live(); live != calls {
			b.Fatalf("%d calls are live, want %d", live, calls)
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/calls, "B/call")
	}
}

// nearly is a clock whose time does not pass, and yet short waits end.
type nearly struct{ stopped }

func (nearly) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	if d > time.Second {
		return func() bool { return true }
	}
	return time.AfterFunc(d, f).Stop
}
