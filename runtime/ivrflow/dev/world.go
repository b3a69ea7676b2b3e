package dev

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// world is the bot and the simulated Graph, who know each other.
type world struct {
	bot      *bot.Bot
	sim      *graphsim.Sim
	clock    call.Clock
	virtual  *testkit.Clock // nil in real time
	botURL   string
	graphURL string
	stopped  chan error // the bot's own end, and why
	close    func()
}

// drainFor is how long calls may go on when the bot is stopped. The caller has
// hung up by then.
const drainFor = 2 * time.Second

// plan is what a world is made of.
type plan struct {
	bot     bot.Config         // without what the world itself decides
	sim     graphsim.Config    // likewise
	prepare func(*world) error // called before the bot serves
	restore func()             // gives the terminal back if a function of the clock panics
}

// newRealWorld is a world on two loopback addresses, in real time.
func newRealWorld(ctx context.Context, p plan) (w *world, err error) {
	var listeners [2]net.Listener
	for i := range listeners {
		if listeners[i], err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return nil, errors.Join(fmt.Errorf("no loopback address is free: %w", err), closeAll(listeners[:i]))
		}
	}
	w = &world{clock: &guardedClock{graphsim.RealClock(), p.restore}, stopped: make(chan error, 1),
		botURL: "http://" + listeners[0].Addr().String(), graphURL: "http://" + listeners[1].Addr().String()}
	toGraph, toBot := newTransport(), newTransport()
	if err = w.build(p, toGraph, toBot); err != nil {
		return nil, errors.Join(err, closeAll(listeners[:]))
	}
	w.close = w.serve(ctx, listeners, toGraph, toBot)
	return w, nil
}

// newFastWorld is a world in memory and in virtual time.
func newFastWorld(p plan, now time.Time) (*world, error) {
	virtual := testkit.NewClock(now)
	w := &world{clock: virtual, virtual: virtual, botURL: "http://127.0.0.1:4710", graphURL: "http://127.0.0.1:4711"}
	toBot, toGraph := &lateTransport{}, &lateTransport{}
	if err := w.build(p, toGraph, toBot); err != nil {
		return nil, err
	}
	toBot.RoundTripper, toGraph.RoundTripper = graphsim.InMemory(w.bot.Handler()), graphsim.InMemory(w.sim)
	w.close = func() {
		w.bot.Calls().Close()
		w.sim.Close()
	}
	return w, nil
}

// lateTransport is a transport that is known after its user.
type lateTransport struct{ http.RoundTripper }

// build makes the simulator and the bot that is registered with it.
func (w *world) build(p plan, toGraph, toBot http.RoundTripper) (err error) {
	cfg, sim := p.bot, p.sim
	sim.Clock, sim.BaseURL, sim.Webhook = w.clock, w.graphURL, w.botURL+server.WebhookPath
	sim.Transport, sim.Log = toBot, cfg.Log
	if w.sim, err = graphsim.New(sim); err != nil {
		return fmt.Errorf("the simulated Graph: %w", err)
	}
	cfg.AppID, cfg.Secret, cfg.PublicURL = w.sim.AppID(), ivr.NewSecret(graphsim.DefaultSecret), w.botURL
	cfg.GraphURL, cfg.LoginURL, cfg.RecordingHosts = w.graphURL+"/beta", w.graphURL, []string{"127.0.0.1"}
	cfg.Profiles = []server.Profile{{Name: "simulator", MetadataURL: w.sim.Discovery(), Issuers: []string{w.sim.Issuer()},
		Audiences: []string{w.sim.AppID()}, Tenants: []string{w.sim.Tenant()}, Loopback: true}}
	cfg.Phones = []string{"+"} // nobody is rung: the simulator answers for all
	cfg.Clock, cfg.Transport, cfg.DrainFor = w.clock, toGraph, drainFor
	if w.bot, err = bot.New(cfg); err != nil {
		return err
	}
	return p.prepare(w)
}

// serve starts both servers; what it returns stops them and waits. The bot is
// stopped first, since its last requests need an answer.
func (w *world) serve(ctx context.Context, l [2]net.Listener, transports ...*http.Transport) func() {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	graph := server.HTTPServer(w.sim)
	graph.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of connections that broke
	var bots, graphs sync.WaitGroup
	bots.Go(func() { w.stopped <- w.bot.Serve(ctx, l[0]) })
	graphs.Go(func() { _ = graph.Serve(l[1]) }) // ends when it is closed
	return sync.OnceFunc(func() {
		stop()
		bots.Wait()
		w.sim.Close()
		_ = graph.Close() // nobody waits for an answer any more
		graphs.Wait()
		for _, t := range transports {
			t.CloseIdleConnections()
		}
	})
}

func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil // loopback only
	return t
}

func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, l := range listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// guardedClock gives the terminal back before a panic ends the process.
type guardedClock struct {
	graphsim.Clock
	restore func()
}

func (c *guardedClock) AfterFunc(d time.Duration, f func()) func() bool {
	return c.Clock.AfterFunc(d, c.guard(f))
}

func (c *guardedClock) Go(f func()) { c.Clock.Go(c.guard(f)) }

func (c *guardedClock) guard(f func()) func() {
	return func() {
		defer rescue(c.restore)
		f()
	}
}

// Wait returns when nothing runs; the simulator waits for it at its end.
func (c *guardedClock) Wait() {
	if w, ok := c.Clock.(interface{ Wait() }); ok {
		w.Wait()
	}
}

// standInID is an object id that belongs to a name and to nobody.
func standInID(name string) string {
	h := sha256.Sum256([]byte("ivrflow dev " + name))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80 // a random GUID's marks
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
