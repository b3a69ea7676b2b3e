package prove

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Pair is two flows that get the same calls, so that they can be compared: what may
// happen in either, with values that conditions of both tell apart.
type Pair struct {
	facts  [2]*facts
	worlds [][2]*world // by start
	typed  map[[2]*flow.Collect][]string
}

// NewPair prepares the comparison of two flows.
func NewPair(a, b *flow.Flow) *Pair {
	p := &Pair{facts: [2]*facts{newFacts(a), newFacts(b)}, typed: map[[2]*flow.Collect][]string{}}
	for i, fs := range p.facts {
		fs.peer, fs.doubts, fs.peerShown = p.facts[1-i], nil, map[variable]bool{}
	}
	for _, fs := range p.facts {
		for _, m := range fs.root.Members() {
			for _, s := range m.Steps {
				fs.inputs(m, s)
			}
		}
		fs.weighShown()
	}
	p.begin()
	return p
}

// weighShown has the values of what is said or dialled told apart, even if nothing
// depends on them.
func (fs *facts) weighShown() {
	for _, m := range fs.root.Members() {
		for step, live := range fs.live[m.Key] {
			for name := range live {
				if fs.shown(variable{m, name}) {
					fs.weighs[m.Key][step][name] = true
				}
			}
		}
	}
}

// Starts is how many ways there are in which a call begins.
func (p *Pair) Starts() int { return len(p.worlds) }

// Doubts are those about either flow.
func (p *Pair) Doubts() []Doubt { return slices.Concat(p.facts[0].doubts, p.facts[1].doubts) }

// Start is a call of one of the flows, 0 or 1, before it begins, in one of the ways.
func (p *Pair) Start(way, side int) Moment {
	w := p.worlds[way][side]
	return Moment{w, w.start.state()}
}

// Moment is a call of a flow between two acts. It is not changed by what happens
// then.
type Moment struct {
	w  *world
	st state
}

// Choice is something that may happen at a moment.
type Choice struct{ c choice }

// Act is what happens.
func (c Choice) Act() Act { return c.c.Act }

// Same is the choice with the values that another flow's action brought.
func (c Choice) Same(a Act) Choice {
	c.c.Outcome, c.c.Out, c.c.Code = a.Outcome, a.Out, a.Code
	for i, ev := range c.c.events {
		if e, ok := ev.(ivr.ActionReturned); ok {
			e.Outcome, e.Out, e.Code, e.Reason = a.Outcome, a.Out, a.Code, reasonOf(a)
			c.c.events = slices.Clone(c.c.events)
			c.c.events[i] = e
		}
	}
	return c
}

// Session is the call. It must not be changed.
func (m Moment) Session() *engine.Session { return &m.st.session }

// Step is the step that the call is in, nil for none, and in which phase.
func (m Moment) Step() (*flow.Step, flow.Phase) {
	return m.w.root.StepAt(m.st.session.Running, m.st.session.State)
}

// Gone reports that the caller is on no call any more.
func (m Moment) Gone() bool { return m.st.session.State != flow.StateIdle && m.w.gone(&m.st.session) }

// Choices are all that may happen next.
func (m Moment) Choices() []Choice {
	all := m.w.choices(&m.st)
	out := make([]Choice, len(all))
	for i := range all {
		out[i] = Choice{all[i]}
	}
	return out
}

// Press is that the caller presses keys without a pause, whether somebody listens
// or not.
func (m Moment) Press(keys string) Choice {
	menu := &menu{w: m.w, s: &m.st.session, now: m.st.now}
	menu.press(keys)
	c := Choice{menu.all[0]}
	tones := &m.st.session.Tones
	if op := m.st.session.Media.Op; op != 0 && tones.Drop == 0 && len(tones.Stops) == 0 {
		c.after(menu.length(op) / 2) // before what plays is over
	}
	return c
}

// after has it happen after a time at the latest.
func (c *Choice) after(most time.Duration) {
	early := c.c.After - most
	if early <= 0 {
		return
	}
	c.c.After = most
	for i, ev := range c.c.events {
		if e, ok := ev.(ivr.ToneReceived); ok {
			e.At = e.At.Add(-early)
			c.c.events[i] = e
		}
	}
}

// Signal is that the bot's program sends a signal, whether somebody waits or not.
func (m Moment) Signal(name string) Choice {
	menu := &menu{w: m.w, s: &m.st.session, now: m.st.now}
	menu.add(Act{Kind: Signals, What: name}, func(h ivr.Head) ivr.Event { return ivr.Signalled{Head: h, ID: "signal", Name: name} })
	return Choice{menu.all[0]}
}

// Kept reports whether keys are kept that were pressed while nobody listened.
func (m Moment) Kept() bool { return len(m.st.session.Tones.Ahead) > 0 }

