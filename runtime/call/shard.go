package call

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// shard holds a part of the calls, and one runtime timer for the earliest of
// all their timers.
type shard struct {
	c *Calls

	mu    sync.Mutex
	calls map[ivr.SessionID]*owner
	due   dueHeap
	armed time.Time // what the runtime timer is set to; zero if it is not set
	stop  func() bool
	shut  bool
}

// add is false if the session's id is taken.
func (sh *shard) add(o *owner) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.calls[o.id] != nil {
		return false
	}
	o.index = -1
	sh.calls[o.id] = o
	return true
}

// all are the shard's calls at this moment, by their ids: the same order in every
// run.
func (sh *shard) all() []*owner {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return slices.SortedFunc(maps.Values(sh.calls), func(a, b *owner) int { return cmp.Compare(a.id, b.id) })
}

func (sh *shard) find(id ivr.SessionID) *owner {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.calls[id]
}

func (sh *shard) remove(o *owner) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.calls[o.id] != o {
		return
	}
	delete(sh.calls, o.id)
	if o.index >= 0 {
		heap.Remove(&sh.due, o.index)
	}
	sh.arm()
}

func (sh *shard) close(cause error) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.stop != nil {
		sh.stop()
	}
	sh.shut = true
	for _, o := range sh.calls { // in any order: nothing runs by that
		o.cancel(cause)
	}
}

// schedule puts the call where its earliest timer belongs. The call is locked.
func (sh *shard) schedule(o *owner) {
	var due time.Time
	for _, t := range o.s.Timers {
		if due.IsZero() || t.Due.Before(due) {
			due = t.Due
		}
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	switch {
	case due.IsZero() && o.index >= 0:
		heap.Remove(&sh.due, o.index)
	case due.IsZero() || sh.calls[o.id] != o:
	case o.index < 0:
		o.due = due
		heap.Push(&sh.due, o)
	case !o.due.Equal(due):
		o.due = due
		heap.Fix(&sh.due, o.index)
	}
	sh.arm()
}

// lookAgain is the longest that the runtime timer is set to. Timers of a session
// that was taken up are due by the clock on the wall, which may be set right
// meanwhile.
const lookAgain = 20 * time.Second

// arm sets the runtime timer to the earliest due time. It may fire too early
// for nothing, never too late.
func (sh *shard) arm() {
	if len(sh.due) == 0 || sh.shut || sh.c.opening.Load() {
		return
	}
	next := sh.due[0].due
	if !sh.armed.IsZero() && !next.Before(sh.armed) {
		return
	}
	if sh.stop != nil {
		sh.stop()
	}
	sh.armed = next
	sh.stop = sh.c.cfg.Clock.AfterFunc(min(max(next.Sub(sh.c.cfg.Clock.Now()), 0), lookAgain), sh.fire)
}

// armAll arms the timers of all shards.
func (c *Calls) armAll() {
	for i := range c.shards {
		sh := &c.shards[i]
		sh.mu.Lock()
		sh.arm()
		sh.mu.Unlock()
	}
}

// fire tells the calls whose timers ran out.
func (sh *shard) fire() {
	sh.mu.Lock()
	sh.armed, sh.stop = time.Time{}, nil
	now := sh.c.cfg.Clock.Now()
	var ready []*owner
	for len(sh.due) > 0 && !sh.due[0].due.After(now) {
		ready = append(ready, heap.Pop(&sh.due).(*owner))
	}
	sh.arm()
	sh.mu.Unlock()
	sh.c.expireAll(ready)
}

// mostExpiring is how many calls at once store what their timers bring. After a
// take-over those of thousands may be due: more at once would only be refused by the
// store, and come back a second later.
const mostExpiring = 512

// expiring are the calls whose timers ran out.
type expiring struct {
	mu   sync.Mutex
	list []*owner
	busy int // that expire calls
}

func (c *Calls) expireAll(ready []*owner) {
	e := &c.expiring
	e.mu.Lock()
	e.list = append(e.list, ready...)
	more := min(mostExpiring-e.busy, len(ready))
	e.busy += more
	e.mu.Unlock()
	for range more {
		c.run(&c.sends, c.expireSome)
	}
}

// expireSome expires calls until there are none.
func (c *Calls) expireSome() {
	for {
		e := &c.expiring
		e.mu.Lock()
		if len(e.list) == 0 {
			e.list = nil
			e.busy--
			e.mu.Unlock()
			return
		}
		o := e.list[0]
		e.list[0], e.list = nil, e.list[1:]
		e.mu.Unlock()
		o.guard("timers", func() { o.expire(c.cfg.Clock.Now()) })()
	}
}

// expire applies the timers that are due, the earliest first.
func (o *owner) expire(now time.Time) { o.tryExpire(now, 1) }

func (o *owner) tryExpire(now time.Time, try int) {
	for {
		next, ok := o.nextTimer(now)
		if !ok {
			return
		}
		ev := ivr.TimerExpired{Head: ivr.Head{At: now, Leg: ivr.CallerLeg}, Timer: next}
		if err := o.apply(context.WithoutCancel(o.ctx), ev); err != nil {
			if errors.Is(err, ErrUnknown) || errors.Is(err, ErrLost) {
				return // it is not here any more
			}
			o.c.repeat(o.id, "a timer", err, try, func(try int) { o.tryExpire(o.c.cfg.Clock.Now(), try) })
			return
		}
	}
}

// nextTimer is the timer that is due first, false if none is; then the call is
// back in its shard's heap.
func (o *owner) nextTimer(now time.Time) (ivr.TimerID, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.s.Over() {
		return 0, false
	}
	if len(o.s.Timers) > 0 {
		first := slices.MinFunc(o.s.Timers, func(a, b engine.Timer) int {
			return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
		})
		if !first.Due.After(now) {
			return first.ID, true
		}
	}
	o.c.shard(o.id).schedule(o)
	return 0, false
}

// dueHeap orders calls by their earliest timer.
type dueHeap []*owner

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push appends a call; it is for container/heap.
func (h *dueHeap) Push(x any) {
	o := x.(*owner)
	o.index = len(*h)
	*h = append(*h, o)
}

// Pop takes the last call off; it is for container/heap.
func (h *dueHeap) Pop() any {
	old := *h
	o := old[len(old)-1]
	old[len(old)-1] = nil
	o.index = -1
	*h = old[:len(old)-1]
	return o
}
