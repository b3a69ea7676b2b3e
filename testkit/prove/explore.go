package prove

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// node is a call between two acts, for all calls with the same key.
type node struct {
	parent  int32  // the node that it was first reached from; -1 of a start
	act     uint16 // the choice that led here from there
	start   uint16 // how the call began
	past    uint64 // what the invariants remember
	plain   int32  // the first node that differs in that alone
	first   int32  // its first edge
	edges   int32
	over    bool   // the call has ended, and nothing follows
	gone    bool   // there is no call any more
	alone   bool   // of a meeting: nobody but the bot is in it
	listens bool   // the caller may press keys
	late    bool   // a limit has struck
	struck  bool   // the limit of steps has, in the midst of an act: see strike
	open    bool   // it was not explored
	ahead   bool   // keys were typed ahead: what seems to play here is skipped
	barred  string // the keys that those are not, since the step where they were pressed takes them
	place   place
}

// place is where a call is, for people and for the drawing of the flow.
type place struct {
	flow, state string // of the machine
}

// edge is one act and where it leads.
type edge struct {
	to    int32
	act   uint16
	kind  edgeKind
	keys  uint8 // how many had to be pressed
	steps uint16
	took  time.Duration
	late  time.Duration // how long it may take at most, if that is more
	hits  uint64        // which targets of can and must it reaches
	also  bool          // it is the act of the edge before it, with another item of a list
}

// edgeKind is what analyses ask of an act.
type edgeKind uint8

const (
	quiet   edgeKind = 1 << iota // it needs nothing of the caller
	fault                        // something does not work
	hangUp                       // the caller is gone
	limited                      // a limit of the call or of a section strikes
	cut                          // it is the end of a prompt that a key may end at once
	mute                         // nothing plays until it happens
	after                        // the call was over before
)

func (k edgeKind) has(other edgeKind) bool { return k&other != 0 }

// graph is all that may happen in a flow's calls.
type graph struct {
	flow   *flow.Flow
	facts  *facts
	starts []start
	worlds []*world // by start
	nodes  []node
	edges  []edge
	index  map[key]int32
	plains map[key]int32 // the first nodes of which invariants remember nothing else
	queue  []pending
	watch  *watch
	taken  map[move]breach      // by which act each move was first made
	played map[string]breach    // by which act each prompt of a catalogue was first played
	leaves map[string][]leaving // with which calls end, by the name of the exit
	ways   []path               // of the calls that were found in a loose exploration
	early  map[reaching]uint16  // how many steps are begun before a promise is reached
	begun  map[int32]int        // how many steps were begun where the limit of steps has struck in the midst of an act
	struck []breach             // where it matters in the midst of which act a limit strikes
	faults []mishap             // at run time
	beyond []mishap             // what the platform does not take
	leaked []mishap             // what is sensitive
	whole  bool                 // nothing is left unexplored
	why    string               // what ended the exploration before
}

// reaching is an act from a node with which an invariant's promise is reached.
type reaching struct {
	node int32
	act  uint16
	inv  int
}

// pending is a node that is still to be explored.
type pending struct {
	node  int32
	state state
}

// mishap is an error of the flow at run time, where it first came.
type mishap struct {
	breach
	err error
}

// explore follows all acts from all starts, the shortest calls first.
func explore(ctx context.Context, f *flow.Flow, o Options) *graph {
	g := &graph{flow: f, facts: factsFor(f, o), index: map[key]int32{}, taken: map[move]breach{}, played: map[string]breach{}, leaves: map[string][]leaving{},
		early: map[reaching]uint16{}, begun: map[int32]int{}, plains: map[key]int32{}, whole: true}
	g.watch = newWatch(f)
	g.starts = startsOf(f, g.facts)
	for i := range g.starts {
		w := &world{root: g.starts[i].flow, facts: g.facts, start: &g.starts[i]}
		g.worlds = append(g.worlds, w)
		st := g.starts[i].state()
		g.add(node{parent: -1, start: uint16(i)}, &st)
	}
	until := time.Now().Add(o.Time)
	run := func() { g.run(ctx, o, until) }
	run()
	g.strike(run)
	return g
}

