package graphsim_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const (
	base    = "https://graph.test"
	webhook = "https://bot.test/calls"
	leg     = "https://bot.test/leg"
)

// sharedKey is made once: making a key takes longer than most tests.
var sharedKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// told is one notification as the bot got it.
type told struct {
	at      time.Time
	path    string // of the callback address
	header  http.Header
	Change  string          `json:"changeType"`
	URL     string          `json:"resourceUrl"`
	Legacy  string          `json:"resource"`
	RawData json.RawMessage `json:"resourceData"`
	data    map[string]any  // nil for a list
}

// String is the notification in short: "updated established audio=active".
func (n told) String() string {
	parts := []string{n.Change}
	if n.data == nil {
		return n.Change + " " + n.URL[strings.LastIndex(n.URL, "/")+1:]
	}
	kind, _ := n.data["@odata.type"].(string)
	if kind = strings.TrimPrefix(kind, "#microsoft.graph."); kind != "call" {
		parts = append(parts, kind)
	}
	for _, name := range []string{"state", "status", "completionReason"} {
		if v, ok := n.data[name].(string); ok {
			parts = append(parts, v)
		}
	}
	if m, ok := n.data["mediaState"].(map[string]any); ok {
		parts = append(parts, fmt.Sprintf("audio=%v", m["audio"]))
	}
	if m, ok := n.data["toneInfo"].(map[string]any); ok {
		parts = append(parts, fmt.Sprintf("%v", m["tone"]))
	}
	if m, ok := n.data["resultInfo"].(map[string]any); ok {
		sub := m["subcode"]
		if sub == nil {
			sub = m["subCode"]
		}
		parts = append(parts, fmt.Sprintf("%v/%v", m["code"], sub))
	}
	return strings.Join(parts, " ")
}

// world is a simulator, a virtual clock and a bot that does what the test
// says.
type world struct {
	t       *testing.T
	clock   *virtual
	sim     *graphsim.Sim
	events  []graphsim.Event
	heard   []told // notifications
	bodies  [][]byte
	files   map[string][]byte // what the bot serves, by path
	gets    []*http.Request   // downloads
	status  func(n int) int   // answer to the nth callback, from 1; nil is 202
	posts   int
	onPost  func(n told) // called for every notification, in its request
	onGet   func()       // called for every download, in its request
	where   string       // Location of redirects
	token   string
	version string // of the API
}

// newWorld makes a world; the test's changes come last.
func newWorld(t *testing.T, change func(*graphsim.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: newVirtual(), files: map[string][]byte{}, version: "beta"}
	cfg := graphsim.Config{Clock: w.clock, BaseURL: base, Webhook: webhook, Seed: 1, Key: sharedKey(),
		Transport: graphsim.InMemory(http.HandlerFunc(w.serveBot))}
	if change != nil {
		change(&cfg)
	}
	sim, err := graphsim.New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	w.sim = sim
	sim.Observe(func(e graphsim.Event) { w.events = append(w.events, e) })
	w.token = w.fetchToken()
	return w
}

func (w *world) serveBot(rw http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		w.gets = append(w.gets, r)
		if w.onGet != nil {
			w.onGet()
		}
		b, ok := w.files[r.URL.Path]
		if !ok {
			http.NotFound(rw, r)
			return
		}
		_, _ = rw.Write(b)
		return
	}
	body, _ := io.ReadAll(r.Body)
	w.posts++
	w.bodies = append(w.bodies, body)
	var envelope struct{ Value []told }
	if len(body) > 0 {
		if err := json.Unmarshal(body, &envelope); err != nil {
			w.t.Errorf("callback is no JSON: %v: %s", err, body)
		}
	}
	for _, n := range envelope.Value {
		n.at, n.path, n.header = w.clock.Now(), r.URL.Path, r.Header
		_ = json.Unmarshal(n.RawData, &n.data) // a roster is a list and stays nil
		w.heard = append(w.heard, n)
		if w.onPost != nil {
			w.onPost(n)
		}
	}
	status := http.StatusAccepted
	if w.status != nil {
		status = w.status(w.posts)
	}
	if w.where != "" {
		rw.Header().Set("Location", w.where)
	}
	rw.WriteHeader(status)
}

// answer is what the simulator answered.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
	err    error
}

