package testkit

import (
	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// well is the word for a request or callback that nothing happens to.
const well = "ok"

// repeats is how often the last entry of a list of faults strikes if an entry
// before it does not.
const repeats = 200

// graphFaults reads {playPrompt: 429}: which request fails and how. A list is
// one entry a request, the last one from then on.
func (r *reader) graphFaults(n *tree.Node) []graphsim.Fault {
	known := []string{"token", "download"}
	for _, m := range graphsim.Methods() {
		known = append(known, m.Name)
	}
	var all []graphsim.Fault
	for _, e := range n.Fields(&r.list, "graph", known...) {
		all = append(all, r.faults(e, r.graphFault)...)
	}
	return all
}

// callbackFaults reads {tone: lost}: which callbacks do not come as they
// should.
func (r *reader) callbackFaults(n *tree.Node) []graphsim.Fault {
	known := []string{"any", "incoming", "establishing", "established", "audio", "tone", "transferring", "transferAccepted",
		"transferFailed", "terminating", "terminated", "redirecting", "escalated", "participants", "playPrompt", "recordResponse",
		"sendDtmfTones", "invite", "startHoldMusic", "addLargeGalleryView"}
	var all []graphsim.Fault
	for _, e := range n.Fields(&r.list, "callbacks", known...) {
		all = append(all, r.faults(e, r.callbackFault)...)
	}
	return all
}

// faults are the faults of one kind of request. Those that strike once come
// first, since the first that fits strikes.
func (r *reader) faults(e tree.Entry, one func(kind string, n *tree.Node) (graphsim.Fault, bool)) []graphsim.Fault {
	items := e.Value.ListItems()
	var all []graphsim.Fault
	spared := false // some entry is ok
	for i, item := range items {
		f, strikes := one(e.Key, item)
		spared = spared || !strikes
		switch last := i == len(items)-1; {
		case !strikes:
		case !last:
			f.Nth = i + 1
			all = append(all, f)
		case !spared:
			all = append(all, f) // every one that is left
		default:
			for n := i; n < i+repeats; n++ {
				f.Nth = n + 1
				all = append(all, f)
			}
		}
	}
	return all
}

// graphFault reads a status, or the whole answer. It is false for ok.
func (r *reader) graphFault(action string, n *tree.Node) (graphsim.Fault, bool) {
	f := graphsim.Fault{Action: action}
	if n.Kind == tree.Scalar {
		return f, r.faultWord(&f, n)
	}
	for _, e := range n.Fields(&r.list, "a fault", "status", "code", "message", "retry_after", "executed", "no_answer", "ends") {
		switch e.Key {
		case "status":
			f.Status = r.status(e.Value)
		case "code":
			f.Code, _ = e.Value.Str(&r.list)
		case "message":
			f.Message, _ = e.Value.Str(&r.list)
		case "retry_after":
			f.RetryAfter, _ = e.Value.Duration(&r.list)
		case "executed":
			f.Accept, _ = e.Value.Bool(&r.list)
		case "no_answer":
			f.NoResponse, _ = e.Value.Bool(&r.list)
		case "ends":
			f.Ends, _ = e.Value.Word(&r.list, mediaEnds(action)...)
		}
	}
	return f, true
}

// mediaEnds are the reasons with which an operation of audio can fail while it runs.
func mediaEnds(action string) []string {
	switch action {
	case "sendDtmfTones":
		return []string{"unknown", "mediaOperationCanceled"}
	case "recordResponse":
		return []string{"playPromptFailed", "playBeepFailed", "mediaReceiveTimeout", "unspecifiedError"}
	}
	return []string{"unknown"} // of playPrompt
}

// faultWord reads 429, no_answer or ok.
func (r *reader) faultWord(f *graphsim.Fault, n *tree.Node) bool {
	switch n.Value {
	case well:
		return false
	case "no_answer":
		f.NoResponse = true
		return true
	}
	if n.Tag != tree.TagInt {
		n.Wrong(&r.list, "an HTTP status such as 429, no_answer or ok"+diag.DidYouMean(n.Value, []string{well, "no_answer"}))
		return false
	}
	f.Status = r.status(n)
	return true
}

func (r *reader) status(n *tree.Node) int {
	s, ok := n.Int(&r.list)
	if ok && (s < 400 || s > 599) {
		r.list.Errorf(n.Pos, ruleValue, "%d is no HTTP status of a failure; those are 400 to 599", s)
	}
	return s
}

// callbackFault reads lost, duplicated, empty, {late: 2s} or ok.
func (r *reader) callbackFault(kind string, n *tree.Node) (graphsim.Fault, bool) {
	f := graphsim.Fault{Action: "callback", Match: kind}
	if kind == "any" {
		f.Match = ""
	}
	if n.Kind == tree.Map {
		for _, e := range n.Fields(&r.list, "a fault of a callback", "late") {
			f.Delay, _ = e.Value.Duration(&r.list)
		}
		return f, true
	}
	switch word, _ := n.Word(&r.list, "lost", "duplicated", "empty", well); word {
	case "lost":
		f.Lose = true
	case "duplicated":
		f.Duplicate = 1
	case "empty":
		f.Empty = true
	default:
		return f, false
	}
	return f, true
}
