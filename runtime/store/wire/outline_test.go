package wire_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

// kept and dropped say of every member of every event and command whether it is
// in an outline. Whoever adds one decides: would somebody who reads all
// outlines learn what a caller said, typed, is known by, or was told?
const kept = `
CallIncoming At Leg Call Caller.Kind Called.Kind Tenant ChainID Scenario
CallWanted At Leg From.Kind Tenant
CallCreated At Leg Op Call Me
CallChanged At Leg Call State Audio Result.Code Result.Subcode Result.Reason
CallTerminated At Leg Call Result.Code Result.Subcode Result.Reason
ToneReceived At Leg Seq
OperationAccepted At Leg Op Remote Length
OperationCompleted At Leg Op Remote Result.Code Result.Subcode Result.Reason Recording.Why
OperationFailed At Leg Op Remote Result.Code Result.Subcode Result.Reason
OperationUnknown At Leg Op Died
CallRead At Leg Op Gone State Audio Also People.ID People.Party.Kind People.Muted People.Lobby People.Gone Routes.ID Routes.Source Routes.Receivers
ActionReturned At Leg Op Outcome Code Reason
Counted At Leg Op N
RecordingSaved At Leg Op Length
RosterChanged At Leg Call Seq People.ID People.Party.Kind People.Muted People.Lobby People.Gone
Signalled At Leg Name
Intervened At Leg Target.Kind By
TimerExpired At Leg Timer
Answer Op Leg Prefetch.Key Prefetch.SSML Prefetch.Silence Prefetch.Locale Prefetch.Voice Prefetch.Length
Reject Op Leg Reason
Redirect Op Leg Targets.Kind Ring Dynamic
SubscribeToTone Op Leg
PlayPrompt Op Leg Loop Parts.Key Parts.SSML Parts.Silence Parts.Locale Parts.Voice Parts.Length
RecordResponse Op Leg Max Silence InitialSilence StopKeys Beep
CancelMedia Op Leg
CreateCall Op Leg Target.Kind Source.Kind Ring Dynamic
Transfer Op Leg Target.Kind Dynamic Replaces
SendTones Op Leg Between
Mute Op Leg Off Who
Invite Op Leg Targets.Kind Dynamic
Hold Op Leg Who Off Music.Key Music.SSML Music.Silence Music.Locale Music.Voice Music.Length
RouteAudio Op Leg Group Source Receivers Off
AddGallery Op Leg
TellRecording Op Leg Status
HangUp Op Leg
KeepAlive Op Leg
ReadCall Op Leg Also
FetchRecording Op Leg Recording.Why
JoinRecordings Op
CountUp Op Name
RunAction Op Name Timeout Retry.Max Retry.Backoff Sensitive
HTTPRequest Op Flow Step Action Method URL.Kind Headers.Name Timeout Retry.Max Retry.Backoff Take
CancelAction Op
StartTimer Timer After Why
StopTimer Timer
Moved Flow Trigger State
Mark Kind Name
Finish EndedBy Result.Code Result.Subcode Result.Reason
`

const dropped = `
CallIncoming Caller.ID Caller.Name Caller.Tenant Called.ID Called.Name Called.Tenant
CallWanted Params From.ID From.Name From.Tenant Meeting.Link Meeting.JoinID Meeting.Passcode Meeting.Thread Meeting.Message Meeting.Reply Meeting.Organizer Meeting.Tenant
CallChanged Result.Message
CallTerminated Result.Message
ToneReceived Key
OperationCompleted Result.Message Recording.Location Recording.Token
OperationFailed Result.Message
OperationUnknown Detail
ActionReturned Out Detail
CallRead People.Party.ID People.Party.Name People.Party.Tenant
RecordingSaved ID
RosterChanged People.Party.ID People.Party.Name People.Party.Tenant
Signalled ID
Intervened ID Target.ID
Answer Prefetch.Text Prefetch.Audio Prefetch.Recording Prefetch.Joined Prefetch.Words Prefetch.Sensitive Prefetch.Continued
Redirect Targets.ID
PlayPrompt Parts.Text Parts.Audio Parts.Recording Parts.Joined Parts.Words Parts.Sensitive Parts.Continued
CreateCall Target.ID Source.ID Source.Name Source.Tenant Meeting.Link Meeting.JoinID Meeting.Passcode Meeting.Thread Meeting.Message Meeting.Reply Meeting.Organizer Meeting.Tenant
Transfer Target.ID
SendTones Keys
Invite Targets.ID
Hold Music.Text Music.Audio Music.Recording Music.Joined Music.Words Music.Sensitive Music.Continued
FetchRecording Recording.Location Recording.Token
JoinRecordings Parts
RunAction In
HTTPRequest In URL.Text Headers.Value JSON
Mark Text
Finish Result.Message
`

