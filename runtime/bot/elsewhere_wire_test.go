package bot_test

import (
	"context"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Two deployments with the same routes: the one that is registered sends callers
// of a region to the other, which takes them. Who is from elsewhere stays.
func TestElsewhereOverHTTP(t *testing.T) {
	for _, tt := range []struct {
		region      string
		here, there int
	}{
		{"AMER", 0, 1}, // the simulator's callers are from amer
		{"emea", 1, 0},
	} {
		t.Run(tt.region, func(t *testing.T) {
			var other *bot.Bot
			over := make(chan struct{}, 1)
			w := connect(t, func(c *bot.Config) {
				l := listen(t)
				c.Routes = []bot.Route{{Region: tt.region, Elsewhere: "http://" + l.Addr().String() + "/"}}
				c.Observe = func(c call.Change) {
					if c.Over() {
						over <- struct{}{}
					}
				}
				its := *c
				its.PublicURL = "http://" + l.Addr().String()
				var err error
				if other, err = bot.New(its); err != nil {
					t.Fatal(err)
				}
				err = bot.RegisterAction(other, bot.Action[struct{ Code string }, struct{}]{Name: "greet", Outcomes: []string{"ok", "unknown"},
					Do: func(context.Context, struct{ Code string }) (struct{}, string, error) { return struct{}{}, "ok", nil }})
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(context.Background())
				served := make(chan error, 1)
				go func() { served <- other.Serve(ctx, l) }()
				t.Cleanup(func() {
					stop()
					if err := <-served; err != nil {
						t.Errorf("Serve: %v", err)
					}
				})
			})
			caller, err := w.sim.Ring(graphsim.Caller{})
			if err != nil {
				t.Fatal(err)
			}
			await(t, w, anyOf[graphsim.PromptStarted])
			if here, there := w.bot.Calls().Live(), other.Calls().Live(); here != tt.here || there != tt.there {
				t.Errorf("%d calls here and %d there, want %d and %d", here, there, tt.here, tt.there)
			}
			caller.HangUp()
			await(t, w, anyOf[graphsim.Ended])
			<-over
		})
	}
}
