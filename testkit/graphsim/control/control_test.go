package control_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// A whole call over real HTTP, driven by the control interface alone: ring,
// hear, press, hear, be recorded, hang up.
func TestCall(t *testing.T) {
	w := newWorld(t)
	c := w.ring(`{"caller": {"id": "+441632960123"}}`, "prompt&prompt=welcome.wav")
	if c.Direction != "incoming" || c.State != "established" || c.Audio != "active" || !c.Subscribed || c.Person.Kind != "phone" || c.Called.Kind != "application" {
		t.Errorf("the call is %+v", c)
	}
	w.ask(http.MethodPost, "/calls/"+c.ID+"/press", `{"keys": "1"}`, nil)
	w.until(c.ID, "heard&prompt=sales")
	w.ask(http.MethodPost, "/calls/"+c.ID+"/press", `{"keys": "2"}`, nil)
	w.until(c.ID, "recording")
	w.ask(http.MethodPost, "/calls/"+c.ID+"/hold", "", &c)
	if c.Audio != "inactive" {
		t.Errorf("on hold audio is %s", c.Audio)
	}
	w.ask(http.MethodPost, "/calls/"+c.ID+"/resume", "", &c)
	if c.Audio != "active" {
		t.Errorf("after the hold audio is %s", c.Audio)
	}
	w.ask(http.MethodPost, "/calls/"+c.ID+"/speak", `{"for": "200ms"}`, nil)
	w.ask(http.MethodPost, "/calls/"+c.ID+"/hang_up", "", nil)
	c = w.until(c.ID, "ended")
	if c.Ended.By != "person" || c.Ended.Subcode != 540000 || c.Keys != "12" {
		t.Errorf("the call ended %+v with the keys %q", c.Ended, c.Keys)
	}
	if len(c.Prompts) < 2 || c.Prompts[0].ResourceID != "welcome" || c.Prompts[0].Length.Std() != 20*time.Second || c.Prompts[0].Playing {
		t.Errorf("it heard %+v", c.Prompts)
	}
	if len(c.Recordings) != 1 || c.Recordings[0].Runs {
		t.Errorf("it was recorded: %+v", c.Recordings)
	}
	var all control.Calls
	w.ask(http.MethodGet, "/calls", "", &all)
	if len(all.Calls) != 1 || all.Calls[0].ID != c.ID {
		t.Errorf("all calls: %+v", all)
	}
	played := w.log("kind=request&what=playPrompt&call=" + c.ID)
	if played[0].Status != http.StatusOK || !strings.Contains(string(played[0].Request), "welcome.wav") || !strings.Contains(string(played[0].Response), "playPromptOperation") {
		t.Errorf("the log of playPrompt: %+v", played[0])
	}
	if tones := w.log("kind=callback&what=tone"); len(tones) != 2 || tones[0].Call != c.ID || tones[0].Status != http.StatusAccepted {
		t.Errorf("callbacks of tones: %+v", tones)
	}
	for _, e := range w.log("kind=request&what=token") {
		if e.Request != nil || e.Response != nil {
			t.Errorf("the log has a secret: %+v", e)
		}
	}
	w.log("kind=download")
}

// What was played can be fetched.
func TestPromptAudio(t *testing.T) {
	w := newWorld(t)
	c := w.ring("", "prompt")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/control/calls/"+c.ID+"/prompts/1/audio", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "audio/wav" || resp.ContentLength < 20*32000 {
		t.Errorf("%d, %s, %d bytes", resp.StatusCode, resp.Header.Get("Content-Type"), resp.ContentLength)
	}
}

