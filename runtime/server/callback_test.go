package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/server"
)

func TestDelivery(t *testing.T) {
	b := newBot(t, nil)
	w := b.post(server.CallbackPath("s-1_X", "b", secret), toneBody,
		"Scenario-Id", "scenario", "X-Microsoft-Skype-Message-ID", "message", "X-Microsoft-Skype-Chain-ID", "chain")
	if w.Code != http.StatusAccepted || w.Body.Len() != 0 {
		t.Fatalf("got %d %q, want 202 and no body", w.Code, w.Body)
	}
	if len(b.intake.deliveries) != 1 || len(b.intake.incoming) != 0 {
		t.Fatalf("got %d deliveries and %d incoming, want 1 and 0", len(b.intake.deliveries), len(b.intake.incoming))
	}
	d := b.intake.deliveries[0]
	got := fmt.Sprint(d.Session, d.Leg, d.Secret, d.Tenant, d.ScenarioID, d.MessageID, d.ChainID, d.Received.Equal(b.clock.Now()))
	want := fmt.Sprint("s-1_X", "b", secret, tenant, "scenario", "message", "chain", true)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(d.Notifications) != 1 {
		t.Fatalf("got %d notifications, want 1", len(d.Notifications))
	}
	event, ok := d.Notifications[0].Event(d.Received, d.Leg)
	if tone, isTone := event.(ivr.ToneReceived); !ok || !isTone || tone.Key != '1' || tone.Leg != "b" {
		t.Errorf("got %#v, want key 1 on leg b", event)
	}
}

func TestEchoedHeaders(t *testing.T) {
	b := newBot(t, nil)
	long := strings.Repeat("x", 129)
	tests := []struct {
		name                               string
		request, message, scenario         string
		wantRequest, wantScenario, inDeliv string
	}{
		{"none", "", "", "", "", "", ""},
		{"all", "r", "m", "s", "r", "s", "m"},
		{"message instead of request", "", "m", "s", "m", "s", "m"},
		{"too long", long, long, long, "", "", ""},
		{"odd", "a b", "é", "a\tb", "", "", ""},
	}
	for _, tt := range tests {
		w := b.post(path, toneBody, "Client-Request-Id", tt.request, "X-Microsoft-Skype-Message-ID", tt.message, "Scenario-Id", tt.scenario)
		if got := w.Header().Get("Client-Request-Id"); got != tt.wantRequest {
			t.Errorf("%s: Client-Request-Id: got %q, want %q", tt.name, got, tt.wantRequest)
		}
		if got := w.Header().Get("Scenario-Id"); got != tt.wantScenario {
			t.Errorf("%s: Scenario-Id: got %q, want %q", tt.name, got, tt.wantScenario)
		}
		if got := b.intake.deliveries[len(b.intake.deliveries)-1].MessageID; got != tt.inDeliv {
			t.Errorf("%s: MessageID: got %q, want %q", tt.name, got, tt.inDeliv)
		}
	}
}

