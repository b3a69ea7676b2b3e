package graph_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// bearer is the token of the last request.
func (f *fakeGraph) bearer() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.TrimPrefix(f.requests[len(f.requests)-1].header.Get("Authorization"), "Bearer ")
}

// send sends a request and reports the token that it carried, or the error.
func (f *fakeGraph) send(t *testing.T, c *graph.Client) string {
	t.Helper()
	if _, err := c.Send(t.Context(), tenant, "", build(t, ivr.HangUp{Op: 1})); err != nil {
		return err.Error()
	}
	return f.bearer()
}

// TestTokenLife follows one token through its life in the test's own time.
func TestTokenLife(t *testing.T) {
	now := newClock()
	down := false
	fake := &fakeGraph{}
	fake.token = func(n int, _ exchange) (*http.Response, error) {
		if down {
			return reply(503, ""), nil
		}
		return tokenReply(fmt.Sprintf("token-%d", n), 3600), nil
	}
	client := newClient(t, fake, func(c *graph.Config) { c.Now = now.Now })
	steps := []struct {
		name    string
		advance time.Duration
		down    bool
		want    string
		tokens  int // requests so far
	}{
		{"first", 0, false, "token-1", 1},
		{"just before half of its life", 30*time.Minute - time.Second, true, "token-1", 1},
		{"at half of its life, endpoint down", time.Second, true, "token-1", 2},
		{"no hammering", 29 * time.Second, true, "token-1", 2},
		{"tries again after a pause", time.Second, true, "token-1", 3},
		{"serves to the last second", 30*time.Minute - 31*time.Second, true, "token-1", 4},
		{"expired, endpoint still down", time.Second, true, "HTTP 503", 5},
		{"endpoint back", time.Second, false, "token-6", 6},
		{"renewed at half of its life", 30 * time.Minute, false, "token-7", 7},
	}
	for _, step := range steps {
		now.advance(step.advance)
		down = step.down
		if got := fake.send(t, client); !strings.Contains(got, step.want) {
			t.Errorf("%s: got %q, want %q", step.name, got, step.want)
		}
		if tokens, _ := fake.seen(); tokens != step.tokens {
			t.Errorf("%s: %d token requests so far, want %d", step.name, tokens, step.tokens)
		}
	}
}

// TestLifetimes is how often a token is asked for, by what the endpoint says
// about its life.
func TestLifetimes(t *testing.T) {
	tests := []struct {
		expires string
		after   time.Duration
		tokens  int // 1: still the first
	}{
		{`3600`, 29 * time.Minute, 1},
		{`"3600"`, 29 * time.Minute, 1},
		{`"3600"`, 31 * time.Minute, 2},
		{`0`, 2 * time.Minute, 1},
		{`0`, 3 * time.Minute, 2},
		{`-5`, 2 * time.Minute, 1},
		{`2000000000`, 11 * time.Hour, 1},
		{`2000000000`, 13 * time.Hour, 2},
	}
	for _, test := range tests {
		now := newClock()
		fake := &fakeGraph{token: func(int, exchange) (*http.Response, error) {
			return reply(200, `{"token_type":"Bearer","access_token":"t","expires_in":`+test.expires+`}`), nil
		}}
		client := newClient(t, fake, func(c *graph.Config) { c.Now = now.Now })
		fake.send(t, client)
		now.advance(test.after)
		fake.send(t, client)
		if tokens, _ := fake.seen(); tokens != test.tokens {
			t.Errorf("expires_in %s, after %s: %d token requests, want %d", test.expires, test.after, tokens, test.tokens)
		}
	}
}

// together sends from many callers at once and reports their errors. It runs
// in a bubble.
func together(t *testing.T, client *graph.Client, callers int) []error {
	r := build(t, ivr.PlayPrompt{Op: 3})
	failures := make([]error, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() { _, failures[i] = client.Send(t.Context(), tenant, "", r) })
	}
	all.Wait()
	return failures
}

// slowToken answers after a second, as far as the bubble's time goes.
func slowToken(n int, _ exchange) (*http.Response, error) {
	<-time.After(time.Second)
	return tokenReply(fmt.Sprintf("token-%d", n), 3600), nil
}