// run follows all that is still to be explored.
func (g *graph) run(ctx context.Context, o Options, until time.Time) {
	for n := 0; len(g.queue) > 0; n++ {
		if len(g.nodes) > o.Nodes {
			g.stop(fmt.Sprintf("the call has more than the %d states that were allowed", o.Nodes))
			break
		}
		if n%256 == 0 {
			if why := g.enough(ctx, o, until, n); why != "" {
				g.stop(why)
				break
			}
		}
		p := g.queue[0]
		g.queue[0] = pending{}
		g.queue = g.queue[1:]
		g.expand(p, o)
	}
}

// enough says why the exploration is to be ended; "" if it goes on.
func (g *graph) enough(ctx context.Context, o Options, until time.Time, n int) string {
	if o.Progress != nil && n%4096 == 0 {
		o.Progress(len(g.nodes), len(g.queue))
	}
	switch {
	case ctx.Err() != nil:
		return "it was interrupted"
	case o.Time > 0 && time.Now().After(until):
		return fmt.Sprintf("the time of %s was over", o.Time)
	case n%4096 == 0 && o.Memory > 0 && held(o.Memory) > o.Memory:
		return fmt.Sprintf("more than %d MiB of memory would be needed", o.Memory>>20)
	}
	return ""
}

// held is how much memory the process holds. If that seems to be more than a bound, what
// nobody needs is thrown away first: the collector may be set to run rarely.
func held(bound uint64) uint64 {
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapAlloc > bound {
		runtime.GC()
		runtime.ReadMemStats(&m)
	}
	return m.HeapAlloc
}

// stop leaves the rest unexplored.
func (g *graph) stop(why string) {
	g.whole, g.why = false, why
	for _, p := range g.queue {
		g.nodes[p.node].open = true
	}
	g.queue = nil
}

// add is the node of a state, a new one if the state was not seen before. n says
// how it was reached.
func (g *graph) add(n node, st *state) (id int32, known bool) {
	w := g.worlds[n.start]
	more := uint64(0)
	if n.ahead {
		more = 1
		for _, k := range n.barred {
			more |= 2 << strings.IndexRune(allKeys, k)
		}
	}
	k := w.keyOf(st, uint64(n.start), n.past, more)
	if id, ok := g.index[k]; ok {
		return id, true
	}
	id = int32(len(g.nodes))
	g.index[k] = id
	n.plain = id
	if n.past != 0 {
		plain := w.keyOf(st, uint64(n.start), 0, more)
		if first, ok := g.index[plain]; ok {
			n.plain = first
		} else if first, ok := g.plains[plain]; ok {
			n.plain = first
		} else {
			g.plains[plain] = id
		}
	}
	n.late = st.session.EndedBy == ivr.EndedByLimit
	n.over, n.gone = st.session.Over(), w.gone(&st.session) || n.ahead
	n.alone = w.deserted(&st.session)
	n.place = place{st.session.Running, st.session.State}
	g.nodes = append(g.nodes, n)
	if !n.over {
		g.queue = append(g.queue, pending{id, *st})
	}
	return id, false
}

// expand follows all acts from a node.
func (g *graph) expand(p pending, o Options) {
	n := g.nodes[p.node]
	w := g.worlds[n.start]
	first := int32(len(g.edges))
	all := w.choices(&p.state)
	comes := w.comes(&p.state.session)
	follow := func(aside bool) {
		for i := range all {
			c := &all[i]
			if c.aside() != aside || n.ahead && !w.mayFollow(&p.state.session, c, n.barred) {
				continue
			}
			t := turnOf(w.root, &p.state, c)
			e, people := g.follow(p.node, n, t, o)
			if !n.ahead {
				g.edges = append(g.edges, e)
			}
			comes = comes || people || w.asks(t)
			n.listens = n.listens || c.Kind == Presses
		}
	}
	_, phase := w.root.StepAt(p.state.session.Running, p.state.session.State)
	joins := phase == flow.PhaseJoining // who is there is told first, as it mostly is
	if joins {
		follow(true)
	}
	follow(false)
	if comes && !joins {
		follow(true)
	}
	if len(all) == 0 && !n.ahead {
		g.whole, g.why = false, fmt.Sprintf("nothing is known of what follows %s", g.nameOf(p.node))
		n.open = true
	}
	if n.ahead {
		return // it is a way to others, and no state in which a call can stay
	}
	here := &g.nodes[p.node]
	here.open = n.open
	here.first, here.edges, here.listens = first, int32(len(g.edges))-first, n.listens
}

