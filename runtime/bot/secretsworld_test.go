package bot_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// The places that are searched while calls run.
const (
	inLog     = "log of the bot, debug level"
	inRecord  = "call record: milestones, tags, log lines"
	inTrace   = "trace: moves of the machine, timers"
	inPrinted = "events, commands and sessions as they print and are logged"
	inDetails = "errors in events"
	inGraph   = "requests to Graph: addresses, headers, bodies"
	inAudio   = "addresses and names of audio"
	inProbes  = "answers to probes and to strangers"
	inEvents  = "request log of the simulator"
	inFiles   = "names and contents of files"
	inOutline = "outlines of the journal, in clear in the store"
	inJournal = "rows of the journal whose key outlives the call"
)

func sinksOfCalls() []string {
	return []string{inLog, inRecord, inTrace, inPrinted, inDetails, inGraph, inAudio, inProbes, inEvents, inFiles, inOutline, inJournal}
}

// wiretap is a bot, a simulated Graph, and everything that leaves the bot.
type wiretap struct {
	t     *testing.T
	clock *testkit.Clock
	sim   *graphsim.Sim
	bot   *bot.Bot
	dir   string // of recordings
	voice *voice
	phone *graphsim.Call
	ended bool // the session
	typed bool // keys can be typed

	typedOpenly []byte // keys in rows of the journal that outlive the call

	mu   sync.Mutex
	seen map[string]*bytes.Buffer // by sink
}

func (w *wiretap) Write(b []byte) (int, error) {
	w.note(inLog, string(b))
	return len(b), nil
}

func (w *wiretap) note(sink, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[sink].WriteString(text + "\n")
}

// voice is a synthesiser that speaks tones, and knows what it spoke. It fails
// on texts with "broken" or "terrible" and tells the text, as programs do.
type voice struct {
	mu    sync.Mutex
	names []string // the hashes of what was spoken for texts with the secret
}

func (v *voice) Speak(_ context.Context, text, _, _ string) ([]byte, error) {
	if strings.Contains(text, "broken") {
		return nil, fmt.Errorf("cannot speak %q", text)
	}
	if strings.Contains(text, "terrible") {
		panic("cannot speak " + text)
	}
	wav := prompt.Tone(300*time.Millisecond, text)
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	if strings.Contains(digits, secret) || strings.Contains(digits, doorSecret) || strings.Contains(text, "seven") {
		v.mu.Lock()
		v.names = append(v.names, prompt.Hash(wav))
		v.mu.Unlock()
	}
	return wav, nil
}

// RoundTrip is the network between the two sides.
func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "bot.test" {
		if strings.Contains(r.URL.Path, "/media/") {
			w.note(inAudio, r.URL.String())
		}
		return graphsim.InMemory(w.bot.Handler()).RoundTrip(r)
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	w.note(inGraph, fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Header, body))
	return graphsim.InMemory(w.sim).RoundTrip(r)
}