func TestOneTokenRequestForAll(t *testing.T) {
	const callers = 500
	check := func(t *testing.T, fake *fakeGraph, failures []error, wantTokens int) {
		t.Helper()
		for _, err := range failures {
			if err != nil {
				t.Fatalf("got %v, want success", err)
			}
		}
		if tokens, _ := fake.seen(); tokens != wantTokens {
			t.Errorf("%d token requests for %d callers, want %d", tokens, callers, wantTokens)
		}
	}
	t.Run("first token", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeGraph{token: slowToken}
			check(t, fake, together(t, newClient(t, fake, nil), callers), 1)
		})
	})
	t.Run("at expiry", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeGraph{token: slowToken}
			client := newClient(t, fake, nil)
			check(t, fake, together(t, client, 1), 1)
			<-time.After(time.Hour)
			check(t, fake, together(t, client, callers), 2)
		})
	})
	t.Run("at half of its life nobody waits but one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeGraph{token: slowToken}
			client := newClient(t, fake, nil)
			check(t, fake, together(t, client, 1), 1)
			<-time.After(31 * time.Minute)
			check(t, fake, together(t, client, callers), 2)
			old := 0
			for _, x := range fake.requests[1:] {
				if x.header.Get("Authorization") == "Bearer token-1" {
					old++
				}
			}
			if old != callers-1 {
				t.Errorf("%d callers used the old token, want %d", old, callers-1)
			}
		})
	})
	t.Run("all refused", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeGraph{token: slowToken}
			fake.answer = func(_ int, x exchange) (*http.Response, error) {
				<-time.After(time.Second)
				if x.header.Get("Authorization") == "Bearer token-1" {
					return reply(401, ""), nil
				}
				return reply(202, ""), nil
			}
			check(t, fake, together(t, newClient(t, fake, nil), callers), 2)
		})
	})
	t.Run("endpoint down", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeGraph{token: func(int, exchange) (*http.Response, error) {
				<-time.After(time.Second)
				return reply(503, ""), nil
			}}
			for _, err := range together(t, newClient(t, fake, nil), callers) {
				if e, ok := errors.AsType[*graph.Error](err); !ok || e.Sent || !e.Retryable() {
					t.Fatalf("got %v, want a retryable error that was not sent", err)
				}
			}
			if tokens, requests := fake.seen(); tokens != 1 || requests != 0 {
				t.Errorf("got %d token requests and %d requests, want 1 and 0", tokens, requests)
			}
		})
	})
}

// TestAbandonedTokenRequest: the caller who asks for the token for all gives
// up, the others do not fail with it.
func TestAbandonedTokenRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeGraph{}
		// A transport has to obey the context, so this one does.
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				select {
				case <-time.After(5 * time.Second):
				case <-r.Context().Done():
					_, _ = fake.RoundTrip(r)
					return nil, r.Context().Err()
				}
			}
			return fake.RoundTrip(r)
		})
		client := newClient(t, transport, nil)
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		var first error
		all.Go(func() { first = client.Warm(hasty, tenant) })
		synctest.Wait()
		failures := together(t, client, 3)
		all.Wait()
		if !errors.Is(first, context.DeadlineExceeded) {
			t.Errorf("hasty caller: got %v, want its deadline", first)
		}
		for _, err := range failures {
			if err != nil {
				t.Errorf("patient caller: %v", err)
			}
		}
		if tokens, _ := fake.seen(); tokens != 2 {
			t.Errorf("%d token requests, want 2", tokens)
		}
	})
}

// TestHastyWaiter: a caller who waits for another's token request obeys its
// own context.
func TestHastyWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &fakeGraph{token: slowToken}, nil)
		var all sync.WaitGroup
		all.Go(func() {
			if err := client.Warm(t.Context(), tenant); err != nil {
				t.Errorf("patient caller: %v", err)
			}
		})
		synctest.Wait()
		hasty, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := client.Warm(hasty, tenant); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("hasty caller: got %v, want its deadline", err)
		}
		all.Wait()
	})
}

