package graph

import (
	"cmp"
	"errors"
	"fmt"
	"unicode/utf8"
)

// checkNewCall is the body of a new call, or what is wrong with it (page
// application-post-calls).
func checkNewCall(call CallResource) (CallResource, error) {
	faults := []error{checkURL("callbackUri", call.CallbackURI), checkMedia(call.MediaConfig),
		checkModalities("requestedModalities", call.RequestedModalities)}
	if call.CallOptions != nil {
		options := *call.CallOptions
		options.ODataType = cmp.Or(options.ODataType, TypeOutgoingCallOptions)
		call.CallOptions = &options
	}
	switch {
	case call.MeetingInfo == nil && len(call.Targets) == 0:
		faults = append(faults, errors.New("there are no targets and no meetingInfo; a call needs one of them"))
	case call.MeetingInfo != nil && len(call.Targets) > 0:
		faults = append(faults, errors.New("there are targets and a meetingInfo; join the meeting, then invite people into it"))
	case call.MeetingInfo != nil:
		faults = append(faults, checkMeeting(call))
	default:
		faults = append(faults, checkCallees(call))
	}
	if n := call.RingingTimeoutInSeconds; n < 0 || n > maxRingOut {
		faults = append(faults, fmt.Errorf("ringingTimeoutInSeconds is %d; Graph takes 1 to %d, 0 stands for its default", n, maxRingOut))
	}
	if call.RingingTimeoutInSeconds != 0 && len(call.Targets) != 1 {
		faults = append(faults, errors.New("ringingTimeoutInSeconds is for a call to one target only"))
	}
	if len(call.RoutingPolicies) > 0 && len(call.Targets) != 1 {
		faults = append(faults, errors.New("routingPolicies are for a call to one target only"))
	}
	return call, errors.Join(faults...)
}

func checkCallees(call CallResource) error {
	users, phones := 0, 0
	for i, t := range call.Targets {
		switch {
		case t.Identity.isEmpty():
			return fmt.Errorf("target %d names nobody", i+1)
		case t.Identity.Phone != nil:
			phones++
		default:
			users++
		}
	}
	if users > MaxInvited {
		return fmt.Errorf("%d targets; Graph calls at most %d users into a new group call: invite the others later", users, MaxInvited)
	}
	if phones > 0 && (call.Source == nil || call.Source.Identity.ApplicationInstance == nil) {
		return errors.New("a telephone is called by an application instance, and the call's source is none")
	}
	return nil
}

func checkMeeting(call CallResource) error {
	m := call.MeetingInfo
	switch {
	case m.ODataType == TypeOrganizerMeetingInfo && (m.Organizer == nil || m.Organizer.isEmpty()):
		return errors.New("the meetingInfo names no organizer")
	case m.ODataType == TypeOrganizerMeetingInfo && (call.ChatInfo == nil || call.ChatInfo.ThreadID == ""):
		return errors.New("an organizer's meeting needs a chatInfo with its threadId")
	case m.ODataType == TypeTokenMeetingInfo && m.Token == "":
		return errors.New("the meetingInfo has no token")
	case m.ODataType == TypeJoinMeetingIDMeetingInfo && m.JoinMeetingID == "":
		return errors.New("the meetingInfo has no joinMeetingId")
	case m.ODataType == "":
		return errors.New("the meetingInfo has no @odata.type; make it with OrganizerMeeting, TokenMeeting or MeetingByID")
	}
	return nil
}

func checkMedia(m *MediaConfig) error {
	switch {
	case m == nil:
		return errors.New("there is no mediaConfig; use ServiceHosted or AppHosted")
	case m.ODataType == "":
		return errors.New("the mediaConfig has no @odata.type; make it with ServiceHosted or AppHosted")
	case m.ODataType == TypeAppHostedMediaConfig && m.Blob == "":
		return errors.New("the mediaConfig is app-hosted and has no blob")
	}
	for _, file := range m.PreFetchMedia {
		if err := checkURL("preFetchMedia", file.URI); err != nil {
			return err
		}
	}
	return nil
}

func checkModalities(what string, list []string) error {
	if len(list) == 0 {
		return fmt.Errorf("%s is empty; audio is the usual one", what)
	}
	return nil
}

