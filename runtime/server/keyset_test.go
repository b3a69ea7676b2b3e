package server_test

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// tokenOf is a good token signed by another key under another id.
func (b *bot) tokenOf(kid string, key int) string {
	h := goodHeader()
	h["kid"] = kid
	return sign(keys()[key], h, goodClaims(b.clock.Now()))
}

func (b *bot) check(token string) string {
	b.Helper()
	_, err := b.verifier.Verify(context.Background(), token)
	return reasonOf(b, err)
}

func TestKeyRotation(t *testing.T) {
	b := newBot(t, nil)
	if got := b.check(b.good()); got != "" {
		t.Fatalf("first key: %q", got)
	}
	current, at := "a", 0
	for i := range 100 {
		b.clock.Advance(31 * time.Second) // past the pause
		before := b.idp.count()
		next, key := fmt.Sprintf("k%d", i), (at+1)%2
		b.idp.set(jwkOf(next, keys()[key]))
		if got := b.check(b.tokenOf(next, key)); got != "" {
			t.Fatalf("rotation %d: new key: %q", i, got)
		}
		if got := b.check(b.tokenOf(current, at)); got != server.ReasonUnknownKey {
			t.Fatalf("rotation %d: old key: got %q, want %q", i, got, server.ReasonUnknownKey)
		}
		if got := b.idp.count() - before; got != 1 {
			t.Fatalf("rotation %d: %d fetches, want 1", i, got)
		}
		current, at = next, key
	}
}

func TestRemovedKeyIsRefusedWithinAnHour(t *testing.T) {
	b := newBot(t, nil)
	b.check(b.good())
	b.idp.set(jwkOf("b", keyB()))
	b.clock.Advance(time.Hour)
	if got := b.check(b.good()); got != server.ReasonUnknownKey {
		t.Errorf("an hour after its removal: got %q, want %q", got, server.ReasonUnknownKey)
	}
}

func TestSeveralKeysWithOneID(t *testing.T) {
	b := newBot(t, nil)
	b.idp.set(jwkOf("a", keyB()), jwkOf("a", keyA()), jwkOf("b", keyB()))
	for _, token := range []string{b.tokenOf("a", 0), b.tokenOf("a", 1), b.tokenOf("b", 1)} {
		if got := b.check(token); got != "" {
			t.Errorf("got %q, want no refusal", got)
		}
	}
	if got := b.check(b.tokenOf("b", 0)); got != server.ReasonSignature {
		t.Errorf("key a under the name b: got %q, want %q", got, server.ReasonSignature)
	}
}

// TestKeyFlood: 100,000 tokens with unknown keys that look like ours, over ten
// minutes, cost one fetch per 30 s; those that do not look like ours cost none.
func TestKeyFlood(t *testing.T) {
	b := newBot(t, nil)
	b.check(b.good())
	begin := b.idp.count()
	claims, foreign := segment(goodClaims(b.clock.Now())), segment(object{"iss": "https://evil.example", "aud": appID})
	sig := strings.Repeat("A", 342)
	for i := range 100_000 {
		if i%1000 == 999 {
			b.clock.Advance(6 * time.Second)
		}
		part := claims
		if i%2 == 1 {
			part = foreign
		}
		token := b64(fmt.Appendf(nil, `{"alg":"RS256","kid":"%d"}`, i)) + "." + part + "." + sig
		if got := b.check(token); got != server.ReasonUnknownKey {
			t.Fatalf("token %d: got %q, want %q", i, got, server.ReasonUnknownKey)
		}
	}
	if got := b.idp.count() - begin; got > 20 {
		t.Errorf("%d fetches in ten minutes, want 20 at most", got)
	}
	if got := b.check(b.good()); got != "" {
		t.Errorf("good token after the flood: %q", got)
	}
}

func TestForeignTokensCauseNoFetch(t *testing.T) {
	b := newBot(t, nil)
	for name, value := range map[string]string{"iss": "https://evil.example", "aud": "other"} {
		b.check(b.token(func(_, c object) { c[name] = value }))
	}
	b.check("a.b.c")
	if got := b.idp.count(); got != 0 {
		t.Errorf("%d fetches, want none", got)
	}
}

