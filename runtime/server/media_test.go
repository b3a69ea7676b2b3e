package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/server"
)

var (
	wav     = append([]byte("RIFF\x24\x00\x00\x00WAVEfmt "), bytes.Repeat([]byte{1, 2, 3, 4}, 1000)...)
	wavHash = func() string { sum := sha256.Sum256(wav); return hex.EncodeToString(sum[:]) }()
	key1    = bytes.Repeat([]byte{1}, 32)
	key2    = bytes.Repeat([]byte{2}, 32)
	key3    = bytes.Repeat([]byte{3}, 32)
)

func newMedia(tb testing.TB, c *clock, key, previous []byte) *server.Media {
	tb.Helper()
	m, err := server.NewMedia(server.MediaConfig{
		Key: key, Previous: previous, Now: c.Now, TTL: time.Hour,
		Lookup: func(_ context.Context, hash string) (server.Content, bool, error) {
			if hash != wavHash {
				tb.Errorf("looked up %q, want only what was signed", hash)
			}
			return server.Content{Data: wav, Modified: c.Now().Add(-time.Hour)}, hash == wavHash, nil
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// fetch asks for an address as the platform does.
func fetch(tb testing.TB, h http.Handler, method, address string, headers ...string) *httptest.ResponseRecorder {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		u = &url.URL{Path: address}
	}
	r := httptest.NewRequestWithContext(tb.Context(), method, "/", nil)
	r.URL = &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestMediaIsServed(t *testing.T) {
	c := newClock()
	m := newMedia(t, c, key1, nil)
	b := newBot(t, func(config *server.Config) { config.Media = m })
	address := m.URL("https://bot.example.com/", wavHash, time.Time{})
	if want := "https://bot.example.com/media/" + wavHash + ".wav?e="; !strings.HasPrefix(address, want) {
		t.Errorf("got %s, want it to begin with %s", address, want)
	}
	for _, h := range []http.Handler{m, b.handler} {
		w := fetch(t, h, http.MethodGet, address)
		if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), wav) {
			t.Errorf("got %d and %d bytes, want 200 and the audio", w.Code, w.Body.Len())
		}
		for name, want := range map[string]string{
			"Content-Type": "audio/wav", "X-Content-Type-Options": "nosniff", "Content-Length": fmt.Sprint(len(wav)),
			"Cache-Control": "private, max-age=3600, immutable", "Accept-Ranges": "bytes", "Etag": `"` + wavHash + `"`,
			"Last-Modified": "Fri, 01 May 2026 11:00:00 GMT",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if w := fetch(t, h, http.MethodHead, address); w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") != fmt.Sprint(len(wav)) {
			t.Errorf("HEAD: got %d, %d bytes, length %s", w.Code, w.Body.Len(), w.Header().Get("Content-Length"))
		}
		if w := fetch(t, h, http.MethodGet, address, "Range", "bytes=4-7"); w.Code != http.StatusPartialContent || w.Body.String() != string(wav[4:8]) {
			t.Errorf("range: got %d %q, want 206 and four bytes", w.Code, w.Body)
		}
		if w := fetch(t, h, http.MethodGet, address, "Range", "bytes=99999-"); w.Code != http.StatusRequestedRangeNotSatisfiable {
			t.Errorf("range beyond the end: got %d, want 416", w.Code)
		}
		if w := fetch(t, h, http.MethodGet, address, "If-None-Match", `"`+wavHash+`"`); w.Code != http.StatusNotModified {
			t.Errorf("known already: got %d, want 304", w.Code)
		}
	}
}

func TestMediaKeysRotate(t *testing.T) {
	c := newClock()
	before := newMedia(t, c, key1, nil)
	during := newMedia(t, c, key2, key1)
	after := newMedia(t, c, key3, key2)
	old, current := before.URL("", wavHash, time.Time{}), during.URL("", wavHash, time.Time{})
	tests := []struct {
		name    string
		media   *server.Media
		address string
		want    int
	}{
		{"old key, one rotation later", during, old, 200},
		{"old key, two rotations later", after, old, 404},
		{"new key", during, current, 200},
		{"new key, one rotation later", after, current, 200},
		{"new key at a node that does not have it yet", before, current, 404},
	}
	for _, tt := range tests {
		if w := fetch(t, tt.media, http.MethodGet, tt.address); w.Code != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, w.Code, tt.want)
		}
	}
}

func TestMediaExpires(t *testing.T) {
	c := newClock()
	m := newMedia(t, c, key1, nil)
	byDefault, soon := m.URL("", wavHash, time.Time{}), m.URL("", wavHash, c.Now().Add(time.Minute))
	past := m.URL("", wavHash, c.Now())
	steps := []struct {
		advance time.Duration
		address string
		want    int
	}{
		{0, past, 404}, {0, soon, 200}, {59 * time.Second, soon, 200}, {time.Second, soon, 404},
		{58 * time.Minute, byDefault, 200}, {time.Minute, byDefault, 404}, {-time.Minute, byDefault, 200},
	}
	for i, s := range steps {
		c.Advance(s.advance)
		if w := fetch(t, m, http.MethodGet, s.address); w.Code != s.want {
			t.Errorf("step %d: got %d, want %d", i, w.Code, s.want)
		}
	}
}

