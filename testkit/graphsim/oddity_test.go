package graphsim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// oddWorld is a world with oddities.
func oddWorld(t *testing.T, odd ...graphsim.Oddity) *world {
	t.Helper()
	return newWorld(t, func(c *graphsim.Config) { c.Oddities = odd })
}

const cancelledPrompt = "deleted playPromptOperation failed operationCanceled 400/8508"

// Each oddity plays a conversation and shows the order that it makes.
func TestOddities(t *testing.T) {
	tests := map[graphsim.Oddity]func(*testing.T, *world){
		graphsim.OperationEventFirst: eventFirst,
		graphsim.EstablishedFirst:    establishedFirst,
		graphsim.ManyEstablished:     manyEstablished,
		graphsim.AudioDrops:          audioDrops,
		graphsim.CompletedInResponse: completedInResponse,
		graphsim.NoEventAtEnd:        noEventAtEnd,
		graphsim.NoDeleted:           noDeleted,
		graphsim.LateOperationEvent:  lateOperationEvent,
		graphsim.Duplicates:          duplicates,
		graphsim.Parallel:            parallel,
		graphsim.Batched:             batched,
		graphsim.TonesWhilePlaying:   tonesWhilePlaying,
		graphsim.CancelInterleaves:   cancelInterleaves,
		graphsim.Escalates:           escalates,
	}
	letters := ""
	for _, o := range graphsim.Oddities() {
		letters += o.Letter
		test := tests[o.Name]
		if test == nil || o.Doc == "" {
			t.Errorf("oddity %s has no test or no description", o.Name)
			continue
		}
		t.Run(o.Letter+"/"+string(o.Name), func(t *testing.T) { test(t, oddWorld(t, o.Name)) })
	}
	if letters != "abcdefghijklmn" {
		t.Errorf("letters %s, want a to n", letters)
	}
}

// a: what a request causes arrives while the request is still being answered.
func eventFirst(t *testing.T, w *world) {
	t.Helper()
	c := w.ring(graphsim.Caller{})
	w.heard = nil
	w.must(c, "answer", answerBody)
	w.expect("updated establishing", "updated established")
	w.clock.forward(time.Second)
	w.expect("updated established audio=active")
	w.must(c, "playPrompt", play("1", w.file("a.wav", 3*time.Second)))
	w.expect(completed)
	if h := c.Heard(); len(h) != 1 || h[0].Played != 3*time.Second {
		t.Errorf("heard %+v, want all of the prompt", h)
	}
	w.must(c, "recordResponse", "{}")
	w.clock.forward(time.Second)
	w.must(c, "cancelMediaProcessing", "")
	w.expect("deleted recordOperation failed operationCanceled 400/8508")
	w.must(c, "transfer", `{"transferTarget":`+target+`}`)
	w.expect("updated transferring")
	w.send(w.request("DELETE", "/beta/communications/calls/"+string(c.ID()), ""))
	w.expect("updated terminating", "deleted terminated 200/7000")
	r := w.ring(graphsim.Caller{})
	w.heard = nil
	w.must(r, "reject", "")
	w.expect("deleted")
}

// b
func establishedFirst(_ *testing.T, w *world) {
	c := w.ring(graphsim.Caller{})
	w.heard = nil
	w.must(c, "answer", answerBody)
	w.clock.forward(time.Second)
	w.expect("updated established", "updated establishing", "updated established audio=active")
}

// c
func manyEstablished(t *testing.T, w *world) {
	t.Helper()
	c := w.ring(graphsim.Caller{})
	w.heard = nil
	w.must(c, "answer", answerBody)
	w.clock.forward(10 * time.Second)
	if _, ok := w.heard[5].data["meetingInfo"]; !ok {
		t.Errorf("the sixth update is %v, want one with a meeting", w.heard[5].data)
	}
	w.expect("updated establishing", "updated established", "updated established audio=active",
		"updated established", "updated established audio=active", "updated established", "updated established audio=active")
}

// d
func audioDrops(t *testing.T, w *world) {
	t.Helper()
	c := w.connected()
	w.clock.forward(1600 * time.Millisecond)
	w.expect("updated established audio=inactive")
	if a := w.act(c, "subscribeToTone", ""); a.code() != "8503" {
		t.Errorf("without audio: %d %q, want 8503", a.status, a.code())
	}
	w.clock.forward(10 * time.Second)
	w.expect("updated established audio=active")
	w.must(c, "subscribeToTone", "")
}

