package graphsim_test

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// publishedKey reads the key of a token by way of the metadata, as a bot does.
func publishedKey(w *world, kid any) (*rsa.PublicKey, error) {
	meta := w.send(w.request(http.MethodGet, strings.TrimPrefix(w.sim.Discovery(), base), ""))
	jwks, _ := meta.body["jwks_uri"].(string)
	set := w.send(w.request(http.MethodGet, strings.TrimPrefix(jwks, base), ""))
	keys, _ := set.body["keys"].([]any)
	for _, k := range keys {
		k := k.(map[string]any)
		if k["kid"] != kid {
			continue
		}
		if k["kty"] != "RSA" || k["use"] != "sig" || k["alg"] != "RS256" {
			return nil, fmt.Errorf("key %v is no RSA key for RS256", k)
		}
		n, err := base64.RawURLEncoding.DecodeString(k["n"].(string))
		e, err2 := base64.RawURLEncoding.DecodeString(k["e"].(string))
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, errors.Join(err, err2)
	}
	return nil, fmt.Errorf("key %v is not published", kid)
}

func verify(w *world, header http.Header) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	text := strings.TrimPrefix(header.Get("Authorization"), "Bearer ")
	_, err := jwt.ParseWithClaims(text, claims, func(tok *jwt.Token) (any, error) { return publishedKey(w, tok.Header["kid"]) },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(w.clock.Now), jwt.WithExpirationRequired(),
		jwt.WithIssuer(w.sim.Issuer()), jwt.WithAudience(w.sim.AppID()))
	return claims, err
}

func TestCallbacksAreSigned(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ring(graphsim.Caller{})
	n := w.heard[0]
	claims, err := verify(w, n.header)
	if err != nil {
		t.Fatalf("callback token: %v", err)
	}
	if claims["tid"] != w.sim.Tenant() {
		t.Errorf("tid %v, want %s", claims["tid"], w.sim.Tenant())
	}
	if life := claims["exp"].(float64) - claims["nbf"].(float64); life != 65*60 {
		t.Errorf("token lives %v s, want 65 min", life)
	}
	for _, name := range []string{"Scenario-Id", "X-Microsoft-Skype-Chain-ID", "X-Microsoft-Skype-Message-ID"} {
		if len(n.header[http.CanonicalHeaderKey(name)][0]) != 36 {
			t.Errorf("header %s is %q, want a GUID", name, n.header.Get(name))
		}
	}
	if got := n.header.Get("User-Agent"); got != "Microsoft-Skype/3.0 (Calling/1.0)" {
		t.Errorf("User-Agent %q", got)
	}
	// The token is renewed in time, and a rotated key is published.
	w.must(c, "answer", answerBody)
	for range 5 {
		w.clock.forward(30 * time.Minute)
		w.token = w.fetchToken()
		w.must(c, "keepAlive", "")
	}
	if err := w.sim.RotateKey(nil, true); err != nil {
		t.Fatal(err)
	}
	c.HangUp()
	w.clock.forward(time.Second)
	if _, err := verify(w, w.heard[len(w.heard)-1].header); err != nil {
		t.Errorf("after 150 minutes and a new key: %v", err)
	}
	if _, err := verify(w, n.header); err == nil {
		t.Error("a token of a forgotten key verifies, want an error")
	}
}

func TestWhereCallbacksGo(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ring(graphsim.Caller{})
	w.must(c, "answer", answerBody)
	w.clock.forward(time.Second)
	for i, n := range w.heard {
		want := "/leg"
		if i == 0 {
			want = "/calls"
		}
		if n.path != want {
			t.Errorf("%v was posted to %s, want %s", n, n.path, want)
		}
	}
}