// People do by themselves what was said of them: who calls, and who is called.
func TestPeople(t *testing.T) {
	w := newWorld(t)
	w.ask(http.MethodPut, "/people/"+ann, `{"script": [{"when": "prompt", "prompt": "welcome", "press": "1"},
		{"when": "prompt", "prompt": "sales", "after": "10ms", "press": "2"}, {"when": "recording", "speak": "100ms"}, {"after": "20ms", "hang_up": true}]}`, nil)
	w.ask(http.MethodPut, "/people/"+bob, `{"behaviour": "busy"}`, nil)
	c := w.ring(`{"caller": {"id": "`+ann+`"}}`, "ended")
	if c.Keys != "12" || c.Ended.By != "person" || c.Ended.Subcode != 5002 || len(c.Recordings) != 1 {
		t.Errorf("Ann's call: %+v", c)
	}
	for _, tt := range []struct {
		who     string
		subcode int
		keys    string
	}{{ann, 5002, "12"}, {bob, 8539, ""}} {
		c := w.until(w.dial(tt.who), "ended")
		if c.Direction != "outgoing" || c.Person.ID != tt.who || c.Ended.Subcode != tt.subcode || c.Keys != tt.keys {
			t.Errorf("the call to %s: %+v, %+v", tt.who, c, c.Ended)
		}
	}
	var list control.People
	w.ask(http.MethodGet, "/people", "", &list)
	if len(list.People) != 2 || list.People[1].Behaviour != "busy" {
		t.Errorf("people: %+v", list)
	}
	w.ask(http.MethodDelete, "/people/"+bob, "", nil)
	w.until(w.dial(bob), "prompt")
	if w.raw(t.Context(), http.MethodGet, "/people/"+bob, "", new(any)) != http.StatusNotFound {
		t.Error("Bob is still known")
	}
}

// dial lets the bot call somebody, and answers the call's id.
func (w *world) dial(who string) string {
	w.t.Helper()
	var l control.Log
	w.ask(http.MethodGet, "/log", "", &l)
	w.bot.dial(w.t.Context(), who)
	return w.log(fmt.Sprintf("kind=event&what=calling&after=%d", l.Next))[0].Call
}

// Somebody takes their time to answer, and leaves when they like.
func TestAnswersIn(t *testing.T) {
	w := newWorld(t)
	w.ask(http.MethodPut, "/people/"+ann, `{"answers_in": "80ms", "leaves_in": "50ms"}`, nil)
	c := w.until(w.dial(ann), "ended")
	if rang := w.log("kind=event&what=picked_up")[0].At.Sub(c.Began); rang < 80*time.Millisecond {
		t.Errorf("it rang for %s", rang)
	}
	if c.Ended.By != "person" || c.Ended.At.Sub(c.Began) < 130*time.Millisecond {
		t.Errorf("the call ended %+v", c.Ended)
	}
}

// A caller may hang up at any point, also before the bot answered.
func TestHangUpAfter(t *testing.T) {
	w := newWorld(t, func(c *control.Config) { c.Setup.Settings.Latency = time.Minute })
	c := w.ring(`{"hang_up_after": "10ms"}`, "ended")
	if c.Ended.By != "person" || c.Ended.Subcode != 8542 {
		t.Errorf("the call ended %+v", c.Ended)
	}
}

