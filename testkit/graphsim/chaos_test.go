package graphsim_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// chaos does things in a meeting and in a call of several, in an order that a
// seed picks.
type chaos struct {
	*world
	r        *rand.Rand
	m        *graphsim.Meeting
	calls    []*graphsim.Call
	names    int
	compared int // rosters
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	w := newWorld(t, func(c *graphsim.Config) {
		c.Seed, c.Oddities, c.Settings = seed, graphsim.SomeOddities(seed), graphsim.SomeSettings(seed)
	})
	return &chaos{world: w, r: rand.New(rand.NewPCG(seed, 1)), m: w.schedule(graphsim.MeetingPlan{Lobby: graphsim.Lobby(seed % 3)})}
}

func (c *chaos) name() string {
	c.names++
	name := fmt.Sprint("U", c.names)
	c.sim.SetReaction("user-"+name, graphsim.Reaction{Behaviour: graphsim.Behaviour(c.r.IntN(5)),
		After: time.Duration(c.r.IntN(9)) * time.Second, Leaves: time.Duration(c.r.IntN(20)) * time.Second})
	return name
}

// somebody is one of those who are in a call's meeting; nil if nobody is.
func (c *chaos) somebody(m *graphsim.Meeting) *graphsim.Person {
	if m == nil || len(m.People()) == 0 {
		return nil
	}
	return m.People()[c.r.IntN(len(m.People()))]
}

func (c *chaos) step() {
	if len(c.calls) == 0 || c.r.IntN(20) == 0 {
		way := joinBody(byOrganizer(c.m))
		if c.r.IntN(2) == 0 {
			way = createGroup(invitee(c.name(), ""), invitee(c.name(), ""))
		}
		a := c.create(way)
		if a.status == 201 {
			c.calls = append(c.calls, c.sim.Call(ivr.CallID(fmt.Sprint(a.body["id"]))))
		}
		c.check(a, "create")
		return
	}
	call := c.calls[c.r.IntN(len(c.calls))]
	m := call.Meeting()
	p, q := c.somebody(m), c.somebody(m)
	if p == nil {
		if m == c.m {
			_, _ = m.Enter(person(c.name()))
		}
		return
	}
	one, other := "participants/"+p.ID(), q.ID()
	requests := []struct{ method, path, body string }{
		{"POST", "participants/invite", invitation(invitee(c.name(), ""))}, {"POST", "participants/invite", invitation(invitee(c.name(), ""), invitee(c.name(), ""))},
		{"GET", "participants", ""}, {"GET", one, ""}, {"DELETE", one, ""}, {"POST", one + "/mute", ""}, {"POST", one + "/startHoldMusic", ""}, {"POST", one + "/stopHoldMusic", ""},
		{"POST", "mute", ""}, {"POST", "unmute", ""}, {"POST", "participants/muteAll", ""}, {"POST", "audioRoutingGroups", group("g", "multicast", p.ID(), other)},
		{"DELETE", "audioRoutingGroups/g", ""}, {"POST", "updateRecordingStatus", `{"status":"recording"}`}, {"POST", "transfer", transferOut(p.ID(), p.Party().Name)},
		{"POST", "subscribeToTone", ""}, {"POST", "recordResponse", ""}, {"POST", "keepAlive", ""}, {"GET", "contentSharingSessions", ""},
		{"POST", "participants/invite", invitation(invitee(p.Party().Name, `,"participantId":"`+p.ID()+`"`))},
	}
	deeds := []func(){p.Admit, p.Leave, p.Mute, p.Unmute, func() { p.Press('1') }, func() { p.Speak(graphsim.Tone(time.Second)) },
		func() { p.Share() }, p.StopSharing, p.Remove, func() { _, _ = c.m.Enter(person(c.name())) }, call.HangUp}
	switch n := c.r.IntN(len(requests) + len(deeds)); {
	case n >= len(requests):
		deeds[n-len(requests)]()
	default:
		r := requests[n]
		c.check(c.below(r.method, call, r.path, r.body), r.method+" "+r.path)
	}
}

// check refuses answers that say that the simulator does not know.
func (c *chaos) check(a answer, what string) {
	c.t.Helper()
	if a.err != nil || a.status >= 500 || a.status >= 400 && a.code() == "" {
		c.t.Errorf("%s: %d %v %s", what, a.status, a.err, a.raw)
	}
}

