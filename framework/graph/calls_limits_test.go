package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// refused calls and expects that nothing was sent, and why.
func refused(t *testing.T, change func(*graph.Config), call func(context.Context, *graph.Client) error, message string) {
	t.Helper()
	fake := &fakeGraph{}
	err := call(t.Context(), newClient(t, fake, change))
	e, ok := errors.AsType[*graph.Error](err)
	if !ok {
		t.Fatalf("got %v, want a *graph.Error with %q", err, message)
	}
	if !strings.Contains(e.Error(), message) {
		t.Errorf("got %q, want it to contain %q", e, message)
	}
	if tokens, requests := fake.seen(); tokens+requests != 0 || e.Sent || e.Retryable() || e.Ambiguous() || e.Reason() != ivr.ReasonService {
		t.Errorf("%d token requests and %d requests; %+v", tokens, requests, e)
	}
}

func TestCallLimits(t *testing.T) {
	media, someone := graph.ServiceHosted(), user(person, "")
	five := []graph.InvitationParticipantInfo{someone, someone, someone, someone, someone}
	file := graph.MediaPrompt{MediaInfo: graph.MediaInfo{URI: "https://x.example/a.wav"}}
	files := func(n int) []graph.MediaPrompt {
		list := make([]graph.MediaPrompt, n)
		for i := range list {
			list[i] = file
		}
		return list
	}
	type on = graph.CallClient
	create := func(call graph.CallResource, change func(*graph.CallResource)) func(context.Context, *graph.Client) error {
		if change != nil {
			change(&call)
		}
		return func(ctx context.Context, c *graph.Client) error {
			_, err := c.Calls(tenant).Create(ctx, call)
			return err
		}
	}
	act := func(call func(context.Context, on) error) func(context.Context, *graph.Client) error {
		return func(ctx context.Context, c *graph.Client) error { return call(ctx, c.Call(tenant, call1)) }
	}
	operate := func(call func(context.Context, on) (graph.OperationResource, error)) func(context.Context, *graph.Client) error {
		return act(func(ctx context.Context, c on) error {
			_, err := call(ctx, c)
			return err
		})
	}
	answer := func(change func(*graph.AnswerCall)) func(context.Context, *graph.Client) error {
		a := graph.AnswerCall{CallbackURI: bots, AcceptedModalities: []string{graph.ModalityAudio}, MediaConfig: media}
		change(&a)
		return act(func(ctx context.Context, c on) error { return c.Answer(ctx, a) })
	}
	redirect := func(r graph.RedirectRequest) func(context.Context, *graph.Client) error {
		return act(func(ctx context.Context, c on) error { return c.Redirect(ctx, r) })
	}
	transfer := func(r graph.TransferRequest) func(context.Context, *graph.Client) error {
		return act(func(ctx context.Context, c on) error { return c.Transfer(ctx, r) })
	}
	record := func(r graph.RecordResponseRequest) func(context.Context, *graph.Client) error {
		return operate(func(ctx context.Context, c on) (graph.OperationResource, error) { return c.RecordResponse(ctx, r) })
	}
	play := func(r graph.PlayPromptRequest) func(context.Context, *graph.Client) error {
		return operate(func(ctx context.Context, c on) (graph.OperationResource, error) { return c.PlayPrompt(ctx, r) })
	}
	invite := func(r graph.InviteRequest) func(context.Context, *graph.Client) error {
		return operate(func(ctx context.Context, c on) (graph.OperationResource, error) { return c.Invite(ctx, r) })
	}
	group := func(g graph.AudioRoutingGroup) func(context.Context, *graph.Client) error {
		return act(func(ctx context.Context, c on) error {
			_, err := c.CreateAudioRoutingGroup(ctx, g)
			_, errUpdate := c.AudioRoutingGroup("g").Update(ctx, g)
			if errUpdate == nil {
				t.Error("create refuses what update sends")
			}
			return err
		})
	}
	quality := func(agent string, change func(*graph.DeviceQuality)) func(context.Context, *graph.Client) error {
		q := deviceQuality()
		change(&q)
		return func(ctx context.Context, c *graph.Client) error {
			return c.Calls(tenant).LogTeleconferenceDeviceQuality(ctx, agent, q)
		}
	}
	meeting := func(m graph.MeetingInfo, chat *graph.ChatInfo) func(context.Context, *graph.Client) error {
		return create(graph.JoinMeeting(bots, media, &m, chat), nil)
	}
	long := strings.Repeat("ü", graph.MaxClientContext+1)
	const tooLong = "clientContext has 257 characters; Graph takes at most 256"
	tests := []struct {
		name    string
		call    func(context.Context, *graph.Client) error
		message string
	}{
		{"no callback", create(graph.NewCall("", media, someone), nil), "create call: not sent: callbackUri is empty"},
		{"plain callback", create(graph.NewCall("http://bot.example/cb", media, someone), nil), "callbackUri http://bot.example is not https"},
		{"no media", create(graph.NewCall(bots, nil, someone), nil), "there is no mediaConfig"},
		{"media of no kind", create(graph.NewCall(bots, &graph.MediaConfig{}, someone), nil), "the mediaConfig has no @odata.type"},
		{"no blob", create(graph.NewCall(bots, graph.AppHosted(""), someone), nil), "app-hosted and has no blob"},
		{"plain prefetch", create(graph.NewCall(bots, graph.ServiceHosted(graph.MediaInfo{URI: "http://x.example/a.wav"}), someone), nil), "preFetchMedia http://x.example is not https"},
		{"no modality", create(graph.NewCall(bots, media, someone), func(c *graph.CallResource) { c.RequestedModalities = nil }), "requestedModalities is empty"},
		{"nobody", create(graph.NewCall(bots, media), nil), "no targets and no meetingInfo"},
		{"target without identity", create(graph.NewCall(bots, media, someone, graph.InvitationParticipantInfo{}), nil), "target 2 names nobody"},
		{"both", create(graph.NewCall(bots, media, someone), func(c *graph.CallResource) { c.MeetingInfo = graph.TokenMeeting("t") }), "targets and a meetingInfo"},
		{"six users", create(graph.NewCall(bots, media, append(five[:5:5], someone)...), nil), "6 targets; Graph calls at most 5 users"},
		{"phone without instance", create(graph.NewCall(bots, media, phone("+15550100")), nil), "a telephone is called by an application instance"},
		{"ringing", create(graph.NewCall(bots, media, someone), func(c *graph.CallResource) { c.RingingTimeoutInSeconds = 116 }), "ringingTimeoutInSeconds is 116; Graph takes 1 to 115"},
		{"ringing of a group", create(graph.NewCall(bots, media, five...), func(c *graph.CallResource) { c.RingingTimeoutInSeconds = 30 }), "one target only"},
		{"policy of a group", create(graph.NewCall(bots, media, five...), func(c *graph.CallResource) { c.RoutingPolicies = []string{"none"} }), "one target only"},
		{"meeting of no kind", meeting(graph.MeetingInfo{Token: "t"}, nil), "the meetingInfo has no @odata.type"},
		{"no organizer", meeting(graph.MeetingInfo{ODataType: graph.TypeOrganizerMeetingInfo}, channel()), "names no organizer"},
		{"no chat", meeting(*bobsMeeting(), nil), "needs a chatInfo with its threadId"},
		{"no token", meeting(*graph.TokenMeeting(""), nil), "has no token"},
		{"no meeting id", meeting(*graph.MeetingByID("", "p"), nil), "has no joinMeetingId"},

		{"answer: callback", answer(func(a *graph.AnswerCall) { a.CallbackURI = "" }), "callbackUri is empty"},
		{"answer: media", answer(func(a *graph.AnswerCall) { a.MediaConfig = nil }), "there is no mediaConfig"},
		{"answer: no modality", answer(func(a *graph.AnswerCall) { a.AcceptedModalities = nil }), "acceptedModalities is empty"},
		{"answer: modality", answer(func(a *graph.AnswerCall) { a.AcceptedModalities = []string{"data"} }), `acceptedModalities has "data" is none of`},
		{"answer: capacity", answer(func(a *graph.AnswerCall) { a.ParticipantCapacity = -1 }), "participantCapacity is -1"},
		{"reject", act(func(ctx context.Context, c on) error { return c.Reject(ctx, graph.RejectRequest{Reason: "bored"}) }), `the reason "bored" is none of`},
		{"redirect: nobody", redirect(graph.RedirectRequest{}), "0 targets; Graph takes 1 to 25"},
		{"redirect: 26", redirect(graph.RedirectRequest{Targets: make([]graph.InvitationParticipantInfo, 26)}), "26 targets; Graph takes 1 to 25"},
		{"redirect: 14 s", redirect(graph.RedirectRequest{Targets: five, Timeout: new(14)}), "timeout is 14; Graph takes 15 to 90 seconds"},
		{"redirect: 91 s", redirect(graph.RedirectRequest{Targets: five, Timeout: new(91)}), "timeout is 91; Graph takes 15 to 90 seconds"},
		{"transfer: nobody", transfer(graph.TransferRequest{}), "the transferTarget names nobody"},
		{"transfer: transferee", transfer(graph.TransferRequest{TransferTarget: someone, Transferee: &graph.ParticipantInfo{}}), "the transferee names nobody"},
		{"transfer: participant", transfer(graph.TransferRequest{TransferTarget: someone, Transferee: graph.From(ivr.Party{Kind: ivr.PartyUser, ID: "u"})}), "the transferee has no participantId"},
		{"no prompt", play(graph.PlayPromptRequest{}), "0 prompts; Graph takes 1 to 20"},
		{"21 prompts", play(graph.PlayPromptRequest{Prompts: files(21)}), "21 prompts; Graph takes 1 to 20"},
		{"plain prompt", play(graph.PlayPromptRequest{Prompts: []graph.MediaPrompt{{MediaInfo: graph.MediaInfo{URI: "http://x.example/a.wav"}}}}), "prompt http://x.example is not https"},
		{"record: 2 prompts", record(graph.RecordResponseRequest{Prompts: files(2)}), "2 prompts; Graph takes 0 to 1"},
		{"record: 0 s", record(graph.RecordResponseRequest{MaxRecordDurationInSeconds: new(0)}), "maxRecordDurationInSeconds is 0; Graph takes 1 to 120 seconds"},
		{"record: 121 s", record(graph.RecordResponseRequest{MaxSilenceTimeoutInSeconds: new(121)}), "maxSilenceTimeoutInSeconds is 121; Graph takes 1 to 120 seconds"},
		{"record: silence", record(graph.RecordResponseRequest{InitialSilenceTimeoutInSeconds: new(121)}), "initialSilenceTimeoutInSeconds is 121"},
		{"no tones", operate(func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.SendDtmfTones(ctx, graph.SendDtmfTonesRequest{})
		}), "no tones to send; Graph takes at least one"},
		{"tones: delay", operate(func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.SendDtmfTones(ctx, graph.SendDtmfTonesRequest{Tones: []graph.Tone{"tone1"}, DelayBetweenTonesMs: -1})
		}), "delayBetweenTonesMs is -1"},
		{"invite nobody", invite(graph.InviteRequest{}), "0 participants; Graph invites 1 to 5"},
		{"invite six", invite(graph.InviteRequest{Participants: append(five[:5:5], someone)}), "6 participants; Graph invites 1 to 5"},
		{"invite no identity", invite(graph.InviteRequest{Participants: make([]graph.InvitationParticipantInfo, 1)}), "participant 1 names nobody"},
		{"hold", operate(func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.Participant("p").StartHoldMusic(ctx, graph.HoldRequest{CustomPrompt: &graph.MediaPrompt{}})
		}), "prompt is empty"},
		{"recording status", operate(func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.UpdateRecordingStatus(ctx, graph.RecordingUnknown, "")
		}), `the recording status "unknown" is none of`},
		{"role", act(func(ctx context.Context, c on) error { return c.ChangeScreenSharingRole(ctx, "owner") }), `the role "owner" is none of`},
		{"group: mode", group(graph.AudioRoutingGroup{Sources: []string{"a"}, Receivers: []string{"b"}}), "the routingMode is empty"},
		{"group: sources", group(graph.AudioRoutingGroup{RoutingMode: "multicast", Sources: []string{"a", "b"}, Receivers: []string{"c"}}), "2 sources; Graph takes exactly 1"},
		{"group: receivers", group(graph.AudioRoutingGroup{RoutingMode: "multicast", Sources: []string{"a"}}), "0 receivers; Graph takes at least 1"},
		{"quality: agent", quality("", func(*graph.DeviceQuality) {}), "the user agent is empty"},
		{"quality: chain", quality("a/1", func(q *graph.DeviceQuality) { q.CallChainID = "" }), "the callChainId is empty"},
		{"quality: streams", quality("a/1", func(q *graph.DeviceQuality) { q.MediaQualityList = nil }), "the mediaQualityList is empty"},
		{"quality: kind", quality("a/1", func(q *graph.DeviceQuality) { q.MediaQualityList[0].ODataType = "" }), "an @odata.type that"},

		{"no call id", func(ctx context.Context, c *graph.Client) error { return c.Call(tenant, "").Delete(ctx) }, "the call id is empty"},
		{"call id of dots", func(ctx context.Context, c *graph.Client) error { return c.Call(tenant, "..").Delete(ctx) }, `the call id ".." is a step in a path`},
		{"no participant id", act(func(ctx context.Context, c on) error { return c.Participant("").Delete(ctx) }), "the id is empty"},
		{"empty select", act(func(ctx context.Context, c on) error {
			_, err := c.Get(ctx, graph.Select())
			return err
		}), "the query option $select names nothing"},
	}
	for name, call := range map[string]func(context.Context, on) (graph.OperationResource, error){
		"play": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.PlayPrompt(ctx, graph.PlayPromptRequest{Prompts: files(1), ClientContext: long})
		},
		"record": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.RecordResponse(ctx, graph.RecordResponseRequest{ClientContext: long})
		},
		"tones": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.SendDtmfTones(ctx, graph.SendDtmfTonesRequest{Tones: []graph.Tone{"star"}, ClientContext: long})
		},
		"invite": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.Invite(ctx, graph.InviteRequest{Participants: five, ClientContext: long})
		},
		"hold": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.Participant("p").StartHoldMusic(ctx, graph.HoldRequest{ClientContext: long})
		},
		"mute all": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.MuteAll(ctx, graph.MuteAllRequest{ClientContext: long})
		},
		"status": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.UpdateRecordingStatus(ctx, graph.RecordingFailed, long)
		},
		"cancel": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.CancelMediaProcessing(ctx, long)
		},
		"subscribe": func(ctx context.Context, c on) (graph.OperationResource, error) { return c.SubscribeToTone(ctx, long) },
		"mute":      func(ctx context.Context, c on) (graph.OperationResource, error) { return c.Mute(ctx, long) },
		"unmute":    func(ctx context.Context, c on) (graph.OperationResource, error) { return c.Unmute(ctx, long) },
		"gallery": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.AddLargeGalleryView(ctx, long)
		},
		"mute one": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.Participant("p").Mute(ctx, long)
		},
		"unhold": func(ctx context.Context, c on) (graph.OperationResource, error) {
			return c.Participant("p").StopHoldMusic(ctx, long)
		},
	} {
		t.Run("context of "+name, func(t *testing.T) { refused(t, nil, operate(call), tooLong) })
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { refused(t, nil, test.call, test.message) })
	}
}

