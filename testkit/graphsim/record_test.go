package graphsim_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

func parseKey(t *testing.T, s string) ivr.Key {
	t.Helper()
	k, err := ivr.ParseKey(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Each row records with 5 s of initial silence, 2 s of silence and 10 s at
// most, no beep.
func TestRecordEnds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		act    func(*world, *graphsim.Call)
		story  string
		why    ivr.RecordEnd
		length time.Duration
	}{
		{"silence", func(*world, *graphsim.Call) {}, "failed initialSilenceTimeout 400/8510", ivr.RecordInitialSilence, 5 * time.Second},
		{"three seconds", func(_ *world, c *graphsim.Call) { c.SpeakFor(3 * time.Second) }, "completed maxSilenceTimeout 200/8509", ivr.RecordMaxSilence, 5 * time.Second},
		{"late speech", func(w *world, c *graphsim.Call) { w.clock.forward(4 * time.Second); c.SpeakFor(time.Second) }, "completed maxSilenceTimeout 200/8509", ivr.RecordMaxSilence, 7 * time.Second},
		{"too late speech", func(w *world, c *graphsim.Call) {
			c.Speak(append(make([]int16, 6*16000), graphsim.Tone(time.Second)...))
		}, "failed initialSilenceTimeout 400/8510", ivr.RecordInitialSilence, 5 * time.Second},
		{"a pause within", func(_ *world, c *graphsim.Call) {
			c.SpeakFor(time.Second)
			c.Speak(make([]int16, 16000))
			c.SpeakFor(time.Second)
		}, "completed maxSilenceTimeout 200/8509", ivr.RecordMaxSilence, 5 * time.Second},
		{"too long a pause", func(_ *world, c *graphsim.Call) {
			c.SpeakFor(time.Second)
			c.Speak(make([]int16, 3*16000))
			c.SpeakFor(time.Second)
		}, "completed maxSilenceTimeout 200/8509", ivr.RecordMaxSilence, 3 * time.Second},
		{"endless", func(_ *world, c *graphsim.Call) { c.SpeakFor(time.Minute) }, "completed maxRecordDurationReached 200/8515", ivr.RecordMaxDuration, 10 * time.Second},
		{"stop tone", func(w *world, c *graphsim.Call) { c.SpeakFor(time.Minute); w.clock.forward(time.Second); c.Press('#') }, "completed stopToneDetected 200/8514", ivr.RecordStopTone, time.Second},
		{"other tone", func(w *world, c *graphsim.Call) {
			c.SpeakFor(3 * time.Second)
			w.clock.forward(time.Second)
			c.Press('1')
		}, "completed maxSilenceTimeout 200/8509", ivr.RecordMaxSilence, 5 * time.Second},
		{"cancelled", func(w *world, c *graphsim.Call) { w.clock.forward(time.Second); w.must(c, "cancelMediaProcessing", "") }, "failed operationCanceled 400/8508", ivr.RecordCancelled, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			c := w.connected()
			w.must(c, "recordResponse", `{"clientContext":"7","playBeep":false,"stopTones":["#"],
				"initialSilenceTimeoutInSeconds":5,"maxSilenceTimeoutInSeconds":2,"maxRecordDurationInSeconds":10}`)
			tt.act(w, c)
			w.clock.forward(20 * time.Second)
			w.expect("deleted recordOperation " + tt.story)
			e, _ := find[graphsim.RecordingEnded](w)
			if e.Why != tt.why || e.Length != tt.length || e.ClientContext != "7" {
				t.Errorf("ended %+v, want %s after %v", e, tt.why, tt.length)
			}
		})
	}
}

func (w *world) download(location, token string) answer {
	w.t.Helper()
	r := w.request(http.MethodGet, strings.TrimPrefix(location, base), "")
	r.Header.Set("Authorization", "Bearer "+token)
	return w.send(r)
}

func TestRecordingFile(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	said := graphsim.Tone(time.Second)
	c.Speak(said) // is said when the recorder listens, after prompt and beep
	body := `{"prompts":[` + prompt + `],"maxSilenceTimeoutInSeconds":1}`
	w.file("a.wav", 2*time.Second)
	a := w.must(c, "recordResponse", body)
	if a.body["status"] != "running" || a.body["recordingLocation"] != nil {
		t.Errorf("answer %s, want running without a location", a.raw)
	}
	w.clock.forward(10 * time.Second)
	started, _ := find[graphsim.RecordingStarted](w)
	ended, _ := find[graphsim.RecordingEnded](w)
	if ended.At.Sub(started.At) != 2*time.Second {
		t.Errorf("listened from %v to %v, want 2 s", started.At, ended.At)
	}
	n := w.heard[0]
	location, token := fmt.Sprint(n.data["recordingLocation"]), fmt.Sprint(n.data["recordingAccessToken"])
	if !strings.HasPrefix(location, base+"/recordings/") || token == "" || token == w.token {
		t.Fatalf("location %q, token %q", location, token)
	}
	if a := w.download(location, w.token); a.status != 401 {
		t.Errorf("download with Graph's token: %d, want 401", a.status)
	}
	if a := w.download(location+"x", token); a.status != 404 {
		t.Errorf("download from elsewhere: %d, want 404", a.status)
	}
	a = w.download(location, token)
	if a.status != 200 || a.header.Get("Content-Type") != "application/octet-stream" {
		t.Fatalf("download: %d %v", a.status, a.header)
	}
	pcm := make([]int16, 2*16000)
	copy(pcm, said)
	var want bytes.Buffer
	_ = binary.Write(&want, binary.LittleEndian, pcm)
	if !bytes.Equal(a.raw, append(wav(2 * time.Second)[:44:44], want.Bytes()...)) {
		t.Errorf("the recording is not what was said and one second of silence (%d bytes)", len(a.raw))
	}
	c.HangUp()
	w.clock.forward(29 * time.Second)
	if a := w.download(location, token); a.status != 200 {
		t.Errorf("29 s after the call: %d, want 200", a.status)
	}
	w.clock.forward(2 * time.Second)
	if a := w.download(location, token); a.status != 404 {
		t.Errorf("31 s after the call: %d, want 404", a.status)
	}
}