// checkAnswer is the body of an answer, or what is wrong with it (page
// call-answer).
func checkAnswer(a AnswerCall) (AnswerCall, error) {
	faults := []error{checkURL("callbackUri", a.CallbackURI), checkMedia(a.MediaConfig),
		checkModalities("acceptedModalities", a.AcceptedModalities)}
	for _, m := range a.AcceptedModalities {
		faults = append(faults, oneOf("acceptedModalities has", m, ModalityAudio, ModalityVideo, ModalityVideoBasedScreenSharing))
	}
	if a.ParticipantCapacity < 0 {
		faults = append(faults, fmt.Errorf("participantCapacity is %d; it is 1 or more, 0 says nothing", a.ParticipantCapacity))
	}
	if a.CallOptions != nil {
		options := *a.CallOptions
		options.ODataType = cmp.Or(options.ODataType, TypeIncomingCallOptions)
		a.CallOptions = &options
	}
	return a, errors.Join(faults...)
}

func checkReject(r RejectRequest) error {
	var faults []error
	if r.Reason != "" {
		faults = append(faults, oneOf("the reason", r.Reason, "none", "busy", "forbidden"))
	}
	if r.CallbackURI != "" {
		faults = append(faults, checkURL("callbackUri", r.CallbackURI))
	}
	return errors.Join(faults...)
}

func checkRedirect(r RedirectRequest) error {
	var faults []error
	if n := len(r.Targets); n < 1 || n > MaxTargets {
		faults = append(faults, fmt.Errorf("%d targets; Graph takes 1 to %d", n, MaxTargets))
	}
	for i, t := range r.Targets {
		if t.Identity.isEmpty() {
			faults = append(faults, fmt.Errorf("target %d names nobody", i+1))
		}
	}
	if r.CallbackURI != "" {
		faults = append(faults, checkURL("callbackUri", r.CallbackURI))
	}
	return errors.Join(append(faults, checkSeconds("timeout", r.Timeout, minRing, maxRing))...)
}

func checkTransfer(r TransferRequest) error {
	switch {
	case r.TransferTarget.Identity.isEmpty():
		return errors.New("the transferTarget names nobody")
	case r.Transferee != nil && r.Transferee.Identity.isEmpty():
		return errors.New("the transferee names nobody")
	case r.Transferee != nil && r.Transferee.ParticipantID == "":
		return errors.New("the transferee has no participantId; the group call's roster has it")
	}
	return nil
}

func checkPrompts(prompts []MediaPrompt, low, high int) error {
	if n := len(prompts); n < low || n > high {
		return fmt.Errorf("%d prompts; Graph takes %d to %d at a time", n, low, high)
	}
	for _, p := range prompts {
		if err := checkURL("prompt", p.MediaInfo.URI); err != nil {
			return err
		}
	}
	return nil
}

func checkRecord(r RecordResponseRequest) error {
	return errors.Join(checkPrompts(r.Prompts, 0, 1),
		checkSeconds("initialSilenceTimeoutInSeconds", r.InitialSilenceTimeoutInSeconds, minRecord, maxRecord),
		checkSeconds("maxSilenceTimeoutInSeconds", r.MaxSilenceTimeoutInSeconds, minRecord, maxRecord),
		checkSeconds("maxRecordDurationInSeconds", r.MaxRecordDurationInSeconds, minRecord, maxRecord))
}

func checkSeconds(what string, n *int, low, high int) error {
	if n == nil || *n >= low && *n <= high {
		return nil
	}
	return fmt.Errorf("%s is %d; Graph takes %d to %d seconds", what, *n, low, high)
}

func checkTones(r SendDtmfTonesRequest) error {
	switch {
	case len(r.Tones) == 0:
		return errors.New("no tones to send; Graph takes at least one")
	case r.DelayBetweenTonesMs < 0:
		return fmt.Errorf("delayBetweenTonesMs is %d; it is 0 or more", r.DelayBetweenTonesMs)
	}
	return nil
}

func checkInvite(r InviteRequest) error {
	if n := len(r.Participants); n < 1 || n > MaxInvited {
		return fmt.Errorf("%d participants; Graph invites 1 to %d at a time", n, MaxInvited)
	}
	for i, p := range r.Participants {
		if p.Identity.isEmpty() {
			return fmt.Errorf("participant %d names nobody", i+1)
		}
	}
	return nil
}

// checkGroup leaves the number of a oneToOne group's receivers to the service:
// the page says one, and its example of an update has two.
func checkGroup(g AudioRoutingGroup) error {
	switch {
	case g.RoutingMode == "":
		return errors.New("the routingMode is empty; it is oneToOne or multicast")
	case len(g.Sources) != 1:
		return fmt.Errorf("%d sources; Graph takes exactly 1", len(g.Sources))
	case len(g.Receivers) == 0:
		return errors.New("0 receivers; Graph takes at least 1")
	}
	return nil
}

func checkContext(text string) error {
	if n := utf8.RuneCountInString(text); n > MaxClientContext {
		return fmt.Errorf("clientContext has %d characters; Graph takes at most %d", n, MaxClientContext)
	}
	return nil
}
