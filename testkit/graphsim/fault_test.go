package graphsim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

func faulty(t *testing.T, faults ...graphsim.Fault) *world {
	t.Helper()
	return newWorld(t, func(c *graphsim.Config) { c.Faults = faults })
}

func TestThrottled(t *testing.T) {
	w := faulty(t, graphsim.Fault{Action: "playPrompt", Nth: 2, Status: 429, RetryAfter: 2128 * time.Millisecond, Code: "TooManyRequests", Message: "slow down"})
	c := w.connected()
	uri := w.file("a.wav", time.Second)
	w.must(c, "playPrompt", play("1", uri))
	a := w.act(c, "playPrompt", play("2", uri))
	if a.status != 429 || a.header.Get("Retry-After") != "2.128" || a.code() != "TooManyRequests" || a.message() != "slow down" {
		t.Errorf("second: %d %v %s", a.status, a.header, a.raw)
	}
	w.must(c, "playPrompt", play("3", uri))
	w.clock.forward(10 * time.Second)
	w.expect(completed, completed)
}

// The request is executed, and its answer is lost.
func TestExecutedWithoutAnswer(t *testing.T) {
	w := faulty(t, graphsim.Fault{Action: "transfer", Accept: true, NoResponse: true})
	c := w.connected()
	if a := w.act(c, "transfer", `{"transferTarget":`+target+`}`); a.err == nil {
		t.Errorf("answered %d, want a dropped connection", a.status)
	}
	w.clock.forward(time.Minute)
	if end, ok := c.Ended(); !ok || end.By != ivr.EndedByTransfer {
		t.Errorf("ended %+v, want by transfer", end)
	}
	e, _ := find[graphsim.Request](w)
	if e.Status != 0 || !strings.HasSuffix(e.Path, "/transfer") {
		t.Errorf("observed %+v, want a dropped request", e)
	}
}

func TestFaultsOfRequests(t *testing.T) {
	w := faulty(t,
		graphsim.Fault{Action: "keepAlive", NoResponse: true},
		graphsim.Fault{Action: "subscribeToTone", Nth: 1, Status: 503, Accept: true},
		graphsim.Fault{Action: "get", Status: 200, Body: "<html>"},
		graphsim.Fault{Action: "delete", Nth: 1},
		graphsim.Fault{Action: "token", Nth: 2, Status: 503, RetryAfter: time.Second},
		graphsim.Fault{Action: "token", Nth: 3, NoResponse: true},
		graphsim.Fault{Action: "download", Nth: 1, Status: 500})
	c := w.connected()
	if a := w.act(c, "keepAlive", ""); a.err == nil {
		t.Error("keepAlive was answered, want a dropped connection")
	}
	if a := w.act(c, "subscribeToTone", ""); a.status != 503 || a.code() != "UnknownError" {
		t.Errorf("subscribeToTone: %d %q", a.status, a.code())
	}
	c.Press('1')
	w.clock.forward(time.Second)
	w.expect("updated established tone1") // it was executed all the same
	path := "/beta/communications/calls/" + string(c.ID())
	if a := w.send(w.request("GET", path, "")); a.status != 200 || string(a.raw) != "<html>" {
		t.Errorf("GET: %d %q", a.status, a.raw)
	}
	if a := w.postToken(w.sim.Tenant(), tokenForm()); a.status != 503 || a.header.Get("Retry-After") != "1" {
		t.Errorf("second token: %d %v", a.status, a.header)
	}
	if a := w.postToken(w.sim.Tenant(), tokenForm()); a.err == nil {
		t.Error("third token was answered, want a dropped connection")
	}
	for i, want := range []int{500, 404} {
		if a := w.download(base+"/recordings/none", "x"); a.status != want {
			t.Errorf("download %d: %d, want %d", i+1, a.status, want)
		}
	}
	for i, want := range []int{500, 204} {
		if a := w.send(w.request("DELETE", path, "")); a.status != want {
			t.Errorf("DELETE %d: %d, want %d", i+1, a.status, want)
		}
	}
}

