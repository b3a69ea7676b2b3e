package sdktest

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/communications"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// brief is a resource as the library reads it, in short; "roster" is a list.
func brief(e models.Entityable) string {
	switch e := e.(type) {
	case nil:
		return "list"
	case models.Callable:
		parts := []string{"call"}
		if s := e.GetState(); s != nil {
			parts = append(parts, s.String())
		}
		if m := e.GetMediaState(); m != nil && m.GetAudio() != nil {
			parts = append(parts, "audio "+m.GetAudio().String())
		}
		if t := e.GetToneInfo(); t != nil && t.GetTone() != nil {
			parts = append(parts, t.GetTone().String())
		}
		if r := e.GetResultInfo(); r != nil {
			parts = append(parts, fmt.Sprintf("%d/%d", value(r.GetCode()), value(r.GetSubcode())))
		}
		return strings.Join(parts, " ")
	case models.CommsOperationable:
		text, _ := operation(e, nil)
		return text
	}
	return fmt.Sprintf("%T", e)
}

// expect compares what was notified with what the library read of it.
func (w *world) expect(want ...string) {
	w.t.Helper()
	var got []string
	for _, e := range w.told() {
		got = append(got, brief(e))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("the library reads of the notifications\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// A call's life, as notifications tell it and as it can be read.
func TestCall(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.ring(fromPhone())
		call := w.call(c.ID())
		incoming, ok := w.told()[0].(models.Callable)
		if !ok {
			t.Fatal("the library reads no call in the first notification")
		}
		// As in Graph's pages the type of the identity is not the one that has telephones.
		caller, _ := incoming.GetSource().GetIdentity().GetAdditionalData()["phone"].(map[string]any)
		if id, _ := caller["id"].(*string); value(id) != "+14255550199" {
			t.Errorf("the library reads the caller as %v", caller)
		}
		got := fmt.Sprint(incoming.GetState(), " ", incoming.GetDirection(), " ", value(incoming.GetId()) == string(c.ID()), " ", value(incoming.GetTenantId()), " ",
			incoming.GetRequestedModalities(), " ", len(incoming.GetTargets()), " ", len(value(incoming.GetCallChainId())))
		if want := "incoming incoming true " + graphsim.DefaultTenant + " [audio] 1 36"; got != want {
			t.Errorf("incoming: %q, want %q", got, want)
		}
		w.must(call.Answer().Post(w.t.Context(), answerBody(), nil))
		pass(time.Second)
		w.expect("call establishing", "call established", "call established audio active")

		_, err := call.SubscribeToTone().Post(w.t.Context(), subscribeBody(), nil)
		w.must(err)
		c.Press('1', '#')
		pass(100 * time.Millisecond)
		w.expect("call established tone1", "call established pound")

		play := communications.NewCallsItemPlayPromptPostRequestBody()
		play.SetClientContext(new(clientContext))
		play.SetPrompts([]models.Promptable{mediaPrompt()})
		o, err := call.PlayPrompt().Post(w.t.Context(), play, nil)
		w.must(err)
		pass(2 * time.Second)
		w.expect("PlayPromptOperation Completed 7 200/0")
		if h := c.Heard(); len(h) != 1 || h[0].URI != prompt || h[0].ResourceID != "prompt-1" {
			t.Errorf("the caller heard %+v", h)
		}
		text, err := operation(call.Operations().ByCommsOperationId(value(o.GetId())).Get(w.t.Context(), nil))
		if err != nil || text != "PlayPromptOperation Completed 7 200/0" {
			t.Errorf("the operation is read as %q %v", text, explain(err))
		}

		read, err := call.Get(w.t.Context(), &communications.CallsCallItemRequestBuilderGetRequestConfiguration{
			QueryParameters: &communications.CallsCallItemRequestBuilderGetQueryParameters{Expand: []string{"participants", "operations"}, Select: []string{"state", "direction", "callbackUri"}}})
		w.must(err)
		got = fmt.Sprint(read.GetState(), " ", read.GetDirection(), " ", value(read.GetCallbackUri()), " ", len(read.GetParticipants()), " ", len(read.GetOperations()), " ", read.GetTenantId() == nil)
		if want := "established incoming " + webhook + " 2 2 true"; got != want {
			t.Errorf("read: %q, want %q", got, want)
		}
		w.must(call.Delete(w.t.Context(), nil))
		pass(time.Second)
		w.expect("call terminating", "call terminated 200/7000")
	})
}

// Calls that the bot makes and that come to nothing, or go on to somebody else.
func TestOutgoing(t *testing.T) {
	for _, tt := range []struct {
		behaves graphsim.Behaviour
		want    []string
	}{
		{graphsim.Answers, []string{"call establishing", "call established", "call established audio active"}},
		{graphsim.Busy, []string{"call establishing", "call terminated 486/8539"}},
		{graphsim.Declined, []string{"call establishing", "call terminated 603/8538"}},
	} {
		inWorld(t, nil, func(w *world) {
			w.sim.SetTarget("user-Ann", tt.behaves)
			body := newCall(invitation(user("user-Ann")))
			body.SetSubject(new("Subject"))
			w.create(body)
			w.expect(tt.want...)
		})
	}
	inWorld(t, nil, func(w *world) {
		w.sim.SetTarget("user-Ann", graphsim.Busy)
		transfer := communications.NewCallsItemTransferPostRequestBody()
		transfer.SetTransferTarget(invitation(user("user-Ann")))
		call := w.call(w.connected(graphsim.Caller{}).ID())
		w.told()
		w.must(call.Transfer().Post(w.t.Context(), transfer, nil))
		pass(5 * time.Second)
		// The failure's subcode is spelt subCode there, which the library does not know.
		w.expect("call transferring", "call established 500/0")
		transfer.SetTransferTarget(invitation(user("user-Bob")))
		w.must(call.Transfer().Post(w.t.Context(), transfer, nil))
		pass(5 * time.Second)
		heard := w.told()
		if got := brief(heard[len(heard)-1]); got != "call terminated 0/7015" {
			t.Errorf("the end is %q", got)
		}
	})
}

// A caller takes the place of the bot in its call with somebody else, and a
// telephone is named in the type that has one.
func TestConsultation(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.connected(fromPhone())
		body := newCall(invitation(phone("+14255550101")))
		source := models.NewParticipantInfo()
		instance := models.NewIdentity()
		instance.SetId(new(graphsim.DefaultInstance))
		set := models.NewCommunicationsIdentitySet()
		set.SetApplicationInstance(instance)
		source.SetIdentity(set)
		body.SetSource(source)
		other := w.create(body)
		w.told()
		target := invitation(phone("+14255550101"))
		target.SetReplacesCallId(new(string(other.ID())))
		transfer := communications.NewCallsItemTransferPostRequestBody()
		transfer.SetTransferTarget(target)
		w.must(w.call(c.ID()).Transfer().Post(w.t.Context(), transfer, nil))
		pass(5 * time.Second)
		e, ok := find[graphsim.Transferred](w)
		if !ok || e.Target.ID != "+14255550101" || c.State() != ivr.StateTerminated || other.State() != ivr.StateTerminated {
			t.Errorf("%+v, the calls are %v and %v", e, c.State(), other.State())
		}
	})
}

