package control_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

const (
	secondApp      = "0f7dd3a4-9c6c-4f58-8d1c-3f5b6a2e9c01"
	secondInstance = "7a1d5c0e-2f3b-4a6c-9d8e-1b2c3d4e5f60"
)

// Several bots are registered by the set-up: each has its callback, its numbers
// and its permissions, and nobody is told their secrets.
func TestApps(t *testing.T) {
	second := newPhoneBot(t)
	second.app = secondApp
	w := newWorld(t, func(c *control.Config) {
		c.Setup.Apps = []control.App{{ID: secondApp, Bot: second.url + "/calls", Instance: secondInstance, Permissions: []string{"Calls.AccessMedia.All"}}}
	})
	second.graph = w.url
	for _, tt := range []struct {
		ring, app string
		bot       *phoneBot
	}{
		{"", graphsim.DefaultAppID, w.bot},
		{`{"app": "` + strings.ToUpper(secondApp) + `"}`, secondApp, second},
		{`{"called": {"kind": "application", "id": "` + secondInstance + `"}}`, secondApp, second},
		{`{"app": "` + secondApp + `", "caller": {"id": "+441632960123"}}`, secondApp, second},
	} {
		before := len(tt.bot.told())
		if c := w.ring(tt.ring, "prompt"); c.App != tt.app || len(tt.bot.told()) == before {
			t.Errorf("%s: the call of %s told its bot %d things", tt.ring, c.App, len(tt.bot.told())-before)
		}
	}
	for _, query := range []string{"kind=request&what=token", "kind=request&what=playPrompt", "kind=callback&what=incoming", "kind=event&what=ringing"} {
		want := len(w.log(query))
		got := 0
		for _, app := range []string{graphsim.DefaultAppID, secondApp} {
			got += len(w.log(query + "&app=" + app))
		}
		if got != want {
			t.Errorf("%s: %d entries are of one of the bots, of %d", query, got, want)
		}
	}
	second.dial(t.Context(), ann)
	if got := second.statusesOf("calls"); len(got) != 1 || got[0] != "403" {
		t.Errorf("a bot without the permission to call was answered %q", got)
	}
	var info control.Info
	body := `{"apps": [{"id": "` + secondApp + `", "secret": "` + graphsim.DefaultSecret + `", "bot": "` + second.url + `/calls"}],
		"settings": {"latency": "0s", "establishing_delay": "0s", "established_delay": "0s", "audio_delay": "0s"}}`
	w.ask(http.MethodPost, "/reset", body, &info)
	if len(info.Setup.Apps) != 1 || info.Setup.Apps[0].ID != secondApp || info.Setup.Apps[0].Secret != "" {
		t.Errorf("the set-up is told as %+v", info.Setup.Apps)
	}
	// Its token is that of before the reset; its permissions are new.
	w.ring(`{"app": "`+secondApp+`"}`, "prompt")
	second.dial(t.Context(), ann)
	if got := second.statusesOf("calls"); got[1] != "201" {
		t.Errorf("after the reset %q", got)
	}
	w.ask(http.MethodPost, "/reset", "", &info)
	if len(info.Setup.Apps) != 1 || info.Setup.Apps[0].Permissions == nil {
		t.Errorf("a reset without a body left %+v", info.Setup.Apps)
	}
}

// fetch reads a WAV file of the control interface.
func (w *world) fetch(path string) []byte {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+control.Root+path, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	wav, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "audio/wav" {
		w.t.Fatalf("%s: %s, %v", path, resp.Status, err)
	}
	return wav
}

