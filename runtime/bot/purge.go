package bot

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/store"
)

const (
	purgeFirst = time.Minute // after the start
	purgeEvery = time.Hour
	// purgePause is between two slices: callers go first.
	purgePause = 200 * time.Millisecond
	// purgeAgain is after a failure, or while there is no lease.
	purgeAgain = 5 * time.Minute
	// purgeWithin bounds one slice.
	purgeWithin = 5 * time.Second
	// minKeep is how long the keys of a call that has ended are kept at least:
	// what is still to be done for it is under them.
	minKeep = 10 * time.Minute
)

// purger deletes from the database what is older than Config.Retention says. Of
// several processes the one that has lived longest does it.
type purger struct {
	b *Bot

	mu     sync.Mutex // held while it deletes
	timer  func() bool
	closed bool
	more   bool // the last slice left something
	prompts
}

func (p *purger) start() {
	if p.b.cfg.DB == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after(p.jitter(purgeFirst))
}

// close waits for what is being deleted.
func (p *purger) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.timer != nil {
		p.timer()
	}
}

// after goes on later. The lock is held.
func (p *purger) after(d time.Duration) {
	if !p.closed {
		p.timer = p.b.cfg.Clock.AfterFunc(d, p.run)
	}
}

func (p *purger) run() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.after(p.slice())
}

// slice deletes some of what is old, and says when to go on.
func (p *purger) slice() (next time.Duration) {
	defer func() {
		if e := recover(); e != nil { // it runs on no goroutine that anybody guards
			p.b.caught("purge", e)
			next = purgeAgain
		}
	}()
	if p.b.calls.MaySend() != nil {
		return purgeAgain
	}
	ctx, cancel := context.WithTimeout(context.Background(), purgeWithin)
	defer cancel()
	more, err := p.do(ctx)
	p.more = more && err == nil
	switch {
	case err != nil:
		p.b.cfg.Log.Warn("what is old was not deleted", slog.String("error", err.Error()))
		return purgeAgain
	case more:
		return purgePause
	}
	return p.jitter(purgeEvery)
}

// do keeps what this process needs, and deletes some of what nobody does if that is
// its task.
func (p *purger) do(ctx context.Context) (more bool, err error) {
	if !p.more {
		if err := p.b.keepAgain(ctx); err != nil {
			return false, err
		}
	}
	if mine, err := p.mine(ctx); err != nil || !mine {
		return false, err
	}
	return p.b.purge(ctx)
}

// mine reports whether this process is the one that deletes.
func (p *purger) mine(ctx context.Context) (bool, error) {
	me := p.b.me()
	if me == "" {
		return true, nil
	}
	nodes, err := p.b.cfg.DB.Nodes(ctx)
	if err != nil {
		return false, err
	}
	for _, n := range nodes {
		if n.ID == me {
			return true, nil
		}
		if n.Left > 0 {
			return false, nil
		}
	}
	return false, nil
}

// jitter is a time and up to a quarter more, another for each process.
func (p *purger) jitter(d time.Duration) time.Duration {
	h := fnv.New32a()
	if me, ok := p.b.cfg.Store.(interface{ Node() store.NodeID }); ok {
		h.Write([]byte(me.Node()))
	}
	return d + time.Duration(h.Sum32()%1000)*d/4000
}

// purge deletes some of what is older than the configuration says, and reports
// whether there may be more. Flows do not change meanwhile.
func (b *Bot) purge(ctx context.Context) (more bool, err error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	keep, sure, err := b.neededVersions(ctx)
	if err != nil {
		return false, err
	}
	limits := b.limits(keep)
	if !sure {
		limits.Flows = time.Time{} // none
	}
	switch limits.KeepBlobs, err = b.purger.needed(ctx, b.cfg.DB); {
	case errors.Is(err, flow.ErrUnusable): // by this program: perhaps another can
		delete(limits.Blobs, promptBlob(""))
	case err != nil:
		return false, err
	}
	more, err = b.cfg.DB.Purge(ctx, limits)
	b.versions.doubt(keep)
	return more, err
}

// limits say what is old now.
func (b *Bot) limits(keep []string) store.Limits {
	now, r := b.cfg.Clock.Now(), b.cfg.Retention.withDefaults()
	blobs := BlobLimits(now)
	blobs[recordingBlob("")] = now.Add(-r.Recordings)
	blobs[notedBlobs], blobs[promptBlob("")] = now.Add(-forgetNoted), now.Add(-forgetPrompt)
	blobs[ordersBlobs] = now.Add(-r.Calls)
	return store.Limits{Keys: now.Add(-max(r.Keys, minKeep)), Sessions: now.Add(-r.Calls), Flows: now.Add(-r.Calls), Keep: keep, Blobs: blobs}
}

// doubt forgets that versions are kept, but for some: they may have been deleted.
func (v *versions) doubt(but []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	maps.DeleteFunc(v.safe, func(version string, _ bool) bool { return !slices.Contains(but, version) })
}
