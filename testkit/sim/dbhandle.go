package sim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// dbHandle is a process's way to the database that all share.
type dbHandle struct {
	store.DB
	p *proc
}

// reach is a request's way to the database: it takes its time, and it may be in
// vain.
func (d *dbHandle) reach(ctx context.Context, write bool) error {
	p, w := d.p, d.p.w
	if p.dead {
		return errDead
	}
	took := time.Duration(w.net.Int64N(int64(4 * time.Millisecond)))
	if write && w.struck(StoreSlow, p.node) {
		took += time.Duration(w.net.Int64N(int64(2 * time.Second)))
		p.node.excuse(5 * time.Second)
	}
	down := w.struck(StoreDown, p.node) || w.struck(CutStore, p.node)
	if down {
		took += time.Duration(w.net.Int64N(int64(time.Second)))
		p.node.excuse(storeBack)
	}
	w.sleep(ctx, took)
	switch {
	case !p.gate():
		return errDead
	case down:
		w.refused++
		return errStore
	case write && w.struck(StoreFull, p.node):
		w.refused++
		p.node.excuse(storeBack)
		return errStore
	case cancelled(ctx):
		return ctx.Err()
	}
	return nil
}

// look is reach for what a process asks again and again. When there are no more
// faults it takes no time.
func (d *dbHandle) look(ctx context.Context, write bool) error {
	if !d.p.w.calm {
		return d.reach(ctx, write)
	}
	if !d.p.gate() {
		return errDead
	}
	return nil
}

// Write makes one change, or not; or nobody knows.
func (d *dbHandle) Write(ctx context.Context, wr *store.Write) error {
	p, w := d.p, d.p.w
	before, after := AtResult, AtPlanned
	ch := changeOf(ctx)
	switch {
	case ch == nil:
	case len(ch.Events) == 0 && len(ch.Commands) == 0:
		before, after = AtMarking, AtMarked
	case ctx.Value(callback{}) != nil:
		before, after = AtKeep, AtKept
	case isTimer(ch.Events):
		before, after = AtDue, AtTimed
	}
	what := fmt.Sprintf("%s.%d", wr.Session, wr.Version)
	if !w.at(p, before, what) {
		return errDead
	}
	if w.poisoned(p, ch) {
		return errDead
	}
	if err := d.reach(ctx, true); err != nil {
		return err
	}
	switch {
	case w.dies(p, AtMid):
		if w.torn() {
			_ = d.write(ctx, wr) // nobody learns of it
		}
		w.crash(p.node, string(AtMid)+", "+what)
		return errDead
	case ch != nil && len(ch.Events) > 0 && w.unsure || w.struck(Unsure, p.node):
		w.unsure = false
		if w.net.IntN(2) == 0 {
			_ = d.write(ctx, wr) // nobody learns of it
		}
		p.node.excuse(storeBack)
		return fmt.Errorf("a fault of the simulation: %w", store.ErrUncertain)
	}
	if err := d.write(ctx, wr); err != nil {
		w.trace.addf(p.node.String(), "%s is not written: %v", what, err)
		return err
	}
	if !w.at(p, after, what) {
		return errDead
	}
	return nil
}

// write makes a change, and tells the judge.
func (d *dbHandle) write(ctx context.Context, wr *store.Write) error {
	j := d.p.w.judge
	for _, text := range [][]byte{wr.Record, wr.Summary} {
		j.canary("the store", string(text))
	}
	if wr.Entry != nil {
		j.canary("the journal", string(wr.Entry.Outline)+string(wr.Entry.Body))
	}
	if err := d.DB.Write(context.WithoutCancel(ctx), wr); err != nil {
		return err
	}
	j.written(d.p, wr, changeOf(ctx))
	return nil
}

// Try counts an attempt.
func (d *dbHandle) Try(ctx context.Context, id ivr.SessionID, epoch int64) (int, error) {
	if err := d.reach(ctx, true); err != nil {
		return 0, err
	}
	return d.DB.Try(ctx, id, epoch)
}

// TryAll counts attempts.
func (d *dbHandle) TryAll(ctx context.Context, all []store.Held) ([]int, error) {
	if err := d.reach(ctx, true); err != nil {
		return nil, err
	}
	return d.DB.TryAll(ctx, all)
}

// Read finds a session.
func (d *dbHandle) Read(ctx context.Context, id ivr.SessionID) (store.Row, error) {
	if err := d.reach(ctx, false); err != nil {
		return store.Row{}, err
	}
	return d.DB.Read(ctx, id)
}

// ByCall finds the session of a call.
func (d *dbHandle) ByCall(ctx context.Context, call ivr.CallID) (ivr.SessionID, error) {
	if err := d.reach(ctx, false); err != nil {
		return "", err
	}
	return d.DB.ByCall(ctx, call)
}

// Join makes the node known.
func (d *dbHandle) Join(ctx context.Context, n store.Node, lease time.Duration) error {
	if err := d.reach(ctx, true); err != nil {
		return err
	}
	err := d.DB.Join(ctx, n, lease)
	return d.passed(AtJoin, "", err)
}

// passed is an error, or that of a process that has died at a point.
func (d *dbHandle) passed(at Point, what string, err error) error {
	if err == nil && !d.p.w.at(d.p, at, what) {
		return errDead
	}
	return err
}

