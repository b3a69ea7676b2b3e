package graphsim_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// stage is what a method needs: a client of a version, an incoming call, a call
// of two and a meeting whose bot has its own media.
type stage struct {
	*table
	client              *graph.Client
	ringing, two, plain graph.CallClient
	meeting             graph.CallClient
	uri                 string
}

func newStage(t *testing.T, version string) *stage {
	t.Helper()
	s := &stage{table: hostedTable(t)}
	client, err := graph.NewClient(graph.Config{BaseURL: base + "/" + version, LoginURL: base, ClientID: graphsim.DefaultAppID,
		ClientSecret: ivr.NewSecret(graphsim.DefaultSecret), Transport: graphsim.InMemory(s.sim), Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.client, s.uri = client, s.file("a.wav", time.Second)
	of := func(c *graphsim.Call) graph.CallClient { return client.Call(s.sim.Tenant(), c.ID()) }
	s.two = of(s.connected())
	s.ringing = of(s.ring(incomingCaller()))
	s.meeting = of(s.c)
	s.plain = of(s.joined(s.schedule(graphsim.MeetingPlan{})))
	return s
}

// Every method that the client has is served by the simulator, in every
// version that has it, and the client reads the answers.
func TestEveryMethodIsServed(t *testing.T) {
	media := graph.MediaConfig{ODataType: graph.TypeServiceHostedMediaConfig}
	bob := graph.Invite(ivr.Party{Kind: ivr.PartyUser, ID: "user-Ann"})
	quality := graph.DeviceQuality{CallChainID: targetID, ParticipantID: targetID, MediaLegID: targetID, DeviceName: "d", DeviceDescription: "d",
		MediaQualityList: []graph.MediaQuality{{ODataType: graph.TypeAudioQuality, ChannelIndex: 1}}}
	gallery := func(s *stage) string {
		o, err := s.meeting.AddLargeGalleryView(s.t.Context(), "")
		if err != nil {
			s.t.Fatal(err)
		}
		return o.ID
	}
	routed := func(s *stage) graph.GroupClient {
		g, err := s.meeting.CreateAudioRoutingGroup(s.t.Context(), s.routing())
		if err != nil {
			s.t.Fatal(err)
		}
		return s.meeting.AudioRoutingGroup(g.ID)
	}
	held := func(s *stage) graph.ParticipantClient {
		p := s.meeting.Participant(s.eve.ID())
		if _, err := p.StartHoldMusic(s.t.Context(), graph.HoldRequest{}); err != nil {
			s.t.Fatal(err)
		}
		return p
	}
	uses := map[string]func(s *stage) (string, error){
		"create call": func(s *stage) (string, error) {
			c, err := s.client.Calls(s.sim.Tenant()).Create(s.t.Context(), graph.NewCall(leg, &media, bob))
			return c.State.String(), err
		},
		"logTeleconferenceDeviceQuality": func(s *stage) (string, error) {
			return "", s.client.Calls(s.sim.Tenant()).LogTeleconferenceDeviceQuality(s.t.Context(), "b/1", quality)
		},
		"read call": func(s *stage) (string, error) {
			c, err := s.two.Get(s.t.Context(), graph.Expand("participants"))
			return fmt.Sprint(c.State, " ", len(c.Participants)), err
		},
		"hang up":   func(s *stage) (string, error) { return "", s.two.Delete(s.t.Context()) },
		"keepAlive": func(s *stage) (string, error) { return "", s.two.KeepAlive(s.t.Context()) },
		"answer": func(s *stage) (string, error) {
			return "", s.ringing.Answer(s.t.Context(), graph.AnswerCall{CallbackURI: leg, AcceptedModalities: []string{"audio"}, MediaConfig: &media})
		},
		"reject": func(s *stage) (string, error) {
			return "", s.ringing.Reject(s.t.Context(), graph.RejectRequest{Reason: "busy"})
		},
		"redirect": func(s *stage) (string, error) {
			return "", s.ringing.Redirect(s.t.Context(), graph.RedirectRequest{Targets: []graph.InvitationParticipantInfo{bob}})
		},
		"transfer": func(s *stage) (string, error) {
			return "", s.two.Transfer(s.t.Context(), graph.TransferRequest{TransferTarget: bob})
		},
		"playPrompt": func(s *stage) (string, error) {
			return ended(s.two.PlayPrompt(s.t.Context(), graph.PlayPromptRequest{Prompts: []graph.MediaPrompt{{ODataType: graph.TypeMediaPrompt, MediaInfo: graph.MediaInfo{URI: s.uri}}}}))
		},
		"recordResponse": func(s *stage) (string, error) {
			return ended(s.two.RecordResponse(s.t.Context(), graph.RecordResponseRequest{}))
		},
		"cancelMediaProcessing": func(s *stage) (string, error) { return ended(s.two.CancelMediaProcessing(s.t.Context(), "")) },
		"subscribeToTone":       func(s *stage) (string, error) { return ended(s.two.SubscribeToTone(s.t.Context(), "")) },
		"sendDtmfTones": func(s *stage) (string, error) {
			return ended(s.two.SendDtmfTones(s.t.Context(), graph.SendDtmfTonesRequest{Tones: []graph.Tone{graph.ToneOf('1')}}))
		},
		"mute":   func(s *stage) (string, error) { return ended(s.meeting.Mute(s.t.Context(), "")) },
		"unmute": func(s *stage) (string, error) { return ended(s.meeting.Unmute(s.t.Context(), "")) },
		"changeScreenSharingRole": func(s *stage) (string, error) {
			return "", s.meeting.ChangeScreenSharingRole(s.t.Context(), graph.RoleSharer)
		},
		"addLargeGalleryView": func(s *stage) (string, error) { return ended(s.meeting.AddLargeGalleryView(s.t.Context(), "")) },
		"updateRecordingStatus": func(s *stage) (string, error) {
			return ended(s.meeting.UpdateRecordingStatus(s.t.Context(), graph.RecordingRecording, ""))
		},
		"list participants": func(s *stage) (string, error) {
			all, err := s.meeting.Participants(s.t.Context(), graph.Select("info"))
			return fmt.Sprint(len(all)), err
		},
		"read participant": func(s *stage) (string, error) {
			p, err := s.meeting.Participant(s.eve.ID()).Get(s.t.Context())
			return p.Info.Identity.Party().Name, err
		},
		"remove participant": func(s *stage) (string, error) { return "", s.meeting.Participant(s.eve.ID()).Delete(s.t.Context()) },
		"invite": func(s *stage) (string, error) {
			return ended(s.meeting.Invite(s.t.Context(), graph.InviteRequest{Participants: []graph.InvitationParticipantInfo{bob}}))
		},
		"mute participant": func(s *stage) (string, error) {
			return ended(s.meeting.Participant(s.eve.ID()).Mute(s.t.Context(), ""))
		},
		"muteAll": func(s *stage) (string, error) { return ended(s.meeting.MuteAll(s.t.Context(), graph.MuteAllRequest{})) },
		"startHoldMusic": func(s *stage) (string, error) {
			return ended(s.meeting.Participant(s.eve.ID()).StartHoldMusic(s.t.Context(), graph.HoldRequest{}))
		},
		"stopHoldMusic": func(s *stage) (string, error) { return ended(held(s).StopHoldMusic(s.t.Context(), "")) },
		"list audio routing groups": func(s *stage) (string, error) {
			routed(s)
			all, err := s.meeting.AudioRoutingGroups(s.t.Context())
			return fmt.Sprint(len(all)), err
		},
		"create audio routing group": func(s *stage) (string, error) {
			g, err := s.meeting.CreateAudioRoutingGroup(s.t.Context(), s.routing())
			return string(g.RoutingMode), err
		},
		"read audio routing group": func(s *stage) (string, error) {
			g, err := routed(s).Get(s.t.Context())
			return string(g.RoutingMode), err
		},
		"update audio routing group": func(s *stage) (string, error) {
			g, err := routed(s).Update(s.t.Context(), s.routing())
			return string(g.RoutingMode), err
		},
		"delete audio routing group": func(s *stage) (string, error) { return "", routed(s).Delete(s.t.Context()) },
		"list content sharing sessions": func(s *stage) (string, error) {
			s.eve.Share()
			all, err := s.meeting.ContentSharingSessions(s.t.Context())
			return fmt.Sprint(len(all)), err
		},
		"read content sharing session": func(s *stage) (string, error) {
			id := s.eve.Share()
			session, err := s.meeting.ContentSharingSession(s.t.Context(), id)
			return fmt.Sprint(session.ID == id), err
		},
		"read operation": func(s *stage) (string, error) { return ended(s.meeting.Operation(s.t.Context(), gallery(s))) },
	}
	says := map[string]string{"create call": "establishing", "read call": "established 2", "list participants": "3", "read participant": "Eve",
		"list audio routing groups": "1", "create audio routing group": "multicast", "read audio routing group": "multicast", "update audio routing group": "multicast",
		"list content sharing sessions": "1", "read content sharing session": "true",
		"playPrompt": "running", "recordResponse": "running", "sendDtmfTones": "running", "addLargeGalleryView": "running", "invite": "running",
		"startHoldMusic": "running", "read operation": "running", "cancelMediaProcessing": "completed", "subscribeToTone": "completed",
		"mute": "completed", "unmute": "completed", "updateRecordingStatus": "completed", "mute participant": "completed", "muteAll": "completed", "stopHoldMusic": "completed"}
	for _, m := range graph.Methods() {
		use, ok := uses[m.Name]
		if !ok {
			t.Errorf("%s (%s %s) has no use here: add one", m.Name, m.HTTP, m.Path)
			continue
		}
		for _, version := range []string{"beta", "v1.0"} {
			t.Run(m.Name+" "+version, func(t *testing.T) {
				s := newStage(t, version)
				s.t = t
				before := len(s.events)
				got, err := use(s)
				if m.Beta && version == "v1.0" {
					if err == nil || !strings.Contains(err.Error(), "is not part of /v1.0") {
						t.Errorf("got %v, want a refusal by the client", err)
					}
					return
				}
				if err != nil || got != says[m.Name] {
					t.Errorf("got %q and %v, want %q", got, err, says[m.Name])
				}
				if !served(s.events[before:], m, version) {
					t.Errorf("no %s %s was served", m.HTTP, m.Path)
				}
			})
		}
	}
	if len(uses) != len(graph.Methods()) {
		t.Errorf("%d uses of %d methods", len(uses), len(graph.Methods()))
	}
}

// routing is a group in which Bob speaks to the others.
func (s *stage) routing() graph.AudioRoutingGroup {
	return graph.AudioRoutingGroup{ID: "g", RoutingMode: graph.RoutingMulticast, Sources: []string{s.bob.ID()}, Receivers: []string{s.eve.ID(), s.me.ID()}}
}

// ended is an operation's status.
func ended(o graph.OperationResource, err error) (string, error) { return string(o.Status), err }

// served says whether a request of the method was answered well.
func served(events []graphsim.Event, m graph.Method, version string) bool {
	return slices.ContainsFunc(events, func(e graphsim.Event) bool {
		r, ok := e.(graphsim.Request)
		path := strings.Split(strings.TrimPrefix(r.Path, "/"+version), "/")
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

// What the simulator says of its methods agrees with what the client knows.
func TestMethodsAgree(t *testing.T) {
	served := graphsim.Methods()
	for _, m := range graph.Methods() {
		i := slices.IndexFunc(served, func(d graphsim.MethodDoc) bool { return d.HTTP == m.HTTP && d.Path == m.Path })
		if i < 0 || served[i].Beta != m.Beta || served[i].Doc == "" {
			t.Errorf("%s %s: %+v", m.HTTP, m.Path, served[max(i, 0)])
		}
	}
	for _, d := range served {
		cfg := graphsim.Config{BaseURL: base, Webhook: webhook, Key: sharedKey(), Faults: []graphsim.Fault{{Action: d.Name}}}
		if _, err := graphsim.New(cfg); err != nil {
			t.Errorf("%s cannot fail: %v", d.Name, err)
		}
	}
	if len(served) != len(graph.Methods()) {
		t.Errorf("%d methods are served, the client has %d", len(served), len(graph.Methods()))
	}
}

// What /v1.0 lacks it answers 404, also to a client that does not know.
func TestBetaMethodsOfV1(t *testing.T) {
	for _, m := range graph.Methods() {
		if !m.Beta {
			continue
		}
		b := newTable(t, nil)
		path := strings.NewReplacer("{call}", string(b.c.ID()), "{id}", b.bob.ID()).Replace(m.Path)
		if a := b.send(b.request(m.HTTP, "/v1.0"+path, "")); statusAndCode(a) != "404 ResourceNotFound" {
			t.Errorf("%s on v1.0: %s", m.Name, statusAndCode(a))
		}
	}
}

// The client joins each kind of meeting that it can read a join URL of.
func TestClientJoins(t *testing.T) {
	w := newWorld(t, nil)
	b := newBot(t, w)
	m := w.schedule(graphsim.MeetingPlan{JoinID: "1234567", Passcode: "abc"})
	join, err := graph.ParseJoinURL(m.JoinURL())
	if err != nil {
		t.Fatal(err)
	}
	media := graph.MediaConfig{ODataType: graph.TypeServiceHostedMediaConfig}
	for name, call := range map[string]graph.CallResource{
		"url":   graph.JoinMeeting(leg, &media, join.MeetingInfo, join.ChatInfo),
		"id":    graph.JoinMeeting(leg, &media, graph.MeetingByID("1234567", "abc"), nil),
		"token": graph.JoinMeeting(leg, &media, graph.TokenMeeting(m.Plan().Token), nil),
	} {
		c, err := b.client.Calls(w.sim.Tenant()).Create(t.Context(), call)
		if err != nil || c.ChatInfo == nil || c.ChatInfo.ThreadID != m.Plan().Thread {
			t.Errorf("%s: %v %+v", name, err, c.ChatInfo)
		}
	}
	_, err = b.client.Calls(w.sim.Tenant()).Create(t.Context(), graph.JoinMeeting(leg, &media, graph.TokenMeeting("x"), nil))
	var refused *graph.Error
	if !errors.As(err, &refused) || refused.Status != 400 || refused.Code != "8526" {
		t.Errorf("a wrong token: %v", err)
	}
}
