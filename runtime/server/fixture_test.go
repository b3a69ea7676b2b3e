package server_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/server"
)

const (
	appID    = "0efc74f7-41c3-47a4-8775-7259bfef4241"
	otherApp = "11111111-41c3-47a4-8775-7259bfef4241"
	tenant   = "1fdd12d0-4620-44ed-baec-459b611f84b2"
	secret   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	path     = "/api/calls/s1/a/" + secret
	issuer   = "https://api.botframework.com"
)

// keys are made once: making them is slow.
var keys = sync.OnceValue(func() [4]*rsa.PrivateKey {
	var list [4]*rsa.PrivateKey
	var wg sync.WaitGroup
	for i, bits := range [4]int{2048, 2048, 2048, 1024} {
		wg.Go(func() {
			key, err := rsa.GenerateKey(rand.Reader, bits)
			if err != nil {
				panic(err)
			}
			list[i] = key
		})
	}
	wg.Wait()
	return list
})

func keyA() *rsa.PrivateKey     { return keys()[0] }
func keyB() *rsa.PrivateKey     { return keys()[1] }
func attacker() *rsa.PrivateKey { return keys()[2] }
func weakKey() *rsa.PrivateKey  { return keys()[3] }

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// idp is an issuer of tokens as a RoundTripper: it answers metadata and keys,
// counts, and misbehaves on request.
type idp struct {
	mu       sync.Mutex
	keys     []map[string]any
	fetches  int // of the metadata, which begins each attempt
	requests []string
	answer   func(r *http.Request) (*http.Response, error) // instead of the good one; nil answer falls through
}

func jwkOf(kid string, key *rsa.PrivateKey) map[string]any {
	return map[string]any{
		"kty": "RSA", "use": "sig", "kid": kid, "x5t": kid,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
}

func (p *idp) set(keys ...map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = keys
}

func (p *idp) misbehave(answer func(*http.Request) (*http.Response, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *idp) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

func (p *idp) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	answer, keys := p.answer, p.keys
	p.requests = append(p.requests, r.URL.String())
	isMetadata := strings.Contains(strings.ToLower(r.URL.Path), "openid")
	if isMetadata {
		p.fetches++
	}
	p.mu.Unlock()
	if answer != nil {
		if resp, err := answer(r); resp != nil || err != nil {
			return resp, err
		}
	}
	if isMetadata {
		return reply(r, 200, map[string]any{
			"issuer": "https://something.else", "jwks_uri": "https://" + r.URL.Host + "/v1/keys",
		}), nil
	}
	return reply(r, 200, map[string]any{"keys": keys}), nil
}

// reply is an answer with a JSON body, or the text itself if body is a string.
func reply(r *http.Request, status int, body any) *http.Response {
	text, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		text = string(b)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(text))}
}

// intake counts what gets through.
type intake struct {
	mu         sync.Mutex
	incoming   []server.Delivery
	deliveries []server.Delivery
	err        error
	hook       func(context.Context)
}

func (i *intake) Incoming(ctx context.Context, d server.Delivery) error {
	return i.take(ctx, d, &i.incoming)
}

func (i *intake) Deliver(ctx context.Context, d server.Delivery) error {
	return i.take(ctx, d, &i.deliveries)
}

func (i *intake) take(ctx context.Context, d server.Delivery, list *[]server.Delivery) error {
	if i.hook != nil {
		i.hook(ctx)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	*list = append(*list, d)
	return i.err
}

func (i *intake) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.incoming) + len(i.deliveries)
}

// bot is the server under test with all that is around it.
type bot struct {
	testing.TB
	clock    *clock
	idp      *idp
	intake   *intake
	verifier *server.Verifier
	handler  http.Handler
	outcomes []server.Outcome
	config   server.Config
}

