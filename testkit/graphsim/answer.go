package graphsim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func answerParams() []param {
	return []param{
		{name: "callbackUri", kind: text, required: true},
		{name: "mediaConfig", kind: entity, required: true},
		{name: "acceptedModalities", kind: list, required: true},
		{name: "callOptions", kind: entity}, {name: "participantCapacity", kind: whole},
	}
}

// answer is the action of that name.
func (c *Call) answer(x *exchange) reply {
	prefetch, fail := readAnswer(x.body)
	if fail != nil {
		return reply{fail: fail}
	}
	if bad := c.stateIs(ivr.StateIncoming); bad != nil {
		return *bad
	}
	c.timers.cancel(timerAnswer)
	c.callback = str(x.body, "callbackUri")
	c.state = ivr.StateEstablishing
	uris := make([]string, 0, len(prefetch))
	for _, m := range prefetch {
		uris = append(uris, m.uri)
		c.sim.prefetch(c, m)
	}
	c.sim.emit(Answered{Head: c.head(), Prefetch: uris})
	c.armKeepAlive()
	c.armLength()
	first := c.early()
	c.connect(first != nil)
	return reply{status: http.StatusAccepted, first: first}
}

func readAnswer(body object) ([]media, *failure) {
	if fail := readCallback(str(body, "callbackUri")); fail != nil {
		return nil, fail
	}
	modalities := items(body, "acceptedModalities")
	for i, m := range modalities {
		switch m {
		case "audio", "video", "videoBasedScreenSharing":
		default:
			return nil, invalid(fmt.Sprintf("acceptedModalities[%d] is '%v'; it can be audio, video or videoBasedScreenSharing.", i, m))
		}
	}
	if len(modalities) == 0 {
		return nil, invalid("'acceptedModalities' is empty; give audio.")
	}
	if options := sub(body, "callOptions"); options != nil {
		if _, fail := checkTyped("callOptions", options, "incomingCallOptions", "hideBotAfterEscalation",
			"isContentSharingNotificationEnabled", "isDeltaRosterEnabled", "isInteractiveRosterEnabled"); fail != nil {
			return nil, fail
		}
	}
	return readMediaConfig(sub(body, "mediaConfig"))
}

func readMediaConfig(config object) ([]media, *failure) {
	if config["@odata.type"] == "#microsoft.graph.appHostedMediaConfig" {
		return nil, &failure{status: 501, code: "NotImplemented", message: "The simulator knows service-hosted media only."}
	}
	if _, fail := checkTyped("mediaConfig", config, "serviceHostedMediaConfig",
		"preFetchMedia", "liveCaptionOptions", "removeFromDefaultAudioGroup"); fail != nil {
		return nil, fail
	}
	if v := config["preFetchMedia"]; v != nil && !list.fits(v) {
		return nil, invalid("mediaConfig.preFetchMedia must be a list.")
	}
	var all []media
	for i, v := range items(config, "preFetchMedia") {
		m, fail := readMedia(fmt.Sprintf("mediaConfig.preFetchMedia[%d]", i), v)
		if fail != nil {
			return nil, fail
		}
		all = append(all, m)
	}
	return all, nil
}

// connect takes an answered call through establishing and established to
// audio. At once means without the delays before established.
func (c *Call) connect(atOnce bool) {
	set := c.sim.set
	establishing := func() {
		c.tell("establishing", c.stateUpdate(ivr.StateEstablishing))
	}
	established := func() {
		c.state = ivr.StateEstablished
		c.tell("established", c.stateUpdate(ivr.StateEstablished))
	}
	before, after := establishing, established
	if c.sim.occurs(EstablishedFirst) {
		before, after = func() {}, func() { established(); establishing() }
	}
	steps := []step{{set.EstablishingDelay, before}, {set.EstablishedDelay, after}, {set.AudioDelay, c.startAudio}}
	if atOnce {
		before()
		after()
		steps = steps[2:]
	}
	c.walk(append(steps, c.manyEstablished()...))
}

// step is something that happens a while after the one before it.
type step struct {
	after time.Duration
	do    func()
}

// walk takes the steps of call set-up in turn.
func (c *Call) walk(steps []step) {
	if len(steps) == 0 {
		return
	}
	c.timers.after(c, timerConnect, steps[0].after, func() {
		steps[0].do()
		c.walk(steps[1:])
	})
}

func (c *Call) startAudio() {
	c.audio = ivr.AudioActive
	c.sim.emit(AudioActive{c.head()})
	c.tell("audio", c.audioUpdate(ivr.AudioActive))
	c.armOddities()
}

// ready refuses a media action while no audio flows.
func (c *Call) ready() *reply {
	set := c.sim.set
	var r reply
	switch {
	case c.state == ivr.StateIncoming || c.state == ivr.StateEstablishing:
		r = refuse(set.NotEstablished, "Call is not established.")
	case c.state != ivr.StateEstablished:
		return c.stateIs(ivr.StateEstablished)
	case c.audio != ivr.AudioActive:
		r = refuse(set.NoAudio, "Call media state audio is inactive.")
	default:
		return nil
	}
	return &r
}
