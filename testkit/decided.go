package testkit

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// change takes what the engine decided.
func (w *witness) change(c call.Change) {
	w.began, w.session = true, *c.Session
	for _, ev := range c.Events {
		w.input(ev)
	}
	for _, cmd := range c.Commands {
		w.command(cmd)
	}
	if c.Parked != nil {
		w.say(byFlow, "cannot handle %T: the engine failed", c.Parked)
	}
}

func (w *witness) input(ev ivr.Event) {
	switch e := ev.(type) {
	case ivr.ToneReceived:
		if w.session.Main(e.Leg) {
			w.tones[e.Seq] = true
		}
	case ivr.ActionReturned:
		w.returned(e)
	case ivr.OperationFailed:
		w.failed(e)
	case ivr.OperationUnknown:
		w.say(byFlow, "does not know what became of %s", w.names[e.Op])
	case ivr.CallIncoming, ivr.CallWanted, ivr.CallCreated, ivr.CallChanged, ivr.CallTerminated, ivr.OperationAccepted, ivr.OperationCompleted,
		ivr.CallRead, ivr.Counted, ivr.RecordingSaved, ivr.Signalled, ivr.Intervened, ivr.RosterChanged, ivr.TimerExpired:
	}
}

// failed tells of an operation that ended badly. Cancelling is the flow's own
// doing, and after the end of the call nothing can be done.
func (w *witness) failed(e ivr.OperationFailed) {
	name := w.names[e.Op]
	if e.Result.Reason == ivr.ReasonCancelled || w.end != nil || name == "" {
		return
	}
	why := string(e.Result.Reason)
	if e.Result.Code == 0 || e.Result.Reason == ivr.ReasonNotAllowed {
		why += ", " + e.Result.Message
	}
	w.say(byFlow, "cannot %s: %s", name, strings.TrimSuffix(why, ", "))
}

// returned completes the line of an action.
func (w *witness) returned(e ivr.ActionReturned) {
	for i := range w.acts {
		a := &w.acts[i]
		if a.op != e.Op {
			continue
		}
		a.outcome = e.Outcome
		w.lines[a.line].What += ": " + e.Outcome
		if e.Reason != ivr.ReasonNone && e.Reason != ivr.ReasonService {
			w.lines[a.line].What += " (" + string(e.Reason) + ")"
		}
		if took := w.clock.Now().Sub(a.at); took > 0 {
			w.lines[a.line].What += " after " + took.String()
		}
	}
}

func (w *witness) command(cmd ivr.Command) {
	switch c := cmd.(type) {
	case ivr.PlayPrompt:
		w.plays[c.Op], w.names[c.Op] = c, "play"
	case ivr.RunAction:
		w.acts = append(w.acts, act{op: c.Op, name: c.Name, in: c.In, line: len(w.lines), at: w.clock.Now()})
		w.say(byFlow, "does %s%s", c.Name, inputs(c.In))
	case ivr.HTTPRequest:
		w.acts = append(w.acts, act{op: c.Op, name: c.Action, in: c.In, line: len(w.lines), at: w.clock.Now()})
		if c.Action != "" {
			w.say(byFlow, "does %s%s", c.Action, inputs(c.In))
		} else {
			w.say(byFlow, "asks %s", c)
		}
	case ivr.Moved:
		w.moved(c)
	case ivr.Mark:
		w.marks = append(w.marks, c)
		w.mark(c)
	case ivr.Answer:
		w.names[c.Op] = "answer"
	case ivr.Reject:
		w.names[c.Op] = "reject the call"
	case ivr.Redirect:
		w.names[c.Op] = "redirect the call"
	case ivr.SubscribeToTone:
		w.names[c.Op] = "subscribe to keys"
	case ivr.RecordResponse:
		w.names[c.Op] = "record"
	case ivr.SendTones:
		w.names[c.Op] = "send keys"
	case ivr.Mute:
		w.names[c.Op] = "mute the bot"
		switch {
		case c.Off:
			w.names[c.Op] = "unmute the bot"
		case len(c.Who) > 0:
			w.names[c.Op] = "mute people"
		}
	case ivr.CreateCall:
		w.names[c.Op] = "call " + target(c.Target)
		if c.Meeting != nil {
			w.names[c.Op] = "join " + c.Meeting.String()
		}
	case ivr.Invite:
		w.names[c.Op] = "invite " + targets(c.Targets)
		w.say(byFlow, "invites %s", targets(c.Targets))
	case ivr.Hold:
		w.names[c.Op] = "put somebody on hold"
		if c.Off {
			w.names[c.Op] = "end the hold"
		}
	case ivr.RouteAudio:
		w.names[c.Op] = "route audio"
	case ivr.AddGallery:
		w.names[c.Op] = "add the gallery"
	case ivr.TellRecording:
		w.names[c.Op] = "tell the recording's status"
	case ivr.Transfer:
		w.names[c.Op] = "transfer the call"
	case ivr.HangUp:
		w.names[c.Op] = "hang up"
	case ivr.FetchRecording:
		w.names[c.Op] = "fetch the recording"
	case ivr.JoinRecordings:
		w.names[c.Op] = "join the recordings"
	case ivr.CancelMedia, ivr.KeepAlive, ivr.ReadCall, ivr.CountUp, ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Finish:
	}
}

// mark notes a line of the flow's own, or of the engine's.
func (w *witness) mark(m ivr.Mark) {
	if m.Kind == "log" && m.Name == "engine" {
		w.say(byFlow, "notes: %s", m.Text)
		return
	}
	w.say(byFlow, "%s", strings.Join(strings.Fields(m.Kind+" "+m.Name+" "+m.Text), " "))
}

// moved notes a move, and tells those that a caller brings about by waiting or
// mistyping.
func (w *witness) moved(m ivr.Moved) {
	w.moves = append(w.moves, move{m.Trigger, m.State})
	switch outcome, _, _ := strings.Cut(m.Trigger, "."); outcome {
	case flow.TriggerNoInput, flow.TriggerNoMatch, gaveUp:
		if w.step != nil {
			w.say(byFlow, "%s: %s", w.step.ID, outcome)
		}
	case flow.TriggerError:
		w.say(byFlow, "goes to on_error")
	}
	step, _ := w.flow.StepAt(m.Flow, m.State)
	if step == nil || step.BuiltIn {
		return // nobody wrote it: the step before is the place
	}
	w.step = step
	if n := len(w.states); n == 0 || w.states[n-1] != step.State {
		w.states = append(w.states, step.State)
	}
}

// gaveUp is the outcome of an input step whose tries are used up.
const gaveUp = "gave_up"
