package prove

import (
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// teller tells a call as a conversation.
type teller struct {
	w     *world
	began time.Time
	lines []Line
	pos   diag.Pos
}

func (t *teller) say(at time.Time, who, format string, args ...any) {
	t.lines = append(t.lines, Line{at.Sub(t.began), who, fmt.Sprintf(format, args...), t.pos})
}

// The speakers of a conversation.
const (
	byCaller = "caller"
	byFlow   = "flow"
	byGraph  = "graph"
	byWorld  = "world" // the bot's own actions, and the services that it asks
)

func (t *teller) tell(from, to *state, c *choice, tr *trace) {
	step, _ := t.w.root.StepAt(from.session.Running, from.session.State)
	t.pos = diag.Pos{}
	if step != nil {
		t.pos = step.Pos
	}
	t.say(c.at(from.now), c.who(), "%s", c.Act)
	for _, cmd := range tr.cmds {
		if m, ok := cmd.(ivr.Moved); ok {
			if s, _ := t.w.root.StepAt(m.Flow, m.State); s != nil {
				t.pos = s.Pos
			}
			continue
		}
		if text := spoken(cmd); text != "" {
			if to.session.Meeting != nil {
				text = strings.TrimSuffix(text, toCalled)
			}
			t.say(to.now, byFlow, "%s", text)
		}
	}
	for _, err := range tr.errs {
		t.say(to.now, byFlow, "FAULT: %v", err)
	}
}

// who is whose doing an act is.
func (a *Act) who() string {
	switch a.Kind {
	case Rings, Presses, HangsUp, Speaks, Silent:
		return byCaller
	case Returns, Signals:
		return byWorld
	case Waits:
		if a.What == whyFirstKey || a.What == "between_keys" || a.What == "terminate" {
			return byCaller
		}
		return byGraph
	case Limit:
		return byFlow
	case Ends, Fails, Saved, Answers, Refuses, Takes, GivenUp, Meets, Joins, Knocks, Leaves:
	}
	return byGraph
}

const toCalled = " to whom it called"

// spoken is a command as a conversation tells it; "" for one that nobody notices.
func spoken(cmd ivr.Command) string {
	switch cmd := cmd.(type) {
	case ivr.Answer:
		return "answers"
	case ivr.Reject:
		return fmt.Sprintf("rejects the call (%s)", cmd.Reason)
	case ivr.Redirect:
		return "redirects the call to " + targetsText(cmd.Targets)
	case ivr.PlayPrompt:
		who := ""
		if cmd.Leg != ivr.CallerLeg {
			who = toCalled
		}
		return "plays " + partsText(cmd.Parts) + who
	case ivr.RecordResponse:
		return "records"
	case ivr.CreateCall:
		if cmd.Meeting != nil {
			return "joins the meeting"
		}
		return "calls " + targetsText([]ivr.Target{cmd.Target})
	case ivr.Transfer:
		return "transfers the call to " + targetsText([]ivr.Target{cmd.Target})
	case ivr.SendTones:
		return "sends keys"
	case ivr.HangUp:
		if cmd.Leg == ivr.CallerLeg {
			return "hangs up"
		}
	case ivr.RunAction:
		return "does " + cmd.Name
	case ivr.HTTPRequest:
		if cmd.Action != "" {
			return "does " + cmd.Action
		}
		return "asks " + cmd.String()
	case ivr.Mark:
		if cmd.Name != "engine" {
			return cmd.Kind + " " + cmd.Name
		}
	case ivr.Finish:
		return "is over, ended by_" + string(cmd.EndedBy)
	default:
	}
	return ""
}

func targetsText(all []ivr.Target) string {
	words := make([]string, len(all))
	for i, t := range all {
		words[i] = string(t.Kind) + " " + t.ID
	}
	return listed(words)
}

// partsText are the parts of a prompt, each by its key or its words.
func partsText(parts []ivr.Part) string {
	words := make([]string, 0, len(parts))
	for _, p := range ivr.Heard(parts) {
		switch {
		case p.Key != "" && p.Words == "":
			words = append(words, p.Key)
		case p.Words != "":
			words = append(words, fmt.Sprintf("%q", p.Words))
		case p.Text != "":
			words = append(words, fmt.Sprintf("%q", p.Text))
		case p.Silence > 0:
			words = append(words, "a silence")
		case p.Recording != "":
			words = append(words, "the recording")
		default:
			words = append(words, "a file")
		}
	}
	return listed(words)
}

// listed is "a, b and c".
func listed(words []string) string {
	if len(words) < 2 {
		if len(words) == 0 {
			return "nothing"
		}
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