// TestVersion1Lacks is what is refused before it is sent to /v1.0, and what is
// not.
func TestVersion1Lacks(t *testing.T) {
	v1 := func(c *graph.Config) { c.BaseURL = "https://graph.microsoft.com/v1.0" }
	missing := map[string]string{
		"mute_all":        "muteAll is not part of /v1.0",
		"create_with_all": "the property routingPolicies is not part of /v1.0",
		"play":            "the property loop is not part of /v1.0",
		"record":          "the property streamWhileRecording is not part of /v1.0",
		"redirect":        "the property maskCallee is not part of /v1.0",
	}
	for _, test := range uses() {
		t.Run(test.file, func(t *testing.T) {
			call := func(ctx context.Context, c *graph.Client) error {
				_, err := test.call(ctx, c)
				return err
			}
			if message := missing[test.file]; message != "" {
				refused(t, v1, call, message)
				return
			}
			fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) { return reply(http.StatusOK, test.answer), nil }}
			if err := call(t.Context(), newClient(t, fake, v1)); err != nil {
				t.Fatal(err)
			}
			if got := fake.requests[0].url; !strings.HasPrefix(got, "https://graph.microsoft.com/v1.0/communications/calls") {
				t.Errorf("sent to %s", got)
			}
		})
	}
	t.Run("nested", func(t *testing.T) {
		call := graph.NewCall(bots, &graph.MediaConfig{ODataType: graph.TypeServiceHostedMediaConfig, LiveCaptions: &graph.LiveCaptionOptions{StreamURL: "https://x"}}, user(person, ""))
		refused(t, v1, func(ctx context.Context, c *graph.Client) error {
			_, err := c.Calls(tenant).Create(ctx, call)
			return err
		}, "the property liveCaptionOptions is not part of /v1.0")
	})
}

