package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
)

const overloadFlow = `
ivr: 1
flow: waits
start: main
states:
  main: [answer, {wait: {for: 10m}}, end]
`

const overloadTenant = "b41b72d0-4e9f-4c26-8a69-f949f367c91d"

// overloadGraph takes every request, and notes what came when.
type overloadGraph struct {
	begun time.Time
	state string // of every call
	mu    sync.Mutex
	asked []asked
	fails map[string]int // status by action
	gone  map[string]bool
}

type asked struct {
	what, call string
	at         time.Duration
	body       string
}

func (g *overloadGraph) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		return answer(http.StatusOK, `{"access_token":"x","token_type":"Bearer","expires_in":36000}`), nil
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	what, id := path.Base(r.URL.Path), path.Base(path.Dir(r.URL.Path))
	if r.Method == http.MethodGet {
		what, id = "get", path.Base(r.URL.Path)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, asked{what, id, time.Since(g.begun), string(body)})
	switch {
	case g.fails[what] != 0:
		return answer(g.fails[what], `{"error":{"code":"7000","message":"no"}}`), nil
	case what == "get" && g.gone[id], g.gone[id]:
		return answer(http.StatusNotFound, `{"error":{"code":"NotFound"}}`), nil
	case what == "get":
		return answer(http.StatusOK, fmt.Sprintf(`{"id":%q,"state":%q}`, id, g.state)), nil
	case what == "reject", what == "redirect":
		g.gone[id] = true
	}
	return answer(http.StatusAccepted, ""), nil
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// of are the requests of a kind.
func (g *overloadGraph) of(what string) (list []asked) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range g.asked {
		if a.what == what {
			list = append(list, a)
		}
	}
	return list
}

// slowStore takes its time, or hangs whatever its context says.
type slowStore struct {
	call.Store
	mu   sync.Mutex
	take time.Duration
	gate chan struct{}
	err  error

	noRenewal bool
}

func (s *slowStore) set(f func(*slowStore)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func (s *slowStore) wait() error {
	s.mu.Lock()
	take, gate, err := s.take, s.gate, s.err
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	time.Sleep(take)
	return err
}

func (s *slowStore) Commit(ctx context.Context, ch *call.Change) error {
	if err := s.wait(); err != nil {
		return err
	}
	return s.Store.Commit(context.WithoutCancel(ctx), ch)
}

func (s *slowStore) Renew(ctx context.Context) (bool, error) {
	s.mu.Lock()
	no := s.noRenewal
	s.mu.Unlock()
	if no {
		return false, errors.New("no connection")
	}
	return s.Store.Renew(ctx)
}

func (s *slowStore) ByCall(ctx context.Context, id ivr.CallID) (ivr.SessionID, error) {
	if err := s.wait(); err != nil {
		return "", err
	}
	return s.Store.ByCall(ctx, id)
}

func (s *slowStore) Take(ctx context.Context, id ivr.SessionID) (call.Record, error) {
	if err := s.wait(); err != nil {
		return call.Record{}, err
	}
	return s.Store.Take(ctx, id)
}

// overloadedBot is a bot on a database, whose store is slow.
func overloadedBot(t *testing.T, db *store.MemoryDB, change func(*Config)) (*Bot, *overloadGraph, *slowStore) {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(overloadFlow)}}, "f.ivr.yaml")
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	st, err := store.New(store.Config{DB: db, Key: slices.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	s := &slowStore{Store: st}
	g := &overloadGraph{begun: time.Now(), state: "incoming", fails: map[string]int{}, gone: map[string]bool{}}
	cfg := Config{AppID: "6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11", Secret: ivr.NewSecret("secret"), Tenants: []string{overloadTenant},
		PublicURL: "https://bot.test", Transport: g, Flows: []*flow.Flow{f}, Store: s}
	if change != nil {
		change(&cfg)
	}
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b, g, s
}

// ring has a call come in, as the HTTP side does it.
func ring(t *testing.T, b *Bot, id string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2700*time.Millisecond)
	defer cancel()
	begun := time.Now()
	err := b.arrivals.arrive(ctx, ivr.CallIncoming{Head: ivr.Head{At: begun}, Call: ivr.CallID(id), Tenant: overloadTenant,
		Caller: ivr.Party{Kind: ivr.PartyPhone, ID: "+442071838750"}})
	if took := time.Since(begun); took > 2900*time.Millisecond {
		t.Errorf("a callback was answered after %v", took)
	}
	return err
}

