package sim

import (
	"fmt"
	"hash"
	"hash/fnv"
	"time"
)

// traceLines is how many of the last lines of a run are kept for people.
const traceLines = 120

// trace is what happened in a run, in order: a hash over all of it, and the
// last lines as text.
type trace struct {
	start time.Time
	now   func() time.Time
	sum   hash.Hash64
	last  []line // a ring
	count int
	whole bool // all lines are kept
	quiet bool // there is none
}

type line struct {
	at   time.Duration
	who  string
	what string
}

func newTrace(now func() time.Time, whole, quiet bool) *trace {
	return &trace{start: now(), now: now, sum: fnv.New64a(), whole: whole, quiet: quiet}
}

// add appends a line. Everything in it must be decided by the seed.
func (t *trace) add(who, what string) {
	if t.quiet {
		return
	}
	l := line{at: t.now().Sub(t.start), who: who, what: what}
	var b [8]byte
	for i := range b {
		b[i] = byte(l.at >> (8 * i))
	}
	_, _ = t.sum.Write(b[:]) // never fails
	_, _ = t.sum.Write([]byte(who))
	_, _ = t.sum.Write([]byte(what))
	if t.whole || len(t.last) < traceLines {
		t.last = append(t.last, l)
	} else {
		t.last[t.count%traceLines] = l
	}
	t.count++
}

func (t *trace) addf(who, format string, args ...any) {
	if !t.quiet {
		t.add(who, fmt.Sprintf(format, args...))
	}
}

// lines are the last lines, or all, the oldest first.
func (t *trace) lines() []string {
	var out []string
	from := 0
	if !t.whole && t.count > traceLines {
		from = t.count % traceLines
	}
	for i := range t.last {
		l := t.last[(from+i)%len(t.last)]
		out = append(out, fmt.Sprintf("%12.6fs  %-9s %s", l.at.Seconds(), l.who, l.what))
	}
	return out
}
