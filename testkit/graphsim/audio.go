package graphsim

import "github.com/ivrflow/ivrflow/framework/ivr"

// startAudio lets audio flow for the first time. The update that tells it is
// of the kind "audio" or "established".
func (c *Call) startAudio(kind string) {
	if c.inLobby() {
		return
	}
	c.audio = ivr.AudioActive
	c.sim.emit(AudioActive{c.head()})
	c.tell(kind, c.audioUpdate(ivr.AudioActive))
	c.armOddities()
	if c.sim.set.Roster && c.room == nil {
		c.tellRoster()
	}
}

// loseAudio stops the audio of a call that goes on.
func (c *Call) loseAudio() {
	if c.audio != ivr.AudioActive {
		return
	}
	c.audio = ivr.AudioInactive
	c.sim.emit(AudioInactive{c.head()})
	c.tell("audio", c.audioUpdate(ivr.AudioInactive))
	if !c.sim.set.AudioLossCancels {
		return
	}
	for _, op := range c.stopAll() {
		c.post(c.report(op, c.cancelForm(op)))
	}
}

// regainAudio brings back what loseAudio took, unless the call was handed
// over meanwhile.
func (c *Call) regainAudio() {
	if c.audio != ivr.AudioInactive || c.onHold || c.state == ivr.StateTransferAccepted {
		return
	}
	c.audio = ivr.AudioActive
	c.sim.emit(AudioActive{c.head()})
	c.tell("audio", c.audioUpdate(ivr.AudioActive))
}

// Hold puts the bot on hold, as people in Teams and on telephones can: audio is
// inactive until Resume, and whatever they press or say meanwhile is lost. That
// the call's state stays established is what users of the service report; its
// state hold is documented nowhere. It does nothing in a call of several, and
// while no audio flows.
func (c *Call) Hold() {
	c.sim.do(func() {
		if c.room == nil && c.audio == ivr.AudioActive {
			c.onHold = true
			c.loseAudio()
		}
	})
}

// Resume ends what Hold began.
func (c *Call) Resume() {
	c.sim.do(func() {
		if c.onHold {
			c.onHold = false
			c.regainAudio()
		}
	})
}

// dropAudio is the oddity audio-drops.
func (c *Call) dropAudio() {
	if c.audio != ivr.AudioActive {
		return
	}
	c.loseAudio()
	c.timers.after(c, timerAudio, c.sim.set.AudioDropFor, c.regainAudio)
}
