package testkit

import (
	"container/heap"
	"fmt"
	"time"
)

// MaxRun bounds how many functions one drive of a [Clock] runs. It is far
// beyond the longest call, and ends a test that would go on for ever.
const MaxRun = 1_000_000

// Clock is virtual time. Functions that wait for their time run one after
// another on the goroutine of whoever drives the clock with Run or Advance;
// between them time jumps. The same functions started in the same order always
// run in the same order.
//
// A function that Go runs waits with Sleep, and the others go on. Any other may
// drive the clock itself, and whoever drives it already waits for that. A Clock
// is not safe for concurrent use.
type Clock struct {
	now   time.Time
	queue clockQueue
	seq   int
	deep  int // drives within drives
	ran   int // functions run by the outermost drive
	err   error

	running *routine   // whose function is running, nil if it is none's
	asleep  []*routine // in the order in which they fell asleep
	spare   []*routine // with nothing to do
	keeps   bool       // spare routines from drive to drive, until Close
}

// NewClock is a clock that stands at start.
func NewClock(start time.Time) *Clock { return &Clock{now: start} }

// Now is the present virtual time.
func (c *Clock) Now() time.Time { return c.now }

// AfterFunc runs f once d has passed; at once, but not before AfterFunc has
// returned, if d is not positive. Stop takes it back and reports whether it
// was in time.
func (c *Clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.seq++
	e := &clockEntry{at: c.now.Add(max(d, 0)), seq: c.seq, f: f}
	heap.Push(&c.queue, e)
	return func() bool {
		if e.index < 0 {
			return false
		}
		heap.Remove(&c.queue, e.index)
		return true
	}
}

// Run runs functions, and lets time pass as they need it, until the condition
// holds. It is false if nothing is left to run before that; see also Err.
func (c *Clock) Run(until func() bool) bool {
	return c.drive(time.Time{}, until)
}

// RunFor is Run for at most d. If the condition does not come true, time has
// moved on by d.
func (c *Clock) RunFor(d time.Duration, until func() bool) bool {
	end := c.now.Add(d)
	if c.drive(end, until) {
		return true
	}
	if c.err == nil && end.After(c.now) {
		c.now = end
	}
	return until()
}

// Advance lets time pass and runs what is due meanwhile.
func (c *Clock) Advance(d time.Duration) {
	c.RunFor(d, func() bool { return false })
}

// Idle reports whether nothing waits for its time.
func (c *Clock) Idle() bool { return len(c.queue) == 0 }

// Err says that a drive was given up after MaxRun functions. The clock runs
// nothing any more from then on.
func (c *Clock) Err() error { return c.err }

// drive is Run that does not go beyond end, unless that is zero.
func (c *Clock) drive(end time.Time, until func() bool) bool {
	if c.deep == 0 {
		c.ran = 0
	}
	c.deep++
	defer func() {
		if c.deep--; c.deep == 0 && !c.keeps {
			c.dismiss()
		}
	}()
	for {
		c.wakeEarly()
		if until() {
			return true
		}
		if c.err != nil || len(c.queue) == 0 || !end.IsZero() && c.queue[0].at.After(end) {
			return false
		}
		if c.ran++; c.ran > MaxRun {
			c.err = fmt.Errorf("virtual time stopped at %s: %d functions ran without an end", c.now.Format(time.RFC3339), MaxRun)
			return false
		}
		e := heap.Pop(&c.queue).(*clockEntry)
		if e.at.After(c.now) { // a drive within this one may have been ahead
			c.now = e.at
		}
		e.f()
	}
}

type clockEntry struct {
	at    time.Time
	seq   int
	f     func()
	index int // in the queue, -1 once it was taken out
}

// clockQueue is a heap by time, then by age.
type clockQueue []*clockEntry

func (q clockQueue) Len() int { return len(q) }
func (q clockQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].seq < q[j].seq
}
func (q clockQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push appends an entry; it is for container/heap.
func (q *clockQueue) Push(x any) {
	e := x.(*clockEntry)
	e.index = len(*q)
	*q = append(*q, e)
}

// Pop takes the last entry off; it is for container/heap.
func (q *clockQueue) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = nil
	e.index = -1
	*q = old[:len(old)-1]
	return e
}
