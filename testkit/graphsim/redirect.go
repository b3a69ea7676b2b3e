package graphsim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func rejectParams() []param {
	return []param{{name: "reason", kind: text, values: []string{"none", "busy", "forbidden"}}, {name: "callbackUri", kind: text}}
}

func redirectParams() []param {
	return []param{
		{name: "targets", kind: list, required: true}, {name: "timeout", kind: whole},
		{name: "maskCallee", kind: flag, betaOnly: true}, {name: "maskCaller", kind: flag, betaOnly: true},
		{name: "targetDisposition", kind: text, betaOnly: true, values: []string{"default", "simultaneousRing", "forward"}},
		{name: "callbackUri", kind: text},
	}
}

// reject is the action of that name.
func (c *Call) reject(x *exchange) reply {
	reason := ivr.RejectNone
	if v := str(x.body, "reason"); v != "" {
		reason = ivr.RejectReason(v)
	}
	if fail := c.leaveFor(x); fail != nil {
		return reply{fail: fail}
	}
	if bad := c.stateIs(ivr.StateIncoming); bad != nil {
		return *bad
	}
	c.useCallback(x)
	c.sim.emit(Rejected{c.head(), reason})
	// The documentation's example has neither state nor result.
	c.finish(ivr.EndedByReject, Result{}, typed("call", object{
		"@odata.id": "/communications/calls/" + spell(c.id, c.upper),
	}))
	return reply{status: http.StatusAccepted, first: c.early()}
}

// leaveFor checks the optional callbackUri of reject and redirect.
func (c *Call) leaveFor(x *exchange) *failure {
	if x.body["callbackUri"] == nil {
		return nil
	}
	return c.sim.readCallback(str(x.body, "callbackUri"))
}

func (c *Call) useCallback(x *exchange) {
	if uri := str(x.body, "callbackUri"); uri != "" {
		c.callback = uri
	}
}

// redirect is the action of that name.
func (c *Call) redirect(x *exchange) reply {
	targets, timeout, fail := readRedirect(x.body)
	if fail == nil {
		fail = c.leaveFor(x)
	}
	if fail != nil {
		return reply{fail: fail}
	}
	if bad := c.stateIs(ivr.StateIncoming); bad != nil {
		return *bad
	}
	for _, t := range targets {
		if bad := c.mayReach(t); bad != nil {
			return *bad
		}
	}
	c.useCallback(x)
	c.timers.cancel(timerAnswer)
	c.state = ivr.StateRedirecting
	all := make([]ivr.Target, 0, len(targets))
	for _, t := range targets {
		all = append(all, t.Target)
	}
	c.sim.emit(Redirected{c.head(), all})
	if c.sim.set.TellRedirecting {
		c.tell("redirecting", c.stateUpdate(ivr.StateRedirecting))
	}
	c.ringTargets(x, all, timeout)
	return reply{status: http.StatusAccepted, first: c.early()}
}

func readRedirect(body object) ([]invited, time.Duration, *failure) {
	list := items(body, "targets")
	if len(list) < 1 || len(list) > 25 {
		return nil, 0, invalid(fmt.Sprintf("'targets' has %d elements; 1 to 25 are allowed.", len(list)))
	}
	usual := 55
	if len(list) > 1 {
		usual = 60
	}
	seconds := number(body, "timeout", usual)
	if seconds < 15 || seconds > 90 {
		return nil, 0, invalid(fmt.Sprintf("'timeout' is %d; it must be 15 to 90.", seconds))
	}
	var targets []invited
	for i, v := range list {
		t, fail := readTarget(fmt.Sprintf("targets[%d]", i), v)
		if fail != nil {
			return nil, 0, fail
		}
		targets = append(targets, t)
	}
	return targets, time.Duration(seconds) * time.Second, nil
}

// ringTargets waits for the first target to pick up. The bot hears of the end
// in either case.
func (c *Call) ringTargets(x *exchange, targets []ivr.Target, timeout time.Duration) {
	var winner *ivr.Target
	wait, first := time.Duration(0), timeout
	for i, t := range targets {
		r := c.sim.reaction(t).within(timeout)
		if r.Behaviour.picksUp() && (winner == nil || r.After < first) {
			winner, first = &targets[i], r.After
		}
		wait = max(wait, r.After)
	}
	if winner != nil {
		wait = first
	}
	c.timers.after(c, timerTransfer, wait, func() { c.redirected(winner, x.beta()) })
}

// redirected ends a call that was redirected; winner is nil if nobody took it.
// The documentation shows no resultInfo, and answeredBy for a telephone only.
func (c *Call) redirected(winner *ivr.Target, beta bool) {
	m := c.ends()
	m["state"] = ivr.StateTerminated.String()
	r := Result{}
	switch {
	case winner == nil:
		r = c.sim.set.RedirectFailed
		m["resultInfo"] = resultInfo(r, false)
	case winner.Kind == ivr.PartyPhone && beta:
		m["answeredBy"] = typed("participantInfo", object{"endpointType": "default",
			"identity": identitySet(ivr.Party{Kind: winner.Kind, ID: winner.ID}, true)})
	}
	c.finish(ivr.EndedByRedirect, r, m)
}
