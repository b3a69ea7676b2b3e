package conformance_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// here stands for the id of the call in a seed's path.
const here = "HERE"

// FuzzSimulator sends anything to the simulator's call API. Nothing panics, each
// answer has the service's form, and what is taken is no nonsense: it is a
// documented method, and the client, which checks the service's rules by itself,
// would make the same request.
func FuzzSimulator(f *testing.F) {
	sim, err := graphsim.New(graphsim.Config{BaseURL: "https://graph.test", Webhook: "https://bot.test/calls", Key: signingKey()})
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range exchanges(f) {
		path := "/" + x.Version + strings.NewReplacer("{call}", here, "{id}", partID).Replace(x.request.Path)
		waiting := slices.Contains([]string{"call-answer", "call-reject", "call-redirect"}, x.Page)
		f.Add(waiting, x.request.Method, path, []byte(fitted(f, sim, x)))
	}
	for _, path := range []string{"/beta/app/calls/HERE/answer", "/beta/communications/calls('HERE')/playPrompt", "/v1.0/communications/calls/HERE/microsoft.graph.mute",
		"//beta/communications/calls/HERE", "/beta/communications/calls/HERE/", "/beta/communications/calls/../calls/HERE", "/beta/communications/calls//playPrompt", "/beta/communications/calls/%00"} {
		f.Add(false, "POST", path, []byte(`{"clientContext":"x"}`))
		f.Add(true, "GET", path, []byte(nil))
	}
	for _, body := range []string{`{`, `[]`, `null`, `{"a":1,"a":2}`, strings.Repeat("[", 500), `{"prompts":[null]}`, `{"prompts":{"@odata.type":7}}`, `{"loop":"true"}`, "\xff\xfe", `{"clientContext":1e400}`} {
		f.Add(false, "POST", "/beta/communications/calls/HERE/playPrompt", []byte(body))
	}
	f.Fuzz(func(t *testing.T, waiting bool, method, path string, body []byte) {
		if len(body) > 16<<10 || len(path) > 2048 {
			return
		}
		onPlatform(t, "beta", func(p *platform) {
			call := p.connected
			if waiting {
				call = p.ring
			}
			id := string(call())
			address, err := url.Parse("https://graph.test" + strings.ReplaceAll(path, here, id))
			if err != nil || address.Host != "graph.test" {
				return
			}
			r, err := http.NewRequestWithContext(p.t.Context(), method, address.String(), bytes.NewReader(body))
			if err != nil {
				return
			}
			r.Header.Set("Authorization", "Bearer "+p.token)
			if len(body) > 0 {
				r.Header.Set("Content-Type", "application/json")
			}
			a := p.do(r)
			time.Sleep(30 * time.Second)
			hasForm(p.t, a)
			if strings.Contains(strings.ToLower(address.Path), "/calls") && a.status < 300 {
				isSense(p.t, a, address.Path, body)
			}
			if after := p.ask("GET", "/communications/calls/"+id, nil); after.status != http.StatusOK && after.status != http.StatusNotFound {
				p.t.Errorf("afterwards the call is %d %s", after.status, after.body)
			}
		})
	})
}

// fitted is a documented body with the simulator's tenant and addresses.
func fitted(f *testing.F, sim *graphsim.Sim, x exchange) string {
	f.Helper()
	if len(x.request.Body) == 0 {
		return ""
	}
	var v any
	if err := json.Unmarshal(x.request.Body, &v); err != nil {
		f.Fatal(err)
	}
	drop(v, slices.Concat(undeclared, stray[x.Version+"/"+x.Page]))
	p := &platform{sim: sim}
	text, err := json.Marshal(p.fit(v, scene{}))
	if err != nil {
		f.Fatal(err)
	}
	return string(text)
}

// hasForm checks that an answer is one that the service could give.
func hasForm(t *testing.T, a answered) {
	t.Helper()
	if a.status >= 500 && a.status != http.StatusNotImplemented || a.status < 200 || a.status == http.StatusOK && len(a.body) > 1<<20 {
		t.Errorf("%s %s: %d %.200s", a.method, a.path, a.status, a.body)
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		return
	}
	var body struct {
		Error *struct{ Code, Message string }
	}
	if err := json.Unmarshal(a.body, &body); err != nil {
		t.Errorf("%s %s: %v in %.200s", a.method, a.path, err, a.body)
		return
	}
	if a.status >= 400 && (body.Error == nil || body.Error.Code == "" || body.Error.Message == "") {
		t.Errorf("%s %s: a refusal without a code or words: %d %.200s", a.method, a.path, a.status, a.body)
	}
}