func TestBodies(t *testing.T) {
	const value = `{"@odata.type":"#microsoft.graph.commsNotifications","value":`
	tests := []struct {
		name, body string
		code       int
		reason     string
		kept       int // notifications at the session's address
	}{
		{"one", toneBody, 202, "", 1},
		{"byte order mark", "\ufeff" + toneBody, 202, "", 1},
		{"other charset", strings.Replace(toneBody, "tone1", "tone1\",\"x\":\"\xe9", 1), 202, "", 1},
		{"empty", "", 202, server.NoteEmpty, 0},
		{"white space", " \r\n\t", 202, server.NoteEmpty, 0},
		{"empty value", value + "[]}", 202, server.NoteEmpty, 0},
		{"null value", value + "null}", 202, server.NoteEmpty, 0},
		{"legacy form", `{"callId":"x","links":{},"participants":[]}`, 204, server.NoteLegacy, 0},
		{"good and bad", value + `[7,{"changeType":"updated"},` + toneBody[strings.Index(toneBody, `[`)+1:], 202, server.NotePartly, 3},
		{"unknown kind", value + `[{"changeType":"updated","resourceUrl":"/communications/calls/x/whatever","resourceData":{"@odata.type":"#x"}}]}`, 202, "", 1},
		{"no JSON", "hello", 400, server.NoteBadBody, 0},
		{"null", "null", 202, server.NoteEmpty, 0},
		{"array", "[]", 400, server.NoteBadBody, 0},
		{"string", `"x"`, 400, server.NoteBadBody, 0},
		{"cut off", toneBody[:100], 400, server.NoteBadBody, 0},
		{"trailing junk", toneBody + "}", 400, server.NoteBadBody, 0},
		{"value is an object", value + "{}}", 400, server.NoteBadBody, 0},
		{"deep", strings.Repeat("[", 100_000), 400, server.NoteBadBody, 0},
		{"duplicate keys", `{"value":[],"value":[]}`, 400, server.NoteBadBody, 0},
		{"mixed case keys", `{"value":[],"Value":[]}`, 400, server.NoteBadBody, 0},
		{"as large as may be", toneBody + strings.Repeat(" ", graph.MaxBody-len(toneBody)), 202, "", 1},
		{"too large", toneBody + strings.Repeat(" ", graph.MaxBody-len(toneBody)+1), 413, server.NoteTooLarge, 0},
	}
	for _, tt := range tests {
		for _, chunked := range []bool{false, true} {
			b := newBot(t, nil)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(tt.body))
			if chunked {
				r.ContentLength = -1
			}
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
			r.Header.Set("Authorization", "Bearer "+b.good())
			w := b.do(r)
			kept := 0
			for _, d := range b.intake.deliveries {
				kept += len(d.Notifications)
			}
			if w.Code != tt.code || b.lastReason() != tt.reason || kept != tt.kept {
				t.Errorf("%s (chunked %t): got %d %q, %d kept; want %d %q, %d", tt.name, chunked, w.Code, b.lastReason(), kept, tt.code, tt.reason, tt.kept)
			}
		}
	}
}

func TestMediaTypes(t *testing.T) {
	tests := []struct {
		kind, encoding string
		want           int
	}{
		{"application/json", "", 202},
		{"application/json; charset=utf-8", "", 202},
		{"application/json;charset=Windows-1252", "", 202},
		{"Application/JSON; odata.metadata=minimal", "", 202},
		{"application/json; charset", "", 202},
		{"", "", 415}, {"text/plain", "", 415}, {"application/jsonp", "", 415}, {"application/x-www-form-urlencoded", "", 415},
		{"text/json", "", 415}, {"application/json, text/plain", "", 415}, {"/", "", 415}, {"multipart/form-data; boundary=x", "", 415},
		{"application/json", "gzip", 415}, {"application/json", "deflate, gzip", 415}, {"application/json", "br", 415}, {"application/json", "identity", 415},
	}
	for _, tt := range tests {
		b := newBot(t, nil)
		headers := []string{"Content-Type", tt.kind}
		if tt.encoding != "" {
			headers = append(headers, "Content-Encoding", tt.encoding)
		}
		if w := b.post(path, toneBody, headers...); w.Code != tt.want {
			t.Errorf("%q, %q: got %d, want %d", tt.kind, tt.encoding, w.Code, tt.want)
		}
	}
}

func TestBrokenBodies(t *testing.T) {
	for _, tt := range []struct {
		err    error
		code   int
		reason string
	}{
		{fmt.Errorf("read: %w", os.ErrDeadlineExceeded), 408, server.NoteSlowBody},
		{io.ErrUnexpectedEOF, 400, server.NoteBadBody},
	} {
		b := newBot(t, nil)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, iotest.ErrReader(tt.err))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+b.good())
		if w := b.do(r); w.Code != tt.code || b.lastReason() != tt.reason || b.intake.count() != 0 {
			t.Errorf("%v: got %d %q, want %d %q and no delivery", tt.err, w.Code, b.lastReason(), tt.code, tt.reason)
		}
	}
}

// untouchable fails the test when a body is read.
type untouchable struct{ testing.TB }

func (u untouchable) Read([]byte) (int, error) {
	u.Error("the body was read")
	return 0, io.EOF
}

// TestTokenBeforeBody: nothing of a stranger's body is read, and nothing about
// it is told.
func TestTokenBeforeBody(t *testing.T) {
	b := newBot(t, nil)
	for _, kind := range []string{"application/json", "text/plain"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, untouchable{t})
		r.ContentLength = 1 << 40
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Content-Encoding", "gzip")
		if w := b.do(r); w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("got %d, want 401 with WWW-Authenticate", w.Code)
		}
	}
}