func newVerifier(tb testing.TB, p *idp, c *clock, profiles ...server.Profile) *server.Verifier {
	tb.Helper()
	v, err := server.NewVerifier(server.VerifierConfig{Profiles: profiles, HTTP: p, Now: c.Now})
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func newBot(tb testing.TB, edit func(*server.Config)) *bot {
	tb.Helper()
	b := &bot{TB: tb, clock: newClock(), idp: &idp{}, intake: &intake{}}
	b.idp.set(jwkOf("a", keyA()))
	profile := server.PublicCloud(appID, tenant)
	profile.Audiences = append(profile.Audiences, otherApp)
	b.verifier = newVerifier(tb, b.idp, b.clock, profile)
	b.config = server.Config{
		Verifier: b.verifier, Intake: b.intake, AppID: appID, Now: b.clock.Now, Log: slog.New(slog.DiscardHandler),
		Observe: func(o server.Outcome) { b.outcomes = append(b.outcomes, o) },
	}
	if edit != nil {
		edit(&b.config)
	}
	handler, err := server.New(b.config)
	if err != nil {
		tb.Fatal(err)
	}
	b.handler = handler
	return b
}

// do makes a request without a network.
func (b *bot) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

// post sends a callback with a good token.
func (b *bot) post(target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+b.good())
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.do(r)
}

func (b *bot) lastReason() string {
	if len(b.outcomes) == 0 {
		return "no outcome"
	}
	return b.outcomes[len(b.outcomes)-1].Reason
}

type object = map[string]any

func goodHeader() object { return object{"alg": "RS256", "typ": "JWT", "kid": "a", "cty": "JWT"} }

func goodClaims(now time.Time) object {
	return object{
		"iss": issuer, "aud": appID, "tid": tenant,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(65 * time.Minute).Unix(),
	}
}

func (b *bot) good() string { return b.token(nil) }

// token is a token that key A signed, after an edit.
func (b *bot) token(edit func(header, claims object)) string {
	return tokenAt(b.clock.Now(), edit)
}

func tokenAt(now time.Time, edit func(header, claims object)) string {
	h, c := goodHeader(), goodClaims(now)
	if edit != nil {
		edit(h, c)
	}
	return sign(keyA(), h, c)
}

// sign makes an RS256 signature, whatever the header says.
func sign(key *rsa.PrivateKey, header, claims any) string {
	signed := segment(header) + "." + segment(claims)
	return signed + "." + b64(pkcs1(key, crypto.SHA256, signed))
}

func pkcs1(key *rsa.PrivateKey, hash crypto.Hash, signed string) []byte {
	h := hash.New()
	h.Write([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, hash, h.Sum(nil))
	if err != nil {
		panic(err)
	}
	return sig
}

// segment is a value as JSON in base64url; a string is taken as it is.
func segment(v any) string {
	if s, ok := v.(string); ok {
		return b64([]byte(s))
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b64(raw)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

const incomingBody = `{"@odata.type":"#microsoft.graph.commsNotifications","value":[
 {"@odata.type":"#microsoft.graph.commsNotification","changeType":"created",
  "resourceUrl":"/communications/calls/57DAB8B1894C409AB240BD8BEAE78896",
  "resourceData":{"@odata.type":"#microsoft.graph.call","state":"incoming","direction":"incoming",
   "source":{"identity":{"user":{"id":"8a34a46b-3d17-4adc-8dce-dc4e7d572698","displayName":"A"}}},
   "targets":[{"identity":{"application":{"id":"0efc74f7-41c3-47a4-8775-7259bfef4241"}}}]}}]}`

const toneBody = `{"@odata.type":"#microsoft.graph.commsNotifications","value":[
 {"@odata.type":"#microsoft.graph.commsNotification","changeType":"updated",
  "resource":"/app/calls/57dab8b1-894c-409a-b240-bd8beae78896",
  "resourceUrl":"/communications/calls/57dab8b1-894c-409a-b240-bd8beae78896",
  "resourceData":{"@odata.type":"#microsoft.graph.call","state":"established",
   "toneInfo":{"@odata.type":"#microsoft.graph.toneInfo","sequenceId":1,"tone":"tone1"}}}]}`

const endBody = `{"value":[{"changeType":"deleted","resourceUrl":"/communications/calls/57dab8b1-894c-409a-b240-bd8beae78896",
 "resourceData":{"@odata.type":"#microsoft.graph.call","state":"terminated","resultInfo":{"code":487,"subcode":5300}}}]}`

// nowhere is an intake that keeps nothing.
type nowhere struct{}

func (nowhere) Incoming(context.Context, server.Delivery) error { return nil }
func (nowhere) Deliver(context.Context, server.Delivery) error  { return nil }
