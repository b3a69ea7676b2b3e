package graphsim_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// formed plays a short call with settings: an answer, a key, a prompt, a
// hang-up by the bot.
func formed(t *testing.T, set graphsim.Settings) (*world, *graphsim.Call) {
	t.Helper()
	w := newWorld(t, func(c *graphsim.Config) { c.Settings = set })
	c := w.ring(graphsim.Caller{})
	w.must(c, "answer", answerBody)
	w.clock.forward(time.Second)
	w.must(c, "subscribeToTone", "")
	c.Press('1')
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
	w.clock.forward(2 * time.Second)
	w.call("DELETE", c)
	w.clock.forward(time.Second)
	return w, c
}

// The form of bodies by default, and with each setting that changes it.
func TestForms(t *testing.T) {
	story := []string{"created incoming", "updated establishing", "updated established", "updated established audio=active",
		"updated established tone1", completed, "updated terminating", "deleted terminated 200/7000"}
	with := func(at int, more ...string) []string { return slices.Insert(slices.Clone(story), at, more...) }
	for _, tt := range []struct {
		name  string
		set   graphsim.Settings
		want  []string
		has   []string // in every body
		lacks []string // in all of them
	}{
		{"default", graphsim.Settings{}, story, []string{`"@odata.type":"#microsoft.graph.commsNotifications"`, `"@odata.type":"#microsoft.graph.commsNotification"`,
			`"resourceUrl":"/communications/calls/`, `"resource":"/app/calls/`}, []string{"Microsoft.Graph", `"callbackUri"`, "identityProvider"}},
		{"no twin", graphsim.Settings{NoLegacyResource: true}, story, []string{`"resourceUrl":"/communications/calls/`}, []string{`"resource":`}},
		{"twin only", graphsim.Settings{OnlyLegacyResource: true}, nil, []string{`"resource":"/app/calls/`}, []string{`"resourceUrl":`}},
		{"no slash", graphsim.Settings{NoLeadingSlash: true}, story, []string{`"resourceUrl":"communications/calls/`, `"resource":"app/calls/`}, nil},
		{"ids in updates", graphsim.Settings{IDInUpdates: true}, story, []string{`"id":"`}, nil},
		{"roster", graphsim.Settings{Roster: true}, with(4, "updated participants"), nil, nil},
		{"operation updates", graphsim.Settings{OperationUpdates: true}, with(5, "updated playPromptOperation running"), nil, nil},
		{"no terminating", graphsim.Settings{NoTerminating: true}, slices.Delete(slices.Clone(story), 6, 7), nil, nil},
		{"undeclared", graphsim.Settings{Undeclared: true}, story, []string{`"callbackUri":"https://bot.test/`}, nil},
		{"unknown types", graphsim.Settings{UnknownTypes: true}, nil, []string{`"#microsoft.graph.novelty"`}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := formed(t, tt.set)
			all := ""
			for _, b := range w.bodies {
				all += string(b)
				for _, part := range tt.has {
					if !strings.Contains(string(b), part) {
						t.Errorf("no %s in %s", part, b)
					}
				}
			}
			for _, part := range tt.lacks {
				if strings.Contains(all, part) {
					t.Errorf("%s in %s", part, all)
				}
			}
			if tt.want != nil {
				w.expect(tt.want...)
			}
		})
	}
}

// A roster is a list of those who are there: two, or one more in a call that
// became a group call.
func TestRosters(t *testing.T) {
	for _, odd := range [][]graphsim.Oddity{nil, {graphsim.Escalates}} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.Roster, c.Oddities = odd == nil, odd })
		c := w.ring(graphsim.Caller{})
		w.must(c, "answer", answerBody)
		w.clock.forward(10 * time.Second)
		n := w.heard[len(w.heard)-1]
		var list []map[string]any
		if err := json.Unmarshal(n.RawData, &list); err != nil {
			t.Fatalf("%v: %s", err, n.RawData)
		}
		if !strings.HasSuffix(n.URL, "/participants") || n.Change != "updated" || len(list) != 2+len(odd) {
			t.Errorf("%s %s with %d participants, want %d", n.Change, n.URL, len(list), 2+len(odd))
		}
		for _, p := range list {
			if p["@odata.type"] != "#microsoft.graph.participant" || p["isInLobby"] != false || p["isMuted"] != false {
				t.Errorf("participant %v", p)
			}
		}
	}
}

