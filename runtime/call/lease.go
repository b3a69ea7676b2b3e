package call

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// A node does these things so many times while a lease runs.
const (
	renewals   = 9  // of the lease itself
	claims     = 18 // looks for sessions that no living node has
	collection = 36 // looks for mail, besides when it is told that there is some
)

// A lease must last for some time beyond the longest that a command takes: for
// clocks, and for the way.
const sendSlack = 2 * time.Second // at most a quarter of the lease

// lease is this node's right to its sessions. Its end is reckoned from before it
// was asked for, by the clock that only goes forward; and by the clock on the
// wall, which goes on while a machine is asleep. The earlier one counts.
type lease struct {
	c    *Calls
	span time.Duration // 0: it never ends
	late atomic.Bool   // the last try to renew it failed

	mu        sync.Mutex
	since     time.Time
	stopWatch func()
	claiming  bool
	fetching  bool
	more      bool // mail came while some was being fetched
	doubt     bool // the store may have given sessions that are not here
	drain     bool // somebody asked this node to drain
}

// holds reports whether the lease goes on for a time.
func (l *lease) holds(for_ time.Duration) bool {
	if l.span == 0 {
		return true
	}
	l.mu.Lock()
	end := l.since.Add(l.span)
	l.mu.Unlock()
	then := l.c.cfg.Clock.Now().Add(for_)
	return then.Before(end) && then.Round(0).Before(end.Round(0))
}

// wait reports whether nothing may be sent now, since the lease might end before
// it has arrived; then f runs later.
func (l *lease) wait(f func()) bool {
	if l.maySend() {
		return false
	}
	l.c.later(l.span/claims, f)
	return true
}

func (l *lease) maySend() bool { return l.holds(l.c.cfg.SendWithin + min(sendSlack, l.span/4)) }

func (l *lease) begin(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = at
}

// MaySend says why no command may leave now: this process has not renewed its
// lease for so long that another may take its calls over before it arrives. A
// [Sender] that has prepared something for long asks once more.
func (c *Calls) MaySend() error {
	if c.lease.maySend() {
		return nil
	}
	return c.lease.missing()
}

// missing says why there is no lease.
func (l *lease) missing() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since.IsZero() {
		return ErrNotOpen
	}
	return ErrNoLease
}

// ErrNotOpen says that nothing can begin before Open.
var ErrNotOpen = errors.New("calls are not taken yet: the bot has to be open before anything begins")

// ErrNoLease says that this process does not know whether its sessions are still its
// own.
var ErrNoLease = errors.New("the lease is too short: the store was not heard of for seconds")

// Open makes this process a node of its store's: it takes up the sessions that
// no living node has, and goes on doing so. With a store whose sessions are
// nowhere but in the process it does nothing.
func (c *Calls) Open(ctx context.Context) error {
	l := &c.lease
	if l.span == 0 {
		return nil
	}
	at := c.cfg.Clock.Now()
	if err := c.cfg.Store.Join(ctx); err != nil {
		return err
	}
	l.begin(at)
	c.opening.Store(true)
	err := c.claim(ctx)
	c.opening.Store(false)
	c.armAll()
	if err != nil {
		return err
	}
	stop := c.cfg.Store.Watch(func() { c.later(0, c.collect) })
	l.mu.Lock()
	l.stopWatch = stop
	l.mu.Unlock()
	c.every(l.span/renewals, c.renew)
	c.every(l.span/claims, func() { c.claimSome() })
	c.every(l.span/collection, c.collect)
	return nil
}

// every runs f again and again, each time a while after the last has ended.
func (c *Calls) every(d time.Duration, f func()) {
	c.later(d, func() {
		defer c.every(d, f) // also after a panic
		f()
	})
}

// within is a context for a request to the store that must not outlast the lease.
func (c *Calls) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), c.lease.span/3)
}

func (c *Calls) renew() {
	ctx, cancel := c.within()
	defer cancel()
	at := c.cfg.Clock.Now()
	lapsed := !c.lease.holds(0)
	drain, err := c.cfg.Store.Renew(ctx)
	if errors.Is(err, ErrUnknown) { // so its sessions were anybody's
		lapsed = true
		err = c.cfg.Store.Join(ctx)
	}
	if err != nil {
		c.lease.late.Store(true)
		c.cfg.Log.Warn("lease not renewed", slog.String("error", err.Error()))
		return
	}
	if c.lease.late.Swap(false) {
		c.cfg.Log.Info("lease renewed again")
	}
	var again []ivr.SessionID
	if lapsed && !c.cfg.Alone { // else they can be nobody else's
		again = c.letAllGo()
	}
	c.lease.begin(at)
	c.takeUpAll(again)
	if drain {
		c.lease.mu.Lock()
		first := !c.lease.drain
		c.lease.drain = true
		c.lease.mu.Unlock()
		if first && c.cfg.OnDrain != nil {
			c.cfg.OnDrain()
		}
	}
}

