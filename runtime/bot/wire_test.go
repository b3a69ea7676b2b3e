package bot_test

import (
	"context"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const shortFlow = `
ivr: 1
flow: short
prompts: {hello: {file: hello.wav}, ask: {file: ask.wav}, bye: {file: bye.wav}, spoken: "Good day."}
vars: {code: {type: digits, length: 2}, message: {type: recording}}
actions: {greet: {in: [code], outcomes: [ok, unknown], timeout: 2s}}
start: main
states:
  main:
    - play: [hello, spoken]
    - menu: ask
      keys: {1: enter}
      gave_up: bye
  enter:
    - collect: code
      prompt: ask
      gave_up: bye
    - do: greet
      unknown: bye
      failed: bye
    - record: message
      max: 2s
      silence: 1s
      beep: false
      consent: not_required
      empty: bye
      failed: bye
    - goto: bye
  bye: [{play: bye}, end]
`

// tone is a WAV file of a length.
func tone(d time.Duration, hz float64) []byte {
	pcm := make([]int16, int(d.Seconds()*prompt.SampleRate))
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/prompt.SampleRate))
	}
	return prompt.EncodeWAV(pcm)
}

func shortFiles() fstest.MapFS {
	return fstest.MapFS{
		"short.ivr.yaml": {Data: []byte(shortFlow)},
		"hello.wav":      {Data: tone(120*time.Millisecond, 400)},
		"ask.wav":        {Data: tone(2*time.Second, 500)},
		"bye.wav":        {Data: tone(100*time.Millisecond, 600)},
	}
}

// blip is a synthesiser that says everything in 50 ms.
type blip struct{}

func (blip) Speak(context.Context, string, string, string) ([]byte, error) {
	return tone(50*time.Millisecond, 700), nil
}

