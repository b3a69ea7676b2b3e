package flow

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Dest is a target whose id may be computed.
type Dest struct {
	Kind    ivr.PartyKind
	ID      Template
	Dynamic bool // dynamic: true was written
}

// Consult is how somebody is asked to take a call before it is handed over.
type Consult struct {
	Ring     time.Duration // whole seconds
	Music    Prompt        // what the caller hears meanwhile, over and over; empty: nothing
	Announce Prompt        // what the callee hears; empty: nothing
	Accept   ivr.Key       // with which the callee takes the call; 0: by answering
}

// ConsultOf is how a step asks somebody before it hands the caller over; nil if
// it does not.
func ConsultOf(s Spec) *Consult {
	if t, ok := s.(*Transfer); ok {
		return t.Consult
	}
	if d, ok := s.(*Dial); ok {
		return &d.Consult
	}
	if h, ok := s.(*Hunt); ok {
		return &h.Consult
	}
	return nil
}

// Dial calls somebody, whose call the flow goes on with. Outcomes: answered,
// busy, no_answer, declined, failed.
type Dial struct {
	To      Dest
	Consult Consult // without music
}

// Taken reports whether the callee has taken the call after a trigger.
func (d *Dial) Taken(trigger string) bool {
	switch trigger {
	case TriggerConnected:
		return len(d.Consult.Announce) == 0 && d.Consult.Accept == 0
	case TriggerPrompted:
		return d.Consult.Accept == 0
	}
	return trigger == TriggerAccepted
}

// handsOver reports whether the caller is gone when a step is done.
func handsOver(s Spec) bool {
	_, transfer := s.(*Transfer)
	_, hunt := s.(*Hunt)
	return transfer || hunt
}

// Transfer hands the call over. Outcomes: done, failed; with Consult also busy,
// no_answer, declined.
type Transfer struct {
	To      Dest
	Retry   bool     // on_unknown: retry
	Consult *Consult // nil: blind
}

// Order is in which order the members of a group are called.
type Order string

// The values of order.
const (
	OrderGiven      Order = "given"
	OrderRandom     Order = "random"
	OrderRoundRobin Order = "round_robin" // each hunt begins one further than the one before
)

// Hunt calls the members of a group in turn until one takes the call, and hands
// the caller over. Outcomes: done, exhausted, too_long, each entry's, failed.
type Hunt struct {
	Consult
	Group   string
	Members []Dest // at least one
	Order   Order
	Rounds  int           // through the whole group, at least 1
	Every   time.Duration // between two of Say; 0: never
	Say     Prompt        // what the caller hears instead of the music now and then
	MaxWait time.Duration // 0: until the rounds are over
	Entries []Entry       // single keys of the caller
}

// Redirect sends an unanswered call elsewhere. Outcome: failed.
type Redirect struct {
	To   []Dest
	Ring time.Duration // 0: the platform's default
}
