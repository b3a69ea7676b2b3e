package engine

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Change is what events did to a session: what a journal keeps of them.
type Change struct {
	Before, After *Session
	Events        []ivr.Event
	Commands      []ivr.Command
}

// Sensitive reports whether something of a sensitive variable may be in a
// change's events or commands. A flow in whose family nothing is sensitive has
// none. When in doubt, as with keys of which nobody knows yet what they are
// for, it may.
func Sensitive(f *flow.Flow, c Change) bool {
	all := f.Secrets()
	if !all.Any {
		return false
	}
	w := witness{f: f, all: all, c: c}
	w.visit()
	return slices.ContainsFunc(c.Events, w.tells) || slices.ContainsFunc(c.Commands, w.told) || w.shows()
}

// Forgotten reports whether a change forgot the value of a sensitive variable:
// by forget, by sensitive: once, because the flow that has the variable was
// left, or because the session is over.
func Forgotten(f *flow.Flow, c Change) bool {
	all := f.Secrets()
	switch {
	case !all.Any:
		return false
	case c.After.Over():
		return !c.Before.Over()
	}
	w := witness{f: f, all: all, c: c}
	w.visit()
	return w.lost() || w.forgot()
}

// witness judges a change.
type witness struct {
	f      *flow.Flow
	all    flow.Secrets
	c      Change
	visits []visit
}

// visit is a state in which the session was before, during or after a change.
type visit struct {
	flow    *flow.Flow // whose state it is
	trigger string     // that led there; "" where the session was before
	state   string
	step    *flow.Step // nil: the machine's own state
	phase   flow.Phase
	flow.Secrets
}

func (w *witness) visit() {
	w.visits = make([]visit, 0, 8)
	w.add(w.c.Before.Running, "", w.c.Before.State)
	for _, cmd := range w.c.Commands {
		if m, ok := cmd.(ivr.Moved); ok {
			w.add(m.Flow, m.Trigger, m.State)
		}
	}
	if last := w.visits[len(w.visits)-1]; last.flow.Key != w.c.After.Running || last.state != w.c.After.State {
		w.add(w.c.After.Running, "", w.c.After.State)
	}
}

func (w *witness) add(key, trigger, state string) {
	v := visit{flow: w.f.Member(key), trigger: trigger, state: state}
	if v.flow == nil {
		v.flow = w.f
	}
	if v.step, v.phase = w.f.StepAt(key, state); v.step != nil {
		v.Secrets = v.flow.SecretsOf(v.step)
	}
	w.visits = append(w.visits, v)
}

func (w *witness) before() visit { return w.visits[0] }

func (w *witness) any(is func(visit) bool) bool { return slices.ContainsFunc(w.visits, is) }

// acted reports whether an action or a request with a sensitive value may be in
// question.
func (w *witness) acted() bool { return w.any(func(v visit) bool { return v.Acted }) }

// tells reports whether an event may bring something of a sensitive variable.
func (w *witness) tells(ev ivr.Event) bool {
	switch e := ev.(type) {
	case ivr.ToneReceived:
		return w.all.Typed && w.secretKey(e)
	case ivr.CallWanted:
		for name := range e.Params {
			if w.f.Secret(name) != nil {
				return true
			}
		}
		return false
	case ivr.ActionReturned:
		return w.all.Acted && (!w.c.Before.Wants(e.Op) || w.acted())
	case ivr.OperationCompleted:
		return e.Recording != nil && w.recorded(w.c.Before.Wants(e.Op))
	case ivr.RecordingSaved:
		return w.recorded(w.c.Before.Wants(e.Op))
	case ivr.CallIncoming, ivr.CallCreated, ivr.CallChanged, ivr.CallTerminated, ivr.OperationAccepted, ivr.OperationFailed,
		ivr.OperationUnknown, ivr.CallRead, ivr.Counted, ivr.RosterChanged, ivr.Signalled, ivr.Intervened, ivr.TimerExpired:
	}
	return false
}

// secretKey reports whether a key may belong to a sensitive variable. It does
// not if it came in its turn to a step that is not for such a variable, and that
// step took it.
func (w *witness) secretKey(e ivr.ToneReceived) bool {
	seen, turn := w.c.Before.Tones.Seen, int64(1)
	if n := len(seen); n > 0 {
		turn = seen[n-1] + 1
	}
	if !w.c.Before.Main(e.Leg) || e.Seq != turn || w.before().Typed {
		return true
	}
	switch spec := specOf(w.before()).(type) {
	case *flow.Collect: // what is too much for it goes to a later step
		return len(w.c.After.Tones.Ahead) > 0 || w.any(func(v visit) bool { return v.Typed })
	case *flow.Menu:
		return !w.chose(spec)
	default:
		return true
	}
}

// chose reports whether a key was one of the menu's.
func (w *witness) chose(m *flow.Menu) bool {
	for _, v := range w.visits[1:] {
		if v.trigger != flow.TriggerBargeIn {
			outcome, _, _ := strings.Cut(v.trigger, ".")
			return m.Choices != nil && outcome == "done" || slices.ContainsFunc(m.Entries, func(e flow.Entry) bool { return e.Outcome == outcome })
		}
	}
	return false
}