const (
	skype    = "https://api.aps.skype.com"
	metadata = skype + "/v1/.well-known/OpenIdConfiguration"
	keysAt   = skype + "/v1/keys"
)

// fault is what the issuer answers at one address. All other addresses, on any
// host, answer well: whoever gets there has accepted what he should not.
type fault struct {
	at       string // metadata if empty
	status   int    // 200 if 0
	body     string
	location string
	err      error
}

func (f fault) answer(r *http.Request) (*http.Response, error) {
	if r.URL.String() != cmp.Or(f.at, metadata) {
		return nil, nil
	}
	if f.err != nil {
		return nil, f.err
	}
	resp := reply(r, cmp.Or(f.status, http.StatusOK), f.body)
	if f.location != "" {
		resp.Header.Set("Location", f.location)
	}
	return resp, nil
}

// keysIn is metadata that names an address of the keys.
func keysIn(uri string) fault { return fault{body: `{"jwks_uri":"` + uri + `"}`} }

func TestBadKeyServers(t *testing.T) {
	pad := strings.Repeat(" ", 256<<10)
	tests := map[string]fault{
		"down":                       {err: errors.New("connection refused")},
		"500":                        {status: 500, body: "oops"},
		"500 with an answer":         {status: 500, body: `{"jwks_uri":"` + keysAt + `"}`},
		"204":                        {status: 204},
		"HTML":                       {body: "<html><body>sign in</body></html>"},
		"empty":                      {body: ""},
		"huge metadata":              {body: `{"jwks_uri":"` + keysAt + `"}` + pad},
		"array":                      {body: "[]"},
		"no key address":             {body: "{}"},
		"key address is a number":    {body: `{"jwks_uri":5}`},
		"keys elsewhere":             keysIn("https://evil.example/keys"),
		"keys at a look-alike":       keysIn(skype + ".evil.example/keys"),
		"keys with a user name":      keysIn("https://api.aps.skype.com@evil.example/keys"),
		"keys at our host as a user": keysIn("https://x@api.aps.skype.com/keys"),
		"keys at another port":       keysIn(skype + ":8443/keys"),
		"keys without TLS":           keysIn("http://api.aps.skype.com/keys"),
		"keys in a file":             keysIn("file:///etc/passwd"),
		"keys on loopback":           keysIn("http://127.0.0.1/keys"),
		"relative key address":       keysIn("/v1/keys"),
		"redirected metadata":        {status: 302, location: "https://evil.example/openid"},
		"redirected to plain http":   {status: 302, location: "http://api.aps.skype.com/openid"},
		"redirected to another port": {status: 307, location: skype + ":8443/openid"},
		"redirected for ever":        {status: 302, location: metadata},
		"redirected nowhere":         {status: 302},
		"keys down":                  {at: keysAt, err: errors.New("reset")},
		"keys 404":                   {at: keysAt, status: 404},
		"keys HTML":                  {at: keysAt, body: "<html>"},
		"keys huge":                  {at: keysAt, body: `{"keys":[` + goodKey() + "]}" + pad},
		"keys empty":                 {at: keysAt, body: `{"keys":[]}`},
		"keys null":                  {at: keysAt, body: `{"keys":null}`},
		"keys none":                  {at: keysAt, body: `{}`},
		"keys of no use":             {at: keysAt, body: `{"keys":[{"kty":"EC","kid":"a","crv":"P-256"},7,null,"x"]}`},
		"keys redirected":            {at: keysAt, status: 302, location: "https://evil.example/keys"},
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) { newBot(t, nil).comesBackFrom(f) })
	}
}

