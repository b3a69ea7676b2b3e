package fetch

import (
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func TestZeroConfigAllowsNothing(t *testing.T) {
	f, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Do(t.Context(), get("https://api.test/"))
	e := wantKind(t, err, ErrNotAllowed)
	if e.Reason != ivr.ReasonNotAllowed || e.Host != "https://api.test" {
		t.Errorf("got %+v", e)
	}
	f.Close()
	f.Close()
}

// New reports all faults at once, and shows no secret.
func TestNewReportsAllFaults(t *testing.T) {
	const canary = "c4n4ry"
	flows := []string{"f"}
	_, err := New(Config{
		Timeout: 16 * time.Second,
		Connect: -1,
		Hosts: []Host{
			{Origin: "https://ok.test", Flows: flows},
			{Origin: "https://ok.test:443/", Flows: flows},
			{Origin: "http://plain.test", Flows: flows},
			{Origin: "https://path.test/x", Flows: flows},
			{Origin: "https://query.test?x", Flows: flows},
			{Origin: "https://noflow.test"},
			{Origin: "https://user:" + canary + "@ok.test"},
			{Origin: "https://emptyflow.test", Flows: []string{""}},
			{Origin: "ftp://scheme.test", Flows: flows},
			{Origin: "https://10.0.0.1", Flows: flows},
			{Origin: "https://169.254.169.254", Flows: flows, Networks: []string{"169.254.0.0/16"}},
			{Origin: "https://nets.test", Flows: flows, Networks: []string{"10.0.0.1/8", "0.0.0.0/0", "::/0", "x", "224.0.0.0/8", "::ffff:10.0.0.0/104", "0.0.0.0/8"}},
		},
		Secrets: map[string]BoundSecret{
			"empty":    {Hosts: []string{"https://ok.test"}},
			"newline":  {Value: ivr.NewSecret(canary + "\n"), Hosts: []string{"https://ok.test"}},
			"umlaut":   {Value: ivr.NewSecret(canary + "ü"), Hosts: []string{"https://ok.test"}},
			"blank":    {Value: ivr.NewSecret(canary + " "), Hosts: []string{"https://ok.test"}},
			"long":     {Value: ivr.NewSecret(strings.Repeat(canary, 2000)), Hosts: []string{"https://ok.test"}},
			"free":     {Value: ivr.NewSecret(canary)},
			"stranger": {Value: ivr.NewSecret(canary), Hosts: []string{"https://other.test", "ok.test"}},
		},
		Proxy: Proxy{URL: "http://user:" + canary + "@proxy.test:3128"},
	})
	if err == nil {
		t.Fatal("no error")
	}
	got := err.Error()
	for _, want := range []string{
		"the time-out 16s", "the time to connect, -1ns", `"https://ok.test:443/": it stands there twice`, `"http://plain.test": requests without TLS`,
		`"https://path.test/x": write scheme, host and port only`, `"https://query.test?x": write scheme`, `"https://noflow.test": name the flows`, `"https://emptyflow.test": name the flows`,
		`"ftp://scheme.test": it does not begin with https://`, `"https://10.0.0.1": refused: 10.0.0.1 is not public`,
		`"https://169.254.169.254": refused: 169.254.169.254 belongs to the cloud`,
		`network "10.0.0.1/8" has bits behind`, `network "0.0.0.0/0" is too wide`, `network "::/0" is too wide`, `"x" is not a network`,
		`network "224.0.0.0/8" holds`, `network "::ffff:10.0.0.0/104"`, `network "0.0.0.0/8" holds`,
		`secret "empty" is empty`, `secret "newline" cannot stand`, `secret "umlaut" cannot stand`, `secret "blank" cannot stand`, `secret "long" cannot stand`,
		`secret "free" is bound to no host`, `secret "stranger" is bound to https://other.test, which is not among the hosts`, `secret "stranger": "ok.test" is not a host`,
		`host "…@ok.test": a user or password may not`,
		"the proxy's URL is not of the form",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the error does not say %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, canary) {
		t.Errorf("the error shows a secret:\n%s", got)
	}
}

func TestProxyFaults(t *testing.T) {
	for _, p := range []Proxy{
		{Auth: ivr.NewSecret("a:b")}, {Networks: []string{"10.0.0.0/8"}}, {URL: "socks5://proxy.test"}, {URL: "proxy.test:3128"},
		{URL: "http://proxy.test/x"}, {URL: "http://proxy.test", Auth: ivr.NewSecret("nocolon")}, {URL: "http://proxy.test", Networks: []string{"x"}},
	} {
		if _, err := New(Config{Proxy: p}); err == nil {
			t.Errorf("%+v: no error", p)
		}
	}
}

func TestCheck(t *testing.T) {
	f, err := New(Config{
		Hosts:   []Host{{Origin: "https://api.test", Flows: []string{"f"}}, {Origin: "https://other.test", Flows: []string{"f"}}, {Origin: "https://not-f.test", Flows: []string{"g"}}},
		Secrets: map[string]BoundSecret{"crm": {Value: ivr.NewSecret("x"), Hosts: []string{"https://api.test"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	header := func(name string, value ...Piece) []Header { return []Header{{Name: name, Value: value}} }
	url := []Piece{Literal("https://api.test/a/"), Value("")} // a value that Do would refuse
	for _, tt := range []struct {
		name string
		req  Request
		kind error
	}{
		{"fine", Request{Flow: "f", Method: "GET", URL: url, Headers: header("Authorization", Literal("Bearer "), Secret("crm"))}, nil},
		{"value in a header", Request{Flow: "f", Method: "GET", URL: url, Headers: header("X-Id", Value("\n"))}, nil},
		{"other flow", Request{Flow: "g", Method: "GET", URL: url}, ErrNotAllowed},
		{"no flow", Request{Method: "GET", URL: url}, ErrNotAllowed},
		{"other host", Request{Flow: "f", Method: "GET", URL: []Piece{Literal("https://not-f.test/")}}, ErrNotAllowed},
		{"other port", Request{Flow: "f", Method: "GET", URL: []Piece{Literal("https://api.test:8443/")}}, ErrNotAllowed},
		{"unknown secret", Request{Flow: "f", Method: "GET", URL: url, Headers: header("X-Key", Secret("nope"))}, ErrNotAllowed},
		{"secret of another host", Request{Flow: "f", Method: "GET", URL: []Piece{Literal("https://other.test/")}, Headers: header("X-Key", Secret("crm"))}, ErrNotAllowed},
		{"method", Request{Flow: "f", Method: "TRACE", URL: url}, ErrRequest},
		{"method in lower case", Request{Flow: "f", Method: "get", URL: url}, ErrRequest},
		{"body of a GET", Request{Flow: "f", Method: "GET", URL: url, JSON: 1}, ErrRequest},
		{"body of a DELETE", Request{Flow: "f", Method: "DELETE", URL: url, JSON: 1}, ErrRequest},
		{"time-out", Request{Flow: "f", Method: "GET", URL: url, Timeout: 15*time.Second + 1}, ErrRequest},
		{"negative time-out", Request{Flow: "f", Method: "GET", URL: url, Timeout: -1}, ErrRequest},
		{"retries", Request{Flow: "f", Method: "GET", URL: url, Retry: ivr.Retry{Max: 6}}, ErrRequest},
		{"key", Request{Flow: "f", Method: "POST", URL: url, Key: "a b"}, ErrRequest},
		{"body that is no JSON", Request{Flow: "f", Method: "POST", URL: url, JSON: func() {}}, ErrRequest},
		{"large body", Request{Flow: "f", Method: "POST", URL: url, JSON: strings.Repeat("x", MaxBody)}, ErrValue},
		{"content type without body", Request{Flow: "f", Method: "POST", URL: url, Headers: header("Content-Type", Literal("application/json"))}, ErrRequest},
		{"other content type", Request{Flow: "f", Method: "POST", URL: url, JSON: 1, Headers: header("content-type", Literal("text/plain"))}, ErrRequest},
		{"JSON of a kind", Request{Flow: "f", Method: "POST", URL: url, JSON: 1, Headers: header("content-type", Literal("application/vnd.api+json"))}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := f.Check(tt.req)
			if tt.kind == nil {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if e := wantKind(t, err, tt.kind); !strings.HasPrefix(e.Host, "https://") || e.Reason != ivr.ReasonNotAllowed {
				t.Errorf("got %+v", e)
			}
		})
	}
	if f.Check(Request{}) == nil {
		t.Error("the empty request is fine")
	}
}
