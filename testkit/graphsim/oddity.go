package graphsim

import (
	"math/rand/v2"
	"slices"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Oddity is an odd behaviour of the service that has been reported, by name.
type Oddity string

// The oddities. Each is described in [Oddities].
const (
	OperationEventFirst Oddity = "operation-event-first"
	EstablishedFirst    Oddity = "established-first"
	ManyEstablished     Oddity = "many-established"
	AudioDrops          Oddity = "audio-drops"
	CompletedInResponse Oddity = "completed-in-response"
	NoEventAtEnd        Oddity = "no-event-at-end"
	NoDeleted           Oddity = "no-deleted"
	LateOperationEvent  Oddity = "late-operation-event"
	Duplicates          Oddity = "duplicates"
	Parallel            Oddity = "parallel"
	Batched             Oddity = "batched"
	TonesWhilePlaying   Oddity = "tones-while-playing"
	CancelInterleaves   Oddity = "cancel-interleaves"
	Escalates           Oddity = "escalates"
)

// OddityDoc describes an oddity.
type OddityDoc struct {
	Letter string // its letter in the list of reported orders
	Name   Oddity
	Doc    string
}

// Oddities lists all oddities, in the order of their letters.
func Oddities() []OddityDoc {
	return []OddityDoc{
		{"a", OperationEventFirst, "what a request causes is notified before the request is answered; a prompt's answer is late by the prompt's length, which passes in no time"},
		{"b", EstablishedFirst, "established is notified before establishing"},
		{"c", ManyEstablished, "four more established updates follow, with and without mediaState, one with chat and meeting"},
		{"d", AudioDrops, "audio goes inactive and active again in the middle of the call; media actions in between are refused"},
		{"e", CompletedInResponse, "playPrompt is answered completed, and no notification follows"},
		{"f", NoEventAtEnd, "the call's deleted comes while operations run, and nothing comes for them"},
		{"g", NoDeleted, "the call's deleted never comes; requests are answered 404 from then on"},
		{"h", LateOperationEvent, "the end of an operation is notified after the call's deleted"},
		{"i", Duplicates, "every notification is delivered twice, with different message ids"},
		{"j", Parallel, "notifications that fall together are posted at once, in any order, without waiting for an answer"},
		{"k", Batched, "notifications that fall together share one body"},
		{"l", TonesWhilePlaying, "a key that is pressed in a pause arrives when the next prompt or a transfer has begun"},
		{"m", CancelInterleaves, "cancelled operations report late, and media that is queued meanwhile is cancelled too"},
		{"n", Escalates, "the call becomes a group call; a bot without the permission to join group calls is dropped"},
	}
}

// SomeOddities picks oddities by a seed: about a third of all, in their order.
func SomeOddities(seed uint64) []Oddity {
	r := rand.New(rand.NewPCG(seed, 0x6f6464))
	var some []Oddity
	for _, o := range Oddities() {
		if r.IntN(3) == 0 {
			some = append(some, o.Name)
		}
	}
	return some
}

// occurs says whether an oddity happens now. The lock is held.
func (s *Sim) occurs(o Oddity) bool { return s.odd[o] && s.chance.happens(s.set.OddChance) }

// oddly is a notification with what the oddities make of it: nothing, itself
// or two of it.
func (c *Call) oddly(n *note) []*note {
	switch {
	case n.kind == "terminated" && c.sim.occurs(NoDeleted):
		return nil
	case c.sim.occurs(Duplicates):
		twin := *n
		return []*note{n, &twin}
	}
	return []*note{n}
}

// due takes from the outbox what is to be posted now, one list a request. The
// lock is held.
func (c *Call) due() [][]*note {
	now := c.sim.clock.Now()
	n := 0
	for n < len(c.out.queue) && !c.out.queue[n].ready.After(now) {
		n++
	}
	if n == 0 {
		return nil
	}
	switch {
	case c.sim.odd[Batched]:
		n = c.batchable(n)
		batch := slices.Clone(c.out.queue[:n])
		c.out.queue = c.out.queue[n:]
		return [][]*note{batch}
	case !c.sim.odd[Parallel]:
		n = 1
	}
	batches := make([][]*note, 0, n)
	for _, one := range c.out.queue[:n] {
		batches = append(batches, []*note{one})
	}
	c.out.queue = c.out.queue[n:]
	c.sim.chance.rand.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	return batches
}

// batchable is how many of the first n notifications can share a body.
func (c *Call) batchable(n int) int {
	for i, one := range c.out.queue[:n] {
		if one.alone || one.empty || one.to != c.out.queue[0].to {
			return max(i, 1)
		}
	}
	return n
}

// manyEstablished are the updates of the oddity of that name.
func (c *Call) manyEstablished() []step {
	if !c.sim.occurs(ManyEstablished) {
		return nil
	}
	gap := c.sim.set.AudioDelay
	whileEstablished := func(f func()) func() {
		return func() {
			if c.state == ivr.StateEstablished {
				f()
			}
		}
	}
	bare := func() { c.tell("established", c.stateUpdate(ivr.StateEstablished)) }
	withAudio := func() { c.tell("audio", c.audioUpdate(c.audio)) }
	withMeeting := func() {
		m := c.stateUpdate(ivr.StateEstablished)
		c.addMeeting(m)
		c.tell("established", m)
	}
	return []step{
		{gap, whileEstablished(bare)}, {gap, whileEstablished(withAudio)},
		{5 * gap, whileEstablished(withMeeting)}, {5 * gap, whileEstablished(withAudio)},
	}
}

// armOddities plans what will happen to a call whose audio is active.
func (c *Call) armOddities() {
	if c.sim.occurs(AudioDrops) {
		c.timers.after(c, timerAudio, c.sim.set.AudioDropAt, c.dropAudio)
	}
	if c.sim.occurs(Escalates) {
		c.timers.after(c, timerEscalate, c.sim.set.EscalateAfter, c.escalate)
	}
}
