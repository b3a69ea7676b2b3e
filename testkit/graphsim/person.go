package graphsim

import (
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Person is a participant of a meeting or of a call of several: somebody, or a
// bot. Its methods act for that person; they do nothing once the person is
// gone.
type Person struct {
	meeting *Meeting // nil in a call of two
	id      string
	party   ivr.Party
	source  int   // number of the audio source
	call    *Call // of a bot, nil for others

	inLobby   bool
	muted     bool // by themselves
	silenced  bool // by a bot, in the service
	held      bool
	hidden    bool // from the rosters of others
	apart     bool // heard and hears through audio routing groups only
	scenery   bool // of the oddity escalates: does not count
	gone      bool
	screen    string // id of the session in which they share a screen
	role      string // a bot's screen sharing role
	recording string // a bot's recording status
}

// Attendee is a participant as events tell of it.
type Attendee struct {
	ID      string // of the participant
	Party   ivr.Party
	InLobby bool
	Muted   bool // by the person, or by a bot in the service
	OnHold  bool
}

func (p *Person) attendee() Attendee {
	return Attendee{ID: p.id, Party: p.party, InLobby: p.inLobby, Muted: p.muted || p.silenced, OnHold: p.held}
}

// ID is the participant's id.
func (p *Person) ID() string { return p.id }

// Party is who it is.
func (p *Person) Party() ivr.Party { return p.party }

// Now is how the participant stands; ok is false once the person is gone.
func (p *Person) Now() (a Attendee, ok bool) {
	p.meeting.sim.mu.Lock()
	defer p.meeting.sim.mu.Unlock()
	return p.attendee(), !p.gone
}

// do runs f under the lock if the person is there.
func (p *Person) do(f func(m *Meeting)) {
	p.meeting.sim.do(func() {
		if !p.gone {
			f(p.meeting)
		}
	})
}

// Admit lets somebody who waits in the lobby in.
func (p *Person) Admit() {
	p.do(func(m *Meeting) {
		if p.inLobby {
			m.admit(p)
			m.changed()
		}
	})
}

// admit lets somebody who waits in. The rosters are told by changed.
func (m *Meeting) admit(p *Person) {
	p.inLobby = false
	who := p.attendee()
	m.emit(func(h Head) Event { return Admitted{h, who} })
	if p.call != nil {
		p.call.admitted()
	}
}

// Remove throws somebody out, as others in the meeting can.
func (p *Person) Remove() {
	p.do(func(m *Meeting) { m.remove(p) })
}

func (m *Meeting) remove(p *Person) {
	if p.call != nil {
		p.call.terminate(ivr.EndedByCaller, m.sim.set.Removed)
		return
	}
	m.leave(p, m.sim.set.LastOne)
}

// Leave lets the person go. A bot goes when it hangs up; it is removed.
func (p *Person) Leave() {
	p.do(func(m *Meeting) { m.remove(p) })
}

// Mute mutes the person's own microphone.
func (p *Person) Mute() { p.setMuted(true) }

// Unmute opens the person's microphone again, also if a bot muted it.
func (p *Person) Unmute() { p.setMuted(false) }

func (p *Person) setMuted(muted bool) {
	p.do(func(m *Meeting) {
		if p.muted == muted && (muted || !p.silenced) {
			return
		}
		p.muted, p.silenced = muted, p.silenced && muted
		m.changed()
	})
}

// Press presses keys. All bots in the meeting that subscribed hear of them, not
// of who pressed.
func (p *Person) Press(keys ...ivr.Key) {
	p.do(func(m *Meeting) {
		for _, c := range m.calls() {
			for _, k := range keys {
				switch {
				case p.inLobby:
					m.sim.emit(ToneLost{c.head(), k, "the person waits in the lobby"})
				case p.held:
					m.sim.emit(ToneLost{c.head(), k, "the person is on hold"})
				default:
					c.press(k)
				}
			}
		}
	})
}

// Speak lets the person say something, as [Call.Speak] does; it is lost unless
// a recording can hear it: not while the person is muted, held or in the lobby.
func (p *Person) Speak(pcm []int16) {
	p.do(func(m *Meeting) {
		for _, c := range m.calls() {
			if c.me.hears(p) {
				c.speak(pcm)
			}
		}
	})
}

// Share starts to show a screen, and returns the id of that content sharing
// session; "" if the person waits in the lobby or is gone.
func (p *Person) Share() string {
	id := ""
	p.do(func(m *Meeting) {
		switch {
		case p.inLobby:
			return
		case p.screen == "":
			p.screen = m.sim.chance.guid()
			m.tellSession("created", p)
			m.changed()
		default:
			m.tellSession("updated", p)
		}
		id = p.screen
	})
	return id
}

// StopSharing ends what Share began.
func (p *Person) StopSharing() {
	p.do(func(m *Meeting) {
		if m.stopSharing(p) {
			m.changed()
		}
	})
}

// stopSharing says whether the person shared a screen.
func (m *Meeting) stopSharing(p *Person) bool {
	if p.screen == "" {
		return false
	}
	m.tellSession("deleted", p)
	p.screen = ""
	return true
}

// Hears says whether the person hears another one: nobody hears who is muted,
// on hold or in the lobby. People hear all others, unless one of them was
// removed from the default audio group; then only an audio routing group lets
// one hear the other.
func (p *Person) Hears(other *Person) bool {
	p.meeting.sim.mu.Lock()
	defer p.meeting.sim.mu.Unlock()
	return p.hears(other)
}

func (p *Person) hears(other *Person) bool {
	switch {
	case p == other, p.meeting != other.meeting, p.gone, other.gone, p.inLobby, other.inLobby, p.held, other.held, other.muted, other.silenced:
		return false
	case !p.apart && !other.apart:
		return true
	}
	for _, c := range p.meeting.calls() {
		for _, g := range c.groups {
			if g.connects(other.id, p.id) {
				return true
			}
		}
	}
	return false
}

// entity is the participant as the bot gets it.
func (p *Person) entity(hidden bool) object {
	identity := identitySet(p.party, hidden && p.call == nil)
	m := typed("participant", object{"id": p.id, "isInLobby": p.inLobby, "isMuted": p.muted || p.silenced,
		"info": typed("participantInfo", object{"identity": identity}),
	})
	streams := []object{stream("audio", "main-audio", max(1, p.source), "sendReceive", p.silenced)}
	switch {
	case p.role == "sharer" || p.screen != "":
		streams = append(streams, stream("videoBasedScreenSharing", "applicationsharing-video", p.source, "sendOnly", false))
	case p.role == "viewer":
		streams = append(streams, stream("videoBasedScreenSharing", "applicationsharing-video", p.source, "receiveOnly", false))
	}
	m["mediaStreams"] = streams
	if p.recording != "" {
		m["recordingInfo"] = typed("recordingInfo", object{"recordingStatus": p.recording, "initiator": identity})
	}
	return m
}

func stream(media, label string, source int, direction string, muted bool) object {
	return typed("mediaStream", object{"mediaType": media, "label": label, "sourceId": decimal(source),
		"direction": direction, "serverMuted": muted})
}
