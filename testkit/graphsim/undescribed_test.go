package graphsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// What only the metadata declares is refused, unless the setting takes it.
func TestUndescribedIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	for _, m := range graphsim.Undescribed() {
		path := strings.NewReplacer("{call}", string(c.ID()), "{id}", "x").Replace(m.Path)
		for version, want := range map[string]string{"/beta": "501 NotImplemented", "/v1.0": "501 NotImplemented"} {
			if m.Beta && version == "/v1.0" {
				want = "404 ResourceNotFound"
			}
			if a := w.send(w.request(m.HTTP, version+path, "")); statusAndCode(a) != want {
				t.Errorf("%s %s%s: %s, want %s", m.HTTP, version, path, statusAndCode(a), want)
			}
		}
	}
	if n := len(graphsim.Undescribed()); n < 11 {
		t.Errorf("%d methods are undescribed", n)
	}
}

func undescribed(t *testing.T) *world {
	t.Helper()
	return newWorld(t, func(c *graphsim.Config) { c.Settings.Undescribed = true })
}

// The bot lets those in who wait in the lobby, and turns others away.
func TestBotAdmits(t *testing.T) {
	w := undescribed(t)
	m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob"), Lobby: graphsim.LobbyGuests})
	w.enter(m, person("Bob"))
	c := w.joined(m)
	guest := func(name string) *graphsim.Person {
		return w.enter(m, ivr.Party{Kind: ivr.PartyGuest, ID: "guest-" + name, Name: name})
	}
	ann, eve, joe := guest("Ann"), guest("Eve"), guest("Joe")
	w.clock.forward(time.Second)
	w.heard = nil
	a := w.must(c, "participants/"+ann.ID()+"/admitFromLobby", `{"clientContext":"1"}`)
	if a.body["@odata.type"] != "#microsoft.graph.admitFromLobbyOperation" || a.body["status"] != "completed" || a.body["clientContext"] != "1" {
		t.Errorf("answered %s", a.raw)
	}
	if a := w.act(c, "participants/"+ann.ID()+"/admitFromLobby", ""); statusAndCode(a) != "400 8585" {
		t.Errorf("admitted twice: %s", statusAndCode(a))
	}
	w.must(c, "participants/"+eve.ID()+"/removeFromLobby", "")
	w.clock.forward(time.Second)
	w.expectRosters("Bob application Ann Eve(lobby) Joe(lobby)", "Bob application Ann Joe(lobby)")
	w.must(c, "participants/admitAllFromLobby", "")
	w.clock.forward(time.Second)
	if who, there := joe.Now(); !there || who.InLobby {
		t.Errorf("Joe is %+v", who)
	}
	if _, there := eve.Now(); there {
		t.Error("Eve is there")
	}
	if a := w.act(c, "participants/"+joe.ID()+"/reportSyntheticMedia", `{"isMalicious":true,"overallConfidence":0.5}`); a.status != 204 {
		t.Errorf("reportSyntheticMedia: %d %s", a.status, a.raw)
	}
}

// A recording shows in the roster, a transcription in the call.
func TestBotRecordsMeeting(t *testing.T) {
	w := undescribed(t)
	m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob")})
	w.enter(m, person("Bob"))
	c := w.joined(m)
	if a := w.act(c, "stopRecording", ""); statusAndCode(a) != "400 8585" {
		t.Errorf("stopped before it began: %s", statusAndCode(a))
	}
	w.must(c, "startRecording", "")
	if e, ok := find[graphsim.RecordingTold](w); !ok || e.Status != "recording" {
		t.Errorf("observed %+v", e)
	}
	w.must(c, "stopRecording", "")
	w.must(c, "startTranscription", `{"language":"en-us"}`)
	if a := w.act(c, "startTranscription", ""); statusAndCode(a) != "400 8585" {
		t.Errorf("started twice: %s", statusAndCode(a))
	}
	w.clock.forward(time.Second)
	told := false
	for _, n := range w.heard {
		told = told || strings.Contains(string(n.RawData), `"state":"active"`)
	}
	a := w.call("GET", c)
	if state := a.body["transcription"].(map[string]any)["state"]; state != "active" || !told {
		t.Errorf("the transcription is %v, told %v", state, told)
	}
	w.must(c, "stopTranscription", "")
	w.must(c, "record", `{"clientContext":"older"}`)
	ops := w.below("GET", c, "operations", "")
	if n := len(ops.body["value"].([]any)); n != 5 {
		t.Errorf("%d operations in %s", n, ops.raw)
	}
}

// A bot lists its own calls, while they last.
func TestListCalls(t *testing.T) {
	w := undescribed(t)
	c := w.connected()
	other := w.ring(graphsim.Caller{})
	list := func() string {
		a := w.send(w.request("GET", "/v1.0/communications/calls", ""))
		var ids []string
		for _, v := range a.body["value"].([]any) {
			ids = append(ids, v.(map[string]any)["id"].(string))
		}
		return strings.Join(ids, " ")
	}
	if got := list(); !strings.Contains(got, string(c.ID())) || !strings.Contains(got, string(other.ID())) {
		t.Errorf("listed %s", got)
	}
	other.HangUp()
	if got := list(); got != string(c.ID()) {
		t.Errorf("listed %s", got)
	}
}
