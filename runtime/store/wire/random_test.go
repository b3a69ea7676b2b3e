package wire_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// all are the types of the closed sets. TestAllTypes compares them with the
// source.
func allEvents() []ivr.Event {
	return []ivr.Event{ivr.CallIncoming{}, ivr.CallWanted{}, ivr.CallCreated{}, ivr.CallChanged{}, ivr.CallTerminated{}, ivr.ToneReceived{},
		ivr.OperationAccepted{}, ivr.OperationCompleted{}, ivr.OperationFailed{}, ivr.OperationUnknown{}, ivr.CallRead{}, ivr.ActionReturned{},
		ivr.Counted{}, ivr.RecordingSaved{}, ivr.RosterChanged{}, ivr.Signalled{}, ivr.Intervened{}, ivr.TimerExpired{}}
}

func allCommands() []ivr.Command {
	return []ivr.Command{ivr.Answer{}, ivr.Reject{}, ivr.Redirect{}, ivr.SubscribeToTone{}, ivr.PlayPrompt{}, ivr.RecordResponse{},
		ivr.CancelMedia{}, ivr.CreateCall{}, ivr.Transfer{}, ivr.SendTones{}, ivr.Mute{}, ivr.Invite{}, ivr.Hold{}, ivr.RouteAudio{}, ivr.AddGallery{}, ivr.TellRecording{}, ivr.HangUp{}, ivr.KeepAlive{}, ivr.ReadCall{},
		ivr.FetchRecording{}, ivr.JoinRecordings{}, ivr.CountUp{}, ivr.RunAction{}, ivr.HTTPRequest{}, ivr.CancelAction{}, ivr.StartTimer{},
		ivr.StopTimer{}, ivr.Moved{}, ivr.Mark{}, ivr.Finish{}}
}

// maker makes values of any type. With full set none of it is zero or empty.
type maker struct {
	r    *rand.Rand
	full bool
	n    int // values made, so that texts differ
}

// of is a value of the type of like.
func (m *maker) of(like any) any {
	v := reflect.New(reflect.TypeOf(like)).Elem()
	m.fill(v, 0)
	return v.Interface()
}

func (m *maker) skip() bool { return !m.full && m.r.IntN(4) == 0 }

func (m *maker) fill(v reflect.Value, depth int) {
	if m.skip() {
		return
	}
	m.n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Unix(m.r.Int64N(4e9), 1+m.r.Int64N(1e9-1)).UTC()
		return
	case *ivr.Secret:
		*x = ivr.NewSecret(m.text())
		return
	case *ivr.Key:
		*x = ivr.Key("0123456789*#abcd"[m.r.IntN(16)])
		return
	case *map[string]int:
		*x = map[string]int{m.text(): m.r.IntN(9), m.text() + "2": 1}
		return
	case *map[string]string:
		*x = map[string]string{m.text(): m.text()}
		return
	case *ivr.CallState:
		*x = 1 + ivr.CallState(m.r.IntN(int(ivr.StateTerminated)))
		return
	case *ivr.AudioState:
		*x = 1 + ivr.AudioState(m.r.IntN(2))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range v.Fields() {
			m.fill(f, depth+1)
		}
	case reflect.String:
		v.SetString(m.text())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + m.r.Int64())
		if m.r.IntN(2) == 0 {
			v.SetInt(1 + m.r.Int64N(5000))
		}
	case reflect.Float64:
		v.SetFloat(m.r.Float64())
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		m.fill(v.Elem(), depth+1)
	case reflect.Slice:
		if depth > 6 { // parts hold parts
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1+m.r.IntN(3), 3))
		for i := range v.Len() {
			m.fill(v.Index(i), depth+2)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(m.object(0)))
	case reflect.Interface:
		if value := m.value(0); value != nil {
			v.Set(reflect.ValueOf(value))
		}
	default:
		panic(fmt.Sprintf("cannot make a %s", v.Type()))
	}
}

// text is a text that is not in any other, with all that texts may hold.
func (m *maker) text() string {
	odd := []string{"", "<&>", `"\`, "\n\t\x00", "\u2028é漢🙂", "\x7f", "***"}
	return fmt.Sprintf("text-%d-%s", m.n, odd[m.r.IntN(len(odd))])
}

// value is one that variables have.
func (m *maker) value(depth int) any {
	m.n++
	switch k := m.r.IntN(6); {
	case k == 0 && depth < 4:
		return m.object(depth + 1)
	case k == 1 && depth < 4:
		return []any{m.value(depth + 1), m.value(depth + 1)}
	case k == 2:
		return m.r.NormFloat64() * 1e6
	case k == 3:
		return float64(m.r.IntN(1e6))
	case k == 4 && !m.full:
		return []any{true, nil, false, 0.0, ""}[m.r.IntN(5)]
	}
	return m.text()
}

func (m *maker) object(depth int) map[string]any {
	o := map[string]any{}
	for range 1 + m.r.IntN(3) {
		m.n++
		o[strings.Repeat("k", 1+m.n%3)+fmt.Sprint(m.n)] = m.value(depth)
	}
	return o
}
