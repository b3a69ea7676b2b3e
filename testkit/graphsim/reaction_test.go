package graphsim_test

import (
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// A callee lets it ring for as long as they like, and hangs up when they like.
func TestReactionOfCallee(t *testing.T) {
	w := newWorld(t, nil)
	w.sim.SetReaction(targetID, graphsim.Reaction{After: 10 * time.Second, Leaves: 5 * time.Second})
	w.calls(newCall(""))
	w.clock.forward(10 * time.Second)
	w.expect("updated establishing")
	w.clock.forward(time.Second)
	w.expect("updated established", "updated established audio=active")
	w.clock.forward(4100 * time.Millisecond)
	w.expect("deleted terminated 200/5002")
	w.calls(newCall(`,"ringingTimeoutInSeconds":9`))
	w.clock.forward(20 * time.Second)
	w.expect("updated establishing", "deleted terminated 200/5002")
	w.sim.SetReaction(targetID, graphsim.Reaction{Behaviour: graphsim.Busy, After: 10 * time.Second})
	w.calls(newCall(""))
	w.clock.forward(9 * time.Second)
	w.expect("updated establishing")
	w.clock.forward(2 * time.Second)
	w.expect("deleted terminated 486/8539")
}

// The last of several reactions stays.
func TestReactionsOfCallee(t *testing.T) {
	w := newWorld(t, nil)
	w.sim.SetReaction(targetID, graphsim.Reaction{Behaviour: graphsim.Busy}, graphsim.Reaction{Behaviour: graphsim.Declined})
	for _, code := range []string{"486/8539", "603/8538", "603/8538"} {
		w.calls(newCall(""))
		w.clock.forward(10 * time.Second)
		w.expect("updated establishing", "deleted terminated "+code)
	}
}

// Of several targets the one who is first has a redirected call.
func TestReactionToRedirect(t *testing.T) {
	w := newWorld(t, nil)
	w.sim.SetReaction("user-Ann", graphsim.Reaction{After: 20 * time.Second})
	w.sim.SetReaction("user-Joe", graphsim.Reaction{After: 10 * time.Second})
	c := w.ring(graphsim.Caller{})
	w.must(c, "redirect", `{"targets":[`+invitee("Ann", "")+`,`+invitee("Joe", "")+`]}`)
	w.clock.forward(9 * time.Second)
	if _, over := c.Ended(); over {
		t.Error("it is over already")
	}
	w.clock.forward(2 * time.Second)
	if _, over := c.Ended(); !over {
		t.Error("it is not over")
	}
	w = newWorld(t, nil)
	w.sim.SetReaction("user-Ann", graphsim.Reaction{After: 20 * time.Second})
	c = w.ring(graphsim.Caller{})
	w.must(c, "redirect", `{"timeout":15,"targets":[`+invitee("Ann", "")+`]}`)
	w.clock.forward(16 * time.Second)
	if end, _ := c.Ended(); end.Result.Subcode != 8544 {
		t.Errorf("redirected in vain: %+v", end)
	}
}

// An invited person comes late and leaves again.
func TestReactionOfInvited(t *testing.T) {
	b := newTable(t, nil)
	b.sim.SetReaction("user-Ann", graphsim.Reaction{After: 10 * time.Second, Leaves: 5 * time.Second})
	b.must(b.c, "participants/invite", invitation(invitee("Ann", "")))
	var came, went string
	b.sim.Observe(func(e graphsim.Event) {
		switch e := e.(type) {
		case graphsim.Joined:
			came = e.Who.Party.Name
		case graphsim.Left:
			went = e.Who.Party.Name
		default:
		}
	})
	b.clock.forward(9900 * time.Millisecond)
	if came != "" {
		t.Errorf("%s came early", came)
	}
	b.clock.forward(200 * time.Millisecond)
	if came != "Ann" {
		t.Errorf("came %q", came)
	}
	b.clock.forward(5 * time.Second)
	if went != "Ann" {
		t.Errorf("went %q", went)
	}
}
