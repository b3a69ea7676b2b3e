package graphsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func recordParams() []param {
	return []param{
		{name: "prompts", kind: list}, {name: "bargeInAllowed", kind: flag},
		{name: "initialSilenceTimeoutInSeconds", kind: whole}, {name: "maxSilenceTimeoutInSeconds", kind: whole},
		{name: "maxRecordDurationInSeconds", kind: whole}, {name: "playBeep", kind: flag},
		{name: "stopTones", kind: list}, {name: "streamWhileRecording", kind: flag, betaOnly: true},
		{name: "clientContext", kind: text},
	}
}

// recordSpec is what a recordResponse asks for.
type recordSpec struct {
	initial, silence, longest time.Duration
	beep                      bool
	stops                     []ivr.Key
}

// recordResponse is the action of that name.
func (c *Call) recordResponse(x *exchange) reply {
	spec, prompts, fail := readRecord(x)
	if fail != nil {
		return reply{fail: fail}
	}
	if bad := c.serviceHosted(); bad != nil {
		return *bad
	}
	if bad := c.ready(); bad != nil {
		return *bad
	}
	if truth(x.body, "bargeInAllowed") {
		for _, op := range c.stopAll() {
			if !c.sim.set.BargedOutSilent {
				c.post(c.report(op, c.cancelForm(op)))
			}
		}
	}
	return c.accept(x, &operation{prompts: prompts, record: spec})
}

func readRecord(x *exchange) (*recordSpec, []media, *failure) {
	body := x.body
	prompts, fail := readPrompts(x, 1)
	if fail != nil {
		return nil, nil, fail
	}
	spec := &recordSpec{beep: body["playBeep"] != false}
	for _, p := range [...]struct {
		name  string
		field *time.Duration
	}{
		{"initialSilenceTimeoutInSeconds", &spec.initial},
		{"maxSilenceTimeoutInSeconds", &spec.silence},
		{"maxRecordDurationInSeconds", &spec.longest},
	} {
		seconds := number(body, p.name, 5)
		if seconds < 1 || seconds > 120 {
			return nil, nil, invalid(fmt.Sprintf("'%s' is %d; it must be 1 to 120.", p.name, seconds))
		}
		*p.field = time.Duration(seconds) * time.Second
	}
	for i, v := range items(body, "stopTones") {
		tone, _ := v.(string)
		if len(tone) != 1 || !strings.Contains("0123456789*#abcdABCD", tone) {
			return nil, nil, invalid(fmt.Sprintf("stopTones[%d] is '%v'; it must be one of the characters 0 to 9, *, #, a to d.", i, v))
		}
		spec.stops = append(spec.stops, ivr.Key(strings.ToLower(tone)[0]))
	}
	return spec, prompts, nil
}

// beep plays the beep and then listens.
func (c *Call) beep(op *operation) {
	if !op.record.beep || c.sim.set.BeepLength == 0 {
		c.listen(op)
		return
	}
	c.timers.after(c, timerMedia, c.sim.set.BeepLength, func() { c.listen(op) })
}

// listen begins to record. What the caller wanted to say is said now.
func (c *Call) listen(op *operation) {
	op.capture = &capture{began: c.sim.clock.Now(), level: c.sim.set.SpeechLevel}
	c.sim.emit(RecordingStarted{Head: c.head(), Operation: op.id, ClientContext: op.context})
	if len(c.media.said) > 0 {
		op.capture.say(0, c.media.said)
		c.media.said = nil
	}
	c.awaitEnd(op)
}

// awaitEnd sets the timer for the end of a recording, by what is known of it
// now.
func (c *Call) awaitEnd(op *operation) {
	at, why := op.capture.end(op.record)
	c.timers.after(c, timerMedia, max(0, at-c.elapsed(op)), func() { c.endCapture(op, why) })
}

func (c *Call) elapsed(op *operation) time.Duration {
	return c.sim.clock.Now().Sub(op.capture.began)
}

// stopsRecording says whether a key ends the running recording.
func (c *Call) stopsRecording(k ivr.Key) bool {
	if len(c.media.queue) == 0 || c.media.queue[0].capture == nil {
		return false
	}
	return slices.Contains(c.media.queue[0].record.stops, k)
}

