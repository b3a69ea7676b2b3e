package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Ids of the documentation's examples.
const (
	person   = "112f7296-5fa4-42ca-bae8-6a692b15d4b8"
	inviteOf = "278405a3-f568-4b3e-b684-009193463064"
	replaced = "a7ebfb2d-871e-419c-87af-27290b22e8db"
	mine     = "f2fa86af-3c51-4bc2-8fc0-475452d9764f"
	inCall   = "fa1e9582-7145-4ca3-bcd8-577f561fcb6e"
	bobs     = "5810cede-f3cc-42eb-b2c1-e9bd5d53ec96"
	tenantID = "aa67bd4c-8475-432d-bd41-39f255720e0a"
	bots     = "https://bot.contoso.com/callback"
)

// use is one use of a method. The file in testdata/calls holds its request.
type use struct {
	file   string
	call   func(ctx context.Context, c *graph.Client) (any, error)
	answer string // "" for no body
	want   string // the result as JSON, "" for none
}

func user(id, name string) graph.InvitationParticipantInfo {
	return graph.Invite(ivr.Party{Kind: ivr.PartyUser, ID: id, Name: name})
}

func invited(id string, replaces string) graph.InvitationParticipantInfo {
	p := user(id, "")
	p.Identity.User.IdentityProvider, p.ReplacesCallID = "AAD", replaces
	return p
}

func phone(number string) graph.InvitationParticipantInfo {
	return graph.Invite(ivr.Party{Kind: ivr.PartyPhone, ID: number})
}

func early() []graph.MediaInfo {
	return []graph.MediaInfo{{URI: "https://cdn.contoso.com/beep.wav", ResourceID: "f8971b04-b53e-418c-9222-c82ce681a582"},
		{URI: "https://cdn.contoso.com/cool.wav", ResourceID: "86dc814b-c172-4428-9112-60f8ecae1edb"}}
}

func bobsMeeting() *graph.MeetingInfo {
	m := graph.OrganizerMeeting(bobs, tenantID)
	m.Organizer.User.DisplayName, m.AllowConversationWithoutHost = "Bob", new(true)
	return m
}

func channel() *graph.ChatInfo {
	return &graph.ChatInfo{ThreadID: "19:cbee7c1c860e465f8258e3cebf7bee0d@thread.skype", MessageID: "1533758867081"}
}

// create is a use of create call, whose answer tells the call's id.
func create(file string, call graph.CallResource, change func(*graph.CallResource)) use {
	if change != nil {
		change(&call)
	}
	return use{file, func(ctx context.Context, c *graph.Client) (any, error) {
		return c.Calls(tenant).Create(ctx, call)
	}, `{"@odata.type":"#microsoft.graph.call","id":"c1","state":"establishing","subject":null,"myParticipantId":"m1"}`,
		`{"@odata.type":"#microsoft.graph.call","id":"c1","state":"establishing","myParticipantId":"m1"}`}
}

// act is a use of a method of the call.
func act(file, answer, want string, call func(context.Context, graph.CallClient) (any, error)) use {
	return use{file, func(ctx context.Context, c *graph.Client) (any, error) { return call(ctx, c.Call(tenant, call1)) }, answer, want}
}

// tell is a use of a method of the call whose answer says nothing.
func tell(file string, call func(context.Context, graph.CallClient) error) use {
	return act(file, "", "", func(ctx context.Context, c graph.CallClient) (any, error) { return nil, call(ctx, c) })
}

// operate is a use of a method whose answer is an operation.
func operate(file string, call func(context.Context, graph.CallClient) (graph.OperationResource, error)) use {
	const answer = `{"@odata.type":"#microsoft.graph.commsOperation","id":"o1","status":"running","clientContext":"mine","new":[1]}`
	return act(file, answer, answer, func(ctx context.Context, c graph.CallClient) (any, error) { return call(ctx, c) })
}

