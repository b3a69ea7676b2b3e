package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// sendError sends and expects an *Error.
func sendError(t *testing.T, c *graph.Client, cmd ivr.Command) *graph.Error {
	t.Helper()
	_, err := c.Send(t.Context(), tenant, "", build(t, cmd))
	e, ok := errors.AsType[*graph.Error](err)
	if !ok {
		t.Fatalf("got %v, want a *graph.Error", err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", e, e.Err), canary) {
		t.Errorf("the error shows the secret: %v", e)
	}
	return e
}

func TestSend(t *testing.T) {
	fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
		return reply(http.StatusOK, `{"status":"running","id":"`+strings.ToUpper(op1)+`","clientContext":"s1.3"}`, "request-id: rid-1"), nil
	}}
	client := newClient(t, fake, nil)
	play := ivr.PlayPrompt{Op: 3, Leg: "a"}
	r := build(t, play)
	response, err := client.Send(t.Context(), tenant, "scenario-1", r)
	if err != nil {
		t.Fatal(err)
	}
	x := fake.requests[0]
	if want := "https://graph.microsoft.com/beta/communications/calls/" + call1 + "/playPrompt"; x.method != "POST" || x.url != want {
		t.Errorf("request: got %s %s, want POST %s", x.method, x.url, want)
	}
	if want := string(marshal(t, r.Body)); x.body != want {
		t.Errorf("body: got %s, want %s", x.body, want)
	}
	for name, want := range map[string]string{"Authorization": "Bearer token-1", "Scenario-Id": "scenario-1",
		"Content-Type": "application/json", "Accept": "application/json"} {
		if got := x.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if id := x.header.Get("Client-Request-Id"); !guid.MatchString(id) || id != response.ClientRequestID {
		t.Errorf("Client-Request-Id: got %q, want a GUID and the response's %q", id, response.ClientRequestID)
	}
	if response.Status != 200 || response.RequestID != "rid-1" || response.Remote != op1 {
		t.Errorf("response: got %+v", response)
	}
	if got, want := describe(response.Event(play, epoch), true), `accepted op 3 remote "`+op1+`"`; got != want {
		t.Errorf("event: got %s, want %s", got, want)
	}
	form, err := url.ParseQuery(fake.tokens[0].body)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"client_id": "app-1", "client_secret": canary,
		"scope": "https://graph.microsoft.com/.default", "grant_type": "client_credentials"} {
		if got := form.Get(name); got != want {
			t.Errorf("token request's %s: got %q, want %q", name, got, want)
		}
	}
	if want := "https://login.microsoftonline.com/" + tenant + "/oauth2/v2.0/token"; fake.tokens[0].url != want {
		t.Errorf("token request: got %s, want %s", fake.tokens[0].url, want)
	}
}

func TestSendWithoutBody(t *testing.T) {
	fake := &fakeGraph{}
	client := newClient(t, fake, func(c *graph.Config) { c.BaseURL = "http://127.0.0.1:9/v1.0/" })
	if _, err := client.Send(t.Context(), tenant, "", build(t, ivr.HangUp{Op: 1})); err != nil {
		t.Fatal(err)
	}
	x := fake.requests[0]
	if x.method != "DELETE" || x.url != "http://127.0.0.1:9/v1.0/communications/calls/"+call1 || x.body != "" {
		t.Errorf("got %+v", x)
	}
	for _, name := range []string{"Content-Type", "Scenario-Id"} {
		if got := x.header.Get(name); got != "" {
			t.Errorf("%s: got %q, want none", name, got)
		}
	}
}

