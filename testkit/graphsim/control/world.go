package control

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// world is all that a reset throws away: a simulator and what was asked of it.
type world struct {
	server *Server
	setup  Setup
	sim    *graphsim.Sim
	faults *faults
	people *people
	calls  *calls
	tokens *tokens

	ctx    context.Context //nolint:containedctx // of what runs beside requests, until close
	cancel context.CancelFunc
	mu     sync.Mutex // guards closed
	closed bool
	beside sync.WaitGroup
	held   held
}

// newWorld makes a simulator of a set-up.
func (s *Server) newWorld(setup Setup) (*world, error) {
	if err := setup.check(); err != nil {
		return nil, err
	}
	w := &world{server: s, setup: setup, calls: newCalls(), tokens: newTokens(s.secrets(setup))}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.faults = newFaults(setup.Seed)
	cfg := graphsim.Config{AppID: s.cfg.AppID, Secret: s.cfg.Secret, Tenant: s.cfg.Tenant, Instance: s.cfg.Instance,
		BaseURL: s.cfg.BaseURL, Webhook: w.webhook(), Key: s.key, Transport: &carrier{world: w, next: s.cfg.Transport},
		Seed: setup.Seed, Permissions: setup.Permissions, Apps: setup.apps(s.cfg.Secret), InsecureHTTP: s.cfg.InsecureHTTP, Certificates: s.cfg.Certificates, Oddities: setup.oddities(), Settings: setup.settings()}
	for _, f := range setup.Faults {
		w.faults.add(f)
	}
	var err error
	if w.sim, err = graphsim.New(cfg); err != nil {
		w.cancel()
		return nil, bad("the set-up", err.Error(), "change what it names")
	}
	w.people = newPeople(w)
	for _, p := range setup.People {
		w.people.put(p)
	}
	w.sim.Observe(w.observe)
	return w, nil
}

// webhook is where incoming calls are posted.
func (w *world) webhook() string {
	if w.setup.Bot != "" {
		return w.setup.Bot
	}
	return w.server.cfg.Webhook
}

// observe takes what happened on the phones.
func (w *world) observe(e graphsim.Event) {
	switch e.(type) {
	case graphsim.Request, graphsim.Notified, graphsim.CallbackFailed:
		return // the log has them from the wire
	default:
	}
	w.people.observe(e) // first: who places a call waits until it is known
	w.calls.observe(e)
	w.note(Entry{At: e.When(), Kind: kindEvent, What: eventName(e), Call: string(e.CallID()), Detail: eventDetail(e)})
}

// note writes an entry into the log, with the bot whose call it is about.
func (w *world) note(e Entry) {
	if on := w.sim.Call(ivr.CallID(e.Call)); on != nil {
		e.App = on.App()
	}
	w.server.log.add(e)
}

// later runs f after a while, unless the world is closed first.
func (w *world) later(d time.Duration, f func()) {
	w.run(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			f()
		case <-w.ctx.Done():
		}
	})
}

// run runs f beside everything else; close waits for it.
func (w *world) run(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.beside.Go(f)
	}
}

func (w *world) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	w.sim.Close()
	w.beside.Wait()
}

// inMemory asks the simulator itself, past the log and the faults.
func (w *world) inMemory(r *http.Request) (*http.Response, error) {
	return graphsim.InMemory(w.sim).RoundTrip(r)
}