// e
func completedInResponse(t *testing.T, w *world) {
	t.Helper()
	c := w.connected()
	a := w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
	if a.body["status"] != "completed" {
		t.Errorf("status %v, want completed", a.body["status"])
	}
	w.clock.forward(time.Minute)
	w.expect()
	if h := c.Heard(); len(h) != 1 || h[0].Played != time.Second {
		t.Errorf("heard %+v, want all of the prompt", h)
	}
	// What must wait for others, or never ends, is answered as ever.
	loop := strings.Replace(play("2", w.file("a.wav", time.Second)), "{", `{"loop":true,`, 1)
	if a := w.must(c, "playPrompt", loop); a.body["status"] != "running" {
		t.Errorf("loop: status %v, want running", a.body["status"])
	}
	if a := w.must(c, "playPrompt", play("3", "https://bot.test/audio/a.wav")); a.body["status"] != "running" {
		t.Errorf("queued: status %v, want running", a.body["status"])
	}
}

// f
func noEventAtEnd(_ *testing.T, w *world) {
	c := w.connected()
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Minute)))
	w.clock.forward(time.Second)
	c.HangUp()
	w.clock.forward(time.Minute)
	w.expect("deleted terminated 200/5002")
}

// g
func noDeleted(t *testing.T, w *world) {
	t.Helper()
	c := w.connected()
	c.HangUp()
	w.clock.forward(time.Hour)
	w.expect()
	w.token = w.fetchToken()
	if a := w.send(w.request("GET", "/beta/communications/calls/"+string(c.ID()), "")); a.status != 404 {
		t.Errorf("GET: %d, want 404", a.status)
	}
}

// h
func lateOperationEvent(_ *testing.T, w *world) {
	c := w.connected()
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Minute)))
	w.clock.forward(time.Second)
	c.HangUp()
	w.clock.forward(time.Minute)
	w.expect("deleted terminated 200/5002", cancelledPrompt)
}

// i
func duplicates(t *testing.T, w *world) {
	t.Helper()
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	c.Press('1')
	w.clock.forward(time.Second)
	if w.heard[0].header.Get("X-Microsoft-Skype-Message-Id") == w.heard[1].header.Get("X-Microsoft-Skype-Message-Id") {
		t.Error("both deliveries have one message id, want two")
	}
	w.expect("updated established tone1", "updated established tone1")
	c.HangUp()
	w.clock.forward(time.Second)
	w.expect("deleted terminated 200/5002", "deleted terminated 200/5002")
}

// j: three keys at one instant are posted in some other order.
func parallel(t *testing.T, _ *world) {
	t.Helper()
	orders := map[string]bool{}
	for seed := range uint64(10) {
		w := newWorld(t, func(c *graphsim.Config) { c.Seed, c.Oddities = seed, []graphsim.Oddity{graphsim.Parallel} })
		c := w.connected()
		w.must(c, "subscribeToTone", "")
		c.Press('1', '2', '3')
		w.clock.forward(time.Second)
		if w.posts != 3 {
			t.Errorf("seed %d: %d posts, want 3", seed, w.posts)
		}
		orders[strings.Join(w.story(), ", ")] = true
	}
	if len(orders) < 3 {
		t.Errorf("10 seeds make %d orders, want several: %v", len(orders), orders)
	}
}

// k
func batched(t *testing.T, w *world) {
	t.Helper()
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	c.Press('1', '2', '3')
	w.clock.forward(time.Second)
	w.expect("updated established tone1", "updated established tone2", "updated established tone3")
	if w.posts != 1 {
		t.Errorf("%d posts, want one", w.posts)
	}
}

// l
func tonesWhilePlaying(_ *testing.T, w *world) {
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	c.Press('1', '2')
	w.clock.forward(500 * time.Millisecond)
	w.expect()
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
	w.clock.forward(500 * time.Millisecond)
	w.expect("updated established tone1", "updated established tone2")
	c.Press('3')
	w.clock.forward(time.Second)
	w.expect("updated established tone3", completed)
	c.Press('4')
	w.clock.forward(1600 * time.Millisecond) // no prompt comes
	w.expect("updated established tone4")
	c.Press('5')
	w.must(c, "transfer", `{"transferTarget":`+target+`}`)
	w.clock.forward(time.Second)
	w.expect("updated transferring", "updated transferring tone5")
}

// m: the prompt after a cancel is cancelled too, and the reports come after a
// key.
func cancelInterleaves(_ *testing.T, w *world) {
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	uri := w.file("a.wav", time.Minute)
	w.must(c, "playPrompt", play("1", uri))
	w.clock.forward(time.Second)
	w.must(c, "cancelMediaProcessing", "")
	w.must(c, "playPrompt", play("2", uri))
	w.clock.forward(100 * time.Millisecond)
	c.Press('1')
	w.clock.forward(time.Second)
	w.expect("updated established tone1", cancelledPrompt, cancelledPrompt)
	w.must(c, "playPrompt", play("3", w.file("b.wav", time.Second)))
	w.clock.forward(2 * time.Second)
	w.expect(completed)
}

