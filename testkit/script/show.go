package script

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// show is a command as a line of a conversation, empty for what is left out.
func show(cmd ivr.Command, s engine.Session) string {
	line := showOne(cmd, s)
	if leg := furtherLeg(cmd); leg != "" && line != "" {
		line += " leg=" + string(leg)
	}
	return line
}

// furtherLeg is the leg of a command if it is not the caller's.
func furtherLeg(cmd ivr.Command) ivr.LegID {
	leg := ivr.LegID("")
	switch c := cmd.(type) {
	case ivr.CreateCall:
		leg = c.Leg
	case ivr.SubscribeToTone:
		leg = c.Leg
	case ivr.PlayPrompt:
		leg = c.Leg
	case ivr.CancelMedia:
		leg = c.Leg
	case ivr.HangUp:
		leg = c.Leg
	default: // no other is sent on such a leg
	}
	if leg == ivr.CallerLeg {
		return ""
	}
	return leg
}

func showOne(cmd ivr.Command, s engine.Session) string {
	switch c := cmd.(type) {
	case ivr.Moved, ivr.StopTimer:
		return ""
	case ivr.StartTimer:
		if c.Why == "deadline" {
			return ""
		}
		return fmt.Sprintf("StartTimer %s %s", c.Why, after(c.After))
	case ivr.Answer:
		return strings.TrimRight(fmt.Sprintf("Answer op=%d %s", c.Op, prefetch(c.Prefetch)), " ")
	case ivr.Reject:
		return fmt.Sprintf("Reject op=%d reason=%s", c.Op, c.Reason)
	case ivr.Redirect:
		return fmt.Sprintf("Redirect op=%d to=%s%s%s", c.Op, targets(c.Targets), ring(c.Ring), dynamic(c.Dynamic))
	case ivr.SubscribeToTone:
		return fmt.Sprintf("SubscribeToTone op=%d", c.Op)
	case ivr.PlayPrompt:
		return fmt.Sprintf("PlayPrompt op=%d%s %s", c.Op, looped(c.Loop), parts(c.Parts))
	case ivr.SendTones:
		return fmt.Sprintf("SendTones op=%d %s between=%s", c.Op, keys(c.Keys), after(c.Between))
	case ivr.RecordResponse:
		return fmt.Sprintf("RecordResponse op=%d max=%s silence=%s/%s beep=%t stop=%s", c.Op, after(c.Max),
			after(c.InitialSilence), after(c.Silence), c.Beep, keys(c.StopKeys))
	case ivr.Mute:
		return strings.TrimRight(fmt.Sprintf("Mute op=%d off=%t %s", c.Op, c.Off, strings.Join(c.Who, ",")), " ")
	case ivr.Invite:
		return fmt.Sprintf("Invite op=%d %s%s", c.Op, targets(c.Targets), dynamic(c.Dynamic))
	case ivr.Hold:
		return strings.TrimRight(fmt.Sprintf("Hold op=%d off=%t %s %s", c.Op, c.Off, c.Who, parts(c.Music)), " ")
	case ivr.RouteAudio:
		return fmt.Sprintf("RouteAudio op=%d off=%t group=%s from=%s to=%s", c.Op, c.Off, c.Group, c.Source, strings.Join(c.Receivers, ","))
	case ivr.AddGallery:
		return fmt.Sprintf("AddGallery op=%d", c.Op)
	case ivr.TellRecording:
		return fmt.Sprintf("TellRecording op=%d %s", c.Op, c.Status)
	case ivr.CancelMedia:
		return fmt.Sprintf("CancelMedia op=%d", c.Op)
	case ivr.CreateCall:
		if m := c.Meeting; m != nil {
			return fmt.Sprintf("CreateCall op=%d meeting=%s%s", c.Op, where(*m), source(c.Source))
		}
		return fmt.Sprintf("CreateCall op=%d to=%s%s%s%s", c.Op, targets([]ivr.Target{c.Target}), source(c.Source), ring(c.Ring), dynamic(c.Dynamic))
	case ivr.Transfer:
		return fmt.Sprintf("Transfer op=%d to=%s%s%s", c.Op, targets([]ivr.Target{c.Target}), dynamic(c.Dynamic), replaces(c.Replaces))
	case ivr.HangUp:
		return fmt.Sprintf("HangUp op=%d", c.Op)
	case ivr.KeepAlive:
		return fmt.Sprintf("KeepAlive op=%d", c.Op)
	case ivr.ReadCall:
		return strings.TrimSpace(fmt.Sprintf("ReadCall op=%d %s", c.Op, c.Also))
	case ivr.FetchRecording:
		return fmt.Sprintf("FetchRecording op=%d%s", c.Op, lost(c.Recording.Token))
	case ivr.JoinRecordings:
		return fmt.Sprintf("JoinRecordings op=%d %s", c.Op, strings.Join(c.Parts, "+"))
	case ivr.CountUp:
		return fmt.Sprintf("CountUp op=%d %s", c.Op, c.Name)
	case ivr.RunAction:
		return action(c)
	case ivr.HTTPRequest:
		return request(c)
	case ivr.CancelAction:
		return fmt.Sprintf("CancelAction op=%d", c.Op)
	case ivr.Mark:
		return strings.TrimRight(fmt.Sprintf("Mark %s %s %s", c.Kind, c.Name, c.Text), " ")
	case ivr.Finish:
		return fmt.Sprintf("Finish by=%s vars=%s", c.EndedBy, strings.TrimSpace(inputs(s.Vars)))
	}
	return fmt.Sprintf("%T", cmd)
}

