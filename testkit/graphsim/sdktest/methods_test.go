package sdktest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/microsoftgraph/msgraph-sdk-go/communications"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// explain makes of the library's error one that says what the service said.
func explain(err error) error {
	if refused, ok := errors.AsType[*odataerrors.ODataError](err); ok {
		return fmt.Errorf("%s: %w", said(refused), err)
	}
	return err
}

// said is an error as the library reads it: "404 8522 Call not found.".
func said(err error) string {
	var refused *odataerrors.ODataError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &refused):
		return fmt.Sprintf("no ODataError: %T %v", err, err)
	case refused.GetErrorEscaped() == nil:
		return fmt.Sprintf("%d without an error in it", refused.ResponseStatusCode)
	}
	e := refused.GetErrorEscaped()
	return fmt.Sprintf("%d %s %s", refused.ResponseStatusCode, value(e.GetCode()), value(e.GetMessage()))
}

// value is what an optional property holds, or its zero value.
func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

// operation is an operation in short: "PlayPromptOperation Running 7". One
// without an id is told so.
func operation(o models.CommsOperationable, err error) (string, error) {
	if err != nil {
		return "", err
	}
	name := strings.TrimPrefix(fmt.Sprintf("%T", o), "*models.")
	status := "-"
	if o.GetStatus() != nil {
		status = o.GetStatus().String()
	}
	text := name + " " + status + " " + value(o.GetClientContext())
	if value(o.GetId()) == "" {
		text += " without an id"
	}
	if r := o.GetResultInfo(); r != nil {
		text += fmt.Sprintf(" %d/%d", value(r.GetCode()), value(r.GetSubcode()))
	}
	return text, nil
}

// group is an audio routing group in short.
func group(b *table, g models.AudioRoutingGroupable, err error) (string, error) {
	if err != nil {
		return "", err
	}
	names := strings.NewReplacer(b.bob.ID(), "Bob", b.eve.ID(), "Eve", b.me.ID(), "bot")
	mode := "-"
	if g.GetRoutingMode() != nil {
		mode = g.GetRoutingMode().String()
	}
	if value(g.GetId()) == "" {
		mode += " without an id"
	}
	return mode + names.Replace(fmt.Sprint(g.GetSources(), g.GetReceivers())), nil
}

// use is how the library uses a method, and what it reads.
type use struct {
	do   func(w *world) (string, error)
	says string
}

// inMeeting is a use in a meeting in which the bot has media of its own.
func inMeeting(says string, do func(b *table) (string, error)) use {
	return use{func(w *world) (string, error) { return do(w.table(ownMedia())) }, says}
}

// inCall is a use in a call of two that the bot answered.
func inCall(says string, do func(w *world, c *callBuilder) (string, error)) use {
	return use{func(w *world) (string, error) { return do(w, w.call(w.connected(graphsim.Caller{}).ID())) }, says}
}

// ringing is a use of a call that the bot has not answered, of a telephone.
func ringing(do func(w *world, c *callBuilder) error) use {
	return use{func(w *world) (string, error) {
		c := w.ring(fromPhone())
		before := c.State()
		err := do(w, w.call(c.ID()))
		return fmt.Sprint(before, " ", c.State()), err
	}, ""}
}

func (u use) saying(says string) use { u.says = says; return u }

const clientContext = "7"

