package wire

import (
	"fmt"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// AppendSession adds a session to b, as encoding/json would write it. An error is
// a value that JSON cannot hold.
func AppendSession(b []byte, s *engine.Session) ([]byte, error) {
	o := begin(b)
	o.text("id", string(s.ID))
	o.text("flow", s.Flow)
	o.text("version", s.Version)
	o.textIf("running", s.Running)
	o.text("state", s.State)
	o.int("seq", int64(s.Seq))
	o.flagIf("outgoing", s.Outgoing)
	o.partyIf("caller", s.Caller)
	o.partyIf("called", s.Called)
	o.textIf("tenant", s.Tenant)
	o.textIf("chain_id", s.ChainID)
	o.textIf("scenario", s.Scenario)
	o.text("locale", s.Locale)
	o.timeIf("started", s.Started)
	o.timeIf("answered", s.Answered)
	o.timeIf("ended", s.Ended)
	o.textIf("ended_by", string(s.EndedBy))
	if s.End != (ivr.Result{}) {
		o.result("end", s.End)
	}
	o.work(s)
	o.rareIf("vars", &s.Vars)
	o.rareIf("config", &s.Config)
	o.rareIf("counts", &s.Counts)
	o.rareIf("frames", &s.Frames)
	o.int("steps", int64(s.Steps))
	o.rareIf("parked", &s.Parked)
	if s.Media != (engine.Media{}) {
		o.open("media")
		o.media(&s.Media)
		o.shut()
	}
	o.rareIf("input", &s.Input)
	o.rareIf("consult", &s.Consult)
	o.rareIf("record", &s.Record)
	o.rareIf("meeting", &s.Meeting)
	o.rareIf("signals", &s.Signals)
	o.rareIf("tones", &s.Tones)
	o.rareIf("outside", &s.Outside)
	if s.Result != (engine.View{}) {
		o.open("result")
		o.view(&s.Result)
		o.shut()
	}
	b, err := o.end()
	if err != nil {
		return b, fmt.Errorf("store session %s: %w", s.ID, err)
	}
	return b, nil
}

// work is what a session has under way.
func (o *object) work(s *engine.Session) {
	o.open("leg")
	o.leg(&s.Leg)
	o.shut()
	if len(s.Others) > 0 {
		o.openList("others")
		for i := range s.Others {
			o.item()
			o.leg(&s.Others[i])
			o.shut()
		}
		o.shutList()
	}
	if len(s.Ops) > 0 {
		o.openList("ops")
		for i := range s.Ops {
			o.item()
			o.op(&s.Ops[i])
			o.shut()
		}
		o.shutList()
	}
	if len(s.Timers) > 0 {
		o.openList("timers")
		for i := range s.Timers {
			o.item()
			o.timer(&s.Timers[i])
			o.shut()
		}
		o.shutList()
	}
}

func (o *object) leg(l *engine.Leg) {
	o.text("id", string(l.ID))
	o.textIf("call", string(l.Call))
	o.text("state", l.State.String())
	o.flagIf("answering", l.Answering)
	if l.AudioNow != 0 {
		o.text("audio_now", l.AudioNow.String())
	}
	o.flagIf("audio", l.Audio)
	o.flagIf("subscribed", l.Subscribed)
	o.flagIf("mute", l.Mute)
	o.flagIf("back", l.Back)
	o.flagIf("doubt", l.Doubt)
	o.flagIf("stays", l.Stays)
	o.flagIf("gone", l.Gone)
	o.rareIf("target", &l.Target)
	o.flagIf("leaving", l.Leaving)
}

func (o *object) op(p *engine.Op) {
	o.int("id", int64(p.ID))
	o.textIf("leg", string(p.Leg))
	o.text("kind", string(p.Kind))
	o.textIf("remote", p.Remote)
	o.flagIf("accepted", p.Accepted)
	o.flagIf("unknown", p.Unknown)
	if p.Refused != nil {
		o.result("refused", *p.Refused)
	}
	o.intIf("deadline", int64(p.Deadline))
	o.intIf("for", int64(p.For))
	o.flagIf("moving", p.Moving)
	o.intIf("tries", int64(p.Tries))
	o.flagIf("repeat", p.Repeat)
}

func (o *object) timer(t *engine.Timer) {
	o.int("id", int64(t.ID))
	o.text("why", string(t.Why))
	o.time("due", t.Due)
	o.intIf("op", int64(t.Op))
}

func (o *object) media(m *engine.Media) {
	o.intIf("op", int64(m.Op))
	o.flagIf("cancelled", m.Cancelled)
	o.intIf("refused", int64(m.Refused))
	o.flagIf("waiting", m.Waiting)
	o.flagIf("again", m.Again)
	o.intIf("deaths", int64(m.Deaths))
	o.intIf("loops", int64(m.Loops))
	o.flagIf("music", m.Music)
}

func (o *object) view(v *engine.View) {
	o.textIf("outcome", v.Outcome)
	o.intIf("code", int64(v.Code))
	o.intIf("subcode", int64(v.Subcode))
	o.textIf("reason", string(v.Reason))
	o.textIf("keys", v.Keys)
	o.intIf("tries", int64(v.Tries))
	if v.Seconds != 0 {
		o.name("seconds")
		o.add(v.Seconds)
	}
}

func (o *object) partyIf(name string, p ivr.Party) {
	if p == (ivr.Party{}) {
		return
	}
	o.open(name)
	o.textIf("kind", string(p.Kind))
	o.textIf("id", p.ID)
	o.textIf("name", p.Name)
	o.textIf("tenant", p.Tenant)
	o.shut()
}

func (o *object) result(name string, r ivr.Result) {
	o.open(name)
	o.intIf("code", int64(r.Code))
	o.intIf("subcode", int64(r.Subcode))
	o.textIf("reason", string(r.Reason))
	o.textIf("message", r.Message)
	o.shut()
}