func goodKey() string {
	b, err := json.Marshal(jwkOf("a", keyA()))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// comesBackFrom is without keys while the fault lasts, has them after it, and
// keeps them for a while when it returns.
func (b *bot) comesBackFrom(f fault) {
	b.Helper()
	b.idp.misbehave(f.answer)
	if got := b.check(b.good()); got != server.ReasonNoKeys {
		b.Errorf("without any key: got %q, want %q", got, server.ReasonNoKeys)
	}
	if err := b.verifier.Ready(b.Context()); err == nil || !strings.Contains(err.Error(), `"public" has no keys`) {
		b.Errorf("readiness without keys: %v", err)
	}
	b.idp.misbehave(nil)
	b.clock.Advance(31 * time.Second)
	if err := b.verifier.Ready(b.Context()); err != nil {
		b.Errorf("readiness after it came back: %v", err)
	}
	b.survives(f)
}

// survives goes on with the last good set for 24 hours and not longer.
func (b *bot) survives(f fault) {
	b.Helper()
	b.idp.misbehave(f.answer)
	begin := b.idp.count()
	for range 23 {
		b.clock.Advance(time.Hour)
		if got := b.check(b.good()); got != "" {
			b.Fatalf("with held keys: %q", got)
		}
	}
	if got := b.idp.count() - begin; got > 23*4 { // a redirect that stays on the host counts up to three times
		b.Errorf("%d fetches in 23 hours", got)
	}
	b.clock.Advance(time.Hour + time.Minute)
	if got := b.check(b.good()); got != server.ReasonNoKeys {
		b.Errorf("after 24 h: got %q, want %q", got, server.ReasonNoKeys)
	}
}

func TestRedirectOnTheSameHostIsFollowed(t *testing.T) {
	b := newBot(t, nil)
	b.idp.misbehave(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/v1/.well-known/OpenIdConfiguration" {
			return nil, nil
		}
		resp := reply(r, 307, "")
		resp.Header.Set("Location", "/v2/openid")
		return resp, nil
	})
	if got := b.check(b.good()); got != "" {
		t.Errorf("got %q, want no refusal", got)
	}
}

func TestReadinessSeesTheClock(t *testing.T) {
	tests := []struct {
		name      string
		ours, age string
		off       time.Duration
		want      string
	}{
		{"right", "", "", 0, ""},
		{"a little off", "", "", 4 * time.Minute, ""},
		{"fast", "", "", 6 * time.Minute, "differs from the issuer's by 6m0s"},
		{"slow", "", "", -6 * time.Minute, "differs from the issuer's by -6m0s"},
		{"out of a cache", "", "600", 10 * time.Minute, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBot(t, nil)
			b.idp.misbehave(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != "/v1/keys" {
					return nil, nil
				}
				resp := reply(r, 200, object{"keys": []object{jwkOf("a", keyA())}})
				resp.Header.Set("Date", b.clock.Now().Add(-tt.off).UTC().Format(http.TimeFormat))
				resp.Header.Set("Age", tt.age)
				return resp, nil
			})
			err := b.verifier.Ready(t.Context())
			if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestReadyRefreshesBeforeCallbacksMust(t *testing.T) {
	b := newBot(t, nil)
	for range 24 {
		if err := b.verifier.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := b.idp.count()
		if got := b.check(b.good()); got != "" || b.idp.count() != before {
			t.Fatalf("got %q and %d fetches by a callback, want none", got, b.idp.count()-before)
		}
		b.clock.Advance(5 * time.Minute)
	}
	if got := b.idp.count(); got > 4 {
		t.Errorf("%d fetches in two hours, want 4 at most", got)
	}
}

func TestLoopbackProfile(t *testing.T) {
	c, p := newClock(), &idp{}
	p.set(jwkOf("a", keyA()))
	profile := server.Profile{
		Name: "simulator", MetadataURL: "http://127.0.0.1:9999/openid", Issuers: []string{issuer},
		Audiences: []string{appID}, Tenants: []string{tenant}, Loopback: true,
	}
	answer := func(uri string) {
		p.misbehave(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/openid" {
				return reply(r, 200, `{"jwks_uri":"`+uri+`"}`), nil
			}
			return nil, nil
		})
	}
	for uri, want := range map[string]string{
		"http://127.0.0.1:9999/keys":     "",
		"http://127.0.0.1:9998/keys":     server.ReasonNoKeys,
		"http://example.com:9999/keys":   server.ReasonNoKeys,
		"https://api.aps.skype.com/keys": server.ReasonNoKeys,
	} {
		answer(uri)
		v := newVerifier(t, p, c, profile)
		_, err := v.Verify(t.Context(), tokenAt(c.Now(), nil))
		if got := reasonOf(t, err); got != want {
			t.Errorf("keys at %s: got %q, want %q", uri, got, want)
		}
	}
}