// TestAnnouncedSize: a body that is announced to be too large is not read.
func TestAnnouncedSize(t *testing.T) {
	b := newBot(t, nil)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, untouchable{t})
	r.ContentLength = graph.MaxBody + 1
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+b.good())
	if w := b.do(r); w.Code != http.StatusRequestEntityTooLarge || b.lastReason() != server.NoteTooLarge {
		t.Errorf("got %d %q, want 413 %q", w.Code, b.lastReason(), server.NoteTooLarge)
	}
}

func TestWebhookTakesOnlyCalls(t *testing.T) {
	element := func(body string) string { return body[strings.Index(body, "[")+1 : strings.LastIndex(body, "]")] }
	batch := func(bodies ...string) string {
		list := make([]string, len(bodies))
		for i, body := range bodies {
			list[i] = element(body)
		}
		return `{"value":[` + strings.Join(list, ",") + "]}"
	}
	operation := `{"value":[{"changeType":"deleted","resourceUrl":"/communications/calls/x/operations/y","resourceData":{"@odata.type":"#microsoft.graph.playPromptOperation","status":"completed"}}]}`
	roster := `{"value":[{"changeType":"updated","resourceUrl":"/communications/calls/x/participants","resourceData":[]}]}`
	tests := []struct {
		name, body string
		want       int
		reason     string
	}{
		{"incoming", incomingBody, 1, ""},
		{"end", endBody, 1, ""},
		{"both", batch(incomingBody, endBody), 2, ""},
		{"tone", toneBody, 0, server.NoteIgnored},
		{"operation", operation, 0, server.NoteIgnored},
		{"roster", roster, 0, server.NoteIgnored},
		{"incoming but updated", strings.Replace(incomingBody, "created", "updated", 1), 0, server.NoteIgnored},
		{"created but established", strings.Replace(incomingBody, `"state":"incoming"`, `"state":"established"`, 1), 0, server.NoteIgnored},
		{"mixed", batch(toneBody, incomingBody, operation, roster), 1, server.NoteIgnored},
		{"with a bad one", `{"value":[7,` + element(incomingBody) + "]}", 1, server.NotePartly},
		{"only a bad one", `{"value":[7]}`, 0, server.NotePartly},
		{"legacy", `{"callId":"x"}`, 0, server.NoteLegacy},
	}
	for _, tt := range tests {
		b := newBot(t, nil)
		w := b.post(server.WebhookPath, tt.body)
		got := 0
		for _, d := range b.intake.incoming {
			got += len(d.Notifications)
			if d.Session != "" || d.Leg != "" || d.Secret != "" || d.Tenant != tenant {
				t.Errorf("%s: got %+v, want no session and the token's tenant", tt.name, d)
			}
		}
		if got != tt.want || b.lastReason() != tt.reason || w.Code/100 != 2 || len(b.intake.deliveries) != 0 {
			t.Errorf("%s: got %d, %d notifications, %q; want 2xx, %d, %q", tt.name, w.Code, got, b.lastReason(), tt.want, tt.reason)
		}
	}
}

func TestIntakeErrors(t *testing.T) {
	tests := []struct {
		err    error
		code   int
		reason string
	}{
		{nil, 202, ""},
		{fmt.Errorf("x: %w", server.ErrNotFound), 202, server.NoteUnknown},
		{fmt.Errorf("x: %w", server.ErrForbidden), 403, server.NoteForbidden},
		{fmt.Errorf("x: %w", server.ErrBusy), 503, server.NoteBusy},
		{errors.New("disk full at /var/lib/secret"), 503, server.NoteBusy},
		{context.DeadlineExceeded, 503, server.NoteBusy},
	}
	for _, tt := range tests {
		for _, target := range []string{path, server.WebhookPath} {
			b := newBot(t, nil)
			b.intake.err = tt.err
			w := b.post(target, incomingBody)
			if w.Code != tt.code || b.lastReason() != tt.reason || w.Body.Len() != 0 {
				t.Errorf("%v: got %d %q, body %q; want %d %q and no body", tt.err, w.Code, b.lastReason(), w.Body, tt.code, tt.reason)
			}
			if (w.Code == 503) != (w.Header().Get("Retry-After") != "") {
				t.Errorf("%v: Retry-After is %q", tt.err, w.Header().Get("Retry-After"))
			}
		}
	}
}

