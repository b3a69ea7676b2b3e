package bot_test

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

var reloadFor = flag.Duration("reload", 3*time.Second, "how long TestHotReload changes flows under load")

// edition is the n-th version of a flow that plays its own sound some times.
func edition(t *testing.T, n int) (f *flow.Flow, sound string) {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{
		"short.ivr.yaml": {Data: []byte(`ivr: 1
flow: short
prompts: {sound: {file: sound.wav}}
start: main
states:
  main: [{play: sound}, {play: {silence: 200ms}}, {play: sound}, {play: {silence: 200ms}}, {play: sound}, end]
on_error: [end]
`)},
		"sound.wav": {Data: tone(200*time.Millisecond, 300+float64(n)/10)},
	}, "short.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	for sound = range f.Audio() {
	}
	return f, sound
}

// ran is what a call did.
type ran struct {
	versions map[string]bool
	sounds   map[string]int
	by       ivr.EndedBy
}

// The flow is changed every 50 ms while calls run: each call ends as the version
// would have it with which it began.
func TestHotReload(t *testing.T) {
	var mu sync.Mutex
	calls := map[ivr.SessionID]*ran{}
	first, sound := edition(t, 0)
	sounds := map[string]string{first.Version: sound} // by version
	w := connect(t, func(c *bot.Config) {
		c.Flows = []*flow.Flow{first}
		c.Observe = func(ch call.Change) {
			mu.Lock()
			defer mu.Unlock()
			r := calls[ch.Session.ID]
			if r == nil {
				r = &ran{versions: map[string]bool{}, sounds: map[string]int{}}
				calls[ch.Session.ID] = r
			}
			r.versions[ch.Session.Version], r.by = true, ch.Session.EndedBy
			for _, cmd := range ch.Commands {
				if p, ok := cmd.(ivr.PlayPrompt); ok && p.Parts[0].Audio != "" {
					r.sounds[p.Parts[0].Audio]++
				}
			}
		}
	})
	over, done := context.WithTimeout(t.Context(), *reloadFor)
	defer done()
	var working sync.WaitGroup
	working.Go(func() {
		changeFlows(over, t, w, func(version, sound string) {
			mu.Lock()
			defer mu.Unlock()
			sounds[version] = sound
		})
	})
	rung := ringUntil(over, t, w)
	working.Wait()
	mu.Lock()
	defer mu.Unlock()
	used := map[string]bool{}
	for id, r := range calls {
		if len(r.versions) != 1 || len(r.sounds) != 1 || r.by != ivr.EndedByFlow {
			t.Errorf("call %s ran the versions %v, played %v, and was ended by %q", id, r.versions, r.sounds, r.by)
			continue
		}
		for version := range r.versions {
			used[version] = true
			if r.sounds[sounds[version]] != 3 {
				t.Errorf("call %s of version %.12s played %v, want %.12s three times", id, version, r.sounds, sounds[version])
			}
		}
	}
	if len(calls) != rung || len(used) < 10 {
		t.Errorf("%d calls of %d, which ran %d versions", len(calls), rung, len(used))
	}
	t.Logf("%d calls ran %d of %d versions", rung, len(used), len(sounds))
}

// changeFlows gives the bot another version every 50 ms, and now and then one
// that it must refuse.
func changeFlows(ctx context.Context, t *testing.T, w *onTheWire, made func(version, sound string)) {
	next := time.NewTicker(50 * time.Millisecond)
	defer next.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		f, sound := edition(t, n)
		made(f.Version, sound)
		flows := []*flow.Flow{f}
		if n%5 == 0 {
			flows = append(flows, f) // of one name
		}
		if err := w.bot.SetFlows(context.WithoutCancel(ctx), flows...); (err != nil) != (len(flows) > 1) {
			t.Errorf("SetFlows of %d flows: %v", len(flows), err)
		}
	}
}

// ringUntil keeps calls coming, and waits for the end of all.
func ringUntil(ctx context.Context, t *testing.T, w *onTheWire) (rung int) {
	t.Helper()
	next := time.NewTicker(15 * time.Millisecond)
	defer next.Stop()
	ended := 0
	limit := time.After(*reloadFor + 30*time.Second)
	ringing := ctx.Done()
	for ringing != nil || ended < rung {
		select {
		case <-ringing:
			ringing = nil
		case <-next.C:
			if ringing == nil {
				continue
			}
			if _, err := w.sim.Ring(graphsim.Caller{}); err != nil {
				t.Error(err)
			}
			rung++
		case e := <-w.events:
			switch e := e.(type) {
			case graphsim.Ended:
				ended++
			case graphsim.PromptStarted:
				if e.Problem != "" {
					t.Errorf("a prompt is not heard: %s", e.Problem)
				}
			case graphsim.CallbackFailed:
				t.Error(fmt.Errorf("callback: %d %w", e.Status, e.Err))
			}
		case <-limit:
			t.Fatalf("%d of %d calls have ended", ended, rung)
		}
	}
	return rung
}
