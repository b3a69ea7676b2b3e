package fleet

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Plan is what a caller wants to do: press these keys, each when the one before
// has had its effect, and then perhaps hang up.
type Plan struct {
	Keys   []ivr.Key
	HangUp bool
}

// The keys that do something besides being heard.
const (
	keyNote = ivr.Key('7')
	keyBusy = ivr.Key('8')
	keyOpen = ivr.Key('9')
	keyEnd  = ivr.Key('0')
)

// plan is a plan by chance. No key is in it twice.
func plan(r *rand.Rand) Plan {
	keys := []ivr.Key{'1', '2', '3', '4', '5', '6'}
	r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	keys = keys[:2+r.IntN(3)]
	if r.IntN(3) == 0 {
		keys = append(keys, keyNote)
	}
	if r.IntN(2) == 0 {
		keys = append(keys, keyBusy)
	}
	switch r.IntN(3) {
	case 0:
		return Plan{Keys: keys, HangUp: true}
	case 1:
		return Plan{Keys: append(keys, keyEnd)}
	}
	return Plan{Keys: append(keys, keyOpen)}
}

// Result is how a caller found it.
type Result string

// What becomes of callers.
const (
	Running   Result = ""          // or the caller was called off
	Well      Result = "well"      // all went as the caller wanted
	Unserved  Result = "unserved"  // the bot never learned of the call: its callback was not acknowledged
	Silent    Result = "silent"    // the bot took the call, and nothing was heard of it
	Forgotten Result = "forgotten" // a key was acknowledged and had no effect
	CutOff    Result = "cut off"   // the bot ended the call unasked
	Endless   Result = "endless"   // it did not end when the caller asked for it
	Deaf      Result = "deaf"      // no key came through
)

// comesBack is how long a caller waits to come back from somebody who is busy.
const comesBack = 12 * time.Second

// asksAgain is after how long a caller asks once more to be handed over: longer than
// it takes the bot to say that it does not know.
const asksAgain = 15 * time.Second

// Callers are people who ring, one call after the other.
type Callers struct {
	wg   sync.WaitGroup
	stop atomic.Bool
}

// Callers has n people ring until Stop, or until ctx is over.
func (f *Fleet) Callers(ctx context.Context, n int) *Callers {
	c := &Callers{}
	for i := range n {
		r := rand.New(rand.NewPCG(f.cfg.Seed, uint64(i)+1))
		c.wg.Go(func() {
			for !c.stop.Load() && ctx.Err() == nil {
				f.Call(ctx, r)
			}
		})
	}
	return c
}

// Stop lets the calls that are live go on to their end, and waits for it.
func (c *Callers) Stop() {
	c.stop.Store(true)
	c.wg.Wait()
}

// Call is one call from the first ring to its end.
func (f *Fleet) Call(ctx context.Context, r *rand.Rand) {
	p := plan(r)
	phone, err := f.sim.Ring(graphsim.Caller{})
	if err != nil {
		return // the simulator is closed
	}
	t := &talk{fleet: f, phone: phone, rand: r}
	f.History.change(phone.ID(), func(c *Call) { c.Plan, t.call = p, c })
	result := t.run(ctx, p)
	phone.HangUp()
	f.History.change(phone.ID(), func(c *Call) { c.Result = result })
}

// talk is a caller on the phone.
type talk struct {
	fleet *Fleet
	phone *graphsim.Call
	rand  *rand.Rand
	call  *Call
}

func (t *talk) run(ctx context.Context, p Plan) Result {
	patience := t.fleet.cfg.Patience
	t.wait(ctx, patience, func(c *Call) bool { return c.Ready || c.End != nil || c.Rung == Failed })
	switch c := t.now(); {
	case ctx.Err() != nil:
		return Running
	case c.Rung == Failed && !c.Ready:
		return Unserved
	case c.End != nil && !c.Ready:
		return CutOff
	case !c.Ready:
		return Silent
	}
	for _, key := range p.Keys {
		if result := t.press(ctx, key); result != Well {
			return result
		}
		if key == keyBusy { // or the bot never knows what became of it, and goes on
			t.wait(ctx, min(patience, comesBack), func(c *Call) bool { return c.Back > 0 || c.End != nil })
		}
	}
	if p.HangUp {
		return Well
	}
	return t.leave(ctx, p.Keys[len(p.Keys)-1])
}

// press presses a key until it has come through, and waits for its effect.
func (t *talk) press(ctx context.Context, key ivr.Key) Result {
	patience := t.fleet.cfg.Patience
	before := t.now().Heard[key]
	for begin := time.Now(); time.Since(begin) < patience; {
		t.pause(ctx, 20+t.rand.IntN(180))
		n := len(t.now().Presses)
		t.phone.Press(key)
		t.wait(ctx, patience, func(c *Call) bool { return len(c.Presses) > n && c.Presses[n].Ack != Unsent || c.End != nil })
		c := t.now()
		switch {
		case ctx.Err() != nil:
			return Running
		case len(c.Presses) > n && c.Presses[n].Ack == Acked:
			return t.effect(ctx, key, before)
		case c.End != nil && c.Heard[key] > before && (key == keyEnd || key == keyOpen):
			return Well // it came through, though nobody said so
		case c.End != nil:
			return CutOff
		}
	}
	return Deaf
}

// effect waits for what an acknowledged key does.
func (t *talk) effect(ctx context.Context, key ivr.Key, before int) Result {
	t.wait(ctx, t.fleet.cfg.Patience, func(c *Call) bool { return c.Heard[key] > before || c.End != nil })
	switch c := t.now(); {
	case ctx.Err() != nil:
		return Running
	case c.Heard[key] > before:
		return Well
	}
	return Forgotten
}

// leave waits for the end that the last key asked for, and asks once more if it
// does not come: the bot may say that it does not know whether it handed over.
func (t *talk) leave(ctx context.Context, key ivr.Key) Result {
	patience := t.fleet.cfg.Patience
	over := func(c *Call) bool { return c.End != nil }
	for range 2 {
		if t.wait(ctx, min(patience, asksAgain), over) {
			return Well
		}
		if ctx.Err() != nil {
			return Running
		}
		t.phone.Press(key)
	}
	if t.wait(ctx, patience, over) {
		return Well
	}
	return Endless
}

// now is a copy of what is known of the call.
func (t *talk) now() Call {
	t.fleet.History.mu.Lock()
	defer t.fleet.History.mu.Unlock()
	return t.call.copy()
}

// wait waits until something is so, and says whether it became so in time.
func (t *talk) wait(ctx context.Context, most time.Duration, is func(*Call) bool) bool {
	late := time.NewTimer(most)
	defer late.Stop()
	for {
		t.fleet.History.mu.Lock()
		ok, more := is(t.call), t.call.more
		t.fleet.History.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-more:
		case <-late.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// pause is a moment in which a person does nothing.
func (t *talk) pause(ctx context.Context, milliseconds int) {
	t.wait(ctx, time.Duration(milliseconds)*time.Millisecond, func(*Call) bool { return false })
}
