package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/campaign"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// simulateCampaign calls simulated people in virtual time. Nothing is kept but the
// results, if they are asked for.
func simulateCampaign(cmd *cobra.Command, o *campaignOptions) (err error) {
	cfg, f, err := simulatedFlow(cmd, o)
	if err != nil {
		return err
	}
	mayCall := cfg.MayCall
	if len(cfg.Phones) == 0 {
		cfg.Phones = []string{"+"}
	}
	now := time.Now().Truncate(time.Second)
	rows, over, err := o.rows(cmd, f, mayCall, now)
	if over || err != nil {
		return err
	}
	if !cmd.Flags().Changed("results") {
		o.results = ""
	}
	dir, err := os.MkdirTemp("", "ivrflow-campaign-*")
	if err != nil {
		return failuref("%w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := newSimulation(cfg, f, now)
	if err != nil {
		return failuref("the simulation: %w", err)
	}
	defer s.close()
	if err := s.invite(rows, o.targets); err != nil {
		return err
	}
	c := o.campaign(f)
	c.File, c.Phone, c.Now = filepath.Join(dir, "campaign"), campaign.OfBot(s.bot, s.db), s.clock.Now
	c.From, c.DoNotCall = graphsim.DefaultInstance, campaign.NewDoNotCall(filepath.Join(dir, "do-not-call.txt"))
	if err := copyFile(o.doNotCall, filepath.Join(dir, "do-not-call.txt")); err != nil {
		return failuref("%w", err)
	}
	if err := registerOptOut(s.bot); err != nil {
		return failuref("%w", err)
	}
	if err := s.bot.Open(cmd.Context()); err != nil {
		return failuref("%w", err)
	}
	left, err := o.walk(cmd, c, rows, s)
	switch {
	case err != nil:
		return failuref("%w", err)
	case left:
		return exit(exitFindings)
	}
	return nil
}

// simulatedFlow is the flow from its file, or from a configuration.
func simulatedFlow(cmd *cobra.Command, o *campaignOptions) (bot.Config, *flow.Flow, error) {
	if !strings.HasSuffix(o.flow, ".yaml") {
		return campaignConfig(cmd, o)
	}
	f, list, err := bot.LoadFlow(".", o.flow)
	if err != nil {
		return bot.Config{}, nil, failuref("%w", err)
	}
	r := &report{}
	if src, err := os.ReadFile(o.flow); err == nil {
		r.keep(filepath.Clean(o.flow), src)
	}
	if err := r.print(cmd.ErrOrStderr(), list); err != nil {
		return bot.Config{}, nil, failuref("writing the findings: %w", err)
	}
	if f == nil || list.HasErrors() {
		return bot.Config{}, nil, exit(exitFindings)
	}
	if f.Kind != flow.Outgoing {
		return bot.Config{}, nil, &exitError{exitFindings, fmt.Errorf("the flow %q is of kind %s; a campaign needs one of kind outgoing", f.Name, f.Kind)}
	}
	return bot.Config{Phones: []string{"+"}}, f, nil
}

// simulation is a bot and a simulated Graph in memory, in virtual time, and the
// people.
type simulation struct {
	clock *testkit.Clock
	sim   *graphsim.Sim
	bot   *bot.Bot
	db    *store.MemoryDB
	given map[string]bool // whose behaviour was given
}

// lateTransport is a transport that is known after its user.
type lateTransport struct{ http.RoundTripper }

func newSimulation(cfg bot.Config, f *flow.Flow, now time.Time) (*simulation, error) {
	const botURL, graphURL = "http://127.0.0.1:4710", "http://127.0.0.1:4711" // nobody listens there
	s := &simulation{clock: testkit.NewClock(now), given: map[string]bool{}}
	s.db = &store.MemoryDB{Now: s.clock.Now}
	toBot, toGraph := &lateTransport{}, &lateTransport{}
	var err error
	if s.sim, err = graphsim.New(graphsim.Config{Clock: s.clock, BaseURL: graphURL, Webhook: botURL + server.WebhookPath, Transport: toBot}); err != nil {
		return nil, err
	}
	values := map[string]any{}
	for name, decl := range f.Config {
		if decl.Default == nil {
			values[name] = standInValue(decl)
		}
	}
	maps.Copy(values, cfg.FlowConfig[f.Name])
	s.bot, err = bot.New(bot.Config{AppID: s.sim.AppID(), Secret: ivr.NewSecret(graphsim.DefaultSecret), PublicURL: botURL, Tenants: []string{s.sim.Tenant()},
		Key: []byte("the key of a store in memory ..."), GraphURL: graphURL + "/beta", LoginURL: graphURL, RecordingHosts: []string{"127.0.0.1"},
		Profiles: []server.Profile{{Name: "simulator", MetadataURL: s.sim.Discovery(), Issuers: []string{s.sim.Issuer()}, Audiences: []string{s.sim.AppID()},
			Tenants: []string{s.sim.Tenant()}, Loopback: true}},
		Flows: []*flow.Flow{f}, FlowConfig: map[string]map[string]any{f.Name: values}, Phones: cfg.Phones, Fetch: nowhere{}, Speech: bot.Tones{},
		DB: s.db, Lease: time.Hour, Clock: s.clock, Transport: toGraph, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	toBot.RoundTripper, toGraph.RoundTripper = graphsim.InMemory(s.bot.Handler()), graphsim.InMemory(s.sim)
	s.sim.Observe(s.act)
	return s, standInActions(s.bot, f)
}

// close ends what was simulated.
func (s *simulation) close() {
	s.bot.Close()
	s.sim.Close()
	s.clock.Close()
}

// wait implements pace.
func (s *simulation) wait(d time.Duration) (bool, error) {
	s.clock.Advance(d)
	return true, s.clock.Err()
}

// invite decides what people do: six of ten answer, one hangs up at once, one is
// busy the first time, one does not answer, and for one a machine does. Who is who
// follows from the number.
func (s *simulation) invite(rows []campaign.Row, given []string) error {
	for _, text := range given {
		who, what, _ := strings.Cut(text, "=")
		b, err := graphsim.ParseBehaviour(what)
		if err != nil {
			return usagef("--target %s: %w", text, err)
		}
		s.given[who] = true
		s.sim.SetTarget(who, b)
	}
	for _, r := range rows {
		id := r.Target.ID
		if s.given[id] {
			continue
		}
		switch temper(id) {
		case 7:
			s.sim.SetTarget(id, graphsim.Busy)
		case 8:
			s.sim.SetTarget(id, graphsim.NoAnswer)
		case 9:
			s.sim.SetTarget(id, graphsim.Machine)
		}
	}
	return nil
}

func temper(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return h.Sum32() % 10
}

// act is what people do: they press 1 a little after something was said.
func (s *simulation) act(e graphsim.Event) {
	const thinks = 2 * time.Second
	switch e := e.(type) {
	case graphsim.Calling:
		if e.Behaviour == graphsim.Busy && !s.given[e.Target.ID] {
			s.sim.SetTarget(e.Target.ID, graphsim.Answers)
		}
	case graphsim.PickedUp:
		if temper(e.Target.ID) == 6 && !s.given[e.Target.ID] {
			s.clock.AfterFunc(thinks, func() { s.sim.Call(e.Call).HangUp() })
		}
		if e.Behaviour == graphsim.Machine {
			s.given["machine "+string(e.Call)] = true
		}
	case graphsim.PromptEnded:
		if !s.given["machine "+string(e.Call)] {
			s.clock.AfterFunc(thinks, func() { s.sim.Call(e.Call).Press('1') })
		}
	default:
	}
}

// nowhere answers HTTP requests without sending them.
type nowhere struct{}

func (nowhere) Check(fetch.Request) error { return nil }

func (nowhere) Do(_ context.Context, r fetch.Request) (fetch.Response, error) {
	return fetch.Response{Method: r.Method, Tries: 1, Status: http.StatusOK, Body: fetch.BodyJSON, JSON: map[string]any{}}, nil
}

// standInActions answer with their first outcome.
func standInActions(b *bot.Bot, f *flow.Flow) error {
	for name, a := range f.Actions {
		if a.HTTP != nil || name == optOut {
			continue
		}
		outcomes := a.Outcomes
		if len(outcomes) == 0 {
			outcomes = []string{"ok"}
		}
		err := bot.RegisterAction(b, bot.Action[map[string]any, map[string]any]{Name: name, Outcomes: outcomes,
			Do: func(context.Context, map[string]any) (map[string]any, string, error) { return nil, outcomes[0], nil }})
		if err != nil {
			return err
		}
	}
	return nil
}

// standInValue is something for a value of the configuration: whoever it names is
// nobody.
func standInValue(decl *flow.Var) any {
	switch decl.Type {
	case flow.TypeNumber:
		return 1.0
	case flow.TypeBool:
		return false
	case flow.TypeDigits:
		return "1"
	case flow.TypePhone:
		return "+441632960100"
	case flow.TypeMoney:
		return "1.00"
	case flow.TypeList:
		return []any{}
	case flow.TypeMap:
		return map[string]any{}
	case flow.TypeString, flow.TypeDate, flow.TypeTime, flow.TypeRecording:
	}
	return "00000000-0000-4000-8000-000000000000"
}

// copyFile copies a file, if it is there.
func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}
