package wire

import (
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// quick adds what most changes hold, as encoding/json would, without its
// reflection: prompts, keys, timers and moves. It is false for anything else.
func quick(b []byte, v any) (_ []byte, done bool, err error) {
	o := begin(b)
	switch c := v.(type) {
	case ivr.StartTimer:
		o.open("StartTimer")
		o.int("timer", int64(c.Timer))
		o.text("after", c.After.String())
		o.text("why", c.Why)
	case ivr.StopTimer:
		o.open("StopTimer")
		o.int("timer", int64(c.Timer))
	case ivr.Moved:
		o.open("Moved")
		o.textIf("flow", c.Flow)
		o.text("trigger", c.Trigger)
		o.text("state", c.State)
	case ivr.PlayPrompt:
		if c.Parts == nil {
			return b, false, nil // null
		}
		o.open("PlayPrompt")
		o.int("op", int64(c.Op))
		o.text("leg", string(c.Leg))
		o.parts("parts", c.Parts)
		o.flagIf("loop", c.Loop)
	case ivr.TimerExpired:
		o.open("TimerExpired")
		o.head(c.Head)
		o.int("timer", int64(c.Timer))
	case ivr.ToneReceived:
		o.open("ToneReceived")
		o.head(c.Head)
		o.text("key", c.Key.String())
		o.int("seq", c.Seq)
	case ivr.OperationAccepted:
		o.open("OperationAccepted")
		o.head(c.Head)
		o.int("op", int64(c.Op))
		o.textIf("remote", c.Remote)
		o.lengthIf("length", c.Length)
	case ivr.OperationCompleted:
		if c.Recording != nil {
			return b, false, nil
		}
		o.open("OperationCompleted")
		o.head(c.Head)
		o.intIf("op", int64(c.Op))
		o.textIf("remote", c.Remote)
		o.result("result", c.Result)
	default:
		return b, false, nil
	}
	o.shut()
	b, err = o.end()
	return b, true, err
}

func (o *object) head(h ivr.Head) {
	o.time("at", h.At)
	o.textIf("leg", string(h.Leg))
}

func (o *object) parts(name string, list []ivr.Part) {
	o.openList(name)
	for i := range list {
		p := &list[i]
		o.item()
		o.textIf("key", p.Key)
		o.textIf("text", p.Text)
		o.flagIf("ssml", p.SSML)
		o.textIf("audio", p.Audio)
		o.lengthIf("silence", p.Silence)
		o.textIf("recording", p.Recording)
		if len(p.Joined) > 0 {
			o.parts("joined", p.Joined)
		}
		o.textIf("locale", p.Locale)
		o.textIf("voice", p.Voice)
		o.lengthIf("length", p.Length)
		o.flagIf("sensitive", p.Sensitive)
		o.textIf("words", p.Words)
		o.flagIf("continued", p.Continued)
		o.shut()
	}
	o.shutList()
}
