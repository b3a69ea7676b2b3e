package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// Send sends one command once; see call.Sender.
func (b *Bot) Send(ctx context.Context, to call.Address, cmd ivr.Command) call.Reply {
	switch c := cmd.(type) {
	case ivr.RunAction:
		return call.Reply{Event: b.runAction(ctx, to, c)}
	case ivr.HTTPRequest:
		return call.Reply{Event: b.httpRequest(ctx, to, c)}
	case ivr.FetchRecording:
		return b.fetch(ctx, to, c)
	case ivr.JoinRecordings:
		return call.Reply{Event: b.join(ctx, to, c)}
	case ivr.CountUp:
		return b.count(ctx, to, c)
	case ivr.CreateCall:
		if c.Meeting != nil {
			return b.request(ctx, to, cmd, c.Op, nil)
		}
		if err := b.mayCall(c.Target); err != nil {
			return b.refused(to, c.Op, err)
		}
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.Transfer:
		if err := b.mayCall(c.Target); err != nil {
			return b.refused(to, c.Op, err)
		}
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.Redirect:
		if err := b.mayCallAll(c.Targets); err != nil {
			return b.refused(to, c.Op, err)
		}
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.Invite:
		if err := b.mayCallAll(c.Targets); err != nil {
			return b.refused(to, c.Op, err)
		}
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.Hold:
		return b.hold(ctx, to, c)
	case ivr.RouteAudio:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.AddGallery:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.TellRecording:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.PlayPrompt:
		return b.play(ctx, to, c)
	case ivr.Answer:
		return b.request(ctx, to, cmd, c.Op, b.prefetch(ctx, c.Prefetch))
	case ivr.Reject:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.SubscribeToTone:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.RecordResponse:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.CancelMedia:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.SendTones:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.Mute:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.HangUp:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.KeepAlive:
		return b.request(ctx, to, cmd, c.Op, nil)
	case ivr.ReadCall:
		return b.read(ctx, to, c)
	case ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return call.Reply{} // nothing to send
}

func (b *Bot) head(to call.Address) ivr.Head { return ivr.Head{At: b.cfg.Clock.Now(), Leg: to.Leg} }

// refused is the reply to a command that is not sent because the bot's
// configuration forbids it.
func (b *Bot) refused(to call.Address, op ivr.OpID, err error) call.Reply {
	b.cfg.Log.Warn("refused", slog.String("session", string(to.Session)), slog.String("error", err.Error()))
	return call.Reply{Event: ivr.OperationFailed{Head: b.head(to), Op: op,
		Result: ivr.Result{Code: 403, Reason: ivr.ReasonNotAllowed, Message: err.Error()}}}
}

// mayCall refuses telephone numbers that the configuration does not allow, and
// those that nobody is connected to: what is not allowed is forbidden.
func (b *Bot) mayCall(t ivr.Target) error {
	if t.Kind != ivr.PartyPhone {
		return nil
	}
	if allowed(b.settings.Load().phones, t.ID) {
		return nil
	}
	return errors.New("the configuration does not allow this telephone number; add its prefix to phones")
}

func (b *Bot) mayCallAll(list []ivr.Target) error {
	for _, t := range list {
		if err := b.mayCall(t); err != nil {
			return err
		}
	}
	return nil
}

// premium reports whether a number is one that nobody is connected to,
// whatever the configuration says: international premium rate, satellite and
// global networks, and North American 900 and 976 numbers.
func premium(number string) bool {
	for _, p := range [...]string{"+979", "+870", "+881", "+882", "+883", "+1900", "+1976"} {
		if strings.HasPrefix(number, p) {
			return true
		}
	}
	const exchange = len("+1212") // of a number of North America, behind its area code
	return strings.HasPrefix(number, "+1") && len(number) > exchange && strings.HasPrefix(number[exchange:], "976")
}

// play resolves the prompt's audio and has it played.
func (b *Bot) play(ctx context.Context, to call.Address, c ivr.PlayPrompt) call.Reply {
	media, length, err := b.resolve(ctx, c.Parts)
	if err != nil {
		return b.noAudio(to, c.Op, err)
	}
	reply := b.request(ctx, to, c, c.Op, media)
	if e, ok := reply.Event.(ivr.OperationAccepted); ok {
		e.Length = ivr.Duration(length)
		reply.Event = e
	}
	return reply
}

// noAudio is the reply to a command whose prompt cannot be made.
func (b *Bot) noAudio(to call.Address, op ivr.OpID, err error) call.Reply {
	b.cfg.Log.Error("prompt has no audio", slog.String("session", string(to.Session)), slog.String("error", err.Error()))
	return call.Reply{Event: ivr.OperationFailed{Head: b.head(to), Op: op, Result: ivr.Result{Reason: ivr.ReasonMedia, Message: err.Error()}}}
}

// hold resolves the music and has a participant hear it.
func (b *Bot) hold(ctx context.Context, to call.Address, c ivr.Hold) call.Reply {
	media, _, err := b.resolve(ctx, c.Music)
	if err != nil {
		return b.noAudio(to, c.Op, err)
	}
	return b.request(ctx, to, c, c.Op, media)
}

// read reads a call, and of one that lives what else is asked for. Without that the
// rest is told all the same.
func (b *Bot) read(ctx context.Context, to call.Address, c ivr.ReadCall) call.Reply {
	reply := b.request(ctx, to, c, c.Op, nil)
	e, ok := reply.Event.(ivr.CallRead)
	if !ok || e.Gone || c.Also == "" {
		return reply
	}
	g := b.client.Call(to.Tenant, to.Call)
	g.Scenario = to.Scenario
	var err error
	switch c.Also {
	case ivr.ReadPeople:
		var list []graph.Participant
		list, err = g.Participants(ctx)
		e.People = graph.People(list)
	case ivr.ReadRoutes:
		var list []graph.AudioRoutingGroup
		list, err = g.AudioRoutingGroups(ctx)
		e.Routes = graph.Routes(list)
	}
	if err != nil {
		b.cfg.Log.Warn("request failed", slog.String("session", string(to.Session)), slog.String("error", err.Error()))
		failed := b.failure(to, c, c.Op, err)
		return call.Reply{Event: e, Again: failed.Again, After: failed.After}
	}
	e.Also = c.Also
	return call.Reply{Event: e}
}

// prefetch names audio for the platform to fetch early. It is a hint: what
// cannot be resolved is left out.
func (b *Bot) prefetch(ctx context.Context, parts []ivr.Part) []graph.MediaInfo {
	media, _, err := b.resolve(ctx, parts)
	if err != nil {
		return nil
	}
	return media
}

// request sends a command to Graph, once.
func (b *Bot) request(ctx context.Context, to call.Address, cmd ivr.Command, op ivr.OpID, media []graph.MediaInfo) call.Reply {
	params := graph.Params{CallID: to.Call, Session: to.Session, Media: media, Tenant: to.Tenant}
	if _, create := cmd.(ivr.CreateCall); create || call.BeforeAnswer(cmd) {
		params.CallbackURI = b.CallbackURL(to.Session, to.Leg) // later requests do not name it
	}
	req, err := graph.Build(cmd, params)
	if err != nil {
		b.cfg.Log.Error("command not sent", slog.String("session", string(to.Session)), slog.String("error", err.Error()))
		return call.Reply{Event: ivr.OperationFailed{Head: b.head(to), Op: op, Result: ivr.Result{Code: 400, Reason: ivr.ReasonService, Message: err.Error()}}}
	}
	res, err := b.client.Send(ctx, to.Tenant, to.Scenario, req)
	if err == nil {
		return call.Reply{Event: res.Event(cmd, b.cfg.Clock.Now())}
	}
	b.cfg.Log.Warn("request failed", slog.String("session", string(to.Session)), slog.String("error", err.Error()))
	return b.failure(to, cmd, op, err)
}

// failure decides what a failed request means, and whether it may be sent
// again: always if it certainly was not executed and may succeed later, and
// after an unknown result only if a repeat is harmless. A prompt or recording
// that may be running is left to the engine, which cancels it first.
func (b *Bot) failure(to call.Address, cmd ivr.Command, op ivr.OpID, err error) call.Reply {
	var ge *graph.Error
	if !errors.As(err, &ge) {
		return call.Reply{Event: ivr.OperationUnknown{Head: b.head(to), Op: op, Detail: err.Error()}}
	}
	reply := call.Reply{After: ge.RetryAfter, Event: ge.Event(cmd, b.cfg.Clock.Now())}
	_, cancel := cmd.(ivr.CancelMedia)
	harmless := graph.Class(cmd) == graph.ClassA || cancel // the queue sends nothing past a cancel
	reply.Again = ge.Retryable() && (harmless || !ge.Ambiguous())
	if ge.Ambiguous() && !harmless {
		reply.Event = ivr.OperationUnknown{Head: b.head(to), Op: op, Detail: ge.Error()}
	}
	return reply
}

// fetch downloads a finished recording and saves it.
func (b *Bot) fetch(ctx context.Context, to call.Address, c ivr.FetchRecording) call.Reply {
	wav, err := b.client.Download(ctx, c.Recording, b.settings.Load().recordingHosts)
	if err == nil {
		var ev ivr.Event
		if ev, err = b.save(ctx, to, c.Op, wav); err == nil {
			return call.Reply{Event: ev}
		}
	}
	b.cfg.Log.Warn("recording not fetched", slog.String("session", string(to.Session)), slog.String("error", err.Error()))
	var ge *graph.Error
	again := errors.As(err, &ge) && ge.Retryable()
	return call.Reply{Again: again, Event: ivr.OperationFailed{Head: b.head(to), Op: c.Op,
		Result: ivr.Result{Reason: ivr.ReasonMedia, Message: err.Error()}}}
}

func (b *Bot) save(ctx context.Context, to call.Address, op ivr.OpID, wav []byte) (ivr.Event, error) {
	info, err := prompt.CheckWAV(wav)
	if err != nil {
		return nil, fmt.Errorf("the platform's recording: %w", err)
	}
	id := fmt.Sprintf("%s-%d", to.Session, op)
	if err := b.cfg.Recordings.Save(ctx, id, wav); err != nil {
		return nil, fmt.Errorf("saving recording %s: %w", id, err)
	}
	return ivr.RecordingSaved{Head: b.head(to), Op: op, ID: id, Length: ivr.Duration(info.Length)}, nil
}

// join makes one recording of several.
func (b *Bot) join(ctx context.Context, to call.Address, c ivr.JoinRecordings) ivr.Event {
	var wavs [][]byte
	var errs []error
	for _, id := range c.Parts {
		wav, err := b.cfg.Recordings.Load(ctx, id)
		wavs, errs = append(wavs, wav), append(errs, err)
	}
	err := errors.Join(errs...)
	var ev ivr.Event
	if err == nil {
		var wav []byte
		if wav, err = prompt.Join(wavs...); err == nil {
			ev, err = b.save(ctx, to, c.Op, wav)
		}
	}
	if err != nil {
		return ivr.OperationFailed{Head: b.head(to), Op: c.Op, Result: ivr.Result{Reason: ivr.ReasonMedia, Message: err.Error()}}
	}
	return ev
}
