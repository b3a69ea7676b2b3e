package dev

import (
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// markText is what a milestone, a tag or a log line says.
func markText(m ivr.Mark) string { return strings.TrimSpace(m.Name + " " + m.Text) }

// describe is an operation in a few words.
func describe(cmd ivr.Command) (ivr.OpID, string) {
	switch c := cmd.(type) {
	case ivr.CreateCall:
		return c.Op, "call " + targetName(c.Target)
	case ivr.Answer:
		return c.Op, "answer"
	case ivr.Reject:
		return c.Op, "reject, " + string(c.Reason)
	case ivr.Redirect:
		return c.Op, "redirect to " + targetNames(c.Targets)
	case ivr.SubscribeToTone:
		return c.Op, "subscribe to keys" + onLeg(c.Leg)
	case ivr.PlayPrompt:
		return c.Op, "play " + partNames(c.Parts) + onLeg(c.Leg)
	case ivr.RecordResponse:
		return c.Op, fmt.Sprintf("record up to %s", seconds(c.Max.Std()))
	case ivr.SendTones:
		return c.Op, fmt.Sprintf("send %d keys", len(c.Keys))
	case ivr.Mute:
		return c.Op, muteText(c.Off)
	case ivr.CancelMedia:
		return c.Op, "cancel what plays" + onLeg(c.Leg)
	case ivr.Transfer:
		return c.Op, "transfer to " + targetName(c.Target)
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

func muteText(off bool) string {
	if off {
		return "unmute"
	}
	return "mute"
}

func targetName(t ivr.Target) string { return string(t.Kind) + " " + t.ID }

func targetNames(list []ivr.Target) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = targetName(t)
	}
	return strings.Join(names, ", ")
}

func partNames(parts []ivr.Part) string {
	heard := ivr.Heard(parts)
	names := make([]string, len(heard))
	for i, p := range heard {
		names[i] = partName(p)
	}
	return strings.Join(names, " + ")
}

// partName is what a record calls a part of a prompt.
func partName(p ivr.Part) string {
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

func recordEnd(why ivr.RecordEnd) string {
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

// seconds is a duration for people.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