// endOf is how a recording's end is reported.
func endOf(why ivr.RecordEnd) ending {
	switch why {
	case ivr.RecordStopTone:
		return ending{status: "completed", reason: "stopToneDetected", result: Result{200, 8514, "Action completed, stop tone detected."}}
	case ivr.RecordMaxDuration:
		return ending{status: "completed", reason: "maxRecordDurationReached", result: Result{200, 8515, "Action completed, max record duration reached."}}
	case ivr.RecordMaxSilence:
		return ending{status: "completed", reason: "maxSilenceTimeout", result: Result{200, 8509, "Action completed, max silence timeout reached."}}
	case ivr.RecordInitialSilence:
		return ending{status: "failed", reason: "initialSilenceTimeout", result: Result{400, 8510, "Action failed, initial silence timeout reached."}}
	case ivr.RecordCancelled, ivr.RecordFailed:
	}
	return cancelled()
}

// endCapture ends the running recording.
func (c *Call) endCapture(op *operation, why ivr.RecordEnd) {
	e := endOf(why)
	if wav := c.stopListening(op, why, e.status != "completed"); e.status == "completed" {
		e.rec = c.keepRecording(wav)
	}
	c.complete(op, e)
}

// Recorded is one recording of what the caller said.
type Recorded struct {
	At            time.Time // when the service began to listen
	Operation     string
	ClientContext string
	Length        time.Duration
	Why           ivr.RecordEnd // what ended it
	Lost          bool          // the bot did not get it
	// Audio is the WAV file, also of a recording that is lost; nil once the service
	// discards it, Settings.RecordingKept after the call's end. It is not to be
	// changed.
	Audio []byte
}

// Recorded is what was recorded so far, in order, without what still listens.
func (c *Call) Recorded() []Recorded {
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	return slices.Clone(c.recorded)
}

// stopListening ends the running recording, notes it and returns its file.
func (c *Call) stopListening(op *operation, why ivr.RecordEnd, lost bool) []byte {
	r := Recorded{At: op.capture.began, Operation: op.id, ClientContext: op.context, Length: c.elapsed(op), Why: why, Lost: lost}
	r.Audio = op.capture.wav(r.Length)
	op.capture = nil
	c.recorded = append(c.recorded, r)
	c.sim.emit(RecordingEnded{Head: c.head(), Operation: r.Operation, ClientContext: r.ClientContext,
		Why: why, Length: r.Length, Lost: lost, Audio: r.Audio})
	return r.Audio
}

// recording is a finished recording.
type recording struct {
	id, token string
	call      *Call
	wav       []byte
	expiry    time.Time // of the token, zero for none
}

func (c *Call) keepRecording(wav []byte) *recording {
	s := c.sim
	r := &recording{id: s.chance.guid(), token: "rec." + s.chance.guid() + "." + s.chance.guid(), call: c, wav: wav}
	if s.set.RecordingTokenLife > 0 {
		r.expiry = s.clock.Now().Add(s.set.RecordingTokenLife)
	}
	s.records[r.id] = r
	return r
}

// discardRecordings throws the call's recordings away, a while after its end.
func (c *Call) discardRecordings() {
	s := c.sim
	s.after(s.set.RecordingKept, func() {
		for id, r := range s.records {
			if r.call == c {
				delete(s.records, id)
			}
		}
		for i := range c.recorded {
			c.recorded[i].Audio = nil
		}
	})
}

// serveRecording answers the download of a recording.
func (s *Sim) serveRecording(w http.ResponseWriter, r *http.Request, id string) {
	if f := s.fault(actionDownload); f != nil {
		s.answerRequest(w, r, answered{reply: f.reply(), dropped: f.NoResponse})
		return
	}
	s.mu.Lock()
	rec := s.records[id]
	s.mu.Unlock()
	switch {
	case r.Method != http.MethodGet:
		s.writeFailure(w, r, "", wrongVerb(r.Method).fail)
	case rec == nil:
		s.writeFailure(w, r, "", &failure{status: 404, code: "ResourceNotFound", message: "There is no such recording, or it was discarded."})
	case r.Header.Get("Authorization") != "Bearer "+rec.token:
		s.writeFailure(w, r, "", unauthorized("The recording's own access token is needed."))
	case !rec.expiry.IsZero() && !s.clock.Now().Before(rec.expiry):
		s.writeFailure(w, r, "", unauthorized("The recording's access token is expired."))
	default:
		s.report(r, rec.call.id, http.StatusOK, "", "")
		w.Header().Set("Content-Type", "application/octet-stream")
		w.WriteHeader(http.StatusOK)
		if f, ok := w.(http.Flusher); ok { // makes the answer chunked, as the service's
			f.Flush()
		}
		_, _ = w.Write(rec.wav) // a bot that is gone does not want it
	}
}
