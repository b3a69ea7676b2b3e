package bot

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// newNode is a process of a bot whose processes share a shelf.
func newNode(t *testing.T, s *shelf, clock *tick, name string) *Bot {
	t.Helper()
	ids := 0
	cfg := newKeeping(t, nil, clock, talking(t, "main", "one")).Config()
	cfg.Blobs, cfg.Speech = s, Tones{}
	cfg.NewID = func() string { ids++; return name + strings.Repeat("i", ids) }
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// played is the address that the platform gets for a part.
func played(t *testing.T, b *Bot, p ivr.Part) string {
	t.Helper()
	media, _, err := b.resolve(t.Context(), []ivr.Part{p})
	if err != nil {
		t.Fatal(err)
	}
	return media[0].URI
}

// fetched is what a process answers the platform.
func fetched(b *Bot, url string) (status int, body []byte) {
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, http.NoBody))
	return w.Code, w.Body.Bytes()
}

// What one process has spoken and joined, every other gives to the platform; what
// is secret lies in the store sealed.
func TestAudioOfAnotherProcess(t *testing.T) {
	shelf, clock := newShelf(), newTick()
	a, b := newNode(t, shelf, clock, "a"), newNode(t, shelf, clock, "b")
	file := ivr.Part{Audio: ownAudio("one"), Length: ivr.Duration(time.Second)}
	text := ivr.Part{Text: "Your balance is ten pounds.", Locale: "en-GB"}
	for name, p := range map[string]ivr.Part{
		"text": text, "joined": {Joined: []ivr.Part{file, text}},
		"secret":        {Text: "one two three four", Locale: "en-GB", Sensitive: true},
		"secret joined": {Joined: []ivr.Part{file, {Text: "four three two one", Locale: "en-GB", Sensitive: true}}, Sensitive: true},
	} {
		t.Run(name, func(t *testing.T) {
			url := played(t, a, p)
			status, body := fetched(b, url)
			if _, err := prompt.CheckWAV(body); status != http.StatusOK || err != nil {
				t.Fatalf("the other process answers %d: %v", status, err)
			}
			if _, own := fetched(a, url); !bytes.Equal(own, body) {
				t.Error("the two processes answer with other audio")
			}
			for name, data := range shelf.blobs {
				if secret := strings.HasPrefix(name, "secret/"); bytes.Contains(data, body[100:]) && (secret || p.Sensitive) {
					t.Errorf("%s holds what is secret", name)
				}
			}
		})
	}
	if a, b := played(t, a, ivr.Part{Text: "1", Sensitive: true}), played(t, b, ivr.Part{Text: "1", Sensitive: true}); a[:80] == b[:80] {
		t.Errorf("two processes name the same secret alike: %s", a)
	}
	if shelf.count("put audio/") != 2 {
		t.Errorf("it was put %d times, want once each: %q", shelf.count("put audio/"), shelf.asked())
	}
}

