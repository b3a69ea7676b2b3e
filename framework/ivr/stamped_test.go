package ivr_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// TestStamped gives every kind of event another time, and nothing else.
func TestStamped(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, ev := range []ivr.Event{ivr.CallIncoming{Call: "c"}, ivr.CallWanted{Tenant: "t"}, ivr.CallCreated{Op: 1}, ivr.CallChanged{Call: "c"},
		ivr.CallTerminated{Call: "c"}, ivr.ToneReceived{Seq: 3}, ivr.OperationAccepted{Op: 1}, ivr.OperationCompleted{Op: 1},
		ivr.OperationFailed{Op: 1}, ivr.OperationUnknown{Op: 1}, ivr.CallRead{Op: 1}, ivr.ActionReturned{Op: 1}, ivr.Counted{Op: 1},
		ivr.RecordingSaved{Op: 1}, ivr.Signalled{ID: "s"}, ivr.Intervened{ID: "i"}, ivr.TimerExpired{Timer: 1}} {
		got := ivr.Stamped(ev, at)
		if !got.When().Equal(at) {
			t.Errorf("%T: got the time %s, want %s", ev, got.When(), at)
		}
		if back := ivr.Stamped(got, time.Time{}); !reflect.DeepEqual(back, ev) {
			t.Errorf("got %#v, want %#v", back, ev)
		}
	}
}
