package prove

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Test is a call as a test of the flow, in the form of NAME.ivr-test.yaml: played
// with package testkit it fails as long as the flow is as it is.
type Test struct {
	Name   string
	Given  map[string]any
	Steps  []any // each a word, or a map with one key
	Expect map[string]any
}

func (t *Test) write(b *strings.Builder) {
	fmt.Fprintf(b, "  %s:\n", inYAML(t.Name))
	if len(t.Given) > 0 {
		fmt.Fprintf(b, "    given: %s\n", inYAML(t.Given))
	}
	b.WriteString("    call:\n")
	for _, s := range t.Steps {
		fmt.Fprintf(b, "      - %s\n", inYAML(s))
	}
	if len(t.Expect) > 0 {
		fmt.Fprintf(b, "    expect: %s\n", inYAML(t.Expect))
	}
}

// inYAML is a value in one line of YAML, as people write it.
func inYAML(v any) string {
	switch v := v.(type) {
	case string:
		if plainWord.MatchString(v) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, v) {
			return v
		}
	case []any:
		return "[" + joinedBy(len(v), func(i int) string { return inYAML(v[i]) }) + "]"
	case []string:
		return "[" + joinedBy(len(v), func(i int) string { return inYAML(v[i]) }) + "]"
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		return "{" + joinedBy(len(v), func(i int) string { return inYAML(names[i]) + ": " + inYAML(v[names[i]]) }) + "}"
	case map[string][]any:
		names := slices.Sorted(maps.Keys(v))
		return "{" + joinedBy(len(v), func(i int) string { return inYAML(names[i]) + ": " + inYAML(v[names[i]]) }) + "}"
	}
	text, err := json.Marshal(v) // a text, a number or a bool
	if err != nil {
		return "null"
	}
	return string(text)
}

var plainWord = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func joinedBy(n int, item func(int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = item(i)
	}
	return strings.Join(parts, ", ")
}

// errUnsaid is why there is no test of a finding.
var errUnsaid = errors.New("a test cannot say this")

// TestTo is the shortest call that makes a move, as a test that passes: it expects
// nothing. It is nil if no call that was explored makes the move; the error says
// that a test cannot say what happens in the call.
func (r *Report) TestTo(m Move, name string) (*Test, error) {
	call, err := r.CallTo(m)
	if call == nil || err != nil {
		return nil, err
	}
	w, err := r.graph.written(call, name)
	if err != nil {
		return nil, err
	}
	for kind, answers := range w.graph {
		if answers[len(answers)-1] != "ok" { // only what the call needs fails
			w.graph[kind] = append(answers, "ok")
		}
	}
	return w.whole(), nil
}

// Text is the test in YAML, as one of the map of tests of a file.
func (t *Test) Text() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