// Audio that is in memory is served without the store, and is put again only so
// that it does not expire.
func TestAudioInMemoryAsksNobody(t *testing.T) {
	shelf, clock := newShelf(), newTick()
	b := newNode(t, shelf, clock, "a")
	text := ivr.Part{Text: "hello", Locale: "en-GB"}
	url := played(t, b, text)
	file := b.address(ownAudio("one"))
	before := len(shelf.asked())
	for range 100 {
		played(t, b, text)
		if status, _ := fetched(b, url); status != http.StatusOK {
			t.Fatal(status)
		}
		if status, _ := fetched(b, file); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if n := len(shelf.asked()); n != before {
		t.Errorf("the store was asked %d times", n-before)
	}
	clock.add(renewAfter)
	played(t, b, text)
	if n := shelf.count("put audio/"); n != 2 {
		t.Errorf("an hour later it was put %d times in all, want 2", n)
	}
	limits := BlobLimits(clock.Now())
	for name := range shelf.blobs {
		if prefix, _, _ := strings.Cut(name, "/"); limits[prefix+"/"].IsZero() {
			t.Errorf("%s is never deleted", name)
		}
	}
	if left := clock.Now().Sub(limits["audio/"]) - renewAfter; left < b.mediaLife() {
		t.Errorf("audio is deleted %v after its last address was given, and the address is good for %v", left, b.mediaLife())
	}
}

// Whatever is asked for that nobody has, the store is asked now and then only.
func TestUnknownAudioAsksSeldom(t *testing.T) {
	shelf, clock := newShelf(), newTick()
	b := newNode(t, shelf, clock, "a")
	url := b.address(strings.Repeat("a", 64))
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 20 {
				if status, _ := fetched(b, url); status != http.StatusNotFound {
					t.Errorf("status %d", status)
				}
			}
		})
	}
	all.Wait()
	if n := shelf.count("get "); n > 3 {
		t.Errorf("1000 requests asked the store %d times", n)
	}
	clock.add(unknownFor)
	fetched(b, url)
	if n := shelf.count("get "); n > 6 {
		t.Errorf("the store was asked %d times", n)
	}
	for i := range 3 * maxUnknown {
		fetched(b, b.address(prompt.Hash([]byte{byte(i), byte(i >> 8)})))
	}
	if n := len(b.library.shared.unknown); n > maxUnknown {
		t.Errorf("%d unknown names are remembered", n)
	}
}

// Without the store a prompt is played all the same, and another process says
// that it does not know.
func TestAudioWithoutTheStore(t *testing.T) {
	shelf, clock := newShelf(), newTick()
	a, b := newNode(t, shelf, clock, "a"), newNode(t, shelf, clock, "b")
	shelf.set(true)
	url := played(t, a, ivr.Part{Text: "hello", Locale: "en-GB"})
	if status, _ := fetched(a, url); status != http.StatusOK {
		t.Errorf("the process that made it answers %d", status)
	}
	if status, _ := fetched(b, url); status != http.StatusServiceUnavailable {
		t.Errorf("another one answers %d", status)
	}
	shelf.set(false)
	played(t, a, ivr.Part{Text: "hello", Locale: "en-GB"})
	if status, _ := fetched(b, url); status != http.StatusOK {
		t.Errorf("once it was put, another one answers %d", status)
	}
	for name := range shelf.blobs {
		shelf.blobs[name][70]++
	}
	if status, _ := fetched(newNode(t, shelf, clock, "c"), url); status != http.StatusServiceUnavailable {
		t.Errorf("damaged audio is answered with %d", status)
	}
}

// Recordings in a shared store are sealed, each under its name.
func TestBlobRecordings(t *testing.T) {
	shelf := newShelf()
	wav := prompt.Tone(time.Second, "voice")
	r := NewBlobRecordings(shelf, []byte("key"))
	if err := r.Save(t.Context(), "s1-2", wav); err != nil {
		t.Fatal(err)
	}
	got, err := NewBlobRecordings(shelf, []byte("key")).Load(t.Context(), "s1-2")
	if err != nil || !bytes.Equal(got, wav) {
		t.Errorf("%v, the same %t", err, bytes.Equal(got, wav))
	}
	if bytes.Contains(shelf.blobs["recording/s1-2"], wav[100:200]) {
		t.Error("it is there for everybody to hear")
	}
	shelf.blobs["recording/s1-3"] = shelf.blobs["recording/s1-2"]
	for _, id := range []string{"s1-3", "none"} {
		if _, err := r.Load(t.Context(), id); err == nil || errors.Is(err, fs.ErrNotExist) != (id == "none") {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := NewBlobRecordings(shelf, []byte("other")).Load(t.Context(), "s1-2"); !errors.Is(err, errSealed) {
		t.Errorf("under another key: %v", err)
	}
	b := newNode(t, shelf, newTick(), "a")
	if _, ok := b.cfg.Recordings.(*BlobRecordings); !ok {
		t.Errorf("a bot whose processes share a store keeps recordings in %T", b.cfg.Recordings)
	}
}