// Many calls and a slow store: those for which there is room are answered in the
// order in which they came, and in time; the others are rejected at once.
func TestOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const all, room = 900, 700
		b, g, s := overloadedBot(t, &store.MemoryDB{}, func(c *Config) { c.Limits.Waiting = room })
		s.set(func(s *slowStore) { s.take = 2 * time.Second })
		for i := range all {
			go func() { _ = ring(t, b, fmt.Sprintf("call-%04d", i)) }()
			synctest.Wait()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		answers, rejects := g.of("answer"), g.of("reject")
		if len(answers) != room || len(rejects) != all-room {
			t.Fatalf("%d answers and %d rejects, want %d and %d", len(answers), len(rejects), room, all-room)
		}
		for i, a := range answers {
			came := number(t, a.call)
			if late := a.at - time.Duration(came)*time.Millisecond; late > 15*time.Second {
				t.Errorf("call %d was answered after %v", came, late)
			}
			// Those that are stored at the same time have no order.
			if j := i + beginAtOnce; j < len(answers) && number(t, answers[j].call) < came-beginAtOnce {
				t.Errorf("call %d was answered before call %d", came, number(t, answers[j].call))
			}
		}
		if answers[0].at > 3*time.Second || number(t, answers[len(answers)-1].call) < room-beginAtOnce {
			t.Errorf("the first answer came at %v; the last was for %s", answers[0].at, answers[len(answers)-1].call)
		}
		for _, a := range rejects {
			if late := a.at - time.Duration(number(t, a.call))*time.Millisecond; late > time.Second || !strings.Contains(a.body, "busy") {
				t.Errorf("call %s was rejected after %v: %s", a.call, late, a.body)
			}
		}
		if n := b.Counts().Away[awayLimit]; n != all-room {
			t.Errorf("%d are counted as beyond the limit", n)
		}
	})
}

func number(t *testing.T, id string) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(id, "call-%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What becomes of a call whose store fails, or hangs, for a while.
func TestCallsWithoutStore(t *testing.T) {
	fails := func(s *slowStore) { s.err = errors.New("no connection") }
	hangs := func(s *slowStore) { s.gate = make(chan struct{}) }
	for name, tt := range map[string]struct {
		breaks   func(*slowStore)
		back     time.Duration
		state    string // of the call, as the platform tells it
		fallback Fallback
		fails    string
		sent     string
	}{
		"fails, and is back":     {breaks: fails, back: 6 * time.Second, state: "incoming", sent: "answer"},
		"fails, and stays":       {breaks: fails, back: time.Minute, state: "incoming", sent: "reject"},
		"hangs, and is back":     {breaks: hangs, back: 6 * time.Second, state: "incoming", sent: "answer"},
		"hangs, and stays":       {breaks: hangs, back: 30 * time.Second, state: "incoming", sent: "get reject answer get"},
		"hangs, somebody has it": {breaks: hangs, back: 30 * time.Second, state: "established", sent: "get answer"},
		"redirect": {breaks: fails, back: time.Minute, state: "incoming", sent: "redirect",
			fallback: Fallback{Redirect: ivr.Target{Kind: ivr.PartyUser, ID: overloadTenant}}},
		"redirect fails": {breaks: fails, back: time.Minute, state: "incoming", sent: "redirect reject", fails: "redirect",
			fallback: Fallback{Redirect: ivr.Target{Kind: ivr.PartyUser, ID: overloadTenant}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, g, s := overloadedBot(t, &store.MemoryDB{}, func(c *Config) { c.Fallback = tt.fallback })
				g.state = tt.state
				if tt.fails != "" {
					g.fails[tt.fails] = http.StatusForbidden
				}
				s.set(tt.breaks)
				if err := ring(t, b, "call-1"); !errors.Is(err, call.ErrBusy) && !errors.Is(err, s.err) {
					t.Errorf("the callback: %v", err)
				}
				go func() { _ = ring(t, b, "call-1") }() // the platform repeats it
				time.Sleep(tt.back)
				s.set(func(s *slowStore) {
					if s.gate != nil {
						close(s.gate)
					}
					s.err, s.gate = nil, nil
				})
				time.Sleep(15 * time.Second)
				synctest.Wait()
				var sent []string
				g.mu.Lock()
				for _, a := range g.asked {
					if len(sent) == 0 || sent[len(sent)-1] != a.what { // a repeat of these does no harm
						sent = append(sent, a.what)
					}
					if decided := a.what == "reject" || a.what == "redirect" || a.what == "answer" && tt.back < 15*time.Second; decided && a.at > 15*time.Second {
						t.Errorf("%s at %v", a.what, a.at)
					}
				}
				g.mu.Unlock()
				got := strings.Join(sent, " ")
				if !strings.HasPrefix(got, tt.sent) || strings.Count(got, "re") != strings.Count(tt.sent, "re") {
					t.Errorf("sent %q, want %q", got, tt.sent)
				}
			})
		})
	}
}

