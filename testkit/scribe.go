package testkit

import (
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Scribe writes a call down, while somebody makes it by hand at the simulated
// Graph, as a test that does the same. It is told of all that happens, by one
// goroutine.
type Scribe struct {
	flow  *flow.Flow
	given Given
	seen  *witness
	at    instant

	acts   []acted
	told   int  // prompts of seen.heard that are among the acts
	moves  int  // of seen.moves that were looked at
	tried  bool // a key was pressed since the flow began to wait for keys
	waits  bool // the flow waits for keys
	speech speech

	replies   map[string][]Reply
	answers   map[string][]HTTPReply
	asked     map[ivr.OpID]asking
	schedules bool // the test says how they stand
}

// acted is one thing that a test has to do or to wait for.
type acted struct {
	at    time.Time
	kind  actKind
	text  string        // the prompt's name, the key, or the step in YAML
	takes time.Duration // of speech: how long
}

type actKind uint8

const (
	heardOne actKind = iota // a prompt began
	keyed                   // a key was pressed
	spoke                   // something was said, until now
	let                     // the caller let time pass: told in words, which times make needless
	hungUp
	came // something that the test waits for
)

// instant is a clock that stands.
type instant struct{ time time.Time }

// Now is when the last thing happened.
func (i *instant) Now() time.Time { return i.time }

// asking is an action or a request on its way.
type asking struct{ action, step string }

// speech is what the caller says.
type speech struct {
	since  time.Time // zero: nothing is being said
	length time.Duration
}

// NewScribe begins a test of a flow, in a world as given describes it. What actions
// and web services answer is written down.
func NewScribe(f *flow.Flow, given Given) *Scribe {
	s := &Scribe{flow: f, given: given, at: instant{given.Now}, replies: map[string][]Reply{}, answers: map[string][]HTTPReply{}, asked: map[ivr.OpID]asking{}}
	s.seen = newWitness(f, &s.at)
	return s
}

// Event takes what happened on the phone.
func (s *Scribe) Event(ev graphsim.Event) {
	s.at.time = ev.When()
	own := s.seen.call == "" || ev.CallID() == s.seen.call
	if own {
		s.own(ev)
	}
	s.seen.event(ev)
	for ; s.told < len(s.seen.heard); s.told++ {
		if name := promptText(s.seen.heard[s.told].part); name != "" {
			s.act(heardOne, name)
		}
	}
	if _, ok := ev.(graphsim.RecordingStarted); ok && own && s.speech.length > 0 && s.speech.since.IsZero() {
		s.speech.since = s.at.time
	}
}

// own takes what happened on the caller's phone.
func (s *Scribe) own(ev graphsim.Event) {
	switch e := ev.(type) {
	case graphsim.ToneSent:
		s.spoken()
		if s.seen.listening && s.last() != spoke && s.last() != keyed {
			s.act(let, "wait: "+tenths(s.at.time.Sub(s.seen.heardAt)))
		}
		s.act(keyed, e.Key.String())
		s.tried = true
	case graphsim.RecordingEnded:
		s.spoken()
	case graphsim.Ended:
		s.spoken()
		if e.By == ivr.EndedByCaller {
			s.hangsUp()
		}
	case graphsim.Transferred:
		s.act(came, "transferred: "+targetText(e.Target))
	case graphsim.Redirected:
		items := make([]string, len(e.Targets))
		for i, t := range e.Targets {
			items[i] = targetText(t)
		}
		s.act(came, "redirected: ["+strings.Join(items, ", ")+"]")
	case graphsim.Rejected:
		s.act(came, "rejected: "+string(e.Reason))
	default:
	}
}

func tenths(d time.Duration) string {
	return max(d.Round(100*time.Millisecond), 100*time.Millisecond).String()
}

// promptText is a prompt as a test names it; empty for one that it cannot name.
func promptText(p ivr.Part) string {
	switch {
	case p.Key != "" && p.Words == "":
		return p.Key
	case p.Text != "" && !p.SSML:
		return yamlText(p.Text)
	}
	return ""
}

func (s *Scribe) act(kind actKind, text string) {
	s.acts = append(s.acts, acted{at: s.at.time, kind: kind, text: text})
}

// last is the kind of the last act.
func (s *Scribe) last() actKind {
	if len(s.acts) == 0 {
		return came
	}
	return s.acts[len(s.acts)-1].kind
}

// Speaks takes that the caller begins to say something, at once or as soon as the
// flow records.
func (s *Scribe) Speaks(at time.Time, length time.Duration) {
	s.at.time = at
	s.speech.length += length
	if s.seen.listening && s.speech.since.IsZero() {
		s.speech.since = at
	}
}

// spoken writes down what was said so far. A recording in stretches is one speech.
func (s *Scribe) spoken() {
	if s.speech.since.IsZero() {
		return
	}
	said := min(s.speech.length, s.at.time.Sub(s.speech.since))
	s.speech = speech{}
	if said > 0 {
		s.acts = append(s.acts, acted{s.at.time, spoke, "records: " + tenths(said), said})
	}
}

// Change takes what the engine decided.
func (s *Scribe) Change(c call.Change) {
	if n := len(c.Events); n > 0 {
		s.at.time = c.Events[n-1].When()
	}
	for _, cmd := range c.Commands {
		switch cmd := cmd.(type) {
		case ivr.RunAction:
			s.asked[cmd.Op] = asking{action: cmd.Name}
		case ivr.HTTPRequest:
			s.asked[cmd.Op] = asking{cmd.Action, cmd.Step}
		default:
		}
	}
	for _, ev := range c.Events {
		if e, ok := ev.(ivr.ActionReturned); ok {
			s.returned(e)
		}
	}
	s.seen.change(c)
	for ; s.moves < len(s.seen.moves); s.moves++ {
		s.moved(s.seen.moves[s.moves])
	}
}

// moved writes down that the caller let a time-out come.
func (s *Scribe) moved(m move) {
	word, _, _ := strings.Cut(m.trigger, ".")
	if s.waits && !s.tried && (word == flow.TriggerNoInput || word == gaveUp) {
		s.act(let, "silence: "+word)
	}
	s.waits = strings.HasSuffix(m.state, "/"+string(flow.PhaseCollecting))
	if !slices.Contains([]string{flow.TriggerBargeIn, flow.TriggerTypedAhead, flow.TriggerPrompted}, word) {
		s.tried = false
	}
}

// hangsUp writes down when the caller hangs up: after a prompt, if that is over.
func (s *Scribe) hangsUp() {
	switch n := len(s.seen.heard); {
	case len(s.acts) == 0:
		s.act(let, "wait: "+tenths(s.at.time.Sub(s.given.Now))) // the call had begun
	case n > 0 && s.seen.heard[n-1].over && !s.seen.heard[n-1].cut:
		if name := promptText(s.seen.heard[n-1].part); name != "" {
			s.act(let, "hears: {end: "+name+"}")
		}
	}
	s.act(hungUp, "hang_up")
}

// returned keeps what an action, or a web service, answered.
func (s *Scribe) returned(e ivr.ActionReturned) {
	a, ok := s.asked[e.Op]
	if !ok {
		return
	}
	if a.action == "" {
		reply := HTTPReply{Status: e.Code, Failed: e.Code == 0}
		if len(e.Out) > 0 {
			reply.JSON = BodyOf(e.Out)
		}
		s.answers[a.step] = append(s.answers[a.step], reply)
		return
	}
	reply := Reply{Outcome: e.Outcome, Out: e.Out}
	if h := s.flow.Actions[a.action]; h != nil && h.HTTP != nil {
		reply.Outcome, reply.Out = meant(h.HTTP, e.Outcome), map[string]any{}
		for part, v := range e.Out {
			reply.Out[h.HTTP.Into[part]] = v
		}
	}
	s.replies[a.action] = append(s.replies[a.action], reply)
}

// meant is the outcome of an HTTP action that an answer means, as for the engine: that of
// its status, of the class of it, or of a failure.
func meant(h *flow.HTTPAction, answer string) string {
	if answer == "ok" {
		return answer
	}
	for _, word := range []string{answer, answer[:min(1, len(answer))] + "xx", failed} {
		if outcome := h.Outcomes[word]; outcome != "" {
			return outcome
		}
	}
	return failed
}

// expects is what the test expects at the end.
func (s *Scribe) expects() string {
	var parts []string
	by := s.seen.session.EndedBy
	if by == "" && s.seen.end != nil {
		by = s.seen.end.By
	}
	if by != "" {
		parts = append(parts, "ended: by_"+string(by))
	}
	var done []string
	for _, a := range s.seen.actions() {
		done = append(done, yamlText(a.name))
	}
	if len(s.flow.Actions) > 0 {
		parts = append(parts, "do: ["+strings.Join(done, ", ")+"]")
	}
	for _, kind := range []string{"milestone", "tag"} {
		var names []string
		for _, m := range s.seen.marks {
			if m.Kind == kind {
				names = append(names, yamlText(m.Name))
			}
		}
		if len(names) > 0 {
			parts = append(parts, kind+"s: ["+strings.Join(names, ", ")+"]")
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
