package graphsim

import (
	"time"
)

func playParams() []param {
	return []param{
		{name: "prompts", kind: list, required: true}, {name: "loop", kind: flag, betaOnly: true},
		{name: "clientContext", kind: text},
	}
}

// maxPrompts is the limit of one playPrompt.
const maxPrompts = 20

// playPrompt is the action of that name.
func (c *Call) playPrompt(x *exchange) reply {
	prompts, fail := readPrompts(x, maxPrompts)
	if fail == nil && len(prompts) == 0 {
		fail = invalid("'prompts' is empty; give 1 to 20.")
	}
	if fail != nil {
		return reply{fail: fail}
	}
	if bad := c.serviceHosted(); bad != nil {
		return *bad
	}
	if bad := c.ready(); bad != nil {
		return *bad
	}
	return c.accept(x, &operation{prompts: prompts, loop: truth(x.body, "loop")})
}

// Heard is one prompt as the caller heard it.
type Heard struct {
	At            time.Time // when it began
	Operation     string
	ClientContext string
	URI           string
	ResourceID    string
	Length        time.Duration // of the file
	Played        time.Duration // how much was heard
	Cancelled     bool
	Problem       string // why nothing was heard, empty if all was well
	Audio         []byte // the WAV file; not to be changed
}

// Heard is what the caller heard so far, in order, without what still plays.
func (c *Call) Heard() []Heard {
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	return append([]Heard(nil), c.heard...)
}

// hearing is a prompt that the caller hears now.
type hearing struct {
	media
	clip
	began time.Time
}

// nextPrompt plays the prompt at the operation's index. The lock is held.
func (c *Call) nextPrompt(op *operation) {
	if op.ends != "" {
		c.complete(op, endedBy(op.ends))
		return
	}
	if op.index == len(op.prompts) {
		c.promptsOver(op)
		return
	}
	m := op.prompts[op.index]
	if got, ok := c.sim.lookUp(c, m); ok {
		c.hear(op, got, true)
		return
	}
	c.sim.clock.Go(func() {
		got := c.sim.fetch(m.uri)
		c.sim.do(func() {
			c.sim.keep(c, m, got)
			if !op.done {
				c.hear(op, got, false)
			}
		})
	})
}

// hear lets the caller hear a clip, and goes on when it is over.
func (c *Call) hear(op *operation, got clip, cached bool) {
	c.beginHearing(op, got, cached)
	c.releaseTones()
	if c.sim.fails(got) {
		c.endHearing(op, true)
		c.complete(op, unplayable(op, got))
		return
	}
	next := func() {
		c.endHearing(op, false)
		op.index++
		c.nextPrompt(op)
	}
	if got.length == 0 {
		next()
		return
	}
	c.timers.after(c, timerMedia, got.length, next)
}

func (c *Call) beginHearing(op *operation, got clip, cached bool) {
	m := op.prompts[op.index]
	op.current = &hearing{media: m, clip: got, began: c.sim.clock.Now()}
	op.bad = op.bad || got.problem != ""
	c.sim.emit(PromptStarted{Head: c.head(), Operation: op.id, ClientContext: op.context,
		Index: op.index, Count: len(op.prompts), URI: m.uri, ResourceID: m.resourceID,
		Length: got.length, Audio: got.wav, Cached: cached, Problem: got.problem})
}

// endHearing notes what was heard.
func (c *Call) endHearing(op *operation, cut bool) {
	h := op.current
	op.current = nil
	played := h.length
	if cut {
		played = min(played, c.sim.clock.Now().Sub(h.began))
	}
	op.heard += played
	c.heard = append(c.heard, Heard{At: h.began, Operation: op.id, ClientContext: op.context,
		URI: h.uri, ResourceID: h.resourceID, Length: h.length, Played: played, Cancelled: cut,
		Problem: h.problem, Audio: h.wav})
	c.sim.emit(PromptEnded{Head: c.head(), Operation: op.id, ClientContext: op.context,
		Index: op.index, Count: len(op.prompts), Cancelled: cut, Played: played})
}

// unplayable is how an operation ends whose prompt cannot be played.
func unplayable(op *operation, got clip) ending {
	switch {
	case op.record != nil:
		return ending{status: "failed", reason: "playPromptFailed", result: Result{500, 8511, "Action failed, the prompt could not be played."}}
	case got.download:
		return ending{status: "failed", reason: "unknown", result: Result{400, 8536, "Action failed, the file could not be downloaded."}}
	}
	return ending{status: "failed", reason: "unknown", result: Result{400, 8535, "Action failed, the file format is invalid."}}
}

// promptsOver is the end of an operation's last prompt.
func (c *Call) promptsOver(op *operation) {
	switch {
	case op.record != nil:
		c.beep(op)
	case op.loop && op.heard == 0: // a loop of silence: nothing to do until it is cancelled
	case op.loop:
		op.index, op.heard = 0, 0
		c.nextPrompt(op)
	default:
		c.complete(op, playedWell(op))
	}
}

func playedWell(op *operation) ending {
	e := ending{status: "completed", reason: "completedSuccessfully", result: Result{200, 0, "Action completed successfully."}}
	if op.bad {
		e.reason = "unknown"
	}
	return e
}

// fails says that a clip makes its operation fail.
func (s *Sim) fails(got clip) bool { return got.problem != "" && s.set.BadPrompt == BadPromptFails }

// playAtOnce plays an operation's prompts without letting time pass, as if
// the answer of its request had been on its way that long. It notifies the end
// if it is told to. The lock is not held.
func (c *Call) playAtOnce(op *operation, notify bool) (e ending) {
	s := c.sim
	if e = playedWell(op); op.tones != nil {
		e = tonesEnded("completedSuccessfully")
		s.do(func() { c.emitTones(op) })
	}
	for i, m := range op.prompts {
		s.mu.Lock()
		got, cached := s.lookUp(c, m)
		s.mu.Unlock()
		if !cached {
			got = s.fetch(m.uri)
		}
		s.do(func() {
			s.keep(c, m, got)
			if !op.done {
				op.index = i
				c.beginHearing(op, got, cached)
				c.endHearing(op, s.fails(got))
				e = playedWell(op)
			}
		})
		if s.fails(got) {
			e = unplayable(op, got)
			break
		}
	}
	s.do(func() { c.settle(op, e, notify) })
	return e
}

// settle ends an operation that was played at once.
func (c *Call) settle(op *operation, e ending, notify bool) {
	switch {
	case op.done: // cancelled, or the call ended, while a prompt was fetched
	case notify:
		c.complete(op, e)
	default:
		c.drop(op)
		c.startNext()
	}
}