// uses are those of all methods, by their names.
func uses() map[string]use {
	return map[string]use{
		"create call": {func(w *world) (string, error) {
			c, err := w.calls.Post(w.t.Context(), newCall(invitation(user("user-Ann"))), nil)
			if err != nil {
				return "", err
			}
			return fmt.Sprint(c.GetState(), " ", c.GetDirection(), " ", len(c.GetTargets()), " ", w.sim.Call(ivr.CallID(value(c.GetId()))) != nil), nil
		}, "establishing outgoing 1 true"},
		"logTeleconferenceDeviceQuality": {func(w *world) (string, error) {
			body := communications.NewCallsLogTeleconferenceDeviceQualityPostRequestBody()
			body.SetQuality(quality())
			err := w.calls.LogTeleconferenceDeviceQuality().Post(w.t.Context(), body, nil)
			e, _ := find[graphsim.DeviceReported](w)
			return fmt.Sprint(e.Device, " ", e.Streams), err
		}, "Room 1 1"},
		"read call": inCall("established active 2 serviceHosted", func(w *world, c *callBuilder) (string, error) {
			got, err := c.Get(w.t.Context(), &communications.CallsCallItemRequestBuilderGetRequestConfiguration{
				QueryParameters: &communications.CallsCallItemRequestBuilderGetQueryParameters{Expand: []string{"participants"}}})
			if err != nil {
				return "", err
			}
			media := "other"
			if _, ok := got.GetMediaConfig().(models.ServiceHostedMediaConfigable); ok {
				media = "serviceHosted"
			}
			return fmt.Sprint(got.GetState(), " ", got.GetMediaState().GetAudio(), " ", len(got.GetParticipants()), " ", media), nil
		}),
		"hang up": inCall("404 8522 Call not found.", func(w *world, c *callBuilder) (string, error) {
			if err := c.Delete(w.t.Context(), nil); err != nil {
				return "", err
			}
			_, err := c.Get(w.t.Context(), nil)
			return said(err), nil
		}),
		"keepAlive": inCall("", func(w *world, c *callBuilder) (string, error) { return "", c.KeepAlive().Post(w.t.Context(), nil) }),
		"answer": ringing(func(w *world, c *callBuilder) error {
			return c.Answer().Post(w.t.Context(), answerBody(), nil)
		}).saying("incoming establishing"),
		"reject": ringing(func(w *world, c *callBuilder) error {
			body := communications.NewCallsItemRejectPostRequestBody()
			body.SetReason(new(models.BUSY_REJECTREASON))
			return c.Reject().Post(w.t.Context(), body, nil)
		}).saying("incoming terminated"),
		"redirect": ringing(func(w *world, c *callBuilder) error {
			body := communications.NewCallsItemRedirectPostRequestBody()
			body.SetTargets([]models.InvitationParticipantInfoable{invitation(phone("+14255550101")), invitation(user("user-Ann"))})
			body.SetTimeout(new(int32(30)))
			body.SetCallbackUri(new(webhook))
			return c.Redirect().Post(w.t.Context(), body, nil)
		}).saying("incoming redirecting"),
		"transfer": inCall("transferring", func(w *world, c *callBuilder) (string, error) {
			body := communications.NewCallsItemTransferPostRequestBody()
			body.SetTransferTarget(invitation(user("user-Ann")))
			if err := c.Transfer().Post(w.t.Context(), body, nil); err != nil {
				return "", err
			}
			got, err := c.Get(w.t.Context(), nil)
			if err != nil {
				return "", err
			}
			return got.GetState().String(), nil
		}),
		"playPrompt": inCall("PlayPromptOperation Running 7", func(w *world, c *callBuilder) (string, error) {
			body := communications.NewCallsItemPlayPromptPostRequestBody()
			body.SetClientContext(new(clientContext))
			body.SetPrompts([]models.Promptable{mediaPrompt()})
			return operation(c.PlayPrompt().Post(w.t.Context(), body, nil))
		}),
		"recordResponse": inCall("RecordOperation Running 7", func(w *world, c *callBuilder) (string, error) {
			return operation(c.RecordResponse().Post(w.t.Context(), recordBody(), nil))
		}),
		"cancelMediaProcessing": inCall("CancelMediaProcessingOperation Completed 7", func(w *world, c *callBuilder) (string, error) {
			body := communications.NewCallsItemCancelMediaProcessingPostRequestBody()
			body.SetClientContext(new(clientContext))
			return operation(c.CancelMediaProcessing().Post(w.t.Context(), body, nil))
		}),
		"subscribeToTone": inCall("SubscribeToToneOperation Completed 7", func(w *world, c *callBuilder) (string, error) {
			return operation(c.SubscribeToTone().Post(w.t.Context(), subscribeBody(), nil))
		}),
		"sendDtmfTones": inCall("SendDtmfTonesOperation Running 7", func(w *world, c *callBuilder) (string, error) {
			body := communications.NewCallsItemSendDtmfTonesPostRequestBody()
			body.SetClientContext(new(clientContext))
			body.SetTones([]models.Tone{models.TONE1_TONE, models.STAR_TONE, models.POUND_TONE})
			body.SetDelayBetweenTonesMs(new(int32(250)))
			return operation(c.SendDtmfTones().Post(w.t.Context(), body, nil))
		}),
		"mute": inMeeting("MuteParticipantOperation Completed 7", func(b *table) (string, error) {
			body := communications.NewCallsItemMutePostRequestBody()
			body.SetClientContext(new(clientContext))
			return operation(b.c.Mute().Post(b.t.Context(), body, nil))
		}),
		"unmute": inMeeting("UnmuteParticipantOperation Completed 7", func(b *table) (string, error) {
			body := communications.NewCallsItemUnmutePostRequestBody()
			body.SetClientContext(new(clientContext))
			return operation(b.c.Unmute().Post(b.t.Context(), body, nil))
		}),
		"changeScreenSharingRole": inMeeting("sharer", func(b *table) (string, error) {
			body := communications.NewCallsItemChangeScreenSharingRolePostRequestBody()
			body.SetRole(new(models.SHARER_SCREENSHARINGROLE))
			err := b.c.ChangeScreenSharingRole().Post(b.t.Context(), body, nil)
			e, _ := find[graphsim.ScreenRole](b.world)
			return e.Role, err
		}),
		"addLargeGalleryView": inMeeting("AddLargeGalleryViewOperation Running 7", func(b *table) (string, error) {
			return operation(b.c.AddLargeGalleryView().Post(b.t.Context(), galleryBody(), nil))
		}),
		"updateRecordingStatus": inMeeting("UpdateRecordingStatusOperation Completed 7", func(b *table) (string, error) {
			body := communications.NewCallsItemUpdateRecordingStatusPostRequestBody()
			body.SetClientContext(new(clientContext))
			body.SetStatus(new(models.RECORDING_RECORDINGSTATUS))
			return operation(b.c.UpdateRecordingStatus().Post(b.t.Context(), body, nil))
		}),
		"list participants": inMeeting("Bob Eve bot", func(b *table) (string, error) {
			list, err := b.c.Participants().Get(b.t.Context(), nil)
			if err != nil {
				return "", err
			}
			var all []string
			for _, p := range list.GetValue() {
				all = append(all, name(p))
			}
			slices.Sort(all)
			return strings.Join(all, " "), nil
		}),
		"read participant": inMeeting("Eve", func(b *table) (string, error) {
			p, err := b.c.Participants().ByParticipantId(b.eve.ID()).Get(b.t.Context(), nil)
			if err != nil {
				return "", err
			}
			return name(p), nil
		}),
		"remove participant": inMeeting("false", func(b *table) (string, error) {
			err := b.c.Participants().ByParticipantId(b.eve.ID()).Delete(b.t.Context(), nil)
			_, there := b.eve.Now()
			return fmt.Sprint(there), err
		}),
		"invite": inMeeting("InviteParticipantsOperation Running 7 1", func(b *table) (string, error) {
			body := communications.NewCallsItemParticipantsInvitePostRequestBody()
			body.SetClientContext(new(clientContext))
			body.SetParticipants([]models.InvitationParticipantInfoable{invitation(user("user-Ann"))})
			o, err := b.c.Participants().Invite().Post(b.t.Context(), body, nil)
			text, err := operation(o, err)
			if err != nil {
				return "", err
			}
			return fmt.Sprint(text, " ", len(o.GetParticipants())), nil
		}),
		"mute participant": inMeeting("MuteParticipantOperation Completed 7", func(b *table) (string, error) {
			body := communications.NewCallsItemParticipantsItemMutePostRequestBody()
			body.SetClientContext(new(clientContext))
			return operation(b.c.Participants().ByParticipantId(b.eve.ID()).Mute().Post(b.t.Context(), body, nil))
		}),
		"startHoldMusic": inMeeting("StartHoldMusicOperation Running 7", func(b *table) (string, error) { return b.hold() }),
		"stopHoldMusic": inMeeting("StopHoldMusicOperation Completed 7", func(b *table) (string, error) {
			if _, err := b.hold(); err != nil {
				return "", err
			}
			body := communications.NewCallsItemParticipantsItemStopHoldMusicPostRequestBody()
			body.SetClientContext(new(clientContext))
			return operation(b.c.Participants().ByParticipantId(b.eve.ID()).StopHoldMusic().Post(b.t.Context(), body, nil))
		}),
		"list audio routing groups": inMeeting("multicast[Bob] [Eve bot]", func(b *table) (string, error) {
			b.routed()
			list, err := b.c.AudioRoutingGroups().Get(b.t.Context(), nil)
			if err != nil || len(list.GetValue()) != 1 {
				return "", cmp.Or(err, errors.New("there is not one group"))
			}
			return group(b, list.GetValue()[0], nil)
		}),
		"create audio routing group": inMeeting("multicast[Bob] [Eve bot]", func(b *table) (string, error) {
			g, err := b.c.AudioRoutingGroups().Post(b.t.Context(), b.routing(), nil)
			return group(b, g, err)
		}),
		"read audio routing group": inMeeting("multicast[Bob] [Eve bot]", func(b *table) (string, error) {
			g, err := b.routed().Get(b.t.Context(), nil)
			return group(b, g, err)
		}),
		"update audio routing group": inMeeting("multicast[Eve] [Bob bot]", func(b *table) (string, error) {
			change := b.routing()
			change.SetSources([]string{b.eve.ID()})
			change.SetReceivers([]string{b.bob.ID(), b.me.ID()})
			g, err := b.routed().Patch(b.t.Context(), change, nil)
			return group(b, g, err)
		}),
		"delete audio routing group": inMeeting("404 8522", func(b *table) (string, error) {
			if err := b.routed().Delete(b.t.Context(), nil); err != nil {
				return "", err
			}
			_, err := b.c.AudioRoutingGroups().ByAudioRoutingGroupId("group-1").Get(b.t.Context(), nil)
			return strings.Join(strings.Fields(said(err))[:2], " "), nil
		}),
		"list content sharing sessions": inMeeting("true", func(b *table) (string, error) {
			id := b.eve.Share()
			list, err := b.c.ContentSharingSessions().Get(b.t.Context(), nil)
			if err != nil || len(list.GetValue()) != 1 {
				return "", cmp.Or(err, errors.New("there is not one session"))
			}
			return fmt.Sprint(value(list.GetValue()[0].GetId()) == id), nil
		}),
		"read content sharing session": inMeeting("true", func(b *table) (string, error) {
			id := b.eve.Share()
			s, err := b.c.ContentSharingSessions().ByContentSharingSessionId(id).Get(b.t.Context(), nil)
			if err != nil {
				return "", err
			}
			return fmt.Sprint(value(s.GetId()) == id), nil
		}),
		"read operation": inMeeting("AddLargeGalleryViewOperation Running 7", func(b *table) (string, error) {
			o, err := b.c.AddLargeGalleryView().Post(b.t.Context(), galleryBody(), nil)
			if err != nil {
				return "", err
			}
			return operation(b.c.Operations().ByCommsOperationId(value(o.GetId())).Get(b.t.Context(), nil))
		}),
	}
}

