package graphsim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const (
	secondApp = "0f7dd3a4-9c6c-4f58-8d1c-3f5b6a2e9c01"
	second    = "https://bot.test/second"
)

// asApp is the world with the token of an app.
func (w *world) asApp(id, secret string) *world {
	w.t.Helper()
	a := w.postToken(w.sim.Tenant(), url.Values{"client_id": {id}, "client_secret": {secret},
		"scope": {"https://graph.microsoft.com/.default"}, "grant_type": {"client_credentials"}})
	token, _ := a.body["access_token"].(string)
	if token == "" {
		w.t.Fatalf("token: %d %s", a.status, a.raw)
	}
	w.token = token
	return w
}

// Two bots are in one meeting: each has its own call, webhook, permissions and
// audience of tokens, and sees the other in the roster.
func TestSeveralApps(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) {
		c.Apps = []graphsim.App{{ID: secondApp, Secret: "two", Webhook: second, Permissions: []string{memberRole}}}
	})
	m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob")})
	bob := w.enter(m, person("Bob"))
	first := w.joined(m)
	firstToken := w.token
	w.asApp(secondApp, "two")
	if a := w.call("GET", first); statusAndCode(a) != "404 8522" {
		t.Errorf("another's call: %s", statusAndCode(a))
	}
	if a := w.create(newCall("")); statusAndCode(a) != "403 7504" {
		t.Errorf("a call without permission: %s", statusAndCode(a))
	}
	c := w.calls(joinBody(byOrganizer(m)))
	w.clock.forward(time.Second)
	if n := len(m.People()); n != 3 {
		t.Errorf("%d people, want 3", n)
	}
	audiences := map[string]string{}
	for _, n := range w.heard {
		audiences[strings.Split(n.URL, "/")[3]] = audience(t, n.header)
	}
	for call, want := range map[*graphsim.Call]string{first: graphsim.DefaultAppID, c: secondApp} {
		id := string(call.ID())
		if got := audiences[id] + audiences[strings.ToUpper(strings.ReplaceAll(id, "-", ""))]; got != want {
			t.Errorf("audience %s, want %s", got, want)
		}
	}
	w.heard = nil
	bob.Mute()
	w.clock.forward(time.Second)
	w.expect("updated participants", "updated participants")
	w.token = firstToken
	other := m.Find(secondApp)
	if a := w.below("DELETE", first, "participants/"+other.ID(), ""); a.status != http.StatusNoContent {
		t.Errorf("removing the other bot: %d %s", a.status, a.raw)
	}
	w.clock.forward(time.Second)
	if end, ok := c.Ended(); !ok || end.Result.Subcode != 5000 {
		t.Errorf("the other bot's call: %v %+v", ok, end)
	}
	if m.Find(secondApp) != nil || first.State() != ivr.StateEstablished {
		t.Error("the wrong one left")
	}
}

// audience is whom a callback's token is for.
func audience(t *testing.T, h http.Header) string {
	t.Helper()
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(strings.TrimPrefix(h.Get("Authorization"), "Bearer "), claims); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(claims["aud"])
}

// A caller rings the bot that is named, by its instance or its app id.
func TestRingsTheApp(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) {
		c.Apps = []graphsim.App{{ID: secondApp, Secret: "two", Instance: "instance-two", Webhook: second}}
	})
	for _, from := range []graphsim.Caller{
		{App: secondApp}, {Called: ivr.Party{Kind: ivr.PartyBot, ID: strings.ToUpper(secondApp)}},
		{Called: ivr.Party{Kind: ivr.PartyApplication, ID: "instance-two"}},
		{App: secondApp, Called: ivr.Party{Kind: ivr.PartyPhone, ID: "+14255550100"}},
	} {
		w.heard = nil
		w.ring(from)
		if len(w.heard) != 1 || w.heard[0].path != "/second" {
			t.Errorf("%+v: told %v", from, w.story())
		}
	}
	w.heard = nil
	w.ring(graphsim.Caller{})
	if w.heard[0].path != "/calls" {
		t.Errorf("told at %s", w.heard[0].path)
	}
	if _, err := w.sim.Ring(graphsim.Caller{App: "x"}); err == nil {
		t.Error("an app that nobody knows rings")
	}
}

