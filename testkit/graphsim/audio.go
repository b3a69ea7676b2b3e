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
	if c.audio != ivr.AudioInactive || c.state == ivr.StateTransferAccepted {
		return
	}
	c.audio = ivr.AudioActive
	c.sim.emit(AudioActive{c.head()})
	c.tell("audio", c.audioUpdate(ivr.AudioActive))
}

// dropAudio is the oddity audio-drops.
func (c *Call) dropAudio() {
	if c.audio != ivr.AudioActive {
		return
	}
	c.loseAudio()
	c.timers.after(c, timerAudio, c.sim.set.AudioDropFor, c.regainAudio)
}