// TestErrors is what the service's refusals mean.
func TestErrors(t *testing.T) {
	transfer := ivr.Transfer{Op: 5, Leg: "a", Target: ivr.Target{Kind: ivr.PartyUser, ID: "u"}}
	body := func(code, message string) string {
		return string(marshal(t, graph.ErrorBody{Error: graph.ErrorDetail{Code: code, Message: message}}))
	}
	tests := []struct {
		name      string
		cmd       ivr.Command
		status    int
		body      string
		subcode   int
		reason    ivr.Reason
		retryable bool
		ambiguous bool
		event     string
	}{
		{"permission", ivr.Answer{Op: 1}, 403, body("7504", "Insufficient permissions"), 7504, "not_allowed", false, false, `failed op 1 remote "" 403/7504 not_allowed`},
		{"tenant", ivr.Answer{Op: 1}, 400, body("400#7505", "Tenant"), 7505, "not_allowed", false, false, `failed op 1 remote "" 400/7505 not_allowed`},
		{"gone", ivr.PlayPrompt{Op: 3}, 404, body("8522", "Call not found"), 8522, "not_found", false, false, `failed op 3 remote "" 404/8522 not_found`},
		{"gone, plain", ivr.KeepAlive{Op: 7}, 404, "", 0, "not_found", false, false, `failed op 7 remote "" 404/0 not_found`},
		{"gone with another status", ivr.PlayPrompt{Op: 3}, 400, body("8522", "Call not found"), 8522, "not_found", false, false, `failed op 3 remote "" 400/8522 not_found`},
		{"read of a call that is gone", ivr.ReadCall{Op: 8}, 404, "", 0, "not_found", false, false, `read op 8 gone true unknown audio unknown`},
		{"conflict", ivr.PlayPrompt{Op: 3}, 409, body("8519", "Conflict"), 8519, "service", false, false, `failed op 3 remote "" 409/8519 service`},
		{"throttled", ivr.PlayPrompt{Op: 3}, 429, body("TooManyRequests", "Later"), 0, "throttled", true, false, `failed op 3 remote "" 429/0 throttled`},
		{"throttled, class B", transfer, 429, "", 0, "throttled", true, false, `failed op 5 remote "" 429/0 throttled`},
		{"gateway, class A", ivr.Answer{Op: 1}, 504, "<html>", 0, "service", true, true, `failed op 1 remote "" 504/0 service`},
		{"gateway, class B", transfer, 504, "<html>", 0, "service", true, true, `unknown op 5`},
		{"internal", ivr.SubscribeToTone{Op: 2}, 500, body("9999", "?"), 9999, "service", true, true, `failed op 2 remote "" 500/9999 service`},
		{"not implemented", ivr.SubscribeToTone{Op: 2}, 501, "", 0, "service", false, false, `failed op 2 remote "" 501/0 service`},
		{"request timeout", ivr.SubscribeToTone{Op: 2}, 408, "", 0, "timed_out", true, false, `failed op 2 remote "" 408/0 timed_out`},
		{"redirect", ivr.SubscribeToTone{Op: 2}, 307, "", 0, "service", false, false, `failed op 2 remote "" 307/0 service`},
		{"subcode of a success", ivr.SubscribeToTone{Op: 2}, 400, body("8514", ""), 8514, "service", false, false, `failed op 2 remote "" 400/8514 service`},
		{"ambiguous keys", ivr.SubscribeToTone{Op: 2}, 400, `{"error":{"code":"1"},"Error":{"code":"8522"}}`, 0, "service", false, false, `failed op 2 remote "" 400/0 service`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := newClient(t, &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
				return reply(test.status, test.body, "request-id: rid-9"), nil
			}}, nil)
			e := sendError(t, client, test.cmd)
			if e.Status != test.status || e.Subcode != test.subcode || !e.Sent || e.RequestID != "rid-9" || e.CallID != call1 {
				t.Errorf("got %+v", e)
			}
			if got := e.Reason(); got != test.reason {
				t.Errorf("reason: got %q, want %q", got, test.reason)
			}
			if got := e.Retryable(); got != test.retryable {
				t.Errorf("retryable: got %t, want %t", got, test.retryable)
			}
			if got := e.Ambiguous(); got != test.ambiguous {
				t.Errorf("ambiguous: got %t, want %t", got, test.ambiguous)
			}
			if got := describe(e.Event(test.cmd, epoch), true); got != test.event {
				t.Errorf("event: got %s, want %s", got, test.event)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	client := newClient(t, &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
		return reply(403, `{"error":{"code":"7504","message":"`+strings.Repeat("long ", 200)+`","innerError":{"request-id":"inner-1"}}}`), nil
	}}, nil)
	text := sendError(t, client, ivr.Answer{Op: 1}).Error()
	for _, want := range []string{"answer of call " + call1, "HTTP 403", `"7504"`, "inner-1", "client-request-id"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not contain %q", text, want)
		}
	}
	if len(text) > 800 {
		t.Errorf("the error's text has %d bytes", len(text))
	}
}

