package graphsim

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// clip is what became of a prompt's address: audio, or a problem.
type clip struct {
	wav      []byte
	length   time.Duration
	problem  string // empty if it can be played
	download bool   // the problem is the download, not the format
}

// cacheEntry is a clip that was fetched for a resourceId.
type cacheEntry struct {
	clip
	at time.Time
}

// lookUp finds a clip by its resourceId. The lock is held.
func (s *Sim) lookUp(c *Call, m media) (clip, bool) {
	if m.resourceID == "" {
		return clip{}, false
	}
	hit, ok := s.cache[s.cacheKey(c, m)]
	if ok && s.set.PromptCacheLife > 0 && s.clock.Now().Sub(hit.at) >= s.set.PromptCacheLife {
		return clip{}, false
	}
	return hit.clip, ok
}

// cacheKey is where a clip is cached: by its resourceId, whatever its address,
// and the app, since no bot hears another's:
// https://learn.microsoft.com/graph/api/resources/mediainfo
func (s *Sim) cacheKey(c *Call, m media) string {
	if s.set.PromptCacheByCall {
		return c.id + " " + m.resourceID
	}
	return c.app.ID + " " + m.resourceID
}

// keep caches a good clip. The lock is held.
func (s *Sim) keep(c *Call, m media, got clip) {
	if m.resourceID != "" && got.problem == "" {
		s.cache[s.cacheKey(c, m)] = cacheEntry{clip: got, at: s.clock.Now()}
	}
}

// prefetch fetches audio that will be needed. The lock is held.
func (s *Sim) prefetch(c *Call, m media) {
	if _, ok := s.lookUp(c, m); ok || m.resourceID == "" {
		return
	}
	s.clock.Go(func() {
		got := s.fetch(m.uri)
		s.do(func() { s.keep(c, m, got) })
		if got.problem != "" {
			s.log.Warn("prompt could not be fetched early", "call_id", c.id, "uri", m.uri, "problem", got.problem)
		}
	})
}

// fetch downloads a prompt, without credentials, and checks it.
func (s *Sim) fetch(uri string) clip {
	b, err := s.download(uri)
	if err != nil {
		return clip{problem: err.Error(), download: true}
	}
	length, err := wavLength(b)
	if err != nil {
		return clip{problem: fmt.Sprintf("the file at %s cannot be played: %v", uri, err)}
	}
	if most := s.set.MaxPromptLength; most > 0 && length > most {
		return clip{problem: fmt.Sprintf("the file at %s plays %v, longer than %v", uri, length, most)}
	}
	return clip{wav: b, length: length}
}

func (s *Sim) download(uri string) ([]byte, error) {
	if err := s.checkTheirs(uri); err != nil {
		return nil, fmt.Errorf("download prompt: %w", err)
	}
	ctx, cancel := s.bounded(s.set.PromptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("download prompt: %w", err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("download prompt: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("download prompt: %s was answered %s", uri, resp.Status)
	}
	path, _, _ := strings.Cut(uri, "?")
	wav := intake{known: s.cfg.Shared.prompt(path), hint: min(resp.ContentLength, maxGrow), most: s.set.MaxPromptBytes}
	if _, err := io.Copy(&wav, resp.Body); err != nil {
		return nil, fmt.Errorf("download prompt %s: %w", uri, err)
	}
	s.cfg.Shared.keepPrompt(path, wav.bytes())
	return wav.bytes(), nil
}

func (s *Sim) checkRedirect(_ *http.Request, via []*http.Request) error {
	if len(via) > s.set.PromptRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}