// TestElsewhere: new calls can be sent to another deployment, others cannot.
func TestElsewhere(t *testing.T) {
	const there = "https://eu.bot.example.com/api/calls"
	for _, tt := range []struct {
		target   string
		code     int
		location string
		reason   string
	}{
		{server.WebhookPath, http.StatusFound, there, server.NoteElsewhere},
		{path, http.StatusServiceUnavailable, "", server.NoteBusy},
	} {
		b := newBot(t, nil)
		b.intake.err = fmt.Errorf("x: %w", &server.ElsewhereError{Location: there})
		w := b.post(tt.target, incomingBody)
		if w.Code != tt.code || w.Header().Get("Location") != tt.location || b.lastReason() != tt.reason || w.Body.Len() != 0 {
			t.Errorf("%s: got %d to %q, %q, body %q; want %d to %q, %q and no body",
				tt.target, w.Code, w.Header().Get("Location"), b.lastReason(), w.Body, tt.code, tt.location, tt.reason)
		}
		if w := b.post(tt.target, incomingBody, "Authorization", "Bearer a.b.c"); w.Code != http.StatusForbidden || w.Header().Get("Location") != "" {
			t.Errorf("a stranger was sent %d to %q, want 403 to nowhere", w.Code, w.Header().Get("Location"))
		}
	}
}

func TestPanicInIntake(t *testing.T) {
	var log bytes.Buffer
	b := newBot(t, func(c *server.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	b.intake.hook = func(context.Context) { panic("oops") }
	if w := b.post(path, toneBody); w.Code != http.StatusInternalServerError || b.lastReason() != server.NotePanic || w.Body.Len() != 0 {
		t.Errorf("got %d %q %q, want 500, %q and no body", w.Code, b.lastReason(), w.Body, server.NotePanic)
	}
	if !strings.Contains(log.String(), "panic=oops") || !strings.Contains(log.String(), "callback_test.go") {
		t.Errorf("the log lacks the panic and its stack:\n%s", log.String())
	}
	b.intake.hook = nil
	if w := b.post(path, toneBody); w.Code != http.StatusAccepted {
		t.Errorf("afterwards: got %d, want 202", w.Code)
	}
}

func TestAbortedHandlerStaysAborted(t *testing.T) {
	b := newBot(t, func(c *server.Config) {
		c.Media = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			panic("oops")
		})
	})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this
			t.Errorf("recovered %v, want http.ErrAbortHandler, which breaks the connection", v)
		}
	}()
	b.do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/media/"+strings.Repeat("0", 64)+".wav", nil))
}

// TestSlowIntake: an intake that hangs is told to stop, and the sender gets
// its answer in time.
func TestSlowIntake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, nil)
		b.intake.hook = func(ctx context.Context) {
			<-ctx.Done()
			b.intake.err = ctx.Err()
		}
		begin := time.Now()
		w := b.post(path, toneBody)
		if took := time.Since(begin); w.Code != http.StatusServiceUnavailable || took != 2700*time.Millisecond {
			t.Errorf("got %d after %s, want 503 after 2.7s", w.Code, took)
		}
	})
}

func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, func(c *server.Config) { c.MaxInFlight, c.Observe = 2, nil })
		hold := make(chan struct{})
		b.intake.hook = func(context.Context) { <-hold }
		done := make(chan int, 2)
		for range 2 {
			go func() { done <- b.post(path, toneBody).Code }()
		}
		synctest.Wait()
		if w := b.post(path, toneBody); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("the third: got %d, want 503 with Retry-After", w.Code)
		}
		for _, health := range []string{"/healthz", "/readyz"} {
			if w := b.do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, health, nil)); w.Code != http.StatusOK {
				t.Errorf("%s of a busy bot: got %d, want 200", health, w.Code)
			}
		}
		close(hold)
		if first, second := <-done, <-done; first != 202 || second != 202 {
			t.Errorf("the first two: got %d and %d, want 202", first, second)
		}
		if w := b.post(path, toneBody); w.Code != http.StatusAccepted {
			t.Errorf("afterwards: got %d, want 202", w.Code)
		}
	})
}