// A meeting can be joined in each way, and is read as it was named.
func TestJoin(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		m, err := w.sim.Schedule(graphsim.MeetingPlan{JoinID: "1234567", Passcode: "abc"})
		w.must(err)
		number := models.NewJoinMeetingIdMeetingInfo()
		number.SetJoinMeetingId(new("1234567"))
		number.SetPasscode(new("abc"))
		token := models.NewTokenMeetingInfo()
		token.SetToken(new(m.Plan().Token))
		for name, info := range map[string]models.MeetingInfoable{"organizer": nil, "number": number, "token": token} {
			body := joining(m, hosted())
			if info != nil {
				body.SetMeetingInfo(info)
				body.SetChatInfo(nil)
			}
			got, err := w.calls.Post(w.t.Context(), body, nil)
			if err != nil {
				t.Errorf("%s: %v", name, explain(err))
				continue
			}
			if want := fmt.Sprintf("%T", body.GetMeetingInfo()); fmt.Sprintf("%T", got.GetMeetingInfo()) != want || value(got.GetChatInfo().GetThreadId()) != m.Plan().Thread {
				t.Errorf("%s: %T in %s, want %s", name, got.GetMeetingInfo(), value(got.GetChatInfo().GetThreadId()), want)
			}
		}
	})
}

// Somebody in a meeting, muted, held and sharing a screen.
func TestParticipant(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		b := w.table(ownMedia())
		eve := b.c.Participants().ByParticipantId(b.eve.ID())
		read := func() string {
			p, err := eve.Get(w.t.Context(), nil)
			w.must(err)
			var streams []string
			for _, s := range p.GetMediaStreams() {
				streams = append(streams, fmt.Sprint(s.GetMediaType(), " ", s.GetDirection(), " ", value(s.GetServerMuted())))
			}
			return fmt.Sprint(value(p.GetId()) == b.eve.ID(), " ", name(p), " ", value(p.GetIsInLobby()), " ", value(p.GetIsMuted()), " ", streams)
		}
		if got, want := read(), "true Eve false false [audio sendReceive false]"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		mute := communications.NewCallsItemParticipantsItemMutePostRequestBody()
		_, err := eve.Mute().Post(w.t.Context(), mute, nil)
		w.must(err)
		b.eve.Share()
		if got, want := read(), "true Eve false true [audio sendReceive true videoBasedScreenSharing sendOnly false]"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		status := communications.NewCallsItemUpdateRecordingStatusPostRequestBody()
		status.SetStatus(new(models.RECORDING_RECORDINGSTATUS))
		_, err = b.c.UpdateRecordingStatus().Post(w.t.Context(), status, nil)
		w.must(err)
		me, err := b.c.Participants().ByParticipantId(b.me.ID()).Get(w.t.Context(), nil)
		w.must(err)
		if me.GetRecordingInfo() == nil || me.GetRecordingInfo().GetRecordingStatus().String() != "recording" {
			t.Errorf("the bot's recording is read as %+v", me.GetRecordingInfo())
		}
	})
}

