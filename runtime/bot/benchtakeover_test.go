package bot_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/postgres"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

// How the calls are that a node leaves behind.
const (
	nothingDue = "nothing due"
	allDue     = "all due"      // each has waited for so long that it is to play
	allInDoubt = "all in doubt" // nobody knows whether a prompt of each was sent
	allMailed  = "1 mail each"  // its prompt ended, which was told to the other node
)

// The node that dies is this program once more, told so by these.
const (
	dyingEnv     = "IVRFLOW_BENCH_DYING"      // the database's address
	dyingCallEnv = "IVRFLOW_BENCH_DYING_CALL" // how the calls are
)

const takenOver = 10_000

// waitFlow waits after a prompt.
const waitFlow = `
ivr: 1
flow: round
prompts: {hello: {file: hello.wav}}
limits: {call: 4h, steps: 2000}
start: main
states:
  main: [{play: hello}, {wait: {for: 30s}}, {goto: main}]
`

// BenchmarkTakeover is a node on PostgreSQL that is killed with 10,000 live calls,
// and another that goes on with them. All figures are of one death, in seconds after
// it, the longest of all runs: "lease" is when the lease of the dead node ends,
// "taken" when the other has all calls, "all" when it has done something for each of
// those for which something is to be done. "beyond" is how much of "all" comes after
// the lease: with a lease of 7 s it may be 3.
func BenchmarkTakeover(b *testing.B) {
	if url := os.Getenv(dyingEnv); url != "" {
		beginToDie(b, url, os.Getenv(dyingCallEnv))
		return
	}
	server := pgtest.Lazy{Options: pgtest.Options{Durable: true}}
	defer server.Close()
	for _, how := range []string{nothingDue, allDue, allInDoubt, allMailed} {
		b.Run(how, func(b *testing.B) {
			most := map[string]time.Duration{}
			for b.Loop() {
				takeOver(b, server.Database(b), how, func(name string, d time.Duration) { most[name] = max(most[name], d) })
			}
			for name, d := range most {
				b.ReportMetric(d.Seconds(), name+"-s")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// left is a call that a node that died has left behind.
type left struct {
	Session ivr.SessionID
	Context string // of its prompt
}

// nodeOn is a bot on a database.
func nodeOn(b *testing.B, url, name, how string, o postgres.Options, change func(*bot.Config, http.Handler)) (*bench, *postgres.DB) {
	b.Helper()
	db, err := postgres.Open(b.Context(), url, o)
	if err != nil {
		b.Fatal(err)
	}
	st, err := store.New(store.Config{DB: db, Key: slices.Repeat([]byte{3}, 32), Node: store.Node{ID: store.NodeID(name), Started: time.Now()}})
	if err != nil {
		b.Fatal(err)
	}
	x := newBench(b, func(c *bot.Config, graph http.Handler) {
		c.Store, c.Transport = st, inMemory{graph}
		if how == allDue {
			c.Flows = []*flow.Flow{benchFlow(b, waitFlow)}
		}
		change(c, graph)
	})
	return x, db
}

// beginToDie has 10,000 calls, says so, and waits to be killed. Its time is another
// than that of the node that takes them over, and does not pass.
func beginToDie(b *testing.B, url, how string) {
	b.Helper()
	now := time.Now().Add(5 * time.Minute) // nothing is due for long
	if how == allDue {
		now = time.Now().Add(-time.Minute)
	}
	clock := &nearly{stopped: stopped(now)}
	x, db := nodeOn(b, url, "dying", how, postgres.Options{Timeout: time.Minute, Queue: 10 * takenOver}, func(c *bot.Config, graph http.Handler) {
		c.Clock = clock
		if how == allInDoubt {
			c.Transport = inMemory{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				graph.ServeHTTP(w, r)
				if strings.HasSuffix(r.URL.Path, "/playPrompt") {
					select {} // no answer comes before the death
				}
			})}
		}
	})
	if err := x.bot.Open(b.Context()); err != nil {
		b.Fatal(err)
	}
	all := make([]left, takenOver)
	var wg sync.WaitGroup
	for from := range connections {
		wg.Go(func() {
			for n := from; n < len(all); n += connections {
				client := &http.Client{Transport: inMemory{x.bot.Handler()}}
				addr, call, context, _ := x.begin(b, client, int64(n))
				id, _ := x.bot.Calls().ByCall(b.Context(), ivr.CallID(call))
				x.played.Delete(id)
				all[n] = left{id, context}
				if how != allDue {
					continue
				}
				if err := x.post(client, addr, ended(call, context)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		return
	}
	clock.later.Store(int64(2 * time.Second))
	for before, now := -1.0, 0.0; now > before; { // until what is stored a second late is stored
		time.Sleep(1500 * time.Millisecond)
		before, now = now, db.Numbers()["tasks_total"]
	}
	if err := json.NewEncoder(os.NewFile(3, "said")).Encode(all); err != nil {
		b.Fatal(err)
	}
	select {}
}

// dying is a node with so many calls, and what kills it.
func dying(b *testing.B, url, how string) (all []left, kill func()) {
	b.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkTakeover$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), dyingEnv+"="+url, dyingCallEnv+"="+how)
	cmd.ExtraFiles = []*os.File{w}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		b.Fatal(err)
	}
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	if err := json.NewDecoder(bufio.NewReader(r)).Decode(&all); err != nil || len(all) != takenOver {
		kill()
		b.Fatalf("the node that is to die has not begun: %d calls, %v", len(all), err)
	}
	return all, kill
}

func takeOver(b *testing.B, url, how string, report func(string, time.Duration)) {
	b.Helper()
	calls, kill := dying(b, url, how)
	defer kill()
	var asked sync.Map // call -> something was done for it
	var done atomic.Int64
	x, db := nodeOn(b, url, "living", how, postgres.Options{}, func(c *bot.Config, graph http.Handler) {
		c.Transport = inMemory{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, call, ok := strings.Cut(r.URL.Path, "/communications/calls/"); ok {
				call, _, _ = strings.Cut(call, "/")
				if _, before := asked.LoadOrStore(call, true); !before {
					done.Add(1)
				}
				if r.Method == http.MethodGet {
					w.Header().Set("Content-Type", "application/json")
					fmt.Fprintf(w, `{"@odata.type":"#microsoft.graph.call","id":%q,"state":"established","mediaState":{"audio":"active"}}`, call)
					return
				}
			}
			graph.ServeHTTP(w, r)
		})}
	})
	defer func() { _ = db.Close() }()
	if err := x.bot.Open(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer x.bot.Close()
	if n := x.bot.Calls().Live(); n != 0 {
		b.Fatalf("%d calls were taken from a living node", n)
	}

	kill()
	died := time.Now()
	nodes, err := db.Nodes(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var lease time.Duration
	for _, n := range nodes {
		if n.ID == "dying" {
			lease = n.Until.Sub(died)
		}
	}
	report("lease", lease)
	want := int64(takenOver)
	switch how {
	case nothingDue:
		want = 0
	case allMailed:
		x.tellAll(b, calls)
		report("told", time.Since(died))
	}
	x.until(b, "have all calls", func() bool { return x.bot.Calls().Live() >= takenOver })
	report("taken", time.Since(died))
	x.until(b, "go on with all calls", func() bool { return done.Load() >= want })
	took := time.Since(died)
	report("all", took)
	report("beyond", took-lease)
	if live, n := x.bot.Calls().Live(), done.Load(); live != takenOver || how != nothingDue && n != want {
		b.Fatalf("%d calls are live, and something was done for %d: want %d and %d", live, n, takenOver, want)
	}
}

// until waits for something that comes in a minute at most.
func (x *bench) until(b *testing.B, what string, f func() bool) {
	b.Helper()
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("the other node does not %s", what)
		}
	}
}

// tellAll tells a node that the prompt of each call has ended.
func (x *bench) tellAll(b *testing.B, calls []left) {
	b.Helper()
	var wg sync.WaitGroup
	var errs atomic.Pointer[error]
	for from := range connections {
		wg.Go(func() {
			for n := from; n < len(calls); n += connections {
				addr := x.bot.CallbackURL(calls[n].Session, ivr.CallerLeg)
				if err := x.post(&http.Client{Transport: inMemory{x.bot.Handler()}}, addr, ended(callID(int64(n)), calls[n].Context)); err != nil {
					errs.Store(&err)
				}
			}
		})
	}
	wg.Wait()
	if err := errs.Load(); err != nil {
		b.Fatal(*err)
	}
}