func TestAppsAreChecked(t *testing.T) {
	good := graphsim.App{ID: secondApp, Secret: "two", Webhook: second}
	for name, apps := range map[string][]graphsim.App{
		"no id":     {{Secret: "two", Webhook: second}},
		"no secret": {{ID: secondApp, Webhook: second}},
		"webhook":   {{ID: secondApp, Secret: "two", Webhook: "http://bot.test/"}},
		"twice":     {good, good},
		"config's":  {{ID: graphsim.DefaultAppID, Secret: "two", Webhook: second}},
	} {
		_, err := graphsim.New(graphsim.Config{BaseURL: base, Webhook: webhook, Key: sharedKey(), Apps: apps})
		if err == nil || !strings.Contains(err.Error(), "config.Apps[") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := graphsim.New(graphsim.Config{BaseURL: base, Webhook: webhook, Key: sharedKey(), Apps: []graphsim.App{good}}); err != nil {
		t.Error(err)
	}
}

// Too many requests are refused with the time after which one is taken; those
// that were refused count, too.
func TestRequestQuota(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.MaxRequests = 3 })
	c := w.ring(graphsim.Caller{})
	var got []string
	get := func(wait time.Duration) {
		w.clock.forward(wait)
		a := w.call("GET", c)
		got = append(got, strings.TrimSpace(statusAndCode(a)+" "+a.header.Get("Retry-After")))
	}
	for range 3 {
		get(time.Second)
	}
	get(500 * time.Millisecond)
	get(8 * time.Second)
	get(1500 * time.Millisecond)
	want := []string{"200", "200", "200", "429 TooManyRequests 8.5", "429 TooManyRequests 1.5", "200"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// An app has so many calls in a month.
func TestCallQuota(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.MaxCallsAMonth = 2 })
	w.calls(newCall(""))
	w.clock.forward(24 * time.Hour)
	w.asApp(graphsim.DefaultAppID, graphsim.DefaultSecret)
	w.calls(newCall(""))
	a := w.create(newCall(""))
	if statusAndCode(a) != "429 8529" || a.header.Get("Retry-After") != fmt.Sprint(29*24*60*60) {
		t.Errorf("%s, Retry-After %s", statusAndCode(a), a.header.Get("Retry-After"))
	}
	w.clock.forward(29 * 24 * time.Hour)
	w.asApp(graphsim.DefaultAppID, graphsim.DefaultSecret)
	w.calls(newCall(""))
}

// What a device reports belongs to no call.
func TestDeviceQuality(t *testing.T) {
	stream := `{"@odata.type":"#microsoft.graph.teleconferenceDeviceAudioQuality","channelIndex":1,"mediaDuration":"PT20M"}`
	id := "0622673d-9f69-49b3-9d4f-5ec64f42ecce"
	good := `{"quality":{"@odata.type":"#microsoft.graph.teleconferenceDeviceQuality","callChainId":"` + id + `","participantId":"` + id + `","mediaLegId":"` + id +
		`","deviceName":"TestAgent","deviceDescription":"TestDescription","mediaQualityList":[` + stream + `]}}`
	for _, tt := range []struct{ name, old, new, agent, want, says string }{
		{"good", "", "", "MyBridge/2.1", "200", ""},
		{"no agent", "", "", "", "400 BadRequest", "'User-Agent' is missing"},
		{"no quality", `"quality"`, `"qualities"`, "x", "400 BadRequest", "'qualities' in the request payload is not a valid parameter"},
		{"no id", `"callChainId":"` + id, `"callChainId":"1`, "x", "400 BadRequest", "'callChainId' is '1'; it must be a GUID"},
		{"no device", `"deviceName":"TestAgent"`, `"deviceName":""`, "x", "400 BadRequest", "'deviceName' is missing"},
		{"no stream", stream, "", "x", "400 BadRequest", "'mediaQualityList' is empty"},
		{"no kind", "AudioQuality", "Quality", "x", "400 BadRequest", "mediaQualityList[0] has the type"},
		{"other type", "teleconferenceDeviceQuality", "quality", "x", "400 BadRequest", "expected '#microsoft.graph.teleconferenceDeviceQuality'"},
	} {
		for _, version := range []string{"beta", "v1.0"} {
			w := newWorld(t, nil)
			r := w.request("POST", "/"+version+"/communications/calls/logTeleconferenceDeviceQuality", strings.Replace(good, tt.old, tt.new, 1))
			r.Header["User-Agent"] = []string{tt.agent}
			a := w.send(r)
			if statusAndCode(a) != tt.want || !strings.Contains(a.message(), tt.says) {
				t.Errorf("%s: %s %s, want %s %s", tt.name, statusAndCode(a), a.message(), tt.want, tt.says)
			}
			if e, ok := find[graphsim.DeviceReported](w); ok != (tt.want == "200") || ok && (e.Device != "TestAgent" || e.Streams != 1) {
				t.Errorf("%s: event %+v", tt.name, e)
			}
		}
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Permissions = []string{memberRole} })
	if a := w.send(w.request("POST", "/beta/communications/calls/logTeleconferenceDeviceQuality", good)); statusAndCode(a) != "403 7504" {
		t.Errorf("without permission: %s", statusAndCode(a))
	}
	if a := w.send(w.request("GET", "/beta/communications/calls/logTeleconferenceDeviceQuality", "")); statusAndCode(a) != "405 MethodNotAllowed" {
		t.Errorf("GET: %s", statusAndCode(a))
	}
}

// What a bot has cached by a resourceId is its own.
func TestCacheOfApps(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) {
		c.Apps = []graphsim.App{{ID: secondApp, Secret: "two", Webhook: second}}
	})
	hears := func(c *graphsim.Call, length time.Duration) time.Duration {
		t.Helper()
		uri := w.file("hello.wav", length) // which is its resourceId, too
		w.must(c, "answer", answerBody)
		w.clock.forward(time.Second)
		w.must(c, "playPrompt", play("1", uri))
		w.clock.forward(time.Minute)
		return c.Heard()[0].Length
	}
	hears(w.ring(graphsim.Caller{}), time.Second)
	if got := hears(w.ring(graphsim.Caller{}), 2*time.Second); got != time.Second {
		t.Errorf("the same bot plays %v, want what it cached", got)
	}
	w.asApp(secondApp, "two")
	if got := hears(w.ring(graphsim.Caller{App: secondApp}), 3*time.Second); got != 3*time.Second {
		t.Errorf("another bot plays %v, want what is its own", got)
	}
}
