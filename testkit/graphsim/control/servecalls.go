package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Ring is a call that somebody makes to the bot.
type Ring struct {
	Caller      ivr.Party    `json:"caller,omitzero" doc:"who calls. A kind that is left out is phone for a number in E.164, else user; without an id it is a user nobody knows"`
	Called      ivr.Party    `json:"called,omitzero" doc:"what is dialled: the bot (kind bot), its application instance (application) or one of its numbers (phone). Left out: the application instance if a telephone calls, else the bot"`
	Tenant      string       `json:"tenant,omitempty" doc:"the caller's; the bot's if it is left out"`
	App         string       `json:"app,omitempty" doc:"application id of the bot that is rung; left out: the one of called, or else the first"`
	Meeting     int          `json:"meeting,omitempty" doc:"n of the meeting into which the bot is called by somebody who is there"`
	HangUpAfter ivr.Duration `json:"hang_up_after,omitzero" doc:"from when the telephone rings"`
	Script      []Step       `json:"script,omitempty" doc:"what the caller does; left out: as people has it"`
}

// Press is keys that are pressed.
type Press struct {
	Keys string `json:"keys" doc:"0 to 9, *, #, a to d, one after the other"`
}

// Speak is speech of the person on the phone.
type Speak struct {
	For ivr.Duration `json:"for" doc:"how long; a tone stands for the voice"`
}

// Calls is a list of calls.
type Calls struct {
	Calls []Call `json:"calls"`
}

func callRoutes() []Route {
	wait := Param{"wait", "how long to wait for until, at most 50s; 10s"}
	until := Param{"until", "wait until this holds: " + strings.Join(untils(), ", ")}
	text := Param{"prompt", "with until=prompt and until=heard: only a prompt whose address or resource id holds this"}
	return []Route{
		{Method: http.MethodGet, Path: "/calls", ID: "listCalls", Doc: "List the calls since the last reset, in the order in which they began.",
			Out: Calls{}, Status: http.StatusOK, handle: func(_ *Server, c *call) error { return c.answer(Calls{c.world.list()}) }},
		{Method: http.MethodPost, Path: "/calls", ID: "ring", Doc: "Call the bot.",
			In: Ring{}, Empty: true, Out: Call{}, Status: http.StatusCreated, handle: serveRing},
		{Method: http.MethodGet, Path: "/calls/{call}", ID: "getCall", Doc: "Tell how a call stands, at once or as soon as something holds. If it does not come to hold in time, the answer is a 408.",
			Query: []Param{until, text, wait}, Out: Call{}, Status: http.StatusOK, handle: serveCall},
		{Method: http.MethodPost, Path: "/calls/{call}/press", ID: "press", Doc: "Press keys. They reach the bot only if audio flows and it has subscribed to tones.",
			In: Press{}, Out: Call{}, Status: http.StatusOK, handle: servePress},
		{Method: http.MethodPost, Path: "/calls/{call}/speak", ID: "speak", Doc: "Speak, for some time or what is in a WAV file (16 kHz, mono, 16 bits). A recording that listens hears it at once, else the next one does.",
			In: Speak{}, AlsoWAV: true, Out: Call{}, Status: http.StatusOK, handle: serveSpeak},
		{Method: http.MethodPost, Path: "/calls/{call}/hang_up", ID: "hangUp", Doc: "Put the receiver down; decline a call of the bot that still rings.",
			Out: Call{}, Status: http.StatusOK, handle: serveHangUp},
		{Method: http.MethodPost, Path: "/calls/{call}/hold", ID: "hold", Doc: "Put the bot on hold: its audio is inactive until resume. For calls of two with audio.",
			Out: Call{}, Status: http.StatusOK, handle: serveHold},
		{Method: http.MethodPost, Path: "/calls/{call}/resume", ID: "resume", Doc: "End what hold began.",
			Out: Call{}, Status: http.StatusOK, handle: serveResume},
		{Method: http.MethodGet, Path: "/calls/{call}/prompts/{n}/audio", ID: "promptAudio", Doc: "Fetch what was played, as the simulator downloaded it.",
			Type: typeWAV, Status: http.StatusOK, handle: serveAudio},
		{Method: http.MethodGet, Path: "/calls/{call}/recordings/{n}/audio", ID: "recordingAudio", Doc: "Fetch what the bot recorded, until its end, whether the bot fetched it or not.",
			Type: typeWAV, Status: http.StatusOK, handle: serveRecorded},
	}
}

// lastCall stands, in a path, for the call that began last.
const lastCall = "last"

// on finds the call that the path names.
func (c *call) on() (*graphsim.Call, error) {
	id := c.named(c.r.PathValue("call"))
	if on := c.world.sim.Call(id); on != nil {
		return on, nil
	}
	return nil, missing(fmt.Sprintf("there is no call %q since the last reset", c.r.PathValue("call")), "take an id of GET "+Root+"/calls")
}

