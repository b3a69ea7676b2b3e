package flowdiff

import (
	"container/heap"
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// both is a call of both flows between two acts: where each is, and what the caller
// has heard of one of them and not yet of the other.
type both struct {
	at    [2]prove.Moment
	ahead int // the flow, 0 or 1, of which more was heard
	lag   []Heard
	owed  [2][]owed
}

// owed is what an action brought to one flow that the other has not done as often.
type owed struct {
	name string
	act  prove.Act
}

// mostOwed bounds how much oftener one flow may do an action than the other, with
// the answers kept.
const mostOwed = 3

// node is a both, for all that go on alike.
type node struct {
	parent int32
	move   int32 // of the parent
	way    int32 // in which the call begins
	cost   cost
	done   bool // it was explored
}

// cost is what a call takes: how often something fails, and how many things happen.
// Calls in which less fails are shorter.
type cost struct{ faults, acts int32 }

func (c cost) less(d cost) bool {
	return c.faults < d.faults || c.faults == d.faults && c.acts < d.acts
}

// waiting is a node that is still to be explored, or, with said, what parts the flows.
type waiting struct {
	id    int32
	cost  cost
	order int // in which they were found
	b     both
	split *split
}

// queue is a heap of what is still to be explored, the shortest calls first.
type queue []waiting

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].cost != q[j].cost {
		return q[i].cost.less(q[j].cost)
	}
	return q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is container/heap's.
func (q *queue) Push(x any) { *q = append(*q, x.(waiting)) }

// Pop is container/heap's.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	(*q)[len(*q)-1] = waiting{}
	*q = (*q)[:len(*q)-1]
	return last
}

// explorer follows both flows through the same calls.
type explorer struct {
	o        Options
	pair     *prove.Pair
	does     [2]map[string]bool // the actions and requests of each flow
	alphabet []string
	nodes    []node
	moves    int
	index    map[[16]byte]int32
	queue    queue
	order    int
	asked    [2]asked
	split    *split
	whole    bool
	why      string
	dropped  bool // more was owed than is kept
}

// split is where callers can tell the flows apart.
type split struct {
	node int32 // before the last move
	move int32
	way  int32
	said [2]string // what parts them
}

func explore(ctx context.Context, old, next *flow.Flow, o Options) *explorer {
	x := &explorer{o: o, pair: prove.NewPair(old, next), index: map[[16]byte]int32{}, whole: true}
	x.alphabet = x.pair.Alphabet()
	for i, f := range []*flow.Flow{old, next} {
		x.does[i], x.asked[i] = doneBy(f), asked{}
	}
	for way := range x.pair.Starts() {
		b := both{at: [2]prove.Moment{x.pair.Start(way, 0), x.pair.Start(way, 1)}}
		x.add(node{parent: -1, move: -1, way: int32(way)}, b)
	}
	if old.Kind == flow.Meeting || next.Kind == flow.Meeting {
		x.whole, x.why = false, "what is heard in meetings is not compared"
		return x
	}
	until := time.Now().Add(o.Time)
	for n := 0; len(x.queue) > 0; n++ {
		if why := x.enough(ctx, until, n); why != "" {
			x.whole, x.why = false, why
			break
		}
		w := heap.Pop(&x.queue).(waiting)
		if w.split != nil {
			x.split = w.split
			break
		}
		if at := &x.nodes[w.id]; !at.done && at.cost == w.cost {
			at.done = true
			x.expand(w)
		}
	}
	return x
}

// doneBy are the actions and requests of a flow and of those it calls.
func doneBy(f *flow.Flow) map[string]bool {
	all := map[string]bool{}
	for _, m := range f.Members() {
		for _, s := range m.Steps {
			if name := prove.Request(s); name != "" {
				all[name] = true
			}
		}
	}
	return all
}

// enough says why the exploration is to be ended; "" if it goes on.
func (x *explorer) enough(ctx context.Context, until time.Time, n int) string {
	if x.o.Progress != nil && n%1024 == 0 {
		x.o.Progress(len(x.nodes), len(x.queue))
	}
	switch {
	case ctx.Err() != nil:
		return "it was interrupted"
	case x.o.Time > 0 && n%64 == 0 && time.Now().After(until):
		return fmt.Sprintf("the time of %s was over", x.o.Time)
	case len(x.nodes) > x.o.Nodes:
		return fmt.Sprintf("the calls have more than the %d states that were allowed", x.o.Nodes)
	case n%2048 == 0:
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > prove.DefaultMemory {
			return fmt.Sprintf("more than %d MiB of memory would be needed", uint64(prove.DefaultMemory)>>20)
		}
	}
	return ""
}

// add adds a node, if none that goes on alike is known, or only by a longer call.
func (x *explorer) add(n node, b both) {
	k := b.key(n.way)
	id, known := x.index[k]
	switch {
	case !known:
		id = int32(len(x.nodes))
		x.index[k] = id
		x.nodes = append(x.nodes, n)
	case x.nodes[id].done || !n.cost.less(x.nodes[id].cost):
		return
	default:
		x.nodes[id] = n
	}
	x.push(waiting{id: id, cost: n.cost, b: b})
}