// Somebody in a meeting speaks, and what the bot recorded can be fetched. Who is
// muted is not heard.
func TestRecordedAudio(t *testing.T) {
	w := newWorld(t)
	var m control.Meeting
	w.ask(http.MethodPost, "/meetings", `{"organizer": {"kind": "user", "id": "`+bob+`"}, "join_id": "1234567"}`, &m)
	w.ask(http.MethodPost, "/meetings/1/people", `{"id": "`+bob+`"}`, nil)
	w.ask(http.MethodPost, "/meetings/1/people", `{"id": "`+ann+`"}`, nil)
	w.bot.join(t.Context(), "1234567")
	call := w.log("kind=event&what=joining")[0].Call
	w.until(call, "prompt")
	w.ask(http.MethodPost, "/meetings/1/people/"+ann+"/mute", "", &m)
	hears := map[string]int{}
	for _, p := range m.People {
		hears[p.Party.ID] = len(p.Hears)
	}
	if hears[bob] != 1 || hears[ann] != 2 {
		t.Errorf("people hear %v", hears)
	}
	w.ask(http.MethodPost, "/meetings/1/people/"+bob+"/press", `{"keys": "2"}`, nil)
	w.until(call, "recording")
	said := prompt.EncodeWAV(graphsim.Tone(300 * time.Millisecond))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/control/meetings/1/people/"+bob+"/speak", bytes.NewReader(said))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "audio/wav")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	w.ask(http.MethodPost, "/meetings/1/people/"+ann+"/speak", `{"for": "1s"}`, nil)
	w.ask(http.MethodPost, "/meetings/1/people/"+bob+"/speak", `{"for": "100ms"}`, nil)
	w.ask(http.MethodPost, "/calls/"+call+"/hang_up", "", nil)
	if c := w.until(call, "ended"); len(c.Recordings) != 1 || c.Recordings[0].N != 1 || !c.Recordings[0].Lost {
		t.Errorf("the recordings are %+v", c.Recordings)
	}
	wav := w.fetch("/calls/" + call + "/recordings/1/audio")
	if _, err := prompt.DecodeWAV(wav); err != nil {
		t.Errorf("%d bytes: %v", len(wav), err)
	}
	for _, path := range []string{"/calls/" + call + "/recordings/2/audio", "/calls/" + call + "/recordings/x/audio", "/calls/none/recordings/1/audio"} {
		if status := w.raw(t.Context(), http.MethodGet, path, "", new(any)); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// What a bot recorded is what was said.
func TestRecordedCall(t *testing.T) {
	w := newWorld(t)
	w.ask(http.MethodPut, "/people/"+ann, `{"script": [{"when": "prompt", "press": "2"}, {"when": "recording", "speak": "300ms"}, {"after": "400ms", "hang_up": true}]}`, nil)
	c := w.ring(`{"caller": {"id": "`+ann+`"}}`, "ended")
	pcm, err := prompt.DecodeWAV(w.fetch("/calls/" + c.ID + "/recordings/1/audio"))
	if err != nil || len(pcm) < 400*16 {
		t.Fatalf("%d samples: %v", len(pcm), err)
	}
	want := graphsim.Tone(300 * time.Millisecond)
	from := 0
	for from < len(pcm) && pcm[from] == 0 {
		from++
	}
	if from == len(pcm) || pcm[from+99] != want[100] || pcm[from+3999] != want[4000] {
		t.Errorf("%d samples from %d on are not what was said", len(pcm), from)
	}
}

// A bot is called into a meeting.
func TestRingIntoMeeting(t *testing.T) {
	w := newWorld(t)
	w.ask(http.MethodPost, "/meetings", `{"organizer": {"kind": "user", "id": "`+bob+`"}}`, nil)
	w.ask(http.MethodPost, "/meetings/1/people", `{"id": "`+bob+`"}`, nil)
	var m control.Meeting
	w.ring(`{"meeting": 1, "caller": {"id": "`+bob+`"}}`, "audio")
	w.ask(http.MethodGet, "/meetings/1", "", &m)
	if len(m.People) != 2 || m.People[1].Party.Kind != "bot" && m.People[1].Party.Kind != "application" {
		t.Errorf("the people are %+v", m.People)
	}
}

// Operations fail with a completionReason from any time on, so often as it was
// said.
func TestEndsWhileRunning(t *testing.T) {
	w := newWorld(t)
	w.ask(http.MethodPost, "/faults", `{"on": "playPrompt", "ends": "unknown", "times": 1}`, nil)
	c := w.ring("", "audio")
	ended := w.log("kind=callback&what=playPrompt&call=" + c.ID)[0]
	if !strings.Contains(string(ended.Request), `"completionReason":"unknown"`) && !strings.Contains(string(ended.Request), `"failed"`) {
		t.Errorf("the bot was told %s", ended.Request)
	}
	w.ask(http.MethodPost, "/calls/"+c.ID+"/press", `{"keys": "1"}`, nil)
	w.until(c.ID, "heard&prompt=sales")
	var list control.Faults
	w.ask(http.MethodGet, "/faults", "", &list)
	if len(list.Faults) != 1 || list.Faults[0].Struck != 1 {
		t.Errorf("the faults are %+v", list.Faults)
	}
	if e := w.log("kind=request&what=playPrompt&call=" + c.ID); e[0].Fault != "ends unknown" || e[0].Status != 200 || e[1].Fault != "" {
		t.Errorf("the log has %+v", e)
	}
}

// A bot is registered with a certificate in place of a secret, and signs with its
// key.
func TestAppCertificate(t *testing.T) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &sharedKey().PublicKey, sharedKey())
	if err != nil {
		t.Fatal(err)
	}
	pemText := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	w := newWorld(t, func(c *control.Config) {
		c.Setup.Apps = []control.App{{ID: secondApp, Bot: "http://127.0.0.1:1/", Certificate: pemText}}
	})
	thumbprint, b64 := sha256.Sum256(der), base64.RawURLEncoding
	claims, err := json.Marshal(map[string]any{"aud": w.url + "/" + graphsim.DefaultTenant + "/oauth2/v2.0/token",
		"iss": secondApp, "sub": secondApp, "exp": time.Now().Add(time.Minute).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	text := b64.EncodeToString([]byte(`{"alg":"PS256","x5t#S256":"`+b64.EncodeToString(thumbprint[:])+`"}`)) + "." + b64.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPSS(rand.Reader, sharedKey(), crypto.SHA256, sum[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	text += "." + b64.EncodeToString(signature)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {secondApp}, "scope": {"https://graph.microsoft.com/.default"},
		"client_assertion": {text}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/"+graphsim.DefaultTenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%s %s: %v", resp.Status, body, err)
	}
	if _, err := control.ReadCertificates([]byte(pemText + pemText)); err != nil {
		t.Error(err)
	}
}
