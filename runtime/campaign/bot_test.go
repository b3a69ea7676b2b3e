package campaign_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/campaign"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const survey = `
ivr: 1
flow: survey
kind: outgoing
locales: [en-GB, de-DE]
params: {number: {type: phone}, language: {type: string, default: en-GB}}
prompts: {ask: "Press 1.", bye: "Goodbye."}
start: main
states:
  main:
    - set: {locale: "${language}"}
    - dial: {phone: "${number}", ring: 20s}
      answered: ask
      failed: end
  ask:
    - menu: ask
      keys: {1: yes_please}
      gave_up: end
  yes_please:
    - tag: {name: answer, text: "${call.locale}"}
    - milestone: asked
    - play: bye
    - end
`

const (
	botURL   = "http://127.0.0.1:4710"
	graphURL = "http://127.0.0.1:4711"
)

// late is a transport that is known after its user.
type late struct{ http.RoundTripper }

// world is a bot and a simulated Graph in memory, in virtual time.
type world struct {
	clock *testkit.Clock
	sim   *graphsim.Sim
	bot   *bot.Bot
	db    *store.MemoryDB
	flow  *flow.Flow
	rung  []string // telephones that have rung, in order
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: testkit.NewClock(noon)}
	w.db = &store.MemoryDB{Now: w.clock.Now}
	toBot, toGraph := &late{}, &late{}
	f, list, err := flow.Load(fstest.MapFS{"s.ivr.yaml": {Data: []byte(survey)}}, "s.ivr.yaml")
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	w.flow = f
	if w.sim, err = graphsim.New(graphsim.Config{Clock: w.clock, BaseURL: graphURL, Webhook: botURL + server.WebhookPath, Transport: toBot}); err != nil {
		t.Fatal(err)
	}
	w.bot, err = bot.New(bot.Config{AppID: w.sim.AppID(), Secret: ivr.NewSecret(graphsim.DefaultSecret), PublicURL: botURL, Tenants: []string{w.sim.Tenant()},
		GraphURL: graphURL + "/beta", LoginURL: graphURL, Key: []byte("the key of a store in memory ..."), DB: w.db, Clock: w.clock, Transport: toGraph,
		Profiles: []server.Profile{{Name: "simulator", MetadataURL: w.sim.Discovery(), Issuers: []string{w.sim.Issuer()}, Audiences: []string{w.sim.AppID()},
			Tenants: []string{w.sim.Tenant()}, Loopback: true}},
		Flows: []*flow.Flow{f}, Phones: []string{"+44"}, Speech: bot.Tones{}})
	if err != nil {
		t.Fatal(err)
	}
	toBot.RoundTripper, toGraph.RoundTripper = graphsim.InMemory(w.bot.Handler()), graphsim.InMemory(w.sim)
	if err := w.bot.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.bot.Close()
		w.sim.Close()
		w.clock.Close()
	})
	w.sim.Observe(w.people)
	return w
}

// people note whose phone rings, and press 1 after a prompt.
func (w *world) people(e graphsim.Event) {
	switch e := e.(type) {
	case graphsim.Calling:
		w.rung = append(w.rung, e.Target.ID)
	case graphsim.PromptStarted:
		w.clock.AfterFunc(3*time.Second, func() { w.sim.Call(e.Call).Press('1') })
	default:
	}
}

func rows(numbers ...string) []campaign.Row {
	var all []campaign.Row
	for i, n := range numbers {
		all = append(all, campaign.Row{Line: i + 2, Target: ivr.Target{Kind: ivr.PartyPhone, ID: n}, Zone: "Europe/London", Params: map[string]any{"number": n}})
	}
	return all
}

// A campaign with the bot and the simulated Graph: what came of the calls is read in
// the store.
func TestWithBot(t *testing.T) {
	w := newWorld(t)
	list := rows("+442071838750", "+442071838751", "+442071838752", "+442071838753", "+442071838754", "+492071838755")
	list[0].Params["language"] = "de-DE"
	for i, b := range []graphsim.Behaviour{graphsim.Answers, graphsim.Busy, graphsim.NoAnswer, graphsim.Declined, graphsim.Machine, graphsim.Answers} {
		w.sim.SetTarget(list[i].Target.ID, b)
	}
	got := map[string][]campaign.End{}
	c, err := campaign.Open(campaign.Config{File: filepath.Join(t.TempDir(), "x"), Flow: w.flow, From: graphsim.DefaultInstance, Phone: campaign.OfBot(w.bot, w.db),
		Now: w.clock.Now, Hours: campaign.Hours{Open: "24/7"}, Retry: campaign.Retry{Attempts: 2},
		Ended: func(r campaign.Row, e campaign.End) { got[r.Target.ID] = append(got[r.Target.ID], e) }}, list)
	if err != nil {
		t.Fatal(err)
	}
	for steps := 0; ; steps++ {
		wait, done, err := c.Step(t.Context(), true)
		if err != nil || steps > 100_000 {
			t.Fatal(err, steps)
		}
		if done {
			break
		}
		w.clock.Advance(wait)
	}
	var lines []string
	for _, r := range list {
		for _, e := range got[r.Target.ID] {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %d %s %s %v %v", e.Outcome, e.Attempt, e.Reason, e.EndedBy, e.Milestones, e.Tags)))
		}
	}
	want := []string{
		"answered 1  flow [asked] [answer de-DE]",
		"busy 1  flow [] []", "busy 2  flow [] []",
		"no_answer 1  flow [] []", "no_answer 2  flow [] []",
		"declined 1  flow [] []",
		"answered 1  flow [asked] [answer en-GB]",
		"failed 1 not_allowed flow [] []",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("ends\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	e := got[list[0].Target.ID][0]
	if e.Started.IsZero() || !e.Answered.After(e.Started) || !e.Ended.After(e.Answered) || e.Ended.After(e.At) {
		t.Errorf("the times are %v, %v, %v, noted %v", e.Started, e.Answered, e.Ended, e.At)
	}
	slices.Sort(w.rung)
	if want := []string{"+442071838750", "+442071838751", "+442071838751", "+442071838752", "+442071838752", "+442071838753", "+442071838754"}; !slices.Equal(w.rung, want) {
		t.Errorf("these have rung: %q, want %q", w.rung, want)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// A session id is used once, live or over, by this process or another.
func TestOrderWithSession(t *testing.T) {
	w := newWorld(t)
	const id = "a-session-of-our-own"
	o := bot.Order{Flow: "survey", From: graphsim.DefaultInstance, Params: map[string]any{"number": "+442071838750"}, Session: id}
	if began, err := w.bot.Dial(t.Context(), o); err != nil || began != (bot.Started{Session: id, Fresh: true}) {
		t.Fatalf("%+v, %v", began, err)
	}
	again := func(when string) {
		t.Helper()
		if began, err := w.bot.Dial(t.Context(), o); err != nil || began != (bot.Started{Session: id}) {
			t.Errorf("%s: %+v, %v, want nothing begun", when, began, err)
		}
	}
	again("at once")
	w.clock.Advance(2 * time.Second)
	again("while it rings")
	w.clock.Advance(10 * time.Minute)
	again("when it is over")
	w.clock.Advance(5 * time.Hour)
	again("hours later")
	out, err := w.bot.Outgoing(t.Context(), id)
	if err != nil || out.Dialled != "answered" || out.Called.ID != "+442071838750" {
		t.Errorf("%+v, %v", out, err)
	}
	if len(w.rung) != 1 {
		t.Errorf("%q have rung, want one", w.rung)
	}
	if _, err := w.bot.Outgoing(t.Context(), "another-session-id"); !errors.Is(err, store.ErrNone) {
		t.Errorf("an unknown session: %v", err)
	}
	for _, bad := range []ivr.SessionID{"short", "sixteen letters and a blank", "sixteen/letters/and/slashes"} {
		o.Session = bad
		if _, err := w.bot.Dial(t.Context(), o); !errors.Is(err, bot.ErrOrder) {
			t.Errorf("%q was taken", bad)
		}
	}
	o.Flow, o.Session = "none", "another-session-id"
	if _, err := w.bot.Dial(t.Context(), o); err == nil {
		t.Error("a flow that is not there")
	}
}

// Of a call nobody knows whether it was made if Graph has not answered and tells nothing.
func TestNobodyKnows(t *testing.T) {
	w := newWorld(t)
	if err := w.sim.SetFaults(graphsim.Fault{Action: "create", NoResponse: true}); err != nil {
		t.Fatal(err)
	}
	began, err := w.bot.Dial(t.Context(), bot.Order{Flow: "survey", From: graphsim.DefaultInstance, Params: map[string]any{"number": "+442071838750"}})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(10 * time.Minute)
	out, err := w.bot.Outgoing(t.Context(), began.Session)
	if err != nil || out.Dialled != "failed" || out.Reason != ivr.ReasonUnknownResult {
		t.Errorf("%+v, %v, want failed, since the result is unknown", out, err)
	}
}

func TestMayCall(t *testing.T) {
	cfg := bot.Config{Phones: []string{"+44", "+1", "+979"}}
	for number, want := range map[string]string{"+442071838750": "", "+492071838750": "begin with +44, +1, +979", "+19005550100": "premium", "+12129765550": "premium", "+979123456789": "premium"} {
		if err := cfg.MayCall(number); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", number, err, want)
		}
	}
	if err := new(bot.Config).MayCall("+442071838750"); err == nil || !strings.Contains(err.Error(), "under phones") {
		t.Errorf("without phones: %v", err)
	}
}
