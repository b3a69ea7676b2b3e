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

// storeHandle is a process's way to the store.
type storeHandle struct {
	p     *proc
	inner call.Store
}

// Commit writes a change, or fails.
func (s *storeHandle) Commit(ctx context.Context, ch call.Change) error {
	p, w := s.p, s.p.w
	before, after := AtResult, AtPlanned
	switch {
	case ctx.Value(callback{}) != nil:
		before, after = AtKeep, AtKept
	case len(ch.Events) > 0 && isTimer(ch.Events[0]):
		before, after = AtDue, AtTimed
	}
	what := string(ch.Session.ID)
	if !w.at(p, before, what) {
		return errDead
	}
	if w.struck(StoreDown, p.node) || w.struck(StoreFull, p.node) || w.struck(CutStore, p.node) {
		w.excuse(storeBack)
		return errStore
	}
	if err := s.inner.Commit(ctx, ch); err != nil {
		return err
	}
	if !w.at(p, after, what) {
		return errDead
	}
	return nil
}

func isTimer(ev ivr.Event) bool {
	_, ok := ev.(ivr.TimerExpired)
	return ok
}

// Sending writes that an operation leaves.
func (s *storeHandle) Sending(ctx context.Context, id ivr.SessionID, op ivr.OpID) error {
	p, w := s.p, s.p.w
	if !w.at(p, AtMarking, string(id)) {
		return errDead
	}
	if w.struck(StoreDown, p.node) || w.struck(CutStore, p.node) {
		w.excuse(storeBack)
		return errStore
	}
	if err := s.inner.Sending(ctx, id, op); err != nil {
		return err
	}
	if !w.at(p, AtMarked, string(id)) {
		return errDead
	}
	return nil
}
