package call

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// Calls are read so seldom, since the platform counts requests, and after a
// process's end thousands may want to be. A few may be at once.
const (
	readEvery   = 20 * time.Millisecond
	readsAtOnce = 25
)

// reads is the pace at which calls are read.
type reads struct {
	mu   sync.Mutex
	next time.Time // when it would be the next one's turn if none were at once
}

// wait is how long a call has to wait that is to be read. Its turn is taken.
func (r *reads) wait(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.After(r.next) {
		r.next = now
	}
	r.next = r.next.Add(readEvery)
	return max(r.next.Sub(now)-readsAtOnce*readEvery, 0)
}

// busy is how long it takes until nobody waits.
func (r *reads) busy(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.next.Sub(now), 0)
}

// looks are the sessions that were taken up and have not read their calls yet. What
// the platform said while nobody listened is lost, and is made up for by that.
type looks struct {
	mu    sync.Mutex
	first []*owner // that wait for the platform's word
	rest  []*owner
	runs  bool
}

// lookAt has a session that was taken up read its calls, when its turn comes. The
// call is locked.
func (c *Calls) lookAt(o *owner) {
	if o.finished || o.s.Over() {
		return
	}
	l := &c.looks
	l.mu.Lock()
	defer l.mu.Unlock()
	if o.s.Awaits() {
		l.first = append(l.first, o)
	} else {
		l.rest = append(l.rest, o)
	}
	if !l.runs {
		l.runs = true
		c.later(readEvery, c.lookOn)
	}
}

// next is the session whose turn it is; nil if there is none.
func (l *looks) next() (o *owner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, list := range []*[]*owner{&l.first, &l.rest} {
		if len(*list) > 0 {
			o, (*list)[0], *list = (*list)[0], nil, (*list)[1:]
			return o
		}
	}
	l.first, l.rest, l.runs = nil, nil, false
	return nil
}

// lookOn has the next session look that has something to look at, unless others
// wait to read: their deadlines have come.
func (c *Calls) lookOn() {
	if wait := c.reads.busy(c.cfg.Clock.Now()); wait > 0 {
		c.later(wait, c.lookOn)
		return
	}
	o := c.looks.next()
	for ; o != nil; o = c.looks.next() {
		if o.look() {
			break
		}
	}
	if o != nil {
		c.later(readEvery, c.lookOn)
	}
}

// look plans what engine.Look does, and reports whether there is something. If that
// cannot be stored it is tried again.
func (o *owner) look() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.finished || o.s.Over() {
		return false
	}
	ch := o.c.looked(o.flow, o.s)
	if len(ch.Commands) == 0 {
		return false
	}
	err := o.commit(context.WithoutCancel(o.ctx), ch)
	if err == nil {
		return true
	}
	o.c.cfg.Log.Warn("call not read yet", slog.String("session", string(o.id)), slog.String("error", err.Error()))
	if !o.dead && !errors.Is(err, ErrLost) {
		o.c.later(tellAgain, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.c.lookAt(o)
		})
	}
	return true
}

// looked is engine.Look behind a wall.
func (c *Calls) looked(f *flow.Flow, s *engine.Session) (ch *Change) {
	defer func() {
		if p := recover(); p != nil {
			c.panicked("calls not read", s, p)
			ch = &Change{}
		}
	}()
	return changed(engine.Look(f, *s, c.cfg.Clock.Now()))
}