// written is a call as a test that expects nothing yet.
func (g *graph) written(call *Call, name string) (*testWriter, error) {
	w := &testWriter{g: g, call: call, t: &Test{Name: name, Expect: map[string]any{}}, replies: map[string][]any{}, graph: map[string][]any{}, http: map[string][]any{}}
	w.start = &g.starts[call.start]
	w.given()
	for i := range call.Acts {
		if err := w.act(i); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// whole is the test with all that its call needs.
func (w *testWriter) whole() *Test {
	w.others()
	maps.DeleteFunc(w.graph, func(_ string, list []any) bool {
		return !slices.ContainsFunc(list, func(v any) bool { return v != "ok" })
	})
	for name, list := range map[string]any{"actions": w.replies, "graph": w.graph, "http": w.http} {
		if list := list.(map[string][]any); len(list) > 0 {
			w.t.Given[name] = list
		}
	}
	if len(w.t.Steps) == 0 {
		w.step("wait", "1s")
	}
	return w.t
}

// others lets the actions of which the call says nothing do well: what follows the
// call may need them.
func (w *testWriter) others() {
	for _, m := range w.g.flow.Members() {
		for _, s := range m.Steps {
			do, ok := s.Spec.(*flow.Do)
			if !ok || do.Action.HTTP != nil || len(w.replies[do.Action.Name]) > 0 {
				continue
			}
			w.replies[do.Action.Name] = []any{reply(do.Action.Outcomes[0], w.g.facts.answers[s][0])}
		}
	}
}

// testWriter turns a call into a test.
type testWriter struct {
	g       *graph
	call    *Call
	start   *start
	t       *Test
	replies map[string][]any // by action
	http    map[string][]any // by step
	graph   map[string][]any // requests that fail, by kind
	heard   string           // the last prompt that began
}

func (w *testWriter) step(word string, value any) {
	w.t.Steps = append(w.t.Steps, map[string]any{word: value})
}

// given says how the call begins.
func (w *testWriter) given() {
	s := w.start
	w.t.Given = map[string]any{"now": s.now.UTC().Format(time.RFC3339)}
	for name, v := range s.config {
		w.put("config", name, v)
	}
	for name, v := range s.params {
		w.put("params", name, v)
	}
	for name, state := range s.open {
		w.put("schedules", name, strings.TrimPrefix(stateText(state), "on "))
	}
	if s.flow.Kind != flow.Incoming {
		return
	}
	switch s.caller.Kind {
	case ivr.PartyPhone, ivr.PartyUser:
		w.t.Given["caller"] = s.caller.ID
	default:
		w.t.Given["caller"] = "hidden"
	}
}

func (w *testWriter) put(section, name string, v any) {
	m, ok := w.t.Given[section].(map[string]any)
	if !ok {
		m = map[string]any{}
		w.t.Given[section] = m
	}
	m[name] = v
}

// act adds what one act is in a test.
func (w *testWriter) act(i int) error {
	a, tr := &w.call.Acts[i], &w.call.traces[i]
	switch a.Kind {
	case Rings:
	case Presses:
		w.step("press", a.Keys)
	case Waits:
		w.waits(a, tr)
	case HangsUp:
		if !w.call.states[i-1].session.Leg.Audio {
			w.step("wait", "100ms") // the call has come in, and there is no audio yet
		}
		w.t.Steps = append(w.t.Steps, "hang_up")
	case Signals:
		w.step("signal", a.What)
	case Speaks:
		w.step("records", a.After.String())
	case Silent, Saved:
		if a.Short {
			return fmt.Errorf("%w: %s", errUnsaid, a)
		}
	case Returns:
		w.returns(i, a)
	case Ends, Fails:
		if err := w.platform(a); err != nil {
			return err
		}
	case Answers, Refuses, Takes, Limit, GivenUp, Meets, Joins, Knocks, Leaves:
		return fmt.Errorf("%w: %s", errUnsaid, a)
	}
	w.hears(tr)
	return nil
}

// waits lets a timer run out.
func (w *testWriter) waits(a *Act, tr *trace) {
	if a.What != whyFirstKey {
		w.step("wait", a.After.String())
		return
	}
	until := "no_input"
	if slices.ContainsFunc(tr.cmds, func(cmd ivr.Command) bool {
		m, ok := cmd.(ivr.Moved)
		return ok && outcomeOf(m.Trigger) == "gave_up"
	}) {
		until = "gave_up"
	}
	w.step("silence", until)
}

func (w *testWriter) returns(i int, a *Act) {
	if a.Code != 0 || w.asks(i) {
		answer := map[string]any{"status": a.Code}
		if a.Code == 0 {
			w.http[a.What] = append(w.http[a.What], failed)
			return
		}
		if len(a.Out) > 0 {
			answer["json"] = a.Out
		}
		w.http[a.What] = append(w.http[a.What], answer)
		return
	}
	w.replies[a.What] = append(w.replies[a.What], reply(a.Outcome, a.Out))
}

// reply is what an action returns.
func reply(outcome string, out map[string]any) any {
	if len(out) == 0 {
		return outcome
	}
	return map[string]any{"outcome": outcome, "out": out}
}

// asks reports whether an act answers a request.
func (w *testWriter) asks(i int) bool {
	if i == 0 {
		return false
	}
	s := &w.call.states[i-1].session
	step, _ := w.g.flow.StepAt(s.Running, s.State)
	if step == nil {
		return false
	}
	_, request := step.Spec.(*flow.HTTP)
	return request
}

// platform says what becomes of the requests to Graph, one after another.
func (w *testWriter) platform(a *Act) error {
	kind, ok := map[string]string{opPlay: "playPrompt", opTransfer: "transfer", opRecord: "recordResponse", opRedirect: "redirect", opAnswer: "answer"}[a.What]
	switch {
	case !ok:
		return fmt.Errorf("%w: %s", errUnsaid, a)
	case a.Kind == Fails && a.Outcome == "" && a.What != opAnswer:
		w.graph[kind] = append(w.graph[kind], 403)
		if a.What == opPlay {
			w.unheard()
		}
		return nil
	case a.Kind == Fails:
		return fmt.Errorf("%w: %s", errUnsaid, a)
	case a.What == opPlay && w.heard != "":
		w.step("hears", map[string]any{"end": w.heard})
	case a.What == opTransfer:
		w.t.Steps = append(w.t.Steps, "transferred")
	}
	w.graph[kind] = append(w.graph[kind], "ok")
	return nil
}

// unheard takes back that a prompt is heard, which the platform refuses.
func (w *testWriter) unheard() {
	n := len(w.t.Steps)
	if n == 0 || w.heard == "" {
		return
	}
	if step, ok := w.t.Steps[n-1].(map[string]any); ok && step["hears"] == w.heard {
		w.t.Steps = w.t.Steps[:n-1]
	}
	w.heard = ""
}

// hears waits for the prompts that begin.
func (w *testWriter) hears(tr *trace) {
	for _, cmd := range tr.cmds {
		play, ok := cmd.(ivr.PlayPrompt)
		if !ok || play.Loop {
			continue
		}
		w.heard = ""
		for _, p := range ivr.Heard(play.Parts) {
			if p.Key != "" && p.Words == "" {
				w.heard = p.Key
				w.step("hears", p.Key)
				break
			}
		}
	}
}

// expect says what the flow promises, which the call does not keep.
func (w *testWriter) expect(p *Property) error {
	inv, ok := w.promise(p)
	switch {
	case ok && inv.Kind == "can":
		return fmt.Errorf("%w: that there is no way", errUnsaid)
	case ok && inv.Kind != "must":
		return w.happening(inv.A)
	}
	w.t.Expect["ended"] = "by_flow"
	return nil
}

func (w *testWriter) promise(p *Property) (*flow.Invariant, bool) {
	for i := range w.g.watch.all {
		if inv := &w.g.watch.all[i]; inv.Pos.Line == p.Pos.Line && inv.String() == p.Text {
			return inv, true
		}
	}
	return nil, false
}

// happening says that something does not happen.
func (w *testWriter) happening(a flow.Happening) error {
	switch a.Kind {
	case flow.Plays:
		w.t.Expect["never_hears"] = []string{a.Name}
		return nil
	case flow.Does:
		w.t.Expect["do"] = w.done(a.Name)
		return nil
	case flow.Transfers:
		w.t.Expect["ended"] = "by_caller"
		return nil
	case flow.Gets, flow.Records, flow.Presses, flow.Enters, flow.Ends:
	}
	return fmt.Errorf("%w: that %s does not happen", errUnsaid, a)
}

// done are the actions of the call, but for the last one of a name.
func (w *testWriter) done(but string) []string {
	names := []string{}
	for i := range w.call.traces {
		for _, cmd := range w.call.traces[i].cmds {
			if do, ok := cmd.(ivr.RunAction); ok {
				names = append(names, do.Name)
			}
		}
	}
	for i, name := range slices.Backward(names) {
		if name == but {
			return slices.Delete(names, i, i+1)
		}
	}
	return names
}