// TestForgedMediaAddresses: whatever is wrong, the answer is the same 404, and
// nothing is looked up.
func TestForgedMediaAddresses(t *testing.T) {
	c := newClock()
	m := newMedia(t, c, key1, key2)
	u, err := url.Parse(m.URL("", wavHash, time.Time{}))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	e, k, s := q.Get("e"), q.Get("k"), q.Get("s")
	with := func(path, e, k, s string) string {
		return path + "?" + url.Values{"e": {e}, "k": {k}, "s": {s}}.Encode()
	}
	otherHash := strings.Repeat("0", 64)
	foreign, err := url.Parse(newMedia(t, c, key3, nil).URL("", wavHash, time.Time{}))
	if err != nil {
		t.Fatal(err)
	}
	otherKey, err := url.Parse(newMedia(t, c, key2, nil).URL("", wavHash, time.Time{}))
	if err != nil {
		t.Fatal(err)
	}
	other := strings.NewReplacer("0", "1", "1", "0").Replace(s)
	tests := map[string]string{
		"no query":              u.Path,
		"no signature":          u.Path + "?e=" + e + "&k=" + k,
		"no expiry":             u.Path + "?k=" + k + "&s=" + s,
		"no key":                u.Path + "?e=" + e + "&s=" + s,
		"empty signature":       with(u.Path, e, k, ""),
		"other signature":       with(u.Path, e, k, other),
		"half a signature":      with(u.Path, e, k, s[:32]),
		"longer signature":      with(u.Path, e, k, s+"00"),
		"signature in capitals": with(u.Path, e, k, strings.ToUpper(s)),
		"later expiry":          with(u.Path, e+"0", k, s),
		"expiry with a sign":    with(u.Path, "+"+e, k, s),
		"expiry with a zero":    with(u.Path, "0"+e, k, s),
		"expiry is no number":   with(u.Path, "x", k, s),
		"expiry is negative":    with(u.Path, "-1", k, s),
		"expiry is huge":        with(u.Path, strings.Repeat("9", 30), k, s),
		"unknown key":           with(u.Path, e, "ffffffff", s),
		"empty key":             with(u.Path, e, "", s),
		"previous key's name":   with(u.Path, e, otherKey.Query().Get("k"), s),
		"current key's name":    with(u.Path, e, k, otherKey.Query().Get("s")),
		"foreign key":           foreign.String(),
		"foreign signature":     with(u.Path, e, k, foreign.Query().Get("s")),
		"other hash":            with("/media/"+otherHash+".wav", e, k, s),
		"hash in capitals":      with("/media/"+strings.ToUpper(wavHash)+".wav", e, k, s),
		"hash too short":        with("/media/"+wavHash[1:]+".wav", e, k, s),
		"hash too long":         with("/media/"+wavHash+"0.wav", e, k, s),
		"no suffix":             with("/media/"+wavHash, e, k, s),
		"other suffix":          with("/media/"+wavHash+".mp3", e, k, s),
		"other folder":          with("/other/"+wavHash+".wav", e, k, s),
		"up and down":           with("/media/../media/"+wavHash+".wav", e, k, s),
		"escaped path":          with("/media/%2e%2e/"+wavHash+".wav", e, k, s),
		"NUL in the path":       with("/media/"+wavHash+".wav%00", e, k, s),
		"no name":               with("/media/", e, k, s),
		"two expiries":          u.String() + "&e=" + e,
		"two signatures":        u.String() + "&s=" + s,
		"one word more":         u.String() + "&x=1",
		"semicolon":             u.String() + ";x=1",
		"broken escape":         u.String() + "&x=%zz",
	}
	var body, head string
	for name, address := range tests {
		w := fetch(t, m, http.MethodGet, address)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", name, w.Code)
		}
		if body == "" {
			body, head = w.Body.String(), fmt.Sprint(w.Header())
		}
		if w.Body.String() != body || fmt.Sprint(w.Header()) != head {
			t.Errorf("%s: the answer differs from that to another fault", name)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		if w := fetch(t, m, method, u.String()); w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", method, w.Code)
		}
	}
	if w := fetch(t, m, http.MethodGet, u.String()); w.Code != http.StatusOK {
		t.Errorf("the true address: got %d, want 200", w.Code)
	}
}

// TestUnknownAudio: a good signature for audio that is gone is a 404 too; 503 is
// for audio that may be there.
func TestUnknownAudio(t *testing.T) {
	var down error
	m, err := server.NewMedia(server.MediaConfig{Key: key1, Lookup: func(context.Context, string) (server.Content, bool, error) { return server.Content{}, false, down }})
	if err != nil {
		t.Fatal(err)
	}
	if w := fetch(t, m, http.MethodGet, m.URL("", wavHash, time.Time{})); w.Code != http.StatusNotFound {
		t.Errorf("got %d, want 404", w.Code)
	}
	down = errors.New("the store is down")
	if w := fetch(t, m, http.MethodGet, m.URL("", wavHash, time.Time{})); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "store") {
		t.Errorf("got %d, want 503 without a reason: %s", w.Code, w.Body)
	}
}

func TestBadMediaConfigurations(t *testing.T) {
	_, err := server.NewMedia(server.MediaConfig{Key: key1[:31], Previous: []byte{}, TTL: -1})
	for _, want := range []string{"Key has 31 bytes", "Previous key has 0 bytes", "Lookup is missing", "negative"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}
