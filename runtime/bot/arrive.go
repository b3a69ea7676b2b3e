package bot

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// A call that comes in is begun as soon as the store takes it, the oldest first.
// The platform gives it 15 s.
const (
	storeBy     = 10 * time.Second       // from coming in; what is not stored by then is sent away
	lastTry     = 9 * time.Second        // nothing is begun after that
	tryAgain    = 500 * time.Millisecond // after a store that failed
	beginAtOnce = 256                    // calls that are being stored at the same time
	beginGrace  = 200 * time.Millisecond // for what is begun, to come back by itself
)

// Why a call was sent away.
const (
	awayLimit    = "limit"    // there were as many calls as there may be
	awayStore    = "store"    // the store did not take it in time
	awayDraining = "draining" // the process ends
	awayNoFlow   = "no_flow"  // no flow takes it
)

// arrival is a call that came in and has not begun yet.
type arrival struct {
	ev     ivr.CallIncoming
	first  chan struct{} // closed when a try has ended, or the call is sent away
	told   bool          // first is closed
	err    error         // what the callback is told
	unsure bool          // a try may have begun it all the same
	late   bool          // its time is over
	left   bool          // the caller has hung up
	tried  bool          // somebody tries to begin it
	place  int           // in the queue, -1 if it is not there
	stop   func() bool   // takes the end of its time back; nil: it is not watched
}

// arrivals are the calls that have not begun, with a place for those that may be
// stored now.
type arrivals struct {
	b    *Bot
	most int
	hung atomic.Int64 // tries, also those that were given up

	mu     sync.Mutex
	calls  map[ivr.CallID]*arrival
	queue  arrivalQueue
	trying int
}

// arrive has a call begun, and returns when the platform can be told: nil if the
// call began or is being sent away, else it goes on beside.
func (a *arrivals) arrive(ctx context.Context, e ivr.CallIncoming) error {
	_, waits := a.b.cfg.Clock.(call.Waiter)
	one, fresh := a.add(e)
	switch {
	case one == nil:
		a.b.sendAway(e, awayLimit, false)
		return nil
	case !waits: // nobody can come between
		if !fresh {
			return fmt.Errorf("call %s: %w", e.Call, call.ErrBusy)
		}
		a.next(ctx)
		return a.outcome(one)
	case fresh:
		a.next(context.WithoutCancel(ctx))
		a.watchIfQueued(one)
	}
	select {
	case <-one.first:
		return one.err
	case <-ctx.Done():
		return fmt.Errorf("call %s: %w: it is not stored yet", e.Call, call.ErrBusy)
	}
}

// outcome is what a call's callback is told after a try. If somebody else is at it, that
// it is not stored yet.
func (a *arrivals) outcome(one *arrival) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !one.told {
		return fmt.Errorf("call %s: %w: it is not stored yet", one.ev.Call, call.ErrBusy)
	}
	return one.err
}

// add queues a call, or finds it; nil if there is no room.
func (a *arrivals) add(e ivr.CallIncoming) (one *arrival, fresh bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if one := a.calls[e.Call]; one != nil {
		return one, false
	}
	if len(a.calls) >= a.most {
		return nil, false
	}
	one = &arrival{ev: e, first: make(chan struct{})}
	a.calls[e.Call] = one
	heap.Push(&a.queue, one)
	return one, true
}

// watchIfQueued is for a call that could not be tried at once.
func (a *arrivals) watchIfQueued(one *arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if one.place >= 0 {
		a.watch(one)
	}
}

// gone forgets a call whose caller has hung up.
func (a *arrivals) gone(id ivr.CallID) {
	a.mu.Lock()
	one := a.calls[id]
	if one != nil {
		one.left = true
	}
	waits := one != nil && a.takeOut(one)
	a.mu.Unlock()
	if waits {
		a.remove(one, nil)
	}
}

// close sends away the calls that still wait.
func (a *arrivals) close() {
	a.mu.Lock()
	var waiting []*arrival
	for _, one := range a.calls {
		one.late = true
		if a.takeOut(one) {
			waiting = append(waiting, one)
		}
	}
	a.mu.Unlock()
	for _, one := range waiting {
		a.away(one, awayDraining)
	}
}

// takeOut takes a call out of the queue. It reports whether nobody tries to begin
// it now. The arrivals are locked.
func (a *arrivals) takeOut(one *arrival) bool {
	if one.place >= 0 {
		heap.Remove(&a.queue, one.place)
	}
	return a.calls[one.ev.Call] == one && !one.tried
}

// watch sees to it that a call does not wait longer than it may. The arrivals are
// locked.
func (a *arrivals) watch(one *arrival) {
	if one.stop == nil {
		left := one.ev.At.Add(storeBy).Sub(a.b.cfg.Clock.Now())
		one.stop = a.b.cfg.Clock.AfterFunc(max(left, 0), func() { a.b.beside(func() { a.expire(one) }) })
	}
}

// expire sends a call away that has waited too long. One that is being tried is
// sent away after that.
func (a *arrivals) expire(one *arrival) {
	a.mu.Lock()
	one.late = true
	waits := a.takeOut(one)
	a.mu.Unlock()
	if waits {
		a.away(one, awayStore)
	}
}