// code is Graph's error.code.
func (a answer) code() string {
	e, _ := a.body["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

func (a answer) message() string {
	e, _ := a.body["error"].(map[string]any)
	text, _ := e["message"].(string)
	return text
}

// statusAndCode is an answer in short: "404 8522".
func statusAndCode(a answer) string { return strings.TrimSpace(fmt.Sprint(a.status, " ", a.code())) }

func (w *world) send(r *http.Request) answer {
	w.t.Helper()
	resp, err := graphsim.InMemory(w.sim).RoundTrip(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("read answer: %v", err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: raw}
	_ = json.Unmarshal(raw, &a.body) // audio and empty bodies are no JSON
	return a
}

func (w *world) request(method, path, body string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	return r
}

func (w *world) fetchToken() string {
	w.t.Helper()
	a := w.postToken(w.sim.Tenant(), tokenForm())
	token, _ := a.body["access_token"].(string)
	if a.status != 200 || token == "" {
		w.t.Fatalf("token: %d %s", a.status, a.raw)
	}
	return token
}

func tokenForm() url.Values {
	return url.Values{"client_id": {graphsim.DefaultAppID}, "client_secret": {graphsim.DefaultSecret},
		"scope": {"https://graph.microsoft.com/.default"}, "grant_type": {"client_credentials"}}
}

func (w *world) postToken(tenant string, form url.Values) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, base+"/"+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.send(r)
}

// path is the address of a call.
func (w *world) path(c *graphsim.Call) string {
	return "/" + w.version + "/communications/calls/" + string(c.ID())
}

// call sends a request on the call itself.
func (w *world) call(method string, c *graphsim.Call) answer {
	w.t.Helper()
	return w.send(w.request(method, w.path(c), ""))
}

// act posts an action of a call.
func (w *world) act(c *graphsim.Call, action, body string) answer {
	w.t.Helper()
	return w.send(w.request(http.MethodPost, w.path(c)+"/"+action, body))
}

// must is act that has to succeed.
func (w *world) must(c *graphsim.Call, action, body string) answer {
	w.t.Helper()
	a := w.act(c, action, body)
	if a.err != nil || a.status >= 300 {
		w.t.Fatalf("%s: %d %v %s", action, a.status, a.err, a.raw)
	}
	return a
}

func (w *world) ring(from graphsim.Caller) *graphsim.Call {
	w.t.Helper()
	c, err := w.sim.Ring(from)
	if err != nil {
		w.t.Fatalf("Ring: %v", err)
	}
	w.clock.forward(50 * time.Millisecond)
	return c
}

const answerBody = `{"callbackUri":"` + leg + `","acceptedModalities":["audio"],
	"mediaConfig":{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig"}}`

// connected is a call that was answered and has audio. What was notified of it
// so far is forgotten.
func (w *world) connected() *graphsim.Call {
	w.t.Helper()
	c := w.ring(graphsim.Caller{})
	w.must(c, "answer", answerBody)
	w.clock.forward(time.Second)
	w.heard, w.bodies, w.events, w.posts = nil, nil, nil, 0
	return c
}

// file serves a good prompt of that length and returns its address.
func (w *world) file(name string, d time.Duration) string {
	w.files["/audio/"+name] = wav(d)
	return "https://bot.test/audio/" + name
}

// play is the body of a playPrompt.
func play(context string, uris ...string) string {
	var prompts []any
	for _, u := range uris {
		prompts = append(prompts, map[string]any{"@odata.type": "#microsoft.graph.mediaPrompt",
			"mediaInfo": map[string]any{"uri": u, "resourceId": u}})
	}
	b, _ := json.Marshal(map[string]any{"clientContext": context, "prompts": prompts})
	return string(b)
}

// story is what was notified, in short.
func (w *world) story() []string {
	var all []string
	for _, n := range w.heard {
		all = append(all, n.String())
	}
	return all
}

// expect compares what was notified, in order, and forgets it.
func (w *world) expect(want ...string) {
	w.t.Helper()
	got := w.story()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.t.Errorf("notifications:\ngot  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	w.heard = nil
}

// find is the first event of a kind.
func find[E graphsim.Event](w *world) (E, bool) {
	for _, e := range w.events {
		if e, ok := e.(E); ok {
			return e, true
		}
	}
	var none E
	return none, false
}

func wav(d time.Duration) []byte { return wavFile(d, 16000, 1, 16) }

// wavFile writes a file by hand, so that the test does not trust the package.
func wavFile(d time.Duration, rate, channels, bits int) []byte {
	align := channels * bits / 8
	size := int(d*time.Duration(rate)/time.Second) * align
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	b.WriteString("RIFF")
	put(uint32(36 + size))
	b.WriteString("WAVEfmt ")
	put(uint32(16))
	put([]uint16{1, uint16(channels)})
	put([]uint32{uint32(rate), uint32(rate * align)})
	put([]uint16{uint16(align), uint16(bits)})
	b.WriteString("data")
	put(uint32(size))
	b.Write(make([]byte, size))
	return b.Bytes()
}
