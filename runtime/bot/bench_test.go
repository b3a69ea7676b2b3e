package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// roundFlow plays for ever: each prompt that ends brings the next.
const roundFlow = `
ivr: 1
flow: round
prompts: {hello: {file: hello.wav}}
limits: {call: 4h, steps: 2000}
start: main
states:
  main: [{play: {prompt: hello, loop: 20}}, {goto: main}]
`

// bench is a bot whose Graph answers at once and counts what it is asked to
// play; callbacks are made by hand and signed by a simulator.
type bench struct {
	bot    *bot.Bot
	token  string
	url    string
	played sync.Map // session -> chan string (clientContext)
}

func newBench(b *testing.B, change ...func(*bot.Config, http.Handler)) *bench {
	b.Helper()
	x := &bench{}
	fake := httptest.NewServer(http.HandlerFunc(x.graph))
	b.Cleanup(fake.Close)
	front := httptest.NewUnstartedServer(nil)
	x.url = "http://" + front.Listener.Addr().String()
	tokens := make(chan string, 10)
	sim, err := graphsim.New(graphsim.Config{BaseURL: fake.URL, Webhook: x.url + server.WebhookPath,
		Transport: grab{tokens}})
	if err != nil {
		b.Fatal(err)
	}
	graphSide := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/beta/") {
			x.graph(w, r)
			return
		}
		sim.ServeHTTP(w, r) // tokens and keys
	})
	fake.Config.Handler = graphSide
	cfg := benchConfig(x.url, roundOf(b), hello{GraphURL: fake.URL, AppID: sim.AppID(), Tenant: sim.Tenant(), Discovery: sim.Discovery(), Issuer: sim.Issuer()})
	for _, f := range change {
		f(&cfg, graphSide)
	}
	if x.bot, err = bot.New(cfg); err != nil {
		b.Fatal(err)
	}
	front.Config.Handler = x.bot.Handler()
	front.Start()
	b.Cleanup(front.Close)
	if _, err := sim.Ring(graphsim.Caller{}); err != nil { // only for its token
		b.Fatal(err)
	}
	x.token = <-tokens
	b.Cleanup(sim.Close)
	return x
}

// roundOf is roundFlow.
func roundOf(b *testing.B) *flow.Flow {
	b.Helper()
	return benchFlow(b, roundFlow)
}

func benchFlow(b *testing.B, text string) *flow.Flow {
	b.Helper()
	f, list, err := flow.Load(fstest.MapFS{"round.ivr.yaml": {Data: []byte(text)}, "hello.wav": {Data: tone(time.Second, 400)}}, "round.ivr.yaml")
	if err != nil || f == nil {
		b.Fatalf("%v\n%s", err, list)
	}
	return f
}

// benchConfig is a bot at an address whose Graph and whose callers are another's.
func benchConfig(url string, f *flow.Flow, of hello) bot.Config {
	var sessions atomic.Int64
	return bot.Config{AppID: of.AppID, Secret: ivr.NewSecret(graphsim.DefaultSecret), Tenants: []string{of.Tenant},
		PublicURL: url, GraphURL: of.GraphURL + "/beta", LoginURL: of.GraphURL, Flows: []*flow.Flow{f},
		NewID: func() string { return fmt.Sprint("s", sessions.Add(1)) },
		Profiles: []server.Profile{{Name: "simulator", MetadataURL: of.Discovery, Issuers: []string{of.Issuer},
			Audiences: []string{of.AppID}, Tenants: []string{of.Tenant}, Algs: []string{"RS256"}, Loopback: true}}}
}

// grab takes the token off the first callback.
type grab struct{ tokens chan<- string }

func (g grab) RoundTrip(r *http.Request) (*http.Response, error) {
	g.tokens <- r.Header.Get("Authorization")
	return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody, Request: r}, nil
}

