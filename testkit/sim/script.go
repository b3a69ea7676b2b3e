package sim

import (
	"math/rand/v2"
	"time"
)

// Aim is what a caller wants.
type Aim int

// What callers want.
const (
	Goal    Aim = iota // the flow commits the milestone "goal"
	Taken              // somebody takes the call
	GaveUp             // nobody says anything, and the flow commits "gave_up"
	Left               // to hang up
	Ordered            // nothing: an operator has the call ended or handed over
)

var aims = [...]string{"goal", "taken", "gave_up", "left", "ordered"}

// String is the aim's name.
func (a Aim) String() string { return aims[a] }

// Script is how callers of one flow behave: what they press when they hear
// something. Prompts are named by their text.
type Script struct {
	Flow    string
	Aim     Aim
	Replies map[string]string // keys by what is heard; "*" and "#" as they are
	Speaks  bool              // when it is recorded
	Weight  int               // how often it is chosen, beside the others
	Sorry   string            // what is heard if it cannot be done: the flow's failed branch
	Quiet   bool              // a caller who says nothing is possible: the flow then commits "gave_up"
}

// Scripts are those of all flows.
func Scripts() []Script {
	return []Script{
		{Flow: "menu", Aim: Goal, Weight: 4, Quiet: true, Replies: map[string]string{"menu choices": "1", "menu again": "*"}},
		{Flow: "pin", Aim: Goal, Weight: 4, Sorry: "pin bye", Quiet: true, Replies: map[string]string{"pin account": "ACCOUNT#", "pin number": "PIN#"}},
		{Flow: "record", Aim: Goal, Weight: 4, Speaks: true, Replies: map[string]string{"record keep": "1"}},
		{Flow: "transfer", Aim: Taken, Weight: 4, Sorry: "transfer sorry", Replies: map[string]string{"transfer sorry": "1"}},
		{Flow: "consult", Aim: Taken, Weight: 4, Sorry: "consult sorry", Replies: map[string]string{"consult sorry": "1"}},
		{Flow: "hunt", Aim: Taken, Weight: 4, Sorry: "hunt sorry", Replies: map[string]string{"hunt sorry": "1"}},
		{Flow: "web", Aim: Goal, Weight: 4, Sorry: "web bye", Quiet: true, Replies: map[string]string{"web order": "4711"}},
		{Flow: "actions", Aim: Goal, Weight: 4, Sorry: "actions bye"},
		{Flow: "hours", Aim: Goal, Weight: 3, Replies: map[string]string{"hours open": "12"}},
		{Flow: "redirect", Aim: Taken, Weight: 3, Sorry: "redirect sorry"},
		{Flow: "wait", Aim: Goal, Weight: 1, Replies: map[string]string{"wait hold": "1"}},
		{Flow: "outgoing", Aim: Goal, Weight: 3, Replies: map[string]string{"outgoing hello": "1"}},
		{Flow: "meeting", Aim: Goal, Weight: 4, Replies: map[string]string{"meeting hello": "1"}},
	}
}

// manner is how one caller differs from others of the same script.
type manner struct {
	thinks time.Duration // before a key
	early  bool          // presses the next keys along with the first ones
	slip   bool          // presses a wrong key first
	sleeps bool          // hears the first prompt in silence
	quiet  bool          // says nothing at all
	leaves time.Duration // hangs up that long after the answer; 0: does not
	speaks time.Duration
	wish   wish // of an operator
}

func someManner(r *rand.Rand, s Script, plain bool) manner {
	m := manner{thinks: time.Duration(200+r.IntN(1800)) * time.Millisecond, speaks: time.Duration(1500+r.IntN(5000)) * time.Millisecond}
	if plain {
		return m
	}
	switch r.IntN(12) {
	case 0, 1:
		m.early = true
	case 2:
		m.slip = true
	case 3:
		m.sleeps = true
	case 4:
		m.quiet = s.Quiet
	case 5, 6:
		m.leaves = time.Duration(r.IntN(20_000)) * time.Millisecond
	case 7:
		m.wish = wish{after: time.Duration(1+r.IntN(15_000)) * time.Millisecond, over: r.IntN(2) == 0}
	}
	return m
}

// aim is what the caller wants after all.
func (m manner) aim(s Script) Aim {
	switch {
	case m.leaves > 0:
		return Left
	case m.wish.after > 0:
		return Ordered
	case m.quiet:
		return GaveUp
	}
	return s.Aim
}
