package prove

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// allKeys are the keys of a telephone, in the order in which they are tried.
const allKeys = "1234567890*#abcd"

// keys adds what the caller may press where somebody listens, and the signals
// that are waited for.
func (m *menu) keys() {
	if m.step == nil {
		return
	}
	switch spec := m.step.Spec.(type) {
	case *flow.Menu:
		if m.phase == flow.PhaseCollecting {
			m.menuKeys(m.entries(spec))
		}
	case *flow.Collect:
		if m.phase == flow.PhaseCollecting {
			m.entry(spec)
		}
	case *flow.Record:
		if m.phase == flow.PhaseAsking {
			m.press("1")
			m.press("2")
		}
	case *flow.Wait:
		if m.phase == flow.PhaseWaiting && armed(m.s, whyWait) != nil {
			m.entryKeys(spec.Entries)
			if spec.Signal != "" {
				m.add(Act{Kind: Signals, What: spec.Signal}, func(h ivr.Head) ivr.Event {
					return ivr.Signalled{Head: h, ID: "signal", Name: spec.Signal}
				})
			}
		}
	case *flow.Hunt:
		if m.phase != flow.PhaseTransferring && m.s.Consult.Begun {
			m.entryKeys(spec.Entries)
		}
	default:
	}
}

// entries are the keys of a menu, those of its choices among them.
func (m *menu) entries(spec *flow.Menu) []flow.Entry {
	if spec.Choices == nil {
		return spec.Entries
	}
	items, _ := m.s.Vars[spec.Choices.List].([]any)
	return slices.Concat(spec.Choices.Entries(items), spec.Entries)
}

// menuKeys adds each key with which an entry goes on, and one that none has.
func (m *menu) menuKeys(entries []flow.Entry) {
	typed := typedSoFar(m.s.Input.Keys)
	var next []byte
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Keys, typed); ok && rest != "" && !slices.Contains(next, rest[0]) {
			next = append(next, rest[0])
		}
	}
	slices.Sort(next)
	for _, k := range next {
		m.press(string(k))
	}
	if i := strings.IndexFunc(allKeys, func(r rune) bool { return !slices.Contains(next, byte(r)) }); i >= 0 {
		m.press(allKeys[i : i+1])
	}
}

func typedSoFar(tones []engine.Tone) string {
	var b strings.Builder
	for _, t := range tones {
		b.WriteByte(byte(t.Key))
	}
	return b.String()
}

// entryKeys adds keys that stand for themselves. Others are kept for a later
// step, which is as if they were pressed there.
func (m *menu) entryKeys(entries []flow.Entry) {
	for _, e := range entries {
		m.press(e.Keys)
	}
}

// entry adds what may be typed into a collect: each value that the flow can tell
// apart from the others, an entry that does not fit, and the keys that lead
// elsewhere.
func (m *menu) entry(spec *flow.Collect) {
	e := m.w.facts.entries[spec]
	terminator := spec.EndsWith.String()
	digits := e.fit
	if misfit := cmp.Or(e.misfit, idle(spec)); misfit != "" {
		digits = append(slices.Clip(digits), misfit)
	}
	for _, d := range digits {
		c := m.press(d + terminator)
		c.spare = len(terminator) // the entry is over without it, if only later
		m.linger(c, spec)
	}
	if terminator != "" {
		m.press(terminator) // nothing was typed; unlike in silence, keys may follow at once
	}
	m.entryKeys(spec.GlobalKeys)
}

// press adds keys that the caller presses without a pause between them.
func (m *menu) press(keys string) *choice {
	a := Act{Kind: Presses, Keys: keys, After: thinks}
	if t := timer(m.s); t != nil {
		a.After = min(a.After, max(t.Due.Sub(m.now)/2, 0))
	}
	c := m.add(a)
	if t := timer(m.s); t != nil {
		c.late = t.Due.Sub(m.now)
	}
	for i := range len(keys) {
		c.events = append(c.events, ivr.ToneReceived{Head: ivr.Head{At: c.at(m.now)}, Key: ivr.Key(keys[i])})
	}
	return c
}