func TestTokenPerTenant(t *testing.T) {
	fake := &fakeGraph{}
	client := newClient(t, fake, nil)
	for _, tenant := range []string{"a.example", "b.example", "a.example"} {
		if err := client.Warm(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
	}
	if tokens, _ := fake.seen(); tokens != 2 {
		t.Errorf("%d token requests, want 2", tokens)
	}
	for _, tenant := range []string{"", "..", "a/b", "a?b", "a b", "a%2fb", strings.Repeat("a", 254), "té"} {
		if err := client.Warm(t.Context(), tenant); err == nil {
			t.Errorf("tenant %.20q: no error", tenant)
		}
	}
	if tokens, _ := fake.seen(); tokens != 2 {
		t.Errorf("a bad tenant reached the token endpoint")
	}
}

// TestSecretStaysSecret sends the secret back in every way and looks for it in
// errors and logs.
func TestSecretStaysSecret(t *testing.T) {
	echoes := []func(x exchange) (*http.Response, error){
		func(x exchange) (*http.Response, error) {
			return reply(400, `{"error":"`+canary+`","error_description":"`+canary+` in `+x.body+`","error_uri":"`+canary+`"}`), nil
		},
		func(x exchange) (*http.Response, error) { return reply(500, x.body), nil },
		func(x exchange) (*http.Response, error) { return reply(200, x.body), nil },
		func(x exchange) (*http.Response, error) {
			return reply(200, `{"access_token":"`+canary+`\n","expires_in":3600}`), nil
		},
		func(x exchange) (*http.Response, error) {
			return reply(200, `{"access_token":5,"x":"`+canary+`"}`), nil
		},
		func(x exchange) (*http.Response, error) {
			return reply(400, "error="+x.body, "Content-Type: application/x-www-form-urlencoded"), nil
		},
		func(x exchange) (*http.Response, error) { return nil, errors.New("connection reset") },
	}
	for i, echo := range echoes {
		var logged bytes.Buffer
		now := newClock()
		bad := false
		fake := &fakeGraph{token: func(_ int, x exchange) (*http.Response, error) {
			if bad {
				return echo(x)
			}
			return tokenReply("good-token", 3600), nil
		}}
		client := newClient(t, fake, func(c *graph.Config) {
			c.Now = now.Now
			c.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		fake.send(t, client)
		bad = true
		now.advance(31 * time.Minute) // the refresh fails and is logged
		if got := fake.send(t, client); got != "good-token" {
			t.Errorf("echo %d: got %q, want the old token", i, got)
		}
		now.advance(time.Hour) // expired: the error is returned
		text := fake.send(t, client)
		if !strings.Contains(text, "getting a token for tenant") || !strings.Contains(logged.String(), "token not renewed") {
			t.Errorf("echo %d: error %q, log %q", i, text, logged.String())
		}
		for _, hidden := range []string{canary, "canary%2Fsecret", "good-token"} {
			if strings.Contains(text+logged.String(), hidden) {
				t.Errorf("echo %d: %q shows in %q or %q", i, hidden, text, logged.String())
			}
		}
	}
}

// TestRetryableTokenRefusals: a refused token request can be repeated unless only
// the configuration can mend it. The call's request is not sent.
func TestRetryableTokenRefusals(t *testing.T) {
	for status, want := range map[int]bool{400: false, 401: false, 403: false, 408: true, 429: true, 500: true, 503: true} {
		fake := &fakeGraph{token: func(int, exchange) (*http.Response, error) {
			return reply(status, `{"error":"invalid_client","error_description":"AADSTS7000215"}`), nil
		}}
		_, err := newClient(t, fake, nil).Call(tenant, "c1").Get(t.Context())
		e, ok := errors.AsType[*graph.Error](err)
		if !ok || e.Retryable() != want || e.Sent || e.Ambiguous() {
			t.Errorf("%d: got %v, retryable %t, sent %t; want retryable %t and nothing sent", status, err, ok && e.Retryable(), ok && e.Sent, want)
		}
		if _, requests := fake.seen(); requests != 0 {
			t.Errorf("%d: %d requests without a token", status, requests)
		}
	}
}
