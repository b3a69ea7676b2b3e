package graphsim_test

import (
	"container/heap"
	"time"
)

// virtual is a clock that runs one function after the other, in the order of
// their times.
type virtual struct {
	now  time.Time
	seq  int
	jobs jobs
}

type job struct {
	at  time.Time
	seq int
	run func()
}

type jobs []*job

func (h jobs) Len() int      { return len(h) }
func (h jobs) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *jobs) Push(x any)   { *h = append(*h, x.(*job)) }
func (h *jobs) Pop() any     { old := *h; j := old[len(old)-1]; *h = old[:len(old)-1]; return j }
func (h jobs) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}

func newVirtual() *virtual {
	return &virtual{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
}

func (v *virtual) Now() time.Time { return v.now }

func (v *virtual) Go(f func()) { v.AfterFunc(0, f) }

func (v *virtual) AfterFunc(d time.Duration, f func()) func() bool {
	v.seq++
	j := &job{at: v.now.Add(d), seq: v.seq, run: f}
	heap.Push(&v.jobs, j)
	return func() bool {
		pending := j.run != nil
		j.run = nil
		return pending
	}
}

// forward lets d pass.
func (v *virtual) forward(d time.Duration) {
	until := v.now.Add(d)
	for len(v.jobs) > 0 && !v.jobs[0].at.After(until) {
		j := heap.Pop(&v.jobs).(*job)
		if j.run == nil {
			continue
		}
		v.now = j.at
		run := j.run
		j.run = nil
		run()
	}
	if v.now.Before(until) { // run may have let time pass
		v.now = until
	}
}