// Result is what came of a choice.
type Result struct {
	Events   []ivr.Event
	Commands []ivr.Command // in their order
	Faults   []error
	tr       trace
}

// Do is the call after a choice, with what the platform does at once.
func (m Moment) Do(c Choice) (Moment, Result) {
	to, tr := step(m.w.root, m.st, &c.c)
	return Moment{m.w, to}, Result{tr.events, tr.cmds, tr.errs, tr}
}

// Key is equal for moments that go on alike, and sound alike.
func (m Moment) Key() [16]byte {
	more := []uint64{0}
	for _, t := range m.st.session.Tones.Ahead {
		more = append(more, uint64(t.Key))
	}
	return m.w.keyOf(&m.st, more...)
}

// Tell is what happens at a choice, as a conversation.
func (m Moment) Tell(c Choice, to Moment, r *Result) []Line {
	t := teller{w: m.w, began: m.w.start.now}
	t.tell(&m.st, &to.st, &c.c, &r.tr)
	return t.lines
}

// Alphabet are the keys of one press that any step of either flow may tell apart,
// with one that none knows, for keys that are pressed before anybody listens.
func (p *Pair) Alphabet() []string {
	found := map[string]bool{}
	for _, fs := range p.facts {
		for _, m := range fs.root.Members() {
			for _, s := range m.Steps {
				switch spec := s.Spec.(type) {
				case *flow.Menu:
					for _, e := range spec.Entries {
						found[e.Keys] = true
					}
				case *flow.Wait:
					for _, e := range spec.Entries {
						found[e.Keys] = true
					}
				case *flow.Hunt:
					for _, e := range spec.Entries {
						found[e.Keys] = true
					}
				case *flow.Collect:
					for _, digits := range fs.entries[spec].fit {
						found[digits+spec.EndsWith.String()] = true
					}
				default:
				}
			}
		}
	}
	for _, k := range allKeys {
		if !found[string(k)] {
			found[string(k)] = true
			break
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// withPeer adds what the conditions of the other flow do with a value that both get
// from the same place outside.
func (fs *facts) withPeer(v variable, d depends) depends {
	if fs.peer == nil {
		return d
	}
	for _, o := range fs.sameSource(v) {
		other := fs.peer.ownDepends(o)
		d.with = append(d.with, other.with...)
		d.vague = append(d.vague, slices.Concat(other.own, other.vague)...)
	}
	return d
}

// sameSource are the variables of the other flow that get their values where one of
// this flow does: the configuration, who starts the call, or an action.
func (fs *facts) sameSource(v variable) []variable {
	if base(v.name) == "config" || base(v.name) == "call" || slices.Contains(fs.root.Params, v.name) && v.m == fs.root {
		return []variable{{fs.peer.root, v.name}}
	}
	var all []variable
	for source := range brought(fs, func(o variable) bool { return o == v }) {
		for o := range brought(fs.peer, nil)[source] {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b variable) int { return strings.Compare(a.m.Key+" "+a.name, b.m.Key+" "+b.name) })
	return all
}

// brought are the variables that actions and requests bring, by what brings them.
func brought(fs *facts, only func(variable) bool) map[string]map[variable]bool {
	all := map[string]map[variable]bool{}
	add := func(source string, v variable) {
		if only != nil && !only(v) {
			return
		}
		if all[source] == nil {
			all[source] = map[variable]bool{}
		}
		all[source][v] = true
	}
	for _, m := range fs.root.Members() {
		for _, s := range m.Steps {
			switch spec := s.Spec.(type) {
			case *flow.Do:
				for _, out := range spec.Action.Out {
					into := out
					if spec.Into[out] != "" {
						into = spec.Into[out]
					}
					add(spec.Action.Name+" "+out, variable{m, into})
				}
			case *flow.HTTP:
				for part, into := range spec.Into {
					add("http "+part, variable{m, into})
				}
			default:
			}
		}
	}
	return all
}

// Fault reports a choice that does not happen as long as everything works.
func (c Choice) Fault() bool { return c.c.fault() }

// Request is what tells an action, or a request, from others: its name, or what it
// asks. It is empty for any other step.
func Request(s *flow.Step) string {
	switch spec := s.Spec.(type) {
	case *flow.Do:
		return spec.Action.Name
	case *flow.HTTP:
		words := []string{spec.Request.Method, ""}
		for _, p := range spec.Request.URL {
			if p.Value != nil {
				p.Text = "${}"
			}
			words[1] += p.Text
		}
		return strings.Join(words, " ")
	default:
		return ""
	}
}

// Play tells a call's engine of an event, as a bot does, and answers its commands.
func (m Moment) Play(ev ivr.Event) (Moment, []ivr.Command, error) {
	s, cmds, err := engine.Step(m.w.root, m.st.session, ev)
	m.st.session = s
	return m, cmds, err
}
