package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Config describes a fleet. Binary and Dir are required.
type Config struct {
	Binary string   // the program
	Dir    string   // for configurations and logs
	Nodes  int      // 0: 1
	Extra  string   // lines of the nodes' configuration files, such as where calls are stored
	Env    []string // of the nodes, besides that of this process: NAME=value
	Seed   uint64   // of what callers do, and of Graph's ids
	// Retries is how often Graph tries a callback again that was not acknowledged,
	// 250 ms after the last time. 0: never, so that what happens while no node is up
	// is never told.
	Retries int
	// Patience is how long a caller waits for something to happen; 0: 90 s. Where a
	// callback was lost it is the time after which the bot reads the call by itself:
	// a minute if it has handed it over.
	Patience time.Duration
}

// Fleet is some nodes, Graph, a balancer and a web service.
type Fleet struct {
	History *History

	cfg      Config
	key      string
	sim      *graphsim.Sim
	graph    *httptest.Server
	service  *httptest.Server
	balancer *balancer
	nodes    []*Node
	parent   *parent
	own      sync.WaitGroup
	end      context.CancelFunc
}

// New makes a fleet that does not run yet.
func New(cfg Config) (*Fleet, error) {
	if cfg.Nodes == 0 {
		cfg.Nodes = 1
	}
	if cfg.Patience == 0 {
		cfg.Patience = 90 * time.Second
	}
	f := &Fleet{cfg: cfg, key: newKey(), History: newHistory(cfg.Retries), balancer: newBalancer(), parent: newParent()}
	f.service = service(f.History)
	f.graph = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.sim.ServeHTTP(w, r) }))
	f.graph.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	f.graph.Start()
	if err := f.prepare(); err != nil {
		f.Close()
		return nil, fmt.Errorf("prepare the fleet: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.end = cancel
	f.own.Go(func() { f.balancer.watch(ctx, 100*time.Millisecond) })
	return f, nil
}

func (f *Fleet) prepare() (err error) {
	f.sim, err = graphsim.New(graphsim.Config{
		BaseURL: f.graph.URL, Webhook: f.balancer.server.URL + "/api/calls", Transport: f.balancer.server.Client().Transport,
		Seed: f.cfg.Seed,
		Settings: graphsim.Settings{
			EstablishingDelay: 5 * time.Millisecond, EstablishedDelay: 5 * time.Millisecond, AudioDelay: 5 * time.Millisecond,
			TransferRing: 200 * time.Millisecond, CallbackRetries: f.cfg.Retries, CallbackRetryGap: 250 * time.Millisecond,
		},
	})
	if err != nil {
		return err
	}
	f.sim.SetTarget(busyDesk, graphsim.Busy)
	f.sim.Observe(f.History.observe)
	if err := f.trust(); err != nil {
		return err
	}
	for i := range f.cfg.Nodes {
		n := &Node{Name: fmt.Sprintf("n%d", i+1), fleet: f}
		n.dir = filepath.Join(f.cfg.Dir, n.Name)
		if err := os.MkdirAll(n.dir, 0o700); err != nil {
			return err
		}
		if n.config, err = f.write(n); err != nil {
			return err
		}
		f.nodes = append(f.nodes, n)
	}
	return nil
}

// Nodes are the fleet's places.
func (f *Fleet) Nodes() []*Node { return f.nodes }

// Start starts all nodes at once and waits until each takes calls.
func (f *Fleet) Start(ctx context.Context) error {
	failed := make([]error, len(f.nodes))
	var wg sync.WaitGroup
	for i, n := range f.nodes {
		wg.Go(func() { _, failed[i] = n.Start(ctx) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// Close kills all that runs.
func (f *Fleet) Close() {
	for _, n := range f.nodes {
		if n.Alive() {
			_ = n.Kill() // it may have ended meanwhile
		}
	}
	if f.end != nil {
		f.end()
	}
	if f.sim != nil {
		f.sim.Close()
	}
	f.own.Wait()
	f.parent.close()
	f.balancer.close()
	f.graph.Close()
	f.service.Close()
}
