package prove

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// testWriter turns a call into a test.
type testWriter struct {
	g       *graph
	call    *Call
	start   *start
	doings  []doing
	replies map[string][]any // by action
	http    map[string][]any // by step
	graph   map[string][]any // what becomes of requests to Graph, by kind
	asked   map[ivr.OpID]asking
	people  people
	meeting meetingWriter
	expects map[string]any
	// callbacks are those of Graph that do not come, by kind.
	callbacks map[string]any
	waited    time.Duration // since an action began that is not back
	every     time.Duration // how long the stretches of the last recording are; 0: it has none
}

// doing is one thing that the caller does or waits for.
type doing struct {
	word  string
	value any      // nil: the word stands alone
	op    ivr.OpID // of a prompt that is heard
	ends  bool     // it is heard to its end
}

// asking is a request to Graph: the nth of its kind.
type asking struct {
	kind string
	nth  int
}

// well is the word for a request that nothing happens to.
const well = "ok"

// written is a call with all that a test says of it.
func (g *graph) written(call *Call) (*testWriter, error) {
	if l := g.starts[call.start].locale; l != "" && l != g.flow.Locales[0] {
		return nil, fmt.Errorf("%w: in which language another flow calls this one", errUnsaid)
	}
	w := &testWriter{g: g, call: call, start: &g.starts[call.start], replies: map[string][]any{}, http: map[string][]any{},
		graph: map[string][]any{}, asked: map[ivr.OpID]asking{}, expects: map[string]any{}, callbacks: map[string]any{}, meeting: meetingWriter{invited: map[string]bool{}}}
	for i := range call.Acts {
		if err := w.act(i); err != nil {
			return nil, err
		}
	}
	w.unanswered()
	return w, nil
}

// unanswered lets an action, or a request, come back later than the call goes.
func (w *testWriter) unanswered() {
	_, in, phase := w.before(len(w.call.Acts))
	if w.waited == 0 || in == nil || phase != flow.PhaseActing {
		return
	}
	late := w.waited + time.Second
	switch spec := in.Spec.(type) {
	case *flow.Do:
		name := spec.Action.Name
		w.replies[name] = append(w.replies[name], slowReply(spec.Action.Outcomes[0], w.g.facts.answers[in][0], late))
	case *flow.HTTP:
		name := w.stepName(len(w.call.Acts), in)
		w.http[name] = append(w.http[name], map[string]any{"after": timeText(late)})
	default:
	}
}

// before is the call as it is before an act, and the step that it is in.
func (w *testWriter) before(i int) (s *engine.Session, in *flow.Step, phase flow.Phase) {
	if i == 0 {
		return nil, nil, flow.PhaseNone
	}
	s = &w.call.states[i-1].session
	in, phase = w.start.flow.StepAt(s.Running, s.State)
	return s, in, phase
}

func (w *testWriter) do(word string, value any) {
	w.doings = append(w.doings, doing{word: word, value: value})
}

// act adds what one act is in a test.
func (w *testWriter) act(i int) error {
	a, tr := &w.call.Acts[i], &w.call.traces[i]
	if err := w.failures(tr); err != nil {
		return err
	}
	s, in, phase := w.before(i)
	if a.After > 0 && phase == flow.PhaseActing {
		w.waited += a.After
	}
	switch a.Kind {
	case Rings, Silent, Fails:
	case Presses:
		w.nobodyElse(i, in, phase)
		w.presses(i, a, tr)
	case Waits:
		w.nobodyElse(i, in, phase)
		w.waits(a, tr, phase == flow.PhaseJoining)
	case HangsUp:
		w.nobodyElse(i, in, phase)
		w.hangsUp(s)
	case Signals:
		w.do("signal", a.What)
	case Speaks:
		w.speaks(a, in)
	case Saved:
		w.saved(a)
	case Returns:
		w.returns(a, in)
	case Ends:
		w.ends(i, a, tr)
	case Answers, Refuses, Takes:
		w.callee(i, a, in, phase)
	case Meets, Joins, Knocks, Leaves:
		if err := w.roster(i, a); err != nil {
			return err
		}
	case Limit:
		w.nobodyElse(i, in, phase)
		w.waited = max(w.waited, time.Minute) // what the call waits for does not come
	case GivenUp: // which the flow takes from it that the call is gone, and nobody says why
		w.callbacks["terminated"] = "lost"
		w.nobodyElse(i, in, phase)
		w.hangsUp(s)
	}
	w.requests(tr)
	w.hears(i, tr)
	return nil
}

