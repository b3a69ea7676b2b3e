package fleet_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/postgres"
	"github.com/ivrflow/ivrflow/testkit/fleet"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

var faults = flag.Int("faults", 12, "how many faults TestNodes causes")

// lease is the shortest that there is, so that many faults fit into a minute.
const lease = 3 * time.Second

// cluster is some nodes on one PostgreSQL, each with a network of its own to it.
type cluster struct {
	*testing.T
	fleet  *fleet.Fleet
	server *pgtest.Cluster
	db     *postgres.DB // not through a network
	nets   []*pgtest.Proxy
	rand   *rand.Rand

	took  []time.Duration // to take over what a killed node had
	count map[string]int
	cuts  atomic.Int64
}

func newCluster(t *testing.T, nodes int) *cluster {
	t.Helper()
	c := &cluster{T: t, server: server.Cluster(t), rand: rand.New(rand.NewPCG(*seed, 5)), count: map[string]int{}}
	url := server.Database(t)
	var err error
	if c.db, err = postgres.Open(t.Context(), url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.db.Close() })
	c.fleet = prepare(t, fleet.Config{Nodes: nodes, Retries: 12, Patience: 3 * time.Minute,
		Extra: fmt.Sprintf("store: {postgres: {env: IVRFLOW_FLEET_STORE}, lease: %v}", lease)})
	for _, n := range c.fleet.Nodes() {
		proxy, err := pgtest.NewProxy(t.Context(), c.server.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { proxy.Close() })
		by, err := proxy.URL(url)
		if err != nil {
			t.Fatal(err)
		}
		c.nets = append(c.nets, proxy)
		n.Env = []string{"IVRFLOW_FLEET_STORE=" + by}
	}
	run(t, c.fleet)
	return c
}

// strike causes one fault, and waits until the fleet is whole again.
func (c *cluster) strike() {
	i := c.rand.IntN(len(c.nets))
	node := c.fleet.Nodes()[i]
	kinds := []struct {
		name string
		do   func(int, *fleet.Node)
	}{{"kill", c.kill}, {"pause", c.pause}, {"cut at commit", c.cut}, {"partition", c.partition}, {"database restart", c.restart}, {"rolling", c.roll}}
	kind := kinds[c.rand.IntN(len(kinds))]
	if c.total() < len(kinds) {
		kind = kinds[c.total()] // each once
	}
	c.count[kind.name]++
	began := time.Now()
	kind.do(i, node)
	c.Logf("%s: %s of %s, %v", began.Format("05.000"), kind.name, node.Name, time.Since(began).Round(time.Millisecond))
}

func (c *cluster) total() (n int) {
	for _, k := range c.count {
		n += k
	}
	return n
}

// kill is kill -9, and another process in its place.
func (c *cluster) kill(_ int, n *fleet.Node) {
	pid := n.Pid()
	began := time.Now()
	c.must(n.Kill())
	c.orphans(pid)
	c.took = append(c.took, time.Since(began))
	c.start(n)
}

// orphans waits until no session belongs to a process that is no more.
func (c *cluster) orphans(pid int) {
	c.Helper()
	for {
		nodes, err := c.db.Nodes(c.Context())
		if err == nil && !slices.ContainsFunc(nodes, func(n store.Node) bool { return strings.HasSuffix(n.Host, fmt.Sprintf(":%d", pid)) && n.Live > 0 }) {
			return
		}
		if c.Context().Err() != nil {
			c.Fatalf("the calls of process %d are taken over by nobody: %v", pid, nodes)
		}
		pause(c.Context(), 20*time.Millisecond)
	}
}

// pause has a process stand still for three lease times.
func (c *cluster) pause(_ int, n *fleet.Node) {
	c.must(n.Stop())
	pause(c.Context(), 3*lease)
	c.must(n.Continue())
}

// cut breaks connections off around the commits of one node for a while.
func (c *cluster) cut(i int, _ *fleet.Node) {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(c.rand.Uint64(), 1))
	fates := []pgtest.Fate{pgtest.CutBefore, pgtest.CutWithin, pgtest.CutAfter, pgtest.CutAnswered, pgtest.CutMidway}
	c.nets[i].Judge(func(q pgtest.Request) pgtest.Fate {
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(strings.Join(q.SQL, "\n"), "unnest(") || r.IntN(3) > 0 {
			return pgtest.Pass
		}
		c.cuts.Add(1)
		return fates[r.IntN(len(fates))]
	})
	pause(c.Context(), time.Second)
	c.nets[i].Judge(nil)
}

// partition lets nothing pass between a node and the database, for longer than its
// lease.
func (c *cluster) partition(i int, _ *fleet.Node) {
	c.nets[i].Stall()
	pause(c.Context(), 2*lease)
	c.nets[i].Flow()
}

// restart has the database crash and come back.
func (c *cluster) restart(int, *fleet.Node) {
	c.must(c.server.Kill())
	pause(c.Context(), time.Duration(c.rand.IntN(500))*time.Millisecond)
	c.must(c.server.Start(c.Context()))
}

// roll ends a process in order and starts another.
func (c *cluster) roll(_ int, n *fleet.Node) {
	ctx, cancel := context.WithTimeout(c.Context(), 30*time.Second)
	defer cancel()
	c.must(n.Term(ctx))
	c.start(n)
}

func (c *cluster) start(n *fleet.Node) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), 30*time.Second)
	defer cancel()
	_, err := n.Start(ctx)
	c.must(err)
}

func (c *cluster) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// Three processes on one PostgreSQL, killed, paused, cut off and restarted: what
// was acknowledged is not lost, nothing that does harm is done twice, and every
// call ends.
func TestNodes(t *testing.T) {
	c := newCluster(t, 3)
	calls := c.fleet.Callers(t.Context(), crowd)
	stop := sync.OnceFunc(calls.Stop)
	defer stop()
	for i := range *faults {
		busy(t, c.fleet)
		pause(t.Context(), time.Duration(300+c.rand.IntN(700))*time.Millisecond)
		c.strike()
		if (i+1)%20 == 0 {
			t.Logf("%d faults of %d so far", i+1, *faults)
		}
	}
	stop()
	r := c.fleet.History.Report()
	t.Logf("%d faults %v, %d commits cut: %v; takeover with a lease of %v: %s", c.total(), text(c.count), c.cuts.Load(), r, lease, spread(c.took))
	t.Logf("longest: %s", r.Story)
	none(t, c.fleet, r)
	over(t, c.fleet)
}

func text(m map[string]int) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, fmt.Sprintf("%d %s", m[k], k))
	}
	return strings.Join(all, ", ")
}
