package dev

import (
	"fmt"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// ring calls the bot.
func (d *desk) ring() {
	d.out.began = d.now()
	d.stand.begin(d.flow)
	c, err := d.world.sim.Ring(d.set.caller)
	if err != nil {
		d.fail("nobody can ring", err)
		return
	}
	d.talk = &talk{call: c, flow: d.flow, rec: newRecord(d.flow, d.now()), parts: map[ivr.OpID][]ivr.Part{},
		beeps: map[ivr.OpID]bool{}, heard: map[string]bool{}}
	d.talk.scribe = d.newScribe(d.flow)
	d.caller.begin()
}

// leave hangs up and ends the run. The second time it does not wait.
func (d *desk) leave() {
	if d.talk == nil || d.leaving {
		d.done = true
		return
	}
	d.leaving = true
	d.talk.call.HangUp()
	d.after(farewell, func() { d.done = true })
}

// onChange takes a change of the call on the bot's side.
func (d *desk) onChange(ch call.Change) {
	t := d.talk
	if t == nil || ch.Session.Leg.Call != t.call.ID() {
		return // a call that was over for us
	}
	if f := d.versions[ch.Session.Version]; f != nil {
		t.flow, t.rec.flow = f, f
	}
	if t.scribe != nil {
		t.scribe.Change(ch)
	}
	d.people(t.flow, ch)
	before := len(t.rec.visits)
	t.rec.add(ch)
	for _, v := range t.rec.visits[before:] {
		d.sayAt(v.at, "state", v.state)
	}
	t.stage.step, t.stage.phase = t.flow.StepAt(ch.Session.Running, ch.Session.State)
	for _, cmd := range ch.Commands {
		d.onCommand(cmd)
	}
	if ch.Session.Over() {
		t.over = true
		d.settleSoon()
	}
}

func (d *desk) onCommand(cmd ivr.Command) {
	switch c := cmd.(type) {
	case ivr.Moved:
		d.talk.stage.moves++
		d.listenedInVain(c.Trigger)
	case ivr.PlayPrompt:
		d.talk.parts[c.Op] = c.Parts
	case ivr.RecordResponse:
		d.talk.beeps[c.Op] = c.Beep
	case ivr.Mark:
		d.say("mark", c.Kind+" "+tell.Mark(c))
	default:
	}
}

// onSim takes what happened on the caller's side.
func (d *desk) onSim(e graphsim.Event) {
	t := d.talk
	if t == nil {
		return
	}
	if t.scribe != nil {
		t.scribe.Event(e)
	}
	if id := e.CallID(); id != t.call.ID() && id != "" {
		if t.called(id, e) {
			d.showCallee(e)
		}
		return
	}
	if p := t.stage.playing; p != nil {
		d.stopHearing(p, e)
	}
	t.stage.observe(e)
	d.show(e)
	switch e := e.(type) {
	case graphsim.Answered:
		t.live = true
		d.tape.answered(e.At)
	case graphsim.PromptStarted:
		d.hear(e)
	case graphsim.RecordingEnded:
		t.listened(e)
	case graphsim.RecordingStarted:
		t.listens(e.At)
		if _, op, ok := graph.ParseClientContext(e.ClientContext); ok && t.beeps[op] {
			d.tape.put(e.At.Add(-beepLength), beep(), beepLength)
			d.player.play(prompt.EncodeWAV(beep()))
		}
	case graphsim.Ended:
		t.ended = true
		d.tape.ended(e.At)
		d.settleSoon()
	default:
	}
}

// hear lets the person hear a prompt.
func (d *desk) hear(e graphsim.PromptStarted) {
	if p := d.talk.stage.playing; p != nil {
		p.name = d.promptName(e)
		p.stop = d.player.play(e.Audio)
	}
}

// stopHearing ends a prompt, and notes how much of it was heard.
func (d *desk) stopHearing(p *playing, e graphsim.Event) {
	switch e := e.(type) {
	case graphsim.PromptEnded:
		if pcm, err := prompt.DecodeWAV(p.event.Audio); err == nil {
			d.tape.put(p.began, pcm, e.Played)
		}
		if e.Cancelled {
			p.stop()
		}
	case graphsim.Ended:
		p.stop()
	default:
	}
}

// part is the part of a prompt that a simulator's event is about.
func (d *desk) part(e graphsim.PromptStarted) (ivr.Part, bool) {
	_, op, ok := graph.ParseClientContext(e.ClientContext)
	parts := d.talk.parts[op]
	if !ok || e.Index >= len(parts) {
		return ivr.Part{}, false
	}
	return parts[e.Index], true
}

func (d *desk) promptName(e graphsim.PromptStarted) string {
	p, ok := d.part(e)
	switch {
	case !ok:
		return "prompt"
	case len(p.Joined) > 0:
		return tell.Parts([]ivr.Part{p})
	}
	return tell.Part(p)
}

// settleSoon settles the call once both ends are over. One that stays open is
// given some time.
func (d *desk) settleSoon() {
	t := d.talk
	if t.ended && t.over {
		d.settle()
		return
	}
	if t.armed {
		return
	}
	t.armed = true
	patience := settleTime
	if d.world.virtual != nil {
		patience = settleFast
	}
	d.after(patience, func() {
		if d.talk != t {
			return
		}
		if !t.over {
			d.say("bot", "does not know yet that the call is over")
		}
		if !t.ended {
			t.call.HangUp()
		}
		d.settle()
	})
}

// settle shows the record of the call that is over.
func (d *desk) settle() {
	t := d.talk
	d.talk, d.edit = nil, nil
	d.flush()
	d.out.print("\n" + tell.Clean(t.rec.table()) + "\n")
	d.keepTest(t)
	if name := d.set.opts.WAV; name != "" {
		if err := d.tape.save(name); err != nil {
			d.fail("what the caller heard is not saved", err)
			return
		}
	}
	if !d.set.person() {
		d.dropElements()
		d.done, d.code = true, d.verdict(t.rec)
		return
	}
	if d.leaving {
		d.done = true
		return
	}
	if !d.term.raw && len(d.caller.queue) == 0 {
		d.out.note("An empty line rings again, q quits.")
	}
}

// verdict is the exit code after a call without a person.
func (d *desk) verdict(r *record) int {
	switch {
	case d.leaving:
		return ExitFailure // interrupted
	case !r.normal(), d.unkept:
		return ExitFindings
	}
	return ExitOK
}

// idle acts what lines ask for between calls.
func (d *desk) idle() {
	d.dropElements()
	if len(d.caller.queue) == 0 || d.done {
		return
	}
	e := d.caller.queue[0]
	d.pop()
	if e.act == actQuit {
		d.done = true
		return
	}
	d.ring()
}

// dropElements throws away what can only be done in a call.
func (d *desk) dropElements() {
	for len(d.caller.queue) > 0 {
		e := d.caller.queue[0]
		if e.act == actRing || e.act == actQuit {
			return
		}
		if e.act != actHangUp {
			d.out.note(fmt.Sprintf("Not done of the script, since the call was over: %s", e.text))
		}
		d.pop()
	}
}
