package bot_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Two bots with an app each share a host. Each answers its own calls, and its
// audio is heard.
func TestAppsOverHTTP(t *testing.T) {
	f, list, err := flow.Load(shortFiles(), "short.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	hostSide, over := listen(t), make(chan struct{}, 2)
	host := "http://" + hostSide.Addr().String()
	handlers, sims, bots := map[string]http.Handler{}, map[string]*onTheWire{}, map[string]*bot.Bot{}
	for _, id := range []string{"11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"} {
		simSide := listen(t)
		w := &onTheWire{events: make(chan graphsim.Event, 1000)}
		w.sim, err = graphsim.New(graphsim.Config{AppID: id, BaseURL: "http://" + simSide.Addr().String(), Webhook: host + "/" + id + server.WebhookPath})
		if err != nil {
			t.Fatal(err)
		}
		w.sim.Observe(func(e graphsim.Event) { w.events <- e })
		platform := &http.Server{Handler: w.sim, ReadHeaderTimeout: 5 * time.Second}
		go func() { _ = platform.Serve(simSide) }()
		b, err := bot.New(bot.Config{
			AppID: id, Secret: ivr.NewSecret(graphsim.DefaultSecret), Tenants: []string{w.sim.Tenant()}, PublicURL: host + "/" + id,
			GraphURL: "http://" + simSide.Addr().String() + "/beta", LoginURL: "http://" + simSide.Addr().String(), Speech: blip{}, Flows: []*flow.Flow{f},
			Profiles: []server.Profile{{Name: "simulator", MetadataURL: w.sim.Discovery(), Issuers: []string{w.sim.Issuer()},
				Audiences: []string{id}, Tenants: []string{w.sim.Tenant()}, Loopback: true}},
			Observe: func(c call.Change) {
				if c.Over() {
					over <- struct{}{}
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		err = bot.RegisterAction(b, bot.Action[struct{ Code string }, struct{}]{Name: "greet", Outcomes: []string{"ok", "unknown"},
			Do: func(context.Context, struct{ Code string }) (struct{}, string, error) { return struct{}{}, "ok", nil }})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			b.Close()
			w.sim.Close()
			_ = platform.Close()
		})
		handlers[id], sims[id], bots[id] = b.Handler(), w, b
	}
	apps, err := server.Apps(handlers)
	if err != nil {
		t.Fatal(err)
	}
	srv := server.HTTPServer(apps)
	go func() { _ = srv.Serve(hostSide) }()
	defer func() { _ = srv.Close() }()
	for id, w := range sims {
		caller, err := w.sim.Ring(graphsim.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		if p := await(t, w, anyOf[graphsim.PromptStarted]); p.Problem != "" || p.Length == 0 {
			t.Errorf("%s: the greeting is not heard: %+v", id, p)
		}
		for other, b := range bots {
			if live := b.Calls().Live(); other == id && live != 1 {
				t.Errorf("during the call of %s, %s has %d calls", id, other, live)
			}
		}
		caller.HangUp()
		await(t, w, anyOf[graphsim.Ended])
		<-over
	}
}