// TestCallErrors shows that every method hands on the service's refusal, once.
func TestCallErrors(t *testing.T) {
	for _, test := range uses() {
		t.Run(test.file, func(t *testing.T) {
			fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
				return reply(http.StatusForbidden, `{"error":{"code":"7504","message":"Insufficient enterprise tenant permissions, cannot access this API."}}`,
					"request-id: rid-1", "Retry-After: 2.5"), nil
			}}
			_, err := test.call(t.Context(), newClient(t, fake, nil))
			e, ok := errors.AsType[*graph.Error](err)
			if !ok || e.Status != http.StatusForbidden || e.Subcode != 7504 || e.RequestID != "rid-1" || !e.Sent || e.Reason() != ivr.ReasonNotAllowed {
				t.Errorf("got %#v", err)
			}
			if !strings.HasPrefix(test.file, "create_") && !strings.HasPrefix(test.file, "join_") && test.file != "device_quality" && e.CallID != call1 {
				t.Errorf("call %q", e.CallID)
			}
			if _, requests := fake.seen(); requests != 1 {
				t.Errorf("%d requests, want 1", requests)
			}
		})
	}
}

// TestUnreadableAnswers are successes that say nothing that can be read: the
// request was executed, and the error says so.
func TestUnreadableAnswers(t *testing.T) {
	for _, body := range []string{"", "<html>", `{"id":"1","ID":"2"}`, `[]`, strings.Repeat(" ", graph.MaxBody+1)} {
		fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
			return reply(http.StatusOK, body, "request-id: rid-2"), nil
		}}
		_, err := newClient(t, fake, nil).Call(tenant, call1).Get(t.Context())
		e, ok := errors.AsType[*graph.Error](err)
		if !ok || e.Status != http.StatusOK || !e.Sent || e.Retryable() || e.Ambiguous() || e.RequestID != "rid-2" {
			t.Errorf("%.20q: got %#v", body, err)
		}
	}
	fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) {
		return reply(http.StatusAccepted, "", "Location: https://graph.microsoft.com/beta/communications/calls/"+call1+"/operations/"+op1), nil
	}}
	o, err := newClient(t, fake, nil).Call(tenant, call1).Participant("p").Mute(t.Context(), "")
	if err != nil || o.ID != op1 {
		t.Errorf("an operation without a body: got %q, %v; want the id of the Location header", o.ID, err)
	}
}