// Renew lets the lease run.
func (d *dbHandle) Renew(ctx context.Context, id store.NodeID, lease time.Duration) (store.Node, error) {
	if err := d.look(ctx, true); err != nil {
		return store.Node{}, err
	}
	n, err := d.DB.Renew(ctx, id, lease)
	return n, d.passed(AtRenew, "", err)
}

// Leave ends the lease.
func (d *dbHandle) Leave(ctx context.Context, id store.NodeID) error {
	if err := d.reach(ctx, true); err != nil {
		return err
	}
	err := d.DB.Leave(ctx, id)
	if err == nil {
		d.p.w.judge.left(d.p)
	}
	return d.passed(AtLeave, "", err)
}

// Claim takes sessions over.
func (d *dbHandle) Claim(ctx context.Context, id store.NodeID, most int) ([]store.Row, error) {
	if err := d.look(ctx, true); err != nil {
		return nil, err
	}
	rows, err := d.DB.Claim(ctx, id, most)
	for i := range rows {
		d.p.w.judge.given(d.p, rows[i])
		d.damage(&rows[i])
	}
	if len(rows) == 0 {
		return rows, err
	}
	return rows, d.passed(AtClaim, "", err)
}

// Take takes one session over.
func (d *dbHandle) Take(ctx context.Context, id store.NodeID, session ivr.SessionID) (store.Row, error) {
	if err := d.reach(ctx, true); err != nil {
		return store.Row{}, err
	}
	r, err := d.DB.Take(ctx, id, session)
	if err == nil {
		d.p.w.judge.given(d.p, r)
		d.damage(&r)
	}
	return r, d.passed(AtTake, string(session), err)
}

// damage gives a record a wrong byte, now and then.
func (d *dbHandle) damage(r *store.Row) {
	if n := len(r.Record); n > 0 && d.p.w.struck(Damaged, d.p.node) {
		r.Record[d.p.w.net.IntN(n)] ^= 0x10
	}
}

// Post leaves mail.
func (d *dbHandle) Post(ctx context.Context, m store.Mail) error {
	if err := d.reach(ctx, true); err != nil {
		return err
	}
	if err := d.DB.Post(ctx, m); err != nil {
		return err
	}
	d.p.w.trace.addf(d.p.node.String(), "posts mail for %s", m.Session)
	return d.passed(AtPosted, string(m.Session), nil)
}

// Mails reads mail.
func (d *dbHandle) Mails(ctx context.Context, id store.NodeID, most int, of ...ivr.SessionID) ([]store.Mail, error) {
	if err := d.look(ctx, false); err != nil {
		return nil, err
	}
	list, err := d.DB.Mails(ctx, id, most, of...)
	if len(list) == 0 {
		return list, err
	}
	return list, d.passed(AtMails, "", err)
}

// Watch has f called when there is mail. Now and then the hint is lost.
func (d *dbHandle) Watch(id store.NodeID, f func()) (stop func()) {
	p := d.p
	return d.DB.Watch(id, func() {
		if p.w.net.IntN(8) > 0 {
			p.w.clock.Go(func() { p.enter(f) })
		}
	})
}

// CountUp counts a counter up.
func (d *dbHandle) CountUp(ctx context.Context, name string) (int64, error) {
	if err := d.reach(ctx, true); err != nil {
		return 0, err
	}
	n, err := d.DB.CountUp(ctx, name)
	return n, d.passed(AtCount, strings.ToLower(name), err)
}

// counters are those in the database.
type counters struct{ db *dbHandle }

// Next counts a counter up.
func (c counters) Next(ctx context.Context, name string) (int64, error) {
	return c.db.CountUp(ctx, name)
}

// atOnce is reach for what several may wait for in the process: it takes no time,
// since nobody else could run meanwhile.
func (d *dbHandle) atOnce() error {
	switch {
	case d.p.dead:
		return errDead
	case d.p.w.struck(StoreDown, d.p.node) || d.p.w.struck(CutStore, d.p.node):
		d.p.node.excuse(storeBack)
		return errStore
	}
	return nil
}

// PutBlob keeps bytes.
func (d *dbHandle) PutBlob(ctx context.Context, name string, data []byte) error {
	if err := d.atOnce(); err != nil {
		return err
	}
	return d.DB.PutBlob(ctx, name, data)
}

// AddBlob keeps bytes if there are none.
func (d *dbHandle) AddBlob(ctx context.Context, name string, data []byte) ([]byte, error) {
	if err := d.atOnce(); err != nil {
		return nil, err
	}
	return d.DB.AddBlob(ctx, name, data)
}

// Blob finds bytes.
func (d *dbHandle) Blob(ctx context.Context, name string) ([]byte, error) {
	if err := d.atOnce(); err != nil {
		return nil, err
	}
	return d.DB.Blob(ctx, name)
}

// PutFlow keeps a version of a flow.
func (d *dbHandle) PutFlow(ctx context.Context, f store.FlowVersion) error {
	if err := d.atOnce(); err != nil {
		return err
	}
	return d.DB.PutFlow(ctx, f)
}

// Flow is a version of a flow.
func (d *dbHandle) Flow(ctx context.Context, version string) (store.FlowVersion, error) {
	if err := d.atOnce(); err != nil {
		return store.FlowVersion{}, err
	}
	return d.DB.Flow(ctx, version)
}
