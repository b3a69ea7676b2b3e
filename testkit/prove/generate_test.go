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
	kinds  int    // of steps that go on
	next   string // the state that something must lead to
	b      strings.Builder
}

// generated is the flow of a seed, as text.
func generated(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 7))
	return generatedWith(r, 2+r.IntN(5))
}

// few is the flow of a seed with fewer kinds of steps.
func few(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 7))
	return (&maker{r: r, states: 2 + r.IntN(5), kinds: 5}).flow()
}

// generatedWith is a flow with so many states.
func generatedWith(r *rand.Rand, states int) string {
	return (&maker{r: r, states: states, kinds: 7}).flow()
}

func (m *maker) flow() string {
	m.b.WriteString(`ivr: 1
flow: generated
limits: {call: 5m, steps: 1000}
prompts: {p0: "One.", p1: "Two.", p2: "Three.", ask: "Press.", sorry: "Sorry."}
vars: {code: {type: digits, length: 1}, long: {type: digits, length: 1..2}, n: {type: number, default: 0}}
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
	for _, section := range [...]string{"on_hangup", "on_end"} {
		if m.r.IntN(3) == 0 && m.kinds > 5 {
			fmt.Fprintf(&m.b, "%s: [{do: act, good: end, bad: %s, odd: end, failed: %s}]\n", section, m.pick("end", "{up_to: 1, then: repeat, else: end}", "repeat"), m.pick("end", "end", "repeat"))
		}
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
	switch m.r.IntN(m.kinds) {
	case 0, 1:
		w("play: {prompt: %s, barge_in: true}", prompt)
	case 2:
		w("play: %s", prompt)
	case 3:
		w("collect: code\n      prompt: %s\n      tries: 1\n      gave_up: %s", prompt, m.target())
		w("switch: [{when: 'code == \"%d\"', then: %s}]", 1+m.r.IntN(2), m.target())
	case 4:
		w("set: {n: %s}", m.pick("0", "1", "2", "'${2 - n}'"))
		w("switch: [{when: n > %d, then: %s}]", m.r.IntN(3), m.target())
	case 5:
		w("collect: long\n      whole: 7s\n      between_keys: 4s\n      prompt: %s\n      barge_in: %s\n      tries: %d\n      gave_up: %s", prompt, m.pick("true", "false"), 1+m.r.IntN(2), m.target())
		w("switch: [{when: 'long == \"%s\"', then: %s}]", m.pick("1", "12"), m.target())
	case 6:
		w("wait: %ds\n      keys: {%d: %s}", 2+m.r.IntN(3), 1+m.r.IntN(2), m.target())
	}
}

// promise is an invariant that may hold or not.
func (m *maker) promise() {
	happening := func() string {
		return m.pick("play(p0)", "play(p1)", "play(ask)", "do(act)", "act.good", "act.bad", "transfer", "key(1)", "key(2)", "state("+m.state()+")", "end")
	}
	switch m.r.IntN(7) {
	case 0, 1:
		fmt.Fprintf(&m.b, "  - %s requires %s\n", happening(), happening())
	case 2:
		fmt.Fprintf(&m.b, "  - never: %s after %s\n", happening(), happening())
	case 3:
		fmt.Fprintf(&m.b, "  - always: n %s %d at %s\n", m.pick("<", "==", ">="), m.r.IntN(3), happening())
	case 4:
		fmt.Fprintf(&m.b, "  - can: reach %s within %s\n", m.pick(m.state(), "end"), m.pick("1 keys", "2 keys", "3 keys", "2s", "6s", "12s"))
	case 5:
		fmt.Fprintf(&m.b, "  - must: reach %s within %s\n", m.pick(m.state(), m.state()+" or end", "end"), m.pick("10 steps", "20 steps", "60 steps", "50s", "2m", "4m"))
	case 6:
		fmt.Fprintf(&m.b, "  - silence: at most %s\n", m.pick("2s", "5s", "12s", "40s"))
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