// recorded reports whether a recording may be a sensitive one. awaited says that
// it is that of the step that runs.
func (w *witness) recorded(awaited bool) bool {
	if !w.all.Recorded {
		return false
	}
	_, records := specOf(w.before()).(*flow.Record)
	return !records || !awaited || w.any(func(v visit) bool { return v.Recorded })
}

func specOf(v visit) flow.Spec {
	if v.step == nil {
		return nil
	}
	return v.step.Spec
}

// told reports whether a command may tell something of a sensitive variable.
func (w *witness) told(cmd ivr.Command) bool {
	switch c := cmd.(type) {
	case ivr.Answer:
		return sensitiveParts(c.Prefetch)
	case ivr.PlayPrompt:
		return sensitiveParts(c.Parts)
	case ivr.RunAction, ivr.HTTPRequest:
		return w.acted()
	case ivr.Redirect:
		return c.Dynamic
	case ivr.CreateCall:
		return c.Dynamic
	case ivr.Transfer:
		return c.Dynamic
	case ivr.SendTones:
		return true
	case ivr.Invite:
		return c.Dynamic
	case ivr.Hold:
		return sensitiveParts(c.Music)
	case ivr.FetchRecording, ivr.JoinRecordings:
		return w.recorded(true)
	case ivr.Reject, ivr.SubscribeToTone, ivr.RecordResponse, ivr.CancelMedia, ivr.Mute, ivr.RouteAudio, ivr.AddGallery, ivr.TellRecording,
		ivr.HangUp, ivr.KeepAlive, ivr.ReadCall,
		ivr.CountUp, ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return false
}

func sensitiveParts(parts []ivr.Part) bool {
	return slices.ContainsFunc(parts, func(p ivr.Part) bool { return p.Sensitive || sensitiveParts(p.Joined) })
}

// shows reports whether the value of a sensitive variable is found in the
// change: an action may have copied it.
func (w *witness) shows() bool {
	secrets := w.secrets(w.secrets(nil, w.c.Before), w.c.After)
	if secrets = configSecrets(secrets, w.f, w.c.After.Config); len(secrets) == 0 {
		return false
	}
	var b strings.Builder
	for _, ev := range w.c.Events {
		texts(&b, reflect.ValueOf(ev))
	}
	for _, cmd := range w.c.Commands {
		texts(&b, reflect.ValueOf(cmd))
	}
	return ivr.Mask(b.String(), secrets...) != b.String()
}

// secrets are the values of a session's sensitive variables.
func (w *witness) secrets(found []any, s *Session) []any {
	found = secretsIn(found, w.f.Member(s.Running), s.Vars)
	for i := range s.Frames {
		found = secretsIn(found, w.f.Member(s.Frames[i].Flow), s.Frames[i].Vars)
	}
	return found
}

// texts writes all texts and numbers that are in a value, but for times, counts
// and codes.
func texts(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		b.WriteString(v.String() + "\n")
	case reflect.Float64:
		b.WriteString(strconv.FormatFloat(v.Float(), 'f', -1, 64) + "\n")
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			texts(b, v.Elem())
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			texts(b, iter.Key())
			texts(b, iter.Value())
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(b, v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, f := range v.Fields() {
			texts(b, f)
		}
	default:
	}
}

// level is a flow that runs, or waits for one that it called.
type level struct {
	key  string
	vars map[string]any
}

func levels(s *Session) []level {
	all := make([]level, 0, len(s.Frames)+1)
	for i := range s.Frames {
		all = append(all, level{s.Frames[i].Flow, s.Frames[i].Vars})
	}
	return append(all, level{s.Running, s.Vars})
}

// lost reports whether a sensitive variable that had a value has none any more,
// or has gone with its flow.
func (w *witness) lost() bool {
	after := levels(w.c.After)
	for i, was := range levels(w.c.Before) {
		m := w.f.Member(was.key)
		if m == nil {
			continue
		}
		if i >= len(after) || after[i].key != was.key {
			if m.HasSecrets() {
				return true
			}
			continue
		}
		for name := range was.vars {
			if _, still := after[i].vars[name]; !still && m.Secret(name) != nil {
				return true
			}
		}
	}
	return false
}

// forgot reports whether the session passed what forgets: a value may have come
// and gone within the change.
func (w *witness) forgot() bool {
	last := len(w.visits) - 1
	for i, v := range w.visits {
		if _, forget := specOf(v).(*flow.Forget); v.Forgets && (forget && v.phase == flow.PhaseNone || v.phase == flow.PhaseActing && i < last) {
			return true
		}
		if _, returned := flow.Returned(v.state); returned && v.flow != w.f && v.flow.HasSecrets() {
			return true
		}
		if inside := v.flow.Key; inside != "" && v.flow.HasSecrets() && !slices.ContainsFunc(levels(w.c.After), func(l level) bool { return l.key == inside }) {
			return true
		}
	}
	return false
}
