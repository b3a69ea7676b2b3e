package testkit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit"
)

// A platform may tell an event twice, and it may tell two in the wrong order. What
// comes of a call must not depend on that. These tests show it for the engine, over
// the calls of all tests of all flows of the project, for each single event of them.
//
// Told twice: at once, and again after each of the next events.
//
// In the wrong order, within 250 ms: what the platform may mix up by itself. That is
//
//   - keys, which have numbers,
//   - updates of a call's state and audio,
//   - rosters, if they have numbers; without them the last one told counts, and package
//     graph leaves those out that are late by the numbers of the people in them,
//   - the response to a request, and notifications of any kind,
//   - ends of different operations.
//
// An event that follows from another cannot overtake it: the end of a prompt does not
// come before the prompt was asked for. And what somebody does at a moment of his own,
// a key as a prompt ends, a hang-up as a transfer is made, or one of our timers that
// runs out, is another call if it comes at another moment, not another order.

// within is how far events are moved.
const within = 250 * time.Millisecond

// history is a call of a test: its events one by one, with the session before each.
type history struct {
	file   string
	flow   *flow.Flow
	events []ivr.Event
	before []engine.Session
}

// histories are the calls of all tests.
func histories(t *testing.T) []*history {
	t.Helper()
	var all []*history
	for _, root := range []string{"testdata", "../flows", "../examples"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".ivr-test.yaml") || strings.Contains(path, "err") || strings.Contains(path, "fail") {
				return err
			}
			_, list, err := testkit.RunFile(t.Context(), path, testkit.Options{Workers: 1, Observe: func(c call.Change) {
				if c.New {
					all = append(all, &history{file: path, flow: c.Flow})
				}
				all[len(all)-1].add(t, c)
			}})
			if list.HasErrors() {
				t.Fatalf("%s\n%s", path, list)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 100 {
		t.Fatalf("only %d calls", len(all))
	}
	return all
}

func (h *history) add(t *testing.T, c call.Change) {
	t.Helper()
	s := *c.Before
	if c.New {
		s = engine.New(c.Session.ID, h.flow, c.Session.Config)
	}
	for _, ev := range c.Events {
		h.events, h.before = append(h.events, ev), append(h.before, s)
		s, _, _ = engine.Step(h.flow, s, ev) // a fault of the flow, which the call had too
	}
}

func TestToldTwiceOrInAnotherOrder(t *testing.T) {
	all := histories(t)
	t.Run("twice", func(t *testing.T) { toldTwice(t, all) })
	t.Run("in another order", func(t *testing.T) { toldInAnotherOrder(t, all) })
}

// Nothing that is told twice brings a command, whether at once or a while later, and
// what follows is the same: as a rule the session is. A transfer that is told again to
// be under way, once it has failed, is what the session has of the call's state.
func toldTwice(t *testing.T, all []*history) {
	told, differ := 0, 0
	for _, h := range all {
		for i, ev := range h.events {
			for j := i; j < len(h.events) && j < i+6 && (j == i || !bothRosters(ev, h.events[j])); j++ {
				after, _, _ := engine.Step(h.flow, h.before[j], h.events[j])
				if refusedBefore(ev, h.before[i], after) {
					continue
				}
				again := at(ev, h.events[j].When())
				twice, cmds, err := engine.Step(h.flow, after, again)
				told++
				where := fmt.Sprintf("%s: event %d (%T), again after event %d (%T) in %s", h.file, i, ev, j, h.events[j], after.State)
				if len(cmds) > 0 || err != nil {
					t.Errorf("%s: %s %v", where, asJSON(t, cmds), err)
				} else if !alike(t, after, twice) {
					differ++
					_, want := h.play(after, h.events[j+1:])
					if _, got := h.play(twice, h.events[j+1:]); !bytes.Equal(asJSON(t, got), asJSON(t, want)) {
						t.Errorf("%s: then\n%s\nwant\n%s", where, asJSON(t, got), asJSON(t, want))
					}
				}
			}
		}
	}
	t.Logf("%d times, after %d of which the session was another and the rest the same", told, differ)
	if told < 10_000 {
		t.Error("that is too few to show anything")
	}
}

// What the platform may mix up within 250 ms comes to the same commands.
func toldInAnotherOrder(t *testing.T, all []*history) {
	moved, kinds := 0, map[string]int{}
	for _, h := range all {
		for i := range h.events {
			for j := i + 1; j < len(h.events) && h.mixes(i, j); j++ {
				moved++
				kinds[fmt.Sprintf("%T, %T", h.events[i], h.events[j])]++
				right, wrong := slices.Clone(h.events[i:j+1]), append(slices.Clone(h.events[i+1:j+1]), h.events[i])
				for k := range wrong {
					wrong[k] = at(wrong[k], right[k].When())
				}
				s, cmds := h.play(h.before[i], right)
				s2, cmds2 := h.play(h.before[i], wrong)
				if a, b := multiset(t, cmds), multiset(t, cmds2); !slices.Equal(a, b) {
					t.Errorf("%s: event %d (%T) after event %d (%T), in %s:\n%s\n%s", h.file, i, h.events[i], j, h.events[j], h.before[i].State, strings.Join(a, " "), strings.Join(b, " "))
				} else if !alike(t, s, s2) {
					t.Errorf("%s: event %d (%T) after event %d (%T), in %s: another session\n%v\n%v", h.file, i, h.events[i], j, h.events[j], h.before[i].State, shape(t, s), shape(t, s2))
				}
			}
		}
	}
	t.Logf("%d times: %v", moved, kinds)
	if moved < 2000 || len(kinds) < 10 {
		t.Error("that is too few to show anything")
	}
}

func (h *history) play(s engine.Session, events []ivr.Event) (engine.Session, []ivr.Command) {
	var all []ivr.Command
	for _, ev := range events {
		var cmds []ivr.Command
		s, cmds, _ = engine.Step(h.flow, s, ev)
		all = append(all, cmds...)
	}
	return s, all
}

// mixes reports whether the platform may tell event i after event j: it may tell it
// after those before, they are not further apart than that, and j does not follow
// from i.
func (h *history) mixes(i, j int) bool {
	a, b, s := h.events[i], h.events[j], h.before[i]
	if b.When().Sub(a.When()) > within || !mayMix(a, b) {
		return false
	}
	op := opOf(b)
	return op == 0 || s.Wants(op)
}

// mayMix reports whether two events are of kinds that the platform may mix up.
func mayMix(a, b ivr.Event) bool {
	x, y := kindOf(a), kindOf(b)
	switch {
	case x == "" || y == "":
		return false
	case bothRosters(a, b):
		return false
	case x == "key" && y == "key", x == "state" && y == "state", x == "roster" || y == "roster":
		return true
	case x == "key" || y == "key":
		return x == "response" || y == "response"
	}
	return true
}

// bothRosters reports two rosters of which the later one cannot be told.
func bothRosters(a, b ivr.Event) bool {
	x, ok := a.(ivr.RosterChanged)
	_, also := b.(ivr.RosterChanged)
	return ok && also && x.Seq == 0
}

// refusedBefore reports the failure of a transfer that is told again while a later
// transfer is under way. Nothing in it says of which one it speaks: the engine can
// tell only until the platform has taken the later one on.
func refusedBefore(ev ivr.Event, then, after engine.Session) bool {
	c, ok := ev.(ivr.CallChanged)
	return ok && c.Result != nil && then.State != after.State &&
		strings.HasSuffix(then.State, "/"+string(flow.PhaseTransferring)) && strings.HasSuffix(after.State, "/"+string(flow.PhaseTransferring))
}

// kindOf is what the platform tells with an event; "" of what it cannot mix up.
func kindOf(ev ivr.Event) string {
	switch ev.(type) {
	case ivr.ToneReceived:
		return "key"
	case ivr.CallChanged:
		return "state"
	case ivr.RosterChanged:
		return "roster"
	case ivr.OperationAccepted:
		return "response"
	case ivr.OperationCompleted, ivr.OperationFailed:
		return "end"
	default:
		return ""
	}
}

func opOf(ev ivr.Event) ivr.OpID {
	switch e := ev.(type) {
	case ivr.OperationAccepted:
		return e.Op
	case ivr.OperationCompleted:
		return e.Op
	case ivr.OperationFailed:
		return e.Op
	default:
		return 0
	}
}

// at is an event that is told at another time.
func at(ev ivr.Event, when time.Time) ivr.Event {
	v := reflect.New(reflect.TypeOf(ev)).Elem()
	v.Set(reflect.ValueOf(ev))
	v.FieldByName("At").Set(reflect.ValueOf(when))
	return v.Interface().(ivr.Event)
}

// number is what a leg, an operation or a timer is called by: the order of two
// decides it.
var number = regexp.MustCompile(`"(op|timer|leg|id|deadline|for)":(?:"b[0-9]+"|[0-9]+)([,}])`)

// moment is a time.
var moment = regexp.MustCompile(`"[0-9]{4}-[0-9]{2}-[0-9]{2}T[^"]*"`)

// multiset are the commands without timers and without the numbers of operations.
func multiset(t *testing.T, cmds []ivr.Command) []string {
	t.Helper()
	var all []string
	for _, cmd := range cmds {
		switch cmd.(type) {
		case ivr.StartTimer, ivr.StopTimer:
			continue
		default:
		}
		all = append(all, fmt.Sprintf("%T%s", cmd, number.ReplaceAllString(string(asJSON(t, cmd)), `"$1":0$2`)))
	}
	slices.Sort(all)
	return all
}

func alike(t *testing.T, a, b engine.Session) bool {
	t.Helper()
	return bytes.Equal(asJSON(t, a), asJSON(t, b)) || reflect.DeepEqual(shape(t, a), shape(t, b))
}

// shape is a session without times, timers and numbers, and without the ends of
// operations that nobody knows: one that is told again is kept for a while, in case a
// response says which operation it was.
func shape(t *testing.T, s engine.Session) map[string]any {
	t.Helper()
	s.Seq, s.Timers, s.Parked = 0, nil, nil
	var m map[string]any
	text := moment.ReplaceAll(number.ReplaceAll(asJSON(t, s), []byte(`"$1":0$2`)), []byte(`""`))
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