// A recording comes in chunks, without a length, however short it is.
func TestRecordingIsChunked(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.must(c, "recordResponse", `{"playBeep":false,"stopTones":["#"]}`)
	c.Press('#')
	w.clock.forward(time.Second)
	server := httptest.NewServer(w.sim)
	defer server.Close()
	location := strings.Replace(fmt.Sprint(w.heard[0].data["recordingLocation"]), base, server.URL, 1)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, location, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+fmt.Sprint(w.heard[0].data["recordingAccessToken"]))
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != 200 || resp.ContentLength != -1 || fmt.Sprint(resp.TransferEncoding) != "[chunked]" {
		t.Errorf("%d, %d bytes, %v", resp.StatusCode, resp.ContentLength, resp.TransferEncoding)
	}
}

// Who hangs up while being recorded leaves neither a notification nor a
// recording, unless the settings say so.
func TestHangUpWhileRecording(t *testing.T) {
	for reported, want := range map[bool][]string{
		false: {"deleted terminated 200/5002"},
		true:  {"deleted recordOperation failed operationCanceled 400/8508", "deleted terminated 200/5002"},
	} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Settings.RecordEndsReported, c.Settings.RecordingKept = reported, 30*time.Minute
		})
		c := w.connected()
		w.must(c, "recordResponse", `{}`)
		c.SpeakFor(time.Minute)
		w.clock.forward(2 * time.Second)
		c.HangUp()
		w.clock.forward(time.Minute)
		w.expect(want...)
		if e, _ := find[graphsim.RecordingEnded](w); !e.Lost {
			t.Errorf("ended %+v, want lost", e)
		}
		r := c.Recorded()
		if len(r) != 1 || !r[0].Lost || r[0].Why != ivr.RecordCancelled || r[0].Length < time.Second || len(r[0].Audio) < 32000 {
			t.Errorf("recorded %d bytes of %+v, want what was said until the end", len(r[0].Audio), r)
		}
		if w.clock.forward(time.Hour); c.Recorded()[0].Audio != nil {
			t.Error("the file is there for ever")
		}
	}
}

// bargeInAllowed ends a running recording as well.
func TestRecordBargesIntoRecording(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.must(c, "recordResponse", `{"clientContext":"1","maxRecordDurationInSeconds":60}`)
	w.must(c, "recordResponse", `{"clientContext":"2"}`)
	c.SpeakFor(time.Minute)
	w.clock.forward(time.Second)
	w.must(c, "recordResponse", `{"clientContext":"3","bargeInAllowed":true,"maxRecordDurationInSeconds":1}`)
	w.clock.forward(time.Minute)
	for i, n := range w.heard {
		if n.data["clientContext"] != fmt.Sprint(i+1) {
			t.Errorf("the report %d is of %v", i+1, n.data["clientContext"])
		}
	}
	w.expect("deleted recordOperation failed operationCanceled 400/8508", "deleted recordOperation failed operationCanceled 400/8508",
		"deleted recordOperation completed maxRecordDurationReached 200/8515")
}

// bargeInAllowed jumps the queue.
func TestRecordBargesIn(t *testing.T) {
	for silent, want := range map[bool][]string{
		true: {"deleted recordOperation failed initialSilenceTimeout 400/8510"},
		false: {"deleted playPromptOperation failed operationCanceled 400/8508",
			"deleted playPromptOperation failed operationCanceled 400/8508",
			"deleted recordOperation failed initialSilenceTimeout 400/8510"},
	} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.BargedOutSilent = silent })
		c := w.connected()
		uri := w.file("a.wav", time.Minute)
		w.must(c, "playPrompt", play("1", uri))
		w.must(c, "playPrompt", play("2", uri))
		w.clock.forward(time.Second)
		w.must(c, "recordResponse", `{"bargeInAllowed":true,"initialSilenceTimeoutInSeconds":1}`)
		w.clock.forward(5 * time.Second)
		w.expect(want...)
	}
}

func TestRecordPromptFails(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.BadPrompt = graphsim.BadPromptFails })
	c := w.connected()
	w.must(c, "recordResponse", `{"prompts":[`+prompt+`]}`)
	w.clock.forward(time.Minute)
	w.expect("deleted recordOperation failed playPromptFailed 500/8511")
}

// A stop tone also reaches the subscription, unless the settings say no.
func TestStopToneReachesSubscription(t *testing.T) {
	for hidden, want := range map[bool][]string{
		false: {"updated established pound", "deleted recordOperation completed stopToneDetected 200/8514"},
		true:  {"deleted recordOperation completed stopToneDetected 200/8514"},
	} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.StopToneHidden = hidden })
		c := w.connected()
		w.must(c, "subscribeToTone", "")
		w.must(c, "recordResponse", `{"stopTones":["#"]}`)
		w.clock.forward(time.Second)
		c.Press('#')
		w.clock.forward(time.Second)
		w.expect(want...)
	}
}