// presses presses keys: as soon as the prompt begins, or each as late as it may.
func (w *testWriter) presses(i int, a *Act, tr *trace) {
	if a.Late {
		w.lingers(i, tr)
		return
	}
	if w.tooSoon(i, a.Keys) {
		w.do("wait", timeText(echo))
	}
	w.do("press", a.Keys)
}

// echo is how long after a recording a key that may have stopped it does nothing else.
const echo = time.Second

// tooSoon reports keys that the recording before them would swallow, if they were
// pressed as soon as the prompt begins.
func (w *testWriter) tooSoon(i int, keys string) bool {
	tones := &w.call.states[i-1].session.Tones
	if !slices.ContainsFunc(tones.Stops, func(k ivr.Key) bool { return strings.ContainsRune(keys, rune(k)) }) {
		return false
	}
	plays := func(cmd ivr.Command) bool { _, ok := cmd.(ivr.PlayPrompt); return ok }
	for j := range slices.Backward(w.call.states[:i]) {
		switch kind := w.call.Acts[j].Kind; {
		case kind == Presses || kind == Waits:
			return false
		case kind == Speaks || kind == Silent || slices.ContainsFunc(w.call.traces[j].cmds, plays):
			return w.call.states[j].now.Before(tones.StopBy)
		}
	}
	return false
}

// waits lets a timer run out. joining says that the bot is on its way into a meeting.
func (w *testWriter) waits(a *Act, tr *trace, joining bool) {
	switch {
	case a.What == whyRoster && joining:
		w.meeting.late = true
		w.do("wait", timeText(a.After+time.Second)) // it has joined by then
		return
	case a.What != whyFirstKey:
		if a.After > 0 {
			w.do("wait", timeText(a.After))
		}
		return
	}
	until := flow.TriggerNoInput
	if slices.ContainsFunc(tr.cmds, func(cmd ivr.Command) bool {
		m, ok := cmd.(ivr.Moved)
		return ok && outcomeOf(m.Trigger) == "gave_up"
	}) {
		until = "gave_up"
	}
	w.do("silence", until)
}

