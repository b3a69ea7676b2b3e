// Package call owns the calls of a process. Each call is a plain struct with a
// lock: events are applied to it one after another by the pure engine, the
// result is committed in one write, and only then do its commands leave, in
// order. An idle call has no goroutine and no timer of its own.
//
// The package knows neither Graph nor HTTP: what sends commands is a [Sender],
// what keeps sessions is a [Store], what tells the time is a [Clock]. All
// methods of [Calls] are safe for concurrent use.
package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Clock tells the time and runs functions later or beside. A virtual clock
// runs them one at a time.
type Clock interface {
	Now() time.Time
	// AfterFunc runs f after d; stop reports whether it prevented that.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
	// Go runs f beside the caller.
	Go(f func())
}

// Address is what a sender must know of a call.
type Address struct {
	Session  ivr.SessionID
	Leg      ivr.LegID
	Call     ivr.CallID
	Tenant   string
	Scenario string
	Started  time.Time
	Answered bool
}

// Reply is what came of sending a command once.
type Reply struct {
	// Event is what the engine is told; nil if there is nothing to tell.
	Event ivr.Event
	// Again says that sending the command again is safe and may help.
	Again bool
	// After is the wait the platform asked for; 0 leaves it to the sender's
	// back-off.
	After time.Duration
}

// Sender sends one command once and waits for the response.
type Sender interface {
	Send(ctx context.Context, to Address, cmd ivr.Command) Reply
}

// Config is what [New] needs. Store, Sender and Clock are required.
type Config struct {
	Store  Store
	Sender Sender
	Clock  Clock
	// Flow finds a version of a flow for a session that another process began; nil
	// if there can be none. An error that wraps flow.ErrUnusable is for good: the
	// calls of that version are given up. After any other it is asked again.
	Flow func(ctx context.Context, version string) (*flow.Flow, error)
	// SendWithin is the longest that Sender takes for one command of the platform.
	// With a lease, nothing is sent that might still be on its way when the lease
	// has ended.
	SendWithin time.Duration
	// MostCalls is how many calls may live at once; new ones are refused beyond. 0:
	// any number.
	MostCalls int
	// Alone says that no other process can have this one's sessions, also when its
	// lease has ended.
	Alone bool
	// WithoutStore is how long a call goes on of which something could not be stored;
	// then it is ended, unless another process may have it. 0: for ever.
	WithoutStore time.Duration
	// SendAway gives away an unanswered call of which something could not be stored,
	// before the platform gives it up; nil: it is left to that. If it is not sure to
	// be this process's any more another may just have answered it.
	SendAway func(to Address, sure bool)
	Log      *slog.Logger // nil: nothing is logged
	// Observe is told of every change after it was committed, in the order of
	// the call's events, with the call locked: it must be quick and must not
	// call back.
	Observe func(Change)
	// OnDrain is called once when somebody asks this node to end; see Store.Renew.
	OnDrain func()
}

// Calls owns the live calls of a process.
type Calls struct {
	cfg    Config
	shards [shardCount]shard
	closed atomic.Bool // written with mu held

	mu       sync.Mutex
	byCall   map[ivr.CallID]ivr.SessionID
	ended    ended
	draining bool
	idle     chan struct{} // closed, and made anew, when draining and no call is left
	live     int
	taking   map[ivr.SessionID]bool // sessions that are being taken up; true: to be looked for once more
	// returning are sessions that were let go, and are to be taken up again.
	returning map[ivr.SessionID]bool
	// finishing are sessions that have ended, but for their last hang-ups.
	finishing map[ivr.SessionID]bool
	// counted is, of sessions of which this process has counted that it takes them
	// up, how often others had before; see poison.go.
	counted  map[ivr.SessionID]int
	suspects suspects
	opening  atomic.Bool // by Open: timers that are due would be in its way
	looks    looks
	reads    reads
	lease    lease

	counts   counts
	stuck    stuck
	again    again
	expiring expiring
	// refuses says that the store did not take what it was last given to keep.
	refuses atomic.Bool
	sends   group
	actions group // the bot's own code, which may not heed its context
}

const shardCount = 16

