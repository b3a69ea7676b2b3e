package testkit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Given is the world that a call comes into. Its zero value is an ordinary
// day: everybody who is called picks up, and Graph works.
type Given struct {
	// Actions say what the flow's actions return, by name: one reply a call,
	// the last one from then on. A test fails if the flow does an action that
	// is not here and that [Options.Register] does not bring either.
	Actions map[string][]Reply
	// HTTP says what web services answer, by the id of the step that asks or by
	// the address that is asked, "api.example.com/accounts/*", in which * stands
	// for anything but a slash: one answer a request, the last one from then on.
	// Nothing is sent. An HTTP action is answered here, or like any other in
	// Actions.
	HTTP map[string][]HTTPReply
	// Config is the flow's part of the bot's configuration. What the flow needs
	// and is not here gets a value of its type that fits a user's object id.
	Config map[string]any
	// Params are those with which an outgoing flow, or one of a meeting, is started.
	// A flow that others call takes the test's call as if it were called with them.
	Params map[string]any
	Caller ivr.Party // who rings; zero: a Teams user
	Called ivr.Party // what was dialled; zero: the bot's resource account
	Tenant string    // the caller's; empty: the bot's own
	Now    time.Time // when the call comes in; zero: [DefaultNow]
	// Targets say what people do when a call is sent to them, by object id or
	// number. Who is not here picks up.
	Targets map[string]graphsim.Behaviour
	// Reactions are [Given.Targets] with times, and one a call: the last one stays.
	Reactions map[string][]graphsim.Reaction
	// Schedules are those that are open, closed or on holiday all the time,
	// whatever the clock says.
	Schedules map[string]schedule.State
	// Phones are the prefixes of telephone numbers that the bot's configuration
	// allows. nil: all; empty: none.
	Phones   []string
	Faults   []graphsim.Fault  // scripted faults of Graph
	Oddities []graphsim.Oddity // odd behaviours of Graph, see graphsim.Oddities
	// Meeting is the one that a flow of kind meeting joins: the bot's program
	// names it. What is empty is made up.
	Meeting graphsim.MeetingPlan
	// Participants are in the meeting when the bot comes; nil: its organizer.
	Participants []ivr.Party
	Settings     *graphsim.Settings // what Graph's documentation leaves open; nil: the defaults
	Seed         uint64             // of ids and of whatever is left to chance
}

// Reply is what an action returns once.
type Reply struct {
	Outcome string         // one of the action's outcomes, or "failed"; empty is "ok"
	Out     map[string]any // its outputs
	After   time.Duration  // how long it takes
	Timeout bool           // it takes longer than the flow's time-out
}

// Returns are replies without data: the outcomes, one a call.
func Returns(outcomes ...string) []Reply {
	replies := make([]Reply, len(outcomes))
	for i, o := range outcomes {
		replies[i].Outcome = o
	}
	return replies
}

// DefaultNow is when a call comes in if the test does not say: a Monday at
// ten in the morning, UTC.
func DefaultNow() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

// failed is the outcome of an action that returned an error.
const failed = "failed"

// outcome is the reply's outcome.
func (r Reply) outcome() string {
	if r.Outcome == "" && !r.Timeout {
		return "ok"
	}
	return r.Outcome
}

// check finds what in a world does not fit the flow. Test files are checked
// where they are read, with places.
func (g Given) check(f *flow.Flow) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(g.Actions)) {
		a := f.Actions[name]
		if a == nil {
			known := slices.Sorted(maps.Keys(f.Actions))
			errs = append(errs, fmt.Errorf("the flow has no action %q%s", name, diag.DidYouMean(name, known)))
			continue
		}
		for _, r := range g.Actions[name] {
			errs = append(errs, r.check(a))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(g.HTTP)) {
		if why := httpKeyFault(f, key); why != "" {
			errs = append(errs, errors.New(why))
		}
	}
	return errors.Join(append(errs, g.checkSchedules(f))...)
}

func (r Reply) check(a *flow.Action) error {
	if o := r.outcome(); o != "" && !slices.Contains(outcomes(a), o) {
		return fmt.Errorf("the action %s has no outcome %q; it has %s", a.Name, o, diag.OneOf(outcomes(a)))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Out)) {
		if !slices.Contains(a.Out, name) {
			return fmt.Errorf("the action %s has no output %q%s", a.Name, name, diag.DidYouMean(name, a.Out))
		}
	}
	return nil
}

// calledWith is a flow that takes the call of a test as if another flow called it with
// the parameters.
func calledWith(f *flow.Flow, params map[string]any) *flow.Flow {
	if f.Kind != flow.Incoming || len(params) == 0 {
		return f
	}
	g := *f
	g.Vars = maps.Clone(f.Vars)
	for name, v := range params {
		if decl := f.Vars[name]; decl != nil {
			own := *decl
			own.Default = v
			g.Vars[name] = &own
		}
	}
	return &g
}
