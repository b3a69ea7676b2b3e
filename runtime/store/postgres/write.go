package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// grace is how long one who has waited long enough waits for a change that is just
// being written.
const grace = 250 * time.Millisecond

// Write implements store.DB. What w refers to must not be changed afterwards: after
// store.ErrUncertain it may still be read.
func (d *DB) Write(ctx context.Context, w *store.Write) error {
	if err := d.write(ctx, w); err != nil {
		return fmt.Errorf("write version %d of session %s: %w", w.Version, w.Session, err)
	}
	return nil
}

func (d *DB) write(ctx context.Context, w *store.Write) error {
	if err := checkWrite(w); err != nil {
		return err
	}
	c := *w
	return d.submit(ctx, &op{write: &c})
}

// Post implements store.DB. Mails share transactions with each other and with
// changes.
func (d *DB) Post(ctx context.Context, m store.Mail) error {
	err := checkTexts(string(m.Session), m.Tenant)
	if err == nil {
		err = d.submit(ctx, &op{mail: &m})
	}
	if err != nil {
		return fmt.Errorf("post mail for session %s: %w", m.Session, err)
	}
	return nil
}

// submit has an op written and waits for the answer.
func (d *DB) submit(ctx context.Context, o *op) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d.o.Timeout, errLate)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return err
	}
	o.id, o.done = newID(), make(chan error, 1)
	o.deadline, _ = ctx.Deadline()
	if err := d.queue.put(o); err != nil {
		return err
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
	}
	if d.queue.withdraw(o) {
		return fmt.Errorf("nothing was written: %w", context.Cause(ctx))
	}
	last := time.NewTimer(grace)
	defer last.Stop()
	select {
	case err := <-o.done:
		return err
	case <-last.C:
		return fmt.Errorf("%w: %w", store.ErrUncertain, context.Cause(ctx))
	}
}

var errLate = fmt.Errorf("the database does not answer: %w", context.DeadlineExceeded)

// newID is a random number that is not 0.
func newID() int64 { return 1 + rand.Int64N(1<<62) }

// checkWrite refuses what no column takes.
func checkWrite(w *store.Write) error {
	texts := []string{string(w.Session), string(w.Node), w.Flow, w.Name, w.Tenant}
	for _, c := range w.Calls {
		texts = append(texts, string(c))
	}
	for _, k := range w.Keys {
		texts = append(texts, k.Name)
	}
	texts = append(texts, w.Shred...)
	if w.Entry != nil {
		texts = append(texts, w.Entry.Key)
	}
	return checkTexts(texts...)
}

// checkTexts refuses what PostgreSQL does not take for a text.
func checkTexts(texts ...string) error {
	for _, t := range texts {
		if strings.IndexByte(t, 0) >= 0 || !utf8.ValidString(t) {
			return fmt.Errorf("text %q has a zero byte or is not UTF-8", t)
		}
	}
	return nil
}

// unique are calls without those that are there already.
func unique(calls []ivr.CallID) []ivr.CallID {
	if len(calls) < 2 {
		return calls
	}
	seen := make(map[ivr.CallID]bool, len(calls))
	var all []ivr.CallID
	for _, c := range calls {
		if !seen[c] {
			seen[c] = true
			all = append(all, c)
		}
	}
	return all
}