func creations() []use {
	service, app := graph.ServiceHosted(), graph.AppHosted("<Media Session Configuration>")
	instance := graph.From(ivr.Party{Kind: ivr.PartyApplication, ID: "3d913abb-aec0-4964-8fa6-3c6850c4f278", Name: "Calling Bot"})
	inTenant := func(c *graph.CallResource) { c.TenantID = tenantID }
	return []use{
		create("create_two", graph.NewCall(bots, service, user(person, "John")), func(c *graph.CallResource) {
			c.CallOptions = &graph.CallOptions{IsContentSharingNotificationEnabled: true}
		}),
		create("create_two_app_hosted", graph.NewCall(bots, app, user(person, "John")), func(c *graph.CallResource) {
			c.Source = graph.From(ivr.Party{Kind: ivr.PartyBot, ID: "2891555a-92ff-42e6-80fa-6e1300c6b5c6", Name: "Calling Bot"})
		}),
		create("create_group", graph.NewCall(bots, service,
			user("98da8a1a-1b87-452c-a713-65d3f10b5555", "user1"), user("bf5aae9a-d11d-47a8-93b1-782504c95555", "user2")), func(c *graph.CallResource) {
			c.TenantID, c.Direction, c.Subject = tenantID, graph.DirectionOutgoing, "Create a group call with service hosted media"
			c.Source = graph.From(ivr.Party{Kind: ivr.PartyBot, ID: "dd3885da-f9ab-486b-bfae-85de3d445555", Name: "TestBot"})
		}),
		create("join_organizer", graph.JoinMeeting(bots, graph.ServiceHosted(early()...), bobsMeeting(), channel()), nil),
		create("join_app_hosted", graph.JoinMeeting(bots, app, bobsMeeting(), &graph.ChatInfo{
			ThreadID: "19:meeting_Win6Ydo4wsMijFjZS00ZGVjLTk5MGUtOTRjNWY2NmNkYTFm@thread.v2", MessageID: "0"}), func(c *graph.CallResource) {
			c.TenantID, c.Direction = tenantID, graph.DirectionOutgoing
		}),
		create("join_guest", graph.JoinMeeting(bots, graph.ServiceHosted(early()...), bobsMeeting(), channel()), func(c *graph.CallResource) {
			c.Source = graph.From(ivr.Party{Kind: ivr.PartyGuest, ID: "d7a3b999-17ac-4bca-9e77-e6a730d2ec2e", Name: "Guest User"})
		}),
		create("join_id_passcode", graph.JoinMeeting(bots, graph.ServiceHosted(early()...),
			graph.MeetingByID("1234567", "psw123"), nil), func(c *graph.CallResource) { c.TenantID = "86dc81db-c112-4228-9222-63f3esaa1edb" }),
		create("join_id", graph.JoinMeeting(bots, service, graph.MeetingByID("1234567", ""), nil), inTenant),
		create("join_token", graph.JoinMeeting(bots, service, graph.TokenMeeting("a-token"), nil), inTenant),
		create("create_phone", graph.NewCall(bots, service, phone("+12345678901")), func(c *graph.CallResource) {
			c.TenantID, c.Source = tenantID, instance
		}),
		create("create_phone_app_hosted", graph.NewCall(bots, app, phone("+12345678901")), func(c *graph.CallResource) {
			c.TenantID, c.Source = tenantID, instance
		}),
		create("create_with_all", graph.NewCall(bots, service, user(person, "")), func(c *graph.CallResource) {
			c.CallChainID, c.RingingTimeoutInSeconds, c.RoutingPolicies = "chain", 115, []string{graph.RoutingNoMissedCall}
			c.CallOptions = &graph.CallOptions{HideBotAfterEscalation: true, IsDeltaRosterEnabled: true, IsInteractiveRosterEnabled: true}
		}),
	}
}

func transfers() []use {
	to := graph.TransferRequest{TransferTarget: user("550fae72-d251-43ec-868c-373732c2704f", "Heidi Steen")}
	to.TransferTarget.EndpointType, to.TransferTarget.Identity.User.TenantID = "default", "72f988bf-86f1-41af-91ab-2d7cd011db47"
	consult, out := to, to
	consult.TransferTarget.ReplacesCallID = "e5d39592-99bd-4db8-bca8-30fb894ec51d"
	out.Transferee = graph.From(ivr.Party{Kind: ivr.PartyUser, ID: "751f6800-3180-414d-bd94-333364659951", Tenant: "72f988bf-86f1-41af-91ab-2d7cd011db47"})
	out.Transferee.ParticipantID = "909c6581-5130-43e9-88f3-fcb3582cde37"
	transfer := func(file string, to graph.TransferRequest) use {
		return tell(file, func(ctx context.Context, c graph.CallClient) error { return c.Transfer(ctx, to) })
	}
	return []use{
		transfer("transfer", to),
		transfer("transfer_consult", consult),
		transfer("transfer_phone", graph.TransferRequest{TransferTarget: func() graph.InvitationParticipantInfo {
			p := phone("+12345678901")
			p.EndpointType = "default"
			return p
		}()}),
		transfer("transfer_out_of_group", out),
	}
}

