package testkit_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit"
)

func never() bool { return false }

func TestClockSleep(t *testing.T) {
	c := testkit.NewClock(time.Unix(0, 0))
	var got []string
	say := func(what string) { got = append(got, c.Now().UTC().Format("05 ")+what) }
	c.Go(func() {
		say("a sleeps")
		if !c.Sleep(3*time.Second, never) {
			say("a was woken")
		}
		say("a is up")
	})
	c.Go(func() {
		say("b sleeps")
		c.Sleep(2*time.Second, never)
		c.Sleep(2*time.Second, never)
		say("b is up")
	})
	c.AfterFunc(time.Second, func() { say("one") })

	c.Run(func() bool { return len(got) == 3 }) // whoever drives stops while others sleep
	if want := []string{"00 a sleeps", "00 b sleeps", "01 one"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	c.Run(never)
	if want := []string{"03 a is up", "04 b is up"}; !slices.Equal(got[3:], want) {
		t.Errorf("got %q, want %q", got[3:], want)
	}
}

func TestClockWakesEarly(t *testing.T) {
	c := testkit.NewClock(time.Unix(0, 0))
	enough, slept := false, true
	var woke time.Time
	c.Go(func() {
		slept = c.Sleep(time.Hour, func() bool { return enough })
		woke = c.Now()
	})
	c.AfterFunc(time.Second, func() { enough = true })
	c.Run(never)
	if slept || woke.Unix() != 1 || !c.Idle() {
		t.Errorf("slept on: %t, woke at %s, nothing left: %t; want woken after 1 s", slept, woke.UTC(), c.Idle())
	}
}

// A function that sleeps when the clock is closed ends, and leaves nothing
// behind.
func TestClockClose(t *testing.T) {
	before := runtime.NumGoroutine()
	c := testkit.NewClock(time.Unix(0, 0))
	ended := 0
	for range 100 {
		c.Go(func() {
			for range 3 {
				if c.Sleep(time.Hour, never) {
					t.Error("a sleep of an hour is over")
				}
			}
			ended++
		})
	}
	c.Advance(time.Minute)
	c.Close()
	c.Close()
	if after := runtime.NumGoroutine(); ended != 100 || after > before+10 {
		t.Errorf("%d of 100 ended, %d goroutines before and %d after", ended, before, after)
	}
}

// A caller can do something while an action is at work.
func TestHangUpDuringAnAction(t *testing.T) {
	call := testkit.Dial(t, "testdata/bank_balance/bank_balance.ivr.yaml", testkit.Given{
		Actions: map[string][]testkit.Reply{"verify": {{Outcome: "ok", After: 2500 * time.Millisecond}}},
	})
	call.Press("12345674#").Press("0000#").Hears("music_short")
	began := call.Clock().Now()
	call.HangUp().Ended("caller")
	if took := call.Clock().Now().Sub(began); took > time.Second {
		t.Errorf("the call ended %s after the hang-up", took)
	}
	if did := call.Actions(); !slices.Equal(did, []string{"verify"}) {
		t.Errorf("the flow did %v, want verify only", did)
	}
}

// What functions ran on is given back without Close.
func TestClockLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	c := testkit.NewClock(time.Unix(0, 0))
	ended := 0
	for range 100 {
		c.Go(func() {
			c.Sleep(time.Second, never)
			ended++
		})
	}
	c.Run(never)
	if after := runtime.NumGoroutine(); ended != 100 || after > before {
		t.Errorf("%d of 100 ended, %d goroutines before and %d after", ended, before, after)
	}
}