// The parts of prompts as they are filled for the table: neither sensitive nor
// of a value. What becomes of those is in TestOutlineOfParts.
func plainPart(v reflect.Value) {
	if p, ok := reflect.TypeAssert[*ivr.Part](v.Addr()); ok {
		p.Sensitive, p.Continued, p.Joined, p.Words = false, false, nil, ""
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				plainPart(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			plainPart(v.Index(i))
		}
	default:
	}
}

// leaves calls do with each member of a value by its path. Members of lists
// stand for all of them.
func leaves(v reflect.Value, path string, do func(path string, v reflect.Value)) {
	at := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	switch {
	case v.Type() == reflect.TypeFor[ivr.Secret](), v.Type().String() == "time.Time":
		do(path, v)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			switch {
			case f.Anonymous:
				leaves(v.Field(i), path, do)
			case v.Type() == reflect.TypeFor[ivr.Header]() && f.Name == "Value", v.Type() == reflect.TypeFor[ivr.Part]() && f.Name == "Joined":
				do(at(f.Name), v.Field(i))
			default:
				leaves(v.Field(i), at(f.Name), do)
			}
		}
	case v.Kind() == reflect.Pointer:
		leaves(v.Elem(), path, do)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		for i := range v.Len() {
			leaves(v.Index(i), path, do)
		}
	default:
		do(path, v)
	}
}

func table(text string) map[string][]string {
	rows := map[string][]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		words := strings.Fields(line)
		rows[words[0]] = words[1:]
	}
	return rows
}

// Every member is in an outline, whole, or is not, as the tables say; one that
// is in neither table must be decided about.
func TestOutlineTable(t *testing.T) {
	keep, drop := table(kept), table(dropped)
	for seed := range uint64(20) {
		m := &maker{r: rand.New(rand.NewPCG(seed, 2)), full: true}
		for _, e := range allEvents() {
			full := plain(m.of(e))
			judge(t, keep, drop, full, wire.Outline(full.(ivr.Event)))
		}
		for _, c := range allCommands() {
			full := plain(m.of(c))
			judge(t, keep, drop, full, wire.OutlineCommand(full.(ivr.Command)))
		}
	}
}

func plain(v any) any {
	p := reflect.New(reflect.TypeOf(v)).Elem()
	p.Set(reflect.ValueOf(v))
	plainPart(p)
	if r, ok := reflect.TypeAssert[*ivr.HTTPRequest](p.Addr()); ok {
		for i := range r.URL {
			r.URL[i].Kind = ivr.PieceValue
		}
	}
	switch c := p.Addr().Interface().(type) { // see TestOutlineOfTargets
	case *ivr.Redirect:
		c.Dynamic = true
	case *ivr.Transfer:
		c.Dynamic = true
	case *ivr.CreateCall:
		c.Dynamic = true
	}
	return p.Interface()
}

func judge(t *testing.T, keep, drop map[string][]string, full, outline any) {
	t.Helper()
	name := reflect.TypeOf(full).Name()
	var values []reflect.Value
	leaves(reflect.ValueOf(full), "", func(_ string, v reflect.Value) { values = append(values, v) })
	i := 0
	leaves(reflect.ValueOf(outline), "", func(path string, got reflect.Value) {
		want := values[i]
		i++
		k, d := slices.Contains(keep[name], path), slices.Contains(drop[name], path)
		switch {
		case k == d:
			t.Errorf("%s.%s stands in %d of the tables: decide whether an outline may hold it", name, path, map[bool]int{true: 2}[k])
		case k && !reflect.DeepEqual(got.Interface(), want.Interface()):
			t.Errorf("%s.%s is %v in the outline, want %v", name, path, got, want)
		case d && holds(got):
			t.Errorf("%s.%s is still in the outline: %v", name, path, got)
		}
	})
	if i != len(values) {
		t.Errorf("%s: %d members came to the outline of %d", name, i, len(values))
	}
}

