package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Of several processes one deletes versions of flows that nobody needs. So each
// notes which ones it needs, before it relies on them, and every hour again.
const (
	notedBlobs = "flows/current/" // with the id of a node: its versions, as JSON
	// forgetNoted is after how long a note is deleted that was not made again: its
	// node is gone.
	forgetNoted = 24 * time.Hour
	// forgetPrompt is how old audio is at least that is deleted because it is in no
	// version: one that is just being kept has its audio first.
	forgetPrompt = 24 * time.Hour
)

// me is the node that this process is; "" if nobody else uses its database.
func (b *Bot) me() store.NodeID {
	if me, ok := b.cfg.Store.(interface{ Node() store.NodeID }); ok && b.cfg.Shared && b.cfg.DB != nil {
		return me.Node()
	}
	return ""
}

// node is this process's name in the store, "" if calls are in memory.
func (b *Bot) node() store.NodeID {
	if me, ok := b.cfg.Store.(interface{ Node() store.NodeID }); ok {
		return me.Node()
	}
	return ""
}

// db is the database of the calls, nil if they are in memory.
func (b *Bot) db() store.DB {
	if s, ok := b.cfg.Store.(interface{ DB() store.DB }); ok {
		return s.DB()
	}
	return nil
}

// noteVersions notes the versions of all these settings.
func (b *Bot) noteVersions(ctx context.Context, all ...*settings) error {
	me := b.me()
	if me == "" {
		return nil
	}
	need := map[string]bool{}
	for _, s := range all {
		s.versions(need)
	}
	data, err := json.Marshal(slices.Sorted(maps.Keys(need)))
	if err == nil {
		err = b.cfg.DB.PutBlob(ctx, notedBlobs+string(me), data)
	}
	if err != nil {
		return fmt.Errorf("noting which versions of flows this process needs: %w", err)
	}
	return nil
}

// versions adds those that new calls run.
func (s *settings) versions(to map[string]bool) {
	for _, f := range s.flows {
		to[f.flow.Version] = true
	}
}

// keepAgain keeps the versions that new calls run, should another process have
// deleted them before it could know that this one needs them.
func (b *Bot) keepAgain(ctx context.Context) error {
	if b.me() == "" {
		return nil
	}
	b.changing.Lock()
	defer b.changing.Unlock()
	s := b.settings.Load()
	b.versions.doubt(nil)
	for _, f := range s.flows {
		f.kept.Store(false)
	}
	return b.keepAll(ctx, s)
}

// neededVersions are the versions of flows that may get a call though none has
// run them for long: those of this process, of all others that live, and of the
// one that started or changed last. They are not all if sure is false: a process
// has not noted its own.
func (b *Bot) neededVersions(ctx context.Context) (keep []string, sure bool, err error) {
	need := map[string]bool{}
	b.settings.Load().versions(need)
	latest, err := CurrentVersions(ctx, b.cfg.DB)
	if err != nil {
		return nil, false, err
	}
	for _, v := range latest {
		need[v.Version] = true
	}
	sure = true
	if me := b.me(); me != "" {
		nodes, err := b.cfg.DB.Nodes(ctx)
		if err != nil {
			return nil, false, err
		}
		for _, n := range nodes {
			if n.ID == me {
				continue
			}
			noted, err := b.notedBy(ctx, n.ID)
			if err != nil && !errors.Is(err, store.ErrNone) {
				return nil, false, err
			}
			sure = sure && (err == nil || n.Left <= 0)
			for _, version := range noted {
				need[version] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(need)), sure, nil
}

// notedBy are the versions that a node has noted; store.ErrNone.
func (b *Bot) notedBy(ctx context.Context, id store.NodeID) (noted []string, err error) {
	data, err := b.cfg.DB.Blob(ctx, notedBlobs+string(id))
	if err == nil {
		err = json.Unmarshal(data, &noted)
	}
	if err != nil {
		return nil, fmt.Errorf("which versions of flows node %s needs: %w", id, err)
	}
	return noted, nil
}

// prompts are the names of the audio of all versions that are kept.
type prompts struct{ of map[string][]string }

// needed are the names; flow.ErrUnusable if a version cannot be read, so that
// nobody knows its audio.
func (p *prompts) needed(ctx context.Context, db store.DB) (names []string, err error) {
	all, err := db.Flows(ctx)
	if err != nil {
		return nil, err
	}
	now := make(map[string][]string, len(all))
	for _, f := range all {
		has, known := p.of[f.Version]
		if !known {
			row, err := db.Flow(ctx, f.Version)
			if errors.Is(err, store.ErrNone) {
				continue
			}
			if err != nil {
				return nil, err
			}
			hashes, err := flow.BundleAudio(row.Sources)
			if err != nil {
				return nil, fmt.Errorf("version %s of flow %q: %w", flow.Short(f.Version), f.Name, err)
			}
			for _, hash := range hashes {
				has = append(has, promptBlob(hash))
			}
		}
		now[f.Version] = has
		names = append(names, has...)
	}
	p.of = now
	return names, nil
}
