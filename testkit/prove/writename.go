package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// Sayings say in a few words what happens in a call, and where in the flow, in order:
// what goes without saying is left out.
func (r *Report) Sayings(call *Call) []string {
	w := &testWriter{g: r.graph, call: call, start: &r.graph.starts[call.start]}
	var all []string
	times := map[string]int{}
	add := func(text string) {
		times[text]++
		all = append(slices.DeleteFunc(all, func(s string) bool { return s == text }), text)
	}
	for i := range call.Acts {
		what := w.saying(i)
		if what == "" {
			continue
		}
		if _, in, _ := w.before(i); in != nil {
			what = "at " + w.stepName(i, in) + " " + what
		}
		add(what)
	}
	for i, text := range all {
		all[i] = text + timesText(times[text])
	}
	if len(all) == 0 {
		all = []string{"the caller does nothing"}
	}
	return all
}

// timesText is " twice", and so on; empty for once.
func timesText(n int) string {
	words := []string{"", "", " twice", " three times", " four times", " five times"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprintf(" (%d times)", n)
}

// stepName is how a test names the step of a flow, or of one that it calls.
func (w *testWriter) stepName(i int, in *flow.Step) string {
	s, _, _ := w.before(i)
	return w.start.flow.NameOf(w.start.flow.Member(s.Running), in)
}

// saying is what happens with an act; empty if that goes without saying.
func (w *testWriter) saying(i int) string {
	a := &w.call.Acts[i]
	switch a.Kind {
	case Rings:
		return strings.Join(slices.DeleteFunc(slices.Clone(a.On), func(s string) bool { return s == fromUser }), ", ")
	case Presses:
		return "the caller presses " + a.Keys
	case Waits:
		return map[string]string{whyFirstKey: "the caller presses nothing", whyMaxWait: "it takes too long", "waiting": "the answer takes its time"}[a.What]
	case HangsUp:
		if a.What == opMeet {
			return "the meeting ends"
		}
		return "the caller hangs up"
	case Meets, Joins, Knocks, Leaves:
		return a.String()
	case Speaks, Silent:
		return "the caller " + a.String()
	case Returns:
		_, in, _ := w.before(i)
		if a.Outcome == "ok" && len(w.g.facts.answers[in]) < 2 {
			return ""
		}
		if _, request := in.Spec.(*flow.HTTP); request && a.Outcome == failed && a.Code == 0 {
			return "the service does not answer"
		} else if request {
			return "the service answers " + a.Outcome
		}
		return a.What + " returns " + a.Outcome
	case Answers, Takes, Refuses:
		switch a.Outcome {
		case failed:
			return "nobody can be called"
		case "lobby":
			return a.String()
		}
		return "who is called" + strings.TrimPrefix(a.String(), "whom the flow calls")
	case GivenUp:
		return "the platform ends the call"
	case Ends:
		return ""
	case Saved:
		if !a.Short {
			return ""
		}
	case Signals:
		return "the signal " + a.What + " comes"
	case Fails:
		if a.What == opAnswer {
			return "answering fails"
		}
	case Limit:
	}
	return a.String()
}
