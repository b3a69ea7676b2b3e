package testkit

import (
	"fmt"
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

	steps  []string // of the caller, in YAML
	told   int      // prompts of seen.heard that are among the steps
	moves  int      // of seen.moves that were looked at
	keys   string   // pressed, and not among the steps yet
	keyAt  time.Time
	tried  bool // a key was pressed since the flow began to wait for keys
	waits  bool // the flow waits for keys
	speech speech

	replies map[string][]Reply
	answers map[string][]HTTPReply
	asked   map[ivr.OpID]asking

	schedules bool // the test says how they stand
}

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

// keyPause parts keys that are pressed for two things.
const keyPause = 2 * time.Second

// Event takes what happened on the phone.
func (s *Scribe) Event(ev graphsim.Event) {
	s.at.time = ev.When()
	own := s.seen.call == "" || ev.CallID() == s.seen.call
	if own {
		switch e := ev.(type) {
		case graphsim.ToneSent:
			s.pressed(e.Key)
		case graphsim.RecordingEnded:
			s.spoken()
		case graphsim.Ended:
			s.spoken()
			if e.By == ivr.EndedByCaller {
				s.hangsUp()
			}
		case graphsim.Transferred:
			s.act("transferred: " + targetText(e.Target))
		case graphsim.Redirected:
			items := make([]string, len(e.Targets))
			for i, t := range e.Targets {
				items[i] = targetText(t)
			}
			s.act("redirected: [" + strings.Join(items, ", ") + "]")
		case graphsim.Rejected:
			s.act("rejected: " + string(e.Reason))
		default:
		}
	}
	s.seen.event(ev)
	if _, ok := ev.(graphsim.RecordingStarted); ok && own && s.speech.length > 0 && s.speech.since.IsZero() {
		s.speech.since = s.at.time
	}
}

// Speaks takes that the caller begins to say something, at once or as soon as the
// flow records.
func (s *Scribe) Speaks(at time.Time, length time.Duration) {
	s.at.time = at
	if s.speech.length == 0 {
		s.endKeys()
	}
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
	if said = said.Round(100 * time.Millisecond); said > 0 {
		s.act("records: " + said.String())
	}
}

func (s *Scribe) pressed(k ivr.Key) {
	heard := len(s.seen.heard) > s.told
	if s.keys != "" && (heard || s.at.time.Sub(s.keyAt) > keyPause) {
		s.endKeys()
	}
	if s.keys == "" {
		s.spoken()
		s.waited()
		s.hears()
	}
	s.keys += k.String()
	s.keyAt, s.tried = s.at.time, true
}

// waited writes down a silence into a recording that a key ends.
func (s *Scribe) waited() {
	if !s.seen.listening || s.seen.recordedAt.IsZero() || len(s.steps) > 0 && strings.HasPrefix(s.steps[len(s.steps)-1], "records") {
		return
	}
	s.hears()
	last := s.seen.heardAt
	if last.IsZero() {
		last = s.seen.recordedAt
	}
	s.steps = append(s.steps, "wait: "+(s.at.time.Sub(last)+50*time.Millisecond).Round(100*time.Millisecond).String())
}

func (s *Scribe) endKeys() {
	if s.keys != "" {
		s.steps = append(s.steps, fmt.Sprintf("press: %q", s.keys))
		s.keys = ""
	}
}

// act is a step that is not a key.
func (s *Scribe) act(step string) {
	s.endKeys()
	s.hears()
	s.steps = append(s.steps, step)
}

// hears writes down the prompts that began since the last step.
func (s *Scribe) hears() {
	var names []string
	for _, h := range s.seen.heard[s.told:] {
		switch p := h.part; {
		case p.Key != "" && p.Words == "":
			names = append(names, p.Key)
		case p.Text != "" && !p.SSML:
			names = append(names, yamlText(p.Text))
		}
	}
	s.told = len(s.seen.heard)
	switch len(names) {
	case 0:
	case 1:
		s.steps = append(s.steps, "hears: "+names[0])
	default:
		s.steps = append(s.steps, "hears: ["+strings.Join(names, ", ")+"]")
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
		s.act("silence: " + word)
	}
	s.waits = strings.HasSuffix(m.state, "/"+string(flow.PhaseCollecting))
	if !slices.Contains([]string{flow.TriggerBargeIn, flow.TriggerTypedAhead, flow.TriggerPrompted}, word) {
		s.tried = false
	}
}

// hangsUp writes down when the caller hangs up: after a prompt, if that is over.
func (s *Scribe) hangsUp() {
	s.endKeys()
	s.hears()
	if n := len(s.seen.heard); n > 0 && s.seen.heard[n-1].over && !s.seen.heard[n-1].cut {
		if p := s.seen.heard[n-1].part; p.Key != "" && p.Words == "" {
			s.steps = append(s.steps, "hears: {end: "+p.Key+"}")
		} else if p.Text != "" && !p.SSML {
			s.steps = append(s.steps, "hears: {end: "+yamlText(p.Text)+"}")
		}
	}
	s.steps = append(s.steps, "hang_up")
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
		reply.Out = map[string]any{}
		for part, v := range e.Out {
			reply.Out[h.HTTP.Into[part]] = v
		}
	}
	s.replies[a.action] = append(s.replies[a.action], reply)
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

// lines are the test without its name.
func (s *Scribe) lines() []string {
	s.spoken()
	s.endKeys()
	s.hears()
	lines := []string{"given:"}
	for _, g := range s.givenLines() {
		lines = append(lines, "  "+g)
	}
	lines = append(lines, "call:")
	for _, step := range s.steps {
		lines = append(lines, "  - "+step)
	}
	if len(s.steps) == 0 {
		lines[len(lines)-1] = "call: []"
	}
	return slices.Concat(lines, []string{"expect: " + s.expects()})
}