func TestPaging(t *testing.T) {
	const next = "https://graph.microsoft.com/beta/communications/calls/" + call1 + "/participants?$skiptoken=a%2Fb"
	page := func(id, link string) *http.Response {
		return reply(http.StatusOK, fmt.Sprintf(`{"value":[{"id":%q}],"@odata.nextLink":%q}`, id, link))
	}
	list := func(t *testing.T, answer func(n int) *http.Response) (*fakeGraph, []graph.Participant, error) {
		t.Helper()
		fake := &fakeGraph{answer: func(n int, _ exchange) (*http.Response, error) { return answer(n), nil }}
		who, err := newClient(t, fake, nil).Call(tenant, call1).Participants(t.Context())
		return fake, who, err
	}
	fake, who, err := list(t, func(n int) *http.Response {
		if n == 1 {
			return page("p1", next)
		}
		return page("p2", "")
	})
	if err != nil || len(who) != 2 || who[1].ID != "p2" || fake.requests[1].url != next || fake.requests[1].method != http.MethodGet {
		t.Errorf("two pages: %d participants, %v, %+v", len(who), err, fake.requests)
	}
	fake, who, err = list(t, func(int) *http.Response { return page("p", next) })
	if err == nil || !strings.Contains(err.Error(), "more than 50 pages") || who != nil || len(fake.requests) != graph.MaxPages {
		t.Errorf("no end: %d requests, %v", len(fake.requests), err)
	}
	for _, link := range []string{"https://elsewhere.example/beta/communications/calls/x", "https://graph.microsoft.com.evil.example/beta/communications/calls/x",
		"https://graph.microsoft.com/beta/users", "/communications/calls/x", "https://graph.microsoft.com/beta/communications/calls/../../users"} {
		fake, _, err := list(t, func(int) *http.Response { return page("p", link) })
		if err == nil || !strings.Contains(err.Error(), "leads to another place") || len(fake.requests) != 1 {
			t.Errorf("%s: %d requests, %v", link, len(fake.requests), err)
		}
	}
	fake, _, err = list(t, func(n int) *http.Response {
		if n == 1 {
			return page("p1", next)
		}
		return reply(http.StatusNotFound, "")
	})
	if e, ok := errors.AsType[*graph.Error](err); !ok || e.Reason() != ivr.ReasonNotFound || len(fake.requests) != 2 {
		t.Errorf("a call that ends between pages: %v", err)
	}
}