func TestFaultsOfCallbacks(t *testing.T) {
	w := faulty(t,
		graphsim.Fault{Action: "callback", Match: "establishing", Lose: true},
		graphsim.Fault{Action: "callback", Match: "tone", Nth: 1, Delay: 5 * time.Second},
		graphsim.Fault{Action: "callback", Match: "tone", Nth: 2, Duplicate: 2},
		graphsim.Fault{Action: "callback", Match: "playPrompt", Empty: true},
		graphsim.Fault{Action: "callback", Match: "terminated", Delay: time.Minute, Duplicate: 1})
	c := w.ring(graphsim.Caller{})
	w.must(c, "answer", answerBody)
	w.clock.forward(time.Second)
	w.expect("created incoming", "updated established", "updated established audio=active")
	w.must(c, "subscribeToTone", "")
	c.Press('1', '2')
	w.clock.forward(10 * time.Second)
	w.expect("updated established tone2", "updated established tone2", "updated established tone2", "updated established tone1")
	w.posts = 0
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
	w.clock.forward(2 * time.Second)
	if last := w.bodies[len(w.bodies)-1]; w.posts != 1 || len(last) != 0 {
		t.Errorf("%d posts, the last %q; want an empty one", w.posts, last)
	}
	c.HangUp()
	w.clock.forward(59 * time.Second)
	w.expect()
	w.clock.forward(2 * time.Second)
	w.expect("deleted terminated 200/5002", "deleted terminated 200/5002")
}

// What acts on participants can fail as all else, and what is told of it can be
// lost.
func TestFaultsInMeetings(t *testing.T) {
	b := newTable(t, func(c *graphsim.Config) {
		c.Faults = []graphsim.Fault{{Action: "invite", Nth: 1, Status: 503, RetryAfter: time.Second}, {Action: "muteParticipant", Nth: 1, Status: 500, Accept: true},
			{Action: "deleteParticipant", NoResponse: true}, {Action: "logTeleconferenceDeviceQuality", Status: 504},
			{Action: "callback", Match: "invite", Nth: 1, Lose: true}, {Action: "callback", Match: "startHoldMusic", Duplicate: 1}, {Action: "callback", Match: "contentSharing", Lose: true}}
	})
	if a := b.act(b.c, "participants/invite", invitation(invitee("Ann", ""))); a.status != 503 || a.header.Get("Retry-After") != "1" {
		t.Errorf("invite: %d", a.status)
	}
	b.must(b.c, "participants/invite", invitation(invitee("Ann", "")))
	b.clock.forward(3 * time.Second)
	b.expect("updated participants")
	if a := b.act(b.c, "participants/"+b.eve.ID()+"/mute", ""); a.status != 500 {
		t.Errorf("mute: %d", a.status)
	}
	b.expectRosters("Bob Eve(by service, muted) application Ann")
	b.must(b.c, "participants/"+b.bob.ID()+"/startHoldMusic", "")
	b.clock.forward(time.Second)
	b.expect("deleted startHoldMusicOperation completed", "deleted startHoldMusicOperation completed")
	if a := b.below("DELETE", b.c, "participants/"+b.eve.ID(), ""); a.err == nil {
		t.Errorf("delete: %d, want no answer", a.status)
	}
	b.expectRosters() // it was not executed
	if a := b.send(b.request("POST", "/beta/communications/calls/logTeleconferenceDeviceQuality", "{}")); a.status != 504 {
		t.Errorf("quality: %d", a.status)
	}
}

// Faults can be changed while the simulator runs, and count anew.
func TestSetFaults(t *testing.T) {
	w := faulty(t, graphsim.Fault{Action: "keepAlive", Status: 503})
	c := w.connected()
	if a := w.act(c, "keepAlive", ""); a.status != 503 {
		t.Errorf("at first %d", a.status)
	}
	second := graphsim.Fault{Action: "keepAlive", Nth: 2, Status: 429}
	for _, want := range []int{200, 429, 200} {
		if want == 200 {
			if err := w.sim.SetFaults(second); err != nil {
				t.Fatal(err)
			}
		}
		if a := w.act(c, "keepAlive", ""); a.status != want {
			t.Errorf("answered %d, want %d", a.status, want)
		}
	}
	err := w.sim.SetFaults(graphsim.Fault{Action: "keepAlive", Status: 500}, graphsim.Fault{Action: "dance"}, graphsim.Fault{Action: "get", Nth: -1})
	if err == nil || !strings.Contains(err.Error(), `faults[1]: action "dance"`) || !strings.Contains(err.Error(), "faults[2]: nth is -1") {
		t.Errorf("error %v", err)
	}
	if a := w.act(c, "keepAlive", ""); a.status != 429 {
		t.Errorf("after a mistake %d, want what was set before", a.status)
	}
}