// TestSent says when it is certain that the service did not see a request.
func TestSent(t *testing.T) {
	refused := func(t *testing.T) string { // an address that nobody listens on
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		return l.Addr().String()
	}
	serve := func(t *testing.T, h http.HandlerFunc) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
	hangUp := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		panic(http.ErrAbortHandler)
	}
	// The token request is answered here, all others go to net/http.
	overNetwork := func(t *testing.T, address string) *graph.Client {
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		split := &fakeGraph{}
		return newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				return split.RoundTrip(r)
			}
			return transport.RoundTrip(r)
		}), func(c *graph.Config) { c.BaseURL, c.Timeout = address, 2*time.Second })
	}
	failing := func(err error) func(*testing.T) *graph.Client {
		return func(t *testing.T) *graph.Client {
			return newClient(t, &fakeGraph{answer: func(int, exchange) (*http.Response, error) { return nil, err }}, nil)
		}
	}
	tests := []struct {
		name   string
		client func(*testing.T) *graph.Client
		sent   bool
		event  string
	}{
		{"refused", func(t *testing.T) *graph.Client { return overNetwork(t, "http://"+refused(t)) }, false, `failed op 5 remote "" 0/0 service`},
		{"unknown certificate", func(t *testing.T) *graph.Client {
			server := httptest.NewUnstartedServer(nil)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			return overNetwork(t, server.URL)
		}, false, `failed op 5 remote "" 0/0 service`},
		{"no TLS", func(t *testing.T) *graph.Client { return overNetwork(t, "https://"+serve(t, nil)) }, false, `failed op 5 remote "" 0/0 service`},
		{"connection lost after the request", func(t *testing.T) *graph.Client { return overNetwork(t, "http://"+serve(t, hangUp)) }, true, `unknown op 5`},
		{"simulated refusal", failing(&net.OpError{Op: "dial", Err: errors.New("refused")}), false, `failed op 5 remote "" 0/0 service`},
		{"simulated DNS", failing(&net.DNSError{Err: "no such host"}), false, `failed op 5 remote "" 0/0 service`},
		{"simulated reset", failing(&net.OpError{Op: "read", Err: errors.New("reset")}), true, `unknown op 5`},
		{"simulated lost answer", failing(io.ErrUnexpectedEOF), true, `unknown op 5`},
		{"no answer in time", failing(context.DeadlineExceeded), true, `unknown op 5`},
		{"token refused", func(t *testing.T) *graph.Client {
			return newClient(t, &fakeGraph{token: func(int, exchange) (*http.Response, error) {
				return reply(401, `{"error":"invalid_client","error_description":"bad secret `+canary+`\nTrace: x"}`), nil
			}}, nil)
		}, false, `failed op 5 remote "" 0/0 not_allowed`},
		{"token endpoint down", func(t *testing.T) *graph.Client {
			return newClient(t, &fakeGraph{token: func(int, exchange) (*http.Response, error) { return reply(503, ""), nil }}, nil)
		}, false, `failed op 5 remote "" 0/0 service`},
	}
	transfer := ivr.Transfer{Op: 5, Target: ivr.Target{Kind: ivr.PartyUser, ID: "u"}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := sendError(t, test.client(t), transfer)
			if e.Sent != test.sent || e.Status != 0 {
				t.Errorf("sent: got %t (status %d), want %t: %v", e.Sent, e.Status, test.sent, e)
			}
			if got := describe(e.Event(transfer, epoch), true); got != test.event {
				t.Errorf("event: got %s, want %s", got, test.event)
			}
		})
	}
}

// roundTrip is a function as a transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSendCancelled(t *testing.T) {
	fake := &fakeGraph{}
	client := newClient(t, fake, nil)
	if err := client.Warm(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.Send(ctx, tenant, "", build(t, ivr.HangUp{Op: 1}))
	e, ok := errors.AsType[*graph.Error](err)
	if !ok || e.Sent || e.Retryable() || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want an error that was not sent and is not retryable", err)
	}
	if _, requests := fake.seen(); requests != 0 {
		t.Errorf("%d requests left", requests)
	}
}

