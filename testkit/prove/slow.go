package prove

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// delay puts off what happens to the last moment.
func (c *choice) delay(now time.Time) {
	if c.late <= c.After {
		return
	}
	c.After, c.Late = c.late, true
	if len(c.slowly) > 0 {
		c.events, c.Idle = c.slowly, true
		return
	}
	for i, ev := range c.events {
		v := reflect.New(reflect.TypeOf(ev)).Elem()
		v.Set(reflect.ValueOf(ev))
		v.FieldByName("At").Set(reflect.ValueOf(c.at(now)))
		c.events[i] = v.Interface().(ivr.Event)
	}
}

// idle is a key that does not count in an entry; "" if all do.
func idle(spec *flow.Collect) string {
	for _, k := range allKeys {
		if k != rune(spec.EndsWith) && !strings.ContainsRune(spec.Allowed, k) &&
			!slices.ContainsFunc(spec.GlobalKeys, func(e flow.Entry) bool { return e.Keys == string(k) }) {
			return string(k)
		}
	}
	return ""
}

// linger says how long an entry takes at most. After a key that does not count the
// caller is waited for again, until the time for the whole entry is over.
func (m *menu) linger(c *choice, spec *flow.Collect) {
	t, k := timer(m.s), idle(spec)
	if t == nil || t.Why != whyFirstKey || k == "" || spec.BetweenKeys <= 0 {
		return
	}
	press := func(at time.Time, keys string) {
		for i := range len(keys) {
			c.slowly = append(c.slowly, ivr.ToneReceived{Head: ivr.Head{At: at}, Key: ivr.Key(keys[i])})
		}
	}
	end := t.Due.Add(spec.Whole)
	if spec.EndsWith == 0 && len(c.Keys) < spec.Max {
		end = end.Add(-spec.BetweenKeys) // then it is waited for another key
	}
	for at := t.Due; at.Before(end); at = at.Add(spec.BetweenKeys) {
		press(at, k)
	}
	press(end, c.Keys)
	c.late = end.Sub(m.now)
}

// lateCall is the call from a beginning in which all comes at the last moment from an
// act on.
func (g *graph) lateCall(root int32, acts []uint16, from int) (*Call, error) {
	hops := make([]hop, len(acts))
	for i, act := range acts {
		hops[i] = hop{act: act, late: i >= from}
	}
	return g.replay(int(g.nodes[root].start), hops)
}

// actionGrace is how much longer an action is waited for than it may take.
const actionGrace = 2 * time.Second
