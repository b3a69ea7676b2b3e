package graph

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Params is what a request needs besides its command.
type Params struct {
	CallID      ivr.CallID    // Graph's id of the command's leg
	CallbackURI string        // the leg's own; https, or http on loopback
	Session     ivr.SessionID // for the clientContext
	// Media is the resolved audio of the command's parts, in order: of
	// PlayPrompt (1 to 20), of Answer (to be fetched early, may be empty) and of
	// Hold (at most 1).
	Media []MediaInfo
	// Tenant is the tenant of a new call, empty for the bot's own.
	Tenant string
}

// callsPath is where calls are.
const callsPath = "/communications/calls"

// Request is one request to Graph, ready to be sent any number of times.
type Request struct {
	Name   string     // Graph's name of the action, for logs and errors
	CallID ivr.CallID // the call it acts on
	Class  OpClass
	Method string
	Path   string // below the API's root: "/communications/calls/{id}/answer"
	Body   any    // one of this package's request types, nil for no body

	userAgent string // "" for the transport's own
}

// Limits of the service for times, in seconds.
const (
	minRecord, maxRecord = 1, 120
	minRing, maxRing     = 15, 90
	maxRingOut           = 115 // of a call that the bot makes
)

// Build is the request of a command. It checks the service's limits, so that
// what it returns is not refused for its form; an error names the command, the
// limit and the value. FetchRecording is sent by [Client.Download].
func Build(cmd ivr.Command, p Params) (Request, error) {
	o := operationOf(cmd)
	r := Request{Name: o.name, CallID: p.CallID, Class: o.class, Method: methodOf(cmd)}
	if c, ok := cmd.(ivr.CreateCall); ok {
		body, err := p.newCall(c)
		if err != nil {
			return Request{}, fmt.Errorf("building %T: %w", cmd, err)
		}
		r.CallID, r.Path, r.Body = "", callsPath, body
		return r, nil
	}
	if p.CallID == "" {
		return Request{}, fmt.Errorf("building %T: the leg has no call id yet", cmd)
	}
	action, body, err := p.body(cmd)
	if err != nil {
		return Request{}, fmt.Errorf("building %T: %w", cmd, err)
	}
	r.Path, r.Body = callsPath+"/"+url.PathEscape(string(p.CallID))+action, body
	return r, nil
}

