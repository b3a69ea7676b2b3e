package replay

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
)

// Line is one thing that happened in a call.
type Line = tell.Line

// The speakers of a conversation.
const (
	byCaller = "caller"
	byFlow   = "flow"
	byGraph  = "graph"
)

// talk is a conversation as it was, as far as it is known.
type talk struct {
	began time.Time
	lines []Line
	acts  map[ivr.OpID]int // lines of actions
	typed bool             // the last line is of keys
	vague bool             // values are made up: they are not told
}

func (t *talk) say(at time.Time, who, format string, args ...any) {
	if t.began.IsZero() {
		t.began = at
	}
	t.typed = false
	t.lines = append(t.lines, Line{At: at.Sub(t.began), Who: who, What: tell.Clean(fmt.Sprintf(format, args...))})
}

// event tells what came from outside. made says that what it holds was made up.
func (t *talk) event(ev ivr.Event, made, main bool) {
	at := ev.When()
	switch e := ev.(type) {
	case ivr.CallIncoming:
		t.say(at, byCaller, "calls")
	case ivr.CallWanted:
		t.say(at, byGraph, "a call is wanted")
	case ivr.ToneReceived:
		t.key(e, made, main)
	case ivr.CallChanged:
		if !main && e.Audio == ivr.AudioActive {
			t.say(at, byCaller, "answers, who was called")
		}
	case ivr.CallTerminated:
		if main {
			t.say(at, byGraph, "the call is over (%s)", e.Result)
		}
	case ivr.ActionReturned:
		if i, ok := t.acts[e.Op]; ok {
			t.lines[i].What += ": " + strings.TrimSpace(e.Outcome+" "+string(e.Reason))
		}
	case ivr.RecordingSaved:
		t.say(at, byFlow, "has recorded %s", tell.Seconds(e.Length.Std()))
	case ivr.Signalled:
		t.say(at, byGraph, "the signal %s comes", e.Name)
	case ivr.Intervened:
		t.say(at, byGraph, "somebody takes the call out of the flow")
	case ivr.RosterChanged:
		t.say(at, byGraph, "%d in the meeting", len(e.People))
	default:
	}
}

// key tells of a key; those that are pressed one after another are one line.
func (t *talk) key(e ivr.ToneReceived, made, main bool) {
	name := e.Key.String()
	if made {
		name = "?"
	}
	switch {
	case !main:
		t.say(e.At, byCaller, "who was called presses %s", name)
	case t.typed:
		t.lines[len(t.lines)-1].What += name
	default:
		t.say(e.At, byCaller, "presses %s", name)
		t.typed = true
	}
}

// command tells what the flow does.
func (t *talk) command(at time.Time, cmd ivr.Command) {
	switch c := cmd.(type) {
	case ivr.PlayPrompt:
		whom := ""
		if c.Leg != "" && c.Leg != ivr.CallerLeg {
			whom = ", to whom it called"
		}
		for _, p := range ivr.Heard(c.Parts) {
			if t.vague && (p.Key == "" || p.Words != "") {
				t.say(at, byFlow, "speaks words that are not known any more%s", whom)
				continue
			}
			t.say(at, byFlow, "plays %s (%.1fs)%s", spelt(p), p.Length.Std().Seconds(), whom)
		}
	case ivr.RunAction:
		t.act(at, c.Op, c.Name)
	case ivr.HTTPRequest:
		if c.Action != "" {
			t.act(at, c.Op, c.Action)
			return
		}
		t.act(at, c.Op, c.String())
	case ivr.RecordResponse:
		t.say(at, byFlow, "records")
	case ivr.Transfer:
		t.say(at, byFlow, "transfers the call to %s", whom(c.Target))
	case ivr.Redirect:
		t.say(at, byFlow, "redirects the call to %s", whom(c.Targets...))
	case ivr.CreateCall:
		if c.Meeting != nil {
			t.say(at, byFlow, "joins %s", c.Meeting)
			return
		}
		t.say(at, byFlow, "calls %s", whom(c.Target))
	case ivr.HangUp:
		if c.Leg == "" || c.Leg == ivr.CallerLeg {
			t.say(at, byFlow, "hangs up")
		}
	case ivr.Reject:
		t.say(at, byFlow, "rejects the call")
	case ivr.SendTones, ivr.Invite, ivr.Hold:
		_, what := tell.Operation(cmd)
		t.say(at, byFlow, "does: %s", what)
	case ivr.Mark:
		if c.Name != "engine" {
			t.say(at, byFlow, "%s %s", c.Kind, tell.Mark(c))
		}
	default:
	}
}

// whom are targets for people. One that was made up is not told.
func whom(list ...ivr.Target) string {
	names := make([]string, len(list))
	for i, t := range list {
		if names[i] = tell.Target(t); t.ID == someID {
			names[i] = "a " + string(t.Kind) + " that is not known"
		}
	}
	return strings.Join(names, ", ")
}

// spelt is a part of a prompt with the words that are heard.
func spelt(p ivr.Part) string {
	switch {
	case p.Sensitive:
		return tell.Heard(p)
	case p.Key != "" && p.Words == "" && p.Text != "":
		return p.Key + " " + strconv.Quote(p.Text)
	case p.Text != "":
		return strconv.Quote(p.Text)
	}
	return tell.Part(p)
}

func (t *talk) act(at time.Time, op ivr.OpID, name string) {
	if t.acts == nil {
		t.acts = map[ivr.OpID]int{}
	}
	t.acts[op] = len(t.lines)
	t.say(at, byFlow, "does %s", name)
}