func media() []use {
	prompt := graph.MediaPrompt{MediaInfo: graph.MediaInfo{URI: "https://cdn.contoso.com/beep.wav", ResourceID: "1D6DE2D4-CD51-4309-8DAA-70768651088E"}}
	return []use{
		tell("answer", func(ctx context.Context, c graph.CallClient) error {
			return c.Answer(ctx, graph.AnswerCall{CallbackURI: bots, AcceptedModalities: []string{graph.ModalityAudio}, MediaConfig: graph.ServiceHosted(early()...),
				CallOptions: &graph.CallOptions{IsContentSharingNotificationEnabled: true}})
		}),
		tell("answer_app_hosted", func(ctx context.Context, c graph.CallClient) error {
			return c.Answer(ctx, graph.AnswerCall{CallbackURI: bots, AcceptedModalities: []string{graph.ModalityAudio, graph.ModalityVideo},
				MediaConfig: graph.AppHosted("blob"), ParticipantCapacity: 200})
		}),
		tell("reject", func(ctx context.Context, c graph.CallClient) error {
			return c.Reject(ctx, graph.RejectRequest{Reason: ivr.RejectBusy})
		}),
		tell("redirect", func(ctx context.Context, c graph.CallClient) error {
			return c.Redirect(ctx, graph.RedirectRequest{Targets: []graph.InvitationParticipantInfo{user(person, "")}, Timeout: new(99 - 9),
				CallbackURI: bots, MaskCallee: true, MaskCaller: true, TargetDisposition: "default"})
		}),
		tell("keep_alive", func(ctx context.Context, c graph.CallClient) error { return c.KeepAlive(ctx) }),
		tell("delete", func(ctx context.Context, c graph.CallClient) error { return c.Delete(ctx) }),
		operate("play", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.PlayPrompt(ctx, graph.PlayPromptRequest{ClientContext: mine, Prompts: []graph.MediaPrompt{prompt}, Loop: true})
		}),
		operate("record", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.RecordResponse(ctx, graph.RecordResponseRequest{ClientContext: mine, Prompts: []graph.MediaPrompt{prompt}, BargeInAllowed: true,
				InitialSilenceTimeoutInSeconds: new(5), MaxSilenceTimeoutInSeconds: new(2), MaxRecordDurationInSeconds: new(10),
				PlayBeep: new(false), StopTones: []string{"#", "1", "*"}, StreamWhileRecording: true})
		}),
		operate("cancel_media", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.CancelMediaProcessing(ctx, "clientContext-value")
		}),
		operate("subscribe", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.SubscribeToTone(ctx, mine)
		}),
		operate("send_tones", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.SendDtmfTones(ctx, graph.SendDtmfTonesRequest{ClientContext: mine, Tones: []graph.Tone{"tone1", "star"}, DelayBetweenTonesMs: 1000})
		}),
		operate("mute", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) { return c.Mute(ctx, "") }),
		operate("unmute", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.Unmute(ctx, mine)
		}),
		tell("change_role", func(ctx context.Context, c graph.CallClient) error {
			return c.ChangeScreenSharingRole(ctx, graph.RoleViewer)
		}),
		operate("gallery", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.AddLargeGalleryView(ctx, "785f4929-92ca-497b-863f-c778c77c9758")
		}),
		operate("recording_status", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.UpdateRecordingStatus(ctx, graph.RecordingRecording, "clientContext-value")
		}),
		act("operation", `{"@odata.type":"#microsoft.graph.addLargeGalleryViewOperation","id":"o1","resultInfo":null,"status":"Completed"}`,
			`{"@odata.type":"#microsoft.graph.addLargeGalleryViewOperation","id":"o1","status":"completed"}`,
			func(ctx context.Context, c graph.CallClient) (any, error) { return c.Operation(ctx, "o1") }),
	}
}

