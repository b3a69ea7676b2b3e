package graphsim_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// bot is the library's own client, and its decoder of callbacks. The
// simulator writes and reads the wire by itself, so the two check each other.
type bot struct {
	*world
	client *graph.Client
	read   int // bodies decoded
}

func newBot(t *testing.T, w *world) *bot {
	t.Helper()
	client, err := graph.NewClient(graph.Config{BaseURL: base + "/beta", LoginURL: base, ClientID: graphsim.DefaultAppID,
		ClientSecret: ivr.NewSecret(graphsim.DefaultSecret), Transport: graphsim.InMemory(w.sim), Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return &bot{world: w, client: client}
}

func (b *bot) send(c *graphsim.Call, cmd ivr.Command, media ...string) (ivr.Event, error) {
	b.t.Helper()
	p := graph.Params{CallID: c.ID(), CallbackURI: leg, Session: "s1"}
	for _, uri := range media {
		p.Media = append(p.Media, graph.MediaInfo{URI: uri, ResourceID: uri})
	}
	r, err := graph.Build(cmd, p)
	if err != nil {
		b.t.Fatalf("build %T: %v", cmd, err)
	}
	answer, err := b.client.Send(context.Background(), b.sim.Tenant(), "", r)
	if err != nil {
		return nil, err
	}
	return answer.Event(cmd, b.clock.Now()), nil
}

// hears lets time pass and expects events, in short.
func (b *bot) hears(d time.Duration, want ...string) []ivr.Event {
	b.t.Helper()
	b.clock.forward(d)
	var events []ivr.Event
	var got []string
	for ; b.read < len(b.bodies); b.read++ {
		list, err := graph.DecodeNotifications(b.bodies[b.read])
		if err != nil {
			b.t.Fatalf("decode %s: %v", b.bodies[b.read], err)
		}
		for _, n := range list {
			e, ok := n.Event(b.clock.Now(), ivr.CallerLeg)
			if n.Err != nil || !ok || n.CallID == "" {
				b.t.Errorf("notification %s is no event (%v)", b.bodies[b.read], n.Err)
				continue
			}
			events = append(events, e)
			got = append(got, brief(e))
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		b.t.Errorf("events:\ngot  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	return events
}

func brief(e ivr.Event) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", e), "ivr.")
	switch e := e.(type) {
	case ivr.CallChanged:
		return fmt.Sprintf("%s %v %v %v", name, e.State, e.Audio, e.Result != nil)
	case ivr.CallTerminated:
		return name + " " + string(e.Result.Reason)
	case ivr.ToneReceived:
		return name + " " + e.Key.String()
	case ivr.OperationCompleted:
		return fmt.Sprintf("%s %d %v", name, e.Op, e.Recording != nil)
	case ivr.OperationFailed:
		return fmt.Sprintf("%s %d %s", name, e.Op, e.Result.Reason)
	}
	return name
}

// The library's client and this simulator agree about every command and every
// notification.
func TestAgreesWithClient(t *testing.T) {
	w := newWorld(t, nil)
	b := newBot(t, w)
	c := w.ring(incomingCaller())
	events := b.hears(0, "CallIncoming")
	in := events[0].(ivr.CallIncoming)
	if in.Call != c.ID() || in.Caller.Kind != ivr.PartyPhone || in.Caller.ID != "+14255550199" || in.Tenant != w.sim.Tenant() {
		t.Errorf("incoming %+v", in)
	}
	do := func(want string, cmd ivr.Command, media ...string) {
		t.Helper()
		e, err := b.send(c, cmd, media...)
		if err != nil {
			t.Fatalf("%T: %v", cmd, err)
		}
		if brief(e) != want {
			t.Errorf("%T: answered %s, want %s", cmd, brief(e), want)
		}
	}
	a, long := w.file("a.wav", time.Second), w.file("long.wav", time.Minute)
	do("OperationAccepted", ivr.Answer{Op: 1}, a)
	b.hears(time.Second, "CallChanged establishing unknown false", "CallChanged established unknown false", "CallChanged established active false")
	do("OperationCompleted 2 false", ivr.SubscribeToTone{Op: 2})
	do("OperationAccepted", ivr.PlayPrompt{Op: 3}, a, a)
	b.hears(3*time.Second, "OperationCompleted 3 false")
	do("OperationAccepted", ivr.PlayPrompt{Op: 4, Loop: true}, long)
	c.Press('#')
	b.hears(time.Second, "ToneReceived #")
	do("OperationCompleted 5 false", ivr.CancelMedia{Op: 5})
	b.hears(time.Second, "OperationFailed 4 cancelled")
	do("OperationAccepted", ivr.RecordResponse{Op: 6, Max: ivr.Duration(time.Minute), Silence: ivr.Duration(2 * time.Second),
		InitialSilence: ivr.Duration(3 * time.Second), StopKeys: []ivr.Key{'#', '1'}, Beep: true})
	c.SpeakFor(2 * time.Second)
	events = b.hears(10*time.Second, "OperationCompleted 6 true")
	recording := events[0].(ivr.OperationCompleted).Recording
	if file, err := b.client.Download(context.Background(), *recording, nil); err != nil || len(file) != 44+4*32000 {
		t.Errorf("recording of %d bytes, %v; want 4 s", len(file), err)
	}
	do("OperationCompleted 7 false", ivr.KeepAlive{Op: 7})
	do("CallRead", ivr.ReadCall{Op: 8})
	w.sim.SetTarget("+14255550177", graphsim.Busy)
	do("OperationAccepted", ivr.Transfer{Op: 9, Target: ivr.Target{Kind: ivr.PartyPhone, ID: "+14255550177"}})
	b.hears(5*time.Second, "CallChanged transferring unknown false", "CallChanged established unknown true")
	do("OperationCompleted 10 false", ivr.HangUp{Op: 10})
	b.hears(time.Second, "CallChanged terminating unknown false", "CallTerminated ")
	_, err := b.send(c, ivr.KeepAlive{Op: 11})
	var refused *graph.Error
	if !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("keepAlive after the end: %v, want 404", err)
	}

	c = w.ring(graphsim.Caller{})
	b.hears(0, "CallIncoming")
	do("OperationAccepted", ivr.Redirect{Op: 1, Targets: []ivr.Target{{Kind: ivr.PartyUser, ID: targetID}}, Ring: ivr.Duration(20 * time.Second)})
	b.hears(5*time.Second, "CallTerminated ")
	c = w.ring(graphsim.Caller{})
	b.hears(0, "CallIncoming")
	do("OperationAccepted", ivr.Reject{Op: 1, Reason: ivr.RejectForbidden})
	b.hears(time.Second, "CallTerminated ")
}
