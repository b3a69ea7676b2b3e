package graphsim

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Event is something that happened in the simulator, as the person on the
// phone or the operator of the service would see it. The set is closed.
//
//sumtype:decl
type Event interface {
	When() time.Time    // the clock's time
	CallID() ivr.CallID // empty if it concerns no call
	isEvent()
}

// Head is what every event carries.
type Head struct {
	At   time.Time
	Call ivr.CallID
}

// When is the clock's time.
func (h Head) When() time.Time { return h.At }

// CallID is the call it concerns, empty for none.
func (h Head) CallID() ivr.CallID { return h.Call }

func (h Head) isEvent() {}

// Ringing says that a caller rings at the bot.
type Ringing struct {
	Head
	Caller, Called ivr.Party
}

// Answered says that the bot took the call.
type Answered struct {
	Head
	Prefetch []string // addresses of the audio to be fetched early
}

// Rejected says that the bot refused the call.
type Rejected struct {
	Head
	Reason ivr.RejectReason
}

// Redirected says that the bot sent the call elsewhere, unanswered.
type Redirected struct {
	Head
	Targets []ivr.Target
}

// AudioActive says that audio flows from now on.
type AudioActive struct{ Head }

// TonesSent says that the bot plays DTMF into the call.
type TonesSent struct {
	Head
	Operation, ClientContext string
	Keys                     []ivr.Key
	Between                  time.Duration // from the beginning of one to that of the next
}

// Calling says that the bot calls somebody, whose phone rings. The call's own
// methods act for that person.
type Calling struct {
	Head
	Target    ivr.Target
	Behaviour Behaviour
}

// PickedUp says that somebody whom the bot called took the call.
type PickedUp struct {
	Head
	Target    ivr.Target
	Behaviour Behaviour
}

// Muted says that nobody hears the bot any more, or that it is heard again.
type Muted struct {
	Head
	Muted bool
}

// Joining says that the bot joins a meeting, as a member or as a guest.
type Joining struct {
	Head
	Meeting *Meeting
	Guest   bool
}

// Joined says that somebody came into the meeting or call of several that the
// call belongs to, or into its lobby.
type Joined struct {
	Head
	Who Attendee
}

// Admitted says that somebody who waited in the lobby is there now.
type Admitted struct {
	Head
	Who Attendee
}

// Left says that somebody is gone.
type Left struct {
	Head
	Who Attendee
}

// Inviting says that the phone of somebody rings whom the bot called into a
// call of several.
type Inviting struct {
	Head
	Target      ivr.Target
	Behaviour   Behaviour
	Participant string // the id that the participant will have
}

// InviteFailed says that somebody did not come.
type InviteFailed struct {
	Head
	Target    ivr.Target
	Behaviour Behaviour
	Withdrawn bool // the bot took the invitation back
}

// Held says that somebody was put on hold, or brought back.
type Held struct {
	Head
	Who Attendee
}

// Silenced says that a bot muted somebody.
type Silenced struct {
	Head
	Who Attendee
}

// Routed says that the bot made or changed an audio routing group, or that it
// is gone.
type Routed struct {
	Head
	Group RoutingGroup
	Gone  bool
}

// RecordingTold says that the bot told people whether it records them.
type RecordingTold struct {
	Head
	Status string // notRecording, recording or failed
}

// ScreenRole says that the bot looks at a shared screen, or shares one.
type ScreenRole struct {
	Head
	Role string // viewer or sharer
}

// GalleryAdded says that the bot asked for the large gallery view.
type GalleryAdded struct{ Head }

// DeviceReported says that a bot reported how a conferencing device did.
type DeviceReported struct {
	Head
	Device  string
	Streams int
}

// AudioInactive says that audio stopped, for a while or before the end.
type AudioInactive struct{ Head }

// Subscribed says that keys are reported to the bot from now on.
type Subscribed struct{ Head }

// ToneSent says that a pressed key is on its way to the bot.
type ToneSent struct {
	Head
	Key  ivr.Key
	Seq  int64
	Held bool // it is told only when a prompt plays, or after Settings.ToneHeld
}