// graph answers every action and passes playPrompt's context on.
func (x *bench) graph(w http.ResponseWriter, r *http.Request) {
	var body struct{ ClientContext string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	if !strings.HasSuffix(r.URL.Path, "/playPrompt") {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"@odata.type":"#microsoft.graph.playPromptOperation","id":"0fe0623f-d628-42ed-b4bd-8ac290072cc5","status":"running","clientContext":%q}`, body.ClientContext)
	id, _, _ := graph.ParseClientContext(body.ClientContext)
	if ch, ok := x.played.Load(id); ok {
		ch.(chan string) <- body.ClientContext
	}
}

func (x *bench) post(client *http.Client, to, body string) error {
	return post(client, x.token, to, body)
}

// post sends a callback and expects 202.
func post(client *http.Client, token, to, body string) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", token)
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("callback answered %d", res.StatusCode)
	}
	return nil
}

func callID(n int64) string { return fmt.Sprintf("57dab8b1-894c-409a-b240-%012x", n) }

const envelope = `{"@odata.type":"#microsoft.graph.commsNotifications","value":[{"@odata.type":"#microsoft.graph.commsNotification","changeType":%q,"resource":"/app/calls/%[2]s","resourceUrl":"/communications/calls/%[2]s","resourceData":%s}]}`

// begin takes a call to its first prompt and returns its session, its
// callback address and the prompt's context.
func (x *bench) begin(b *testing.B, client *http.Client, n int64) (addr, call, context string, played chan string) {
	b.Helper()
	call = callID(n)
	incoming := fmt.Sprintf(envelope, "created", call, `{"@odata.type":"#microsoft.graph.call","state":"incoming","direction":"incoming","source":{"identity":{"user":{"id":"5f0c7c7e-0000-4000-8000-000000000001"}}},"targets":[{"identity":{"application":{"id":"bot"}}}]}`)
	if err := x.post(client, x.url+server.WebhookPath, incoming); err != nil {
		b.Fatal(err)
	}
	id, ok := x.bot.Calls().ByCall(b.Context(), ivr.CallID(call))
	if !ok {
		b.Fatal("the call did not begin")
	}
	played = make(chan string, 4)
	x.played.Store(id, played)
	addr = x.bot.CallbackURL(id, ivr.CallerLeg)
	up := fmt.Sprintf(envelope, "updated", call, `{"@odata.type":"#microsoft.graph.call","state":"established","mediaState":{"audio":"active"}}`)
	if err := x.post(client, addr, up); err != nil {
		b.Fatal(err)
	}
	return addr, call, <-played, played
}

// ended is the notification that a prompt was played.
func ended(call, context string) string {
	return fmt.Sprintf(`{"@odata.type":"#microsoft.graph.commsNotifications","value":[{"@odata.type":"#microsoft.graph.commsNotification","changeType":"deleted","resource":"/app/calls/%[1]s/operations/0fe0623f-d628-42ed-b4bd-8ac290072cc5","resourceUrl":"/communications/calls/%[1]s/operations/0fe0623f-d628-42ed-b4bd-8ac290072cc5","resourceData":{"@odata.type":"#microsoft.graph.playPromptOperation","@odata.id":"/communications/calls/%[1]s/operations/0fe0623f-d628-42ed-b4bd-8ac290072cc5","clientContext":%[2]q,"status":"completed","completionReason":"completedSuccessfully","id":"0fe0623f-d628-42ed-b4bd-8ac290072cc5","resultInfo":{"@odata.type":"#microsoft.graph.resultInfo","code":200,"subcode":0,"message":"Action completed successfully."}}}]}`, call, context)
}

const connections = 32 // for each core

// BenchmarkCallback is a prompt's end coming in and the next prompt's request
// going out, over HTTP on loopback, calls in memory.
func BenchmarkCallback(b *testing.B) {
	x := newBench(b)
	var n atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	b.SetParallelism(connections)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		addr, call, context, played := x.begin(b, client, n.Add(1))
		for pb.Next() {
			if err := x.post(client, addr, ended(call, context)); err != nil {
				b.Error(err)
				return
			}
			context = <-played
		}
	})
}

// BenchmarkRawCallback is the measure: a bare handler that decodes the same
// JSON with the standard library and makes the same request.
func BenchmarkRawCallback(b *testing.B) {
	x := newBench(b)
	out := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	raw := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Value []struct {
				ChangeType, Resource, ResourceURL string
				ResourceData                      graph.Operation
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		go rawPlay(out, x.rawGraph(), body.Value[0].ResourceData.ClientContext)
	}))
	defer raw.Close()
	var n atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	b.SetParallelism(connections)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		id := n.Add(1)
		played := make(chan string, 4)
		session := ivr.SessionID(fmt.Sprint("raw", id))
		x.played.Store(session, played)
		context := graph.ClientContext(session, 1)
		for pb.Next() {
			if err := x.post(client, raw.URL, ended(callID(id), context)); err != nil {
				b.Error(err)
				return
			}
			context = <-played
		}
	})
}

func (x *bench) rawGraph() string { return x.bot.GraphURL() + "/communications/calls/x/playPrompt" }

func rawPlay(out *http.Client, to, clientContext string) {
	body, _ := json.Marshal(graph.PlayPromptRequest{ClientContext: clientContext, Prompts: []graph.MediaPrompt{{ODataType: graph.TypeMediaPrompt,
		MediaInfo: graph.MediaInfo{ODataType: graph.TypeMediaInfo, URI: "https://bot.example.com/media/" + strings.Repeat("0", 64) + ".wav?e=1795000000&k=01234567&s=" + strings.Repeat("0", 64), ResourceID: strings.Repeat("0", 64)}}}})
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+strings.Repeat("x", 800))
	res, err := out.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

// BenchmarkIdleCalls says how much memory each of 100,000 calls takes that wait
// in their prompts. Callbacks and requests do not go over the network here, and
// time stands still, since no prompt lasts until the last call has begun.
func BenchmarkIdleCalls(b *testing.B) {
	const calls = 100_000
	for b.Loop() {
		x := newBench(b, func(c *bot.Config, graph http.Handler) {
			c.Transport, c.Clock, c.Limits.Calls = inMemory{graph}, stopped(time.Now()), calls
		})
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for n := range calls {
			x.beginQuietly(b, int64(n))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if live := x.bot.Calls().Live(); live != calls {
			b.Fatalf("%d calls are live, want %d", live, calls)
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/calls, "B/call")
	}
}

// stopped is a clock whose time does not pass.
type stopped time.Time

func (c stopped) Now() time.Time { return time.Time(c) }
func (c stopped) AfterFunc(time.Duration, func()) (stop func() bool) {
	return func() bool { return true }
}
func (c stopped) Go(f func()) { go f() }

// inMemory serves requests without a network.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

// beginQuietly is begin without a network and without anything that would count
// as the call's memory afterwards.
func (x *bench) beginQuietly(b *testing.B, n int64) {
	b.Helper()
	_, call, _, _ := x.begin(b, &http.Client{Transport: inMemory{x.bot.Handler()}}, n)
	id, _ := x.bot.Calls().ByCall(b.Context(), ivr.CallID(call))
	x.played.Delete(id)
}