// where is what names a meeting.
func where(m ivr.Meeting) string {
	var all []string
	for _, s := range []string{m.Link, m.JoinID, m.Passcode, m.Thread, m.Message, m.Organizer, m.Tenant} {
		if s != "" {
			all = append(all, s)
		}
	}
	return strings.Join(all, ",")
}

func looped(is bool) string {
	if is {
		return " loop"
	}
	return ""
}

func prefetch(list []ivr.Part) string {
	if len(list) == 0 {
		return ""
	}
	return "prefetch=" + strings.ReplaceAll(parts(list), " ", ",")
}

func ring(d ivr.Duration) string {
	if d == 0 {
		return ""
	}
	return " ring=" + after(d)
}

func source(p ivr.Party) string {
	if p == (ivr.Party{}) {
		return ""
	}
	return " by=" + string(p.Kind) + ":" + p.ID
}

func replaces(call ivr.CallID) string {
	if call == "" {
		return ""
	}
	return " replaces=" + string(call)
}

func dynamic(is bool) string {
	if is {
		return " dynamic"
	}
	return ""
}

// lost says that a recording's token did not survive.
func lost(token ivr.Secret) string {
	if token.Reveal() == "token" {
		return ""
	}
	return " without its token"
}

func parts(list []ivr.Part) string {
	var words []string
	for _, p := range list {
		switch {
		case p.Key != "":
			words = append(words, p.Key)
		case p.Text != "":
			words = append(words, fmt.Sprintf("%q", p.Text))
		case len(p.Joined) > 0:
			words = append(words, "joined")
		case p.Recording != "":
			words = append(words, "recording:"+p.Recording)
		default:
			words = append(words, "silence:"+p.Silence.String())
		}
		last := &words[len(words)-1]
		if p.Voice != "" {
			*last += "(" + p.Voice + ")"
		}
		if p.SSML {
			*last += "<>"
		}
		if len(p.Joined) > 0 {
			*last += "[" + parts(p.Joined) + "]"
		}
		if p.Sensitive {
			*last += "!"
		}
	}
	return strings.Join(words, " ")
}

func targets(list []ivr.Target) string {
	var words []string
	for _, t := range list {
		words = append(words, string(t.Kind)+":"+t.ID)
	}
	return strings.Join(words, ",")
}

func keys(list []ivr.Key) string {
	var b strings.Builder
	for _, k := range list {
		b.WriteString(k.String())
	}
	return b.String()
}

func inputs(in map[string]any) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(in)) {
		fmt.Fprintf(&b, " %s=%v", name, in[name])
	}
	return b.String()
}

func action(c ivr.RunAction) string {
	line := fmt.Sprintf("RunAction op=%d %s%s", c.Op, c.Name, inputs(c.In))
	if len(c.Sensitive) > 0 {
		line += " sensitive=" + strings.Join(c.Sensitive, ",")
	}
	return line
}

// request shows a request with all its values: nothing is secret here.
func request(c ivr.HTTPRequest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTPRequest op=%d %s %s", c.Op, c.Method, pieces(c.URL))
	for _, h := range c.Headers {
		fmt.Fprintf(&b, " %s=%s", h.Name, pieces(h.Value))
	}
	if c.JSON != nil {
		body, err := json.Marshal(c.JSON)
		fmt.Fprintf(&b, " json=%s", cmp.Or(string(body), fmt.Sprint(err)))
	}
	if c.Retry.Max > 0 {
		fmt.Fprintf(&b, " retry=%d/%s", c.Retry.Max, after(c.Retry.Backoff))
	}
	if len(c.Take) > 0 {
		fmt.Fprintf(&b, " take=%s", strings.Join(c.Take, ","))
	}
	return b.String()
}

// pieces marks values as [value] and secrets as {secret}.
func pieces(list []ivr.Piece) string {
	var b strings.Builder
	for _, p := range list {
		switch p.Kind {
		case ivr.PieceLiteral:
			b.WriteString(p.Text)
		case ivr.PieceValue:
			b.WriteString("[" + p.Text + "]")
		case ivr.PieceSecret:
			b.WriteString("{" + p.Text + "}")
		}
	}
	return b.String()
}

// parse splits a file in the txtar form: lines "-- name --" begin sections.
func parse(text []byte) (head []byte, files map[string][]byte) {
	files = map[string][]byte{}
	name := ""
	for line := range bytes.Lines(text) {
		trimmed := strings.TrimSpace(string(line))
		if strings.HasPrefix(trimmed, "-- ") && strings.HasSuffix(trimmed, " --") && len(trimmed) > 6 {
			name = trimmed[3 : len(trimmed)-3]
			files[name] = []byte{}
			continue
		}
		if name == "" {
			head = append(head, line...)
			continue
		}
		files[name] = append(files[name], line...)
	}
	return head, files
}

// join puts a call back into its file. The call is the last section.
func join(_, text, call []byte) []byte {
	mark := []byte("-- call --\n")
	i := bytes.Index(text, mark)
	return append(bytes.Clone(text[:i+len(mark)]), call...)
}