// A process that ends sends new calls away, and never one that another has begun.
func TestDrainingSendsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &store.MemoryDB{}
		shared := func(c *Config) { c.Shared = true }
		a, _, _ := overloadedBot(t, db, shared)
		b, g, _ := overloadedBot(t, db, shared)
		if err := ring(t, a, "call-1"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = b.calls.Drain(ctx)
		for _, id := range []string{"call-1", "call-2", "call-2"} {
			if err := ring(t, b, id); err != nil {
				t.Errorf("%s: %v", id, err)
			}
			synctest.Wait()
		}
		rejects := g.of("reject")
		if len(rejects) != 1 || rejects[0].call != "call-2" {
			t.Errorf("rejected %v, want call-2 once", rejects)
		}
		if c := b.Counts(); c.Claimed != 1 || c.Rejected != 1 {
			t.Errorf("counts %+v", c)
		}
	})
}

// A caller who hangs up while the call waits for the store is not rejected.
func TestHangsUpWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, g, s := overloadedBot(t, &store.MemoryDB{}, nil)
		s.set(func(s *slowStore) { s.err = errors.New("no connection") })
		_ = ring(t, b, "call-1")
		b.arrivals.gone("call-1")
		time.Sleep(15 * time.Second)
		synctest.Wait()
		if len(g.asked) > 0 || b.arrivals.waiting() > 0 {
			t.Errorf("asked %v, %d wait", g.asked, b.arrivals.waiting())
		}
		s.set(func(s *slowStore) { s.err = nil })
	})
}

// So many actions may run; one more fails at once.
func TestActionsAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _, _ := overloadedBot(t, &store.MemoryDB{}, func(c *Config) { c.Limits.Actions = 2 })
		gate := make(chan struct{})
		err := RegisterAction(b, Action[struct{}, struct{}]{Name: "stay", Outcomes: []string{"ok"},
			Do: func(context.Context, struct{}) (struct{}, string, error) { <-gate; return struct{}{}, "ok", nil }})
		if err != nil {
			t.Fatal(err)
		}
		run := func() ivr.ActionReturned {
			e, _ := b.Send(t.Context(), call.Address{Session: "s"}, ivr.RunAction{Op: 1, Name: "stay", Timeout: ivr.Duration(time.Second)}).Event.(ivr.ActionReturned)
			return e
		}
		for range 2 {
			go run()
		}
		synctest.Wait()
		if e := run(); e.Outcome != "failed" || e.Reason != ivr.ReasonThrottled || b.Counts().Throttled != 1 {
			t.Errorf("the third action: %+v", e)
		}
		close(gate)
		synctest.Wait()
		if e := run(); e.Outcome != "ok" || b.Counts().Actions != 0 {
			t.Errorf("afterwards: %+v, %d run", e, b.Counts().Actions)
		}
	})
}

// A process that ends sends the calls away that still wait for the store, and
// waits until the platform knows.
func TestCloseSendsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, g, s := overloadedBot(t, &store.MemoryDB{}, nil)
		s.set(func(s *slowStore) { s.err = errors.New("no connection") })
		_ = ring(t, b, "call-1")
		begun := time.Now()
		b.Close()
		if rejects := g.of("reject"); len(rejects) != 1 || time.Since(begun) > 5*time.Second {
			t.Errorf("rejected %v in %v", rejects, time.Since(begun))
		}
	})
}

// A node that has lost its lease tells the load balancer so.
func TestNotReadyWithoutLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _, s := overloadedBot(t, &store.MemoryDB{}, func(c *Config) { c.Shared = true })
		if err := b.Ready(); err != nil {
			t.Errorf("at first: %v", err)
		}
		s.set(func(s *slowStore) { s.noRenewal = true })
		time.Sleep(10 * time.Second)
		var not *server.NotReadyError
		if err := b.Ready(); !errors.As(err, &not) || not.Word != "store" {
			t.Errorf("without a lease: %v", err)
		}
	})
}

// A call that began and whose flow's decision cannot be stored is sent away if it
// still rings, also by a node that has no lease any more; not if it was answered.
func TestStuckUnanswered(t *testing.T) {
	for state, want := range map[string]string{"incoming": "get reject", "established": "get"} {
		t.Run(state, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, g, s := overloadedBot(t, &store.MemoryDB{}, func(c *Config) {
					c.Shared = true
					f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte("ivr: 1\nflow: late\nstart: main\nstates: {main: [{wait: {for: 2s}}, answer, end]}\n")}}, "f.ivr.yaml")
					if f == nil || err != nil {
						t.Fatalf("%v\n%s", err, list)
					}
					c.Flows = []*flow.Flow{f}
				})
				g.state = state
				if err := ring(t, b, "call-1"); err != nil {
					t.Fatal(err)
				}
				s.set(func(s *slowStore) { s.err, s.noRenewal = errors.New("no connection"), true })
				time.Sleep(15 * time.Second)
				synctest.Wait()
				var sent []string
				for _, a := range g.asked {
					sent = append(sent, a.what)
				}
				if got := strings.Join(sent, " "); got != want {
					t.Errorf("sent %q, want %q", got, want)
				}
				s.set(func(s *slowStore) { s.err, s.noRenewal = nil, false })
			})
		})
	}
}
