// Package tell says in a few words what calls are made of, for people at a
// terminal.
package tell

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Line is one thing that happened in a call.
type Line struct {
	At   time.Duration `json:"at"`  // since the call came in
	Who  string        `json:"who"` // "caller", "flow" or "graph"
	What string        `json:"what"`
}

// String is the line as people read it.
func (l Line) String() string { return fmt.Sprintf("%8.2fs  %-6s  %s", l.At.Seconds(), l.Who, l.What) }

// Mark is what a milestone, a tag or a log line says.
func Mark(m ivr.Mark) string { return strings.TrimSpace(m.Name + " " + m.Text) }

// Operation is an operation in a few words, with its number; 0 if the command is
// none.
func Operation(cmd ivr.Command) (ivr.OpID, string) {
	switch c := cmd.(type) {
	case ivr.CreateCall:
		if c.Meeting != nil {
			return c.Op, "join " + c.Meeting.String()
		}
		return c.Op, "call " + Target(c.Target)
	case ivr.Answer:
		return c.Op, "answer"
	case ivr.Reject:
		return c.Op, "reject, " + string(c.Reason)
	case ivr.Redirect:
		return c.Op, "redirect to " + Targets(c.Targets)
	case ivr.SubscribeToTone:
		return c.Op, "subscribe to keys" + onLeg(c.Leg)
	case ivr.PlayPrompt:
		return c.Op, "play " + Parts(c.Parts) + onLeg(c.Leg)
	case ivr.RecordResponse:
		return c.Op, fmt.Sprintf("record up to %s", Seconds(c.Max.Std()))
	case ivr.SendTones:
		return c.Op, fmt.Sprintf("send %d keys", len(c.Keys))
	case ivr.Mute:
		return c.Op, muteText(c)
	case ivr.Invite:
		return c.Op, "invite " + Targets(c.Targets)
	case ivr.Hold:
		return c.Op, holdText(c.Off)
	case ivr.RouteAudio:
		return c.Op, routeText(c)
	case ivr.AddGallery:
		return c.Op, "add the large gallery view"
	case ivr.TellRecording:
		return c.Op, "tell that recording is " + string(c.Status)
	case ivr.CancelMedia:
		return c.Op, "cancel what plays" + onLeg(c.Leg)
	case ivr.Transfer:
		return c.Op, "transfer to " + Target(c.Target)
	case ivr.HangUp:
		return c.Op, "hang up" + onLeg(c.Leg)
	case ivr.KeepAlive:
		return c.Op, "keep alive"
	case ivr.ReadCall:
		return c.Op, "read the call"
	case ivr.FetchRecording:
		return c.Op, "fetch the recording"
	case ivr.JoinRecordings:
		return c.Op, fmt.Sprintf("join %d recordings", len(c.Parts))
	case ivr.CountUp:
		return c.Op, "count " + c.Name
	case ivr.RunAction:
		return c.Op, "do " + c.Name
	case ivr.HTTPRequest:
		return c.Op, c.String()
	case ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return 0, ""
}

// onLeg says that an operation is not on the caller's leg.
func onLeg(leg ivr.LegID) string {
	if leg == ivr.CallerLeg {
		return ""
	}
	return ", for whom it called"
}

func muteText(c ivr.Mute) string {
	switch {
	case c.Off:
		return "unmute"
	case len(c.Who) > 0:
		return fmt.Sprintf("mute %d in the meeting", len(c.Who))
	}
	return "mute"
}

func holdText(off bool) string {
	if off {
		return "bring somebody back from hold"
	}
	return "put somebody on hold"
}

func routeText(c ivr.RouteAudio) string {
	if c.Off {
		return "end an audio group"
	}
	return fmt.Sprintf("let one speak to %d apart", len(c.Receivers))
}

// Target is a kind and an id.
func Target(t ivr.Target) string { return string(t.Kind) + " " + t.ID }

// Targets are several, with commas.
func Targets(list []ivr.Target) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = Target(t)
	}
	return strings.Join(names, ", ")
}

// Parts are the parts that are heard, by name.
func Parts(parts []ivr.Part) string {
	heard := ivr.Heard(parts)
	names := make([]string, len(heard))
	for i, p := range heard {
		names[i] = Part(p)
	}
	return strings.Join(names, " + ")
}

// Part is what a record calls a part of a prompt.
func Part(p ivr.Part) string {
	switch {
	case p.Key != "" && p.Words == "":
		return p.Key
	case p.Sensitive:
		return "(hidden)"
	case p.Text != "":
		return quote(p.Text, 40)
	case p.Silence > 0:
		return "silence"
	case p.Recording != "":
		return "recording"
	}
	return "file"
}

// quote is a text in quotes, shortened to so many characters.
func quote(text string, longest int) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest-1]) + "…"
	}
	return `"` + text + `"`
}

// RecordEnd is why a recording ended.
func RecordEnd(why ivr.RecordEnd) string {
	switch why {
	case ivr.RecordStopTone:
		return "done, ended by a key"
	case ivr.RecordMaxDuration:
		return "done, at its full length"
	case ivr.RecordMaxSilence:
		return "done, ended by silence"
	case ivr.RecordInitialSilence:
		return "nothing was said"
	case ivr.RecordCancelled, ivr.RecordFailed:
	}
	return "done"
}

// Seconds is a duration for people.
func Seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// Heard is what a part says, with its key.
func Heard(p ivr.Part) string {
	if p.SSML {
		p.Text = prompt.Unmarked(p.Text)
	}
	switch {
	case p.Sensitive:
		return strings.TrimSpace(p.Key + " (a sensitive value, not shown)")
	case p.Key != "" && p.Words == "" && p.Text != "":
		return p.Key + ": " + p.Text
	case p.Text != "":
		return p.Text
	}
	return Part(p)
}

// Party is who takes part in a call.
func Party(p ivr.Party) string {
	if p.ID == "" {
		return "hidden by the platform"
	}
	return string(p.Kind) + " " + p.ID
}

// Clean takes out what a terminal would obey.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
