package graphsim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Caller is somebody who rings the bot.
type Caller struct {
	// ID is who calls: a user, a guest or a telephone. The zero Party is a
	// Teams user with a new object id.
	ID ivr.Party
	// Called is what was dialled: the bot itself, its application instance, or
	// one of that instance's telephone numbers. The zero Party is the bot.
	Called ivr.Party
	// Tenant is the caller's tenant; empty means the bot's.
	Tenant string
	// App is the app id of the bot that is rung; empty means the one of Called,
	// or else the one of Config.
	App string
	// Meeting is where the bot is called into; nil is a call of two. ID is then
	// somebody who is there.
	Meeting *Meeting
}

// Call is one simulated call. Its methods act for the person on the phone.
type Call struct {
	sim      *Sim
	app      *registered
	id       string
	caller   ivr.Party
	called   ivr.Party
	tenant   string
	chain    string
	scenario string
	upper    bool        // ids in URLs are spelt in upper case without dashes
	me       *Person     // the bot
	other    *Person     // the caller, nil in a meeting that the bot joined
	room     *Meeting    // nil for a call of two
	callees  []ivr.Party // whom the bot called
	subject  string

	state             ivr.CallState
	audio             ivr.AudioState
	onHold            bool // the person put the bot on hold
	outgoing          bool // the bot called; the caller above is then the callee
	callback          string
	config            object // mediaConfig of the answer
	options           object // callOptions of the answer
	chat, meetingInfo object // of a meeting that the bot joined
	transcription     object // callTranscriptionInfo, nil if none was started
	groups            []*RoutingGroup
	rostered          []object // the last roster, and how many participants were told of one by one
	rosters           int64
	operations        map[string]object // as they can be read, by id
	end               *Ended
	out               outbox
	timers            timers
	tones             tones
	media             mediaQueue
	handover          *handover
	heard             []Heard
	recorded          []Recorded
}

// ErrBusy is returned by [Sim.Ring] when the limit of concurrent calls is
// reached.
var ErrBusy = errors.New("the limit of concurrent calls is reached")

// Ring calls the bot. It returns at once; the caller hears it ring until the
// bot answers, rejects or redirects the call, or the time to answer is over.
func (s *Sim) Ring(from Caller) (*Call, error) {
	var c *Call
	var err error
	s.do(func() { c, err = s.ring(from) })
	return c, err
}

func (s *Sim) ring(from Caller) (*Call, error) {
	if s.closed {
		return nil, errClosed
	}
	app, err := s.rung(from)
	if err != nil {
		return nil, err
	}
	if s.set.MaxCalls > 0 && app.live >= s.set.MaxCalls {
		return nil, fmt.Errorf("ring: %w (%d)", ErrBusy, s.set.MaxCalls)
	}
	if m := from.Meeting; m != nil && (m.over || m.sim != s) {
		return nil, errors.New("ring: the meeting is over")
	}
	c, err := s.newCall(from, app)
	if err != nil {
		return nil, err
	}
	s.calls[ivr.CallID(c.id)] = c
	s.tenants[strings.ToLower(c.tenant)] = true
	app.live++
	s.emit(Ringing{Head: c.head(), Caller: c.caller, Called: c.called})
	if s.set.LegacyFirst {
		c.post(&note{change: "created", kind: "incoming", data: c.legacyIncoming(), legacy: true, alone: true})
	} else {
		c.post(&note{change: "created", kind: "incoming", data: c.incoming()})
	}
	if s.set.AnswerWithin > 0 {
		c.timers.after(c, timerAnswer, s.set.AnswerWithin, func() {
			c.terminate(ivr.EndedByService, s.set.AnswerTimeout)
		})
	}
	return c, nil
}

func (s *Sim) newCall(from Caller, app *registered) (*Call, error) {
	if m := from.Meeting; m != nil && from.ID == (ivr.Party{}) {
		from.ID = m.plan.Organizer
	}
	c := &Call{sim: s, app: app, room: from.Meeting, id: s.chance.guid(), caller: from.ID, called: from.Called, tenant: from.Tenant,
		chain: s.chance.guid(), scenario: s.chance.guid(), state: ivr.StateIncoming, callback: app.Webhook}
	c.begin()
	if c.tenant == "" {
		c.tenant = s.cfg.Tenant
	}
	if c.caller == (ivr.Party{}) {
		c.caller = ivr.Party{Kind: ivr.PartyUser, ID: s.chance.guid(), Name: "Simulated Caller", Tenant: c.tenant}
	}
	if c.called == (ivr.Party{}) {
		c.called = ivr.Party{Kind: ivr.PartyBot, ID: app.ID}
	}
	callers := []ivr.PartyKind{ivr.PartyUser, ivr.PartyPhone, ivr.PartyGuest, ivr.PartyEncrypted, ivr.PartyApplication}
	if !slices.Contains(callers, c.caller.Kind) || c.caller.ID == "" {
		return nil, fmt.Errorf("ring: the caller %+v has no id or a kind that cannot call; give one of %v", from.ID, callers)
	}
	kinds := []ivr.PartyKind{ivr.PartyBot, ivr.PartyApplication, ivr.PartyPhone}
	if !slices.Contains(kinds, c.called.Kind) || c.called.ID == "" {
		return nil, fmt.Errorf("ring: the called party %+v has no id or a kind that is no bot's; give one of %v", from.Called, kinds)
	}
	c.other.party = c.caller
	if c.room != nil {
		if p := c.room.find(func(p *Person) bool { return strings.EqualFold(p.party.ID, c.caller.ID) }); p != nil {
			c.other = p
		}
	}
	return c, nil
}

