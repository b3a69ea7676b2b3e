package graphsim

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Reaction is what somebody does when a call is sent to them or they are
// invited, and when.
type Reaction struct {
	Behaviour Behaviour
	// After is how long the phone rings before that shows; 0 is
	// [Settings.TransferRing]. NoAnswer takes as long as it may ring.
	After time.Duration
	// Leaves is how long after picking up they hang up; 0: not by themselves.
	// Who was transferred or redirected to somebody is none of the bot's calls
	// any more.
	Leaves time.Duration
}

// SetTarget says what happens when a call is transferred, redirected or made to
// id (an object id or a number in E.164), or id is invited. Targets answer
// unless told otherwise.
func (s *Sim) SetTarget(id string, b Behaviour) { s.SetReaction(id, Reaction{Behaviour: b}) }

// SetReaction is [Sim.SetTarget] with times. Further reactions are to the calls
// after the first; the last one stays.
func (s *Sim) SetReaction(id string, r Reaction, then ...Reaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.targets[targetKey(id)] = append([]Reaction{r}, then...)
}

// reaction is what a target does with one more call. Its voicemail takes every
// call. The lock is held.
func (s *Sim) reaction(t ivr.Target) (r Reaction) {
	key := targetKey(t.ID)
	if all := s.targets[key]; len(all) > 0 {
		r = all[0]
		s.targets[key] = all[min(1, len(all)-1):]
	}
	switch {
	case t.Kind != ivr.PartyVoicemail:
	case s.set.NoVoicemail:
		r = Reaction{Behaviour: Declined}
	default:
		r = Reaction{Behaviour: Machine}
	}
	if r.After <= 0 {
		r.After = s.set.TransferRing
	}
	return r
}

// within is the reaction of somebody whose phone rings for so long at most.
func (r Reaction) within(most time.Duration) Reaction {
	if r.Behaviour == NoAnswer || r.After > most {
		return Reaction{Behaviour: NoAnswer, After: most}
	}
	return r
}