// The operations of a meeting are read as their own types, while they run and
// when they are done.
func TestOperations(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		b := w.table(ownMedia())
		invite := communications.NewCallsItemParticipantsInvitePostRequestBody()
		invite.SetClientContext(new(clientContext))
		invite.SetParticipants([]models.InvitationParticipantInfoable{invitation(user("user-Ann"))})
		invited, err := b.c.Participants().Invite().Post(w.t.Context(), invite, nil)
		w.must(err)
		_, err = b.hold()
		w.must(err)
		gallery, err := b.c.AddLargeGalleryView().Post(w.t.Context(), galleryBody(), nil)
		w.must(err)
		pass(10 * time.Second)
		var done []string
		for _, e := range w.told() {
			if _, ok := e.(models.CommsOperationable); ok {
				done = append(done, brief(e))
			}
		}
		slices.Sort(done)
		want := []string{"AddLargeGalleryViewOperation Completed 7", "InviteParticipantsOperation Completed 7", "StartHoldMusicOperation Completed 7"}
		if !slices.Equal(done, want) {
			t.Errorf("notified: %q, want %q", done, want)
		}
		for i, o := range []models.CommsOperationable{gallery, invited} {
			text, err := operation(b.c.Operations().ByCommsOperationId(value(o.GetId())).Get(w.t.Context(), nil))
			if err != nil || text != want[i] {
				t.Errorf("%q %v, want %q", text, explain(err), want[i])
			}
		}
	})
}

// The default spelling of an operation's status is that of Graph's pages, which
// the library does not read: its enumeration is the metadata's, with capitals.
// Settings.PascalStatus, with which all other tests here run, writes those.
func TestStatusAsDocumented(t *testing.T) {
	inWorld(t, func(c *graphsim.Config) { c.Settings.PascalStatus = false }, func(w *world) {
		call := w.call(w.connected(graphsim.Caller{}).ID())
		got, err := operation(call.SubscribeToTone().Post(w.t.Context(), subscribeBody(), nil))
		if err != nil || got != "SubscribeToToneOperation - 7" {
			t.Errorf("%q %v", got, explain(err))
		}
	})
}

// Of a group that changes only what changes has to be said. (A group that was
// read and changed would not do: kiota-abstractions-go 1.9.3 does not notice
// changes of what it read.)
func TestChangeGroup(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		b := w.table(hosted())
		change := models.NewAudioRoutingGroup()
		change.SetReceivers([]string{b.eve.ID()})
		changed, err := b.routed().Patch(w.t.Context(), change, nil)
		if got, err := group(b, changed, err); err != nil || got != "multicast[Bob] [Eve]" {
			t.Errorf("%q %v", got, explain(err))
		}
		if !b.eve.Hears(b.bob) || len(w.sim.Call(ivr.CallID(b.id)).AudioRoutingGroups()[0].Receivers) != 1 {
			t.Error("Eve does not hear Bob alone")
		}
	})
}