func (x *explorer) push(w waiting) {
	x.order++
	w.order = x.order
	heap.Push(&x.queue, w)
}

func (b *both) key(way int32) [16]byte {
	one, two := b.at[0].Key(), b.at[1].Key()
	text := append(one[:], two[:]...)
	text = fmt.Appendf(text, "%d/%d/%q/%v", way, b.ahead, whats(b.lag), b.owed)
	sum := sha256.Sum256(text)
	return [16]byte(sum[:16])
}

// expand follows all that may happen next in both flows.
func (x *explorer) expand(w waiting) {
	all := x.next(&w.b)
	n := x.nodes[w.id]
	if len(all) == 0 && !w.b.over() {
		x.whole, x.why = false, "nothing is known of what follows "+w.b.at[0].Session().State+" and "+w.b.at[1].Session().State
	}
	for i := range all {
		x.moves++
		to, said := x.follow(&w.b, &all[i])
		if said == nil {
			said = x.stuck(&to)
		}
		child := node{parent: w.id, move: int32(i), way: n.way, cost: cost{n.cost.faults, n.cost.acts + 1}}
		if all[i].fault() {
			child.cost.faults++
		}
		if said != nil {
			x.push(waiting{cost: child.cost, split: &split{w.id, int32(i), n.way, *said}})
			continue
		}
		x.add(child, to)
	}
}

// over reports a call that is over in both flows.
func (b *both) over() bool { return b.at[0].Gone() && b.at[1].Gone() && len(b.lag) == 0 }

// follow lets something happen in both flows, or in one. said is what parts them.
func (x *explorer) follow(b *both, m *move) (to both, said *[2]string) {
	to = both{ahead: b.ahead, owed: b.owed}
	var heard [2][]Heard
	heard[b.ahead] = append(heard[b.ahead], b.lag...)
	for i, c := range m.c {
		to.at[i] = b.at[i]
		if c == nil {
			continue
		}
		next, r := b.at[i].Do(*c)
		to.at[i] = next
		more := x.heard(b.at[i], next, c, &r)
		if i == b.ahead && cut(c, more) {
			heard[i] = withoutTail(heard[i])
		}
		heard[i] = append(heard[i], more...)
		x.asked[i].add(&r)
	}
	x.owe(&to, m)
	n := 0
	for n < len(heard[0]) && n < len(heard[1]) && heard[0][n].What == heard[1][n].What {
		n++
	}
	heard[0], heard[1] = heard[0][n:], heard[1][n:]
	switch {
	case len(heard[0]) > 0 && len(heard[1]) > 0:
		return to, &[2]string{heard[0][0].Text, heard[1][0].Text}
	case len(heard[1]) > 0:
		to.ahead, to.lag = 1, heard[1]
	default:
		to.ahead, to.lag = 0, heard[0]
	}
	return to, nil
}

// cut reports that what plays ends before it is over.
func cut(c *prove.Choice, heard []Heard) bool {
	a := c.Act()
	return a.Kind == prove.Fails && a.What == "play" || len(heard) > 0 && heard[0].What == stops
}

// withoutTail leaves out the parts of a prompt that was cut before they played: of
// the other flow they were not heard yet, so this one had not come to them.
func withoutTail(all []Heard) []Heard {
	for len(all) > 0 && all[len(all)-1].part {
		all = all[:len(all)-1]
	}
	return all
}

// owe notes what an action brought to one flow only, and takes what was noted.
func (x *explorer) owe(to *both, m *move) {
	if m.lone < 0 || m.request == "" {
		return
	}
	i := m.lone
	if m.paid >= 0 {
		rest := append([]owed(nil), to.owed[i][:m.paid]...)
		to.owed[i] = append(rest, to.owed[i][m.paid+1:]...)
		return
	}
	other := 1 - i
	if !x.does[other][m.request] {
		return
	}
	act := m.c[i].Act()
	act.What, act.After = "", 0
	all := append(append([]owed(nil), to.owed[other]...), owed{m.request, act})
	if len(all) > mostOwed {
		all, x.dropped = all[1:], true
	}
	to.owed[other] = all
}

// stuck says what parts the flows if one says something for which the other would
// have to be told to go on, or has ended.
func (x *explorer) stuck(b *both) *[2]string {
	st := [2]stand{standOf(b.at[0]), standOf(b.at[1])}
	var said [2]string
	if len(b.lag) > 0 {
		slow := 1 - b.ahead
		if st[slow].moves() {
			return nil
		}
		said[b.ahead], said[slow] = b.lag[0].Text, st[slow].text()
		return &said
	}
	for i := range st {
		if st[i].kind == isOver && !st[1-i].moves() && st[1-i].kind != isOver {
			said[i], said[1-i] = st[i].text(), st[1-i].text()
			return &said
		}
	}
	return nil
}
