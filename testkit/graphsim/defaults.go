package graphsim

import "time"

func (t Settings) withDefaults() Settings {
	t.durations()
	t.results()
	t.refusals()
	if t.MaxPromptBytes == 0 {
		t.MaxPromptBytes = 32 << 20
	}
	if t.SpeechLevel == 0 {
		t.SpeechLevel = 500
	}
	if t.OddChance == 0 {
		t.OddChance = 1
	}
	if t.CallbackType == "" {
		t.CallbackType = "application/json"
	}
	if t.TokenIssuer == "" {
		t.TokenIssuer = defaultIssuer
	}
	return t
}

func (t *Settings) durations() {
	for _, d := range [...]struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.Latency, 10 * time.Millisecond},
		{&t.EstablishingDelay, 100 * time.Millisecond},
		{&t.EstablishedDelay, 200 * time.Millisecond},
		{&t.AudioDelay, 200 * time.Millisecond},
		{&t.AnswerWithin, 15 * time.Second},
		{&t.KeepAliveWithin, 45 * time.Minute},
		{&t.CallbackTimeout, 10 * time.Second},
		{&t.CallbackRetryGap, time.Second},
		{&t.TokenLife, 65 * time.Minute},
		{&t.AccessTokenLife, 3599 * time.Second},
		{&t.PromptTimeout, 10 * time.Second},
		{&t.BeepLength, 250 * time.Millisecond},
		{&t.ToneLength, 100 * time.Millisecond},
		{&t.RecordingKept, 30 * time.Second},
		{&t.TransferRing, 2 * time.Second},
		{&t.RingFor, time.Minute},
		{&t.ConsultDelay, 500 * time.Millisecond},
		{&t.TransferNoAnswer, 40 * time.Second},
		{&t.GatherFor, 30 * time.Millisecond},
		{&t.AudioDropAt, 2 * time.Second},
		{&t.AudioDropFor, time.Second},
		{&t.ToneHeld, 1500 * time.Millisecond},
		{&t.CancelLag, 300 * time.Millisecond},
		{&t.LateEventLag, 500 * time.Millisecond},
		{&t.EscalateAfter, 3 * time.Second},
		{&t.LobbyFor, 30 * time.Minute},
		{&t.ChoreDelay, 100 * time.Millisecond},
	} {
		switch {
		case *d.field == 0:
			*d.field = d.value
		case *d.field < 0:
			*d.field = 0
		}
	}
}

func (t *Settings) results() {
	for _, r := range [...]struct {
		field *Result
		value Result
	}{
		{&t.AnswerTimeout, Result{408, 8587, "Call was not answered in time."}},
		{&t.HangUpByUser, Result{200, 5002, "The conversation has ended. DiagCode: 0#5002.@"}},
		{&t.HangUpByPhone, Result{200, 540000, "PSTN user hung up. DiagCode: 0#540000.@"}},
		{&t.Abandoned, Result{487, 8542, "Call was canceled. DiagCode: 487#8542.@"}},
		{&t.HangUpByBot, Result{200, 7000, "Call was ended by the application. DiagCode: 0#7000.@"}},
		{&t.TransferFailed, Result{500, 7000, "Transfer failed."}},
		{&t.CalleeBusy, Result{486, 8539, "Callee is busy. DiagCode: 486#8539.@"}},
		{&t.CalleeDeclined, Result{603, 8538, "Callee declined the call. DiagCode: 603#8538.@"}},
		{&t.CalleeNoAnswer, Result{200, 5002, "The conversation has ended. DiagCode: 0#5002.@"}},
		{&t.ConsultFailed, Result{500, 7700, "Transfer failed."}},
		{&t.Replaced, Result{200, 5001, "The conversation has ended. DiagCode: 0#5001.@"}},
		{&t.RedirectFailed, Result{408, 8544, "Callee could not be reached. DiagCode: 408#8544.@"}},
		{&t.LobbyTimeout, Result{200, 5855, "Removed from the lobby. DiagCode: 0#5855.@"}},
		{&t.LastOne, Result{200, 5010, "One participant remained. DiagCode: 0#5010.@"}},
		{&t.NobodyJoined, Result{200, 5013, "Nobody else joined. DiagCode: 0#5013.@"}},
		{&t.MeetingEnded, Result{200, 5001, "The conversation has ended. DiagCode: 0#5001.@"}},
		{&t.Removed, Result{200, 5000, "Removed from the conversation by another participant. DiagCode: 0#5000.@"}},
		{&t.InviteNoAnswer, Result{408, 8544, "Callee could not be reached. DiagCode: 408#8544.@"}},
		{&t.EscalateEnd, Result{403, 7504, "Insufficient enterprise tenant permissions, cannot access this API."}},
	} {
		if *r.field == (Result{}) {
			*r.field = r.value
		}
	}
}

func (t *Settings) refusals() {
	for _, r := range [...]struct {
		field *Refusal
		value Refusal
	}{
		{&t.WrongState, Refusal{400, "8585"}},
		{&t.NotEstablished, Refusal{400, "8501"}},
		{&t.NoAudio, Refusal{400, "8503"}},
		{&t.CallNotFound, Refusal{404, "8522"}},
		{&t.NoCallID, Refusal{404, "UnknownError"}},
		{&t.Malformed, Refusal{400, "BadRequest"}},
		{&t.QueueFull, Refusal{429, "8516"}},
		{&t.TransferRuns, Refusal{409, "8607"}},
		{&t.TransferGroup, Refusal{400, "8523"}},
		{&t.NoInstance, Refusal{403, "7507"}},
		{&t.OtherTenant, Refusal{403, "8517"}},
		{&t.TooManyCalls, Refusal{429, "8530"}},
		{&t.NotGroup, Refusal{400, "8548"}},
		{&t.NoMeeting, Refusal{400, "8527"}},
		{&t.BadToken, Refusal{400, "8526"}},
		{&t.BadJoinID, Refusal{400, "8561"}},
		{&t.NoParticipant, Refusal{404, "8558"}},
		{&t.NotFound, Refusal{404, "8522"}},
		{&t.GroupExists, Refusal{409, "8519"}},
		{&t.HoldRuns, Refusal{409, "8519"}},
		{&t.AlreadyIn, Refusal{400, "8559"}},
		{&t.MediaMode, Refusal{400, "8500"}},
		{&t.TonesOfApp, Refusal{500, "9999"}},
		{&t.RemoveOrganizer, Refusal{400, "8552"}},
		{&t.MonthUsedUp, Refusal{429, "8529"}},
		{&t.TooManyRequests, Refusal{429, "TooManyRequests"}},
	} {
		if *r.field == (Refusal{}) {
			*r.field = r.value
		}
	}
}
