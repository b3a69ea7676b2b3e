package flow_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Every option of http can be written, in the step and in defaults, and a
// step's own value wins.
func TestHTTPOptions(t *testing.T) {
	f := good(t, `
vars: {code: {type: digits, default: "12"}, n: {type: number, default: 1}, tan: {type: digits, default: "1", sensitive: once}, pin: {type: digits, default: "1", sensitive: true}}
defaults: {http: {timeout: 2s, headers: {X-A: a}, retry: {max: 1}, waiting: hello, failed: bye, 503: bye}}
start: main
states:
  main:
    - answer
    - {http: {get: "https://api.example.com:8443/a/${code}?n=${n}&m=$${m}"}, id: plain}
    - http: {put: "https://api.example.com/a", into: {a.b: n, .: code}}
      id: full
      timeout: 7s
      headers: {Authorization: "Bearer ${secret.crm}", X-Tan: "${tan}"}
      json: {pin: "${pin}", list: [1, "a ${n}", null, true, {}], empty: []}
      retry: {max: 3, backoff: 50ms}
      waiting: sorry
      404: other
      4xx: bye
      503: other
      failed: other
    - {http: {post: "https://api.example.com/a"}, id: post}
    - {http: {delete: "https://api.example.com/a"}, id: delete, timeout: 100ms}
    - end
  other: end
  bye: end
`)
	plain, full := spec[*flow.HTTP](t, f, "plain"), spec[*flow.HTTP](t, f, "full")
	same(t, "plain", []any{plain.Request.Method, plain.Request.Timeout, plain.Request.Retry, plain.Request.Headers, plain.Waiting[0].Key, plain.Into},
		[]any{"GET", 2 * time.Second, ivr.Retry{Max: 1, Backoff: ivr.Duration(200 * time.Millisecond)}, []flow.Header{{Name: "X-A", Value: []flow.Piece{{Text: "a"}}}}, "hello", map[string]string{}})
	var pieces []string
	for _, p := range plain.Request.URL {
		if p.Value != nil {
			p.Text = "<" + p.Value.Source() + ">"
		}
		pieces = append(pieces, p.Text)
	}
	same(t, "url", pieces, []string{"https://api.example.com:8443/a/", "<${code}>", "?n=", "<${n}>", "&m=${m}"})
	same(t, "full", []any{full.Request.Method, full.Request.Timeout, full.Request.Retry.Max, full.Request.Headers[0], full.Request.Headers[1].Name, full.Waiting[0].Key, full.Into, full.Request.Once},
		[]any{"PUT", 7 * time.Second, 3, flow.Header{Name: "Authorization", Value: []flow.Piece{{Text: "Bearer "}, {Secret: "crm"}}}, "X-Tan", "sorry", map[string]string{"a.b": "n", ".": "code"}, []string{"tan"}})
	body, err := full.Request.JSON.Eval(flow.Env{"pin": "99", "n": 3.0})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "body", body, map[string]any{"pin": "99", "list": []any{1.0, "a 3", nil, true, map[string]any{}}, "empty": []any{}})
	same(t, "methods", []string{spec[*flow.HTTP](t, f, "post").Request.Method, spec[*flow.HTTP](t, f, "delete").Request.Method}, []string{"POST", "DELETE"})
	for outcome, state := range map[string]string{"404": "other", "4xx": "bye", "503": "other", "failed": "other"} {
		if to := f.Steps[step(t, f, "full").Edges[outcome].To.Step].State; to != state {
			t.Errorf("%s leads to %s, want %s", outcome, to, state)
		}
	}
	if e := step(t, f, "plain").Edges; f.Steps[e["503"].To.Step].State != "bye" || f.Steps[e["failed"].To.Step].State != "bye" || f.Steps[e["ok"].To.Step].ID != "full" || len(e) != 3 {
		t.Errorf("edges of plain: %v", e)
	}
}

// Variables that an answer fills are set after ok, and after nothing else.
func TestHTTPSets(t *testing.T) {
	const flow = `
vars: {name: {type: string}}
start: main
states:
  main:
    - http: {get: "https://api.example.com/", into: {name: name}}
      404: [{log: "A"}, end]
      failed: [{log: "B"}, end]
    - {log: "C"}
    - end
`
	for place, fine := range map[string]bool{"A": false, "B": false, "C": true} {
		_, list, err := load(strings.Replace(flow, place, "${name}", 1))
		if err != nil {
			t.Fatal(err)
		}
		if list.HasErrors() == fine || !fine && !strings.Contains(list.String(), "[unset-variable]") {
			t.Errorf("read at %s: %s", place, list)
		}
	}
}

// The requests of flows that are called are among those of the flow that calls,
// and an action is done in one way in all of them.
func TestRequestsOfFamily(t *testing.T) {
	const sub = `ivr: 1
flow: sub
prompts: {a: A.}
vars: {n: {type: string}}
actions: {look: {http: {get: "https://look.example.com/"}}}
start: main
states: {main: [{play: a}, {http: {get: "https://sub.example.com/", into: {n: n}}, id: ask, failed: return}, {do: look, failed: return}, {log: "${n}"}, return]}
`
	const top = `ivr: 1
flow: top
actions: {look: LOOK}
start: main
states: {main: [{call: sub}, {do: look, failed: end}, {http: {get: "https://top.example.com/"}, id: ask, failed: end}, end]}
`
	load := func(look string) (*flow.Flow, string) {
		fsys := fstest.MapFS{"sub.ivr.yaml": {Data: []byte(sub)}, "top.ivr.yaml": {Data: []byte(strings.Replace(top, "LOOK", look, 1))}}
		f, list, err := flow.Load(fsys, "top.ivr.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return f, list.String()
	}
	f, list := load(`{http: {get: "https://other.example.com/"}}`)
	if f == nil {
		t.Fatal(list)
	}
	var got []string
	for _, a := range f.Requests() {
		got = append(got, a.Step+" "+a.Request.URL[0].Text)
	}
	want := []string{"ask https://top.example.com/", "sub/ask https://sub.example.com/", "action look https://other.example.com/", "action look https://look.example.com/"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if m, s := f.Named("sub/ask"); m == nil || m.Name != "sub" || s.ID != "ask" {
		t.Errorf("sub/ask is %v %v", m, s)
	}
	if _, s := f.Named("sub/none"); s != nil {
		t.Errorf("sub/none is %v", s)
	}
	if f, list := load("{}"); f != nil || !strings.Contains(list, `the action "look" is done over HTTP`) {
		t.Errorf("one name for two actions: %s", list)
	}
}

// What a request names is found without running anything.
func TestRequests(t *testing.T) {
	f := good(t, `
vars: {n: {type: number, default: 1}}
actions: {b: {in: [n], http: {get: "https://b.example.com/${n}"}}, a: {in: [n], http: {post: "https://a.example.com/"}}, go: {in: [n]}}
start: main
states:
  main: [answer, {do: a}, {do: b}, {do: go}, {http: {get: "https://c.example.com/"}, failed: end, id: c}, end]
on_hangup: [{http: {delete: "https://d.example.com/"}, failed: []}]
`)
	var got []string
	for _, a := range f.Requests() {
		got = append(got, a.Step+" "+a.Request.Method+" "+a.Request.URL[0].Text)
	}
	want := []string{"c GET https://c.example.com/", "on_hangup.1 DELETE https://d.example.com/", "action a POST https://a.example.com/", "action b GET https://b.example.com/"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