// TestUnreadableSuccess: a 2xx is a success whatever its body.
func TestUnreadableSuccess(t *testing.T) {
	location := "Location: https://graph.microsoft.com/beta/communications/calls/x/operations/" + strings.ToUpper(op1)
	tests := []struct {
		name, body string
		headers    []string
		play       string // the event of playPrompt
		subscribe  string // the event of subscribeToTone, which gets no notification
	}{
		{"empty", "", nil, `accepted op 3 remote ""`, `completed op 3 remote "" 0/0`},
		{"HTML", "<html>", nil, `accepted op 3 remote ""`, `completed op 3 remote "" 0/0`},
		{"list", "[]", nil, `accepted op 3 remote ""`, `completed op 3 remote "" 0/0`},
		{"half", `{"id":"1","status":"comp`, nil, `accepted op 3 remote ""`, `completed op 3 remote "" 0/0`},
		{"key twice", `{"id":"1","ID":"2"}`, nil, `accepted op 3 remote ""`, `completed op 3 remote "" 0/0`},
		{"location only", "", []string{location}, `accepted op 3 remote "` + op1 + `"`, `completed op 3 remote "` + op1 + `" 0/0`},
		{"null status", `{"id":"` + op1 + `","status":null}`, nil, `accepted op 3 remote "` + op1 + `"`, `completed op 3 remote "` + op1 + `" 0/0`},
		{"not started", `{"id":"` + op1 + `","status":"NotStarted"}`, nil, `accepted op 3 remote "` + op1 + `"`, `accepted op 3 remote "` + op1 + `"`},
		{"too large", `{"id":"1","x":"` + strings.Repeat("x", graph.MaxBody) + `"}`, nil, `accepted op 3 remote ""`, `completed op 3 remote "" 0/0`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := newClient(t, &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
				return reply(200, test.body, test.headers...), nil
			}}, nil)
			for _, c := range []struct {
				cmd  ivr.Command
				want string
			}{{ivr.PlayPrompt{Op: 3}, test.play}, {ivr.SubscribeToTone{Op: 3}, test.subscribe}} {
				response, err := client.Send(t.Context(), tenant, "", build(t, c.cmd))
				if err != nil {
					t.Fatalf("%T: %v", c.cmd, err)
				}
				if got := describe(response.Event(c.cmd, epoch), true); got != c.want {
					t.Errorf("%T: got %s, want %s", c.cmd, got, c.want)
				}
			}
		})
	}
}

