package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// writer writes what waits, group by group, on a connection of its own.
type writer struct {
	db   *DB
	link *link
	conn *pgx.Conn // while it is used
	err  error     // of the last attempt
}

// run writes until the context ends.
func (w *writer) run(ctx context.Context) {
	defer w.link.close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.db.queue.wake:
		}
		for {
			runtime.Gosched() // let come what is about to
			group := w.db.queue.take()
			if len(group) == 0 {
				break
			}
			w.commit(ctx, group)
		}
	}
}

// commit has each op of a group answered, by its deadline at the latest.
func (w *writer) commit(ctx context.Context, group []*op) {
	slices.SortStableFunc(group, func(a, b *op) int { return cmp.Compare(a.session(), b.session()) })
	var wait backoff
	for {
		group = w.attempt(ctx, group)
		if group = w.expire(ctx, group); len(group) == 0 {
			return
		}
		first := slices.MinFunc(group, func(a, b *op) int { return a.deadline.Compare(b.deadline) })
		until, cancel := context.WithDeadline(ctx, first.deadline)
		wait.sleep(until) //nolint:errcheck // expire sees that it is over
		cancel()
	}
}

// expire answers those whose time is over, and returns the others.
func (w *writer) expire(ctx context.Context, group []*op) []*op {
	now := time.Now()
	return slices.DeleteFunc(group, func(o *op) bool {
		if now.Before(o.deadline) && ctx.Err() == nil {
			return false
		}
		if ctx.Err() != nil {
			w.err = errors.Join(w.err, errClosed)
		}
		if o.lost {
			w.answer(o, fmt.Errorf("%w: %w", store.ErrUncertain, w.err))
		} else {
			w.answer(o, fmt.Errorf("nothing was written: %w", w.err))
		}
		return true
	})
}

func (w *writer) answer(o *op, err error) { w.db.queue.answer(o, err) }

// attempt writes a group once, and returns those that have no answer yet. It does
// not end with the patience of those who wait: a connection that is given up while
// the server waits for a standby stays there, and one after another would use up
// all that the server allows.
func (w *writer) attempt(ctx context.Context, group []*op) (left []*op) {
	limit, cancel := context.WithTimeout(ctx, w.db.o.attempt)
	defer cancel()
	sent, begun := false, time.Now()
	err := w.link.use(limit, func(conn *pgx.Conn) error {
		w.conn, sent = conn, true
		found, err := send(limit, conn, group)
		if err != nil {
			return err
		}
		left = w.tell(limit, group, found)
		return nil
	})
	w.db.times.took(time.Since(begun), err)
	if err == nil {
		return left
	}
	w.err = err
	switch v := judge(err); {
	case v == lost && sent:
		for _, o := range group {
			o.lost = true
		}
		w.db.o.Log.Warn("the connection to the database was lost before the answer came", slog.Int("changes", len(group)), slog.Any("error", err))
	case v == rejected && len(group) > 1 && single(err):
		return w.singly(ctx, group)
	case v == rejected && len(group) == 1 && !passing(err):
		return w.refuse(group[0], err)
	case v == rejected && !passing(err):
		// Not of one change: the disk is full, a table is missing, a right too.
		return slices.DeleteFunc(group, func(o *op) bool { return len(w.refuse(o, err)) == 0 })
	}
	return group
}

// refuse answers an op that the server will not have. What was sent before may be
// there all the same: such an op is tried until its time is over.
func (w *writer) refuse(o *op, err error) (left []*op) {
	if o.lost {
		return []*op{o}
	}
	w.answer(o, fmt.Errorf("nothing was written: %w", err))
	return nil
}

// singly writes the ops of a group one by one, because one of them may be why it
// failed.
func (w *writer) singly(ctx context.Context, group []*op) (left []*op) {
	for i, o := range group {
		one := w.expire(ctx, []*op{o})
		if len(one) == 0 {
			continue
		}
		one = w.attempt(ctx, one)
		left = append(left, one...)
		if len(one) > 0 && judge(w.err) != rejected {
			return append(left, group[i+1:]...) // the database is not there
		}
	}
	return left
}

// tell answers what was written, and asks why the others were not.
func (w *writer) tell(ctx context.Context, group []*op, found map[int64]store.NodeID) (left []*op) {
	for _, o := range group {
		node, ok := found[o.id]
		switch {
		case ok && o.mail != nil:
			w.db.post.mark(node)
			w.answer(o, nil)
		case ok:
			w.answer(o, nil)
		case o.mail != nil:
			w.answer(o, store.ErrNone)
		default:
			if err := w.why(ctx, o); err != nil {
				w.err = err
				left = append(left, o)
			}
		}
	}
	return left
}

// why finds out why a change was not made, and answers it. An error is that of the
// question.
func (w *writer) why(ctx context.Context, o *op) error {
	f, err := look(ctx, w.conn, o.write)
	if err != nil {
		return err
	}
	w.answer(o, f.answer(o))
	return nil
}
