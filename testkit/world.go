package testkit

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// world is one bot, one simulated Graph, the network between them and the
// virtual time of both. One call comes in.
type world struct {
	clock   *Clock
	net     *network
	sim     *graphsim.Sim
	bot     *bot.Bot
	phone   *graphsim.Call
	meeting *graphsim.Meeting // of a flow that joins one
	flow    *flow.Flow
	given   Given
	seen    *witness
	http    *fakeHTTP
	calls   map[string]int                 // of faked actions
	ids     int                            // given out
	people  func(*flow.Flow, call.Change)  // whom the flow calls
	spoke   func(time.Time, time.Duration) // is told when the caller speaks, and for how long; nil: nobody is
	wrong   error                          // what makes the test void, such as an action without a reply
}

// signingKey signs the callbacks of all worlds of the process: making one
// takes longer than a hundred calls.
//
//nolint:gochecknoglobals // made once and never written again
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// newWorld wires everything. Nothing has happened yet.
func newWorld(f *flow.Flow, g Given, o Options) (*world, error) {
	if g.Now.IsZero() {
		g.Now = DefaultNow()
	}
	w := &world{clock: NewClock(g.Now), flow: f, given: g, calls: map[string]int{}}
	w.clock.keeps = true // whoever has a world closes its clock
	w.net = &network{hosts: map[string]http.RoundTripper{}}
	w.seen = newWitness(f, w.clock)
	if err := errors.Join(w.addGraph(o), w.addBot(o), w.addMeeting()); err != nil {
		return nil, fmt.Errorf("test world: %w", err)
	}
	w.net.hosts[graphHost] = graphsim.InMemory(w.sim)
	w.net.hosts[botHost] = graphsim.InMemory(w.bot.Handler())
	return w, w.addActions(o)
}

func (w *world) addGraph(o Options) error {
	key, err := signingKey()
	if err != nil {
		return err
	}
	cfg := graphsim.Config{
		Clock: w.clock, BaseURL: graphURL, Webhook: botURL + server.WebhookPath, Transport: w.net,
		Key: key, Shared: o.shared, Seed: w.given.Seed, Oddities: w.given.Oddities, Faults: w.given.Faults,
	}
	if w.given.Settings != nil {
		cfg.Settings = *w.given.Settings
	}
	if w.sim, err = graphsim.New(cfg); err != nil {
		return err
	}
	for id, b := range w.given.Targets {
		w.sim.SetTarget(id, b)
	}
	for id, all := range w.given.Reactions {
		if len(all) > 0 {
			w.sim.SetReaction(id, all[0], all[1:]...)
		}
	}
	w.sim.Observe(w.seen.event)
	w.people = Callees(w.sim, w.clock)
	return nil
}

func (w *world) addBot(o Options) error {
	if w.sim == nil {
		return nil // said already
	}
	phones := w.given.Phones
	if phones == nil {
		phones = []string{"+"}
	}
	next := slog.DiscardHandler
	if o.Log != nil {
		next = o.Log.Handler()
	}
	var err error
	if w.http, err = newFakeHTTP(w); err != nil {
		return err
	}
	w.bot, err = bot.New(bot.Config{
		AppID: w.sim.AppID(), Secret: ivr.NewSecret(graphsim.DefaultSecret), PublicURL: botURL,
		Key:      []byte("the same addresses in every test"), // 32 bytes
		GraphURL: graphURL + "/beta", LoginURL: graphURL,
		Profiles: []server.Profile{{Name: "simulated", MetadataURL: w.sim.Discovery(), Issuers: []string{w.sim.Issuer()},
			Audiences: []string{w.sim.AppID()}, Tenants: []string{server.AnyTenant}, JWKSHosts: []string{graphHost}}},
		Flows: []*flow.Flow{w.flow}, FlowConfig: map[string]map[string]any{w.flow.Name: w.config()},
		Phones: phones, RecordingHosts: []string{graphHost}, Fetch: w.http,
		Speech: o.speech, Clock: w.clock, Transport: w.net, Log: slog.New(logbook{next, w.seen}),
		Observe: func(c call.Change) {
			w.seen.change(c)
			w.people(w.flow, c)
			if o.count != nil {
				o.count.Observe(c)
			}
			if o.Observe != nil {
				o.Observe(c)
			}
		},
		NewID: w.newID,
	})
	return err
}

