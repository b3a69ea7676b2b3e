package prompt_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

func sized(n int) func() ([]byte, error) {
	return func() ([]byte, error) { return make([]byte, n), nil }
}

var errMade = errors.New("made for it")

func unwanted(t *testing.T, key string) func() ([]byte, error) {
	t.Helper()
	return func() ([]byte, error) {
		t.Errorf("%s was made again", key)
		return nil, errMade
	}
}

func TestCacheKey(t *testing.T) {
	keys := map[string]bool{}
	for _, key := range []string{
		prompt.CacheKey("join"), prompt.CacheKey("join", nil), prompt.CacheKey("join", []byte("a")), prompt.CacheKey("join", []byte("a"), []byte("b")),
		prompt.CacheKey("join", []byte("b"), []byte("a")), prompt.CacheKey("join", []byte("ab")), prompt.CacheKey("import", []byte("a")),
		prompt.CacheKey(`join"`, []byte("a")),
	} {
		keys[key] = true
	}
	if len(keys) != 8 {
		t.Errorf("%d keys of 8 different things", len(keys))
	}
	if !keys[prompt.CacheKey("join", []byte("a"))] {
		t.Error("the same thing has two keys")
	}
}

func TestCache(t *testing.T) {
	c := prompt.NewCache(100)
	for _, key := range []string{"a", "b", "a"} {
		if _, err := c.Get(key, sized(50)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Get("c", sized(30)); err != nil || c.Size() != 80 { // b was not asked for longest
		t.Fatalf("size %d, %v", c.Size(), err)
	}
	for _, key := range []string{"a", "c"} {
		if _, err := c.Get(key, unwanted(t, key)); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Get("b", func() ([]byte, error) { return nil, errMade }); !errors.Is(err, errMade) {
		t.Errorf("b is still there: %v", err)
	}
	if wav, err := c.Get("b", sized(10)); err != nil || len(wav) != 10 || c.Size() != 90 {
		t.Errorf("after an error: %d bytes, %v, size %d", len(wav), err, c.Size())
	}
	if wav, err := c.Get("huge", sized(101)); err != nil || len(wav) != 101 || c.Size() != 90 {
		t.Errorf("what does not fit: %d bytes, %v, size %d", len(wav), err, c.Size())
	}
}

func TestNoCache(t *testing.T) {
	var c *prompt.Cache
	for range 2 {
		if wav, err := c.Get("a", sized(3)); err != nil || len(wav) != 3 || c.Size() != 0 {
			t.Errorf("%d bytes, %v", len(wav), err)
		}
	}
}

func TestCacheJoin(t *testing.T) {
	c := prompt.NewCache(1 << 20)
	a, b := prompt.EncodeWAV([]int16{1, 2}), prompt.EncodeWAV([]int16{3})
	for range 2 {
		if got, err := c.Join(a, b); err != nil || !bytes.Equal(got, prompt.EncodeWAV([]int16{1, 2, 3})) {
			t.Errorf("Join = %v, %v", got, err)
		}
	}
	if c.Size() != 44+6 {
		t.Errorf("size %d, want one file", c.Size())
	}
}

// Of many who ask at once one makes the audio, also if it panics, and the size
// stays within its bound.
func TestCacheConcurrent(t *testing.T) {
	c := prompt.NewCache(1000)
	var made atomic.Int64
	var started, wg sync.WaitGroup
	release := make(chan struct{})
	started.Add(1)
	for i := range 20 {
		wg.Go(func() {
			if i > 0 {
				started.Wait()
			}
			_, err := c.Get("same", func() ([]byte, error) {
				made.Add(1)
				started.Done()
				<-release
				return make([]byte, 10), nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	started.Wait()
	close(release)
	wg.Wait()
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
	for range 8 {
		wg.Go(func() {
			for range 300 {
				n := rand.IntN(40)
				wav, err := c.Get(fmt.Sprint(n), sized(10*n))
				if err != nil || len(wav) != 10*n || c.Size() > 1000 {
					t.Errorf("%d: %d bytes, %v, size %d", n, len(wav), err, c.Size())
				}
			}
		})
	}
	wg.Wait()
}

func TestCachePanic(t *testing.T) {
	c := prompt.NewCache(100)
	func() {
		defer func() { _ = recover() }()
		_, _ = c.Get("a", func() ([]byte, error) { panic("no") })
	}()
	if wav, err := c.Get("a", sized(5)); err != nil || len(wav) != 5 {
		t.Errorf("after a panic: %d bytes, %v", len(wav), err)
	}
}

// Catalogues that share a cache have a file in memory once, and the cache keeps
// none that no catalogue has.
func TestCataloguesShareFiles(t *testing.T) {
	cache := prompt.NewCache(0)
	catalogue := func(cache *prompt.Cache) *prompt.Catalogue {
		c := prompt.NewCatalogue([]string{"en-GB"})
		c.ShareIn(cache)
		if _, _, err := c.AddFile(prompt.Tone(time.Second, "a")); err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := func(c *prompt.Catalogue) *byte {
		for _, wav := range c.Files() {
			return &wav[0]
		}
		return nil
	}
	a, b, alone := catalogue(cache), catalogue(cache), catalogue(nil)
	if first(a) != first(b) || first(a) == first(alone) {
		t.Error("catalogues of one cache do not share a file, or others do")
	}
	if cache.Size() != 0 {
		t.Errorf("the cache keeps %d bytes", cache.Size())
	}
	runtime.KeepAlive(a)
}