// Everything that the library's types have for a new call, an answer and an
// invitation is taken.
func TestEverythingSaid(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		// An answer with all options, and files that are fetched early.
		file := models.NewMediaInfo()
		file.SetUri(new(prompt))
		file.SetResourceId(new("prompt-1"))
		media := models.NewServiceHostedMediaConfig()
		media.SetPreFetchMedia([]models.MediaInfoable{file})
		options := models.NewIncomingCallOptions()
		options.SetHideBotAfterEscalation(new(true))
		options.SetIsContentSharingNotificationEnabled(new(true))
		answer := answerBody()
		answer.SetMediaConfig(media)
		answer.SetCallOptions(options)
		answer.SetParticipantCapacity(new(int32(1)))
		c := w.ring(graphsim.Caller{})
		w.must(w.call(c.ID()).Answer().Post(w.t.Context(), answer, nil))
		if e, _ := find[graphsim.Answered](w); len(e.Prefetch) != 1 || e.Prefetch[0] != prompt {
			t.Errorf("answered %+v", e)
		}

		// A call of several, from the bot's application instance.
		outgoing := models.NewOutgoingCallOptions()
		outgoing.SetHideBotAfterEscalation(new(true))
		outgoing.SetIsContentSharingNotificationEnabled(new(true))
		instance := models.NewIdentity()
		instance.SetId(new(graphsim.DefaultInstance))
		instance.SetDisplayName(new("Bot"))
		set := models.NewCommunicationsIdentitySet()
		set.SetApplicationInstance(instance)
		source := models.NewParticipantInfo()
		source.SetIdentity(set)
		source.SetCountryCode(new("US"))
		source.SetEndpointType(new(models.DEFAULT_ENDPOINTTYPE))
		source.SetLanguageId(new("en-US"))
		source.SetRegion(new("amer"))
		ann := invitation(user("user-Ann"))
		ann.SetHidden(new(false))
		ann.SetRemoveFromDefaultAudioRoutingGroup(new(true))
		body := newCall(ann, invitation(user("user-Bob")))
		body.SetOdataType(new("#microsoft.graph.call"))
		body.SetDirection(new(models.OUTGOING_CALLDIRECTION))
		body.SetSubject(new("Subject"))
		body.SetCallOptions(outgoing)
		body.SetCallChainId(new("5f0c7c7e-0000-4000-8000-000000000001"))
		body.SetSource(source)
		several := w.create(body)
		call := w.call(several.ID())
		read, err := call.Get(w.t.Context(), &communications.CallsCallItemRequestBuilderGetRequestConfiguration{
			QueryParameters: &communications.CallsCallItemRequestBuilderGetQueryParameters{Expand: []string{"participants"}}})
		w.must(err)
		if got := fmt.Sprint(read.GetState(), " ", value(read.GetSubject()), " ", len(read.GetTargets()), " ", len(read.GetParticipants())); got != "established Subject 2 3" {
			t.Errorf("the call of several is read as %q", got)
		}

		// One of them is transferred to somebody else.
		bob := several.Meeting().Find("user-Bob")
		who := models.NewParticipantInfo()
		who.SetIdentity(user("user-Bob"))
		who.SetParticipantId(new(bob.ID()))
		transfer := communications.NewCallsItemTransferPostRequestBody()
		transfer.SetTransferTarget(invitation(user("user-Carl")))
		transfer.SetTransferee(who)
		w.must(call.Transfer().Post(w.t.Context(), transfer, nil))
		pass(5 * time.Second)
		if e, ok := find[graphsim.Transferred](w); !ok || e.Target.ID != "user-Carl" {
			t.Errorf("transferred: %+v", e)
		}
	})
}

// A list in pages is read to its end.
func TestPages(t *testing.T) {
	inWorld(t, func(c *graphsim.Config) { c.Settings.PageSize = 2 }, func(w *world) {
		b := w.table(hosted())
		first, err := b.c.Participants().Get(w.t.Context(), nil)
		w.must(err)
		pages, err := core.NewPageIterator[models.Participantable](first, w.adapter, models.CreateParticipantCollectionResponseFromDiscriminatorValue)
		w.must(err)
		var all []string
		w.must(pages.Iterate(w.t.Context(), func(p models.Participantable) bool {
			all = append(all, name(p))
			return true
		}))
		slices.Sort(all)
		if len(first.GetValue()) != 2 || strings.Join(all, " ") != "Bob Eve bot" {
			t.Errorf("%d in the first page, %v in all", len(first.GetValue()), all)
		}
	})
}

// A recording is told with its address and its token, which fetch it.
func TestRecording(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.connected(graphsim.Caller{})
		w.told()
		_, err := w.call(c.ID()).RecordResponse().Post(w.t.Context(), recordBody(), nil)
		w.must(err)
		pass(2 * time.Second)
		c.SpeakFor(3 * time.Second)
		pass(10 * time.Second)
		heard := w.told()
		record, ok := heard[len(heard)-1].(models.RecordOperationable)
		if !ok {
			t.Fatalf("the library read %T", heard[len(heard)-1])
		}
		r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, value(record.GetRecordingLocation()), nil)
		w.must(err)
		r.Header.Set("Authorization", "Bearer "+value(record.GetRecordingAccessToken()))
		resp, err := graphsim.InMemory(w.sim).RoundTrip(r)
		w.must(err)
		defer resp.Body.Close()
		audio, err := io.ReadAll(resp.Body)
		w.must(err)
		if seconds := binary.LittleEndian.Uint32(audio[40:44]) / 32000; resp.StatusCode != 200 || seconds < 3 {
			t.Errorf("%s: %d s of audio in %d bytes", resp.Status, seconds, len(audio))
		}
	})
}
