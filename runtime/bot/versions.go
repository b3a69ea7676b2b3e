package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
	"weak"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Versions keeps versions of flows, with their audio, for whoever goes on with
// the calls that run them: this process when it starts again, or another one. A
// store.DB is one.
type Versions interface {
	Blobs
	// PutFlow keeps a version; one that is there is left as it is.
	PutFlow(ctx context.Context, f store.FlowVersion) error
	// Flow is a version; store.ErrNone if it was never kept.
	Flow(ctx context.Context, version string) (store.FlowVersion, error)
}

// Blobs keeps bytes by name. A store.DB is one.
type Blobs interface {
	PutBlob(ctx context.Context, name string, data []byte) error
	// Blob is what PutBlob kept; store.ErrNone if there is nothing.
	Blob(ctx context.Context, name string) ([]byte, error)
}

const (
	// recentVersions is how many versions that no new call runs stay in memory,
	// whether or not a call runs them. Others stay as long as one does.
	recentVersions = 8
	// refusedFor is how long it is remembered that a version cannot be loaded.
	refusedFor = time.Minute
	// maxRefused bounds how many versions that are.
	maxRefused = 64
	// putFor is for how long audio that was put is known to be there though no
	// version may have it: less than forgetPrompt.
	putFor = time.Hour
)

// versions are the versions of flows that are in memory, and where they are
// kept. A version that is used anywhere is found: who holds a flow keeps it here.
type versions struct {
	kept    Versions // nil: memory only
	library *library
	cache   *prompt.Cache // in which flows share audio
	now     func() time.Time

	keeping chan struct{} // has room for the one who writes

	mu      sync.Mutex
	known   map[string]weak.Pointer[flow.Flow] // by version
	recent  []*flow.Flow                       // the newest last
	loading map[string]chan struct{}           // closed when a version was loaded, or was not
	refused map[string]refusal
	safe    map[string]bool      // versions that are kept
	put     map[string]time.Time // audio that this process has kept, and when
}

// refusal says why a version cannot be loaded.
type refusal struct {
	err error
	at  time.Time
}

func newVersions(cfg Config, l *library) *versions {
	return &versions{kept: cfg.Versions, library: l, cache: cfg.Audio.Cache, now: cfg.Clock.Now, keeping: make(chan struct{}, 1), known: map[string]weak.Pointer[flow.Flow]{},
		loading: map[string]chan struct{}{}, refused: map[string]refusal{}, safe: map[string]bool{}, put: map[string]time.Time{}}
}

// flowVersion is a version of a flow, from memory or as it was kept. An error
// that wraps [flow.ErrUnusable] is for good: no call can be continued with that
// version here. Any other may be over the next time.
func (b *Bot) flowVersion(ctx context.Context, version string) (*flow.Flow, error) {
	f, err := b.versions.get(ctx, version)
	switch {
	case errors.Is(err, flow.ErrUnusable), err == nil:
		return f, err
	case errors.Is(err, store.ErrNone):
		return nil, fmt.Errorf("%w: %w", flow.ErrUnusable, err)
	}
	return nil, err
}