// letAllGo lets go of all sessions, which are to be read again, since another node
// may have taken some of them while this one had no lease: it would go on sending
// for them until it writes the next time.
func (c *Calls) letAllGo() (ids []ivr.SessionID) {
	var all []*owner
	for i := range c.shards {
		all = append(all, c.shards[i].all()...)
	}
	slices.SortFunc(all, func(a, b *owner) int { return cmp.Compare(a.id, b.id) })
	for _, o := range all {
		o.mu.Lock()
		if !o.dead && o.version > 0 {
			o.letGo(ErrLost)
			ids = append(ids, o.id)
		}
		o.mu.Unlock()
	}
	return ids
}

// readers is how many sessions are read at once that are read again. The lease is
// renewed meanwhile, for that may take longer than it lasts.
const readers = 8

// takeUpAll takes sessions up, beside.
func (c *Calls) takeUpAll(ids []ivr.SessionID) {
	for i := range min(readers, len(ids)) {
		c.later(0, func() {
			for j := i; j < len(ids) && !c.closed.Load(); j += readers {
				c.takeUp(ids[j])
			}
		})
	}
}

func (c *Calls) claimSome() {
	if !c.lease.holds(c.lease.span / 3) {
		return
	}
	err := c.claim(context.Background())
	ctx, cancel := c.within()
	defer cancel()
	if err := errors.Join(err, c.recount(ctx)); err != nil {
		c.cfg.Log.Warn("sessions not taken over", slog.String("error", err.Error()))
	}
}

// unsure says that the store may have given this node a session, and the answer
// was lost.
func (l *lease) unsure() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doubt = true
}

// recount takes up the sessions that the store says this node has, and it has
// not.
func (c *Calls) recount(ctx context.Context) error {
	c.lease.mu.Lock()
	doubt := c.lease.doubt
	c.lease.doubt = false
	c.lease.mu.Unlock()
	if !doubt {
		return nil
	}
	ids, err := c.cfg.Store.Owned(ctx)
	if err != nil {
		c.lease.unsure()
		return err
	}
	for _, id := range ids {
		if c.shard(id).find(id) == nil {
			c.takeUp(id)
		}
	}
	return nil
}

// mostAtOnce bounds what is read from the store in one go.
const mostAtOnce = 2_000

// claim takes up all sessions that no living node has. Those that may be what ends
// processes come later; see poison.go.
func (c *Calls) claim(ctx context.Context) error {
	if !c.enterOnce(&c.lease.claiming) {
		return nil
	}
	defer c.leave(&c.lease.claiming)
	all, err := c.claimAll(ctx)
	if err != nil {
		c.lease.unsure()
	}
	if len(all) == 0 {
		return err
	}
	suspects := c.resumeAll(context.WithoutCancel(ctx), all)
	c.cfg.Log.Info("sessions taken up", slog.Int("sessions", len(all)))
	if suspects > 0 {
		c.cfg.Log.Warn("sessions that may have ended processes wait, and are tried one at a time", slog.Int("sessions", suspects))
	}
	return err
}

// claimAll claims before anything is done for the first of them: that would hold the
// store up.
func (c *Calls) claimAll(ctx context.Context) (all []Record, err error) {
	for {
		one, cancel := context.WithTimeout(ctx, c.lease.span/3)
		list, err := c.cfg.Store.Claim(one, mostAtOnce)
		cancel()
		all = append(all, list...)
		if err != nil || len(list) < mostAtOnce {
			return all, err
		}
	}
}

func (c *Calls) enterOnce(flag *bool) bool {
	c.lease.mu.Lock()
	defer c.lease.mu.Unlock()
	if *flag {
		return false
	}
	*flag = true
	return true
}

func (c *Calls) leave(flag *bool) {
	c.lease.mu.Lock()
	defer c.lease.mu.Unlock()
	*flag = false
}

// collect applies the mail of this node's sessions.
func (c *Calls) collect() {
	c.lease.mu.Lock()
	c.lease.more = true
	c.lease.mu.Unlock()
	if !c.enterOnce(&c.lease.fetching) {
		return // whoever is at it looks again
	}
	defer c.leave(&c.lease.fetching)
	for c.takeMore() {
		ctx, cancel := c.within()
		done, err := c.collectSome(ctx)
		cancel()
		if err != nil {
			c.cfg.Log.Warn("mail not fetched", slog.String("error", err.Error()))
			return
		}
		if done == mostAtOnce {
			c.lease.mu.Lock()
			c.lease.more = true
			c.lease.mu.Unlock()
		}
	}
}

func (c *Calls) takeMore() bool {
	c.lease.mu.Lock()
	defer c.lease.mu.Unlock()
	more := c.lease.more
	c.lease.more = false
	return more
}

// collectSome returns how many mails were applied.
func (c *Calls) collectSome(ctx context.Context) (done int, err error) {
	list, err := c.cfg.Store.Mails(ctx, mostAtOnce)
	if err != nil {
		return 0, err
	}
	var why error
	for _, m := range list {
		o := c.shard(m.Session).find(m.Session)
		if o == nil && c.isFinishing(m.Session) {
			continue
		}
		if o == nil {
			c.takeUp(m.Session)
			continue
		}
		if err := o.receive(ctx, context.WithoutCancel(ctx), m); err != nil {
			why = err
			continue
		}
		done++
	}
	if why != nil { // once for all: they are fetched again in a moment
		c.cfg.Log.Warn("mail not applied yet", slog.Int("mails", len(list)-done), slog.String("error", why.Error()))
	}
	return done, nil
}
