package bot_test

import (
	"errors"
	"fmt"
	"path"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// A good token alone is not enough at a session's address: the secret in it is that
// of this session and this leg, and the token's tenant is the call's. So nobody who
// may ring the bot ends another's call, on the node that has it or on any other.
func TestDeliverIsForItsSessionAlone(t *testing.T) {
	w, other := twoNodes(t)
	caller, second := waits(t, w), waits(t, w)
	c, err := w.bot.Call(t.Context(), string(caller.ID()))
	if err != nil {
		t.Fatal(err)
	}
	elses, err := w.bot.Call(t.Context(), string(second.ID()))
	if err != nil {
		t.Fatal(err)
	}
	over, err := graph.DecodeNotifications(fmt.Appendf(nil,
		`{"value":[{"changeType":"deleted","resourceUrl":"/communications/calls/%s","resourceData":{"state":"terminated"}}]}`, caller.ID()))
	if err != nil {
		t.Fatal(err)
	}
	secret := func(s ivr.SessionID, l ivr.LegID) string { return path.Base(w.bot.CallbackURL(s, l)) }
	good := server.Delivery{Session: c.Session, Leg: ivr.CallerLeg, Secret: secret(c.Session, ivr.CallerLeg), Tenant: graphsim.DefaultTenant,
		Notifications: over, Received: time.Now()}
	for name, b := range map[string]*bot.Bot{"its node": w.bot, "another": other} {
		for what, change := range map[string]func(d *server.Delivery){
			"no secret":                func(d *server.Delivery) { d.Secret = "" },
			"a made-up secret":         func(d *server.Delivery) { d.Secret = server.NewSecret() },
			"that of another leg":      func(d *server.Delivery) { d.Secret = secret(c.Session, "b") },
			"that of another session":  func(d *server.Delivery) { d.Secret = secret(elses.Session, ivr.CallerLeg) },
			"a longer secret":          func(d *server.Delivery) { d.Secret += "A" },
			"a token of other tenants": func(d *server.Delivery) { d.Tenant = "11111111-1111-4111-8111-111111111111" },
		} {
			d := good
			change(&d)
			// Where the session is not in memory the store says of its tenant no more
			// than that it does not know it.
			err := b.Deliver(t.Context(), d)
			if !errors.Is(err, server.ErrForbidden) && (b == w.bot || d.Secret != good.Secret || !errors.Is(err, server.ErrNotFound)) {
				t.Errorf("%s, %s: %v, want it refused", name, what, err)
			}
		}
		// The webhook's address is no secret: it takes the end of unanswered calls only.
		if err := b.Incoming(t.Context(), server.Delivery{Tenant: good.Tenant, Notifications: over, Received: time.Now()}); err != nil {
			t.Errorf("%s: the end at the webhook: %v, want it ignored", name, err)
		}
	}
	if is, err := c.State(t.Context()); err != nil || is.State == "" {
		t.Fatalf("the call is over: %+v, %v", is, err)
	}
	if err := w.bot.Deliver(t.Context(), good); err != nil {
		t.Errorf("what is as it should be: %v", err)
	}
}