// ToneLost says that a key was pressed in vain.
type ToneLost struct {
	Head
	Key ivr.Key
	Why string
}

// PromptStarted says that the caller begins to hear a prompt, or, with a
// Problem, that nothing is heard in its place.
type PromptStarted struct {
	Head
	Operation     string // id of the operation
	ClientContext string
	Index, Count  int // which of how many prompts of the operation, from 0
	URI           string
	ResourceID    string
	Length        time.Duration
	Audio         []byte // the WAV file, nil with a Problem; not to be changed
	Cached        bool   // it was not downloaded for this prompt
	Problem       string // why nothing is heard, empty if all is well
}

// PromptEnded says that a prompt is over.
type PromptEnded struct {
	Head
	Operation     string
	ClientContext string
	Index, Count  int
	Cancelled     bool          // cut off before its end
	Played        time.Duration // how much of it was heard
}

// RecordingStarted says that the service listens, after prompt and beep.
type RecordingStarted struct {
	Head
	Operation     string
	ClientContext string
}

// RecordingEnded says why a recording is over, and how long it is. Lost
// means that the bot will not get it.
type RecordingEnded struct {
	Head
	Operation     string
	ClientContext string
	Why           ivr.RecordEnd
	Length        time.Duration
	Lost          bool
	Audio         []byte // the WAV file, also of one that is lost; not to be changed
}

// Transferring says that the bot hands the call over.
type Transferring struct {
	Head
	Target   ivr.Target
	Replaces ivr.CallID // the bot's own call with the target; empty: the target's phone rings
}

// Transferred says that the target took the call.
type Transferred struct {
	Head
	Target ivr.Target
}

// TransferFailed says that the caller is back with the bot.
type TransferFailed struct {
	Head
	Target    ivr.Target
	Behaviour Behaviour
	Result    Result
}

// Ended says that a call is over.
type Ended struct {
	Head
	By     ivr.EndedBy
	Result Result
}

// Notified says that a callback was answered 2xx.
type Notified struct {
	Head
	URL    string
	Body   []byte // not to be changed
	Status int
}

// CallbackFailed says that a callback did not arrive or was not answered 2xx.
type CallbackFailed struct {
	Head
	URL    string
	Body   []byte // not to be changed
	Status int    // 0 if there was no answer
	Err    error  // nil if there was an answer
}

// Request says that the simulator answered a request.
type Request struct {
	Head
	Method, Path string
	Status       int    // 0 if the connection was dropped
	Code         string // error.code, empty for a success
	Message      string // the error's message
}

// Observe calls f for every event from now on: in the order of what
// happened, before the call or request that caused it returns if nothing else
// runs, and without a lock held. It must not block.
func (s *Sim) Observe(f func(Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observers = append(s.observers, f)
}

// emit queues an event. The lock is held; drain delivers.
func (s *Sim) emit(e Event) { s.events = append(s.events, e) }

// head is the head of an event of a call now.
func (c *Call) head() Head { return Head{At: c.sim.clock.Now(), Call: ivr.CallID(c.id)} }

// do runs f under the lock and then tells the observers.
func (s *Sim) do(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	s.drain()
}

// drain delivers queued events, one goroutine at a time, so that their order
// is kept and an observer may call the simulator.
func (s *Sim) drain() {
	if !s.claimDrain() {
		return
	}
	finished := false
	defer func() {
		if !finished { // an observer panicked, or ended its goroutine
			s.mu.Lock()
			s.draining = false
			s.mu.Unlock()
		}
	}()
	for {
		events, observers := s.takeEvents()
		if len(events) == 0 {
			finished = true
			return
		}
		for _, e := range events {
			for _, f := range observers {
				f(e)
			}
		}
	}
}

func (s *Sim) claimDrain() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || len(s.events) == 0 {
		return false
	}
	s.draining = true
	return true
}

// takeEvents ends the drain in the same breath in which it finds nothing more,
// so that an event emitted meanwhile is delivered by its own goroutine.
func (s *Sim) takeEvents() ([]Event, []func(Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events = nil
	s.draining = len(events) > 0
	return events, s.observers
}