func recordBody() communications.CallsItemRecordResponsePostRequestBodyable {
	b := communications.NewCallsItemRecordResponsePostRequestBody()
	b.SetClientContext(new(clientContext))
	b.SetPrompts([]models.Promptable{mediaPrompt()})
	b.SetBargeInAllowed(new(true))
	b.SetInitialSilenceTimeoutInSeconds(new(int32(5)))
	b.SetMaxSilenceTimeoutInSeconds(new(int32(2)))
	b.SetMaxRecordDurationInSeconds(new(int32(10)))
	b.SetPlayBeep(new(true))
	b.SetStopTones([]string{"#", "1", "*"})
	return b
}

func subscribeBody() communications.CallsItemSubscribeToTonePostRequestBodyable {
	b := communications.NewCallsItemSubscribeToTonePostRequestBody()
	b.SetClientContext(new(clientContext))
	return b
}

func galleryBody() communications.CallsItemAddLargeGalleryViewPostRequestBodyable {
	b := communications.NewCallsItemAddLargeGalleryViewPostRequestBody()
	b.SetClientContext(new(clientContext))
	return b
}

// hold puts Eve on hold.
func (b *table) hold() (string, error) {
	body := communications.NewCallsItemParticipantsItemStartHoldMusicPostRequestBody()
	body.SetClientContext(new(clientContext))
	body.SetCustomPrompt(mediaPrompt())
	return operation(b.c.Participants().ByParticipantId(b.eve.ID()).StartHoldMusic().Post(b.t.Context(), body, nil))
}

