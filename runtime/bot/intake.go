package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
)

// Route sends calls to a flow, or to another deployment of the bot. Empty fields
// fit every call.
type Route struct {
	Called string // object id, app id, or number of the identity that was called
	Number string // prefix of the number that was called: "+4420"
	Tenant string
	Caller string // pattern over the caller's number or id: "+44*", with * and ?
	Flow   string // name of the flow
	// Elsewhere is the public URL of the deployment that takes these calls instead
	// of a flow here; its webhook is below it. One that is this bot's own PublicURL
	// fits no call, so that all deployments can have the same routes.
	Elsewhere string
	// Region is the caller's region as the service tells it, "emea" or "amer"; with
	// Elsewhere only. Calls from telephones have none. Its values are not documented.
	Region string
}

// fits reports whether a call takes the route.
func (r Route) fits(e ivr.CallIncoming) bool {
	if r.Called != "" && !strings.EqualFold(r.Called, e.Called.ID) {
		return false
	}
	if r.Number != "" && (e.Called.Kind != ivr.PartyPhone || !strings.HasPrefix(e.Called.ID, r.Number)) {
		return false
	}
	if r.Tenant != "" && !strings.EqualFold(r.Tenant, e.Tenant) {
		return false
	}
	if r.Caller == "" {
		return true
	}
	ok, err := path.Match(r.Caller, e.Caller.ID)
	return err == nil && ok
}

// pick finds the flow for a call and its configuration, nil if there is none.
func (b *Bot) pick(e ivr.CallIncoming) *served {
	now := b.settings.Load()
	for _, r := range now.routes {
		if r.Elsewhere == "" && r.fits(e) {
			return now.flows[r.Flow]
		}
	}
	if slices.ContainsFunc(now.routes, func(r Route) bool { return r.Elsewhere == "" }) {
		return nil
	}
	var only *served
	for _, s := range now.flows {
		switch {
		case s.flow.Kind != flow.Incoming:
		case only != nil:
			return nil
		default:
			only = s
		}
	}
	return only
}

// elsewhere is the public URL of the deployment that takes a call, "" if it is
// this one.
func (b *Bot) elsewhere(e ivr.CallIncoming, region string) string {
	for _, r := range b.settings.Load().routes {
		there := strings.TrimRight(r.Elsewhere, "/")
		if r.fits(e) && (r.Region == "" || strings.EqualFold(r.Region, region)) && (there == "" || there != strings.TrimRight(b.cfg.PublicURL, "/")) {
			return there
		}
	}
	return ""
}

// moved says that a delivery is for another deployment: all of its new calls are.
func (b *Bot) moved(d server.Delivery) error {
	to := ""
	for _, n := range d.Notifications {
		ev, _ := n.Event(d.Received, ivr.CallerLeg)
		e, ok := ev.(ivr.CallIncoming)
		if !ok {
			continue
		}
		e.Tenant = d.Tenant
		region := ""
		if n.Call.Source != nil {
			region = n.Call.Source.Region
		}
		there := b.elsewhere(e, region)
		if there == "" || to != "" && there != to {
			return nil
		}
		to = there
	}
	if to == "" {
		return nil
	}
	return &server.ElsewhereError{Location: to + server.WebhookPath}
}

// Incoming takes what came to the webhook; see server.Intake.
func (b *Bot) Incoming(ctx context.Context, d server.Delivery) error {
	if err := b.moved(d); err != nil {
		return err
	}
	var errs []error
	for _, n := range d.Notifications {
		ev, ok := n.Event(d.Received, ivr.CallerLeg)
		if !ok {
			continue
		}
		if e, ok := ev.(ivr.CallIncoming); ok {
			e.Tenant, e.Scenario = d.Tenant, d.ScenarioID
			errs = append(errs, intakeError(b.arrivals.arrive(ctx, e)))
		}
		if e, ok := ev.(ivr.CallTerminated); ok {
			errs = append(errs, b.abandoned(ctx, d, e))
		}
	}
	return errors.Join(errs...)
}