// TestBrokenOffSuccess: the status line counts, also if the body breaks off.
func TestBrokenOffSuccess(t *testing.T) {
	client := newClient(t, &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
		r := reply(200, "")
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), failingReader{}))
		return r, nil
	}}, nil)
	if _, err := client.Send(t.Context(), tenant, "", build(t, ivr.PlayPrompt{Op: 3})); err != nil {
		t.Errorf("got %v, want success", err)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestResponseEvents(t *testing.T) {
	target := ivr.Target{Kind: ivr.PartyUser, ID: "u"}
	running := `{"id":"` + op1 + `","status":"Running"}`
	tests := []struct {
		name   string
		cmd    ivr.Command
		status int
		body   string
		event  string
	}{
		{"answer", ivr.Answer{Op: 1}, 202, "", `accepted op 1 remote ""`},
		{"reject", ivr.Reject{Op: 1, Reason: ivr.RejectNone}, 202, "", `accepted op 1 remote ""`},
		{"redirect", ivr.Redirect{Op: 1, Targets: []ivr.Target{target}}, 202, "", `accepted op 1 remote ""`},
		{"create call", ivr.CreateCall{Op: 9, Leg: "b9", Target: target}, 201, `{"id":"` + strings.ToUpper(string(call1)) + `","state":"establishing"}`, "created op 9 call " + string(call1)},
		{"create call, unreadable", ivr.CreateCall{Op: 9, Leg: "b9", Target: target}, 201, "<html>", `accepted op 9 remote ""`},
		{"mute", ivr.Mute{Op: 5}, 200, `{"id":"` + op1 + `","status":"completed"}`, `completed op 5 remote "` + op1 + `" 0/0`},
		{"mute, unreadable", ivr.Mute{Op: 5}, 200, "<html>", `completed op 5 remote "" 0/0`},
		{"join", ivr.CreateCall{Op: 9, Leg: "b9", Meeting: &ivr.Meeting{JoinID: "1234567"}}, 201, `{"id":"` + string(call1) + `","state":"establishing","myParticipantId":"p1"}`, "created op 9 call " + string(call1) + " p1"},
		{"invite", ivr.Invite{Op: 5, Targets: []ivr.Target{target}}, 200, running, `accepted op 5 remote "` + op1 + `"`},
		{"hold", ivr.Hold{Op: 5, Who: "p1"}, 202, running, `accepted op 5 remote "` + op1 + `"`},
		{"resume", ivr.Hold{Op: 5, Who: "p1", Off: true}, 202, `{"id":"` + op1 + `","status":"completed"}`, `completed op 5 remote "` + op1 + `" 0/0`},
		{"resume, unreadable", ivr.Hold{Op: 5, Who: "p1", Off: true}, 202, "<html>", `completed op 5 remote "" 0/0`},
		{"resume, running", ivr.Hold{Op: 5, Who: "p1", Off: true}, 202, running, `accepted op 5 remote "` + op1 + `"`},
		{"route", ivr.RouteAudio{Op: 5, Source: "a", Receivers: []string{"b"}}, 200, `{"id":"G-1","routingMode":"oneToOne"}`, `completed op 5 remote "G-1" 0/0`},
		{"route ended", ivr.RouteAudio{Op: 5, Group: "G-1", Off: true}, 204, "", `completed op 5 remote "" 0/0`},
		{"gallery", ivr.AddGallery{Op: 5}, 202, running, `accepted op 5 remote "` + op1 + `"`},
		{"recording status, unreadable", ivr.TellRecording{Op: 5, Status: ivr.RecordingOn}, 200, "", `completed op 5 remote "" 0/0`},
		{"transfer", ivr.Transfer{Op: 5, Target: target}, 202, "", `accepted op 5 remote ""`},
		{"hang up", ivr.HangUp{Op: 6}, 204, "", `completed op 6 remote "" 0/0`},
		{"keep alive", ivr.KeepAlive{Op: 7}, 200, "", `completed op 7 remote "" 0/0`},
		{"subscribe", ivr.SubscribeToTone{Op: 2}, 200, `{"id":"` + op1 + `","status":"completed","resultInfo":null}`, `completed op 2 remote "` + op1 + `" 0/0`},
		{"cancel", ivr.CancelMedia{Op: 4}, 200, `{"id":"` + op1 + `","status":"Completed"}`, `completed op 4 remote "` + op1 + `" 0/0`},
		{"play", ivr.PlayPrompt{Op: 3}, 200, running, `accepted op 3 remote "` + op1 + `"`},
		{"play, over at once", ivr.PlayPrompt{Op: 3}, 200, `{"id":"` + op1 + `","status":"completed"}`, `completed op 3 remote "` + op1 + `" 0/0`},
		{"play, failed at once", ivr.PlayPrompt{Op: 3}, 200, `{"id":"` + op1 + `","status":"failed","resultInfo":{"code":400,"subcode":8536}}`, `failed op 3 remote "` + op1 + `" 400/8536 media`},
		{"record", ivr.RecordResponse{Op: 9, Max: at(5), Silence: at(2), InitialSilence: at(2)}, 200, running, `accepted op 9 remote "` + op1 + `"`},
		{"read", ivr.ReadCall{Op: 8}, 200, `{"id":"x","state":"Established","mediaState":{"audio":"active"}}`, `read op 8 gone false established audio active`},
		{"read, terminated", ivr.ReadCall{Op: 8}, 200, `{"state":"terminated"}`, `read op 8 gone false terminated audio unknown`},
		{"read, unreadable", ivr.ReadCall{Op: 8}, 200, `<html>`, `read op 8 gone false unknown audio unknown`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := newClient(t, &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
				return reply(test.status, test.body), nil
			}}, nil)
			response, err := client.Send(t.Context(), tenant, "", build(t, test.cmd))
			if err != nil {
				t.Fatal(err)
			}
			event := response.Event(test.cmd, epoch)
			if got := describe(event, true); got != test.event {
				t.Errorf("got %s, want %s", got, test.event)
			}
			if !event.When().Equal(epoch) {
				t.Errorf("time: got %s", event.When())
			}
		})
	}
}

func TestRefreshOn401(t *testing.T) {
	tests := []struct {
		name     string
		refused  int // how many requests in a row are answered 401
		status   int // of the error, 0 for success
		tokens   int
		requests int
	}{
		{"good token", 0, 0, 1, 1},
		{"token revoked", 1, 0, 2, 2},
		{"new token revoked, too", 2, 401, 2, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fake := &fakeGraph{answer: func(n int, x exchange) (*http.Response, error) {
				if n <= test.refused {
					return reply(401, ""), nil
				}
				return reply(202, ""), nil
			}}
			client := newClient(t, fake, nil)
			_, err := client.Send(t.Context(), tenant, "", build(t, ivr.PlayPrompt{Op: 3}))
			status := 0
			if e, ok := errors.AsType[*graph.Error](err); ok {
				status = e.Status
			}
			if status != test.status {
				t.Errorf("status: got %d (%v), want %d", status, err, test.status)
			}
			tokens, requests := fake.seen()
			if tokens != test.tokens || requests != test.requests {
				t.Errorf("got %d token requests and %d requests, want %d and %d", tokens, requests, test.tokens, test.requests)
			}
			for i, x := range fake.requests {
				if x.body != fake.requests[0].body || !json.Valid([]byte(x.body)) {
					t.Errorf("request %d has the body %q", i+1, x.body)
				}
				if want := fmt.Sprintf("Bearer token-%d", i+1); x.header.Get("Authorization") != want {
					t.Errorf("request %d: got %q, want %q", i+1, x.header.Get("Authorization"), want)
				}
			}
		})
	}
}

