package store

import (
	"reflect"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

// JSON is how a record is written.
func (r *record) JSON() ([]byte, error) {
	var pending []call.Pending
	for i, cmd := range r.Pending {
		pending = append(pending, call.Pending{Cmd: cmd, Sent: slices.Contains(r.Sent, i)})
	}
	return (&held{marks: r.Marks, transfer: r.Transfer}).append(nil, &r.Session, r.At, pending)
}

// Records are an empty record, and one in which every member is set. It panics
// if a member is not.
func Records(p call.Pending) []*record {
	full := &record{Session: engine.Session{ID: "s1", Vars: map[string]any{"x": "<&>"}}, At: 1, Pending: wire.Commands{p.Cmd, ivr.Mark{Text: "é"}}, Sent: []int{0, 1},
		Marks: []Mark{{Kind: "tag", Text: `"`, At: time.Unix(1, 0)}}, Transfer: "no_answer"}
	for _, f := range reflect.ValueOf(full).Elem().Fields() {
		if f.IsZero() {
			panic("a member of the record is not set here")
		}
	}
	return []*record{{}, full}
}

// Held is how many sessions the store holds something of in memory.
func (s *Store) Held() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live)
}