// n
func escalates(t *testing.T, w *world) {
	t.Helper()
	c := w.connected()
	w.clock.forward(5 * time.Second)
	if _, ok := w.heard[0].data["chatInfo"]; !ok {
		t.Errorf("the update is %v, want one with a chat", w.heard[0].data)
	}
	w.expect("updated established", "updated participants")
	if a := w.act(c, "transfer", `{"transferTarget":`+target+`}`); a.code() != "8523" {
		t.Errorf("transfer of a group call: %d %q, want 8523", a.status, a.code())
	}
	w = newWorld(t, func(c *graphsim.Config) {
		c.Oddities, c.Permissions = []graphsim.Oddity{graphsim.Escalates}, []string{"Calls.AccessMedia.All"}
	})
	w.connected()
	w.clock.forward(5 * time.Second)
	w.expect("deleted terminated 403/7504")
}

// A chance below one makes an oddity happen now and then.
func TestOddChance(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) {
		c.Oddities, c.Settings.OddChance = []graphsim.Oddity{graphsim.Duplicates}, 0.5
	})
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	for range 100 {
		c.Press('1')
	}
	w.clock.forward(time.Minute)
	if n := len(w.heard); n < 120 || n > 180 {
		t.Errorf("100 keys made %d notifications, want about 150", n)
	}
}

func TestSomeOddities(t *testing.T) {
	seen := map[graphsim.Oddity]bool{}
	for seed := range uint64(50) {
		some := graphsim.SomeOddities(seed)
		if !slices.Equal(some, graphsim.SomeOddities(seed)) {
			t.Errorf("seed %d picks different oddities", seed)
		}
		for _, o := range some {
			seen[o] = true
		}
	}
	if len(seen) != 14 {
		t.Errorf("50 seeds pick %d oddities, want all 14", len(seen))
	}
}

// conversation plays one call and returns all that was posted.
func conversation(t *testing.T, seed uint64) string {
	t.Helper()
	w := newWorld(t, func(c *graphsim.Config) {
		c.Seed, c.Oddities = seed, graphsim.SomeOddities(seed)
	})
	var log strings.Builder
	w.onPost = func(n told) {
		h := n.header.Clone()
		h.Del("Authorization")
		fmt.Fprintln(&log, n.at.Format(time.RFC3339Nano), n.path, h, n.Change, n.URL, string(n.RawData))
	}
	c := w.ring(graphsim.Caller{})
	w.must(c, "answer", answerBody)
	w.clock.forward(time.Second)
	for _, r := range []struct{ action, body string }{
		{"subscribeToTone", ""}, {"playPrompt", play("1", w.file("a.wav", time.Second), w.file("b.wav", time.Minute))},
		{"cancelMediaProcessing", ""}, {"recordResponse", "{}"}, {"transfer", `{"transferTarget":` + target + `}`},
	} {
		a := w.act(c, r.action, r.body)
		c.Press('1', '2')
		c.SpeakFor(time.Second)
		w.clock.forward(3 * time.Second)
		fmt.Fprintln(&log, r.action, a.status, a.header, string(a.raw))
	}
	w.clock.forward(time.Minute)
	return log.String()
}

// The same seed makes the same messages, byte for byte.
func TestDeterministic(t *testing.T) {
	different := map[string]bool{}
	for seed := range uint64(25) {
		first, second := conversation(t, seed), conversation(t, seed)
		if first != second {
			t.Errorf("seed %d: two runs differ:\n%s\n---\n%s", seed, first, second)
		}
		different[first] = true
	}
	if len(different) != 25 {
		t.Errorf("25 seeds made %d conversations", len(different))
	}
}

// Whatever the oddities, every call comes to its end, and nothing is left
// over.
func TestEveryMixtureEnds(t *testing.T) {
	for seed := range uint64(200) {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Seed, c.Oddities, c.Settings.OddChance = seed, graphsim.SomeOddities(seed), 0.7
		})
		c := w.ring(graphsim.Caller{})
		w.act(c, "answer", answerBody)
		w.clock.forward(time.Second)
		w.act(c, "subscribeToTone", "")
		w.act(c, "playPrompt", play("1", w.file("a.wav", 2*time.Second)))
		c.Press('1')
		w.clock.forward(time.Second)
		w.act(c, "cancelMediaProcessing", "")
		w.act(c, "recordResponse", "{}")
		w.clock.forward(time.Second)
		c.HangUp()
		w.clock.forward(time.Hour)
		if c.State() != ivr.StateTerminated {
			t.Errorf("seed %d: state %v, want terminated", seed, c.State())
		}
		if n := len(w.clock.jobs); n != 0 {
			t.Errorf("seed %d: %d timers are left", seed, n)
		}
		for _, b := range w.bodies {
			if !json.Valid(b) {
				t.Errorf("seed %d: body is no JSON: %s", seed, b)
			}
		}
	}
}
