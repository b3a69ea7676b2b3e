package testkit_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

var (
	_ call.Clock     = (*testkit.Clock)(nil)
	_ graphsim.Clock = (*testkit.Clock)(nil)
)

func TestClockRunsInOrderOfTimeThenOfAge(t *testing.T) {
	start := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	c := testkit.NewClock(start)
	var got []string
	note := func(s string) func() { return func() { got = append(got, s) } }
	c.AfterFunc(2*time.Second, note("c"))
	c.AfterFunc(time.Second, note("a"))
	c.AfterFunc(time.Second, note("b"))
	c.Go(func() { note("first")(); c.Go(note("second")) })
	stop := c.AfterFunc(time.Second, note("stopped"))
	if !stop() || stop() {
		t.Error("stop: want true, then false")
	}
	c.Advance(1500 * time.Millisecond)
	if want := []string{"first", "second", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if want := start.Add(1500 * time.Millisecond); !c.Now().Equal(want) {
		t.Errorf("now is %v, want %v", c.Now(), want)
	}
	if c.Idle() || !c.Run(func() bool { return len(got) == 5 }) || !c.Idle() {
		t.Errorf("the last function did not run: %v", got)
	}
	if c.Run(func() bool { return false }) {
		t.Error("Run with nothing left: want false")
	}
}

func TestClockDrivenFromWithin(t *testing.T) {
	c := testkit.NewClock(time.Unix(0, 0))
	var got []string
	c.Go(func() {
		c.Advance(3 * time.Second)
		got = append(got, "waited until "+c.Now().UTC().Format("05"))
	})
	c.AfterFunc(time.Second, func() { got = append(got, "one") })
	c.AfterFunc(5*time.Second, func() { got = append(got, "five") })
	c.Advance(10 * time.Second)
	if want := []string{"one", "waited until 03", "five"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestClockEndsALoop(t *testing.T) {
	c := testkit.NewClock(time.Unix(0, 0))
	n := 0
	var again func()
	again = func() { n++; c.Go(again) }
	c.Go(again)
	if c.Run(func() bool { return false }) || c.Err() == nil {
		t.Fatalf("a loop was not ended; err %v", c.Err())
	}
	if n != testkit.MaxRun {
		t.Errorf("%d functions ran, want %d", n, testkit.MaxRun)
	}
	c.Advance(time.Second)
	if n != testkit.MaxRun {
		t.Error("the clock went on after it was given up")
	}
}
