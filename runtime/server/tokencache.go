package server

import (
	"crypto/sha256"
	"sync"
	"time"
)

const (
	cacheTime = 5 * time.Minute // longest time for which a token is not checked again
	cacheSize = 2048            // tokens of each of two generations
)

// tokenCache remembers tokens that were found good, so that the burst of
// callbacks of one call costs one signature check. It is bounded: when a
// generation is full, the one before it is forgotten.
type tokenCache struct {
	mu       sync.Mutex
	young    map[[sha256.Size]byte]cached
	old      map[[sha256.Size]byte]cached
	capacity int
	text     []byte // room for a token while it is hashed
}

type cached struct {
	claims      Claims
	from, until time.Time
}

func newTokenCache() *tokenCache {
	return &tokenCache{young: map[[sha256.Size]byte]cached{}, capacity: cacheSize}
}

// get finds a token that was put, while it may be believed. A clock that was
// set back makes it look again.
func (c *tokenCache) get(text string, now time.Time) (Claims, bool) {
	if len(text) > maxToken {
		return Claims{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.hash(text)
	e, ok := c.young[key]
	if !ok {
		e, ok = c.old[key]
	}
	if !ok || now.Before(e.from) || !now.Before(e.until) {
		return Claims{}, false
	}
	return e.claims, true
}

// put remembers a good token until it expires, at most for cacheTime.
func (c *tokenCache) put(text string, claims Claims, now time.Time) {
	until := now.Add(cacheTime)
	if claims.Expires.Before(until) {
		until = claims.Expires
	}
	if !now.Before(until) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.hash(text)
	if len(c.young) >= c.capacity {
		c.young, c.old = make(map[[sha256.Size]byte]cached, c.capacity), c.young
	}
	c.young[key] = cached{claims, now, until}
}

// hash is what a token is remembered by: its text is not kept. The cache is
// locked.
func (c *tokenCache) hash(text string) [sha256.Size]byte {
	c.text = append(c.text[:0], text...)
	key := sha256.Sum256(c.text)
	clear(c.text)
	return key
}
