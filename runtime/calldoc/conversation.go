package calldoc

import (
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// conversation writes what happened in a call, line by line, as ivrflow dev
// shows it.
type conversation struct {
	text    strings.Builder
	began   time.Time
	caller  ivr.Party
	called  ivr.Party
	damaged bool                // the record is, so that the parties may be unknown
	words   map[ivr.OpID]string // operations, in words
	keys    string              // pressed one after another, not written yet
	hidden  int                 // those of them that are not shown
	since   time.Time
}

// moment writes one change.
func (c *conversation) moment(m store.Moment) {
	at := m.At
	for _, ev := range m.Events {
		at = ev.When()
		c.event(ev)
	}
	for _, ev := range m.Parked {
		c.say(ev.When(), "error", strings.TrimPrefix(fmt.Sprintf("%T", ev), "ivr.")+" could not be applied")
	}
	for _, cmd := range m.Commands {
		c.command(at, cmd)
	}
}

func (c *conversation) say(at time.Time, tag, text string) {
	c.flush()
	c.line(at, tag, text)
}

func (c *conversation) line(at time.Time, tag, text string) {
	fmt.Fprintf(&c.text, "%6.1f  %-7s  %s\n", at.Sub(c.began).Seconds(), tag, tell.Clean(strings.ReplaceAll(text, "\n", " ")))
}

// flush writes the keys that were pressed, so that a number is one line.
func (c *conversation) flush() {
	switch {
	case c.hidden > 0:
		c.line(c.since, "key", keysHidden(c.hidden))
	case c.keys != "":
		c.line(c.since, "key", c.keys)
	}
	c.keys, c.hidden = "", 0
}

func keysHidden(n int) string {
	if n == 1 {
		return "1 key, not shown"
	}
	return fmt.Sprintf("%d keys, not shown", n)
}

func (c *conversation) key(e ivr.ToneReceived) {
	if e.Key == 0 {
		if c.keys != "" {
			c.flush()
		}
		if c.hidden == 0 {
			c.since = e.At
		}
		c.hidden++
		return
	}
	if c.hidden > 0 {
		c.flush()
	}
	if c.keys == "" {
		c.since = e.At
	}
	c.keys += e.Key.String()
}

func (c *conversation) event(ev ivr.Event) {
	at := ev.When()
	switch e := ev.(type) {
	case ivr.CallIncoming:
		c.say(at, "ring", party(c.caller, c.damaged)+" calls "+party(c.called, c.damaged))
	case ivr.CallWanted:
		c.say(at, "ring", "a call is wanted")
	case ivr.CallCreated:
		c.say(at, "call", c.words[e.Op]+": the phone rings")
	case ivr.CallChanged:
		c.changed(at, e)
	case ivr.CallTerminated:
		c.say(at, "call", "ended"+onLeg(e.Leg)+" ("+e.Result.String()+")")
	case ivr.ToneReceived:
		c.key(e)
	case ivr.OperationCompleted:
		if e.Recording != nil {
			c.say(at, "record", tell.RecordEnd(e.Recording.Why))
		}
	case ivr.OperationFailed:
		if what := c.what(e.Op); e.Result.Reason == ivr.ReasonCancelled {
			c.say(at, "cut", what)
		} else {
			c.say(at, "error", what+": "+e.Result.String())
		}
	case ivr.OperationUnknown:
		c.say(at, "error", c.what(e.Op)+": nobody knows whether it was done")
	case ivr.CallRead:
		if e.Gone {
			c.say(at, "call", "the platform does not know it any more")
		} else if e.Also == ivr.ReadPeople {
			c.say(at, "people", fmt.Sprint(len(e.People), " in the meeting"))
		}
	case ivr.ActionReturned:
		c.say(at, "done", strings.TrimSpace(strings.TrimPrefix(c.what(e.Op), "do ")+": "+e.Outcome+" "+string(e.Reason)))
	case ivr.RecordingSaved:
		c.say(at, "record", strings.TrimSpace("saved "+e.ID)+", "+tell.Seconds(e.Length.Std()))
	case ivr.Signalled:
		c.say(at, "signal", e.Name)
	case ivr.Intervened:
		c.say(at, "outside", intervened(e))
	case ivr.RosterChanged:
		c.say(at, "people", fmt.Sprint(len(e.People), " in the meeting"))
	case ivr.OperationAccepted, ivr.Counted, ivr.TimerExpired: // what follows tells
	}
}

// intervened is what somebody outside the flow wants.
func intervened(e ivr.Intervened) string {
	text := "hang up"
	if e.Target.Kind != "" {
		text = "transfer to " + tell.Target(e.Target)
	}
	if e.By != "" {
		text += ", by " + e.By
	}
	return text
}

func (c *conversation) changed(at time.Time, e ivr.CallChanged) {
	switch {
	case e.Result != nil && e.State == ivr.StateEstablished:
		c.say(at, "→", "failed: "+e.Result.String())
	case e.Audio == ivr.AudioActive:
		c.say(at, "call", "answered"+onLeg(e.Leg))
	}
}

// what is an operation in words.
func (c *conversation) what(op ivr.OpID) string {
	if text := c.words[op]; text != "" {
		return text
	}
	return "an operation"
}

func (c *conversation) command(at time.Time, cmd ivr.Command) {
	op, what := tell.Operation(cmd)
	if op != 0 {
		c.words[op] = what
	}
	switch m := cmd.(type) {
	case ivr.PlayPrompt:
		c.say(at, "hear", heard(m.Parts)+onLeg(m.Leg))
	case ivr.RecordResponse:
		c.say(at, "record", "recording")
	case ivr.SendTones, ivr.Mute, ivr.Hold, ivr.RouteAudio, ivr.AddGallery, ivr.TellRecording, ivr.Reject, ivr.HangUp:
		c.say(at, "call", what)
	case ivr.Transfer, ivr.Redirect, ivr.CreateCall, ivr.Invite:
		c.say(at, "→", what)
	case ivr.RunAction, ivr.HTTPRequest:
		c.say(at, "do", strings.TrimPrefix(what, "do "))
	case ivr.Mark:
		if m.Kind == "log" {
			c.say(at, "log", tell.Mark(m))
		} else {
			c.say(at, "mark", m.Kind+" "+tell.Mark(m))
		}
	case ivr.Moved:
		state := m.State
		if m.Flow != "" {
			state = m.Flow + ": " + state
		}
		c.say(at, "move", m.Trigger+" → "+state)
	case ivr.Finish:
		c.say(at, "end", string(m.EndedBy))
	default: // the rest is told by what it leads to
	}
}

// heard is what is said, part by part.
func heard(parts []ivr.Part) string {
	var texts []string
	for _, p := range ivr.Heard(parts) {
		texts = append(texts, tell.Heard(p))
	}
	return strings.Join(texts, " + ")
}

// onLeg says that something is not on the caller's leg.
func onLeg(leg ivr.LegID) string {
	if leg == "" || leg == ivr.CallerLeg {
		return ""
	}
	return ", for whom it called"
}