// holds reports whether there is anything in a value but how many there are.
func holds(v reflect.Value) bool {
	if s, ok := reflect.TypeAssert[[]string](v); ok {
		return slices.ContainsFunc(s, func(s string) bool { return s != "" })
	}
	return !v.IsZero()
}

// An outline is a copy: what it is made of stays whole.
func TestOutlineIsACopy(t *testing.T) {
	m := &maker{r: rand.New(rand.NewPCG(7, 7)), full: true}
	for _, c := range allCommands() {
		full := m.of(c).(ivr.Command)
		before := fmt.Sprintf("%#v", must(wire.AppendCommands(nil, []ivr.Command{full})))
		wire.OutlineCommand(full)
		if after := fmt.Sprintf("%#v", must(wire.AppendCommands(nil, []ivr.Command{full}))); after != before {
			t.Errorf("%T was changed", c)
		}
	}
	for _, e := range allEvents() {
		full := m.of(e).(ivr.Event)
		before := fmt.Sprintf("%#v", must(wire.AppendEvents(nil, []ivr.Event{full})))
		wire.Outline(full)
		if after := fmt.Sprintf("%#v", must(wire.AppendEvents(nil, []ivr.Event{full}))); after != before {
			t.Errorf("%T was changed", e)
		}
	}
}

func must(b []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(b)
}

// A part that tells a value shows neither it nor its fragments.
func TestOutlineOfParts(t *testing.T) {
	for name, c := range map[string]struct {
		part ivr.Part
		want ivr.Part
	}{
		"prompt":          {ivr.Part{Key: "hello", Text: "Hello."}, ivr.Part{Key: "hello"}},
		"sensitive":       {ivr.Part{Key: "hello", Text: "12", Length: 7, Sensitive: true, Joined: []ivr.Part{{Key: "x"}}}, ivr.Part{Sensitive: true}},
		"fragment":        {ivr.Part{Key: "_digit/7", Text: "seven"}, ivr.Part{}},
		"first of words":  {ivr.Part{Key: "twelve", Words: "twelve pounds"}, ivr.Part{}},
		"rest of words":   {ivr.Part{Key: "pounds", Continued: true}, ivr.Part{Continued: true}},
		"joined":          {ivr.Part{Joined: []ivr.Part{{Key: "hello"}, {Text: "you"}, {Key: "x", Sensitive: true}}}, ivr.Part{Joined: []ivr.Part{{Key: "hello"}, {}, {Sensitive: true}}}},
		"joined to speak": {ivr.Part{Text: "twelve", Joined: []ivr.Part{{Key: "hello"}}}, ivr.Part{}},
		"recording":       {ivr.Part{Recording: "r1", Length: 5}, ivr.Part{Length: 5}},
	} {
		got := wire.OutlineCommand(ivr.PlayPrompt{Parts: []ivr.Part{c.part}}).(ivr.PlayPrompt).Parts[0]
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %s, want %s", name, show(got), show(c.want))
		}
	}
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// A target that the author wrote stays, one that came from input does not.
func TestOutlineOfTargets(t *testing.T) {
	to := ivr.Target{Kind: ivr.PartyPhone, ID: "+442071838750"}
	for _, dynamic := range []bool{true, false} {
		want := to
		if dynamic {
			want.ID = ""
		}
		for _, c := range []ivr.Command{ivr.Transfer{Target: to, Dynamic: dynamic}, ivr.CreateCall{Target: to, Dynamic: dynamic}, ivr.Redirect{Targets: []ivr.Target{to}, Dynamic: dynamic}} {
			text := show(wire.OutlineCommand(c))
			if strings.Contains(text, to.ID) == dynamic || !strings.Contains(text, `"phone"`) {
				t.Errorf("%T, dynamic %t: %s", c, dynamic, text)
			}
		}
	}
}

// Of a URL what the author wrote stays.
func TestOutlineOfURL(t *testing.T) {
	got := wire.OutlineCommand(ivr.HTTPRequest{Method: "GET", URL: []ivr.Piece{{Kind: ivr.PieceLiteral, Text: "https://x/"}, {Kind: ivr.PieceValue, Text: "4711"}, {Kind: ivr.PieceSecret, Text: "key"}}}).(ivr.HTTPRequest)
	if got.String() != "GET https://x/${…}${secret.key}" || got.URL[1].Text != "" {
		t.Errorf("got %+v", got.URL)
	}
}