// body is the action's path below the call and its body.
func (p Params) body(cmd ivr.Command) (string, any, error) {
	switch c := cmd.(type) {
	case ivr.Answer:
		return p.answer()
	case ivr.Reject:
		return p.reject(c)
	case ivr.Redirect:
		return p.redirect(c)
	case ivr.Transfer:
		target, err := target(c.Target)
		target.ReplacesCallID = string(c.Replaces)
		return "/transfer", TransferRequest{TransferTarget: target}, err
	case ivr.PlayPrompt:
		return p.playPrompt(c)
	case ivr.RecordResponse:
		return p.recordResponse(c)
	case ivr.CancelMedia:
		context, err := p.clientContext(c.Op)
		return "/cancelMediaProcessing", CancelMediaProcessingRequest{ClientContext: context}, err
	case ivr.SubscribeToTone:
		context, err := p.clientContext(c.Op)
		return "/subscribeToTone", SubscribeToToneRequest{ClientContext: context}, err
	case ivr.Mute:
		return p.mute(c)
	case ivr.Invite:
		return p.invite(c)
	case ivr.Hold:
		return p.hold(c)
	case ivr.RouteAudio:
		return p.routeAudio(c)
	case ivr.AddGallery:
		context, err := p.clientContext(c.Op)
		return "/addLargeGalleryView", withContext{context}, err
	case ivr.TellRecording:
		return p.tellRecording(c)
	case ivr.SendTones:
		return p.sendTones(c)
	case ivr.KeepAlive:
		return "/keepAlive", nil, nil
	case ivr.HangUp, ivr.ReadCall:
		return "", nil, nil
	case ivr.CreateCall, ivr.FetchRecording, ivr.JoinRecordings, ivr.CountUp, ivr.RunAction, ivr.HTTPRequest, ivr.CancelAction, ivr.StartTimer,
		ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return "", nil, errors.New("this command is not a request to Graph")
}

// newCall is the body of a new call, to somebody or into a meeting.
func (p Params) newCall(c ivr.CreateCall) (any, error) {
	if c.Meeting == nil {
		return p.createCall(c)
	}
	call, err := p.joinCall(c)
	return openBody{call}, err
}

// createCall is the body of a new call.
func (p Params) createCall(c ivr.CreateCall) (CreateCallRequest, error) {
	callee, err := target(c.Target)
	body := CreateCallRequest{
		ODataType: TypeCall, CallbackURI: p.CallbackURI, Targets: []InvitationParticipantInfo{callee}, TenantID: p.Tenant,
		RequestedModalities: []string{"audio"},
		MediaConfig:         ServiceHostedMediaConfig{ODataType: TypeServiceHostedMediaConfig},
	}
	errs := []error{err, checkURL("callbackUri", p.CallbackURI)}
	switch {
	case c.Target.Kind == ivr.PartyVoicemail:
		errs = append(errs, errors.New("a voicemail can be transferred to, not called"))
	case c.Source.Kind == ivr.PartyApplication:
		body.Source = &ParticipantInfo{ODataType: TypeParticipantInfo, Identity: NewIdentitySet(ivr.Party{Kind: c.Source.Kind, ID: c.Source.ID})}
	case c.Source != (ivr.Party{}):
		errs = append(errs, fmt.Errorf("a source of kind %q cannot call; an application instance can", c.Source.Kind))
	case c.Target.Kind == ivr.PartyPhone:
		errs = append(errs, errors.New("a telephone is called by an application instance, and the command names none"))
	}
	if c.Ring != 0 {
		body.RingingTimeoutInSeconds, err = seconds("ring", c.Ring, 1, maxRingOut)
		errs = append(errs, err)
	}
	return body, errors.Join(errs...)
}

func (p Params) answer() (string, any, error) {
	if err := checkURL("callbackUri", p.CallbackURI); err != nil {
		return "", nil, err
	}
	media, err := p.media()
	return "/answer", AnswerRequest{
		CallbackURI:        p.CallbackURI,
		MediaConfig:        ServiceHostedMediaConfig{ODataType: TypeServiceHostedMediaConfig, PreFetchMedia: media},
		AcceptedModalities: []string{"audio"},
	}, err
}

func (p Params) reject(c ivr.Reject) (string, any, error) {
	switch c.Reason {
	case ivr.RejectNone, ivr.RejectBusy, ivr.RejectForbidden:
	default:
		return "", nil, fmt.Errorf("reason %q is none of none, busy and forbidden", c.Reason)
	}
	return "/reject", RejectRequest{Reason: c.Reason, CallbackURI: p.CallbackURI}, checkURL("callbackUri", p.CallbackURI)
}

func (p Params) redirect(c ivr.Redirect) (string, any, error) {
	body := RedirectRequest{CallbackURI: p.CallbackURI}
	if n := len(c.Targets); n < 1 || n > MaxTargets {
		return "", nil, fmt.Errorf("%d targets; Graph takes 1 to %d", n, MaxTargets)
	}
	for _, t := range c.Targets {
		if t.Kind == ivr.PartyVoicemail {
			return "", nil, errors.New("a voicemail can be transferred to, not redirected")
		}
		invited, err := target(t)
		if err != nil {
			return "", nil, err
		}
		body.Targets = append(body.Targets, invited)
	}
	if c.Ring != 0 {
		seconds, err := seconds("ring", c.Ring, minRing, maxRing)
		if err != nil {
			return "", nil, err
		}
		body.Timeout = seconds
	}
	return "/redirect", body, checkURL("callbackUri", p.CallbackURI)
}

func (p Params) playPrompt(c ivr.PlayPrompt) (string, any, error) {
	if n := len(p.Media); n < 1 || n > MaxPrompts {
		return "", nil, fmt.Errorf("%d prompts; Graph plays 1 to %d at a time: join them into fewer files", n, MaxPrompts)
	}
	media, err := p.media()
	if err != nil {
		return "", nil, err
	}
	context, err := p.clientContext(c.Op)
	body := PlayPromptRequest{ClientContext: context, Loop: c.Loop}
	for _, m := range media {
		body.Prompts = append(body.Prompts, MediaPrompt{ODataType: TypeMediaPrompt, MediaInfo: m})
	}
	return "/playPrompt", body, err
}

func (p Params) recordResponse(c ivr.RecordResponse) (string, any, error) {
	context, errContext := p.clientContext(c.Op)
	longest, errMax := seconds("max", c.Max, minRecord, maxRecord)
	silence, errSilence := seconds("silence", c.Silence, minRecord, maxRecord)
	initial, errInitial := seconds("initial_silence", c.InitialSilence, minRecord, maxRecord)
	body := RecordResponseRequest{
		ClientContext:                  context,
		MaxRecordDurationInSeconds:     longest,
		MaxSilenceTimeoutInSeconds:     silence,
		InitialSilenceTimeoutInSeconds: initial,
		PlayBeep:                       &c.Beep,
	}
	for _, k := range c.StopKeys {
		body.StopTones = append(body.StopTones, k.String())
	}
	return "/recordResponse", body, errors.Join(errContext, errMax, errSilence, errInitial)
}

func (p Params) sendTones(c ivr.SendTones) (string, any, error) {
	if len(c.Keys) == 0 {
		return "", nil, errors.New("no keys to send; Graph takes at least one")
	}
	context, err := p.clientContext(c.Op)
	body := SendDtmfTonesRequest{ClientContext: context, DelayBetweenTonesMs: int(c.Between.Std() / time.Millisecond)}
	for _, k := range c.Keys {
		body.Tones = append(body.Tones, ToneOf(k))
	}
	return "/sendDtmfTones", body, err
}

func (p Params) clientContext(op ivr.OpID) (string, error) {
	context := ClientContext(p.Session, op)
	if p.Session == "" || op <= 0 {
		return "", fmt.Errorf("clientContext %q needs a session and an operation id from 1", context)
	}
	if n := len([]rune(context)); n > MaxClientContext {
		return "", fmt.Errorf("clientContext has %d characters; Graph takes at most %d", n, MaxClientContext)
	}
	return context, nil
}

// media is the command's audio with its type tags.
func (p Params) media() ([]MediaInfo, error) {
	var media []MediaInfo
	for _, m := range p.Media {
		if err := checkURL("prompt", m.URI); err != nil {
			return nil, err
		}
		m.ODataType = TypeMediaInfo
		media = append(media, m)
	}
	return media, nil
}

func target(t ivr.Target) (InvitationParticipantInfo, error) {
	switch t.Kind {
	case ivr.PartyUser, ivr.PartyPhone, ivr.PartyApplication, ivr.PartyVoicemail:
	default:
		return InvitationParticipantInfo{}, fmt.Errorf("a target of kind %q cannot be called; user, phone, application and voicemail can", t.Kind)
	}
	if t.ID == "" {
		return InvitationParticipantInfo{}, fmt.Errorf("a target of kind %s has no id", t.Kind)
	}
	return NewTarget(t), nil
}

// seconds is a time in the whole seconds that Graph takes.
func seconds(what string, d ivr.Duration, low, high int) (*int, error) {
	n := int(d.Std() / time.Second)
	if d.Std()%time.Second != 0 || n < low || n > high {
		return nil, fmt.Errorf("%s is %s; Graph takes whole seconds from %ds to %ds", what, d, low, high)
	}
	return &n, nil
}

// checkURL refuses an address that the service would refuse: it fetches and
// calls back over https only. Plain http is for a simulator on this machine.
func checkURL(what, raw string) error {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return fmt.Errorf("%s is empty; Graph needs an https address", what)
	case err != nil || u.Host == "":
		return fmt.Errorf("%s is no absolute address; Graph needs an https address", what)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s %s://%s is not https; http is taken on loopback only", what, u.Scheme, u.Host)
}

// isLoopback reports whether a host names this machine without asking DNS.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
