package graph_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

const (
	tenant = "99990000-1111-2222-3333-444455556666"
	// canary is the client secret: it must not show anywhere.
	canary = "canary/secret+~value"
)

// exchange is one request as the fake service saw it.
type exchange struct {
	method, url, body string
	header            http.Header
}

// fakeGraph is the service as a transport. Its functions get the number of the
// request, from 1, and may be nil for plain successes.
type fakeGraph struct {
	token  func(n int, x exchange) (*http.Response, error)
	answer func(n int, x exchange) (*http.Response, error)

	mu       sync.Mutex
	tokens   []exchange
	requests []exchange
}

func (f *fakeGraph) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchange{method: r.Method, url: r.URL.String(), header: r.Header.Clone()}
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		x.body = string(b)
		_ = r.Body.Close()
	}
	list, handle, fallback := &f.requests, f.answer, reply(http.StatusAccepted, "")
	if strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") {
		list, handle = &f.tokens, f.token
	}
	f.mu.Lock()
	*list = append(*list, x)
	n := len(*list)
	f.mu.Unlock()
	if list == &f.tokens {
		fallback = tokenReply(fmt.Sprintf("token-%d", n), 3600)
	}
	if handle == nil {
		return fallback, nil
	}
	return handle(n, x)
}

// seen is how many token and other requests came.
func (f *fakeGraph) seen() (tokens, requests int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.tokens), len(f.requests)
}

// reply is an answer; headers are "Name: value".
func reply(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func tokenReply(token string, seconds int) *http.Response {
	return reply(http.StatusOK, fmt.Sprintf(`{"token_type":"Bearer","expires_in":%d,"access_token":%q}`, seconds, token))
}

// clock is a time that the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: epoch} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// newClient is a client of a transport, with anything else as the test says.
func newClient(t *testing.T, transport http.RoundTripper, change func(*graph.Config)) *graph.Client {
	t.Helper()
	config := graph.Config{ClientID: "app-1", ClientSecret: ivr.NewSecret(canary), Transport: transport}
	if change != nil {
		change(&config)
	}
	client, err := graph.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// build is a request that the test sends.
func build(t *testing.T, cmd ivr.Command) graph.Request {
	t.Helper()
	r, err := graph.Build(cmd, withMedia(1))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