func people() []use {
	invite := func(file string, who ...graph.InvitationParticipantInfo) use {
		return operate(file, func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.Invite(ctx, graph.InviteRequest{Participants: who, ClientContext: mine})
		})
	}
	moved := invited("682b6c37-0729-4fab-ace6-d730d5d9137e", replaced)
	moved.ParticipantID = "7d501bf1-5ee4-4605-ba92-0ae4513c611c"
	hold := &graph.MediaPrompt{MediaInfo: graph.MediaInfo{URI: "https://bot.contoso.com/onHold.wav"}}
	const held = "d45324c1-fcb5-430a-902c-f20af696537c"
	const one = `{"id":"p1","info":{"identity":{"user":{"id":"u1","ring":"new"}},"platformId":"14"},"isMuted":true,"isInLobby":false,` +
		`"mediaStreams":[{"mediaType":"audio","sourceId":"1","direction":"sendReceive","serverMuted":false,"label":"main-audio"}],"rosterSequenceNumber":7,"meetingRole":"presenter"}`
	return []use{
		act("participants", `{"@odata.context":"x","value":[`+one+`]}`, `[`+one+`]`,
			func(ctx context.Context, c graph.CallClient) (any, error) { return c.Participants(ctx) }),
		act("participants_select", `{"value":[]}`, `null`,
			func(ctx context.Context, c graph.CallClient) (any, error) {
				return c.Participants(ctx, graph.Select("id", "info"))
			}),
		act("participant", one, one, func(ctx context.Context, c graph.CallClient) (any, error) {
			return c.Participant(inCall).Get(ctx, graph.Select("id"))
		}),
		tell("remove", func(ctx context.Context, c graph.CallClient) error { return c.Participant(inCall).Delete(ctx) }),
		operate("mute_participant", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.Participant(inCall).Mute(ctx, held)
		}),
		operate("hold", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.Participant(inCall).StartHoldMusic(ctx, graph.HoldRequest{CustomPrompt: hold, ClientContext: held})
		}),
		operate("hold_plain", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.Participant(inCall).StartHoldMusic(ctx, graph.HoldRequest{})
		}),
		operate("unhold", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.Participant(inCall).StopHoldMusic(ctx, held)
		}),
		operate("mute_all", func(ctx context.Context, c graph.CallClient) (graph.OperationResource, error) {
			return c.MuteAll(ctx, graph.MuteAllRequest{Participants: []string{inCall}, ClientContext: mine})
		}),
		invite("invite_replacing", invited(inviteOf, replaced)),
		invite("invite_several", invited("7e1b4346-85a6-4bdd-abe3-d11c5d420efe", replaced), invited("1e126418-44a0-4a94-a6f8-0efe1ad71acb", replaced)),
		invite("invite_phone", phone("+12345678901")),
		invite("invite_moving", moved),
		invite("invite_hidden", graph.InvitationParticipantInfo{Identity: user(person, "").Identity, Hidden: true, RemoveFromDefaultAudioRoutingGroup: true}),
	}
}

func groups() []use {
	const one = `{"id":"oneToOne","routingMode":"oneToOne","sources":["632899f8-2ea1-4604-8413-27bd2892079f"],"receivers":["550fae72-d251-43ec-868c-373732c2704f"]}`
	private := graph.AudioRoutingGroup{ID: "oneToOne", RoutingMode: graph.RoutingOneToOne, Sources: []string{"632899f8-2ea1-4604-8413-27bd2892079f"},
		Receivers: []string{"550fae72-d251-43ec-868c-373732c2704f"}}
	wide := private
	wide.Receivers = append(wide.Receivers[:1:1], "72f988bf-86f1-41af-91ab-2d7cd011db47")
	several := wide
	several.ID, several.RoutingMode = "multicast", graph.RoutingMulticast
	return []use{
		act("groups", `{"value":[`+one+`]}`, `[`+one+`]`, func(ctx context.Context, c graph.CallClient) (any, error) { return c.AudioRoutingGroups(ctx) }),
		act("group_create", one, one, func(ctx context.Context, c graph.CallClient) (any, error) {
			return c.CreateAudioRoutingGroup(ctx, private)
		}),
		act("group_create_multicast", one, one, func(ctx context.Context, c graph.CallClient) (any, error) {
			return c.CreateAudioRoutingGroup(ctx, several)
		}),
		act("group", one, one, func(ctx context.Context, c graph.CallClient) (any, error) {
			return c.AudioRoutingGroup("oneToOne").Get(ctx)
		}),
		act("group_update", one, one, func(ctx context.Context, c graph.CallClient) (any, error) {
			return c.AudioRoutingGroup("oneToOne").Update(ctx, wide)
		}),
		tell("group_delete", func(ctx context.Context, c graph.CallClient) error {
			return c.AudioRoutingGroup("oneToOne").Delete(ctx)
		}),
		act("sessions", `{"value":[{"id":"s1"},{"id":"s2"}]}`, `[{"id":"s1"},{"id":"s2"}]`,
			func(ctx context.Context, c graph.CallClient) (any, error) { return c.ContentSharingSessions(ctx) }),
		act("session", `{"id":"s1","presenterParticipantId":"p1","new":true}`, `{"id":"s1","presenterParticipantId":"p1","new":true}`,
			func(ctx context.Context, c graph.CallClient) (any, error) { return c.ContentSharingSession(ctx, "s1") }),
		act("get", `{"id":"c1","state":"paused","mediaConfig":{"@odata.type":"#microsoft.graph.appHostedMediaConfig","blob":"b"},"ringingTimeoutInSeconds":30}`,
			`{"id":"c1","state":"paused","mediaConfig":{"@odata.type":"#microsoft.graph.appHostedMediaConfig","blob":"b"},"ringingTimeoutInSeconds":30}`,
			func(ctx context.Context, c graph.CallClient) (any, error) {
				return c.Get(ctx, graph.Select("id", "state"), graph.Expand("participants"))
			}),
		{"device_quality", func(ctx context.Context, c *graph.Client) (any, error) {
			return nil, c.Calls(tenant).LogTeleconferenceDeviceQuality(ctx, "Bridge/1.0", deviceQuality())
		}, "", ""},
	}
}