// next tries the calls that have waited longest, as many as may be tried at once.
func (a *arrivals) next(ctx context.Context) {
	_, beside := a.b.cfg.Clock.(call.Waiter)
	for {
		a.mu.Lock()
		if a.trying >= beginAtOnce || len(a.queue) == 0 {
			a.mu.Unlock()
			return
		}
		one := heap.Pop(&a.queue).(*arrival)
		a.trying++
		one.tried = true
		a.mu.Unlock()
		if !beside {
			a.try(ctx, one)
			continue
		}
		a.b.beside(func() {
			a.try(ctx, one)
			a.next(ctx)
		})
	}
}

// try begins a call.
func (a *arrivals) try(ctx context.Context, one *arrival) {
	err := a.begin(ctx, one.ev)
	a.mu.Lock()
	a.trying--
	one.tried = false
	one.unsure = one.unsure || errors.Is(err, call.ErrUncertain)
	late, left := one.late || a.age(one) >= lastTry, one.left
	a.mu.Unlock()
	switch {
	case err == nil, left:
		a.remove(one, nil)
	case errors.Is(err, errNoFlow):
		a.away(one, awayNoFlow)
	case errors.Is(err, call.ErrFull):
		a.away(one, awayLimit)
	case errors.Is(err, call.ErrDraining), errors.Is(err, call.ErrClosed):
		a.away(one, awayDraining)
	case late:
		a.b.cfg.Log.Error("call not stored", slog.String("call", string(one.ev.Call)), slog.String("error", err.Error()))
		a.away(one, awayStore)
	default:
		a.b.cfg.Log.Warn("call not stored, trying again", slog.String("call", string(one.ev.Call)), slog.String("error", err.Error()))
		a.again(ctx, one, err)
	}
}

func (a *arrivals) age(one *arrival) time.Duration { return a.b.cfg.Clock.Now().Sub(one.ev.At) }

// begin is [Bot.begin] for no longer than the call can wait, whatever that waits
// for.
func (a *arrivals) begin(ctx context.Context, e ivr.CallIncoming) error {
	clock, ok := a.b.cfg.Clock.(call.Waiter)
	if !ok {
		return a.walled(ctx, e)
	}
	limit := max(e.At.Add(storeBy).Sub(a.b.cfg.Clock.Now()), time.Second)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if a.hung.Load() >= 2*beginAtOnce {
		return fmt.Errorf("call %s: %w: too many tries hang", e.Call, call.ErrBusy)
	}
	ended := make(chan error, 1)
	a.hung.Add(1)
	if clock.Within(limit+beginGrace, func() {
		defer a.hung.Add(-1)
		ended <- a.walled(ctx, e)
	}) {
		return <-ended
	}
	return fmt.Errorf("call %s: %w: it did not begin in %s", e.Call, call.ErrUncertain, limit.Round(time.Millisecond))
}

// walled is [Bot.begin] behind a wall.
func (a *arrivals) walled(ctx context.Context, e ivr.CallIncoming) (err error) {
	defer func() {
		if p := recover(); p != nil {
			a.b.caught("begin", p)
			err = fmt.Errorf("call %s: panic: %v", e.Call, p)
		}
	}()
	return a.b.begin(ctx, e)
}

// again tells the callback that a call is not stored, and queues it once more
// after a while.
func (a *arrivals) again(ctx context.Context, one *arrival, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tell(one, err)
	a.watch(one)
	ctx = context.WithoutCancel(ctx)
	a.b.cfg.Clock.AfterFunc(tryAgain, func() {
		a.mu.Lock()
		waits := a.calls[one.ev.Call] == one && !one.tried && one.place < 0
		if waits {
			heap.Push(&a.queue, one)
		}
		a.mu.Unlock()
		if waits {
			a.b.beside(func() { a.next(ctx) })
		}
	})
}

// tell lets the callback go, once. The arrivals are locked.
func (a *arrivals) tell(one *arrival, err error) {
	if !one.told {
		one.err, one.told = err, true
		close(one.first)
	}
}

// remove forgets a call that began, or is sent away.
func (a *arrivals) remove(one *arrival, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if one.stop != nil {
		one.stop()
	}
	delete(a.calls, one.ev.Call)
	a.tell(one, err)
}

// away sends a call away. That is settled before the call is forgotten: should it be
// told once more, it does not begin.
func (a *arrivals) away(one *arrival, why string) {
	a.b.sendAway(one.ev, why, one.unsure)
	a.remove(one, nil)
}

// waiting is how many calls have not begun.
func (a *arrivals) waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.calls)
}

// arrivalQueue orders calls by when they came in.
type arrivalQueue []*arrival

func (q arrivalQueue) Len() int { return len(q) }
func (q arrivalQueue) Less(i, j int) bool {
	return cmp.Or(q[i].ev.At.Compare(q[j].ev.At), cmp.Compare(q[i].ev.Call, q[j].ev.Call)) < 0
}
func (q arrivalQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push appends a call; it is for container/heap.
func (q *arrivalQueue) Push(x any) {
	one := x.(*arrival)
	one.place = len(*q)
	*q = append(*q, one)
}

// Pop takes the last call off; it is for container/heap.
func (q *arrivalQueue) Pop() any {
	old := *q
	one := old[len(old)-1]
	old[len(old)-1] = nil
	one.place = -1
	*q = old[:len(old)-1]
	return one
}