// template is the method of the API that a path names: names ignore case, an
// action may be qualified, the id may be in brackets and /app stands for
// /communications; see https://learn.microsoft.com/graph/traverse-the-graph.
func template(method, path string) (version string, m graph.Method, ok bool) {
	if i := strings.Index(strings.ToLower(path), "calls('"); i >= 0 {
		path = path[:i] + "calls/" + strings.Replace(path[i+len("calls('"):], "')", "", 1)
	}
	have := strings.Split(strings.Trim(path, "/"), "/")
	if len(have) < 3 || !strings.EqualFold(have[1], "communications") && !strings.EqualFold(have[1], "app") {
		return "", m, false
	}
	for _, m := range graph.Methods() {
		want := strings.Split(strings.Trim(m.Path, "/"), "/")[1:]
		fits := func(is, want string) bool {
			is = strings.TrimPrefix(strings.ToLower(is), "microsoft.graph.")
			return strings.HasPrefix(want, "{") && is != "" || strings.EqualFold(is, want)
		}
		if m.HTTP == method && slices.EqualFunc(have[2:], want, fits) {
			return strings.ToLower(have[0]), m, true
		}
	}
	return "", m, false
}

// isSense checks a request that was taken.
func isSense(t *testing.T, a answered, path string, body []byte) {
	t.Helper()
	version, m, ok := template(a.method, path)
	if !ok {
		t.Errorf("%s %q is no documented method and was answered %d", a.method, path, a.status)
		return
	}
	if a.method == http.MethodGet || a.method == http.MethodDelete || m.Name == "keepAlive" || len(body) == 0 {
		return
	}
	body = playable(t, body)
	s := &service{reply: message{Status: http.StatusOK, Body: json.RawMessage(`{}`)}}
	x := exchange{example: example{Version: version}, request: message{Kind: "request", Method: m.HTTP, Path: m.Path, Body: body}}
	if _, err := ask(t, x, s); err != nil && s.path == "" {
		t.Errorf("%s of %s was taken: the client does not make it: %v\n%s", m.Name, version, err, body)
		return
	}
	if where := differs(simplest(t, s.body), simplest(t, body), strings.Replace(m.Name, "create call", "/call", 1)); where != "" {
		t.Errorf("%s of %s was taken; the client would make it\n%s\ninstead of\n%s\ndifferent at %s", m.Name, version, s.body, body, where)
	}
}

// playable puts an address in place of those at which no audio can be. The service
// takes them, and plays nothing or reports that it could not download (subcode
// 8536 of https://learn.microsoft.com/graph/api/resources/resultinfo), while the
// client refuses them.
func playable(t *testing.T, body []byte) []byte {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || !mendFiles(v) {
		return body
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// mendFiles says whether an address was not good.
func mendFiles(v any) bool {
	mended := false
	switch v := v.(type) {
	case map[string]any:
		if uri, ok := v["uri"].(string); ok {
			if u, err := url.Parse(uri); err != nil || u.Host == "" || u.Scheme != "https" {
				v["uri"], mended = "https://bot.test/audio/a.wav", true
			}
		}
		for _, below := range v {
			mended = mendFiles(below) || mended
		}
	case []any:
		for _, below := range v {
			mended = mendFiles(below) || mended
		}
	}
	return mended
}

// simplest is a body in its simplest form, as a value.
func simplest(t *testing.T, body []byte) any {
	t.Helper()
	var v any
	if text := simple(t, body, false, undeclared...); text != "nothing" && json.Unmarshal([]byte(text), &v) != nil {
		t.Fatalf("no JSON: %s", text)
	}
	return v
}

// open are the places of a request whose types are open in the service's metadata:
// the service takes properties there that nobody knows.
var open = regexp.MustCompile(`^/call$|/identity(/\w+)?$|/transfertarget$|/(targets|participants)/\d+$|/meetinginfo(/|$)|/quality(/|$)`)

// differs is a place where two bodies are not the same, "" if they are. The one
// that was taken may have more where a type is open.
func differs(sent, taken any, path string) string {
	switch taken := taken.(type) {
	case map[string]any:
		sent, _ := sent.(map[string]any)
		for name := range taken {
			if _, ok := sent[name]; !ok && open.MatchString(path) {
				continue
			}
			if where := differs(sent[name], taken[name], path+"/"+name); where != "" {
				return where
			}
		}
		for name := range sent {
			if taken[name] == nil {
				return path + "/" + name
			}
		}
		return ""
	case []any:
		sent, _ := sent.([]any)
		if len(sent) != len(taken) {
			return path
		}
		for i := range taken {
			if where := differs(sent[i], taken[i], path+"/"+strconv.Itoa(i)); where != "" {
				return where
			}
		}
		return ""
	}
	if sent != taken {
		return path
	}
	return ""
}
