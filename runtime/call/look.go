package call

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
)

// lookEvery is the time between two calls that are read because their sessions
// were taken up: thousands may be at once, and the platform counts requests.
const lookEvery = 20 * time.Millisecond

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
		c.later(lookEvery, c.lookOn)
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

// lookOn has the next session look that has something to look at.
func (c *Calls) lookOn() {
	reads := 0
	defer func() { // also after a panic
		if reads >= 0 {
			c.later(lookEvery*time.Duration(max(reads, 1)), c.lookOn)
		}
	}()
	for reads == 0 {
		o := c.looks.next()
		if o == nil {
			reads = -1
			return
		}
		reads = o.look()
	}
}

// look plans what engine.Look does, and returns how many calls are read. If that
// cannot be stored it is tried again.
func (o *owner) look() (reads int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.finished || o.s.Over() {
		return 0
	}
	ch := changed(engine.Look(o.flow, *o.s, o.c.cfg.Clock.Now()))
	for _, cmd := range ch.Commands {
		if opOf(cmd) != 0 {
			reads++
		}
	}
	if len(ch.Commands) == 0 {
		return 0
	}
	err := o.commit(context.WithoutCancel(o.ctx), ch)
	if err == nil {
		return reads
	}
	o.c.cfg.Log.Warn("call not read yet", slog.String("session", string(o.id)), slog.String("error", err.Error()))
	if !o.dead && !errors.Is(err, ErrLost) {
		o.c.later(tellAgain, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.c.lookAt(o)
		})
	}
	return 1
}
