package prove

import (
	"fmt"
	"math/rand/v2"
)

// gathered is a small flow of kind meeting, with so many states: a seed always gives
// the same. What it does not do is what generate_test.go does.
func gathered(seed uint64, states int) string {
	m := &maker{r: rand.New(rand.NewPCG(seed, 23)), states: states}
	m.b.WriteString(gatheredHead)
	m.next = "s0"
	fmt.Fprintf(&m.b, "      lobby: %s\n      failed: %s\n    - goto: %s\n", m.pick("end", "end", "begin"), m.pick("end", "end", "{up_to: 1, then: begin, else: end}"), m.target0())
	for i := range states {
		fmt.Fprintf(&m.b, "  s%d:\n", i)
		m.next = ""
		if i+1 < states {
			m.next = fmt.Sprintf("s%d", i+1)
		}
		for range m.r.IntN(3) {
			m.together(seed % 4)
		}
		m.parts(seed % 4)
	}
	m.b.WriteString("invariants:\n")
	for i := range 4 {
		m.agreed(i == 0 && seed%4 == 0)
	}
	return m.b.String()
}

const gatheredHead = `ivr: 1
flow: gathered
kind: meeting
limits: {call: 1h, steps: 1000}
prompts: {p0: "One.", p1: "Two."}
config: {colleague: {type: string}}
vars: {n: {type: number, default: 0}}
actions: {act: {in: [n], outcomes: [good, bad], timeout: 1s}}
defaults: {play: {barge_in: false, failed: []}}
start: begin
states:
  begin:
    - join:
      wait: 30s
`

// meetingsByHand are flows in which it matters when people come and go: what follows
// their heads.
func meetingsByHand() []string {
	return []string{
		// Between two questions somebody leaves, and somebody joins.
		`      lobby: end
      failed: end
    - switch: [{when: call.participants > 1, then: s0}, {else: end}]
  s0:
    - play: p0
    - switch: [{when: call.participants > 1, then: s1}, {else: s2}]
  s1: [{play: p1}, end]
  s2:
    - do: act
      good: s1
      bad: end
      failed: end
invariants: ["play(p1) requires do(act)", "do(act) requires play(p1)", {can: "reach s2 within 1 keys"}, {must: "reach s1 or s2 or end within 10 steps"}]
`,
		// The same of the colleague, who is on hold and leaves.
		`      lobby: end
      failed: end
    - hold: {user: "${config.colleague}"}
      failed: end
    - play: p0
    - switch: [{when: call.held, then: s0}, {else: s1}]
  s0:
    - play: p1
    - resume:
      failed: s2
    - end
  s1: [{play: p0}, end]
  s2:
    - switch: [{when: 'any(call.roster, #.who == config.colleague)', then: end}, {else: s1}]
invariants: ["state(s1) requires play(p1)", "state(s2) requires play(p1)", {never: "play(p0) after play(p1)"}]
`,
		// Before the first question, and after the bot was alone.
		`      lobby: end
      failed: end
    - wait: {for: 10s, people: true}
      joined: s0
      left: s1
    - end
  s0:
    - play: p0
    - switch: [{when: call.participants == 2, then: s1}, {else: s2}]
  s1: [{play: p1}, {goto: s3}]
  s2:
    - do: act
      good: s1
      bad: s3
      failed: end
  s3:
    - wait: {for: 20s, people: true, keys: {1: s0}}
      left: end
    - switch: [{when: call.participants == 1, then: end}, {else: s3}]
invariants: [{always: "call.participants > 1 at play(p1)"}, "play(p1) requires play(p0)", {never: "do(act) after play(p1)"}]
`,
		// What is asked just after somebody may have gone, without a wait anywhere.
		`      lobby: end
      failed: end
    - play: p0
    - goto: s0
  s0:
    - switch: [{when: call.participants > 1, then: s1}, {else: end}]
  s1:
    - do: act
      good: s2
      bad: end
      failed: end
  s2: [{play: p1}, end]
invariants: [{always: "call.participants > 1 at play(p1)"}, {always: "call.participants > 1 at do(act)"}]
`,
	}
}

