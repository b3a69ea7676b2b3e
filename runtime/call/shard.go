package call

import (
	"cmp"
	"container/heap"
	"context"
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
}

func (sh *shard) add(o *owner) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	o.index = -1
	sh.calls[o.id] = o
}

func (sh *shard) find(id ivr.SessionID) *owner {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.calls[id]
}

func (sh *shard) remove(id ivr.SessionID) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	o := sh.calls[id]
	if o == nil {
		return
	}
	delete(sh.calls, id)
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
	for _, o := range sh.calls {
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

// arm sets the runtime timer to the earliest due time. It may fire too early
// for nothing, never too late.
func (sh *shard) arm() {
	if len(sh.due) == 0 {
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
	sh.stop = sh.c.cfg.Clock.AfterFunc(max(next.Sub(sh.c.cfg.Clock.Now()), 0), sh.fire)
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
	for _, o := range ready {
		sh.c.run(func() { o.expire(now) })
	}
}

// expire applies the timers that are due, the earliest first.
func (o *owner) expire(now time.Time) {
	o.mu.Lock()
	timers := slices.Clone(o.s.Timers)
	leg := o.s.Leg.ID
	o.mu.Unlock()
	slices.SortStableFunc(timers, func(a, b engine.Timer) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	for _, t := range timers {
		if t.Due.After(now) {
			break
		}
		ev := ivr.TimerExpired{Head: ivr.Head{At: now, Leg: leg}, Timer: t.ID}
		if err := o.apply(context.WithoutCancel(o.ctx), ev); err != nil {
			o.c.cfg.Clock.AfterFunc(time.Second, func() { o.expire(o.c.cfg.Clock.Now()) })
			return
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.s.Over() {
		o.c.shard(o.id).schedule(o)
	}
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