// A profile that names keys believes no other of the set.
func TestThumbprints(t *testing.T) {
	// The SHA-256 of each key in the form of RFC 7638.
	thumbprint := func(key *rsa.PrivateKey) string {
		k := jwkOf("a", key)
		sum := sha256.Sum256(fmt.Appendf(nil, `{"e":"%s","kty":"RSA","n":"%s"}`, k["e"], k["n"]))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	a, b := thumbprint(keyA()), thumbprint(keyB())
	for _, tt := range []struct {
		published []map[string]any
		named     []string
		want      string
	}{
		{[]map[string]any{jwkOf("a", keyA())}, []string{a}, ""},
		{[]map[string]any{jwkOf("a", keyB()), jwkOf("a", keyA())}, []string{b, a}, ""},
		{[]map[string]any{jwkOf("a", keyB()), jwkOf("a", keyA())}, []string{b}, server.ReasonSignature},
		{[]map[string]any{jwkOf("b", keyB()), jwkOf("a", keyA())}, []string{b}, server.ReasonUnknownKey},
		{[]map[string]any{jwkOf("a", keyA())}, []string{b}, server.ReasonNoKeys},
	} {
		c, p := newClock(), &idp{}
		p.set(tt.published...)
		profile := server.PublicCloud(appID, tenant)
		profile.Thumbprints = tt.named
		v := newVerifier(t, p, c, profile)
		_, err := v.Verify(t.Context(), tokenAt(c.Now(), nil))
		if got := reasonOf(t, err); got != tt.want {
			t.Errorf("%d keys published, %q named: got %q, want %q", len(tt.published), tt.named, got, tt.want)
		}
	}
}

// TestOneFlight: callbacks that meet during a fetch share it, a sender that
// hangs up does not spoil it, a silent issuer costs five seconds at most, and
// no goroutine is left (the bubble would report it).
func TestOneFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, clock := &idp{}, newClock()
		p.set(jwkOf("a", keyA()))
		slow := make(chan struct{})
		p.misbehave(func(r *http.Request) (*http.Response, error) {
			select {
			case <-slow:
				return nil, nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		v := newVerifier(t, p, clock, server.PublicCloud(appID, tenant))
		token := tokenAt(clock.Now(), nil)
		together := func() (good int) {
			var wg sync.WaitGroup
			var mu sync.Mutex
			for i := range 50 {
				ctx, cancel := context.WithCancel(t.Context())
				wg.Go(func() {
					defer cancel()
					if _, err := v.Verify(ctx, token); err == nil {
						mu.Lock()
						defer mu.Unlock()
						good++
					}
				})
				synctest.Wait()
				if i == 0 {
					cancel() // the one that fetches
				}
			}
			close(slow)
			wg.Wait()
			return good
		}
		if got := together(); got != 50 {
			t.Errorf("%d of 50 callbacks passed, want all", got)
		}
		if got := p.count(); got != 1 {
			t.Errorf("%d fetches, want 1", got)
		}

		slow = make(chan struct{}) // and now it never answers
		clock.Advance(2 * time.Hour)
		begin := time.Now() // the bubble's, which time-outs go by
		token = tokenAt(clock.Now(), nil)
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Errorf("with held keys: %v", err)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("took %s, want 5s at most", took)
		}
	})
}

// TestPanickingTransport: keys can still be read after a fault of the transport.
func TestPanickingTransport(t *testing.T) {
	b := newBot(t, nil)
	b.idp.misbehave(func(*http.Request) (*http.Response, error) { panic("transport") })
	if w := b.post(path, toneBody); w.Code != http.StatusInternalServerError {
		t.Errorf("got %d, want 500", w.Code)
	}
	b.idp.misbehave(nil)
	b.clock.Advance(time.Minute)
	if w := b.post(path, toneBody); w.Code != http.StatusAccepted {
		t.Errorf("afterwards: got %d, want 202", w.Code)
	}
}