// TestUnknownIsKept is what a newer service says, read and written back.
func TestUnknownIsKept(t *testing.T) {
	const text = `{"@odata.type":"#microsoft.graph.call","id":"c1","state":"paused","direction":"sideways","newScalar":7,"newObject":{"a":[1,null]},` +
		`"source":{"identity":{"robot":{"id":"r1"}},"newIn":"source"},` +
		`"targets":[{"identity":{"user":{"id":"u1","kind":"new"}},"x":1},{"identity":{"phone":{"id":"+15550100"}}}],` +
		`"mediaState":{"audio":"muffled"},"resultInfo":{"code":"strange","subcode":5003,"why":"new"},"toneInfo":{"sequenceId":3,"tone":"hash"},` +
		`"mediaConfig":{"@odata.type":"#microsoft.graph.newMediaConfig","hosted":"elsewhere"},"requestedModalities":["audio","smell"],` +
		`"meetingInfo":{"@odata.type":"#microsoft.graph.newMeetingInfo","door":"back"},"ringingTimeoutInSeconds":30,` +
		`"participants":[{"id":"p1","info":{"identity":{"user":{"id":"u1"}}},"isMuted":false,"isInLobby":true,"hand":"up"}]}`
	var call graph.CallResource
	if err := json.Unmarshal([]byte(text), &call); err != nil {
		t.Fatal(err)
	}
	same(t, "written back", marshal(t, call), []byte(text))
	if call.State != ivr.StateUnknown || string(call.Other["state"]) != `"paused"` || call.Participants[0].IsInLobby != true {
		t.Errorf("got state %s, %s", call.State, call.Other["state"])
	}
	call.State = ivr.StateEstablished
	call.Source.Identity.User = &graph.Identity{ID: "u2"}
	again := marshal(t, call)
	for _, want := range []string{`"state":"established"`, `"robot":{"id":"r1"}`, `"user":{"id":"u2"}`} {
		if !strings.Contains(string(again), want) {
			t.Errorf("after a change %s has no %s", again, want)
		}
	}
	if n := strings.Count(string(again), `"state"`); n != 1 {
		t.Errorf("state is written %d times", n)
	}
}