// TestRefreshFails: the refusal is reported, with the reason why it could not
// be mended.
func TestRefreshFails(t *testing.T) {
	client := newClient(t, &fakeGraph{
		token: func(n int, _ exchange) (*http.Response, error) {
			if n > 1 {
				return reply(503, ""), nil
			}
			return tokenReply("t", 3600), nil
		},
		answer: func(int, exchange) (*http.Response, error) { return reply(401, ""), nil },
	}, nil)
	e := sendError(t, client, ivr.HangUp{Op: 1})
	if e.Status != 401 || !e.Retryable() || e.Ambiguous() {
		t.Errorf("got %v, want a retryable 401", e)
	}
}

// TestNoRedirect: neither the token nor the body follows a redirect.
func TestNoRedirect(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
			return reply(status, "", "Location: https://evil.example/"), nil
		}}
		e := sendError(t, newClient(t, fake, nil), ivr.HangUp{Op: 1})
		if _, requests := fake.seen(); requests != 1 || e.Status != status {
			t.Errorf("%d: %d requests, error %v", status, requests, e)
		}
	}
	fake := &fakeGraph{token: func(int, exchange) (*http.Response, error) {
		return reply(307, "", "Location: https://evil.example/"), nil
	}}
	sendError(t, newClient(t, fake, nil), ivr.HangUp{Op: 1})
	if tokens, requests := fake.seen(); tokens != 1 || requests != 0 {
		t.Errorf("the token request was redirected: %d, %d", tokens, requests)
	}
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"", 0},
		{"7", 7 * time.Second},
		{" 7 ", 7 * time.Second},
		{"2.128", 2128 * time.Millisecond},
		{"0", 0},
		{"-5", 0},
		{"soon", 0},
		{"NaN", 0},
		{"Inf", 24 * time.Hour},
		{"1e300", 24 * time.Hour},
		{"99999999999999999999", 24 * time.Hour},
		{epoch.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{epoch.Add(-time.Hour).Format(http.TimeFormat), 0},
		{epoch.AddDate(100, 0, 0).Format(http.TimeFormat), 24 * time.Hour},
	}
	for _, test := range tests {
		t.Run(test.header, func(t *testing.T) {
			client := newClient(t, &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
				return reply(429, "", "Retry-After: "+test.header), nil
			}}, func(c *graph.Config) { c.Now = newClock().Now })
			if got := sendError(t, client, ivr.HangUp{Op: 1}).RetryAfter; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestNewClient(t *testing.T) {
	secret := ivr.NewSecret(canary)
	tests := []struct {
		name     string
		config   graph.Config
		messages []string
	}{
		{"defaults", graph.Config{ClientID: "a", ClientSecret: secret}, nil},
		{"loopback", graph.Config{ClientID: "a", ClientSecret: secret, BaseURL: "http://127.0.0.1:1/beta", LoginURL: "http://[::1]:1"}, nil},
		{"nothing", graph.Config{}, []string{"ClientID is empty", "ClientSecret is empty"}},
		{"http", graph.Config{ClientID: "a", ClientSecret: secret, BaseURL: "http://graph.example", LoginURL: "http://login.example"},
			[]string{"BaseURL http://graph.example is not https", "LoginURL http://login.example is not https"}},
		{"no address", graph.Config{ClientID: "a", ClientSecret: secret, BaseURL: "graph"}, []string{"BaseURL is no absolute address"}},
		{"negative timeout", graph.Config{ClientID: "a", ClientSecret: secret, Timeout: -1}, []string{"Timeout -1ns is negative"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := graph.NewClient(test.config)
			if (err != nil) != (test.messages != nil) {
				t.Fatalf("got %v, want %q", err, test.messages)
			}
			for _, message := range test.messages {
				if !strings.Contains(err.Error(), message) {
					t.Errorf("got %q, want it to contain %q", err, message)
				}
			}
		})
	}
}