// newID is "test" for the session, and something else for whatever comes after.
func (w *world) newID() string {
	w.ids++
	if w.ids == 1 {
		return "test"
	}
	return fmt.Sprintf("test-%d", w.ids)
}

// placeholder stands for a text that the flow needs from its configuration
// and the test does not care about. It has the form of an object id.
const placeholder = "00000000-0000-4000-8000-000000000000"

// config is what the test gives, and something that fits for the rest.
func (w *world) config() map[string]any {
	full := map[string]any{}
	for name, decl := range w.flow.Config {
		if decl.Default == nil {
			full[name] = standIn(decl.Type)
		}
	}
	maps.Copy(full, w.given.Config)
	return full
}

func standIn(t flow.Type) any {
	switch t {
	case flow.TypeNumber:
		return 1.0
	case flow.TypeBool:
		return false
	case flow.TypeMoney:
		return "1.00"
	case flow.TypeDigits:
		return "1"
	case flow.TypeDate:
		return "2026-11-23"
	case flow.TypeTime:
		return "10:00"
	case flow.TypePhone:
		return "+442071838750"
	case flow.TypeList:
		return []any{}
	case flow.TypeMap:
		return map[string]any{}
	case flow.TypeString, flow.TypeRecording:
	}
	return placeholder
}

// ring lets the caller dial, or has a flow started that calls or joins a meeting.
func (w *world) ring() error {
	if w.flow.Kind == flow.Meeting {
		where, err := w.meetingLink()
		if err == nil {
			_, err = w.bot.Join(context.Background(), bot.Order{Flow: w.flow.Name, Params: w.given.Params, From: graphsim.DefaultInstance,
				Tenant: cmp.Or(w.given.Tenant, graphsim.DefaultTenant)}, where)
		}
		return err
	}
	if w.flow.Kind == flow.Outgoing {
		_, err := w.bot.Dial(context.Background(), bot.Order{
			Flow: w.flow.Name, Params: w.given.Params, From: graphsim.DefaultInstance, Tenant: cmp.Or(w.given.Tenant, graphsim.DefaultTenant)})
		return err
	}
	from := graphsim.Caller{ID: w.given.Caller, Called: w.given.Called, Tenant: w.given.Tenant}
	if from.Called == (ivr.Party{}) {
		from.Called = ivr.Party{Kind: ivr.PartyApplication, ID: graphsim.DefaultInstance}
	}
	var err error
	w.phone, err = w.sim.Ring(from)
	return err
}

// line is the person on the phone: who rings, or whom an outgoing flow has called;
// of a meeting it is those who are there.
// It is nil while there is nobody.
func (w *world) line() *graphsim.Call {
	if w.flow.Kind != flow.Incoming && w.seen.call != "" {
		return w.sim.Call(w.seen.call)
	}
	return w.phone
}

// until drives the clock until something holds, the test is void or the call
// is over. It reports whether it holds.
func (w *world) until(holds func() bool) bool {
	w.clock.Run(func() bool { return holds() || w.over() || w.void() != nil })
	return holds()
}

// void is what makes the test meaningless.
func (w *world) void() error {
	if w.wrong != nil {
		return w.wrong
	}
	return w.clock.Err()
}

// over reports whether the call has ended on both sides.
func (w *world) over() bool {
	if w.flow.Kind != flow.Incoming {
		up := w.seen.connected && w.seen.end == nil // somebody who was called still has the receiver in his hand
		return w.seen.began && w.seen.session.Over() && !up
	}
	return w.seen.end != nil && (!w.seen.began || w.seen.session.Over())
}
