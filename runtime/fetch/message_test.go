package fetch

import (
	"io"
	"net/http"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// A message is what is sent, and what is not sent has none.
func TestMessage(t *testing.T) {
	var method, uri, body string
	var header http.Header
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		method, uri, body, header = r.Method, r.URL.RequestURI(), string(b), r.Header
	})
	f := fetcher(t, Config{Secrets: map[string]BoundSecret{"crm": {Value: ivr.NewSecret("key"), Hosts: []string{s.URL}}}}, s)
	req := post(s.URL, map[string]any{"n": "1"})
	req.URL = []Piece{Literal(s.URL + "/a/"), Value("b/c"), Literal("?d="), Value("&")}
	req.Headers = []Header{{Name: "X-Key", Value: []Piece{Literal("is "), Secret("crm")}}}
	req.Key = "once"
	msg, err := f.Message(req)
	if err != nil {
		t.Fatal(err)
	}
	if uri != "" {
		t.Fatal("a message was sent")
	}
	if _, err := f.Do(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if msg.Method != method || msg.URL != s.URL+uri || string(msg.Body) != body || uri != "/a/b%2Fc?d=%26" {
		t.Errorf("message %s %s %s; sent %s %s %s", msg.Method, msg.URL, msg.Body, method, uri, body)
	}
	for name := range msg.Header {
		if msg.Header.Get(name) != header.Get(name) {
			t.Errorf("header %s: message %q, sent %q", name, msg.Header.Get(name), header.Get(name))
		}
	}
	if header.Get("X-Key") != "is key" || header.Get("Idempotency-Key") != "once" {
		t.Errorf("headers %v", header)
	}
	req.URL[1] = Value("..")
	_, err = f.Message(req)
	wantKind(t, err, ErrValue)
	req.URL = []Piece{Literal("https://elsewhere.example.com/")}
	_, err = f.Message(req)
	wantKind(t, err, ErrNotAllowed)
}