// What verifies callbacks can fail, too.
func TestFaultsOfMetadata(t *testing.T) {
	w := faulty(t, graphsim.Fault{Action: "metadata", Nth: 1, Status: 503, RetryAfter: time.Second}, graphsim.Fault{Action: "keys", NoResponse: true},
		graphsim.Fault{Action: "metadata", Nth: 2, Status: 200, Body: "<html>"})
	get := func(path string) answer { return w.send(w.request("GET", path, "")) }
	if a := get("/v1/.well-known/OpenIdConfiguration"); a.status != 503 || a.header.Get("Retry-After") != "1" {
		t.Errorf("metadata: %d %v", a.status, a.header)
	}
	if a := get("/v1/.well-known/OpenIdConfiguration"); a.status != 200 || string(a.raw) != "<html>" {
		t.Errorf("metadata: %d %s", a.status, a.raw)
	}
	if a := get("/v1/.well-known/keys"); a.err == nil {
		t.Errorf("keys: %d, want a dropped connection", a.status)
	}
}

// Who serves a simulator lets an operation fail by the request's context.
func TestEndWith(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	r := w.request("POST", w.path(c)+"/playPrompt", play("1", w.file("a.wav", time.Second)))
	if a := w.send(r.WithContext(graphsim.EndWith(r.Context(), "unknown"))); a.status != 200 {
		t.Errorf("answered %d %s", a.status, a.raw)
	}
	w.clock.forward(time.Minute)
	w.expect("deleted playPromptOperation failed unknown 500/9999")
}

// A transport knows what is in a callback, without reading it.
func TestTells(t *testing.T) {
	var got []string
	w := newWorld(t, func(c *graphsim.Config) {
		next := c.Transport
		c.Transport = transport(func(r *http.Request) (*http.Response, error) {
			call, tells := graphsim.Tells(r.Context())
			got = append(got, strings.Join(append(tells, fmt.Sprint(call != "")), " "))
			return next.RoundTrip(r)
		})
		c.Oddities = []graphsim.Oddity{graphsim.Batched}
	})
	c := w.connected()
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
	w.clock.forward(time.Minute)
	want := []string{"incoming true", "establishing true", "established true", "audio true", "false", "playPrompt true"}
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Requests are named in the words of faults.
func TestAsks(t *testing.T) {
	const id = "11111111-2222-4333-8444-555555555555"
	w := newWorld(t, nil)
	for _, tt := range []struct{ method, path, name, call string }{
		{"POST", "/tenant/oauth2/v2.0/token", "token", ""},
		{"GET", "/v1/.well-known/OpenIdConfiguration", "metadata", ""},
		{"GET", "/v1/.well-known/keys", "keys", ""},
		{"GET", "/tenant/v2.0/.well-known/openid-configuration", "tenant", ""},
		{"GET", "/recordings/x", "download", ""},
		{"GET", "/", "unknown", ""},
		{"GET", "/v1.0/users/x", "unknown", ""},
		{"POST", "/v1.0/communications/calls", "create", ""},
		{"GET", "/v1.0/communications/calls", "listCalls", ""},
		{"GET", "/v1.0/communications/calls/" + id, "get", id},
		{"DELETE", "/beta/app/calls/" + strings.ToUpper(strings.ReplaceAll(id, "-", "")), "delete", id},
		{"POST", "/v1.0/communications/calls/" + id + "/playPrompt", "playPrompt", id},
		{"POST", "/v1.0/communications/calls/" + id + "/microsoft.graph.playPrompt", "playPrompt", id},
		{"POST", "/beta/communications/calls('" + id + "')/answer", "answer", id},
		{"GET", "/beta/communications/calls/" + id + "/participants", "listParticipants", id},
		{"DELETE", "/beta/communications/calls/" + id + "/participants/" + id, "deleteParticipant", id},
		{"POST", "/beta/communications/calls/" + id + "/participants/invite", "invite", id},
		{"POST", "/beta/communications/calls/" + id + "/participants/" + id + "/mute", "muteParticipant", id},
		{"PATCH", "/beta/communications/calls/" + id + "/audioRoutingGroups/" + id, "updateAudioRoutingGroup", id},
		{"POST", "/beta/communications/calls/logTeleconferenceDeviceQuality", "logTeleconferenceDeviceQuality", ""},
		{"GET", "/beta/communications/calls/" + id + "/operations/" + id, "getOperation", id},
	} {
		name, call := w.sim.Asks(tt.method, tt.path)
		if name != tt.name || string(call) != tt.call {
			t.Errorf("%s %s asks for %q of the call %q, want %q of %q", tt.method, tt.path, name, call, tt.name, tt.call)
		}
		if name != "unknown" && !slices.Contains(graphsim.FaultActions(), name) {
			t.Errorf("no fault strikes %q", name)
		}
	}
}
