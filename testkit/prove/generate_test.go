package prove

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// maker writes small flows: a seed always gives the same.
type maker struct {
	r      *rand.Rand
	states int
	next   string // the state that something must lead to
	b      strings.Builder
}

// generated is the flow of a seed, as text.
func generated(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 7))
	return generatedWith(r, 2+r.IntN(5))
}

// generatedWith is a flow with so many states.
func generatedWith(r *rand.Rand, states int) string {
	m := &maker{r: r, states: states}
	m.b.WriteString(`ivr: 1
flow: generated
limits: {call: 5m, steps: 1000}
prompts: {p0: "One.", p1: "Two.", p2: "Three.", ask: "Press.", sorry: "Sorry."}
vars: {code: {type: digits, length: 1}, n: {type: number, default: 0}}
actions: {act: {in: [n], outcomes: [good, bad, odd], timeout: 1s}}
start: begin
states:
  begin: [answer, {goto: s0}]
`)
	for i := range m.states {
		fmt.Fprintf(&m.b, "  s%d:\n", i)
		m.next = ""
		if i+1 < m.states {
			m.next = fmt.Sprintf("s%d", i+1) // so that something leads to every state
		}
		for range m.r.IntN(3) {
			m.step()
		}
		m.leave()
	}
	if m.r.IntN(3) == 0 {
		m.b.WriteString("on_hangup: [{do: act, good: end, bad: end, odd: end, failed: end}]\n")
	}
	if m.r.IntN(3) == 0 {
		m.b.WriteString("on_error: [{play: sorry}, end]\n")
	}
	m.b.WriteString("invariants:\n")
	for range 6 {
		m.promise()
	}
	return m.b.String()
}

func (m *maker) pick(words ...string) string { return words[m.r.IntN(len(words))] }

func (m *maker) state() string { return fmt.Sprintf("s%d", m.r.IntN(m.states)) }

// leave is a step that ends a state.
func (m *maker) leave() {
	w := func(format string, args ...any) { fmt.Fprintf(&m.b, "    - "+format+"\n", args...) }
	switch m.r.IntN(7) {
	case 0, 1, 2:
		w("menu: ask\n      keys: {1: %s, 2: %s}\n      tries: %d\n      barge_in: %s\n      gave_up: %s", m.target(), m.target(), 1+m.r.IntN(2), m.pick("true", "true", "false"), m.target())
		return
	case 3, 4:
		w("do: act\n      good: %s\n      bad: %s\n      odd: %s\n      failed: %s", m.target(), m.target(), m.target(), m.target())
		return
	case 5:
		w("transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}\n      failed: %s", m.target())
		return
	}
	if m.next == "" && m.r.IntN(2) == 0 {
		w("end")
		return
	}
	w("goto: %s", m.target0())
}

// target0 is a state.
func (m *maker) target0() string {
	if m.next != "" {
		to := m.next
		m.next = ""
		return to
	}
	return m.state()
}

// target is a handler.
func (m *maker) target() string {
	if m.next != "" {
		return m.target0()
	}
	switch m.r.IntN(8) {
	case 0:
		return "end"
	case 1:
		return fmt.Sprintf("{up_to: 1, then: %s, else: %s}", m.state(), m.pick(m.state(), "end"))
	}
	return m.state()
}

// step is a step that goes on.
func (m *maker) step() {
	w := func(format string, args ...any) { fmt.Fprintf(&m.b, "    - "+format+"\n", args...) }
	prompt := m.pick("p0", "p1", "p2")
	switch m.r.IntN(5) {
	case 0, 1:
		w("play: {prompt: %s, barge_in: true}", prompt)
	case 2:
		w("play: %s", prompt)
	case 3:
		w("collect: code\n      prompt: %s\n      tries: 1\n      gave_up: %s", prompt, m.target())
		w("switch: [{when: 'code == \"%d\"', then: %s}]", 1+m.r.IntN(3), m.target())
	case 4:
		w("set: {n: %d}", m.r.IntN(3))
		w("switch: [{when: n > %d, then: %s}]", m.r.IntN(3), m.target())
	}
}

// promise is an invariant that may hold or not.
func (m *maker) promise() {
	happening := func() string {
		return m.pick("play(p0)", "play(p1)", "play(ask)", "do(act)", "act.good", "act.bad", "transfer", "key(1)", "key(2)", "state("+m.state()+")", "end")
	}
	switch m.r.IntN(6) {
	case 0, 1:
		fmt.Fprintf(&m.b, "  - %s requires %s\n", happening(), happening())
	case 2:
		fmt.Fprintf(&m.b, "  - never: %s after %s\n", happening(), happening())
	case 3:
		fmt.Fprintf(&m.b, "  - always: n %s %d at %s\n", m.pick("<", "==", ">="), m.r.IntN(3), happening())
	case 4:
		fmt.Fprintf(&m.b, "  - can: reach %s within %d keys\n", m.pick(m.state(), "end"), 1+m.r.IntN(3))
	case 5:
		fmt.Fprintf(&m.b, "  - must: reach %s or end within %d steps\n", m.state(), 2+m.r.IntN(80))
	}
}

// loaded is a generated flow; nil if the loader refuses it.
func loaded(t testing.TB, src string) *flow.Flow {
	t.Helper()
	f, _, err := flow.Load(fstest.MapFS{"g.ivr.yaml": {Data: []byte(src)}}, "g.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f
}
