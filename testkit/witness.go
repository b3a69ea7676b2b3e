package testkit

import (
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Line is one thing that happened in a call.
type Line struct {
	At   time.Duration `json:"at"`  // since the call came in
	Who  string        `json:"who"` // "caller", "flow" or "graph"
	What string        `json:"what"`
}

// String is the line as people read it.
func (l Line) String() string { return fmt.Sprintf("%8.2fs  %-6s  %s", l.At.Seconds(), l.Who, l.What) }

// The speakers of a conversation.
const (
	byCaller = "caller"
	byFlow   = "flow"
	byGraph  = "graph"
)

// heard is a prompt that the caller began to hear.
type heard struct {
	op    ivr.OpID
	index int
	part  ivr.Part
	over  bool // it has ended
	cut   bool // before its end
}

// move is a move of the flow's machine.
type move struct {
	trigger string
	state   string // of the machine
}

// act is an action that the flow did.
type act struct {
	op      ivr.OpID
	name    string
	in      map[string]any
	outcome string // empty while it runs
	line    int
	at      time.Time
}

// witness sees both sides of a call: what the flow decides and what the caller
// gets. It only writes down.
type witness struct {
	flow  *flow.Flow
	clock *Clock
	start time.Time
	lines []Line

	began   bool // the bot has a session
	session engine.Session
	step    *flow.Step // the last step of the flow that the call was in
	plays   map[ivr.OpID]ivr.PlayPrompt
	names   map[ivr.OpID]string // of operations, for people
	moves   []move
	acts    []act
	marks   []ivr.Mark
	states  []string // flow states, in order, without direct repeats

	heard       []heard
	tones       map[int64]bool // keys that reached the flow
	lastTone    int64          // number of the last key on its way, 0 if none
	listening   bool           // a recording listens
	recordings  int            // that began
	rejected    *graphsim.Rejected
	redirected  *graphsim.Redirected
	transferred *graphsim.Transferred
	end         *graphsim.Ended
}

func newWitness(f *flow.Flow, c *Clock) *witness {
	return &witness{flow: f, clock: c, start: c.Now(), plays: map[ivr.OpID]ivr.PlayPrompt{}, names: map[ivr.OpID]string{}, tones: map[int64]bool{}}
}

func (w *witness) say(who, format string, args ...any) {
	w.lines = append(w.lines, Line{At: w.clock.Now().Sub(w.start), Who: who, What: fmt.Sprintf(format, args...)})
}

// change takes what the engine decided.
func (w *witness) change(c call.Change) {
	w.began, w.session = true, c.Session
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
		w.tones[e.Seq] = true
	case ivr.ActionReturned:
		w.returned(e)
	case ivr.OperationFailed:
		w.failed(e)
	case ivr.OperationUnknown:
		w.say(byFlow, "does not know what became of %s", w.names[e.Op])
	case ivr.CallIncoming, ivr.CallChanged, ivr.CallTerminated, ivr.OperationAccepted, ivr.OperationCompleted,
		ivr.CallRead, ivr.RecordingSaved, ivr.TimerExpired:
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
	case ivr.Transfer:
		w.names[c.Op] = "transfer the call"
	case ivr.HangUp:
		w.names[c.Op] = "hang up"
	case ivr.FetchRecording:
		w.names[c.Op] = "fetch the recording"
	case ivr.JoinRecordings:
		w.names[c.Op] = "join the recordings"
	case ivr.CancelMedia, ivr.KeepAlive, ivr.ReadCall, ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Finish:
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
	p, ok := w.flow.At(m.State)
	if !ok || p.Step == flow.None {
		return
	}
	step := w.flow.Steps[p.Step]
	if step.BuiltIn {
		return // nobody wrote it: the step before is the place
	}
	w.step = step
	if n := len(w.states); n == 0 || w.states[n-1] != step.State {
		w.states = append(w.states, step.State)
	}
}

// gaveUp is the outcome of an input step whose tries are used up.
const gaveUp = "gave_up"

// event takes what happened on the phone.
func (w *witness) event(ev graphsim.Event) {
	switch e := ev.(type) {
	case graphsim.Ringing:
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
	case graphsim.RecordingStarted:
		w.listening = true
		w.recordings++
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
		// A request that crosses the end of the call is nobody's fault.
		if w.end == nil && (e.Status == 0 || e.Status >= 400) {
			w.say(byGraph, "refuses %s %s: %d %s %s", e.Method, lastSegment(e.Path), e.Status, e.Code, e.Message)
		}
	case graphsim.AudioActive, graphsim.AudioInactive, graphsim.Subscribed, graphsim.Notified:
	}
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
	if play.Loop && w.latest(op, e.Index) != nil {
		return // music that goes round
	}
	w.heard = append(w.heard, heard{op: op, index: e.Index, part: play.Parts[e.Index]})
	w.say(byFlow, "plays %s (%.1fs)", spelt(play.Parts[e.Index]), e.Length.Seconds())
}

func (w *witness) promptEnded(e graphsim.PromptEnded) {
	_, op, _ := graph.ParseClientContext(e.ClientContext)
	h := w.latest(op, e.Index)
	if h == nil || h.over {
		return
	}
	h.over, h.cut = true, e.Cancelled
	if e.Cancelled {
		w.say(byFlow, "stops %s after %.1fs", called(h.part), e.Played.Seconds())
	}
}

// latest is the part of an operation as it was last heard.
func (w *witness) latest(op ivr.OpID, index int) *heard {
	for i := len(w.heard) - 1; i >= 0; i-- {
		if h := &w.heard[i]; h.op == op && h.index == index {
			return h
		}
	}
	return nil
}

// audible reports whether the caller hears a prompt of the step.
func (w *witness) audible() bool {
	n, media := len(w.heard), w.session.Media
	return n > 0 && !w.heard[n-1].over && w.heard[n-1].op == media.Op && !media.Cancelled
}

// typing reports whether keys are on their way to the flow.
func (w *witness) typing() bool { return w.lastTone != 0 && !w.tones[w.lastTone] }

// takesKeys reports whether a key that is pressed now does something for the
// step that the call is in.
func (w *witness) takesKeys() bool {
	p, ok := w.flow.At(w.session.State)
	if !ok || p.Step == flow.None {
		return false
	}
	spec := w.flow.Steps[p.Step].Spec
	switch p.Phase {
	case flow.PhaseCollecting, flow.PhaseAsking:
		return true
	case flow.PhasePlaying, flow.PhasePrompting:
		return bargesIn(spec) && w.audible()
	case flow.PhaseRecording:
		r, ok := spec.(*flow.Record)
		return ok && w.listening && len(r.StopKeys) > 0
	case flow.PhaseNone, flow.PhaseWhen, flow.PhaseSaving, flow.PhaseTransferring, flow.PhaseRedirecting,
		flow.PhaseRejecting, flow.PhaseAnswering, flow.PhaseActing:
	}
	return false
}

// bargesIn reports whether a key ends the step's prompt.
func bargesIn(s flow.Spec) bool {
	switch spec := s.(type) {
	case *flow.Play:
		return spec.BargeIn == flow.BargeOn
	case *flow.Record:
		return spec.BargeIn == flow.BargeOn
	case *flow.Menu:
		return spec.BargeIn != flow.BargeOff
	case *flow.Collect:
		return spec.BargeIn != flow.BargeOff
	case *flow.Transfer, *flow.Redirect, *flow.Reject, *flow.Answer, *flow.Set, *flow.Forget,
		*flow.Switch, *flow.Do, *flow.Jump, *flow.End, *flow.Mark:
	}
	return false
}
