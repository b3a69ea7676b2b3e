package graphsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const completed = "deleted playPromptOperation completed completedSuccessfully 200/0"

// Operations run in the order received, prompt by prompt, each as long as its
// file.
func TestQueue(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	start := w.clock.now
	w.must(c, "playPrompt", play("first", w.file("a.wav", time.Second), w.file("b.wav", 500*time.Millisecond)))
	w.must(c, "playPrompt", play("second", w.file("c.wav", 2*time.Second)))
	w.clock.forward(10 * time.Second)
	w.expect(completed, completed)
	var got []string
	for _, h := range c.Heard() {
		got = append(got, fmt.Sprintf("%s %s at %v for %v", h.ClientContext, h.URI[strings.LastIndex(h.URI, "/")+1:], h.At.Sub(start), h.Played))
	}
	want := "first a.wav at 0s for 1s, first b.wav at 1s for 500ms, second c.wav at 1.5s for 2s"
	if strings.Join(got, ", ") != want {
		t.Errorf("heard %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestQueueLimit(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.QueueLimit = 1 })
	c := w.connected()
	uri := w.file("a.wav", time.Minute)
	for i, want := range []int{200, 200, 429} {
		if a := w.act(c, "playPrompt", play("x", uri)); a.status != want {
			t.Errorf("operation %d: %d, want %d", i+1, a.status, want)
		}
	}
}

func TestLoop(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	body := strings.Replace(play("1", w.file("a.wav", time.Second)), "{", `{"loop":true,`, 1)
	w.must(c, "playPrompt", body)
	w.clock.forward(10500 * time.Millisecond)
	w.expect()
	if n := len(c.Heard()); n != 10 {
		t.Errorf("heard %d times in 10.5 s, want 10", n)
	}
	w.must(c, "cancelMediaProcessing", "")
	w.clock.forward(time.Second)
	w.expect("deleted playPromptOperation failed operationCanceled 400/8508")
	// A loop without sound stays silent and does not spin.
	w.must(c, "playPrompt", strings.Replace(play("2", "https://bot.test/audio/none.wav"), "{", `{"loop":true,`, 1))
	w.clock.forward(time.Minute)
	w.expect()
}

// Cancelling ends the running and all queued operations, each with its own
// report, and leaves the subscription alone.
func TestCancel(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	uri := w.file("a.wav", 10*time.Second)
	w.must(c, "playPrompt", play("1", uri))
	w.must(c, "recordResponse", `{"clientContext":"2"}`)
	w.must(c, "playPrompt", play("3", uri))
	w.clock.forward(time.Second)
	a := w.must(c, "cancelMediaProcessing", `{"clientContext":"4"}`)
	if a.body["status"] != "completed" || a.body["clientContext"] != "4" {
		t.Errorf("cancel: %s, want completed", a.raw)
	}
	if strings.HasSuffix(a.header.Get("Location"), fmt.Sprint(a.body["id"])) {
		t.Errorf("Location %s has the id of the body, want another", a.header.Get("Location"))
	}
	c.Press('5')
	w.clock.forward(time.Second)
	w.expect("deleted playPromptOperation failed operationCanceled 400/8508",
		"deleted recordOperation failed operationCanceled 400/8508",
		"deleted playPromptOperation failed operationCanceled 400/8508",
		"updated established tone5")
	if e, _ := find[graphsim.PromptEnded](w); !e.Cancelled || e.Played != time.Second {
		t.Errorf("prompt ended %+v, want cut off after 1s", e)
	}
	w.must(c, "cancelMediaProcessing", "") // with nothing to cancel
	w.must(c, "playPrompt", play("5", w.file("b.wav", time.Second)))
	w.clock.forward(2 * time.Second)
	w.expect(completed)
}

func TestCancelForms(t *testing.T) {
	for form, want := range map[graphsim.CancelForm]string{
		graphsim.CancelFailed:    "deleted playPromptOperation failed operationCanceled 400/8508",
		graphsim.CancelByEnum:    "deleted playPromptOperation failed mediaOperationCanceled 400/8508",
		graphsim.CancelCompleted: "deleted playPromptOperation completed mediaOperationCanceled",
	} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Settings.PromptCancel, c.Settings.IdleCancelRefused = form, true
		})
		c := w.connected()
		if a := w.act(c, "cancelMediaProcessing", ""); a.code() != "8585" {
			t.Errorf("idle cancel: %d %q, want refused with 8585", a.status, a.code())
		}
		w.must(c, "playPrompt", play("1", w.file("a.wav", time.Minute)))
		w.clock.forward(time.Second)
		w.must(c, "cancelMediaProcessing", "")
		w.clock.forward(time.Second)
		w.expect(want)
	}
}

