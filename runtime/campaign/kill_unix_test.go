//go:build unix

package campaign_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/campaign"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// childEnv holds what a process of its own is to do, as JSON of child.
const childEnv = "IVRFLOW_CAMPAIGN_TEST_CHILD"

// child is a process that runs a campaign, and kills itself at a place.
type child struct {
	Dir, Bot, Graph string // folder, and addresses
	Keys, Issuer    string // of the simulated Graph: where its keys are found, and who signs
	Numbers         []string
	Nth             int // place at which it dies; 0: none
}

func TestMain(m *testing.M) {
	text := os.Getenv(childEnv)
	if text == "" {
		os.Exit(m.Run())
	}
	var c child
	err := json.Unmarshal([]byte(text), &c)
	if err == nil {
		err = c.run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const quick = `
ivr: 1
flow: quick
kind: outgoing
params: {number: {type: phone}}
start: main
states:
  main:
    - dial: {phone: "${number}", ring: 15s}
      answered: end
      failed: end
`

func (c child) run(ctx context.Context) (err error) {
	f, _, err := flow.Load(fstest.MapFS{"q.ivr.yaml": {Data: []byte(quick)}}, "q.ivr.yaml")
	if err != nil {
		return err
	}
	cfg := bot.Config{AppID: graphsim.DefaultAppID, Secret: ivr.NewSecret(graphsim.DefaultSecret), PublicURL: "http://" + c.Bot, Tenants: []string{graphsim.DefaultTenant},
		GraphURL: "http://" + c.Graph + "/beta", LoginURL: "http://" + c.Graph,
		Profiles: []server.Profile{{Name: "simulator", MetadataURL: c.Keys, Issuers: []string{c.Issuer},
			Audiences: []string{graphsim.DefaultAppID}, Tenants: []string{graphsim.DefaultTenant}, Loopback: true}},
		Flows: []*flow.Flow{f}, Phones: []string{"+44"}, StoreAt: bot.StorePlace{Folder: c.Dir}, Key: []byte("the key of this store on disk ..."),
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	kept, err := keep.Open(ctx, &cfg)
	if err != nil {
		return err
	}
	b, err := bot.New(cfg)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Bot)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var served sync.WaitGroup
	served.Go(func() { _ = b.Serve(ctx, l) })
	err = c.campaign(ctx, b, cfg, f)
	stop()
	served.Wait()
	return errors.Join(err, kept.Close())
}

func (c child) campaign(ctx context.Context, b *bot.Bot, cfg bot.Config, f *flow.Flow) error {
	o := campaign.Config{File: filepath.Join(c.Dir, "test.campaign"), Flow: f, From: graphsim.DefaultInstance, Phone: campaign.OfBot(b, cfg.DB), Now: time.Now,
		Hours: campaign.Hours{Open: "24/7"}, Retry: campaign.Retry{Attempts: 2, Busy: time.Millisecond, NoAnswer: time.Millisecond}}
	places := 0
	o.SetAt(func(string) {
		if places++; places == c.Nth {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // it dies here
		}
	})
	run, err := campaign.Open(o, rows(c.Numbers...))
	if err != nil {
		return err
	}
	for {
		wait, done, err := run.Step(ctx, true)
		if err != nil || done {
			return errors.Join(err, run.Close())
		}
		timer := time.NewTimer(min(wait, 20*time.Millisecond))
		<-timer.C
	}
}

// outside is a simulated Graph on the loopback interface, which outlives the bots.
type outside struct {
	t          *testing.T
	bot, graph string
	sim        *graphsim.Sim

	mu   sync.Mutex
	rung map[string]int
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	w := &outside{t: t, rung: map[string]int{}}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.graph, w.bot = l.Addr().String(), free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	const soon = 2 * time.Millisecond
	if w.sim, err = graphsim.New(graphsim.Config{BaseURL: "http://" + w.graph, Webhook: "http://" + w.bot + server.WebhookPath,
		Settings: graphsim.Settings{Latency: soon, EstablishingDelay: soon, EstablishedDelay: soon, AudioDelay: soon, TransferRing: 20 * time.Millisecond}}); err != nil {
		t.Fatal(err)
	}
	w.sim.Observe(func(e graphsim.Event) {
		if e, ok := e.(graphsim.Calling); ok {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.rung[e.Target.ID]++
		}
	})
	srv := &http.Server{Handler: w.sim, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() {
		w.sim.Close()
		_ = srv.Close()
	})
	return w
}

// run runs a process to its end, or has it killed after a time; 0: never. It says
// whether it was killed.
func (w *outside) run(c child, after time.Duration) (killed bool, err error) {
	c.Bot, c.Graph, c.Keys, c.Issuer = w.bot, w.graph, w.sim.Discovery(), w.sim.Issuer()
	text, err := json.Marshal(c)
	if err != nil {
		return false, err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	var out strings.Builder
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		return false, err
	}
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	err = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return true, nil
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out.String())
	}
	return false, err
}