// Updates are partial: what did not change is left out.
func TestUpdatesArePartial(t *testing.T) {
	w, _ := formed(t, graphsim.Settings{})
	want := []string{"", "@odata.type state", "@odata.type state", "@odata.type mediaState state", "@odata.type state toneInfo",
		"", "@odata.type state", "@odata.type resultInfo state"}
	for i, n := range w.heard {
		var names []string
		for name := range n.data {
			names = append(names, name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); want[i] != "" && got != want[i] {
			t.Errorf("%v has %s, want %s", n, got, want[i])
		}
	}
}

// Enumerations with a capital, as in metadata and old traces, in callbacks and
// answers; everything else stays as it is.
func TestPascalCase(t *testing.T) {
	plain, _ := formed(t, graphsim.Settings{})
	w, c := formed(t, graphsim.Settings{PascalCase: true})
	for i, n := range w.heard {
		if n.Change != strings.ToUpper(n.Change[:1])+n.Change[1:] || !strings.EqualFold(n.String(), plain.heard[i].String()) {
			t.Errorf("%v, want %v with capitals", n, plain.heard[i])
		}
	}
	if s := w.heard[4].String(); s != "Updated Established Tone1" {
		t.Errorf("the key is %s", s)
	}
	if n := w.heard[0].data; n["id"] != string(c.ID()) || n["tenantId"] != graphsim.DefaultTenant || fmt.Sprint(n["requestedModalities"]) != "[Audio]" {
		t.Errorf("incoming %v", n)
	}
	next := w.ring(graphsim.Caller{})
	w.must(next, "answer", answerBody)
	w.clock.forward(time.Second)
	if a := w.must(next, "subscribeToTone", ""); a.body["status"] != "Completed" {
		t.Errorf("answer %s", a.raw)
	}
}

// Only the status of operations with a capital.
func TestPascalStatus(t *testing.T) {
	w, _ := formed(t, graphsim.Settings{PascalStatus: true})
	plain, _ := formed(t, graphsim.Settings{})
	operations := 0
	for i, n := range w.heard {
		if n.data["status"] != nil {
			operations++
			plain.heard[i].data["status"] = "Completed"
		}
		if n.String() != plain.heard[i].String() {
			t.Errorf("%v, want %v", n, plain.heard[i])
		}
	}
	if operations == 0 {
		t.Error("no operation was notified")
	}
	next := w.ring(graphsim.Caller{})
	w.must(next, "answer", answerBody)
	w.clock.forward(time.Second)
	if a := w.must(next, "subscribeToTone", ""); a.body["status"] != "Completed" {
		t.Errorf("answer %s", a.raw)
	}
}

// Fields that nothing declares: the request is echoed as in traces, identities
// name their provider, operations their dates.
func TestUndeclaredFields(t *testing.T) {
	w, _ := formed(t, graphsim.Settings{Undeclared: true})
	in, op := fmt.Sprint(w.heard[0].data), fmt.Sprint(w.heard[5].data)
	for _, part := range []string{"identityProvider:AAD", "applicationMetadata:", "endpointId:"} {
		if !strings.Contains(in, part) {
			t.Errorf("no %s in %s", part, in)
		}
	}
	for _, part := range []string{"createdDateTime:", "lastActionDateTime:", "uri:https://bot.test/audio/a.wav"} {
		if !strings.Contains(op, part) {
			t.Errorf("no %s in %s", part, op)
		}
	}
}

// An operation that was accepted may be running, not started or without a
// status.
func TestStartStatus(t *testing.T) {
	for start, want := range map[graphsim.StartStatus]any{graphsim.StartRunning: "running", graphsim.StartNotStarted: "notStarted", graphsim.StartNull: nil} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.Start = start })
		c := w.connected()
		a := w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
		if got, ok := a.body["status"]; !ok || got != want {
			t.Errorf("status %v, want %v", got, want)
		}
		w.clock.forward(2 * time.Second)
		w.expect(completed)
	}
}

// The orders in which an answered call gets its audio.
func TestAudioOrders(t *testing.T) {
	for order, want := range map[graphsim.AudioOrder][]string{
		graphsim.AudioAfter:  {"updated establishing", "updated established", "updated established audio=active"},
		graphsim.AudioMerged: {"updated establishing", "updated established audio=active"},
		graphsim.AudioFirst:  {"updated establishing", "updated establishing audio=active", "updated established"},
	} {
		for _, odd := range [][]graphsim.Oddity{nil, {graphsim.OperationEventFirst}} {
			w := newWorld(t, func(c *graphsim.Config) { c.Settings.Audio, c.Oddities = order, odd })
			c := w.ring(graphsim.Caller{})
			w.heard = nil
			w.must(c, "answer", answerBody)
			w.clock.forward(time.Second)
			w.expect(want...)
			w.must(c, "subscribeToTone", "")
		}
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.Audio = graphsim.AudioFirst })
	c := w.ring(graphsim.Caller{})
	w.must(c, "answer", answerBody)
	w.clock.forward(350 * time.Millisecond)
	if a := w.act(c, "subscribeToTone", ""); a.code() != "8501" {
		t.Errorf("audio without established: %d %q, want 8501", a.status, a.code())
	}
}

