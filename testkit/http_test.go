package testkit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
)

const webFlow = "testdata/web/web.ivr.yaml"

// Answers of web services are given in Go as in a file, one a request, and the
// requests are seen as they would have been sent.
func TestHTTPAnswers(t *testing.T) {
	call := testkit.Dial(t, webFlow, testkit.Given{
		Actions: map[string][]testkit.Reply{"login": {{Out: map[string]any{"customer": "c/1"}}}},
		HTTP: map[string][]testkit.HTTPReply{
			"ask_balance":             {{JSON: map[string]any{"balance": 3.0}}},
			"motd.example.org:8443/*": {{Text: "Hello."}},
		},
	})
	call.Press("12345678#").Press("4711#").Hears("told").Ended(ivr.EndedByFlow)
	if got := call.Vars(); got["balance"] != "3.00 GBP" || got["text"] != "Hello." {
		t.Errorf("variables %v", got)
	}
	var asked []string
	for _, m := range call.Asked() {
		asked = append(asked, m.Method+" "+m.URL+" "+string(m.Body))
	}
	want := []string{`POST https://api.example.com/login {"account":"12345678","pin":"4711"}`,
		"GET https://api.example.com/customers/c%2F1/balance ", "GET https://motd.example.org:8443/today "}
	if !slices.Equal(asked, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(asked, "\n"), strings.Join(want, "\n"))
	}
	if got := call.Actions(); !slices.Equal(got, []string{"login"}) {
		t.Errorf("actions %v", got)
	}
	if k := call.Asked()[0].Header.Get("Idempotency-Key"); len(k) != 32 || call.Asked()[1].Header.Get("Idempotency-Key") != "" {
		t.Errorf("the POST has the key %q, the GET %v", k, call.Asked()[1].Header)
	}
}

// Parts of an answer are of their variables' types; digits that came as a number
// have no point.
func TestHTTPParts(t *testing.T) {
	f := loadText(t, `
ivr: 1
flow: numbers
prompts: {hello: "Hello."}
vars: {n: {type: number}, d: {type: digits}, m: {type: money, currency: EUR}, s: {type: string}, b: {type: bool}, l: {type: list}, o: {type: map}}
start: main
states:
  main:
    - http: {get: "https://api.example.com/", into: {n: n, m: m, b: b, l: l, l.1: s, o: o, o.deep.0.x: d}}
      id: ask
      failed: end
    - {play: hello}
    - end
`)
	call := testkit.Dial(t, f, testkit.Given{HTTP: map[string][]testkit.HTTPReply{"ask": {{JSON: map[string]any{
		"n": 3.0, "m": 9.9, "b": true, "l": []any{"a", 2.0}, "o": map[string]any{"deep": []any{map[string]any{"x": 7.0}}},
	}}}}})
	call.Hears("hello")
	got := fmt.Sprint(call.Vars())
	if want := "map[b:true d:7 l:[a 2] m:9.90 EUR n:3 o:map[deep:[map[x:7]]] s:2]"; got != want {
		t.Errorf("variables\n%s\nwant\n%s", got, want)
	}
}

// A key of the answers that fits nothing is told.
func TestHTTPKeyFaults(t *testing.T) {
	for key, want := range map[string]string{
		"ask_balanse":          `did you mean "ask_balance"?`,
		"api.example.org/x":    "it asks no such host",
		"api.example.com/[":    "no pattern of an address",
		"main.1":               "no step of the flow that asks",
		"api.example.com.evil": "it asks no such host",
	} {
		got := new(reporter).run(func(t testing.TB) {
			testkit.Dial(t, webFlow, testkit.Given{HTTP: map[string][]testkit.HTTPReply{key: {{}}}})
		})
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

// A flow that is called asks with the rights of the flow that took the call,
// and its steps are named with its name before them.
func TestHTTPInSubflow(t *testing.T) {
	f := loadFiles(t, map[string]string{
		"top.ivr.yaml": `ivr: 1
flow: top
vars: {name: {type: string}}
prompts: {hello: "Hello."}
start: main
states: {main: [{call: ask, failed: end}, {play: hello}, {log: "${name}"}, end]}
`,
		"ask.ivr.yaml": `ivr: 1
flow: ask
returns: {name: {type: string}}
prompts: {hello: "Hello."}
start: main
states: {main: [{http: {get: "https://api.example.com/who", headers: {X: "${secret.crm}"}, into: {name: name}}, failed: {return: failed}}, return]}
`}, "top.ivr.yaml")
	call := testkit.Dial(t, f, testkit.Given{HTTP: map[string][]testkit.HTTPReply{"ask/main.1": {{JSON: map[string]any{"name": "Ada"}}}}})
	call.Hears("hello")
	if got := call.Vars()["name"]; got != "Ada" || call.Asked()[0].Header.Get("X") != "secret-crm" {
		t.Errorf("name %v, asked %v", got, call.Asked())
	}
}

// loadFiles loads one flow of several.
func loadFiles(t *testing.T, files map[string]string, name string) *flow.Flow {
	t.Helper()
	fsys := fstest.MapFS{}
	for file, text := range files {
		fsys[file] = &fstest.MapFile{Data: []byte(text)}
	}
	f, list, err := flow.Load(fsys, name)
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}