// numbers are three people: one is busy twice, two answer.
func (w *outside) numbers(n int) []string {
	all := []string{fmt.Sprintf("+44207%05d0", n), fmt.Sprintf("+44207%05d1", n), fmt.Sprintf("+44207%05d2", n)}
	w.sim.SetTarget(all[0], graphsim.Busy)
	return all
}

// check compares whose phones have rung: nobody's more often than he is to be called,
// and all have been called unless the process died while a request was on its way.
func (w *outside) check(what string, numbers []string, dir string) (missing int) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := campaign.ReadStatus(filepath.Join(dir, "test.campaign"))
	if err != nil || s.Done != len(numbers) || s.Running {
		w.t.Errorf("%s: the campaign is not done: %+v, %v", what, s, err)
	}
	for i, n := range numbers {
		want := 1
		if i == 0 {
			want = 2
		}
		if w.rung[n] > want {
			w.t.Errorf("%s: %s has rung %d times, and must ring %d times at most", what, n, w.rung[n], want)
		}
		missing += want - w.rung[n]
	}
	if unsure := s.Outcomes[campaign.Failed] + s.Outcomes[campaign.Unknown]; missing > 2*unsure { // who failed at the first attempt has no second
		w.t.Errorf("%s: %d calls are missing, and the campaign counts %v", what, missing, s.Outcomes)
	}
	return missing
}

// kills has processes killed, at most three by time, until one comes to its end. It
// says how many were.
func (w *outside) kills(c child, after func() time.Duration) (deaths int, err error) {
	for {
		var moment time.Duration
		if after != nil && deaths < 3 {
			moment = after()
		}
		killed, err := w.run(c, moment)
		if err != nil || !killed {
			return deaths, err
		}
		c.Nth = 0
		deaths++
	}
}

// A process is killed at every place of the campaign, and then at moments left to
// chance, also while the store writes and requests are on their way. The next process
// ends the campaign, and no phone rings twice for one attempt.
func TestKill(t *testing.T) {
	// There are 7 places for each of four attempts. Where a request was on its way the
	// next process waits for 10 s.
	const places, surely, byChance, atOnce = 28, 26, 8, 18
	var mu sync.Mutex
	var all sync.WaitGroup
	deaths, missing := 0, 0
	turn := make(chan struct{}, atOnce)
	for n := 1; n <= places+byChance; n++ {
		turn <- struct{}{}
		w, c := newOutside(t), child{Dir: t.TempDir(), Nth: n}
		c.Numbers = w.numbers(n)
		var after func() time.Duration
		if n > places {
			chance := rand.New(rand.NewPCG(1, uint64(n)))
			c.Nth, after = 0, func() time.Duration { return time.Duration(50+chance.IntN(600)) * time.Millisecond }
		}
		all.Go(func() {
			defer func() { <-turn }()
			died, err := w.kills(c, after)
			if err != nil || n <= surely && died != 1 {
				t.Errorf("death %d: %d died, %v", n, died, err)
				return
			}
			lost := w.check(fmt.Sprint("death ", n), c.Numbers, c.Dir)
			mu.Lock()
			defer mu.Unlock()
			deaths, missing = deaths+died, missing+lost
		})
	}
	all.Wait()
	t.Logf("%d deaths; %d calls were not made, since nobody could know whether they had been", deaths, missing)
}
