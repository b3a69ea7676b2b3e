package sim

import (
	"context"
	"errors"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

var errStore = errors.New("the store is not there")

// callback marks the context of a callback.
type callback struct{}

// committing is what of a write's context is the change that it makes.
type committing struct{}

func changeOf(ctx context.Context) *call.Change {
	ch, _ := ctx.Value(committing{}).(*call.Change)
	return ch
}

// storeHandle is a process's store. It notes what is being committed, so that
// whoever sees the rows knows what they mean.
type storeHandle struct {
	call.Store
	p *proc
}

// Commit makes a change safe.
func (s *storeHandle) Commit(ctx context.Context, ch *call.Change) error {
	p, w := s.p, s.p.w
	if w.o.Durable {
		return s.Store.Commit(context.WithValue(ctx, committing{}, ch), ch)
	}
	if w.struck(StoreDown, p.node) || w.struck(StoreFull, p.node) {
		p.node.excuse(storeBack)
		return errStore
	}
	if err := s.Store.Commit(ctx, ch); err != nil {
		return err
	}
	w.judge.committed(p, ch)
	if r := w.judge.sessions[ch.Session.ID]; r != nil {
		r.owner = p // there is no other
	}
	return nil
}

func isTimer(evs []ivr.Event) bool {
	if len(evs) == 0 {
		return false
	}
	_, ok := evs[0].(ivr.TimerExpired)
	return ok
}
