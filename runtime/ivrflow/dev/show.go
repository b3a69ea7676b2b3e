package dev

import (
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// say writes a line about now.
func (d *desk) say(tag, text string) { d.sayAt(d.now(), tag, text) }

func (d *desk) sayAt(at time.Time, tag, text string) {
	d.flush()
	d.out.line(at, tag, text)
}

// flush writes the keys that were pressed and are not on the screen yet, so
// that a number is one line.
func (d *desk) flush() {
	if p := d.pressed; p.keys != "" {
		d.pressed = pressed{}
		d.out.line(p.at, "key", p.keys)
	}
}

// show writes what the caller notices.
func (d *desk) show(e graphsim.Event) {
	at := e.When()
	switch e := e.(type) {
	case graphsim.Ringing:
		d.sayAt(at, "ring", tell.Party(e.Caller)+" calls "+tell.Party(e.Called))
	case graphsim.Answered:
		d.sayAt(at, "call", "answered")
	case graphsim.Rejected:
		d.sayAt(at, "call", "rejected: "+string(e.Reason))
	case graphsim.Redirected:
		d.sayAt(at, "→", "redirected to "+tell.Targets(e.Targets))
	case graphsim.ToneSent:
		d.showKey(at, e.Key)
	case graphsim.ToneLost:
		d.sayAt(at, "key", e.Key.String()+" was not heard: "+e.Why)
	case graphsim.TonesSent:
		var keys strings.Builder
		for _, k := range e.Keys {
			keys.WriteString(k.String())
		}
		d.sayAt(at, "keys", "sent: "+keys.String())
	case graphsim.Muted:
		d.sayAt(at, "call", "the bot is "+map[bool]string{true: "muted", false: "heard again"}[e.Muted])
	case graphsim.PromptStarted:
		d.showPrompt(e)
	case graphsim.RecordingStarted:
		d.sayAt(at, "record", "recording")
	case graphsim.RecordingEnded:
		d.sayAt(at, "record", fmt.Sprintf("%s, %s", tell.Seconds(e.Length), strings.ReplaceAll(string(e.Why), "_", " ")))
	case graphsim.Transferring:
		d.sayAt(at, "→", "transferring to "+tell.Target(e.Target))
	case graphsim.Transferred:
		d.sayAt(at, "→", "transferred to "+tell.Target(e.Target))
	case graphsim.TransferFailed:
		d.sayAt(at, "→", fmt.Sprintf("transfer failed: %s is %s", tell.Target(e.Target), e.Behaviour))
	case graphsim.Ended:
		d.sayAt(at, "call", fmt.Sprintf("ended by %s (%d/%d)", e.By, e.Result.Code, e.Result.Subcode))
	case graphsim.CallbackFailed:
		d.sayAt(at, "graph", fmt.Sprintf("the bot did not take a callback: status %d, %v", e.Status, e.Err))
	case graphsim.Request:
		if e.Status >= 400 && !d.talk.ended { // refused afterwards, it only came too late
			d.sayAt(at, "graph", fmt.Sprintf("refused %s %s: %d %s %s", e.Method, e.Path, e.Status, e.Code, e.Message))
		}
	default: // of another call, of calls of several, which no flow makes, and what nobody notices
	}
}

// showKey shows a key, unless it may belong to a secret.
func (d *desk) showKey(at time.Time, k ivr.Key) {
	if d.pressed.keys == "" {
		d.pressed.at = at
	}
	if t := d.talk; t.rec.secret(t.rec.place) {
		d.pressed.keys += "•"
		return
	}
	d.pressed.keys += k.String()
}

// showPrompt shows a prompt as it starts. The rounds of a loop are shown once.
func (d *desk) showPrompt(e graphsim.PromptStarted) {
	id := fmt.Sprint(e.Operation, " ", e.Index)
	if d.talk.heard[id] {
		return
	}
	d.talk.heard[id] = true
	text := d.promptText(e)
	if text == "" && e.Problem == "" {
		return // a value that goes on
	}
	if e.Problem != "" {
		text += ": nothing is heard, " + e.Problem
	} else {
		text += " (" + tell.Seconds(e.Length) + ")"
	}
	d.sayAt(e.At, "hear", text)
}

// promptText is a prompt's key and what it says; nothing for what continues a
// value.
func (d *desk) promptText(e graphsim.PromptStarted) string {
	p, ok := d.part(e)
	if !ok {
		return "a prompt"
	}
	var texts []string
	for _, p := range ivr.Heard([]ivr.Part{p}) {
		texts = append(texts, tell.Heard(p))
	}
	return strings.Join(texts, " + ")
}

// redraw brings the live line up to date.
func (d *desk) redraw() {
	if d.term.raw && !d.done {
		d.out.setLive(d.liveText())
	}
}

const barWidth = 24

func (d *desk) liveText() string {
	if d.edit != nil {
		return d.edit.line()
	}
	t := d.talk
	if t == nil {
		return "ENTER or a key rings again, q quits, ? helps"
	}
	text := strings.Repeat(" ", indent)
	if d.pressed.keys != "" {
		text += "keys " + d.pressed.keys + "  "
	}
	return text + d.doing()
}

// doing is what goes on in the call.
func (d *desk) doing() string {
	t := d.talk
	s := &t.stage
	now := d.now()
	switch {
	case t.ended:
		return "the call is over"
	case !t.live:
		return "it rings"
	case s.handover != "":
		return "ringing at " + s.handover
	case s.playing != nil:
		done := min(now.Sub(s.playing.began), s.playing.event.Length)
		return fmt.Sprintf("%s %.1f / %s  %s", bar(done, s.playing.event.Length, barWidth), done.Seconds(),
			tell.Seconds(s.playing.event.Length), s.playing.name)
	case !s.recording.IsZero():
		return fmt.Sprintf("recording %s   (r speaks, a key ends it)", tell.Seconds(now.Sub(s.recording)))
	case s.takesKeys():
		return "listening for keys"
	case s.step != nil && s.phase == flow.PhaseActing:
		return "doing " + s.step.ID
	}
	return ""
}
