package server

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	mediaPath    = "/media/"
	mediaSuffix  = ".wav"
	minMediaKey  = 32 // bytes
	mediaTTL     = 6 * time.Hour
	mediaKeyName = 8 // hex digits of a key's id
)

// Content is the audio behind a content hash.
type Content struct {
	Data     []byte    // a whole WAV file; it is not changed
	Modified time.Time // for Last-Modified, left out if zero
}

// MediaConfig configures NewMedia.
type MediaConfig struct {
	// Key signs addresses, at least 32 random bytes. All nodes of a bot share
	// it.
	Key []byte
	// Previous is the key before Key, if any: addresses that it signed stay
	// good until they expire.
	Previous []byte
	// Lookup finds audio by the lower-case hex SHA-256 of its bytes. It is the
	// only way to content: nothing from a request becomes a path. An error says
	// that it is not known now whether there is any.
	Lookup func(ctx context.Context, hash string) (Content, bool, error)
	// TTL is how long an address is good when URL is not told. It should be
	// the longest call and ten minutes. 0 means 6 h.
	TTL time.Duration
	// Now is the clock. nil means time.Now.
	Now func() time.Time
}

// Media serves prompt audio to the platform by signed addresses that expire:
//
//	/media/{sha256}.wav?e={unix seconds}&k={key id}&s={HMAC-SHA256}
//
// Whatever is wrong with an address, the answer is 404, so that it tells
// nothing about which audio exists.
type Media struct {
	keys   []mediaKey // the first signs
	lookup func(context.Context, string) (Content, bool, error)
	ttl    time.Duration
	now    func() time.Time
}

type mediaKey struct {
	id     string
	secret []byte
}

// NewMedia checks the configuration and reports all its faults.
func NewMedia(c MediaConfig) (*Media, error) {
	var errs []error
	if len(c.Key) < minMediaKey {
		errs = append(errs, fmt.Errorf("media Key has %d bytes, it needs %d random ones", len(c.Key), minMediaKey))
	}
	if c.Previous != nil && len(c.Previous) < minMediaKey {
		errs = append(errs, fmt.Errorf("media Previous key has %d bytes, it needs %d", len(c.Previous), minMediaKey))
	}
	if c.Lookup == nil {
		errs = append(errs, errors.New("media Lookup is missing"))
	}
	if c.TTL < 0 {
		errs = append(errs, fmt.Errorf("media TTL %s is negative", c.TTL))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	m := &Media{
		keys:   []mediaKey{newMediaKey(c.Key)},
		lookup: c.Lookup,
		ttl:    cmp.Or(c.TTL, mediaTTL),
		now:    c.Now,
	}
	if c.Previous != nil {
		m.keys = append(m.keys, newMediaKey(c.Previous))
	}
	if m.now == nil {
		m.now = time.Now
	}
	return m, nil
}

// newMediaKey names a key by a hash of it, so that nobody has to.
func newMediaKey(secret []byte) mediaKey {
	sum := sha256.Sum256(append([]byte("media key id\n"), secret...))
	return mediaKey{hex.EncodeToString(sum[:])[:mediaKeyName], bytes.Clone(secret)}
}

// URL is the address of the audio with this hash, good until the time given,
// or for the configured TTL if it is zero. base is the bot's public address,
// such as "https://bot.example.com".
func (m *Media) URL(base, hash string, until time.Time) string {
	if until.IsZero() {
		until = m.now().Add(m.ttl)
	}
	key, expiry := m.keys[0], strconv.FormatInt(until.Unix(), 10)
	path := mediaPath + hash + mediaSuffix
	query := url.Values{"e": {expiry}, "k": {key.id}, "s": {key.sign(path, expiry)}}
	return strings.TrimSuffix(base, "/") + path + "?" + query.Encode()
}

// sign covers the kind of request, the path and the expiry. GET and HEAD are
// one kind.
func (k mediaKey) sign(path, expiry string) string {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte("ivrflow media v1\nGET\n" + path + "\n" + expiry))
	return hex.EncodeToString(mac.Sum(nil))
}

// ServeHTTP answers GET and HEAD, with ranges.
func (m *Media) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash, left, ok := m.admit(r)
	if !ok {
		notFound(w)
		return
	}
	content, ok, err := m.lookup(r.Context(), hash)
	switch {
	case err != nil:
		plain(w, http.StatusServiceUnavailable, "try again")
		return
	case !ok:
		notFound(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "audio/wav")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", fmt.Sprintf("private, max-age=%d, immutable", int(left.Seconds())))
	h.Set("ETag", `"`+hash+`"`)
	http.ServeContent(w, r, "", content.Modified, bytes.NewReader(content.Data))
}

// admit checks an address: the hash it names and for how long it is good.
func (m *Media) admit(r *http.Request) (hash string, left time.Duration, ok bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return "", 0, false
	}
	path := r.URL.EscapedPath()
	hash, okHash := mediaHash(path)
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !okHash || len(query) != 3 {
		return "", 0, false
	}
	e, okE := single(query, "e")
	k, okK := single(query, "k")
	s, okS := single(query, "s")
	if !okE || !okK || !okS || !m.signed(k, path, e, s) {
		return "", 0, false
	}
	expiry, err := strconv.ParseInt(e, 10, 64)
	left = time.Unix(expiry, 0).Sub(m.now())
	return hash, left, err == nil && left > 0
}

// signed compares in constant time. The key's id is no secret.
func (m *Media) signed(id, path, expiry, signature string) bool {
	for _, k := range m.keys {
		if k.id == id {
			return hmac.Equal([]byte(signature), []byte(k.sign(path, expiry)))
		}
	}
	return false
}

func single(q url.Values, name string) (string, bool) {
	v := q[name]
	if len(v) != 1 {
		return "", false
	}
	return v[0], true
}

// mediaHash is the hash in a path of the form /media/{sha256}.wav.
func mediaHash(path string) (string, bool) {
	name, ok := strings.CutPrefix(path, mediaPath)
	hash, okSuffix := strings.CutSuffix(name, mediaSuffix)
	return hash, ok && okSuffix && len(hash) == 2*sha256.Size && strings.Trim(hash, "0123456789abcdef") == ""
}

func isMedia(path string) bool {
	_, ok := mediaHash(path)
	return ok
}

// notFound is the one answer to whatever does not exist.
func notFound(w http.ResponseWriter) { plain(w, http.StatusNotFound, "not found") }
