package bot

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// At its start the bot warns of the permissions that its flows need and the
// tenant has not granted.
func TestRoles(t *testing.T) {
	const text = `
ivr: 1
flow: roles
dtmf: always
start: main
states:
  main: [{transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: end}]
`
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(text)}}, "f.ivr.yaml")
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	const initiate, media = "Calls.Initiate.All", "Calls.AccessMedia.All"
	for name, tt := range map[string]struct{ granted, missing []string }{
		"all":  {[]string{initiate, media}, nil},
		"one":  {[]string{initiate}, []string{media}},
		"none": {[]string{"Calls.JoinGroupCall.All"}, []string{initiate, media}},
	} {
		t.Run(name, func(t *testing.T) {
			sim, err := graphsim.New(graphsim.Config{BaseURL: "https://graph.test", Webhook: "https://bot.test" + server.WebhookPath, Permissions: tt.granted})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(sim.Close)
			var log bytes.Buffer
			b, err := New(Config{
				AppID: sim.AppID(), Secret: ivr.NewSecret(graphsim.DefaultSecret), Tenants: []string{sim.Tenant()}, PublicURL: "https://bot.test",
				GraphURL: "https://graph.test/beta", LoginURL: "https://graph.test", Transport: graphsim.InMemory(sim),
				Flows: []*flow.Flow{f}, Log: slog.New(slog.NewTextHandler(&log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			b.checkRoles(context.Background(), sim.Tenant())
			if got := strings.Count(log.String(), "is not granted"); got != len(tt.missing) {
				t.Errorf("%d warnings, want %d:\n%s", got, len(tt.missing), log.String())
			}
			for _, p := range tt.missing {
				if !strings.Contains(log.String(), "permission="+p) {
					t.Errorf("%s is not named:\n%s", p, log.String())
				}
			}
		})
	}
}