// TestStrangeSpellings is what the service said in another spelling or type.
func TestStrangeSpellings(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"ID":"c1","ResultInfo":{"subCode":"5003","code":200}}`, `{"id":"c1","resultInfo":{"code":200,"subcode":5003}}`},
		{`{"id":7,"subject":["a"],"state":3}`, `{"id":7,"subject":["a"],"state":3}`},
		{`{"source":"me","targets":{"a":1}}`, `{"source":"me","targets":{"a":1}}`},
		{`{"targets":[null,7]}`, `{"targets":[{"identity":{}},{"identity":{}}]}`},
		{`{"mediaConfig":null,"isNew":null}`, `{"isNew":null}`},
		{`{}`, `{}`},
	}
	for _, test := range tests {
		var call graph.CallResource
		if err := json.Unmarshal([]byte(test.text), &call); err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		same(t, test.text, marshal(t, call), []byte(test.want))
	}
}

// FuzzCallResource reads anything, writes it and reads it again.
func FuzzCallResource(f *testing.F) {
	f.Add([]byte(`{"id":"c1","targets":[{"identity":{"user":{"id":"u","x":[1]}}}],"y":{"z":null}}`))
	f.Add([]byte(`{"ID":1,"iD":2,"participants":[{"info":{"identity":{}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var call, again graph.CallResource
		if json.Unmarshal(data, &call) != nil {
			return
		}
		first := marshal(t, call)
		if err := json.Unmarshal(first, &again); err != nil {
			t.Fatalf("%v in %s", err, first)
		}
		if second := marshal(t, again); string(second) != string(first) {
			t.Errorf("\nfirst  %s\nsecond %s", first, second)
		}
	})
}

// TestScenario shows that a call's requests bear its scenario.
func TestScenario(t *testing.T) {
	fake := &fakeGraph{}
	call := newClient(t, fake, nil).Call(tenant, "../users/1?x#y")
	call.Scenario = "scenario-1"
	if err := call.Participant("a/b").Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	x := fake.requests[0]
	if want := graph.DefaultBaseURL + "/communications/calls/..%2Fusers%2F1%3Fx%23y/participants/a%2Fb"; x.url != want || x.header.Get("Scenario-Id") != "scenario-1" {
		t.Errorf("got %s as %q", x.url, x.header.Get("Scenario-Id"))
	}
}