// onTheWire is a bot and a simulated Graph that speak HTTP on loopback.
type onTheWire struct {
	sim    *graphsim.Sim
	bot    *bot.Bot
	events chan graphsim.Event
	stop   context.CancelFunc
	served chan error

	mu      sync.Mutex
	changes []call.Change
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func connect(t *testing.T, change ...func(*bot.Config)) *onTheWire {
	t.Helper()
	f, list, err := flow.Load(shortFiles(), "short.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	botSide, simSide := listen(t), listen(t)
	botURL, simURL := "http://"+botSide.Addr().String(), "http://"+simSide.Addr().String()
	w := &onTheWire{events: make(chan graphsim.Event, 1000), served: make(chan error, 1)}
	if w.sim, err = graphsim.New(graphsim.Config{BaseURL: simURL, Webhook: botURL + server.WebhookPath}); err != nil {
		t.Fatal(err)
	}
	w.sim.Observe(func(e graphsim.Event) { w.events <- e })
	graphServer := &http.Server{Handler: w.sim, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = graphServer.Serve(simSide) }()

	cfg := bot.Config{
		AppID: w.sim.AppID(), Secret: ivr.NewSecret(graphsim.DefaultSecret), Tenants: []string{w.sim.Tenant()},
		PublicURL: botURL, GraphURL: simURL + "/beta", LoginURL: simURL, Speech: blip{},
		Profiles: []server.Profile{{Name: "simulator", MetadataURL: w.sim.Discovery(), Issuers: []string{w.sim.Issuer()},
			Audiences: []string{w.sim.AppID()}, Tenants: []string{w.sim.Tenant()}, Algs: []string{"RS256"}, Loopback: true}},
		Flows: []*flow.Flow{f},
		Observe: func(c call.Change) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.changes = append(w.changes, c)
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	if w.bot, err = bot.New(cfg); err != nil {
		t.Fatal(err)
	}
	greetsAll(t, w.bot)
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	go func() { w.served <- w.bot.Serve(ctx, botSide) }()
	t.Cleanup(func() {
		stop()
		if err := <-w.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		w.sim.Close()
		_ = graphServer.Close()
	})
	return w
}

// greetsAll registers the action of the tests' flows.
func greetsAll(t *testing.T, b *bot.Bot) {
	t.Helper()
	err := bot.RegisterAction(b, bot.Action[struct{ Code string }, struct{}]{Name: "greet", Outcomes: []string{"ok", "unknown"},
		Do: func(_ context.Context, in struct{ Code string }) (struct{}, string, error) {
			if in.Code == "42" {
				return struct{}{}, "ok", nil
			}
			return struct{}{}, "unknown", nil
		}})
	if err != nil {
		t.Fatal(err)
	}
}

// await reads the simulator's events until one fits.
func await[E graphsim.Event](t *testing.T, w *onTheWire, fits func(E) bool) E {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case e := <-w.events:
			if fail, ok := e.(graphsim.CallbackFailed); ok {
				t.Fatalf("a callback failed: %d %v\n%s", fail.Status, fail.Err, fail.Body)
			}
			if got, ok := e.(E); ok && fits(got) {
				return got
			}
		case <-limit:
			var zero E
			t.Fatalf("waited in vain for %T", zero)
		}
	}
}

func anyOf[E any](E) bool { return true }

// The whole chain over real HTTP: signed callbacks, prompt audio fetched by
// its hash, keys, an action, a recording behind its own token, the end.
func TestCallOverHTTP(t *testing.T) {
	w := connect(t)
	caller, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 { // the file and the spoken text of the greeting
		p := await(t, w, func(e graphsim.PromptStarted) bool { return e.Index == i })
		if p.Problem != "" || p.Length == 0 || p.Count != 2 {
			t.Fatalf("the greeting is not heard: %+v", p)
		}
	}
	await(t, w, func(e graphsim.PromptStarted) bool { return e.Length == 2*time.Second })
	caller.Press('1') // interrupts the menu's prompt
	cut := await(t, w, func(e graphsim.PromptEnded) bool { return e.Cancelled })
	if cut.Played >= 2*time.Second {
		t.Errorf("the prompt was not cut: %v", cut.Played)
	}
	await(t, w, anyOf[graphsim.PromptStarted])
	caller.SpeakFor(300 * time.Millisecond) // too early, lost
	caller.Press('4', '2')
	await(t, w, anyOf[graphsim.RecordingStarted])
	caller.SpeakFor(1200 * time.Millisecond)
	if rec := await(t, w, anyOf[graphsim.RecordingEnded]); rec.Lost {
		t.Errorf("the recording is lost: %+v", rec)
	}
	end := await(t, w, anyOf[graphsim.Ended])
	if end.By != ivr.EndedByFlow {
		t.Errorf("ended by %s, want the flow", end.By)
	}
	w.finished(t, ivr.EndedByFlow)
	last := w.last()
	if id, ok := last.Vars["message"].(string); !ok || id == "" || last.Vars["code"] != "42" {
		t.Errorf("variables at the end: %v", last.Vars)
	}
}

func TestHangUpOverHTTP(t *testing.T) {
	w := connect(t)
	caller, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	await(t, w, anyOf[graphsim.PromptStarted])
	caller.HangUp()
	w.finished(t, ivr.EndedByCaller)
}

// A bot that stops lets its calls end: their callbacks are still taken.
func TestServeDrains(t *testing.T) {
	w := connect(t)
	caller, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	await(t, w, anyOf[graphsim.PromptStarted])
	w.stop()
	caller.HangUp()
	w.finished(t, ivr.EndedByCaller)
	err = <-w.served
	w.served <- err
}

// A bot that cannot wait any longer hangs up: nobody is left in silence.
func TestServeHangsUp(t *testing.T) {
	w := connect(t, func(c *bot.Config) { c.DrainFor = time.Millisecond })
	if _, err := w.sim.Ring(graphsim.Caller{}); err != nil {
		t.Fatal(err)
	}
	await(t, w, anyOf[graphsim.PromptStarted])
	w.stop()
	end := await(t, w, anyOf[graphsim.Ended])
	if end.By != ivr.EndedByFlow { // as the platform sees it: by the bot
		t.Errorf("ended by %s, want the bot", end.By)
	}
	w.finished(t, ivr.EndedByShutdown)
	err := <-w.served
	w.served <- err
}

// finished waits until the bot has closed the session's books.
func (w *onTheWire) finished(t *testing.T, by ivr.EndedBy) {
	t.Helper()
	drain, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.bot.Calls().Drain(drain); err != nil {
		t.Fatalf("the session did not end: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.changes[len(w.changes)-1]
	i := slices.IndexFunc(last.Commands, func(c ivr.Command) bool { _, ok := c.(ivr.Finish); return ok })
	if i < 0 || last.Commands[i].(ivr.Finish).EndedBy != by {
		t.Errorf("last commands %+v, want Finish by %s", last.Commands, by)
	}
}

func (w *onTheWire) last() struct{ Vars map[string]any } {
	w.mu.Lock()
	defer w.mu.Unlock()
	return struct{ Vars map[string]any }{w.changes[len(w.changes)-1].Session.Vars}
}

func TestNewRefuses(t *testing.T) {
	f, _, err := flow.Load(shortFiles(), "short.ivr.yaml")
	if err != nil || f == nil {
		t.Fatal(err)
	}
	marked, _, err := flow.Load(fstest.MapFS{"m.ivr.yaml": {Data: []byte("ivr: 1\nflow: marked\nlocales: [de-DE]\nprompts: {hello: {text: <p>Hallo</p>, ssml: true}}\nstart: main\nstates: {main: [{play: hello}, end]}\n")}}, "m.ivr.yaml")
	if err != nil || marked == nil {
		t.Fatal(err)
	}
	good := bot.Config{AppID: "app", Secret: ivr.NewSecret("s"), PublicURL: "https://bot.example.com", Flows: []*flow.Flow{f},
		Tenants: []string{graphsim.DefaultTenant}, Speech: blip{}}
	for name, c := range map[string]struct {
		spoil func(*bot.Config)
		want  string
	}{
		"no app id":       {func(c *bot.Config) { c.AppID = "" }, "AppID is missing"},
		"no secret":       {func(c *bot.Config) { c.Secret = ivr.Secret{} }, "Secret is missing"},
		"no flow":         {func(c *bot.Config) { c.Flows = nil }, "there is no flow"},
		"no synthesiser":  {func(c *bot.Config) { c.Speech = nil }, "no synthesiser is configured"},
		"no SSML":         {func(c *bot.Config) { c.Flows = []*flow.Flow{marked} }, `flow "marked" has prompts in SSML (hello, de-DE), which the synthesiser does not read`},
		"flow twice":      {func(c *bot.Config) { c.Flows = append(c.Flows, f) }, `two flows are named "short"`},
		"route to nobody": {func(c *bot.Config) { c.Routes = []bot.Route{{Flow: "sales"}} }, `flow "sales", which does not exist`},
		"unknown value": {func(c *bot.Config) { c.FlowConfig = map[string]map[string]any{"short": {"x": 1}} },
			`does not declare the configuration value "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			c.spoil(&cfg)
			if _, err := bot.New(cfg); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New: %v; want an error with %q", err, c.want)
			}
		})
	}
	b, err := bot.New(good)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(); err == nil || !strings.Contains(err.Error(), `action "greet", which is not registered`) {
		t.Errorf("Ready without the action: %v", err)
	}
	if err := b.Calls().Drain(t.Context()); err != nil {
		t.Fatalf("Drain without calls: %v", err)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "draining") {
		t.Errorf("readyz while draining: %d %q", w.Code, w.Body)
	}
}