// change takes what the bot decided, as a program that keeps records would.
func (w *wiretap) change(c call.Change) {
	logs := slog.New(slog.NewTextHandler(&sinkWriter{w, inPrinted}, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	logs.Info("change", slog.Any("session", c.Session))
	w.note(inPrinted, fmt.Sprint(c, c.Session)+fmt.Sprintf("%v %+v", c, c))
	for _, ev := range c.Events {
		logs.Info("event", slog.Any("event", ev))
		w.note(inPrinted, fmt.Sprintf("%v %+v", ev, ev))
		switch e := ev.(type) {
		case ivr.ActionReturned:
			w.note(inDetails, e.Detail)
		case ivr.OperationFailed:
			w.note(inDetails, e.Result.String()+" "+e.Result.Message)
		case ivr.OperationUnknown:
			w.note(inDetails, e.Detail)
		default:
		}
	}
	for _, cmd := range c.Commands {
		logs.Info("command", slog.Any("command", cmd))
		w.note(inPrinted, fmt.Sprintf("%v %+v", cmd, cmd))
		switch cmd := cmd.(type) {
		case ivr.Mark:
			w.note(inRecord, cmd.Kind+" "+cmd.Name+" "+cmd.Text)
		case ivr.Moved:
			w.note(inTrace, cmd.Trigger+" "+cmd.State)
		case ivr.StartTimer:
			w.note(inTrace, cmd.Why)
		case ivr.PlayPrompt:
			for _, p := range cmd.Parts {
				w.note(inAudio, p.Key+" "+p.Audio+" "+p.Recording)
			}
		default:
		}
	}
	w.ended = w.ended || c.Session.Over()
	w.journal(c)
}

// journal takes a change as the store writes it down.
func (w *wiretap) journal(c call.Change) {
	row := func(events []ivr.Event, commands []ivr.Command) string {
		b, err := wire.AppendEvents(nil, events)
		if err == nil {
			b, err = wire.AppendCommands(b, commands)
		}
		if err != nil {
			w.t.Error(err)
		}
		return string(b)
	}
	var events []ivr.Event
	var commands []ivr.Command
	for _, ev := range c.Events {
		events = append(events, wire.Outline(ev))
	}
	for _, cmd := range c.Commands {
		commands = append(commands, wire.OutlineCommand(cmd))
	}
	w.note(inOutline, row(events, commands))
	if engine.Sensitive(c.Flow, engine.Change{Before: c.Before, After: c.Session, Events: c.Events, Commands: c.Commands}) {
		return
	}
	w.note(inJournal, row(c.Events, c.Commands))
	for _, ev := range c.Events { // the keys in a row, as somebody would read them
		if e, ok := ev.(ivr.ToneReceived); ok {
			w.typedOpenly = append(w.typedOpenly, byte(e.Key))
		}
	}
}

type sinkWriter struct {
	w    *wiretap
	sink string
}

func (s *sinkWriter) Write(b []byte) (int, error) {
	s.w.note(s.sink, string(b))
	return len(b), nil
}

func (w *wiretap) event(e graphsim.Event) {
	switch e := e.(type) {
	case graphsim.Subscribed:
		w.typed = true
	case graphsim.RecordingStarted:
		w.phone.SpeakFor(1500 * time.Millisecond)
	case graphsim.Request:
		w.note(inEvents, fmt.Sprintf("%+v", e))
	case graphsim.PromptStarted:
		w.note(inAudio, e.URI+" "+e.ResourceID+" "+e.ClientContext)
	case graphsim.CallbackFailed:
		w.t.Errorf("a callback failed: %d %v", e.Status, e.Err)
	default:
	}
}

// callbackKey signs the callbacks of all simulators: making one takes longer
// than a call.
var callbackKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func tap(t *testing.T, f *flow.Flow) *wiretap {
	t.Helper()
	w := &wiretap{t: t, clock: testkit.NewClock(testkit.DefaultNow()), dir: t.TempDir(), voice: &voice{}, seen: map[string]*bytes.Buffer{}}
	for _, sink := range sinksOfCalls() {
		w.seen[sink] = &bytes.Buffer{}
	}
	key, err := callbackKey()
	if err != nil {
		t.Fatal(err)
	}
	if w.sim, err = graphsim.New(graphsim.Config{Key: key, Clock: w.clock, BaseURL: "https://graph.test", Webhook: "https://bot.test" + server.WebhookPath, Transport: w}); err != nil {
		t.Fatal(err)
	}
	w.sim.Observe(w.event)
	recordings, err := bot.OpenRecordings(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	services, err := fetch.New(fetch.Config{Hosts: []fetch.Host{{Origin: "https://api.example.com", Flows: []string{f.Name}}}})
	if err != nil {
		t.Fatal(err)
	}
	ids := 0
	debug := &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}
	w.bot, err = bot.New(bot.Config{
		AppID: w.sim.AppID(), Secret: ivr.NewSecret(graphsim.DefaultSecret), PublicURL: "https://bot.test",
		GraphURL: "https://graph.test/beta", LoginURL: "https://graph.test",
		Profiles: []server.Profile{{Name: "simulated", MetadataURL: w.sim.Discovery(), Issuers: []string{w.sim.Issuer()},
			Audiences: []string{w.sim.AppID()}, Tenants: []string{server.AnyTenant}, JWKSHosts: []string{"graph.test"}}},
		Flows: []*flow.Flow{f}, FlowConfig: map[string]map[string]any{f.Name: {"door": doorSecret, "desk": "5f0c7c7e-0000-4000-8000-000000000001"}},
		Phones: []string{"+"}, RecordingHosts: []string{"graph.test"}, Recordings: recordings, Speech: w.voice,
		Clock: w.clock, Transport: w, Observe: w.change, Fetch: echo{services},
		// The same ids and addresses each time: none holds the digits by chance.
		Key: []byte("the same addresses in every test"), NewID: func() string { ids++; return fmt.Sprint("session-", ids) },
		Log: slog.New(slog.NewMultiHandler(slog.NewTextHandler(w, debug), slog.NewJSONHandler(w, debug))),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.actions()
	return w
}

type anyMap = map[string]any

// echo is a web service that answers with the secret. What it is asked goes
// nowhere.
type echo struct{ *fetch.Fetcher }

func (e echo) Do(_ context.Context, r fetch.Request) (fetch.Response, error) {
	res := fetch.Response{Method: r.Method, Tries: 1}
	if _, err := e.Message(r); err != nil {
		return res, err
	}
	res.Status, res.Body, res.JSON = http.StatusOK, fetch.BodyJSON, anyMap{"echo": secret}
	return res, nil
}

// actions are the bot's own code, which tells what it is given wherever it can.
func (w *wiretap) actions() {
	add := func(name string, do func(ctx context.Context, in anyMap) (anyMap, string, error)) {
		if err := bot.RegisterAction(w.bot, bot.Action[anyMap, anyMap]{Name: name, Outcomes: []string{"ok"}, Do: do}); err != nil {
			w.t.Fatal(err)
		}
	}
	add("verify", func(context.Context, anyMap) (anyMap, string, error) { return nil, "ok", nil })
	add("load", func(_ context.Context, in anyMap) (anyMap, string, error) {
		return anyMap{"person": anyMap{"number": in["pin"]}, "codes": []any{"x", in["pin"]}, "text": fmt.Sprint("it was ", in["pin"])}, "ok", nil
	})
	add("echo", func(_ context.Context, in anyMap) (anyMap, string, error) {
		return anyMap{"text": in["what"]}, "ok", nil
	})
	add("fails", func(_ context.Context, in anyMap) (anyMap, string, error) {
		return nil, "", fmt.Errorf("get https://example.com/?pin=%v: %w", in["what"], errors.New("refused"))
	})
	add("panics", func(_ context.Context, in anyMap) (anyMap, string, error) { panic(fmt.Sprintf("what is %+v", in)) })
	add("late", func(_ context.Context, in anyMap) (anyMap, string, error) {
		return nil, "", fmt.Errorf("verify %v: %w", in["what"], context.DeadlineExceeded)
	})
}

// play has a caller type keys and wait for the end.
func (w *wiretap) play(keys string) {
	w.t.Helper()
	var err error
	if w.phone, err = w.sim.Ring(graphsim.Caller{}); err != nil {
		w.t.Fatal(err)
	}
	w.clock.RunFor(time.Minute, func() bool { return w.typed })
	for _, k := range keys {
		w.phone.Press(ivr.Key(k))
		w.clock.RunFor(200*time.Millisecond, func() bool { return false })
	}
	if !w.clock.RunFor(10*time.Minute, func() bool { return w.ended }) {
		w.phone.HangUp()
		w.clock.RunFor(time.Minute, func() bool { return w.ended })
	}
	if !w.ended {
		w.t.Fatal("the session did not end")
	}
	w.note(inJournal, string(w.typedOpenly))
	w.probe()
	w.look()
}

// probe asks what anybody may ask.
func (w *wiretap) probe() {
	for _, path := range []string{"/healthz", "/readyz", "/media/none.wav", "/metrics", "/" + server.WebhookPath} {
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "https://bot.test"+path, http.NoBody)
		if err != nil {
			w.t.Fatal(err)
		}
		res, err := graphsim.InMemory(w.bot.Handler()).RoundTrip(req)
		if err != nil {
			w.t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			w.t.Fatal(err)
		}
		w.note(inProbes, fmt.Sprint(res.Status, res.Header, string(body)))
	}
}

// look reads the files that are there.
func (w *wiretap) look() {
	dir := os.DirFS(w.dir)
	err := fs.WalkDir(dir, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := fs.ReadFile(dir, name)
		w.note(inFiles, name+" "+string(content))
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// withoutTime takes the wall time away, whose fractions hold any digits.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// ids are random, so that they too hold any digits.
var ids = regexp.MustCompile(`[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`)

// found lists where one of the needles is.
func (w *wiretap) found(needles []string) []string {
	var sinks []string
	for _, sink := range sinksOfCalls() {
		text := ids.ReplaceAllString(w.seen[sink].String(), "id")
		if slices.ContainsFunc(needles, func(n string) bool { return strings.Contains(text, n) }) {
			sinks = append(sinks, sink)
		}
	}
	return sinks
}

// needles are the secrets in all forms, and the names of their audio.
func (w *wiretap) needles() []string {
	return slices.Concat(disguises(secret), disguises(doorSecret), w.voice.names)
}

// disguises are the forms in which a secret would still be one: reversed, its
// digits apart, without its first or last, hashed, encoded.
func disguises(value string) []string {
	sum := sha256.Sum256([]byte(value))
	backwards := []byte(value)
	slices.Reverse(backwards)
	return []string{
		value, string(backwards), value[:7], value[1:],
		strings.Join(strings.Split(value, ""), " "), strings.Join(strings.Split(value, ""), ", "), strings.Join(strings.Split(value, ""), ","),
		hex.EncodeToString([]byte(value)), hex.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString(sum[:]),
		base64.RawStdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString(sum[:]),
	}
}
