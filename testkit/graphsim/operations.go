package graphsim

import (
	"maps"
	"net/http"
	"slices"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// remember keeps an operation as its last answer or notification has it; nobody
// writes to that any more.
func (c *Call) remember(id string, body object) {
	if c.operations == nil {
		c.operations = map[string]object{}
	}
	c.operations[id] = body
}

// operation is an operation as it can be read now. The beta's completionReason
// is not in v1.0, except that of sent tones.
func (c *Call) operation(x *exchange, id string) object {
	m := maps.Clone(c.operations[id])
	for _, name := range [...]string{"@odata.id", "@odata.etag", "prompts"} {
		delete(m, name)
	}
	if !x.beta() && m[odataType] != "#microsoft.graph.sendDtmfTonesOperation" {
		delete(m, "completionReason")
	}
	if _, ok := m["resultInfo"]; !ok {
		m["resultInfo"] = nil
	}
	m["id"] = id
	return m
}

// getOperation reads an operation. Only those of addLargeGalleryView have a
// page; how long an operation can be read is documented nowhere:
// https://learn.microsoft.com/graph/api/addlargegalleryviewoperation-get
func (c *Call) getOperation(x *exchange) reply {
	for id, op := range c.operations {
		ended := op["status"] == "completed" || op["status"] == "failed"
		if c.spells(id, x.id) && !(ended && c.sim.set.OperationsGone) {
			return reply{status: http.StatusOK, body: c.operation(x, id)}
		}
	}
	return refuse(c.sim.set.NotFound, "The operation was not found.")
}

// spells says whether a request spells an id below a call as a body or a URL
// of the call has it.
func (c *Call) spells(id, asked string) bool {
	return asked == id || asked == spell(id, c.upper) || c.sim.set.IDsIgnoreCase && ivr.NormalizeCallID(asked) == ivr.CallID(id)
}

// sortedCalls are the ids of calls in order, so that the same seed finds the
// same one.
func sortedCalls(calls map[ivr.CallID]*Call) []ivr.CallID {
	return slices.Sorted(maps.Keys(calls))
}
