package graphsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// cached plays uri under a resourceId and says how long it was heard.
func cached(w *world, c *graphsim.Call, uri, id string) time.Duration {
	w.t.Helper()
	w.must(c, "playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt","mediaInfo":{"uri":"`+uri+`","resourceId":"`+id+`"}}]}`)
	w.clock.forward(20 * time.Second)
	all := c.Heard()
	return all[len(all)-1].Played
}

// A prompt is found by its resourceId alone, also at another address and by
// another call, unless every call has a cache of its own. What could not be
// played is not kept.
func TestCacheByResourceID(t *testing.T) {
	for own, want := range map[bool]time.Duration{false: time.Second, true: 3 * time.Second} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.PromptCacheByCall = own })
		first, second := w.connected(), w.connected()
		a, b := w.file("a.wav", time.Second), w.file("b.wav", 3*time.Second)
		if got := cached(w, first, a, "same"); got != time.Second {
			t.Errorf("first: %v", got)
		}
		if got := cached(w, first, b, "same"); got != time.Second {
			t.Errorf("another address: %v, want the audio that is cached", got)
		}
		if got := cached(w, second, b, "same"); got != want {
			t.Errorf("another call, own cache %v: %v, want %v", own, got, want)
		}
		if got := cached(w, first, "https://bot.test/audio/late.wav", "late"); got != 0 {
			t.Errorf("missing file: %v", got)
		}
		w.file("late.wav", 2*time.Second)
		if got := cached(w, first, "https://bot.test/audio/late.wav", "late"); got != 2*time.Second {
			t.Errorf("the file that was missing: %v, want 2s", got)
		}
	}
}

// A prompt can be too long, and the download too slow.
func TestPromptLimits(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.MaxPromptLength = time.Second })
	c := w.connected()
	if got := cached(w, c, w.file("a.wav", time.Second), "1"); got != time.Second {
		t.Errorf("as long as allowed: %v", got)
	}
	if got := cached(w, c, w.file("b.wav", time.Second+time.Millisecond), "2"); got != 0 {
		t.Errorf("longer than allowed: %v", got)
	}
	for limit, want := range map[time.Duration]time.Duration{0: 0, time.Minute: time.Second} {
		w = newWorld(t, func(c *graphsim.Config) { c.Settings.PromptTimeout = limit })
		w.onGet = func() { w.clock.forward(11 * time.Second) }
		if got := cached(w, w.connected(), w.file("a.wav", time.Second), "1"); got != want {
			t.Errorf("download of 11 s with limit %v: heard %v, want %v", limit, got, want)
		}
	}
}

// A page of error is no prompt, even if it is audio.
func TestPromptStatus(t *testing.T) {
	for status, want := range map[int]bool{200: true, 203: false, 206: false, 404: false, 500: false} {
		good := wav(time.Second)
		w := newWorld(t, func(c *graphsim.Config) {
			c.Transport = graphsim.InMemory(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				rw.WriteHeader(status)
				_, _ = rw.Write(good)
			}))
		})
		c := w.connected()
		w.must(c, "playPrompt", play("1", "https://bot.test/a.wav"))
		w.clock.forward(2 * time.Second)
		if h := c.Heard(); len(h) != 1 || (h[0].Problem == "") != want {
			t.Errorf("status %d: heard %+v, want sound: %v", status, h, want)
		}
	}
}

// A key does not stop a prompt by itself.
func TestKeysDoNotStopPrompts(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	w.must(c, "playPrompt", play("1", w.file("a.wav", 5*time.Second)))
	w.clock.forward(time.Second)
	c.Press('1', '#')
	w.clock.forward(10 * time.Second)
	w.expect("updated established tone1", "updated established pound", completed)
	if h := c.Heard(); len(h) != 1 || h[0].Played != 5*time.Second {
		t.Errorf("heard %+v, want all of it", h)
	}
}

// When a subscription begins, and what becomes of keys before it.
func TestSubscriptionBegins(t *testing.T) {
	for _, tt := range []struct {
		name  string
		delay time.Duration
		early bool
		want  []string
	}{
		{"at once", 0, false, []string{"updated established tone2", "updated established tone3"}},
		{"late", 500 * time.Millisecond, false, []string{"updated established tone3"}},
		{"keeps early keys", 0, true, []string{"updated established tone1", "updated established tone2", "updated established tone3"}},
		{"late, keeps early keys", 500 * time.Millisecond, true, []string{"updated established tone1", "updated established tone2", "updated established tone3"}},
	} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Settings.SubscribeDelay, c.Settings.EarlyTones = tt.delay, tt.early
		})
		c := w.connected()
		c.Press('1')
		w.must(c, "subscribeToTone", "")
		w.must(c, "subscribeToTone", "") // a second one changes nothing
		c.Press('2')
		w.clock.forward(time.Second)
		c.Press('3')
		w.clock.forward(time.Second)
		t.Log(tt.name)
		w.expect(tt.want...)
		c.HangUp()
		c.Press('4')
		w.clock.forward(time.Second)
		w.expect("deleted terminated 200/5002")
	}
}

// A subscription that would begin after the end of the call never does.
func TestSubscriptionAfterTheEnd(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) {
		c.Settings.SubscribeDelay, c.Settings.EarlyTones = 500*time.Millisecond, true
	})
	c := w.connected()
	c.Press('1')
	w.must(c, "subscribeToTone", "")
	c.HangUp()
	w.clock.forward(time.Second)
	w.expect("deleted terminated 200/5002")
}

// recordedFor is how long a recording with that body listens to silence or
// speech, and the time before it listens.
func recordedFor(t *testing.T, body string, say func(*graphsim.Call), set graphsim.Settings) (before, length time.Duration) {
	t.Helper()
	w := newWorld(t, func(c *graphsim.Config) { c.Settings = set })
	w.file("a.wav", 2*time.Second)
	c := w.connected()
	start := w.clock.now
	w.must(c, "recordResponse", body)
	say(c)
	w.clock.forward(5 * time.Minute)
	began, _ := find[graphsim.RecordingStarted](w)
	ended, _ := find[graphsim.RecordingEnded](w)
	return began.At.Sub(start), ended.Length
}

// What is not said has its documented default: 5 s each, and a beep.
func TestRecordDefaults(t *testing.T) {
	silence, speech := func(*graphsim.Call) {}, func(c *graphsim.Call) { c.SpeakFor(4 * time.Minute) }
	word := func(c *graphsim.Call) { c.SpeakFor(time.Second) }
	prompted := `{"prompts":[` + prompt + `]`
	for _, tt := range []struct {
		name, body     string
		say            func(*graphsim.Call)
		set            graphsim.Settings
		before, length time.Duration
	}{
		{"initial silence", `{"maxRecordDurationInSeconds":120}`, silence, graphsim.Settings{}, 250 * time.Millisecond, 5 * time.Second},
		{"silence", `{"maxRecordDurationInSeconds":120}`, word, graphsim.Settings{}, 250 * time.Millisecond, 6 * time.Second},
		{"longest", `{}`, speech, graphsim.Settings{}, 250 * time.Millisecond, 5 * time.Second},
		{"no beep", `{"playBeep":false}`, speech, graphsim.Settings{}, 0, 5 * time.Second},
		{"beep null", `{"playBeep":null}`, speech, graphsim.Settings{}, 250 * time.Millisecond, 5 * time.Second},
		{"after the prompt", prompted + `,"initialSilenceTimeoutInSeconds":3}`, silence, graphsim.Settings{}, 2250 * time.Millisecond, 3 * time.Second},
		{"longest allowed", `{"maxRecordDurationInSeconds":120}`, speech, graphsim.Settings{}, 250 * time.Millisecond, 120 * time.Second},
		{"another beep", `{}`, speech, graphsim.Settings{BeepLength: time.Second}, time.Second, 5 * time.Second},
	} {
		before, length := recordedFor(t, tt.body, tt.say, tt.set)
		if before != tt.before || length != tt.length {
			t.Errorf("%s: listened after %v for %v, want %v, %v", tt.name, before, length, tt.before, tt.length)
		}
	}
}

// The token of a recording may live shorter than the recording.
func TestRecordingToken(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.RecordingTokenLife = time.Minute })
	c := w.connected()
	w.must(c, "recordResponse", `{"maxRecordDurationInSeconds":1}`)
	c.SpeakFor(2 * time.Second)
	w.clock.forward(2 * time.Second)
	location, token := fmt.Sprint(w.heard[0].data["recordingLocation"]), fmt.Sprint(w.heard[0].data["recordingAccessToken"])
	for _, status := range []int{200, 200, 401} {
		if a := w.download(location, token); a.status != status {
			t.Errorf("download: %d, want %d", a.status, status)
		}
		w.clock.forward(30 * time.Second)
	}
	r := w.request(http.MethodPost, strings.TrimPrefix(location, base), "")
	if a := w.send(r); a.status != 405 {
		t.Errorf("POST of a recording: %d, want 405", a.status)
	}
}

// Audio that goes away may take with it what runs.
func TestAudioLoss(t *testing.T) {
	for cancels, want := range map[bool][]string{
		false: {"updated established audio=inactive", "updated established audio=active", completed},
		true:  {"updated established audio=inactive", cancelledPrompt, "updated established audio=active"},
	} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Oddities, c.Settings.AudioLossCancels = []graphsim.Oddity{graphsim.AudioDrops}, cancels
		})
		c := w.connected()
		w.must(c, "playPrompt", play("1", w.file("a.wav", 5*time.Second)))
		w.clock.forward(10 * time.Second)
		w.expect(want...)
	}
}

// Somebody who has the bot on hold is not heard, and the bot may play nothing;
// what plays goes on. Afterwards all is as before.
func TestHold(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	w.must(c, "playPrompt", play("1", w.file("a.wav", 5*time.Second)))
	c.Hold()
	c.Hold()
	c.Press('1')
	w.clock.forward(10 * time.Second)
	w.expect("updated established audio=inactive", completed)
	if a := w.act(c, "playPrompt", play("2", w.file("a.wav", time.Second))); a.code() != "8503" {
		t.Errorf("a prompt on hold: %d %q, want 8503", a.status, a.code())
	}
	c.Resume()
	c.Resume()
	c.Press('2')
	w.clock.forward(time.Second)
	w.expect("updated established audio=active", "updated established tone2")
	w.must(c, "recordResponse", `{"initialSilenceTimeoutInSeconds":1,"playBeep":false}`)
	c.Hold()
	c.SpeakFor(2 * time.Second)
	w.clock.forward(time.Minute)
	w.expect("updated established audio=inactive", "deleted recordOperation failed initialSilenceTimeout 400/8510")
	c.HangUp()
	c.Resume()
	w.clock.forward(time.Second)
	w.expect("deleted terminated 200/5002")
}

// A transfer that fails gives no audio back to a bot that is on hold, and a
// meeting has nobody who could hold.
func TestHoldWhileTransferring(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.TransferMutes = true })
	w.sim.SetTarget(targetID, graphsim.Busy)
	c := w.connected()
	c.Hold()
	w.must(c, "transfer", `{"transferTarget":`+target+`}`)
	w.clock.forward(time.Minute)
	w.expect("updated established audio=inactive", "updated transferring", "updated established 500/7000")
	c.Resume()
	w.clock.forward(time.Second)
	w.expect("updated established audio=active")
}

// A fault can end a media operation in the ways that its type knows.
func TestFaultsOfOperations(t *testing.T) {
	for _, tt := range []struct{ action, ends, want string }{
		{"playPrompt", "unknown", "deleted playPromptOperation failed unknown 500/9999"},
		{"recordResponse", "playPromptFailed", "deleted recordOperation failed playPromptFailed 500/8511"},
		{"recordResponse", "playBeepFailed", "deleted recordOperation failed playBeepFailed 500/8512"},
		{"recordResponse", "mediaReceiveTimeout", "deleted recordOperation failed mediaReceiveTimeout 500/8513"},
		{"recordResponse", "unspecifiedError", "deleted recordOperation failed unspecifiedError 500/9999"},
	} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Faults = []graphsim.Fault{{Action: tt.action, Nth: 1, Ends: tt.ends}}
			c.Oddities = []graphsim.Oddity{graphsim.CompletedInResponse}
		})
		c := w.connected()
		body := map[string]string{"playPrompt": play("1", w.file("a.wav", time.Second)), "recordResponse": `{"prompts":[` + prompt + `]}`}[tt.action]
		if a := w.must(c, tt.action, body); a.body["status"] != "running" {
			t.Errorf("%s: %s, want it to run", tt.action, a.raw)
		}
		w.clock.forward(time.Minute)
		w.expect(tt.want)
		if len(c.Heard()) != 0 {
			t.Errorf("%s: heard %+v, want nothing", tt.ends, c.Heard())
		}
		w.must(c, "recordResponse", `{"maxRecordDurationInSeconds":1}`) // the next one is well
		w.clock.forward(time.Minute)
		w.expect("deleted recordOperation completed maxRecordDurationReached 200/8515")
	}
	for _, f := range []graphsim.Fault{{Action: "playPrompt", Ends: "playBeepFailed"}, {Action: "recordResponse", Ends: "unknown"},
		{Action: "answer", Ends: "unspecifiedError"}, {Action: "playPrompt", Ends: "sang"}} {
		cfg := graphsim.Config{BaseURL: base, Webhook: webhook, Key: sharedKey(), Faults: []graphsim.Fault{f}}
		if _, err := graphsim.New(cfg); err == nil || !strings.Contains(err.Error(), "fits no action") {
			t.Errorf("%+v: %v, want an error", f, err)
		}
	}
}

// What completed-in-response answers: all that the notification would have
// said, of success and of failure.
func TestCompletedAnswer(t *testing.T) {
	for _, tt := range []struct {
		bad                   graphsim.BadPrompt
		uri, status, reason   string
		code, subcode, played float64
	}{
		{graphsim.BadPromptSilent, "https://bot.test/audio/a.wav", "completed", "completedSuccessfully", 200, 0, 1},
		{graphsim.BadPromptSilent, "https://bot.test/audio/none.wav", "completed", "unknown", 200, 0, 0},
		{graphsim.BadPromptFails, "https://bot.test/audio/none.wav", "failed", "unknown", 400, 8536, 0},
	} {
		for _, version := range []string{"beta", "v1.0"} {
			w := newWorld(t, func(c *graphsim.Config) {
				c.Oddities, c.Settings.BadPrompt = []graphsim.Oddity{graphsim.CompletedInResponse}, tt.bad
			})
			w.version = version
			w.file("a.wav", time.Second)
			c := w.connected()
			a := w.must(c, "playPrompt", play("1", tt.uri))
			info, _ := a.body["resultInfo"].(map[string]any)
			reason, has := a.body["completionReason"]
			if a.body["status"] != tt.status || info["code"] != tt.code || info["subcode"] != tt.subcode || has != (version == "beta") || has && reason != tt.reason {
				t.Errorf("%s %s: %s", version, tt.uri, a.raw)
			}
			w.clock.forward(time.Minute)
			w.expect()
			if h := c.Heard(); len(h) != 1 || h[0].Played.Seconds() != tt.played || c.State() != ivr.StateEstablished {
				t.Errorf("%s: heard %+v", tt.uri, h)
			}
		}
	}
}
