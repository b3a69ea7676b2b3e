package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Options are what a run is given. Everything else is decided by the seed.
type Options struct {
	Seed     uint64
	Durable  bool   // sessions survive their process, and processes die
	NoFaults bool   // all is well
	Only     int    // only faults of this number; 0: of all
	Flow     string // only calls of this flow; "": of all
	Calls    int    // how many; 0: 5 to 20
	Nodes    int    // how many; 0: 1 to 3
	Plain    bool   // all callers follow their script, and Graph has no oddities
	Crash    *Crash
	Scene    Scene        // what else happens to the process that has the call
	SceneAt  int          // ms after the beginning
	Quiet    bool         // there is no trace, which takes time, and no hash
	Whole    bool         // the trace holds all lines
	Log      func(string) // hears what the bots log; nil: nobody
}

// world is a run.
type world struct {
	kit   *Kit
	o     Options
	clock *testkit.Clock
	trace *trace
	graph *graphsim.Sim
	nodes []*node
	judge *judge

	// Chance has several sources, so that what one part asks more often changes
	// nothing for the others.
	net, people, ids *rand.Rand

	db         *store.MemoryDB
	archive    archive
	counters   *store.Counters
	recordings map[string][]byte
	done       map[string]int // what the bots' own code did

	phones map[ivr.CallID]*phone
	all    []*phone
	callee func(*flow.Flow, call.Change)

	plan     []*fault
	strikes  map[int]int // by number of fault
	passed   map[Point]int
	wished   map[Point]int // passed before an operator wanted something
	silent   []string      // operations of which nothing is told any more
	freezeAt Point         // where the next process is stopped
	poison   poisoning
	skewed   bool // a wall clock was wrong, once
	rotated  bool
	unsure   bool // the next write's answer is lost
	calm     bool // no more faults
	refused  int  // requests that the store has refused
	fault    error
	excuses  []window
}

// window is a stretch of time in which nobody can be on time.
type window struct{ from, until time.Time }

// storeBack is how long after a failure of the store things may be late.
const storeBack = 15 * time.Second

// begins is when every run begins: a Monday morning.
func begins() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

func (k *Kit) newWorld(o Options) (*world, error) {
	source := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(o.Seed, n)) }
	w := &world{kit: k, o: o, clock: testkit.NewClock(begins()), net: source(1), people: source(2), ids: source(3),
		db: &store.MemoryDB{}, counters: &store.Counters{}, recordings: map[string][]byte{}, done: map[string]int{},
		phones: map[ivr.CallID]*phone{}, strikes: map[int]int{}, passed: map[Point]int{}}
	w.db.Now = w.clock.Now
	w.trace = newTrace(w.clock.Now, o.Whole, o.Quiet)
	w.judge = newJudge(w)
	var err error
	if w.archive, err = w.newArchive(); err != nil {
		return nil, err
	}
	if err := w.addGraph(source(4)); err != nil {
		return nil, err
	}
	if o.Seed%8 > 0 { // flows were kept by processes before
		for _, f := range k.kept {
			if err := w.db.PutFlow(w.context(), f); err != nil {
				return nil, fmt.Errorf("sim: %w", err)
			}
		}
	}
	count := o.Nodes
	if count == 0 {
		count = 1 + w.people.IntN(3)
	}
	if !o.Durable {
		count = 1 // a call lives in the memory of one
	}
	for i := range count {
		w.nodes = append(w.nodes, &node{w: w, num: i + 1})
	}
	for _, n := range w.nodes { // each knows whether there are others
		if err := n.start(); err != nil {
			return nil, err
		}
	}
	w.sow(source(5))
	return w, nil
}

func (w *world) addGraph(r *rand.Rand) error {
	cfg := graphsim.Config{Clock: simClock{w.clock}, BaseURL: graphURL, Webhook: botURL + server.WebhookPath,
		Transport: balancer{w}, Key: w.kit.keys[0], Shared: w.kit.shared, Seed: w.o.Seed}
	if !w.o.Plain {
		cfg.Settings = graphsim.SomeSettings(r.Uint64())
		cfg.Settings.OddChance = 0.2
		cfg.Settings.CallbackRetries = r.IntN(4)
		for _, o := range graphsim.SomeOddities(r.Uint64()) {
			if o != graphsim.Escalates || r.IntN(4) == 0 {
				cfg.Oddities = append(cfg.Oddities, o)
			}
		}
		if r.IntN(12) == 0 {
			cfg.Settings.MaxCalls = 6
		}
	}
	var err error
	if w.graph, err = graphsim.New(cfg); err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	w.graph.Observe(w.seen)
	w.callee = testkit.Callees(w.graph, simClock{w.clock})
	return nil
}