// named is the id of a call that a request names.
func (c *call) named(text string) ivr.CallID {
	if text == lastCall {
		return c.world.calls.last()
	}
	return ivr.NormalizeCallID(text)
}

// answerCall answers with the call as it is now.
func (c *call) answerCall(on *graphsim.Call) error {
	now, ok := c.world.call(on.ID())
	if !ok {
		return errors.New("the call has no state")
	}
	return c.answer(now)
}

// live is on for what only a call that lasts can take.
func (c *call) live() (*graphsim.Call, error) {
	on, err := c.on()
	if err != nil {
		return nil, err
	}
	if _, over := on.Ended(); over {
		return nil, &Error{Place: "path", Cause: "the call is over", Mend: "place another", status: http.StatusConflict}
	}
	return on, nil
}

func serveRing(s *Server, c *call) error {
	var in Ring
	if err := c.into(&in); err != nil {
		return err
	}
	if in.Caller.Kind == "" && in.Caller.ID != "" {
		in.Caller.Kind = ivr.PartyUser
		if e164.MatchString(in.Caller.ID) {
			in.Caller.Kind = ivr.PartyPhone
		}
	}
	if in.Called == (ivr.Party{}) && in.Caller.Kind == ivr.PartyPhone {
		in.Called = ivr.Party{Kind: ivr.PartyApplication, ID: c.world.instance(in.App)}
	}
	meeting, err := c.intoMeeting(in.Meeting)
	if err != nil {
		return err
	}
	if err := checkActs(in.HangUpAfter, in.Script); err != nil {
		return err
	}
	if known, ok := c.world.people.get(in.Caller.ID); ok && in.Script == nil {
		in.Script = known.Script
		if in.HangUpAfter == 0 {
			in.HangUpAfter = known.HangUpAfter
		}
	}
	c.world.people.mayRing.Lock()
	defer c.world.people.mayRing.Unlock()
	c.world.people.expect(Person{HangUpAfter: in.HangUpAfter, Script: in.Script})
	on, err := c.world.sim.Ring(graphsim.Caller{ID: in.Caller, Called: in.Called, Tenant: in.Tenant, App: in.App, Meeting: meeting})
	switch {
	case errors.Is(err, graphsim.ErrBusy):
		return &Error{Place: "body", Cause: err.Error(), Mend: "end a call first, or give another max_calls in the settings", status: http.StatusConflict}
	case err != nil && in.App != "" && !c.world.hasApp(in.App):
		return bad("app", err.Error(), "give the id of the first bot or of one of the apps of the set-up, or leave it out")
	case err != nil:
		return bad("caller", err.Error(), "leave it out, or give a number or an object id as its id")
	}
	now, err := c.await(c.r.Context(), s, on.ID(), func(Call) bool { return true })
	if err != nil {
		return err
	}
	return c.answer(now)
}

// untils are what can be waited for.
func untils() []string { return []string{"audio", "prompt", "heard", "recording", "ended"} }

// holds says whether what is waited for has come.
func (now Call) holds(until, text string) bool {
	switch until {
	case "audio":
		return now.Audio == ivr.AudioActive.String()
	case "prompt":
		return now.playing(text)
	case "heard":
		return now.heard(text)
	case "recording":
		return slices.ContainsFunc(now.Recordings, func(r Recording) bool { return r.Runs })
	}
	return now.Ended != nil
}

func serveCall(s *Server, c *call) error {
	on, err := c.on()
	if err != nil {
		return err
	}
	until, text := c.query.Get("until"), c.query.Get("prompt")
	if until == "" {
		return c.answerCall(on)
	}
	if !slices.Contains(untils(), until) {
		return bad("query.until", fmt.Sprintf("%q cannot be waited for", until), "give "+diag.OneOf(untils())+diag.DidYouMean(until, untils()))
	}
	wait, err := c.duration("wait", 10*time.Second)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), wait)
	defer cancel()
	now, err := c.await(ctx, s, on.ID(), func(now Call) bool { return now.holds(until, text) || now.Ended != nil })
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Place: "query.until", Cause: fmt.Sprintf("%s did not come within %s: the call is %s, audio %s", until, wait, now.State, now.Audio),
			Mend: "look at the log, or wait longer", status: http.StatusRequestTimeout}
	case err != nil:
		return err
	case !now.holds(until, text):
		return &Error{Place: "query.until", Cause: "the call is over, and " + until + " will not come", Mend: "look at the log", status: http.StatusConflict}
	}
	return c.answer(now)
}

