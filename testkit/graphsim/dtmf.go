package graphsim

import (
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// https://learn.microsoft.com/graph/api/call-senddtmftones?view=graph-rest-beta
func dtmfParams() []param {
	return []param{{name: "tones", kind: list, required: true}, {name: "delayBetweenTonesMs", kind: whole}, {name: "clientContext", kind: text}}
}

// toneNames are the members of the enumeration tone. flash is no key.
func toneNames() []string {
	return []string{"tone0", "tone1", "tone2", "tone3", "tone4", "tone5", "tone6", "tone7", "tone8", "tone9",
		"star", "pound", "a", "b", "c", "d", "flash"}
}

// sentTones are the tones of a sendDtmfTones.
type sentTones struct {
	names []string
	gap   time.Duration // from the beginning of one to that of the next
}

// sendTones is the action sendDtmfTones.
func (c *Call) sendTones(x *exchange) reply {
	tones := &sentTones{gap: c.sim.set.ToneLength + time.Duration(number(x.body, "delayBetweenTonesMs", 0))*time.Millisecond}
	for i, item := range items(x.body, "tones") {
		name, ok := item.(string)
		if !ok || !slices.Contains(toneNames(), name) {
			return reply{fail: invalid(fmt.Sprintf("'tones[%d]' is '%v'; it can be tone0 to tone9, star, pound, a to d and flash.", i, item))}
		}
		tones.names = append(tones.names, name)
	}
	switch {
	case len(tones.names) == 0:
		return reply{fail: invalid("'tones' is empty.")}
	case tones.gap < c.sim.set.ToneLength:
		return reply{fail: invalid("'delayBetweenTonesMs' is negative.")}
	}
	if bad := c.ready(); bad != nil {
		return *bad
	}
	return c.accept(x, &operation{tones: tones})
}

// playTones lets the other side hear an operation's tones. The lock is held.
func (c *Call) playTones(op *operation) {
	if op.ends != "" {
		c.complete(op, tonesEnded(op.ends))
		return
	}
	c.emitTones(op)
	c.timers.after(c, timerMedia, time.Duration(len(op.tones.names))*op.tones.gap, func() {
		c.complete(op, tonesEnded("completedSuccessfully"))
	})
}

func (c *Call) emitTones(op *operation) {
	c.sim.emit(TonesSent{Head: c.head(), Operation: op.id, ClientContext: op.context, Keys: op.tones.keys(), Between: op.tones.gap})
}

// tonesEnded is how the documentation shows an end: completed, whatever the
// reason, and without a resultInfo.
func tonesEnded(reason string) ending { return ending{status: "completed", reason: reason} }

// keys are the tones that are keys.
func (t *sentTones) keys() []ivr.Key {
	var keys []ivr.Key
	for _, name := range t.names {
		if len(name) == len("tone0") && name[:4] == "tone" {
			name = name[4:]
		}
		if k, err := ivr.ParseKey(name); err == nil {
			keys = append(keys, k)
		}
	}
	return keys
}
