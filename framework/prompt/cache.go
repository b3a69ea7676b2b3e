package prompt

import (
	"container/list"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"weak"
)

// Cache keeps audio that was made, by what it was made of: the hash of an
// operation and the content of its inputs. It is bounded by size; what was not
// asked for longest goes first. It may be used by any number of goroutines; of
// several that ask for the same at once one makes it. A nil *Cache keeps
// nothing.
type Cache struct {
	limit int

	mu      sync.Mutex
	size    int
	recent  *list.List // of *cached, what was asked for last at the front
	entries map[string]*list.Element
	making  map[string]*making
	shared  map[string]weak.Pointer[sound] // of catalogues, by content hash
}

type cached struct {
	key string
	wav []byte
}

// making is audio that somebody makes just now.
type making struct {
	done chan struct{}
	wav  []byte
	err  error
}

// errAbandoned is for those who wait for audio whose making panicked.
var errAbandoned = errors.New("making the audio was given up")

// NewCache returns a cache of so many bytes.
func NewCache(limit int) *Cache {
	return &Cache{limit: limit, recent: list.New(), entries: map[string]*list.Element{}, making: map[string]*making{}, shared: map[string]weak.Pointer[sound]{}}
}

// CacheKey names what an operation makes of inputs. Different operations and
// inputs have different names.
func CacheKey(operation string, inputs ...[]byte) string {
	parts := []string{strconv.Quote(operation)}
	for _, in := range inputs {
		parts = append(parts, Hash(in))
	}
	return Hash([]byte(strings.Join(parts, " ")))
}

// Get returns the audio of a key, or makes it. An error is not kept. The audio
// must not be changed.
func (c *Cache) Get(key string, produce func() ([]byte, error)) ([]byte, error) {
	if c == nil {
		return produce()
	}
	c.mu.Lock()
	if e, ok := c.entries[key]; ok {
		c.recent.MoveToFront(e)
		defer c.mu.Unlock()
		return e.Value.(*cached).wav, nil
	}
	if m, ok := c.making[key]; ok {
		c.mu.Unlock()
		<-m.done
		return m.wav, m.err
	}
	m := &making{done: make(chan struct{}), err: errAbandoned}
	c.making[key] = m
	c.mu.Unlock()
	defer c.finish(key, m) // also if it panics
	m.wav, m.err = produce()
	return m.wav, m.err
}

func (c *Cache) finish(key string, m *making) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.making, key)
	close(m.done)
	if m.err != nil || len(m.wav) > c.limit {
		return
	}
	c.entries[key] = c.recent.PushFront(&cached{key, m.wav})
	for c.size += len(m.wav); c.size > c.limit; {
		last := c.recent.Remove(c.recent.Back()).(*cached)
		delete(c.entries, last.key)
		c.size -= len(last.wav)
	}
}

// sound is a file that catalogues may share.
type sound struct{ wav []byte }

// share is the file of that content that another catalogue has, else this one.
func (c *Cache) share(hash string, wav []byte) *sound {
	if c == nil {
		return &sound{wav}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.shared[hash].Value(); s != nil {
		return s
	}
	s := &sound{wav}
	c.shared[hash] = weak.Make(s)
	runtime.AddCleanup(s, c.unshare, hash)
	return s
}

// unshare forgets a file that no catalogue has any more.
func (c *Cache) unshare(hash string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shared[hash].Value() == nil {
		delete(c.shared, hash)
	}
}

// Size is how many bytes are kept.
func (c *Cache) Size() int {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}

// Join is [Join], from the cache if the same files were joined before.
func (c *Cache) Join(wavs ...[]byte) ([]byte, error) {
	return c.Get(CacheKey("join", wavs...), func() ([]byte, error) { return Join(wavs...) })
}