// abandoned takes the end of a call that was not answered yet. Calls that were
// report their end at their own address.
func (b *Bot) abandoned(ctx context.Context, d server.Delivery, e ivr.CallTerminated) error {
	b.arrivals.gone(e.Call)
	id, err := b.calls.Find(ctx, e.Call)
	if errors.Is(err, call.ErrUnknown) {
		return nil
	}
	if err != nil {
		return intakeError(err)
	}
	return intakeError(b.calls.Receive(ctx, call.Mail{Session: id, Leg: ivr.CallerLeg, Tenant: d.Tenant, Unanswered: true,
		Items: []call.Item{{Call: e.Call, Event: e}}}))
}

// errNoFlow says that no flow takes a call.
var errNoFlow = errors.New("no route fits the call")

// begin starts a session for a call. One that was sent away has none any more.
func (b *Bot) begin(ctx context.Context, e ivr.CallIncoming) error {
	if b.away.has(e.Call) {
		return nil
	}
	to := b.pick(e)
	if to == nil {
		return errNoFlow
	}
	if err := b.keep(ctx, to); err != nil {
		return intakeError(err)
	}
	f, id := to.flow, ivr.SessionID(b.cfg.NewID())
	s := engine.New(id, f, to.config)
	id, err := b.calls.Begin(ctx, s, f, e)
	if err != nil {
		return err
	}
	b.cfg.Log.Info("call came in", slog.String("session", string(id)), slog.String("call", string(e.Call)), slog.String("flow", f.Name))
	return nil
}

// Deliver takes what came to a session's own address; see server.Intake.
func (b *Bot) Deliver(ctx context.Context, d server.Delivery) error {
	if !server.SameSecret(d.Secret, b.legSecret(d.Session, d.Leg)) {
		return server.ErrForbidden
	}
	m := call.Mail{Session: d.Session, Leg: d.Leg, Tenant: d.Tenant}
	for _, n := range d.Notifications {
		if n.Session != "" && n.Session != d.Session {
			b.cfg.Log.Warn("notification of another session at a session's address", slog.String("session", string(d.Session)))
			continue
		}
		if ev, ok := n.Event(d.Received, d.Leg); ok {
			m.Items = append(m.Items, call.Item{Call: n.CallID, Event: ev})
		}
	}
	err := b.calls.Receive(ctx, m)
	if errors.Is(err, call.ErrUnknown) {
		b.orphaned(ctx, d)
	}
	return intakeError(err)
}

// orphaned hangs up a call that the bot made and whose session is over: it was
// taken up too late. The callback's secret has been checked.
func (b *Bot) orphaned(ctx context.Context, d server.Delivery) {
	for _, n := range d.Notifications {
		ev, _ := n.Event(d.Received, d.Leg)
		e, ok := ev.(ivr.CallChanged)
		up := e.State == ivr.StateEstablishing || e.State == ivr.StateRinging || e.State == ivr.StateEstablished
		if !ok || !up || d.Leg == ivr.CallerLeg {
			continue
		}
		b.cfg.Log.Warn("a call without a session: it is hung up", slog.String("session", string(d.Session)), slog.String("call", string(n.CallID)))
		to := call.Address{Session: d.Session, Leg: d.Leg, Call: n.CallID, Tenant: d.Tenant, Scenario: d.ScenarioID}
		ctx := context.WithoutCancel(ctx)
		b.beside(func() { b.Send(ctx, to, ivr.HangUp{Op: 1, Leg: d.Leg}) })
		return
	}
}

// intakeError is an error of the calls in the server's words.
func intakeError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, call.ErrUnknown):
		return fmt.Errorf("%w: %w", server.ErrNotFound, err)
	case errors.Is(err, call.ErrForbidden):
		return fmt.Errorf("%w: %w", server.ErrForbidden, err)
	}
	return fmt.Errorf("%w: %w", server.ErrBusy, err)
}