func TestSpelling(t *testing.T) {
	const upper, lower = "ABCDEF", "abcdef"
	for _, tt := range []struct {
		spelling   graphsim.Spelling
		has, lacks string
	}{{graphsim.SpellUpper, upper, lower + "-"}, {graphsim.SpellDashed, lower + "-", upper}} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.IDs = tt.spelling })
		c := w.connected()
		w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
		w.clock.forward(2 * time.Second)
		n := w.heard[0]
		id := strings.TrimPrefix(n.URL, "/communications/calls/")
		if !strings.ContainsAny(id, tt.has) || strings.ContainsAny(id[:30], tt.lacks) {
			t.Errorf("spelling %d: resourceUrl %s", tt.spelling, n.URL)
		}
		if got := ivr.NormalizeCallID(strings.SplitN(id, "/", 2)[0]); got != c.ID() {
			t.Errorf("the id in %s is %s, want %s", n.URL, got, c.ID())
		}
		if n.Legacy != strings.Replace(n.URL, "/communications/", "/app/", 1) {
			t.Errorf("resource %s beside resourceUrl %s", n.Legacy, n.URL)
		}
		if opID := fmt.Sprint(n.data["id"]); len(opID) != 36 || strings.ToLower(opID) != opID {
			t.Errorf("the id in the body is %s, want lower case with dashes", opID)
		}
	}
	both := map[bool]bool{}
	for seed := range uint64(20) {
		w := newWorld(t, func(c *graphsim.Config) { c.Seed = seed })
		w.ring(graphsim.Caller{})
		both[strings.Contains(w.heard[0].URL, "-")] = true
	}
	if len(both) != 2 {
		t.Errorf("20 seeds spell ids in %d ways, want 2", len(both))
	}
}

func TestLegacyForm(t *testing.T) {
	legacy := func(c *graphsim.Config) { c.Settings.LegacyFirst = true }
	w := newWorld(t, legacy)
	w.status = func(n int) int { return map[int]int{1: 204}[n] + map[bool]int{true: 202}[n > 1] }
	w.ring(graphsim.Caller{})
	if strings.Contains(string(w.bodies[0]), "microsoft.graph") {
		t.Errorf("first body %s, want the legacy form", w.bodies[0])
	}
	w.expect("created incoming")
	w = newWorld(t, legacy) // a bot that answers 202 has chosen the old protocol
	w.ring(graphsim.Caller{})
	w.clock.forward(time.Second)
	w.expect()
}

func TestRedirectedCallback(t *testing.T) {
	for _, tt := range []struct {
		name, where string
		answers     []int
		paths       string
		failed      bool
	}{
		{"followed", "/other", []int{302, 202}, "/calls /other", false},
		{"once only", "/other", []int{302, 302, 202}, "/calls /other", true},
		{"not to plain http", "http://example.com/x", []int{302, 202}, "/calls", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.where = tt.where
			w.status = func(n int) int { return tt.answers[n-1] }
			w.ring(graphsim.Caller{})
			var paths []string
			for _, n := range w.heard {
				paths = append(paths, n.path)
			}
			_, failed := find[graphsim.CallbackFailed](w)
			if got := strings.Join(paths, " "); got != tt.paths || failed != tt.failed {
				t.Errorf("posted to %s, failed %v; want %s, %v", got, failed, tt.paths, tt.failed)
			}
		})
	}
}

func TestFailedCallback(t *testing.T) {
	for _, retries := range []int{0, 2} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.CallbackRetries = retries })
		w.status = func(int) int { return 503 }
		w.ring(graphsim.Caller{})
		w.clock.forward(5 * time.Second)
		if w.posts != 1+retries {
			t.Errorf("%d retries: %d posts, want %d", retries, w.posts, 1+retries)
		}
		if e, ok := find[graphsim.CallbackFailed](w); !ok || e.Status != 503 {
			t.Errorf("observed %+v, want a failed callback with 503", e)
		}
	}
}

func TestUnreachableBot(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) {
		c.Transport = graphsim.InMemory(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	})
	w.ring(graphsim.Caller{})
	if e, ok := find[graphsim.CallbackFailed](w); !ok || e.Err == nil || e.Status != 0 {
		t.Errorf("observed %+v, want a dropped connection", e)
	}
}