func deviceQuality() graph.DeviceQuality {
	return graph.DeviceQuality{CallChainID: "0622673d-9f69-49b3-9d4f-5ec64f42ecce", ParticipantID: "ea078406-b5d4-4d3c-b85e-90103dcec7f6",
		MediaLegID: "bd9ee398-4b9d-42c7-8b8d-4e8efad9435f", DeviceName: "TestAgent", DeviceDescription: "TestDescription",
		MediaQualityList: []graph.MediaQuality{
			{ODataType: graph.TypeAudioQuality, ChannelIndex: 1, MediaDuration: "PT20M", NetworkLinkSpeedInBytes: new(int64(13000)),
				LocalIPAddress: "127.0.0.1", LocalPort: 6300, AverageInboundPacketLoss: new(0.01), AverageInboundJitter: "PT0.01S"},
			{ODataType: graph.TypeVideoQuality, ChannelIndex: 1, AverageInboundFrameRate: new(25.0), InboundPackets: new(int64(0))},
		}}
}

func uses() []use {
	var all []use
	for _, list := range [][]use{creations(), transfers(), media(), people(), groups()} {
		all = append(all, list...)
	}
	return all
}

// TestCalls is what each method sends and what it makes of the answer.
func TestCalls(t *testing.T) {
	for _, test := range uses() {
		t.Run(test.file, func(t *testing.T) {
			fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) { return reply(http.StatusOK, test.answer), nil }}
			result, err := test.call(t.Context(), newClient(t, fake, nil))
			if err != nil {
				t.Fatal(err)
			}
			if n := len(fake.requests); n != 1 {
				t.Fatalf("%d requests, want 1", n)
			}
			golden(t, filepath.Join("testdata", "calls", test.file+".http"), written(t, fake.requests[0]))
			if test.want != "" {
				same(t, "result", marshal(t, result), []byte(test.want))
			}
		})
	}
}

// written is a request as the golden files have it.
func written(t *testing.T, x exchange) []byte {
	t.Helper()
	path, ok := strings.CutPrefix(x.url, graph.DefaultBaseURL)
	if !ok || x.header.Get("Authorization") != "Bearer token-1" {
		t.Errorf("sent to %s as %s", x.url, x.header.Get("Authorization"))
	}
	out := bytes.NewBufferString(x.method + " " + path + "\n")
	if agent := x.header.Get("User-Agent"); agent != "" {
		out.WriteString("User-Agent: " + agent + "\n")
	}
	if x.body != "" {
		if err := json.Indent(out, []byte(x.body), "", "  "); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// same compares two JSON texts, ignoring the order of keys.
func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	var g, w any
	if err := errors.Join(json.Unmarshal(got, &g), json.Unmarshal(want, &w)); err != nil {
		t.Fatalf("%s: %v in %s", what, err, got)
	}
	if a, b := marshal(t, g), marshal(t, w); !bytes.Equal(a, b) {
		t.Errorf("%s:\n got %s\nwant %s", what, a, b)
	}
}

// The id with which an invitation is taken back is in the answer, or is not, as in
// the page's example (participant-invite).
func TestInvitedID(t *testing.T) {
	for text, want := range map[string]string{
		`{"participants":[{"id":"5f0c7c7e","identity":{"user":{"id":"ann"}}}]}`: "5f0c7c7e",
		`{"participants":[{"id":null,"identity":{"user":{"id":"ann"}}}]}`:       "",
		`{"participants":[{"identity":{"user":{"id":"ann"}}}]}`:                 "",
		`{"participants":[{"id":7}]}`:                                           "",
	} {
		var op graph.OperationResource
		if err := json.Unmarshal([]byte(text), &op); err != nil || len(op.Participants) != 1 {
			t.Fatalf("%s: %+v, %v", text, op, err)
		}
		if got := op.Participants[0].InvitedID(); got != want {
			t.Errorf("%s: the id is %q, want %q", text, got, want)
		}
	}
}
