package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/store"
)

const (
	// audioFor is how long audio that was made is kept for others: longer than its
	// addresses are good.
	audioFor = 6 * time.Hour
	// secretFor is the same for what is secret. The platform fetches it at once.
	secretFor = time.Hour
	// renewAfter is how long audio counts as kept before it is written again, so
	// that it is there as long as its newest address is good.
	renewAfter = time.Hour
	// unknownFor is how long audio is not looked for again that is not there, and
	// maxUnknown for how much of it that is remembered.
	unknownFor = 2 * time.Second
	maxUnknown = 1024
	// maxGiven bounds how many names of audio are remembered as kept.
	maxGiven = 10_000
	// sharedTimeout bounds one look-up.
	sharedTimeout = 5 * time.Second
)

// BlobLimits says, in the form of store.Limits, before when blobs were put that a
// bot does not need any more.
func BlobLimits(now time.Time) map[string]time.Time {
	return map[string]time.Time{audioBlob(""): now.Add(-audioFor), secretBlob(""): now.Add(-secretFor)}
}

func audioBlob(hash string) string  { return "audio/" + hash }
func secretBlob(name string) string { return "secret/" + name }

// sharedAudio is audio that was made at run time and that any process of the bot
// must be able to give to the platform: the one that is asked need not be the one
// that made it. A nil *sharedAudio shares nothing.
type sharedAudio struct {
	blobs Blobs
	seal  sealer // of what is secret
	now   func() time.Time
	log   *slog.Logger
	newID func() string

	mu      sync.Mutex
	own     string                   // that nobody else has
	given   map[string]time.Time     // when it was put
	unknown map[string]time.Time     // since when
	looking map[string]chan struct{} // closed when a look-up is over
}

func newSharedAudio(blobs Blobs, seal sealer, cfg Config) *sharedAudio {
	if blobs == nil {
		return nil
	}
	return &sharedAudio{blobs: blobs, seal: seal, now: cfg.Clock.Now, log: cfg.Log, newID: cfg.NewID,
		given: map[string]time.Time{}, unknown: map[string]time.Time{}, looking: map[string]chan struct{}{}}
}

// salt makes names differ from those that another process gives.
func (s *sharedAudio) salt() string {
	if s == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == "" {
		s.own = s.newID()
	}
	return s.own
}

// give makes audio known to the other processes, before its address is given
// away. If it fails this process still has it: the prompt is not given up.
func (s *sharedAudio) give(ctx context.Context, name string, wav []byte, secret bool) {
	if s == nil || !secret && s.isGiven(name) {
		return
	}
	blob, data := audioBlob(name), wav
	if secret {
		blob = secretBlob(name)
		data = s.seal.seal(blob, wav)
	}
	if err := s.blobs.PutBlob(ctx, blob, data); err != nil {
		s.log.Warn("audio is known to this process only", slog.String("error", err.Error()))
		return
	}
	if secret {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.given) >= maxGiven {
		clear(s.given)
	}
	s.given[name] = s.now()
}

func (s *sharedAudio) isGiven(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.given[name]
	return ok && s.now().Sub(at) < renewAfter
}

// get finds what any process made; nil if none did. Of several that ask for the
// same at once one looks.
func (s *sharedAudio) get(ctx context.Context, name string) (wav []byte, secret bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, sharedTimeout)
	defer cancel()
	for {
		wait, gone := s.enter(name)
		switch {
		case gone:
			return nil, false, nil
		case wait == nil:
			defer s.leave(name)
			return s.look(ctx, name)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
	}
}

// enter says that there is nothing, or for whom to wait; else the caller looks.
func (s *sharedAudio) enter(name string) (wait <-chan struct{}, gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if since, ok := s.unknown[name]; ok && s.now().Sub(since) < unknownFor {
		return nil, true
	}
	if wait, ok := s.looking[name]; ok {
		return wait, false
	}
	s.looking[name] = make(chan struct{})
	return nil, false
}

func (s *sharedAudio) leave(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.looking[name])
	delete(s.looking, name)
}

func (s *sharedAudio) look(ctx context.Context, name string) (wav []byte, secret bool, err error) {
	for _, blob := range [...]string{audioBlob(name), promptBlob(name), secretBlob(name)} {
		secret = blob == secretBlob(name)
		data, err := s.blobs.Blob(ctx, blob)
		if err == nil {
			wav, err = s.open(blob, name, data, secret)
		}
		switch {
		case err == nil:
			return wav, secret, nil
		case !errors.Is(err, store.ErrNone):
			s.log.Error("audio cannot be read from the store", slog.String("error", err.Error()))
			return nil, false, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.unknown) >= maxUnknown {
		clear(s.unknown)
	}
	s.unknown[name] = s.now()
	return nil, false, nil
}

// open checks what was kept.
func (s *sharedAudio) open(blob, name string, data []byte, secret bool) ([]byte, error) {
	if secret {
		return s.seal.open(blob, data)
	}
	if prompt.Hash(data) != name {
		return nil, fmt.Errorf("%s is damaged", blob)
	}
	return data, nil
}
