package store

import (
	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// sensitive reports whether a change may hold something of a variable that the
// flow marks as sensitive. In doubt it does.
func sensitive(c *call.Change) bool {
	for _, f := range c.Flow.Members() {
		for _, v := range f.Vars {
			if v.Sensitive != flow.NotSensitive {
				return true
			}
		}
	}
	return false
}

// forgot reports whether a variable that was set is not any more.
func forgot(before, after *engine.Session) bool {
	for name := range before.Vars {
		if _, ok := after.Vars[name]; !ok && len(before.Frames) == len(after.Frames) {
			return true
		}
	}
	return false
}
