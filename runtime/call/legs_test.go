package call_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

const consultFlow = `
ivr: 1
flow: ask_first
prompts: {music: "La la la.", sorry: "Sorry."}
start: main
states:
  main:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001, kind: consult, music: music}
      failed: [{play: sorry}, end]
`

// legPlatform is a platform whose second call is answered when it is told to,
// and which notes whose call each command was for.
type legPlatform struct {
	platform
	release chan struct{} // closed: the new call is answered
	mu      sync.Mutex
	hungUp  []ivr.CallID
	fails   int // of the hang-ups of the second call
}

func (p *legPlatform) Send(ctx context.Context, to call.Address, cmd ivr.Command) call.Reply {
	head := ivr.Head{At: time.Now(), Leg: to.Leg}
	switch c := cmd.(type) {
	case ivr.CreateCall:
		reply := p.platform.Send(ctx, to, cmd)
		select {
		case <-p.release:
			reply.Event = ivr.CallCreated{Head: head, Op: c.Op, Call: "second"}
		case <-ctx.Done():
			reply.Event = ivr.OperationUnknown{Head: head, Op: c.Op}
		}
		return reply
	case ivr.HangUp:
		p.mu.Lock()
		defer p.mu.Unlock()
		p.hungUp = append(p.hungUp, to.Call)
		if to.Call == "second" && p.fails > 0 {
			p.fails--
			return call.Reply{Again: true, Event: ivr.OperationFailed{Head: head, Op: c.Op}}
		}
	}
	return p.platform.Send(ctx, to, cmd)
}

func (p *legPlatform) ended() []ivr.CallID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.hungUp)
}

// calling is a session whose flow is calling somebody.
func calling(t *testing.T) (*fixture, *legPlatform) {
	t.Helper()
	p := &legPlatform{release: make(chan struct{})}
	fx := start(t, &p.platform, &store.Memory{})
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(consultFlow)}}, "f.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	if fx.Calls, err = call.New(call.Config{Store: &store.Memory{}, Sender: p, Clock: clock{}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fx.Close)
	fx.flow = f
	fx.ring(t, "s")
	fx.tell(t, "s", audio())
	return fx, p
}

func second(fx *fixture) ivr.LegID {
	s, _ := fx.Session("s")
	return s.Consult.Leg
}

func over(leg ivr.LegID) ivr.Event {
	return ivr.CallTerminated{Head: ivr.Head{At: time.Now(), Leg: leg}}
}

// What goes slowly on one leg does not hold the other up, and each command goes
// to its own call.
func TestLegsHaveQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx, p := calling(t)
		if got := p.names(); !slices.Contains(got, "PlayPrompt") {
			t.Errorf("sent %v: the music waits for the new call", got)
		}
		close(p.release)
		synctest.Wait()
		if id, ok := fx.ByCall(t.Context(), "second"); !ok || id != "s" {
			t.Errorf("the second call belongs to %q", id)
		}
		leg := second(fx)
		fx.tell(t, "s", ivr.CallChanged{Head: ivr.Head{At: time.Now(), Leg: leg}, State: ivr.StateEstablished})
		fx.tell(t, "s", over(leg)) // before the transfer could be sent
		if got := p.names(); slices.Contains(got, "Transfer") {
			t.Errorf("sent %v", got)
		}
		fx.tell(t, "s", over(ivr.CallerLeg))
		if _, ok := fx.ByCall(t.Context(), "second"); ok || len(p.ended()) > 0 {
			t.Errorf("hung up %v; the second call is still known: %t", p.ended(), ok)
		}
	})
}

// A caller who hangs up takes the second call with him, also if that is not yet
// known, and if the platform cannot be reached for a while: until it ends the call by
// itself.
func TestCallerLeavesSecondCall(t *testing.T) {
	for _, tt := range []struct {
		early       bool
		fails, want int
	}{{want: 1}, {early: true, want: 1}, {fails: 1, want: 2}, {early: true, fails: 1, want: 2}, {fails: 60, want: 61}, {early: true, fails: 60, want: 61}, {fails: 1000, want: 125}} {
		synctest.Test(t, func(t *testing.T) {
			fx, p := calling(t)
			p.fails = tt.fails
			early := tt.early
			if !early {
				close(p.release)
				synctest.Wait()
			}
			fx.tell(t, "s", over(ivr.CallerLeg))
			if early {
				if fx.Live() != 0 || len(p.ended()) != 0 {
					t.Fatalf("%d live, hung up %v", fx.Live(), p.ended())
				}
				close(p.release)
			}
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			if got := p.ended(); len(got) != tt.want || got[0] != "second" {
				t.Errorf("%+v: hung up %d times: %v", tt, len(got), got[:min(len(got), 3)])
			}
		})
	}
}

// A hang-up of the second call leaves what is to be sent to the first.
func TestSecondHangUpMakesNoWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx, p := calling(t)
		close(p.release)
		time.Sleep(40 * time.Second) // the phone rings out
		synctest.Wait()
		if got := p.ended(); !slices.Equal(got, []ivr.CallID{"second"}) {
			t.Errorf("hung up %v", got)
		}
		if got := p.names(); got[len(got)-1] != "PlayPrompt" || !slices.Contains(got, "CancelMedia") {
			t.Errorf("sent %v, want the music cancelled and the apology played", got)
		}
		fx.tell(t, "s", over(ivr.CallerLeg))
	})
}
