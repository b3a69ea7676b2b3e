package server

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

const (
	// With the time for which a checked token is believed, a key that the
	// issuer takes back serves for an hour at most.
	refreshEvery = time.Hour - cacheTime // less up to 10 %, so that many bots do not ask at once
	refreshEarly = 5 * time.Minute       // by which Ready is ahead, so that callbacks need not wait
	refreshRetry = 5 * time.Minute       // after a failure, while the held keys serve
	refreshPause = 30 * time.Second      // least time between two attempts, whatever the cause
	keepKeys     = 24 * time.Hour        // how long the last good set serves while the issuer is down
)

// keySet holds a profile's keys and reads them again when they are old, or
// when a key is asked for that is not among them.
//
// It has no goroutine of its own: the caller who finds the set wanting reads
// it. Others whose key is there go on with it; those whose key is not wait for
// the reader.
type keySet struct {
	profile Profile
	fetcher fetcher
	now     func() time.Time
	log     *slog.Logger

	mu      sync.Mutex
	keys    map[string][]*rsa.PublicKey
	loaded  time.Time     // of keys
	due     time.Time     // of the next refresh
	tried   time.Time     // begin of the latest attempt
	failure error         // of the latest attempt
	skew    time.Duration // our clock less the issuer's, at the latest attempt
	reading chan struct{} // closed when the attempt under way is over; nil without one
}

func newKeySet(p Profile, rt http.RoundTripper, now func() time.Time, log *slog.Logger) *keySet {
	return &keySet{profile: p, fetcher: newFetcher(p, rt), now: now, log: log}
}

// known are the keys of this id, without reading anything.
func (s *keySet) known(kid string) []*rsa.PublicKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live()[kid]
}

// find are the keys of this id, after reading the set again if that may help
// and the pause since the latest attempt is over. The error says that there is
// no set at all.
func (s *keySet) find(ctx context.Context, kid string) ([]*rsa.PublicKey, error) {
	s.mu.Lock()
	have := s.live()[kid]
	fresh := s.now().Before(s.due)
	busy := s.reading != nil
	s.mu.Unlock()
	if len(have) > 0 && (fresh || busy) {
		return have, nil
	}
	s.refresh(ctx)

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live() == nil {
		return nil, s.whyEmpty()
	}
	return s.live()[kid], nil
}

// live is the set unless it is too old to be trusted. s.mu is held.
func (s *keySet) live() map[string][]*rsa.PublicKey {
	if s.keys != nil && s.now().Sub(s.loaded) > keepKeys {
		s.keys = nil
	}
	return s.keys
}

// refresh reads the set, or waits for whoever does. It does nothing within
// the pause after the latest attempt.
func (s *keySet) refresh(ctx context.Context) {
	s.mu.Lock()
	done, now := s.reading, s.now()
	mine := done == nil && (s.tried.IsZero() || now.Sub(s.tried).Abs() >= refreshPause)
	if mine {
		s.tried, s.reading = now, make(chan struct{})
	}
	s.mu.Unlock()

	switch {
	case mine:
		s.read(ctx)
	case done != nil:
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
}

// read makes the attempt that was announced in s.reading.
func (s *keySet) read(ctx context.Context) {
	got, err := fetched{}, errors.New("reading keys panicked")
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.store(got, err)
		close(s.reading)
		s.reading = nil
	}()
	// A sender that hangs up must not spoil the attempt for all others.
	got, err = s.fetcher.fetch(context.WithoutCancel(ctx))
}

// store takes over an attempt's result. s.mu is held.
func (s *keySet) store(got fetched, err error) {
	s.failure = err
	now := s.now()
	if err != nil {
		s.due = now.Add(refreshRetry)
		s.log.Warn("callback keys not refreshed", slog.String("profile", s.profile.Name),
			slog.Any("error", err), slog.Int("held", len(s.keys)))
		return
	}
	s.keys, s.loaded, s.due = got.keys, now, now.Add(shorten(refreshEvery))
	s.skew = 0
	if !got.date.IsZero() {
		s.skew = now.Sub(got.date)
	}
	s.log.Info("callback keys refreshed", slog.String("profile", s.profile.Name), slog.Int("keys", len(s.keys)))
}

func (s *keySet) whyEmpty() error {
	if s.failure != nil {
		return s.failure
	}
	return errors.New("keys are being read")
}

// ready reads the set if it is missing or soon to be old, and says why no
// token of this profile can be accepted.
func (s *keySet) ready(ctx context.Context) error {
	s.mu.Lock()
	fine := s.live() != nil && s.now().Add(refreshEarly).Before(s.due)
	s.mu.Unlock()
	if !fine {
		s.refresh(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live() == nil {
		return fmt.Errorf("profile %q has no keys: %w", s.profile.Name, s.whyEmpty())
	}
	if s.skew.Abs() > maxSkew && !s.profile.Loopback {
		return fmt.Errorf("profile %q: this machine's clock differs from the issuer's by %s: set the clock",
			s.profile.Name, s.skew.Round(time.Second))
	}
	return nil
}

// shorten is d less up to a tenth.
func shorten(d time.Duration) time.Duration { return d - rand.N(d/10) }
