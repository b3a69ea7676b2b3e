package sim

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// node is a machine on which one process after the other runs.
type node struct {
	w       *world
	num     int
	runs    int   // processes so far
	proc    *proc // nil while none runs
	skew    time.Duration
	stopped bool // all of it, as by SIGSTOP
	leaving bool // it drains, and takes no new calls

	lateUntil time.Time // its timers may be late until then
}

func (n *node) String() string { return fmt.Sprintf("node%d", n.num) }

// up reports whether connections to the node are accepted.
func (n *node) up() bool { return n.proc != nil && !n.proc.dead && n.proc.ready }

// proc is one process: a bot. What it has of the world goes through handles
// that are dead once the process is.
type proc struct {
	w       *world
	node    *node
	num     int // of the node's processes
	bot     *bot.Bot
	db      *dbHandle
	handler http.RoundTripper
	ready   bool // it has taken up its sessions, and takes connections
	dead    bool
	left    bool     // it has given up its sessions
	stops   int      // how often it was stopped
	backlog []func() // what fell due while the node was stopped
}

// id is the process's in the database.
func (p *proc) id() store.NodeID { return store.NodeID(fmt.Sprintf("%s.%d", p.node, p.num)) }

// start runs a new process on the node.
func (n *node) start() error {
	if n.proc != nil {
		return nil
	}
	n.runs++
	p := &proc{w: n.w, node: n, num: n.runs}
	cfg, err := n.w.config(p)
	if err != nil {
		return fmt.Errorf("sim: %s: %w", n, err)
	}
	if p.bot, err = bot.New(cfg); err != nil {
		return fmt.Errorf("sim: %s: %w", n, err)
	}
	if err := n.w.register(p); err != nil {
		return fmt.Errorf("sim: %s: %w", n, err)
	}
	p.handler = graphsim.InMemory(p.bot.Handler())
	n.proc, n.leaving = p, false
	n.w.trace.addf(n.String(), "process %d starts", p.num)
	n.w.clock.Go(func() { p.enter(p.open) })
	return nil
}

// open takes up what is in the store. A process that cannot ends, and another
// one tries.
func (p *proc) open() {
	err := p.bot.Open(p.w.context())
	switch {
	case p.dead:
	case err != nil:
		p.w.crash(p.node, "it could not begin: "+err.Error())
	default:
		p.ready = true
	}
}

// kill ends the process as kill -9 does.
func (n *node) kill(why string) {
	if n.proc == nil {
		return
	}
	n.proc.dead = true
	n.w.trace.add(n.String(), "is killed: "+why)
	n.excuse(backToTime)
	n.w.excuse(40 * time.Second)
	n.w.judge.deserted(n.proc)
	n.proc, n.stopped = nil, false
}

// stop stops everything on the node, and cont lets it go on.
func (n *node) stop(why string) {
	if n.up() && !n.stopped {
		n.stopped = true
		n.proc.stops++
		n.w.trace.add(n.String(), "is stopped: "+why)
	}
}

func (n *node) cont() {
	if !n.stopped {
		return
	}
	n.stopped = false
	n.excuse(backToTime)
	n.w.trace.add(n.String(), "goes on")
	if p := n.proc; p != nil {
		late := p.backlog
		p.backlog = nil
		for _, f := range late {
			n.w.clock.Go(func() { p.enter(f) })
		}
	}
}

// config is what a process is made of.
func (w *world) config(p *proc) (bot.Config, error) {
	kept, err := w.storeOf(p)
	cfg := bot.Config{
		AppID: w.graph.AppID(), Secret: ivr.NewSecret(graphsim.DefaultSecret), PublicURL: botURL,
		Tenants:  []string{graphsim.DefaultTenant},
		Key:      []byte("the same addresses in every run "), // 32 bytes
		GraphURL: graphURL + "/beta", LoginURL: graphURL,
		Profiles: []server.Profile{{Name: "simulated", MetadataURL: w.graph.Discovery(), Issuers: []string{w.graph.Issuer()},
			Audiences: []string{w.graph.AppID()}, Tenants: []string{server.AnyTenant}, JWKSHosts: []string{graphHost}}},
		Flows: w.kit.flows, Routes: w.routes(), FlowConfig: w.flowConfig(),
		Phones: []string{"+44"}, RecordingHosts: []string{graphHost}, Fetch: webService{p},
		Recordings: &shelf{p: p}, Counters: w.counters,
		Speech: speaker{w.kit.speech, p}, Clock: procClock{p}, Transport: toGraph{p},
		Log:   slog.New(&ear{p: p}),
		Store: &storeHandle{p: p, Store: kept}, Shared: len(w.nodes) > 1,
		Observe: func(ch call.Change) { w.observe(p, ch) },
		NewID:   func() string { return fmt.Sprintf("s%d-%08x", w.ids.IntN(1000), w.ids.Uint32()) },
	}
	if w.o.Durable {
		cfg.Versions, cfg.Blobs, cfg.Counters = p.db, p.db, counters{p.db}
	}
	return cfg, err
}