// begin makes up what a new call needs: its ends, the number of its first key
// and the spelling of its ids.
func (c *Call) begin() {
	s := c.sim
	c.me = &Person{id: s.chance.guid(), call: c, party: ivr.Party{Kind: ivr.PartyBot, ID: c.app.ID}}
	c.other = &Person{id: s.chance.guid(), party: c.caller}
	c.tones.next = 1 + int64(s.chance.rand.IntN(7))
	seeded := s.chance.rand.IntN(2) == 1
	c.upper = s.set.IDs == SpellUpper || s.set.IDs == SpellSeeded && seeded
}

// inLobby says that the bot waits in a meeting's lobby.
func (c *Call) inLobby() bool { return c.room != nil && c.me.inLobby }

// byInstance says that the call came over the application instance, or goes out
// from it.
func (c *Call) byInstance() bool { return c.called.Kind != ivr.PartyBot }

// ID is Graph's id of the call.
func (c *Call) ID() ivr.CallID { return ivr.CallID(c.id) }

// App is the application id of the bot whose call it is.
func (c *Call) App() string { return c.app.ID }

// State is the call's true state now.
func (c *Call) State() ivr.CallState {
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	return c.state
}

// Audio says whether audio flows now.
func (c *Call) Audio() ivr.AudioState {
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	return c.audio
}

// Ended tells how the call ended; ok is false while it lasts.
func (c *Call) Ended() (end Ended, ok bool) {
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	if c.end == nil {
		return Ended{}, false
	}
	return *c.end, true
}

// HangUp puts the receiver down. It does nothing if the call is over. In a call
// of several the one who called, or was called first, goes, and then all others;
// a meeting that the bot joined is ended by its organizer.
func (c *Call) HangUp() {
	c.sim.do(c.hangUp)
}

func (c *Call) hangUp() {
	set := c.sim.set
	result := set.HangUpByUser
	switch {
	case c.state == ivr.StateIncoming || c.state == ivr.StateRedirecting:
		result = set.Abandoned
	case c.outgoing && c.state == ivr.StateEstablishing:
		result = set.CalleeDeclined
	case c.caller.Kind == ivr.PartyPhone:
		result = set.HangUpByPhone
	}
	if c.room != nil && c.state != ivr.StateTerminated && c.state != ivr.StateIncoming {
		c.hangUpSeveral(result)
		return
	}
	c.terminate(ivr.EndedByCaller, result)
}

// terminate ends the call and says so. The lock is held.
func (c *Call) terminate(by ivr.EndedBy, r Result) {
	c.finish(by, r, c.update(object{
		"state": ivr.StateTerminated.String(), "resultInfo": resultInfo(r, c.sim.set.CodesAsText),
	}))
}

// finish ends the call with the given last notification. The lock is held.
func (c *Call) finish(by ivr.EndedBy, r Result, last object) {
	if c.state == ivr.StateTerminated {
		return
	}
	c.state, c.audio = ivr.StateTerminated, ivr.AudioUnknown
	c.app.live--
	c.timers.cancelAll()
	reports := c.abandonMedia()
	late := c.sim.occurs(LateOperationEvent)
	if !late && !c.sim.occurs(NoEventAtEnd) {
		for _, n := range reports {
			c.post(n)
		}
	}
	c.post(&note{change: "deleted", kind: "terminated", data: last})
	if late {
		c.sim.after(c.sim.set.LateEventLag, func() {
			for _, n := range reports {
				c.post(n)
			}
		})
	}
	c.end = &Ended{Head: c.head(), By: by, Result: r}
	c.sim.emit(*c.end)
	c.discardRecordings()
	c.me.gone = true
	if c.room != nil {
		c.room.withdraw(c)
		c.room.leave(c.me, c.sim.set.LastOne)
	} else if c.other != nil {
		c.other.gone = true
	}
}

// delete is the bot's hang-up.
func (c *Call) delete() reply {
	if !c.sim.set.NoTerminating {
		c.state = ivr.StateTerminating
		c.tell("terminating", c.stateUpdate(ivr.StateTerminating))
	}
	result := c.sim.set.HangUpByBot
	info := resultInfo(result, c.sim.set.CodesAsText)
	if c.sim.set.ZeroCode {
		info = typed("resultInfo", object{"code": "0"})
	}
	c.finish(ivr.EndedByFlow, result, c.update(object{"state": ivr.StateTerminated.String(), "resultInfo": info}))
	return reply{status: http.StatusNoContent, first: c.early()}
}

// early is what runs before the answer of a request: nothing, or with
// operation-event-first the delivery of all it caused.
func (c *Call) early() func() {
	if c.sim.occurs(OperationEventFirst) {
		return c.flush
	}
	return nil
}

// keepAlive gives the call another term.
func (c *Call) keepAlive(*exchange) reply {
	c.armKeepAlive()
	return reply{status: http.StatusOK}
}

func (c *Call) armKeepAlive() {
	if c.state == ivr.StateIncoming || c.sim.set.KeepAliveWithin == 0 {
		return
	}
	c.timers.after(c, timerKeepAlive, c.sim.set.KeepAliveWithin, func() {
		c.terminate(ivr.EndedByService, Result{408, 8537, "Call was cleaned up, keepAlive was missing. DiagCode: 408#8537.@"})
	})
}

// armLength sets the end of a call that lasts too long.
func (c *Call) armLength() {
	if c.sim.set.MaxCallLength > 0 {
		c.timers.after(c, timerLength, c.sim.set.MaxCallLength, func() {
			c.terminate(ivr.EndedByService, Result{200, 5001, "The conversation has ended. DiagCode: 0#5001.@"})
		})
	}
}