// A reset ends calls, forgets people and faults, and takes other settings; the
// bot's token stays good.
func TestReset(t *testing.T) {
	w := newWorld(t)
	c := w.ring("", "prompt")
	w.ask(http.MethodPut, "/people/"+ann, `{"behaviour": "busy"}`, nil)
	w.ask(http.MethodPost, "/faults", `{"on": "answer", "status": 503}`, nil)
	var info control.Info
	w.ask(http.MethodPost, "/reset", `{"seed": 7, "oddities": ["duplicates"], "settings": {"latency": "0s", "establishing_delay": "1ms", "established_delay": "1ms",
		"audio": "merged", "hang_up_by_user": {"code": 200, "subcode": 7}}, "people": [{"id": "`+bob+`", "behaviour": "declined"}]}`, &info)
	if info.Setup.Seed != 7 || info.Setup.Settings.HangUpByUser.Subcode != 7 || info.Sum.Calls != 1 {
		t.Errorf("after the reset: %+v", info)
	}
	if status := w.raw(t.Context(), http.MethodGet, "/calls/"+c.ID, "", new(any)); status != http.StatusNotFound {
		t.Errorf("the old call: %d", status)
	}
	var people control.People
	var faults control.Faults
	w.ask(http.MethodGet, "/people", "", &people)
	w.ask(http.MethodGet, "/faults", "", &faults)
	if len(people.People) != 1 || people.People[0].ID != bob || len(faults.Faults) != 0 {
		t.Errorf("people %+v, faults %+v", people, faults)
	}
	c = w.ring("", "prompt")
	w.ask(http.MethodPost, "/calls/"+c.ID+"/hang_up", "", &c)
	if c.Ended.Subcode != 7 {
		t.Errorf("ended %+v", c.Ended)
	}
	if tokens := w.log("kind=request&what=token"); len(tokens) != 1 {
		t.Errorf("%d tokens were asked for, want 1", len(tokens))
	}
	if twice := w.log("kind=callback&what=incoming&call=" + c.ID); len(twice) != 2 {
		t.Errorf("%d callbacks for one with the oddity duplicates", len(twice))
	}
	info = control.Info{}
	w.ask(http.MethodPost, "/reset", "", &info)
	if info.Setup.Seed != 0 || info.Setup.Settings.Audio != 0 {
		t.Errorf("after a reset without a set-up: %+v", info.Setup)
	}
	w.ask(http.MethodPost, "/reset", `{"faults": [{"on": "playPrompt", "ends": "unknown"}]}`, nil)
	w.ring("", "audio")
	ended := w.log("kind=callback&what=playPrompt&call=" + w.newest().ID)
	if !strings.Contains(string(ended[0].Request), `"failed"`) {
		t.Errorf("the operation did not fail: %s", ended[0].Request)
	}
}

// newest is the call that began last.
func (w *world) newest() control.Call {
	w.t.Helper()
	var c control.Call
	w.ask(http.MethodGet, "/calls/last", "", &c)
	return c
}

// A new key signs what comes next, and its thumbprint is told.
func TestRotateKey(t *testing.T) {
	w := newWorld(t)
	var before, after control.Info
	var rotated control.Rotated
	w.ask(http.MethodGet, "", "", &before)
	w.ask(http.MethodPost, "/rotate_key", `{"forget": true}`, &rotated)
	w.ask(http.MethodGet, "", "", &after)
	if before.Thumbprint != control.Thumbprint(&sharedKey().PublicKey) || after.Thumbprint == before.Thumbprint || after.Thumbprint != rotated.Thumbprint {
		t.Errorf("thumbprints: %q, %q, %q", before.Thumbprint, rotated.Thumbprint, after.Thumbprint)
	}
}

// Waiting for what cannot come any more ends at once, with the reason.
func TestUntilInVain(t *testing.T) {
	w := newWorld(t)
	c := w.ring("", "prompt")
	for _, tt := range []struct {
		query string
		want  int
	}{{"until=recording&wait=10ms", http.StatusRequestTimeout}, {"until=dinner", http.StatusBadRequest}, {"until=audio&wait=2m", http.StatusBadRequest}} {
		if status := w.raw(t.Context(), http.MethodGet, "/calls/"+c.ID+"?"+tt.query, "", new(any)); status != tt.want {
			t.Errorf("%s: %d, want %d", tt.query, status, tt.want)
		}
	}
	w.ask(http.MethodPost, "/calls/"+c.ID+"/hang_up", "", nil)
	for path, body := range map[string]string{"/press": `{"keys": "1"}`, "/speak": `{"for": "1s"}`} {
		if status := w.raw(t.Context(), http.MethodPost, "/calls/"+c.ID+path, body, new(any)); status != http.StatusConflict {
			t.Errorf("%s after the end: %d", path, status)
		}
	}
	if status := w.raw(t.Context(), http.MethodGet, "/calls/"+c.ID+"?until=recording&wait=20s", "", new(any)); status != http.StatusConflict {
		t.Errorf("waiting after the end: %d", status)
	}
}
