package prove

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// ends waits for what is over.
func (w *testWriter) ends(i int, a *Act, tr *trace) {
	switch a.What {
	case opPlay:
		done, _ := tr.events[0].(ivr.OperationCompleted)
		for j, d := range slices.Backward(w.doings) {
			if d.word == "hears" && d.op == done.Op {
				w.doings = append(w.doings, doing{word: "hears", value: w.lastOf(i, done.Op, d.value), op: d.op, ends: true})
				return
			}
			if j < len(w.doings)-1 && d.word != "hears" {
				return
			}
		}
	case opTransfer:
		for _, before := range slices.Backward(w.call.traces[:i]) {
			for _, cmd := range before.cmds {
				if t, ok := cmd.(ivr.Transfer); ok {
					w.do("transferred", map[string]any{string(t.Target.Kind): t.Target.ID})
					return
				}
			}
		}
	case opRedirect:
		w.do("redirected", nil)
	}
}

// lastOf is the last part of what plays that a test can name.
func (w *testWriter) lastOf(i int, op ivr.OpID, first any) any {
	for _, tr := range slices.Backward(w.call.traces[:i]) {
		for _, cmd := range tr.cmds {
			play, ok := cmd.(ivr.PlayPrompt)
			if !ok || play.Op != op {
				continue
			}
			for _, p := range slices.Backward(ivr.Heard(play.Parts)) {
				if name := heardAs(p); name != "" {
					return name
				}
			}
		}
	}
	return first
}

// heardAs is a part of a prompt as a test names it; empty for one that it cannot.
func heardAs(p ivr.Part) string {
	switch {
	case p.Key != "" && p.Words == "":
		return p.Key
	case p.Text != "" && !p.SSML:
		return p.Text
	}
	return ""
}

// hears waits for the prompts that the caller begins to hear.
func (w *testWriter) hears(i int, tr *trace) {
	for _, cmd := range tr.cmds {
		play, ok := cmd.(ivr.PlayPrompt)
		if !ok || !w.heardByCaller(i, play) {
			continue
		}
		for _, p := range ivr.Heard(play.Parts) {
			if name := heardAs(p); name != "" {
				w.doings = append(w.doings, doing{word: "hears", value: name, op: play.Op})
				break
			}
		}
	}
}

// heardByCaller reports whether the caller of the test hears a prompt: also one who is
// dialled, before the call is taken.
func (w *testWriter) heardByCaller(i int, play ivr.PlayPrompt) bool {
	s := &w.call.states[i].session
	if s.Main(play.Leg) {
		return true
	}
	in, _ := w.start.flow.StepAt(s.Running, s.State)
	if in == nil {
		return false
	}
	_, dial := in.Spec.(*flow.Dial)
	return dial
}
