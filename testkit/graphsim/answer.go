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
	if c.room != nil && !x.may(joinRoles()...) {
		return forbidden(joinRoles()...)
	}
	prefetch, fail := c.sim.readAnswer(x)
	if fail != nil {
		return reply{fail: fail}
	}
	if bad := c.stateIs(ivr.StateIncoming); bad != nil {
		return *bad
	}
	c.timers.cancel(timerAnswer)
	c.callback = str(x.body, "callbackUri")
	c.config, c.options = sub(x.body, "mediaConfig"), sub(x.body, "callOptions")
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

// callOptionsProperties are those of
// https://learn.microsoft.com/graph/api/resources/incomingcalloptions
func callOptionsProperties() []param {
	return []param{
		{name: "hideBotAfterEscalation", kind: flag}, {name: "isContentSharingNotificationEnabled", kind: flag},
		{name: "isDeltaRosterEnabled", kind: flag}, {name: "isInteractiveRosterEnabled", kind: flag},
	}
}

// mediaConfigProperties are those of
// https://learn.microsoft.com/graph/api/resources/servicehostedmediaconfig
func mediaConfigProperties() []param {
	return []param{
		{name: "preFetchMedia", kind: list}, {name: "liveCaptionOptions", kind: entity, betaOnly: true},
		{name: "removeFromDefaultAudioGroup", kind: flag, betaOnly: true},
	}
}

// appHostedProperties are those of
// https://learn.microsoft.com/graph/api/resources/apphostedmediaconfig
func appHostedProperties() []param {
	return []param{{name: "blob", kind: text}, {name: "removeFromDefaultAudioGroup", kind: flag, betaOnly: true}}
}

func (s *Sim) readAnswer(x *exchange) ([]media, *failure) {
	if fail := s.readCallback(str(x.body, "callbackUri")); fail != nil {
		return nil, fail
	}
	modalities := items(x.body, "acceptedModalities")
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
	if fail := readOptions(x, "incomingCallOptions"); fail != nil {
		return nil, fail
	}
	return readMediaConfig(x)
}

// readOptions checks callOptions of a type.
func readOptions(x *exchange, typeName string) *failure {
	options := sub(x.body, "callOptions")
	if options == nil {
		return nil
	}
	if fail := checkTag("callOptions", options, typeName, true); fail != nil {
		return fail
	}
	return checkProperties("callOptions", options, callOptionsProperties(), x.beta())
}

// appHosted is the type of a mediaConfig with which the bot gets the media
// streams itself.
const appHosted = "#microsoft.graph.appHostedMediaConfig"

func readMediaConfig(x *exchange) ([]media, *failure) {
	config, beta := sub(x.body, "mediaConfig"), x.beta()
	if config[odataType] == appHosted {
		if !x.may("Calls.AccessMedia.All") {
			return nil, forbidden("Calls.AccessMedia.All").fail
		}
		return nil, checkProperties("mediaConfig", config, appHostedProperties(), beta)
	}
	fail := checkTag("mediaConfig", config, "serviceHostedMediaConfig", true)
	if fail == nil {
		fail = checkProperties("mediaConfig", config, mediaConfigProperties(), beta)
	}
	if fail != nil {
		return nil, fail
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
	establishing := func() { c.tell("establishing", c.stateUpdate(ivr.StateEstablishing)) }
	established := c.establish
	audio := func() { c.startAudio("audio") }
	before, after := establishing, established
	if c.sim.occurs(EstablishedFirst) {
		before, after = func() {}, func() { established(); establishing() }
	}
	steps := []step{{set.EstablishingDelay, before}, {set.EstablishedDelay, after}, {set.AudioDelay, audio}}
	switch set.Audio {
	case AudioMerged:
		steps = steps[:2]
	case AudioFirst:
		steps[1], steps[2] = steps[2], steps[1]
	case AudioAfter:
	}
	if atOnce {
		steps[0].do()
		steps[1].do()
		steps = steps[2:]
	}
	c.walk(append(steps, c.manyEstablished()...))
}

// establish makes the call established, with audio if both come together.
func (c *Call) establish() {
	if c.inLobby() && c.sim.set.LobbyEstablishing {
		c.arrive()
		return
	}
	c.state = ivr.StateEstablished
	if c.sim.set.Audio == AudioMerged && !c.inLobby() {
		c.startAudio("established")
	} else {
		c.tell("established", c.stateUpdate(ivr.StateEstablished))
	}
	switch {
	case c.room == nil:
	case c.me.meeting == nil:
		c.arrive()
	default: // a new call of several, in which somebody is already
		c.room.changed()
	}
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

// serviceHosted refuses a media action of a bot that has the media itself. What
// the service says is documented nowhere.
func (c *Call) serviceHosted() *reply {
	if c.config[odataType] != appHosted {
		return nil
	}
	r := refuse(c.sim.set.MediaMode, "The action is for service hosted media only.")
	return &r
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