// await waits until something holds of a call, and answers the call as it is
// then.
func (c *call) await(ctx context.Context, s *Server, id ivr.CallID, holds func(Call) bool) (Call, error) {
	for {
		more := s.log.next()
		now, known := c.world.call(id)
		if known && holds(now) {
			return now, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return now, ctx.Err()
		case <-s.done:
			return now, errClosed
		case <-c.world.ctx.Done():
			return now, &Error{Place: "path", Cause: "the simulator was reset meanwhile", Mend: "place another call", status: http.StatusConflict}
		}
	}
}

// maxWait is the longest that a request is kept waiting.
const maxWait = 50 * time.Second

// duration reads a parameter that is a duration.
func (c *call) duration(name string, otherwise time.Duration) (time.Duration, error) {
	text := c.query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxWait {
		return 0, bad("query."+name, fmt.Sprintf("%q is no time to wait", text), "give 0s to 50s, such as 10s")
	}
	return d, nil
}

func servePress(_ *Server, c *call) error {
	var in Press
	if err := c.into(&in); err != nil {
		return err
	}
	keys, err := parseKeys("keys", in.Keys)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return bad("keys", "there are none", `give keys, such as {"keys": "12#"}`)
	}
	on, err := c.live()
	if err != nil {
		return err
	}
	on.Press(keys...)
	return c.answerCall(on)
}

// maxSpeech is the longest that somebody speaks at once.
const maxSpeech = 10 * time.Minute

func serveSpeak(_ *Server, c *call) error {
	on, err := c.live()
	if err != nil {
		return err
	}
	pcm, err := c.speech()
	if err != nil {
		return err
	}
	on.Speak(pcm)
	return c.answerCall(on)
}

// speech reads what somebody says.
func (c *call) speech() ([]int16, error) {
	if c.audio() {
		pcm, err := prompt.DecodeWAV(c.body)
		if err != nil {
			return nil, bad("body", err.Error(), "send a WAV file of 16 kHz, mono, 16 bits")
		}
		return pcm, nil
	}
	var in Speak
	if err := c.into(&in); err != nil {
		return nil, err
	}
	if in.For <= 0 || in.For.Std() > maxSpeech {
		return nil, bad("for", in.For.String()+" is no time to speak", "give more than 0s and at most 10m, or send a WAV file as audio/wav")
	}
	return graphsim.Tone(in.For.Std()), nil
}

func serveHold(_ *Server, c *call) error {
	on, err := c.live()
	switch {
	case err != nil:
		return err
	case on.Meeting() != nil:
		return &Error{Place: "path", Cause: "the call is one of several, in which nobody puts the bot on hold", Mend: "hold a call of two", status: http.StatusConflict}
	case on.Audio() != ivr.AudioActive:
		return &Error{Place: "path", Cause: "no audio flows: the call is " + on.State().String() + ", audio " + on.Audio().String(),
			Mend: "wait for it first, with until=audio", status: http.StatusConflict}
	}
	on.Hold()
	return c.answerCall(on)
}

func serveResume(_ *Server, c *call) error {
	on, err := c.live()
	if err != nil {
		return err
	}
	on.Resume()
	return c.answerCall(on)
}

func serveHangUp(s *Server, c *call) error {
	on, err := c.on()
	if err != nil {
		return err
	}
	on.HangUp()
	now, err := c.await(c.r.Context(), s, on.ID(), func(now Call) bool { return now.Ended != nil })
	if err != nil {
		return err
	}
	return c.answer(now)
}

func serveAudio(_ *Server, c *call) error {
	return c.answerAudio("prompt", func(now Call) [][]byte {
		var all [][]byte
		for _, p := range now.Prompts {
			all = append(all, p.audio)
		}
		return all
	})
}

func serveRecorded(_ *Server, c *call) error {
	return c.answerAudio("recording", func(now Call) [][]byte {
		var all [][]byte
		for _, r := range now.Recordings {
			all = append(all, r.audio)
		}
		return all
	})
}

// answerAudio answers with one of a call's WAV files, which the path numbers. What
// has no sound yet is nil.
func (c *call) answerAudio(what string, of func(Call) [][]byte) error {
	on, err := c.on()
	if err != nil {
		return err
	}
	now, _ := c.world.call(on.ID())
	all := of(now)
	n, err := strconv.Atoi(c.r.PathValue("n"))
	if err != nil || n < 1 || n > len(all) || all[n-1] == nil {
		return missing(fmt.Sprintf("the call has no sound of a %s %s", what, c.r.PathValue("n")),
			fmt.Sprintf("it has %d of that kind so far; count from 1, a recording is there once it is over, and a prompt without sound says its problem", len(all)))
	}
	return c.answerWAV(all[n-1])
}

// answerWAV answers with a WAV file.
func (c *call) answerWAV(audio []byte) error {
	c.w.Header().Set("Content-Type", typeWAV)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(audio)))
	_, _ = c.w.Write(audio)
	return nil
}
