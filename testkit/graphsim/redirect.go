package graphsim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func rejectParams() []param {
	return []param{{name: "reason", kind: text}, {name: "callbackUri", kind: text}}
}

func redirectParams() []param {
	return []param{
		{name: "targets", kind: list, required: true}, {name: "timeout", kind: whole},
		{name: "maskCallee", kind: flag, betaOnly: true}, {name: "maskCaller", kind: flag, betaOnly: true},
		{name: "targetDisposition", kind: text, betaOnly: true}, {name: "callbackUri", kind: text},
	}
}

// reject is the action of that name.
func (c *Call) reject(x *exchange) reply {
	reason := ivr.RejectNone
	if v := str(x.body, "reason"); v != "" {
		reason = ivr.RejectReason(v)
	}
	switch reason {
	case ivr.RejectNone, ivr.RejectBusy, ivr.RejectForbidden:
	default:
		return reply{fail: invalid(fmt.Sprintf("'reason' is '%s'; it can be none, busy or forbidden.", reason))}
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
	if uri := str(x.body, "callbackUri"); uri != "" {
		return readCallback(uri)
	}
	return nil
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
		if fail := c.mayReach(t); fail != nil {
			return reply{fail: fail}
		}
	}
	c.useCallback(x)
	c.timers.cancel(timerAnswer)
	c.state = ivr.StateRedirecting
	c.sim.emit(Redirected{c.head(), targets})
	c.ringTargets(targets, timeout)
	return reply{status: http.StatusAccepted, first: c.early()}
}

func readRedirect(body object) ([]ivr.Target, time.Duration, *failure) {
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
	var targets []ivr.Target
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
func (c *Call) ringTargets(targets []ivr.Target, timeout time.Duration) {
	taken, wait := false, time.Duration(0)
	for _, t := range targets {
		b := c.sim.targets[targetKey(t.ID)]
		taken = taken || b.picksUp()
		wait = max(wait, min(timeout, c.sim.ringing(b)))
		if b == NoAnswer {
			wait = timeout
		}
	}
	if taken {
		wait = min(timeout, c.sim.set.TransferRing)
	}
	c.timers.after(c, timerTransfer, wait, func() {
		m := c.ends()
		m["state"] = ivr.StateTerminated.String()
		r := Result{}
		if !taken {
			r = c.sim.set.RedirectFailed
			m["resultInfo"] = resultInfo(r, false)
		}
		c.finish(ivr.EndedByRedirect, r, m)
	})
}