// timeText is a time as people write it: 5m, not 5m0s.
func timeText(d time.Duration) string {
	text := d.String()
	if d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// hangsUp lets the caller hang up, once the call has come in. A recording of which
// something is kept is then longer than that.
func (w *testWriter) hangsUp(s *engine.Session) {
	switch {
	case !s.Leg.Audio:
		w.do("wait", "100ms")
	case s.Meeting != nil && len(w.doings) == 0:
		w.do("wait", "1s") // the bot is in the meeting by then
	}
	if n := len(w.doings) - 1; n >= 0 && w.doings[n].word == "records" && w.every > 0 {
		w.doings[n].value = timeText(2 * w.every)
	}
	w.do("hang_up", nil)
}

// speaks is how long the caller speaks.
func (w *testWriter) speaks(a *Act, in *flow.Step) {
	long, r := a.After, in.Spec.(*flow.Record)
	if a.Outcome == onAndOn {
		long = r.Max
	}
	w.every = r.Every
	w.do("records", timeText(long))
}

// saved makes what was recorded too short, if it is.
func (w *testWriter) saved(a *Act) {
	if n := len(w.doings) - 1; a.Short && n >= 0 && w.doings[n].word == "records" {
		w.doings[n].value = timeText(recordingShort)
	}
}

func (w *testWriter) returns(a *Act, in *flow.Step) {
	waited := w.waited
	if w.waited = 0; a.Late {
		waited = max(waited-actionGrace-lateBy, 0)
	}
	_, request := in.Spec.(*flow.HTTP)
	if a.Code == 0 && !request {
		w.replies[a.What] = append(w.replies[a.What], slowReply(a.Outcome, a.Out, waited))
		return
	}
	if a.Code == 0 {
		w.http[a.What] = append(w.http[a.What], failed)
		return
	}
	answer := map[string]any{"status": a.Code}
	if len(a.Out) > 0 {
		answer["json"] = a.Out
	}
	if waited > 0 {
		answer["after"] = timeText(waited)
	}
	switch {
	case len(answer) == 1:
		w.http[a.What] = append(w.http[a.What], a.Code)
		return
	case a.Code == 200:
		delete(answer, "status")
	}
	w.http[a.What] = append(w.http[a.What], answer)
}

// slowReply is what an action returns after a time.
func slowReply(outcome string, out map[string]any, after time.Duration) any {
	if after == 0 {
		return reply(outcome, out)
	}
	all := map[string]any{"outcome": outcome, "after": timeText(after)}
	if len(out) > 0 {
		all["out"] = out
	}
	return all
}

// replyWords are the keys of a reply besides the outputs.
//
//nolint:gochecknoglobals // a list of words
var replyWords = []string{"outcome", "out", "after", "timeout"}

// reply is what an action returns.
func reply(outcome string, out map[string]any) any {
	switch {
	case len(out) == 0:
		return outcome
	case outcome == "ok" && !slices.ContainsFunc(slices.Collect(maps.Keys(out)), func(name string) bool { return slices.Contains(replyWords, name) }):
		return out
	}
	return map[string]any{"outcome": outcome, "out": out}
}

// requests notes what is asked of Graph, one after another of a kind.
func (w *testWriter) requests(tr *trace) {
	note := func(op ivr.OpID, kind string) {
		w.asked[op] = asking{kind, len(w.graph[kind])}
		w.graph[kind] = append(w.graph[kind], well)
	}
	for _, cmd := range tr.cmds {
		switch cmd := cmd.(type) {
		case ivr.PlayPrompt:
			note(cmd.Op, "playPrompt")
		case ivr.RecordResponse:
			note(cmd.Op, "recordResponse")
		case ivr.Transfer:
			note(cmd.Op, "transfer")
		case ivr.Redirect:
			note(cmd.Op, "redirect")
		case ivr.Answer:
			note(cmd.Op, "answer")
		case ivr.FetchRecording:
			note(cmd.Op, "download")
		case ivr.SendTones:
			note(cmd.Op, "sendDtmfTones")
		case ivr.CreateCall:
			note(cmd.Op, "create")
			if cmd.Meeting == nil {
				w.people.calls(cmd)
			}
		default:
			if op, kind := conferred(cmd); kind != "" {
				note(op, kind)
			}
			if ask, ok := cmd.(ivr.Invite); ok {
				for _, t := range ask.Targets {
					w.meeting.invited[t.ID] = true
				}
			}
		}
	}
}

// failures lets requests to Graph fail.
func (w *testWriter) failures(tr *trace) error {
	for _, ev := range tr.events {
		e, ok := ev.(ivr.OperationFailed)
		if !ok || e.Result.Reason == ivr.ReasonCancelled {
			continue
		}
		asked, ok := w.asked[e.Op]
		switch {
		case !ok:
			return fmt.Errorf("%w: %s", errUnsaid, "something fails that is not asked of Graph, or not so")
		case e.Result.Reason == ivr.ReasonTimedOut:
			w.graph[asked.kind][asked.nth] = "no_answer"
		case asked.kind == "download":
			w.graph[asked.kind][asked.nth] = 404
		default:
			w.graph[asked.kind][asked.nth] = 403
		}
		w.doings = slices.DeleteFunc(w.doings, func(d doing) bool { return d.word == "hears" && d.op == e.Op })
	}
	return nil
}
