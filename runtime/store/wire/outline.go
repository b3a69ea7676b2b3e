package wire

import (
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Outline is an event without anything that a caller said, typed or is known
// by: what happened and when, but no key, value, number, text or place of a
// recording. Ids, states, outcomes, reasons, codes, lengths and counts stay.
func Outline(ev ivr.Event) ivr.Event {
	switch e := ev.(type) {
	case ivr.CallIncoming:
		e.Caller, e.Called = kindOf(e.Caller), kindOf(e.Called)
		return e
	case ivr.CallWanted:
		e.Params, e.From, e.Meeting = nil, kindOf(e.From), outlineMeeting(e.Meeting)
		return e
	case ivr.CallChanged:
		if e.Result != nil {
			r := codes(*e.Result)
			e.Result = &r
		}
		return e
	case ivr.CallTerminated:
		e.Result = codes(e.Result)
		return e
	case ivr.ToneReceived:
		e.Key = 0
		return e
	case ivr.OperationCompleted:
		e.Result = codes(e.Result)
		if e.Recording != nil {
			e.Recording = &ivr.RecordingRef{Why: e.Recording.Why}
		}
		return e
	case ivr.OperationFailed:
		e.Result = codes(e.Result)
		return e
	case ivr.OperationUnknown:
		e.Detail = ""
		return e
	case ivr.ActionReturned:
		e.Out, e.Detail = nil, ""
		return e
	case ivr.RecordingSaved:
		e.ID = ""
		return e
	case ivr.RosterChanged:
		e.People = outlinePeople(e.People)
		return e
	case ivr.CallRead:
		e.People = outlinePeople(e.People)
		return e
	case ivr.Signalled:
		e.ID = "" // the program's own word
		return e
	case ivr.Intervened:
		e.ID, e.Target = "", outlineTarget(e.Target, true) // of whom nobody knows where it comes from
		return e
	case ivr.CallCreated, ivr.OperationAccepted, ivr.Counted, ivr.TimerExpired:
		return ev
	}
	return nil
}

func outlinePeople(list []ivr.Participant) []ivr.Participant {
	var people []ivr.Participant
	for _, p := range list {
		p.Party = kindOf(p.Party)
		people = append(people, p)
	}
	return people
}

// OutlineCommand is a command without anything that a caller said, typed, is
// known by or is told, as [Outline] is for events. The names of actions, of
// their sensitive inputs and of what a request takes stay, and the keys of
// prompts in the catalogue, unless they speak a value.
func OutlineCommand(cmd ivr.Command) ivr.Command {
	switch c := cmd.(type) {
	case ivr.Answer:
		c.Prefetch = outlineParts(c.Prefetch)
		return c
	case ivr.PlayPrompt:
		c.Parts = outlineParts(c.Parts)
		return c
	case ivr.Redirect:
		c.Targets = outlineTargets(c.Targets, c.Dynamic)
		return c
	case ivr.Invite:
		c.Targets = outlineTargets(c.Targets, c.Dynamic)
		return c
	case ivr.Hold:
		c.Music = outlineParts(c.Music)
		return c
	case ivr.CreateCall:
		c.Target, c.Source, c.Meeting = outlineTarget(c.Target, c.Dynamic), kindOf(c.Source), outlineMeeting(c.Meeting)
		return c
	case ivr.Transfer:
		c.Target = outlineTarget(c.Target, c.Dynamic)
		return c
	case ivr.SendTones:
		c.Keys = nil
		return c
	case ivr.FetchRecording:
		c.Recording = ivr.RecordingRef{Why: c.Recording.Why}
		return c
	case ivr.JoinRecordings:
		c.Parts = make([]string, len(c.Parts)) // how many they are
		return c
	case ivr.RunAction:
		c.In = nil
		return c
	case ivr.HTTPRequest:
		return outlineRequest(c)
	case ivr.Mark:
		c.Text = ""
		return c
	case ivr.Finish:
		c.Result = codes(c.Result)
		return c
	case ivr.Reject, ivr.SubscribeToTone, ivr.RecordResponse, ivr.CancelMedia, ivr.Mute, ivr.RouteAudio, ivr.AddGallery, ivr.TellRecording, ivr.HangUp, ivr.KeepAlive,
		ivr.ReadCall, ivr.CountUp, ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved:
		return cmd
	}
	return nil
}

// codes is a result without the service's own words.
func codes(r ivr.Result) ivr.Result {
	r.Message = ""
	return r
}

func kindOf(p ivr.Party) ivr.Party { return ivr.Party{Kind: p.Kind} }

// outlineTarget is a target without its number if that came from input.
func outlineTarget(t ivr.Target, dynamic bool) ivr.Target {
	if dynamic {
		t.ID = ""
	}
	return t
}

func outlineTargets(list []ivr.Target, dynamic bool) []ivr.Target {
	targets := make([]ivr.Target, len(list))
	for i, t := range list {
		targets[i] = outlineTarget(t, dynamic)
	}
	return targets
}

// outlineMeeting says that there is a meeting, not which.
func outlineMeeting(m *ivr.Meeting) *ivr.Meeting {
	if m == nil {
		return nil
	}
	return &ivr.Meeting{}
}

// outlineParts is which prompts of the catalogue are played. Fragments speak a
// value one by one; so does what was joined to speak one.
func outlineParts(parts []ivr.Part) []ivr.Part {
	if parts == nil {
		return nil
	}
	out := make([]ivr.Part, len(parts))
	for i, p := range parts {
		switch {
		case p.Sensitive:
			out[i] = ivr.Part{Sensitive: true, Locale: p.Locale}
			continue
		case p.Text == "" && p.Words == "":
			out[i].Joined = outlineParts(p.Joined)
		}
		out[i].SSML, out[i].Silence, out[i].Locale, out[i].Voice = p.SSML, p.Silence, p.Locale, p.Voice
		out[i].Length, out[i].Continued = p.Length, p.Continued
		if !p.Continued && p.Words == "" && !prompt.IsFragment(p.Key) {
			out[i].Key = p.Key
		}
	}
	return out
}

// outlineRequest keeps of a URL what the flow's author wrote, and of headers
// their names.
func outlineRequest(r ivr.HTTPRequest) ivr.HTTPRequest {
	r.In, r.JSON = nil, nil
	url := make([]ivr.Piece, len(r.URL))
	for i, p := range r.URL {
		if p.Kind == ivr.PieceValue {
			p.Text = ""
		}
		url[i] = p
	}
	r.URL = url
	headers := make([]ivr.Header, len(r.Headers))
	for i, h := range r.Headers {
		headers[i].Name = h.Name
	}
	r.Headers = headers
	return r
}