// consistent compares what the bots were told with what is.
func (c *chaos) consistent(seed uint64) {
	c.t.Helper()
	c.clock.forward(5 * time.Minute)
	for _, call := range c.calls {
		there := call.Participant() != nil && slices.Contains(call.Meeting().People(), call.Participant())
		if there == (call.State() == ivr.StateTerminated) {
			c.t.Errorf("seed %d: a call is %s, its bot is in a meeting: %v", seed, call.State(), there)
		}
	}
	c.compare(seed)
	for _, p := range c.m.People() {
		if _, ok := p.Now(); !ok {
			c.t.Errorf("seed %d: somebody who is gone is listed", seed)
		}
	}
	for _, b := range c.bodies {
		if len(b) == 0 {
			continue
		}
		list, err := graph.DecodeNotifications(b)
		if err != nil {
			c.t.Errorf("seed %d: %v: %s", seed, err, b)
		}
		for _, n := range list {
			if n.Err != nil {
				c.t.Errorf("seed %d: %v: %s", seed, n.Err, b)
			}
		}
	}
}

// compare checks the last roster that each bot got against who is there, unless
// an oddity loses or swaps notifications.
func (c *chaos) compare(seed uint64) {
	c.t.Helper()
	if slices.Contains(graphsim.SomeOddities(seed), graphsim.Parallel) {
		return
	}
	last := map[ivr.CallID]string{}
	for _, n := range c.heard {
		address := n.URL
		if address == "" {
			address = n.Legacy
		}
		if before, ok := strings.CutSuffix(address, "/participants"); ok {
			last[ivr.NormalizeCallID(before[strings.LastIndex(before, "/")+1:])] = participantIDs(c.t, n.RawData)
		}
	}
	for _, call := range c.calls {
		var ids []string
		for _, p := range call.Meeting().People() {
			ids = append(ids, p.ID())
		}
		if me := call.Participant(); call.State() != ivr.StateEstablished || me == nil {
			continue
		} else if now, _ := me.Now(); now.InLobby {
			continue
		}
		if want := strings.Join(ids, " "); last[call.ID()] != want {
			c.t.Errorf("seed %d: the last roster of %s has %s, there are %s", seed, call.ID(), last[call.ID()], want)
		}
		c.compared++
	}
}

func participantIDs(t *testing.T, raw []byte) string {
	t.Helper()
	var list []struct{ ID string }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	var ids []string
	for _, p := range list {
		ids = append(ids, p.ID)
	}
	return strings.Join(ids, " ")
}

// Whatever happens in whatever order, with whatever oddities and forms, is
// answered in words of the service and told in a form that can be read, and the
// same seed tells the same.
func TestChaosInMeetings(t *testing.T) {
	run := func(seed uint64) *chaos {
		c := newChaos(t, seed)
		for range 120 {
			c.step()
			c.clock.forward(time.Duration(c.r.IntN(3000)) * time.Millisecond)
		}
		c.consistent(seed)
		return c
	}
	compared := 0
	for seed := range uint64(40) {
		c := run(seed)
		compared += c.compared
		if seed < 5 {
			again := run(seed)
			if got, want := fmt.Sprintf("%s", again.bodies), fmt.Sprintf("%s", c.bodies); got != want {
				t.Errorf("seed %d tells something else the second time", seed)
			}
		}
	}
	if compared < 10 {
		t.Errorf("%d rosters were compared, want more", compared)
	}
}

