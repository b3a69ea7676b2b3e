package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// later is a transport that is known after its user.
type later struct{ http.RoundTripper }

// The bot as it is configured, from the call in which nobody is free to the one in
// which the caller is called back and put through, in virtual time. An order of which
// nobody knows whether it was carried out is told again, and he is called once.
func TestWhole(t *testing.T) {
	const botURL, graphURL, caller = "http://127.0.0.1:4710", "http://127.0.0.1:4711", "+441632960123"
	t.Setenv("IVRFLOW_SECRET", graphsim.DefaultSecret)
	dir := t.TempDir()                                                                                  // with what is only looked for: tones stand for speech
	if err := os.WriteFile(filepath.Join(dir, "espeak-ng"), []byte("#!/bin/sh\n"), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	cfg, findings, err := bot.LoadConfig("bot.yaml")
	if err != nil || findings.HasErrors() {
		t.Fatal(err, findings)
	}
	clock := testkit.NewClock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	toBot, toGraph := &later{}, &later{}
	sim, err := graphsim.New(graphsim.Config{Clock: clock, AppID: cfg.AppID, Instance: account, Tenant: cfg.Tenants[0], BaseURL: graphURL, Webhook: botURL + server.WebhookPath, Transport: toBot})
	if err != nil {
		t.Fatal(err)
	}
	cfg.PublicURL, cfg.GraphURL, cfg.LoginURL, cfg.Clock, cfg.Transport, cfg.Speech = botURL, graphURL+"/beta", graphURL, clock, toGraph, bot.Tones{}
	cfg.Log = slog.New(slog.DiscardHandler)
	cfg.Key = []byte("a key of 32 bytes, as of a store")
	cfg.Profiles = []server.Profile{{Name: "simulator", MetadataURL: sim.Discovery(), Issuers: []string{sim.Issuer()}, Audiences: []string{sim.AppID()},
		Tenants: []string{sim.Tenant()}, Loopback: true}}
	b, err := bot.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	if err := register(b, func(ctx context.Context, o bot.Order) (bot.Started, error) {
		began, err := b.Dial(ctx, o)
		if told++; told == 1 && err == nil {
			err = errors.New("the answer was lost")
		}
		return began, err
	}); err != nil {
		t.Fatal(err)
	}
	toBot.RoundTripper, toGraph.RoundTripper = graphsim.InMemory(b.Handler()), graphsim.InMemory(sim)
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.Close()
		sim.Close()
		clock.Close()
	})
	first, second := cfg.FlowConfig["helpdesk"]["first"].(string), cfg.FlowConfig["helpdesk"]["second"].(string)
	var rung []string
	var taken ivr.Target
	sim.Observe(func(e graphsim.Event) {
		switch e := e.(type) {
		case graphsim.Calling:
			rung = append(rung, e.Target.ID)
		case graphsim.PromptStarted:
			clock.AfterFunc(3*time.Second, func() { sim.Call(e.Call).Press('1') })
		case graphsim.Transferred:
			taken = e.Target
		default:
		}
	})
	sim.SetTarget(first, graphsim.Busy)
	sim.SetTarget(second, graphsim.NoAnswer)
	call, err := sim.Ring(graphsim.Caller{ID: ivr.Party{Kind: ivr.PartyPhone, ID: caller}, Called: ivr.Party{Kind: ivr.PartyApplication, ID: account}})
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(4 * time.Minute)
	if end, over := call.Ended(); !over || end.By != ivr.EndedByFlow || told != 2 || slices.Contains(rung, caller) {
		t.Fatalf("the call is over: %v, %+v; %d orders, rung %q", over, end, told, rung)
	}
	sim.SetTarget(first, graphsim.Answers)
	clock.Advance(20 * time.Minute)
	if n := len(slices.DeleteFunc(rung, func(id string) bool { return id != caller })); n != 1 || taken.ID != first {
		t.Errorf("he was called %d times, and put through to %+v; want once, and %s", n, taken, first)
	}
	if err := clock.Err(); err != nil || b.Calls().Live() != 0 {
		t.Errorf("%d calls live; %v", b.Calls().Live(), err)
	}
}
