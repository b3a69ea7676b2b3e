package graphsim_test

import (
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