// A file that the service cannot play is silence and "completed", or failed if
// the settings say so; never sound.
func TestBadPrompts(t *testing.T) {
	files := map[string][]byte{
		"8kHz":         wavFile(time.Second, 8000, 1, 16),
		"44.1kHz":      wavFile(time.Second, 44100, 1, 16),
		"stereo":       wavFile(time.Second, 16000, 2, 16),
		"8 bits":       wavFile(time.Second, 16000, 1, 8),
		"mp3":          []byte("ID3\x03 this is no WAV file at all, but long enough to be one"),
		"empty":        {},
		"cut off":      wav(time.Second)[:1000],
		"no data":      append([]byte("RIFF\x1c\x00\x00\x00WAVE"), wav(0)[12:36]...),
		"data first":   append(append(append([]byte{}, wav(0)[:12]...), wav(0)[36:44]...), wav(0)[12:36]...),
		"odd size":     oddSize(),
		"A-law":        patched(20, 6),
		"wrong rate":   patched(28, 1),
		"two channels": patched(22, 2),
		"24 bits":      patched(34, 24),
		"11,025 Hz":    patched(25, 0x2b),
		"promised":     patched(6, 1), // the header promises 64 KiB more
		"float":        patched(20, 3),
		"long data":    patched(43, 1), // the data chunk promises 16 MiB more
		"short format": patched(16, 8),
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.files["/audio/x.wav"] = file
			badPrompt(t, w, "https://bot.test/audio/x.wav", "deleted playPromptOperation completed unknown 200/0")
			w = newWorld(t, func(c *graphsim.Config) { c.Settings.BadPrompt = graphsim.BadPromptFails })
			w.files["/audio/x.wav"] = file
			badPrompt(t, w, "https://bot.test/audio/x.wav", "deleted playPromptOperation failed unknown 400/8535")
		})
	}
	for name, uri := range map[string]string{
		"missing": "https://bot.test/audio/none.wav", "plain http": "http://bot.test/audio/a.wav", "relative": "/audio/a.wav",
	} {
		t.Run(name, func(t *testing.T) {
			badPrompt(t, newWorld(t, nil), uri, "deleted playPromptOperation completed unknown 200/0")
			w := newWorld(t, func(c *graphsim.Config) { c.Settings.BadPrompt = graphsim.BadPromptFails })
			badPrompt(t, w, uri, "deleted playPromptOperation failed unknown 400/8536")
		})
	}
	t.Run("too large", func(t *testing.T) {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.MaxPromptBytes = 1000 })
		badPrompt(t, w, w.file("x.wav", time.Second), "deleted playPromptOperation completed unknown 200/0")
	})
}

func badPrompt(t *testing.T, w *world, uri, want string) {
	t.Helper()
	c := w.connected()
	w.must(c, "playPrompt", play("1", uri))
	w.clock.forward(time.Second)
	w.expect(want)
	e, ok := find[graphsim.PromptStarted](w)
	if !ok || e.Problem == "" || e.Length != 0 || e.Audio != nil {
		t.Errorf("observed %+v, want a problem and no sound", e)
	}
}

// patched is a good file with one byte changed.
func patched(at int, value byte) []byte {
	b := wav(time.Second)
	b[at] = value
	return b
}

func oddSize() []byte {
	b := append(wav(time.Second), 0)
	b[4]++
	b[40]++
	return b
}

// Chunks that nobody knows are skipped.
func TestOtherChunks(t *testing.T) {
	b := wav(time.Second)
	list := []byte("LIST\x03\x00\x00\x00abc\x00")
	b = append(append(append([]byte{}, b[:36]...), list...), b[36:]...)
	b[4] += byte(len(list))
	w := newWorld(t, nil)
	w.files["/audio/x.wav"] = b
	c := w.connected()
	w.must(c, "playPrompt", play("1", "https://bot.test/audio/x.wav"))
	w.clock.forward(2 * time.Second)
	if h := c.Heard(); len(h) != 1 || h[0].Problem != "" || h[0].Played != time.Second {
		t.Errorf("heard %+v, want one second", h)
	}
}

// The same resourceId plays what was downloaded first, whatever lies at the
// address now.
func TestCache(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.PromptCacheLife = time.Minute })
	c := w.connected()
	uri := w.file("a.wav", time.Second)
	lengths := func() []time.Duration {
		w.must(c, "playPrompt", play("1", uri))
		w.must(c, "playPrompt", `{"prompts":[`+strings.Replace(prompt, "https://bot.test/audio/a.wav", uri, 1)+`]}`)
		w.clock.forward(10 * time.Second)
		all := c.Heard()
		return []time.Duration{all[len(all)-2].Played, all[len(all)-1].Played}
	}
	if got := fmt.Sprint(lengths()); got != "[1s 1s]" {
		t.Errorf("first: %s", got)
	}
	w.file("a.wav", 3*time.Second)
	if got := fmt.Sprint(lengths()); got != "[1s 3s]" {
		t.Errorf("after a change: %s, want the old audio by resourceId and the new one without", got)
	}
	w.clock.forward(time.Minute)
	if got := fmt.Sprint(lengths()); got != "[3s 3s]" {
		t.Errorf("after the cache's life: %s, want the new audio", got)
	}
	if len(w.gets) != 5 {
		t.Errorf("%d downloads, want 5", len(w.gets))
	}
	for _, r := range w.gets {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Error("a prompt was downloaded with credentials")
		}
	}
}