// People and bots act at the same time, over real connections.
func TestMeetingAtOnce(t *testing.T) {
	bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	defer bot.Close()
	server := httptest.NewUnstartedServer(nil)
	defer server.Close()
	url := "http://" + server.Listener.Addr().String()
	ms := time.Millisecond
	sim, err := graphsim.New(graphsim.Config{BaseURL: url, Webhook: bot.URL, Key: sharedKey(),
		Settings: graphsim.Settings{Latency: ms, EstablishingDelay: ms, EstablishedDelay: ms, AudioDelay: ms, TransferRing: ms, ChoreDelay: ms}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	server.Config.Handler = sim
	server.Start()
	client, err := graph.NewClient(graph.Config{BaseURL: url + "/beta", LoginURL: url, ClientID: graphsim.DefaultAppID,
		ClientSecret: ivr.NewSecret(graphsim.DefaultSecret), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	m, err := sim.Schedule(graphsim.MeetingPlan{Lobby: graphsim.LobbyNobody})
	if err != nil {
		t.Fatal(err)
	}
	established := make(chan ivr.CallID, 3)
	sim.Observe(func(e graphsim.Event) {
		if e, ok := e.(graphsim.AudioActive); ok {
			established <- e.Call
		}
	})
	for range cap(established) {
		media := graph.MediaConfig{ODataType: graph.TypeServiceHostedMediaConfig}
		join := graph.JoinMeeting(bot.URL, &media, graph.TokenMeeting(m.Plan().Token), nil)
		if _, err := client.Calls(sim.Tenant()).Create(t.Context(), join); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for i := range cap(established) {
		call := client.Call(sim.Tenant(), <-established)
		wg.Go(func() {
			for n := range 10 {
				who := graph.Invite(ivr.Party{Kind: ivr.PartyUser, ID: fmt.Sprint("user-", i, "-", n)})
				if _, err := call.Invite(t.Context(), graph.InviteRequest{Participants: []graph.InvitationParticipantInfo{who}}); err != nil {
					t.Error(err)
				}
				all, err := call.Participants(t.Context())
				if err != nil {
					t.Error(err)
				}
				for _, p := range all {
					_, err := call.Participant(p.ID).Mute(t.Context(), "")
					if err != nil && !strings.Contains(err.Error(), "8558") { // has left
						t.Error(err)
					}
				}
			}
		})
		wg.Go(func() {
			for n := range 20 {
				p, err := m.Enter(ivr.Party{Kind: ivr.PartyUser, ID: fmt.Sprint("guest-", i, "-", n)})
				if err != nil {
					t.Error(err)
					return
				}
				p.Mute()
				p.Press('1')
				p.Share()
				_ = p.Hears(p)
				p.Leave()
			}
		})
	}
	wg.Wait()
	m.End()
}

// FuzzRequest sends anything to a simulator with a meeting: it answers in the
// service's words and stands.
func FuzzRequest(f *testing.F) {
	for _, seed := range []struct{ method, path, body string }{
		{"POST", "participants/invite", invitation(invitee("Ann", ""))}, {"GET", "participants?$select=info&$skiptoken=1", ""},
		{"POST", "audioRoutingGroups", group("g", "multicast", "a", "b")}, {"PATCH", "audioRoutingGroups/g", `{"sources":[1]}`},
		{"POST", "participants/x/startHoldMusic", `{"customPrompt":` + prompt + `}`}, {"POST", "microsoft.graph.mute", "{}"},
		{"POST", "transfer", transferOut("x", "Bob")}, {"POST", "", joinBody(`"meetingInfo":{"@odata.type":"#microsoft.graph.tokenMeetingInfo","token":"x"}`)},
		{"POST", "updateRecordingStatus", `{"status":"failed"}`}, {"DELETE", "participants/%2e%2e", ""}, {"GET", "operations/", ""},
		{"POST", "startTranscription", `{"language":"x"}`}, {"POST", "participants/admitAllFromLobby", ""}, {"POST", "participants/x/admitFromLobby", "{}"},
		{"POST", "startRecording", ""}, {"POST", "record", `{"playBeep":false}`}, {"GET", "operations?$skiptoken=0", ""},
		{"POST", "participants/x/reportSyntheticMedia", `{"overallConfidence":1e400}`},
	} {
		f.Add(seed.method, seed.path, seed.body)
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.Undescribed = true })
		m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob"), Token: "x"})
		w.enter(m, person("Bob"))
		c := w.joined(m)
		for _, p := range []string{w.path(c) + "/" + path, "/beta/communications/calls" + path} {
			r, err := http.NewRequestWithContext(t.Context(), method, base+p, strings.NewReader(body))
			if err != nil {
				return // no request
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+w.token)
			a := w.send(r)
			if a.err != nil || a.status >= 500 && a.code() != "9999" || a.status >= 400 && a.code() == "" {
				t.Errorf("%s %s %s: %d %v %s", method, p, body, a.status, a.err, a.raw)
			}
			w.clock.forward(time.Minute)
		}
	})
}