// together is a step of a meeting that goes on. What a flow is about is one of four
// things: how many there are, who is there, holding somebody, or all.
func (m *maker) together(about uint64) {
	w := func(format string, args ...any) { fmt.Fprintf(&m.b, "    - "+format+"\n", args...) }
	who := `{user: "${config.colleague}"}`
	failed := func() string { return m.pick("[]", m.target(), m.target()) }
	step := m.r.IntN(9)
	switch {
	case about == 0 && step < 7:
		step = 0
	case about == 1 && step < 3:
		step = 0
	case about == 2:
		step = [...]int{0, 0, 0, 0, 4, 4, 4, 5, 5}[step]
	case about == 0:
		step = 3
	}
	switch step {
	case 0, 1:
		w("play: %s", m.pick("p0", "p1"))
	case 2:
		w("invite: %s\n      failed: %s", who, failed())
	case 3:
		w("mute: %s\n      failed: %s", m.pick("everyone", who), failed())
	case 4:
		w("hold: %s\n      failed: %s", who, failed())
	case 5:
		w("resume:\n      failed: %s", failed())
	case 6:
		w("route_audio: {from: bot, to: %s}\n      failed: %s", who, failed())
	case 7:
		w("route_audio: {stop: true}\n      failed: %s", failed())
	case 8:
		w("recording_status: recording\n      failed: %s", failed())
	}
}

// parts is a step of a meeting that ends a state.
func (m *maker) parts(about uint64) {
	w := func(format string, args ...any) { fmt.Fprintf(&m.b, "    - "+format+"\n", args...) }
	step := m.r.IntN(7)
	if about == 0 && step > 1 || about == 2 && step > 4 {
		step = 3
	}
	if about == 1 && step > 2 {
		step = 5
	}
	switch step {
	case 0, 1, 2:
		people := m.r.IntN(4) > 0
		w("wait: {for: %s, people: %t, keys: {1: %s}}", m.pick("10s", "20s"), people, m.target())
		for _, outcome := range [...]string{"joined", "left"} {
			if people && m.r.IntN(3) > 0 {
				fmt.Fprintf(&m.b, "      %s: %s\n", outcome, m.target())
			}
		}
		if m.r.IntN(3) > 0 {
			w("goto: %s", m.target0())
			return
		}
		w("end")
	case 3, 4:
		w("switch:\n        - {when: 'call.participants %s', then: %s}\n        - {else: %s}", m.pick("> 1", "> 1", "<= 1", "== 2", "== 2"), m.target(), m.target())
	case 5:
		w("switch:\n        - {when: 'any(call.roster, #.who == config.colleague%s)', then: %s}\n        - {else: %s}", m.pick("", "", " && not #.lobby"), m.target(), m.target())
	default:
		w("do: act\n      good: %s\n      bad: %s\n      failed: end", m.target(), m.target())
	}
}

// agreed is an invariant that may hold or not. counts says that it is one about how
// many there are.
func (m *maker) agreed(counts bool) {
	happening := func() string {
		return m.pick("play(p0)", "play(p1)", "do(act)", "act.good", "act.bad", "state("+m.state()+")", "state("+m.state()+")", "end")
	}
	if counts {
		fmt.Fprintf(&m.b, "  - always: call.participants %s at %s\n", m.pick("> 1", "<= 1"), happening())
		return
	}
	switch m.r.IntN(7) {
	case 0, 1:
		fmt.Fprintf(&m.b, "  - %s requires %s\n", happening(), happening())
	case 2:
		fmt.Fprintf(&m.b, "  - never: %s after %s\n", happening(), happening())
	case 3, 4:
		fmt.Fprintf(&m.b, "  - can: reach %s within %d keys\n", m.pick(m.state(), "end"), m.r.IntN(3)+1)
	default:
		fmt.Fprintf(&m.b, "  - must: reach %s or end within %d steps\n", m.state(), 2+m.r.IntN(80))
	}
}