// seen takes what happens at Graph.
func (w *world) seen(e graphsim.Event) {
	p := w.phones[e.CallID()]
	switch e := e.(type) {
	case graphsim.Calling:
		if p == nil {
			p = w.called(e.Call, func(p *phone) bool { return p.target == e.Target.ID })
		}
	case graphsim.Joining:
		p = w.called(e.Call, func(p *phone) bool { return p.meeting == e.Meeting })
	default:
	}
	if p != nil {
		p.event(e)
	}
	w.judge.event(e)
}

// called is who a call of the bot's is with; nil for those whom the flows call.
func (w *world) called(id ivr.CallID, is func(*phone) bool) *phone {
	for _, p := range w.all {
		if p.target != "" && is(p) {
			p.call = w.graph.Call(id)
			w.phones[id] = p
			return p
		}
	}
	return nil
}

// observe takes what a process has committed.
func (w *world) observe(p *proc, ch call.Change) {
	if p.dead {
		return
	}
	if f := w.kit.byName[ch.Session.Flow]; f != nil {
		w.callee(f, ch)
	}
}

// begin has somebody ring, or a flow start.
func (w *world) begin() {
	s := w.someScript()
	p := w.newPhone(len(w.all)+1, s)
	w.all = append(w.all, p)
	if p.target == "" {
		p.ring()
		return
	}
	if p.meeting != nil {
		p.meet()
	}
	w.start(p, 0)
}

// start has a flow run that is not rung. Whoever orders it tries again.
func (w *world) start(p *phone, tries int) {
	id, err := w.order(func(proc *proc) (id ivr.SessionID, err error) {
		order := bot.Order{Flow: p.script.Flow, Params: map[string]any{"who": p.target}, Tenant: graphsim.DefaultTenant}
		if p.meeting == nil {
			began, err := proc.bot.Dial(w.context(), order)
			return began.Session, err
		}
		where, err := graph.ParseJoinURL(p.meeting.JoinURL())
		w.must(err)
		began, err := proc.bot.Join(w.context(), order, where)
		return began.Session, err
	})
	if err != nil && tries < 20 {
		w.trace.addf(p.String(), "not started: %v", err)
		w.after(2*time.Second, func() { w.start(p, tries+1) })
		return
	}
	w.trace.addf(p.String(), "is to be met by %s", id)
	p.rang++
}

func (w *world) someScript() Script {
	total := 0
	for _, s := range w.kit.scripts {
		if w.o.Flow == s.Flow {
			return s
		}
		total += s.Weight
	}
	at := w.people.IntN(total)
	for _, s := range w.kit.scripts {
		if at -= s.Weight; at < 0 {
			return s
		}
	}
	return w.kit.scripts[0]
}

// after has f run later; it may sleep.
func (w *world) after(d time.Duration, f func()) {
	w.clock.AfterFunc(d, func() { w.clock.Go(f) })
}

// must ends the run if something is wrong with the simulation itself.
func (w *world) must(err error) {
	if err != nil && w.fault == nil {
		w.fault = err
	}
}

// excuse notes that nobody can be on time for a while.
func (w *world) excuse(d time.Duration) {
	now := w.clock.Now()
	until := now.Add(d)
	if n := len(w.excuses); n > 0 && !w.excuses[n-1].until.Before(now) {
		if w.excuses[n-1].until.Before(until) {
			w.excuses[n-1].until = until
		}
		return
	}
	w.excuses = append(w.excuses, window{now, until})
}

// excused reports whether anything since a time is excused.
func (w *world) excused(since time.Time) bool {
	return slices.ContainsFunc(w.excuses, func(x window) bool { return !x.until.Before(since) })
}

// restartAfter is how long it takes until a process runs again.
func (w *world) restartAfter() time.Duration {
	return time.Duration(200+w.net.IntN(12_000)) * time.Millisecond
}