func TestPrefetch(t *testing.T) {
	w := newWorld(t, nil)
	uri := w.file("a.wav", time.Second)
	c := w.ring(graphsim.Caller{})
	w.must(c, "answer", strings.Replace(answerBody, `HostedMediaConfig"`, `HostedMediaConfig","preFetchMedia":[{"uri":"`+uri+`","resourceId":"`+uri+`"},{"uri":"`+uri+`x","resourceId":"x"}]`, 1))
	w.clock.forward(time.Second)
	if len(w.gets) != 2 {
		t.Fatalf("%d early downloads, want 2", len(w.gets))
	}
	w.must(c, "playPrompt", play("1", uri))
	w.clock.forward(2 * time.Second)
	if e, _ := find[graphsim.PromptStarted](w); !e.Cached || len(w.gets) != 2 {
		t.Errorf("prompt %+v after %d downloads, want it from the cache", e, len(w.gets))
	}
	if e, _ := find[graphsim.Answered](w); len(e.Prefetch) != 2 {
		t.Errorf("answered %+v, want two addresses to fetch", e)
	}
}

func TestPromptRedirects(t *testing.T) {
	for follow, problem := range map[int]bool{0: true, 1: false} {
		w := newWorld(t, nil)
		good := wav(time.Second)
		bot := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPost:
				rw.WriteHeader(http.StatusAccepted)
			case r.URL.Path == "/moved":
				_, _ = rw.Write(good)
			default:
				http.Redirect(rw, r, "/moved", http.StatusFound)
			}
		})
		sim, err := graphsim.New(graphsim.Config{Clock: w.clock, BaseURL: base, Webhook: webhook, Key: sharedKey(),
			Transport: graphsim.InMemory(bot), Settings: graphsim.Settings{PromptRedirects: follow}})
		if err != nil {
			t.Fatal(err)
		}
		w.sim = sim
		w.token = w.fetchToken()
		c := w.connected()
		w.must(c, "playPrompt", play("1", "https://bot.test/a.wav"))
		w.clock.forward(2 * time.Second)
		if h := c.Heard(); len(h) != 1 || (h[0].Problem != "") != problem {
			t.Errorf("%d redirects allowed: heard %+v", follow, h)
		}
	}
}

func TestTones(t *testing.T) {
	keys := "0123456789*#abcd"
	w := newWorld(t, nil)
	c := w.connected()
	c.Press('1') // before the subscription: lost
	w.must(c, "subscribeToTone", "")
	w.must(c, "subscribeToTone", "") // a second subscription changes nothing
	for _, k := range keys {
		c.Press(parseKey(t, string(k)))
	}
	w.clock.forward(time.Second)
	if len(w.heard) != len(keys) {
		t.Fatalf("%d tones arrived, want %d", len(w.heard), len(keys))
	}
	last := int64(0)
	names := []string{}
	for _, n := range w.heard {
		info := n.data["toneInfo"].(map[string]any)
		seq := int64(info["sequenceId"].(float64))
		if last != 0 && seq != last+1 {
			t.Errorf("sequenceId %d after %d", seq, last)
		}
		last = seq
		names = append(names, fmt.Sprint(info["tone"]))
		if n.data["state"] != "established" || n.data["id"] != nil {
			t.Errorf("a tone's update is %v, want state and toneInfo only", n.data)
		}
	}
	want := "tone0 tone1 tone2 tone3 tone4 tone5 tone6 tone7 tone8 tone9 star pound a b c d"
	if strings.Join(names, " ") != want {
		t.Errorf("tones %v, want %s", names, want)
	}
	if e, ok := find[graphsim.ToneLost](w); !ok || e.Key != '1' {
		t.Errorf("lost %+v, want the key before the subscription", e)
	}
	starts := map[int64]bool{}
	for seed := range uint64(20) {
		w := newWorld(t, func(c *graphsim.Config) { c.Seed = seed })
		c := w.connected()
		w.must(c, "subscribeToTone", "")
		c.Press('1')
		e, _ := find[graphsim.ToneSent](w)
		starts[e.Seq] = true
	}
	if len(starts) < 3 {
		t.Errorf("sequences start at %v, want different numbers", starts)
	}
}

func TestDoubleSubscription(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.Subscription = graphsim.SubscribeTwice })
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	w.must(c, "subscribeToTone", "")
	c.Press('9')
	w.clock.forward(time.Second)
	w.expect("updated established tone9", "updated established tone9")
	w = newWorld(t, func(c *graphsim.Config) { c.Settings.Subscription = graphsim.SubscribeRefuse })
	c = w.connected()
	w.must(c, "subscribeToTone", "")
	if a := w.act(c, "subscribeToTone", ""); a.code() != "8585" {
		t.Errorf("second subscription: %d %q, want 8585", a.status, a.code())
	}
}