// TestLogTellsNoSecret posts good and bad callbacks and looks for what must
// not be in a log.
func TestLogTellsNoSecret(t *testing.T) {
	var log bytes.Buffer
	b := newBot(t, func(c *server.Config) {
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	good, foreign := b.good(), "Bearer "+b.token(func(_, c object) { c["tid"] = "hostile\n" })
	b.post(path, strings.Replace(toneBody, "tone1", "tone7", 1))
	b.post(path, toneBody, "Authorization", foreign)
	b.post(path, "tone7", "Authorization", "Bearer "+good)
	b.intake.err = server.ErrForbidden
	b.post(path, toneBody)
	for _, want := range []string{`"reason":"tenant"`, `"kid":"a"`, `"tid":"hostile\n"`, `"reason":"forbidden"`, `"status":202`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	for _, part := range append(strings.Split(good, "."), strings.TrimPrefix(foreign, "Bearer "), secret, "tone7") {
		if strings.Contains(log.String(), part) {
			t.Errorf("the log tells %.40q:\n%s", part, log.String())
		}
	}
}

// TestLogIsSampled: strangers cannot fill the disk.
func TestLogIsSampled(t *testing.T) {
	var log bytes.Buffer
	b := newBot(t, func(c *server.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for i := range 1000 {
		if i == 900 {
			b.clock.Advance(time.Minute)
		}
		b.do(httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil))
	}
	if got := strings.Count(log.String(), "\n"); got != 100 {
		t.Errorf("%d lines, want 50 in each of two windows", got)
	}
	if !strings.Contains(log.String(), "not_logged=850") {
		t.Error("the log does not say how much it left out")
	}
	if got := len(b.outcomes); got != 1000 {
		t.Errorf("%d outcomes counted, want all 1000", got)
	}
}

func TestSecrets(t *testing.T) {
	a, b := server.NewSecret(), server.NewSecret()
	if a == b || len(a) < 22 {
		t.Errorf("got %q and %q, want two different secrets of 128 bits", a, b)
	}
	for _, tt := range []struct {
		x, y string
		want bool
	}{{a, a, true}, {a, b, false}, {a, a[:25], false}, {a, "", false}, {"", "", true}, {a, a + "x", false}} {
		if got := server.SameSecret(tt.x, tt.y); got != tt.want {
			t.Errorf("%q and %q: got %t, want %t", tt.x, tt.y, got, tt.want)
		}
	}
	bot := newBot(t, nil)
	if w := bot.post(server.CallbackPath("s", ivr.CallerLeg, a), toneBody); w.Code != http.StatusAccepted {
		t.Errorf("an address made of it: got %d, want 202", w.Code)
	}
}

// TestOverTheWire runs the real server once: what net/http itself answers, and
// that nothing is left running.
func TestOverTheWire(t *testing.T) {
	b := newBot(t, func(c *server.Config) { c.Observe = nil })
	ts := httptest.NewUnstartedServer(nil)
	ts.Config = server.HTTPServer(b.handler)
	ts.Start()
	defer ts.Close()
	noRedirect := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer noRedirect.CloseIdleConnections()
	tests := []struct {
		path, header string
		want         int
	}{
		{path, "", 202}, {"//api/calls", "", 404}, {"/api/calls/", "", 404}, {"/x/../api/calls", "", 404},
		{path, strings.Repeat("x", 40<<10), 431},
	}
	for _, tt := range tests {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ts.URL+tt.path, strings.NewReader(toneBody))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+b.good())
		r.Header.Set("X-Long", tt.header)
		resp, err := noRedirect.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", tt.path, err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if resp.StatusCode != tt.want {
			t.Errorf("%s: got %d, want %d", tt.path, resp.StatusCode, tt.want)
		}
	}
	if got := raw(t, ts.Listener.Addr().String(), "POST /api/calls\x00 HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.Contains(got, " 400 ") {
		t.Errorf("NUL in the request line: got %q, want 400", got)
	}
}

// raw sends bytes and returns the first line of the answer.
func raw(t *testing.T, addr, request string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // read to its end
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(answer), "\r\n")
	return line
}

func TestHTTPServerLimits(t *testing.T) {
	s := server.HTTPServer(http.NotFoundHandler())
	got := fmt.Sprint(s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout, s.WriteTimeout, s.MaxHeaderBytes)
	if want := fmt.Sprint(5*time.Second, 10*time.Second, time.Minute, time.Minute, 16384); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