// follow is the edge of an act. people says that an invariant was judged which is
// about people in a meeting.
func (g *graph) follow(id int32, n node, t turn, o Options) (e edge, people bool) {
	at := breach{node: id, act: uint16(t.c.index)}
	g.worlds[n.start].once(t)
	said := g.watch.follow(g.worlds[n.start], n.past, t, -1)
	e = edge{act: at.act, kind: kindOf(t.c), keys: uint8(len(t.c.Keys) - t.c.spare), took: t.to.now.Sub(t.from.now), late: t.c.late,
		steps: uint16(max(t.to.session.Steps-t.from.session.Steps, 0)), hits: said.hits, also: t.c.also}
	if skips(t.c) && g.worlds[n.start].skippable(&t.from.session) {
		e.kind |= cut
	}
	if g.worlds[n.start].gone(&t.from.session) {
		e.kind |= after
	}
	if g.worlds[n.start].still(t) {
		e.kind |= mute
	}
	for i, before := range said.early {
		g.early[reaching{id, at.act, i}] = before
	}
	if g.typesAhead(at, n, t) {
		e.to = -1
		return e, said.people
	}
	g.watch.note(&said, at)
	for _, mv := range said.moves {
		if _, seen := g.taken[mv]; !seen {
			g.taken[mv] = at
		}
	}
	if g.between(g.worlds[n.start], n, &said) {
		g.struck = append(g.struck, at)
	}
	g.looks(at, t.tr)
	to, known := g.add(node{parent: id, act: at.act, start: n.start, past: said.past, struck: n.struck}, t.to)
	if known && o.recheck != nil {
		o.recheck(g, to, t.to)
	}
	e.to = to
	if name := g.exitOf(n, t, said.moves); name != "" {
		g.leaves[name] = append(g.leaves[name], leaving{id, e})
	}
	return e, said.people
}

// looks notes what is played, and what is wrong with what came of an act.
func (g *graph) looks(at breach, tr *trace) {
	note := func(all *[]mishap, err error) {
		if len(*all) < mostFaults {
			*all = append(*all, mishap{at, err})
		}
	}
	if len(tr.errs) > 0 {
		note(&g.faults, tr.errs[0])
	}
	for _, cmd := range tr.cmds {
		if what := beyond(cmd); what != "" {
			note(&g.beyond, errors.New(what))
		}
		g.plays(at, cmd)
		if where := g.facts.leaks(cmd); where != "" {
			note(&g.leaked, errors.New("a sensitive value is in "+where))
		}
	}
}

// plays notes what is played for the first time.
func (g *graph) plays(at breach, cmd ivr.Command) {
	var parts []ivr.Part
	switch cmd := cmd.(type) {
	case ivr.PlayPrompt:
		parts = cmd.Parts
	case ivr.Hold:
		parts = cmd.Music
	default:
	}
	for _, p := range ivr.Heard(parts) {
		if _, seen := g.played[p.Key]; !seen {
			g.played[p.Key] = at
		}
	}
}

// mostFaults bounds how many mishaps of a kind are kept.
const mostFaults = 100

func kindOf(c *choice) (k edgeKind) {
	if c.quiet() {
		k |= quiet
	}
	if c.fault() {
		k |= fault
	}
	if c.Kind == HangsUp || c.Kind == GivenUp {
		k |= hangUp
	}
	if c.Kind == Limit {
		k |= limited
	}
	return k
}