// routed is a group that was made.
func (b *table) routed() *communications.CallsItemAudioRoutingGroupsAudioRoutingGroupItemRequestBuilder {
	b.t.Helper()
	g, err := b.c.AudioRoutingGroups().Post(b.t.Context(), b.routing(), nil)
	b.must(err)
	return b.c.AudioRoutingGroups().ByAudioRoutingGroupId(value(g.GetId()))
}

// name is whom a participant is, as the library reads it.
func name(p models.Participantable) string {
	switch identity := p.GetInfo().GetIdentity(); {
	case identity.GetUser() != nil:
		return value(identity.GetUser().GetDisplayName())
	case value(identity.GetApplication().GetId()) == graphsim.DefaultAppID:
		return "bot"
	}
	return "nobody"
}

// find is the last event of a kind.
func find[E graphsim.Event](w *world) (E, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range slices.Backward(w.events) {
		if e, ok := e.(E); ok {
			return e, true
		}
	}
	return *new(E), false
}

// Every method that /v1.0 has is sent by the library, taken by the simulator,
// and what the simulator says is read by the library.
func TestEveryMethod(t *testing.T) {
	all := uses()
	count := 0
	for _, m := range graph.Methods() {
		if m.Beta {
			continue
		}
		count++
		u, ok := all[m.Name]
		if !ok {
			t.Errorf("%s (%s %s) has no use here: add one to uses", m.Name, m.HTTP, m.Path)
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				got, err := u.do(w)
				if err != nil || got != u.says {
					t.Errorf("the library read %q and %v, want %q", got, explain(err), u.says)
				}
				if !w.served(m) {
					t.Errorf("no %s %s was answered well", m.HTTP, m.Path)
				}
				if n := w.bodies(""); n > 0 {
					t.Errorf("%d bodies were not compressed, as the library sends them", n)
				}
			})
		})
	}
	if count != len(all) {
		t.Errorf("%d uses of %d methods", len(all), count)
	}
	t.Logf("%d methods of /v1.0", count)
}

// served says whether a request of the method was answered well.
func (w *world) served(m graph.Method) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.events, func(e graphsim.Event) bool {
		r, ok := e.(graphsim.Request)
		path := strings.Split(strings.TrimPrefix(r.Path, "/v1.0"), "/")
		pattern := strings.Split(m.Path, "/")
		if !ok || r.Method != m.HTTP || r.Status >= 300 || len(path) != len(pattern) {
			return false
		}
		for i := range pattern {
			if pattern[i] != path[i] && !strings.HasPrefix(pattern[i], "{") {
				return false
			}
		}
		return true
	})
}
