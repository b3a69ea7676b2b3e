package graphsim

import "time"

// operation is a playPrompt, recordResponse or sendDtmfTones.
type operation struct {
	id      string
	context string
	beta    bool
	prompts []media
	loop    bool
	record  *recordSpec // of recordResponse
	tones   *sentTones  // of sendDtmfTones
	asked   object      // the body of its request, if it is echoed
	capture *capture    // set while it listens

	index   int      // prompt that plays or is fetched
	current *hearing // set while a prompt is heard
	heard   time.Duration
	bad     bool // a prompt could not be played
	done    bool
	ends    string // completionReason with which a fault ends it at once
}

// typeName is the operation's type in the service's words.
func (o *operation) typeName() string {
	switch {
	case o.record != nil:
		return "recordOperation"
	case o.tones != nil:
		return "sendDtmfTonesOperation"
	}
	return "playPromptOperation"
}

func (o *operation) action() string {
	switch {
	case o.record != nil:
		return "recordResponse"
	case o.tones != nil:
		return "sendDtmfTones"
	}
	return "playPrompt"
}

// ending is how an operation ended.
type ending struct {
	status string // completed or failed
	reason string // completionReason
	result Result
	rec    *recording // of a recordResponse that kept something
}

func cancelled() ending {
	return ending{status: "failed", reason: "operationCanceled",
		result: Result{400, 8508, "Action failed, the operation was cancelled."}}
}

// running is an operation as the answer of its request has it.
func (c *Call) running(op *operation) object {
	body := object{"id": op.id, "status": c.sim.set.Start.value(), "clientContext": orNull(op.context), "resultInfo": nil}
	if op.beta && op.tones == nil {
		body["completionReason"] = nil
	}
	if op.record != nil {
		body["recordingLocation"], body["recordingAccessToken"] = nil, nil
	}
	return typed(op.typeName(), body)
}

// conclude makes of the answer to an operation's request that it has ended, so
// that no notification follows.
func (c *Call) conclude(body object, op *operation, e ending) {
	body["status"] = e.status
	if e.result != (Result{}) {
		body["resultInfo"] = resultInfo(e.result, false)
	}
	if op.beta || op.tones != nil {
		body["completionReason"] = e.reason
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// location is the absolute address of an operation.
func (c *Call) location(x *exchange, op string) string {
	return c.sim.cfg.BaseURL + "/" + x.version + "/communications/calls/" + c.id + "/operations/" + op
}

// operationAddress is the address of an operation as notifications have it.
func (c *Call) operationAddress(id string) string {
	return "/communications/calls/" + spell(c.id, c.upper) + "/operations/" + spell(id, c.upper)
}

// report is the notification of an operation's end.
func (c *Call) report(op *operation, e ending) *note {
	m := typed(op.typeName(), object{
		"@odata.id": c.operationAddress(op.id), "@odata.etag": `W/"54451"`,
		"id": op.id, "clientContext": orNull(op.context), "status": e.status,
	})
	if c.sim.set.NoOperationID {
		delete(m, "id")
	}
	// That of sent tones is in v1.0, too:
	// https://learn.microsoft.com/graph/api/resources/senddtmftonesoperation
	if e.reason != "" && (op.tones != nil || op.beta && (op.record != nil || !c.sim.set.NoCompletionReason)) {
		m["completionReason"] = e.reason
	}
	if e.result != (Result{}) && (!op.beta || !c.sim.set.NoResultInfo || e.status == "failed") {
		m["resultInfo"] = resultInfo(e.result, false)
	}
	if op.record != nil {
		m["recordingLocation"], m["recordingAccessToken"] = "", ""
		if e.rec != nil {
			m["recordingLocation"], m["recordingAccessToken"] = c.sim.cfg.BaseURL+"/recordings/"+e.rec.id, e.rec.token
		}
	}
	if op.asked["prompts"] != nil {
		m["prompts"] = op.asked["prompts"]
	}
	c.remember(op.id, m)
	return &note{change: "deleted", kind: op.action(), below: op.id, data: m}
}
