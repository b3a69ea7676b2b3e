package calldoc

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

// Moment is a moment in JSON.
type Moment struct {
	Version  int64         `json:"version"`
	At       time.Time     `json:"at"`
	Hidden   string        `json:"hidden,omitempty"`
	Events   wire.Events   `json:"events,omitempty"`
	Commands wire.Commands `json:"commands,omitempty"`
	Parked   wire.Events   `json:"parked,omitempty"`
}

// History is a history in JSON.
type History struct {
	Record
	Live    bool     `json:"live"`
	Node    string   `json:"node,omitempty"`
	Moments []Moment `json:"moments"`
}

// HistoryOf is the history of a call.
func HistoryOf(h store.History) History {
	doc := History{Record: RecordOf(h.Summary), Live: h.Ended.IsZero(), Node: string(h.Node), Moments: []Moment{}}
	for _, m := range h.Moments {
		s := Moment{Version: m.Version, At: m.At, Events: withoutTokens(m.Events), Commands: withoutToken(m.Commands), Parked: withoutTokens(m.Parked)}
		if m.Hidden != nil {
			s.Hidden = m.Hidden.Error()
		}
		doc.Moments = append(doc.Moments, s)
	}
	return doc
}

// withoutTokens takes out what lets people fetch recordings.
func withoutTokens(list []ivr.Event) []ivr.Event {
	var out []ivr.Event
	for _, ev := range list {
		if e, ok := ev.(ivr.OperationCompleted); ok && e.Recording != nil {
			e.Recording = &ivr.RecordingRef{Why: e.Recording.Why}
			ev = e
		}
		out = append(out, ev)
	}
	return out
}

func withoutToken(list []ivr.Command) []ivr.Command {
	var out []ivr.Command
	for _, cmd := range list {
		if c, ok := cmd.(ivr.FetchRecording); ok {
			c.Recording = ivr.RecordingRef{Why: c.Recording.Why}
			cmd = c
		}
		out = append(out, cmd)
	}
	return out
}