// The end of a call that the bot hangs up, in its documented forms.
func TestHangUpForms(t *testing.T) {
	for _, tt := range []struct {
		set  graphsim.Settings
		want string
	}{
		{graphsim.Settings{}, `"resultInfo":{"@odata.type":"#microsoft.graph.resultInfo","code":200,"message":"Call was ended by the application. DiagCode: 0#7000.@","subcode":7000}`},
		{graphsim.Settings{CodesAsText: true, HangUpByBot: graphsim.Result{Code: 200, Subcode: 5001, Message: "x"}},
			`"resultInfo":{"@odata.type":"#microsoft.graph.resultInfo","code":"200","message":"x","subcode":"5001"}`},
		{graphsim.Settings{ZeroCode: true}, `"resultInfo":{"@odata.type":"#microsoft.graph.resultInfo","code":"0"}`},
	} {
		w, _ := formed(t, tt.set)
		if last := string(w.bodies[len(w.bodies)-1]); !strings.Contains(last, tt.want) {
			t.Errorf("the end is %s, want %s", last, tt.want)
		}
	}
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// Headers of callbacks: one scenario a call, one id a message.
func TestCallbackHeaders(t *testing.T) {
	w, _ := formed(t, graphsim.Settings{})
	scenario, messages := w.heard[0].header.Get("Scenario-Id"), map[string]bool{}
	for _, n := range w.heard {
		id := n.header.Get("X-Microsoft-Skype-Message-ID")
		if n.header.Get("Scenario-Id") != scenario || n.header.Get("X-Microsoft-Skype-Chain-ID") != scenario || !guid.MatchString(id) || messages[id] {
			t.Errorf("headers %v", n.header)
		}
		messages[id] = true
		if kind := n.header.Get("Content-Type"); kind != "application/json" {
			t.Errorf("Content-Type %q", kind)
		}
	}
	if c := w.ring(graphsim.Caller{}); w.heard[len(w.heard)-1].header.Get("Scenario-Id") == scenario {
		t.Errorf("the call %s has the scenario of another", c.ID())
	}
	const old = "application/json; charset=Windows-1252"
	w, _ = formed(t, graphsim.Settings{CallbackType: old})
	if kind := w.heard[0].header.Get("Content-Type"); kind != old {
		t.Errorf("Content-Type %q, want %q", kind, old)
	}
}

// Ids of operations are spelt in URLs as those of calls are.
func TestOperationSpelling(t *testing.T) {
	for spelling, want := range map[graphsim.Spelling]*regexp.Regexp{
		graphsim.SpellUpper:  regexp.MustCompile(`^/communications/calls/[0-9A-F]{32}/operations/[0-9A-F]{32}$`),
		graphsim.SpellDashed: regexp.MustCompile(`^/communications/calls/[0-9a-f-]{36}/operations/[0-9a-f-]{36}$`),
	} {
		w, _ := formed(t, graphsim.Settings{IDs: spelling})
		n := w.heard[5]
		if !want.MatchString(n.URL) || !guid.MatchString(fmt.Sprint(n.data["id"])) || n.Legacy != "/app"+strings.TrimPrefix(n.URL, "/communications") {
			t.Errorf("spelling %d: %s, %s with id %v", spelling, n.URL, n.Legacy, n.data["id"])
		}
	}
}

// Every id in the body of an incoming call has dashes, and the call its own
// address.
func TestIncomingForm(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.IDs = graphsim.SpellUpper })
	c := w.ring(graphsim.Caller{ID: ivr.Party{Kind: ivr.PartyGuest, ID: "visitor", Name: "Visitor"}})
	n := w.heard[0]
	for _, name := range []string{"id", "tenantId", "callChainId", "myParticipantId"} {
		if !guid.MatchString(fmt.Sprint(n.data[name])) {
			t.Errorf("%s is %v", name, n.data[name])
		}
	}
	if n.data["@odata.id"] != n.URL || n.data["id"] != string(c.ID()) || n.data["callRoutes"] != nil {
		t.Errorf("incoming %v at %s", n.data, n.URL)
	}
	if source := fmt.Sprint(n.data["source"]); !strings.Contains(source, "guest") || !strings.Contains(source, "visitor") {
		t.Errorf("source %s", source)
	}
	target := n.data["targets"].([]any)[0].(map[string]any)
	if fmt.Sprint(target["identity"].(map[string]any)["application"].(map[string]any)["id"]) != graphsim.DefaultAppID {
		t.Errorf("target %v", target)
	}
}