// New is an owner without calls.
func New(cfg Config) (*Calls, error) {
	var errs []error
	for name, missing := range map[string]bool{"store": cfg.Store == nil, "sender": cfg.Sender == nil, "clock": cfg.Clock == nil} {
		if missing {
			errs = append(errs, fmt.Errorf("call: no %s", name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Calls{cfg: cfg, byCall: map[ivr.CallID]ivr.SessionID{}, idle: make(chan struct{}), taking: map[ivr.SessionID]bool{}, returning: map[ivr.SessionID]bool{}, finishing: map[ivr.SessionID]bool{}, counted: map[ivr.SessionID]int{}}
	c.lease = lease{c: c, span: cfg.Store.Lease()}
	c.cfg.Store = &bounded{Store: cfg.Store, c: c, late: func(id ivr.SessionID) { c.later(0, func() { c.takeUp(id) }) }}
	for i := range c.shards {
		c.shards[i].calls = map[ivr.SessionID]*owner{}
		c.shards[i].c = c
	}
	return c, nil
}

// Session is a copy of a live session.
func (c *Calls) Session(id ivr.SessionID) (engine.Session, bool) {
	o := c.shard(id).find(id)
	if o == nil {
		return engine.Session{}, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return *o.s, !o.dead
}

// Sessions are copies of the live sessions, in any order.
func (c *Calls) Sessions() []engine.Session {
	var all []engine.Session
	for i := range c.shards {
		for _, o := range c.shards[i].all() {
			o.mu.Lock()
			if !o.dead && !o.s.Over() {
				all = append(all, *o.s)
			}
			o.mu.Unlock()
		}
	}
	return all
}

// Live is the number of sessions that have not ended.
func (c *Calls) Live() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live
}

// HangUp ends all live calls, at once and without a word to their callers, for
// a process that shuts down and cannot hand them over. Their flows' on_end
// follows; Drain waits for that.
func (c *Calls) HangUp(ctx context.Context) {
	for i := range c.shards {
		for _, o := range c.shards[i].all() {
			if err := o.stop(ctx); err != nil {
				c.cfg.Log.Error("call not hung up", slog.String("session", string(o.id)), slog.String("error", err.Error()))
			}
		}
	}
}

// actionGrace is how long Close waits for actions that were told to stop. Go
// cannot stop one that does not heed its context.
const actionGrace = 5 * time.Second

// Close stops sending and waits for what is being sent, and a few seconds for
// actions. Nothing is taken any more; calls that live are left as they are in
// the store, for another process to go on with them. What still comes for them
// is kept there.
func (c *Calls) Close() {
	c.mu.Lock()
	c.closed.Store(true)
	c.mu.Unlock()
	if c.lease.span > 0 { // what is on its way comes to an end: nobody need wonder what became of it
		c.await(&c.sends, c.cfg.SendWithin)
	}
	for i := range c.shards {
		for _, o := range c.shards[i].all() {
			o.mu.Lock()
			o.flush(1)
			o.mu.Unlock()
		}
		c.shards[i].close(errClosed)
	}
	c.await(&c.sends, 0)
	if !c.await(&c.actions, actionGrace) {
		c.cfg.Log.Error("actions still run: they do not heed their context")
	}
	c.leaveStore()
}

// leaveStore gives up what is left, so that others need not wait for the lease
// to end.
func (c *Calls) leaveStore() {
	if c.lease.span == 0 {
		return
	}
	c.lease.mu.Lock()
	stop := c.lease.stopWatch
	c.lease.mu.Unlock()
	if stop != nil {
		stop()
	}
	ctx, cancel := c.within()
	defer cancel()
	if err := c.cfg.Store.Leave(ctx); err != nil {
		c.cfg.Log.Warn("sessions not given up: others take them when the lease has ended", slog.String("error", err.Error()))
	}
}

var errClosed = errors.New("the process is shutting down")

func (c *Calls) shard(id ivr.SessionID) *shard {
	return &c.shards[spread(id)%shardCount] // ids are our own, and so nobody can choose a shard
}

// run runs f beside the caller, unless all is being closed; Close waits for it
// by way of the group.
func (c *Calls) run(g *group, f func()) {
	c.mu.Lock()
	if c.closed.Load() {
		c.mu.Unlock()
		return
	}
	g.add()
	c.mu.Unlock()
	c.cfg.Clock.Go(func() {
		defer g.done()
		defer func() {
			if p := recover(); p != nil {
				c.caught("goroutine", p)
			}
		}()
		f()
	})
}

// later is run after a time.
func (c *Calls) later(d time.Duration, f func()) (stop func() bool) {
	return c.cfg.Clock.AfterFunc(d, func() { c.run(&c.sends, f) })
}