// storeOf is a process's store: the database that all share, or its own memory.
func (w *world) storeOf(p *proc) (call.Store, error) {
	if !w.o.Durable {
		return &store.Memory{}, nil
	}
	p.db = &dbHandle{DB: w.db, p: p}
	return store.New(store.Config{DB: p.db, Key: []byte(masterKey),
		Node: store.Node{ID: p.id(), Host: p.node.String(), Started: w.clock.Now()}, Now: procClock{p}.Now})
}

// register brings the bot's own code along.
func (w *world) register(p *proc) error {
	type login struct{ Account, PIN string }
	if err := bot.RegisterAction(p.bot, bot.Action[login, struct{}]{Name: "verify", Outcomes: []string{"ok", "wrong"},
		Do: func(ctx context.Context, in login) (struct{}, string, error) {
			p.w.judge.typed(in.Account)
			err := p.work(ctx, "verify")
			return struct{}{}, "ok", err
		}}); err != nil {
		return err
	}
	if err := bot.RegisterAction(p.bot, bot.Action[map[string]any, struct{}]{Name: "deliver", Outcomes: []string{"ok"},
		Do: func(ctx context.Context, in map[string]any) (struct{}, string, error) {
			return struct{}{}, "ok", p.work(ctx, "deliver")
		}}); err != nil {
		return err
	}
	if err := bot.RegisterAction(p.bot, bot.Action[struct{}, struct{}]{Name: "slow", Outcomes: []string{"ok"},
		Do: func(ctx context.Context, _ struct{}) (struct{}, string, error) {
			err := p.work(ctx, "slow")
			if err == nil {
				p.w.sleep(ctx, 2*time.Second)
			}
			return struct{}{}, "ok", err
		}}); err != nil {
		return err
	}
	type balance struct {
		Balance string `json:"balance"`
	}
	return bot.RegisterAction(p.bot, bot.Action[struct{}, balance]{Name: "get_balance", Outcomes: []string{"ok"},
		Do: func(ctx context.Context, _ struct{}) (balance, string, error) {
			return balance{Balance: "12.50"}, "ok", p.work(ctx, "get_balance")
		}})
}

// routes sends the callers of each flow to it: every flow has an identity of
// its own that is rung.
func (w *world) routes() []bot.Route {
	var list []bot.Route
	for _, s := range w.kit.scripts {
		if w.kit.rung(s.Flow) {
			list = append(list, bot.Route{Called: calledID(w.kit, s.Flow), Flow: s.Flow})
		}
	}
	return list
}

// rung reports whether a flow is: others are started.
func (k *Kit) rung(name string) bool { return k.byName[name].Kind == flow.Incoming }

// calledID is the identity under which a flow is rung.
func calledID(k *Kit, flow string) string {
	for i, s := range k.scripts {
		if s.Flow == flow {
			return fmt.Sprintf("c2f7a9d4-0b63-47d5-9c1e-5e8a1f60b%03d", i)
		}
	}
	return ""
}

// People whom the flows call.
const (
	desk = "5f0c7c7e-0000-4000-8000-000000000001"
	ann  = "5f0c7c7e-0000-4000-8000-00000000000a"
	ben  = "5f0c7c7e-0000-4000-8000-00000000000b"
	cem  = "5f0c7c7e-0000-4000-8000-00000000000c"
)

func (w *world) flowConfig() map[string]map[string]any {
	one := map[string]any{"desk": desk}
	return map[string]map[string]any{"transfer": one, "consult": one, "hours": one, "redirect": one,
		"meeting": {"ann": ann}, "hunt": {"ann": ann, "ben": ben, "cem": cem}}
}