// get is a version from memory, or else loads it. Of several that ask at once
// one loads it.
func (v *versions) get(ctx context.Context, version string) (*flow.Flow, error) {
	for {
		f, wait, err := v.find(version)
		if f != nil || err != nil {
			return f, err
		}
		if wait == nil {
			return v.fetch(ctx, version)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// find looks into memory. With neither a flow, nor an error, nor somebody to wait
// for, the caller loads the version.
func (v *versions) find(version string) (*flow.Flow, <-chan struct{}, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if f := v.known[version].Value(); f != nil {
		return f, nil, nil
	}
	if r, ok := v.refused[version]; ok && v.now().Sub(r.at) < refusedFor {
		return nil, nil, r.err
	}
	if wait, ok := v.loading[version]; ok {
		return nil, wait, nil
	}
	v.loading[version] = make(chan struct{})
	return nil, nil, nil
}

// fetch loads a version that is kept.
func (v *versions) fetch(ctx context.Context, version string) (*flow.Flow, error) {
	f, err := v.loadWalled(ctx, version)
	v.mu.Lock()
	defer v.mu.Unlock()
	close(v.loading[version])
	delete(v.loading, version)
	switch {
	case err == nil:
		v.safe[version] = true
		return v.addLocked(f), nil
	case errors.Is(err, flow.ErrUnusable), errors.Is(err, store.ErrNone):
		if len(v.refused) >= maxRefused {
			clear(v.refused)
		}
		v.refused[version] = refusal{err, v.now()}
	}
	return nil, err
}

// loadWalled is load behind a wall: those who wait for the version are told.
func (v *versions) loadWalled(ctx context.Context, version string) (f *flow.Flow, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("version %s of a flow: %w: panic: %v", flow.Short(version), flow.ErrUnusable, p)
		}
	}()
	return v.load(ctx, version)
}

func (v *versions) load(ctx context.Context, version string) (*flow.Flow, error) {
	short := flow.Short(version)
	if v.kept == nil {
		return nil, fmt.Errorf("version %s of a flow is not in memory, and nothing is kept elsewhere: %w", short, store.ErrNone)
	}
	row, err := v.kept.Flow(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("version %s of a flow: %w", short, err)
	}
	f, err := flow.LoadBundle(row.Sources, version, v.cache, func(hash string) ([]byte, error) {
		if wav, ok := v.library.file(hash); ok {
			return wav, nil
		}
		return v.kept.Blob(ctx, promptBlob(hash))
	})
	if err != nil {
		return nil, fmt.Errorf("flow %q: %w", row.Name, err)
	}
	return f, nil
}

// add makes a flow known, and is the one of the same version that was known
// before, if there is one.
func (v *versions) add(f *flow.Flow) *flow.Flow {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.addLocked(f)
}

func (v *versions) addLocked(f *flow.Flow) *flow.Flow {
	if known := v.known[f.Version].Value(); known != nil {
		return known
	}
	v.known[f.Version] = weak.Make(f)
	hashes := v.library.addCatalogue(f)
	mine := weak.Make(v) // a flow that outlives the bot must not keep it
	runtime.AddCleanup(f, func(version string) {
		if v := mine.Value(); v != nil {
			v.forget(version, hashes)
		}
	}, f.Version)
	v.touchLocked(f)
	return f
}

// touchLocked has a version stay in memory before others.
func (v *versions) touchLocked(f *flow.Flow) {
	v.recent = append(slices.DeleteFunc(v.recent, func(r *flow.Flow) bool { return r == f }), f)
	if len(v.recent) > recentVersions {
		v.recent = slices.Clone(v.recent[len(v.recent)-recentVersions:])
	}
}

// forget drops what is left of a version that nobody holds any more.
func (v *versions) forget(version string, hashes []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known[version].Value() == nil {
		delete(v.known, version) // else it was loaded again
	}
	v.library.removeCatalogue(hashes)
}

// keep returns once a version is kept: its audio first, so that a version that
// is there is complete. It is nothing if it was kept before.
func (v *versions) keep(ctx context.Context, f *flow.Flow) error {
	if v.kept == nil || v.isSafe(f.Version) {
		return nil
	}
	select {
	case v.keeping <- struct{}{}:
		defer func() { <-v.keeping }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if v.isSafe(f.Version) {
		return nil
	}
	if err := v.write(ctx, f); err != nil {
		return fmt.Errorf("keeping version %s of flow %q: %w", flow.Short(f.Version), f.Name, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.safe[f.Version] = true
	delete(v.refused, f.Version)
	return nil
}

func (v *versions) isSafe(version string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.safe[version]
}

// write writes what is not there yet.
func (v *versions) write(ctx context.Context, f *flow.Flow) error {
	_, err := v.kept.Flow(ctx, f.Version)
	if !errors.Is(err, store.ErrNone) {
		return err // nil: another node has kept it
	}
	sources, err := f.Bundle()
	if err != nil {
		return err
	}
	for hash, wav := range f.Audio() {
		if at, ok := v.put[hash]; ok && v.now().Sub(at) < putFor {
			continue
		}
		if err := v.kept.PutBlob(ctx, promptBlob(hash), wav); err != nil {
			return err
		}
		v.put[hash] = v.now()
	}
	return v.kept.PutFlow(ctx, store.FlowVersion{Version: f.Version, Name: f.Name, Added: v.now(), Sources: sources})
}

// promptBlob is the name under which audio of a flow is kept. It is kept as long
// as there is a version with it, and [forgetPrompt] at least.
func promptBlob(hash string) string { return "prompt/" + hash }
