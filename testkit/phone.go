package testkit

import (
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// event takes what happened on the phone.
func (w *witness) event(ev graphsim.Event) {
	_, calling := ev.(graphsim.Calling)
	_, joining := ev.(graphsim.Joining)
	own := joining || calling && w.flow.Kind == flow.Outgoing && w.session.Leg.Call == ""
	if id := ev.CallID(); id != "" && w.call != "" && id != w.call && !own {
		w.calleeEvent(ev)
		return
	}
	switch e := ev.(type) {
	case graphsim.Ringing:
		w.call, w.connected = e.Call, true
		w.say(byCaller, "rings")
	case graphsim.Answered:
		w.say(byFlow, "answers")
	case graphsim.Rejected:
		w.rejected = &e
		w.say(byFlow, "rejects the call (%s)", e.Reason)
	case graphsim.Redirected:
		w.redirected = &e
		w.say(byFlow, "redirects the call to %s", targets(e.Targets))
	case graphsim.PromptStarted:
		w.promptStarted(e)
	case graphsim.PromptEnded:
		w.promptEnded(e)
	case graphsim.ToneSent:
		w.lastTone = e.Seq
	case graphsim.ToneLost:
		w.say(byGraph, "the key %s is lost: %s", e.Key, e.Why)
	case graphsim.TonesSent:
		w.say(byFlow, "sends the keys %s", typedKeys(e.Keys))
	case graphsim.Muted:
		w.say(byGraph, "the bot is %s", map[bool]string{true: "muted", false: "heard again"}[e.Muted])
	case graphsim.RecordingStarted:
		w.listening = true
		w.recordings++
		w.recordedAt = w.clock.Now()
		w.say(byFlow, "records")
	case graphsim.RecordingEnded:
		w.listening = false
		w.say(byFlow, "has recorded %s (%s)%s", e.Length, e.Why, lost(e.Lost))
	case graphsim.Transferring:
		w.say(byFlow, "transfers the call to %s", target(e.Target))
	case graphsim.Transferred:
		w.transferred = &e
		w.say(byGraph, "%s takes the call", target(e.Target))
	case graphsim.TransferFailed:
		w.say(byGraph, "the transfer to %s fails: %s", target(e.Target), e.Behaviour)
	case graphsim.Ended:
		w.end = &e
		w.say(byGraph, "the call is over, ended by %s (%d/%d)", e.By, e.Result.Code, e.Result.Subcode)
	case graphsim.CallbackFailed:
		w.say(byGraph, "a callback is not accepted (%d, %v)", e.Status, e.Err)
	case graphsim.Request:
		w.refused(e)
	case graphsim.Calling: // by an outgoing flow
		w.call, w.end, w.connected = e.Call, nil, false
		w.say(byFlow, "calls %s", target(e.Target))
	case graphsim.PickedUp:
		w.connected = true
		w.say(byCaller, "answers")
	case graphsim.Joining, graphsim.Joined, graphsim.Admitted, graphsim.Left, graphsim.Inviting, graphsim.InviteFailed, graphsim.Held, graphsim.Silenced,
		graphsim.Routed, graphsim.RecordingTold, graphsim.GalleryAdded:
		w.meetingEvent(ev)
	default: // what no flow does, and what nobody notices
	}
}

// refused notes a request that failed. One that crosses the end of the call is
// nobody's fault.
func (w *witness) refused(e graphsim.Request) {
	if w.end == nil && (e.Status == 0 || e.Status >= 400) {
		w.say(byGraph, "refuses %s %s: %s", e.Method, lastSegment(e.Path), strings.TrimSpace(fmt.Sprintf("%d %s %s", e.Status, e.Code, e.Message)))
	}
}

// toldCallee is what somebody whom the flow called hears.
func (w *witness) toldCallee(e graphsim.PromptStarted) string {
	_, op, ok := graph.ParseClientContext(e.ClientContext)
	if play := w.plays[op]; ok && e.Index < len(play.Parts) {
		return spelt(play.Parts[e.Index])
	}
	return "something that the flow did not ask for"
}

func lost(yes bool) string {
	if yes {
		return ", which is lost"
	}
	return ""
}

func (w *witness) promptStarted(e graphsim.PromptStarted) {
	_, op, ok := graph.ParseClientContext(e.ClientContext)
	play := w.plays[op]
	if !ok || e.Index >= len(play.Parts) {
		w.say(byGraph, "plays something that the flow did not ask for: %s", e.URI)
		return
	}
	if e.Problem != "" {
		w.say(byGraph, "plays nothing instead of %s: %s", spelt(play.Parts[e.Index]), e.Problem)
		return
	}
	if play.Loop && w.played(op, e.Index) {
		return // music that goes round
	}
	last := lastOf(play.Parts, e.Index)
	parts := ivr.Heard(play.Parts[e.Index : last+1])
	for i, p := range parts {
		h := heard{op: op, index: e.Index, last: e.Index, part: p}
		if i == len(parts)-1 {
			h.last = last
		}
		long := p.Length.Std()
		if len(parts) == 1 && last == e.Index {
			long = e.Length // of what was made of it
		}
		w.heard, w.heardAt = append(w.heard, h), w.clock.Now()
		w.say(byFlow, "plays %s (%.1fs)", spelt(p), long.Seconds())
	}
}

// lastOf is the file with which a value ends that is said by the file at an
// index and those after it.
func lastOf(parts []ivr.Part, index int) int {
	for index+1 < len(parts) && parts[index+1].Continued {
		index++
	}
	return index
}

func (w *witness) promptEnded(e graphsim.PromptEnded) {
	_, op, _ := graph.ParseClientContext(e.ClientContext)
	var cut *heard
	for i := range w.heard {
		h := &w.heard[i]
		if h.op != op || h.over || e.Index < h.index || e.Index > h.last || e.Index < h.last && !e.Cancelled {
			continue
		}
		h.over, h.cut = true, e.Cancelled
		cut = h
	}
	if cut != nil && e.Cancelled {
		w.say(byFlow, "stops %s after %.1fs", called(cut.part), e.Played.Seconds())
	}
}
