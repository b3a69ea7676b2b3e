package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	"weak"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// talking is a flow of that name that plays two files, one of which all such
// flows have. No two words make the same version.
func talking(t testing.TB, name, word string) *flow.Flow {
	t.Helper()
	text := "ivr: 1\nflow: " + name + "\nstart: a\nstates: {a: [{play: {file: same.wav}}, {play: {file: own.wav}}, end]}\non_error: [end]\n"
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(text)},
		"same.wav": {Data: prompt.Tone(time.Second, "same")}, "own.wav": {Data: prompt.Tone(time.Second, word)}}, "f.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// ownAudio is the hash of the file that the flow of a word has alone.
func ownAudio(word string) string { return prompt.Hash(prompt.Tone(time.Second, word)) }

// tick is a clock that a test moves.
type tick struct {
	call.Clock
	mu  sync.Mutex
	now time.Time
}

func newTick() *tick {
	return &tick{Clock: WallClock(), now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
}

func (c *tick) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *tick) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// nowhere is a network that leads nowhere.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("there is no network")
}

func newKeeping(t *testing.T, kept Versions, clock call.Clock, flows ...*flow.Flow) *Bot {
	t.Helper()
	b, err := New(Config{AppID: "11111111-0000-4000-8000-000000000001", Secret: ivr.NewSecret("s"), PublicURL: "https://bot.example.com",
		Tenants: []string{"8c4e2a60-1f3b-4d97-b5c8-2e7f9d0a6b13"}, Versions: kept, Clock: clock, Flows: flows,
		Transport: nowhere{}, Key: []byte("a key of thirty-two bytes or more")})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A call begins only once the version that it runs is kept, audio first.
func TestVersionIsKeptBeforeACall(t *testing.T) {
	shelf := newShelf()
	f := talking(t, "main", "one")
	b := newKeeping(t, shelf, newTick(), f)
	if done := shelf.asked(); len(done) != 0 {
		t.Errorf("New did %q", done)
	}
	in := ivr.CallIncoming{Head: ivr.Head{Leg: ivr.CallerLeg}, Call: "c1", Tenant: "8c4e2a60-1f3b-4d97-b5c8-2e7f9d0a6b13"}
	shelf.set(true)
	if err := b.begin(t.Context(), in); !errors.Is(err, server.ErrBusy) || !errors.Is(err, errShelf) || b.calls.Live() != 0 {
		t.Errorf("without a store: %v, %d calls; want ErrBusy and none", err, b.calls.Live())
	}
	shelf.set(false)
	if err := b.begin(t.Context(), in); err != nil || b.calls.Live() != 1 {
		t.Errorf("%v, %d calls", err, b.calls.Live())
	}
	want := []string{"get flow", "get flow", "put " + promptBlob(ownAudio("same")), "put " + promptBlob(ownAudio("one")), "put flow main"}
	slices.Sort(want[2:4])
	if done := shelf.asked(); !slices.Equal(done, want) {
		t.Errorf("it did\n%q, want\n%q", done, want)
	}
	in.Call = "c2"
	if err := b.begin(t.Context(), in); err != nil || len(shelf.asked()) != len(want) {
		t.Errorf("the second call: %v, and the store was asked again: %q", err, shelf.asked())
	}
	// The next version shares audio.
	if err := b.SetFlows(t.Context(), talking(t, "main", "two")); err != nil {
		t.Fatal(err)
	}
	if n := shelf.count("put " + promptBlob(ownAudio("same"))); n != 1 || shelf.count("put "+promptBlob(ownAudio("two"))) != 1 {
		t.Errorf("what both play was put %d times: %q", n, shelf.asked())
	}
}

// A version that is not in memory is loaded as it was kept, once, with its audio.
func TestFlowVersion(t *testing.T) {
	shelf, clock := newShelf(), newTick()
	old := talking(t, "main", "old")
	if err := newKeeping(t, shelf, clock, old).keepFirst(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newKeeping(t, shelf, clock, talking(t, "main", "new"))
	reads := shelf.count("get flow")
	var all sync.WaitGroup
	found := make([]*flow.Flow, 50)
	for i := range found {
		all.Go(func() {
			var err error
			if found[i], err = b.flowVersion(t.Context(), old.Version); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, f := range found {
		if f == nil || f != found[0] || f.Version != old.Version {
			t.Fatalf("%v, want one flow of version %s for all", f, old.Version)
		}
	}
	if n := shelf.count("get flow") - reads; n != 1 {
		t.Errorf("the version was read %d times", n)
	}
	if _, ok := b.library.file(ownAudio("old")); !ok {
		t.Error("its audio cannot be played")
	}
	if got := versionPicked(b); got == old.Version {
		t.Error("new calls run the old version")
	}
	runtime.KeepAlive(found)
}

func versionPicked(b *Bot) string { return b.pick(ivr.CallIncoming{}).flow.Version }

// A version that cannot be loaded is refused with the reason, and the store is not
// asked for each call that runs it.
func TestFlowVersionThatCannotBeLoaded(t *testing.T) {
	shelf, clock := newShelf(), newTick()
	f := talking(t, "main", "one")
	b := newKeeping(t, shelf, clock, f)
	if err := b.keepFirst(t.Context()); err != nil {
		t.Fatal(err)
	}
	row := shelf.flows[f.Version]
	row.Version = strings.Repeat("0", 64)
	shelf.flows[row.Version] = row
	for version, want := range map[string]error{row.Version: flow.ErrUnusable, strings.Repeat("1", 64): store.ErrNone} {
		before := shelf.count("get flow")
		for range 100 {
			if _, err := b.flowVersion(t.Context(), version); !errors.Is(err, want) || !errors.Is(err, flow.ErrUnusable) || !strings.Contains(err.Error(), flow.Short(version)) {
				t.Fatalf("%v, want %v", err, want)
			}
		}
		if n := shelf.count("get flow") - before; n != 1 {
			t.Errorf("%v: it was read %d times", want, n)
		}
		clock.add(refusedFor)
		if _, err := b.flowVersion(t.Context(), version); !errors.Is(err, want) || shelf.count("get flow")-before != 2 {
			t.Errorf("a minute later: %v, read %d times", err, shelf.count("get flow")-before)
		}
	}
	// That the store is down is for now only.
	c := newKeeping(t, shelf, clock, talking(t, "main", "two"))
	shelf.set(true)
	if _, err := c.flowVersion(t.Context(), f.Version); !errors.Is(err, errShelf) || errors.Is(err, flow.ErrUnusable) || errors.Is(err, store.ErrNone) {
		t.Errorf("while the store is down: %v", err)
	}
	shelf.set(false)
	if _, err := c.flowVersion(t.Context(), f.Version); err != nil {
		t.Error(err)
	}
	// Without audio the version is no version.
	clear(shelf.blobs)
	d := newKeeping(t, shelf, clock, talking(t, "main", "three"))
	if _, err := d.flowVersion(t.Context(), f.Version); !errors.Is(err, store.ErrNone) {
		t.Errorf("without its audio: %v", err)
	}
}

// Wherever a process dies while it takes another version, the old one is whole,
// and the new one is whole or not there.
func TestCrashWhileAVersionIsKept(t *testing.T) {
	const writes = 5 // two files, the version, and what is current; and one more
	for k := range writes {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			shelf, clock := newShelf(), newTick()
			old, next := talking(t, "main", "old"), talking(t, "main", "next")
			b := newKeeping(t, shelf, clock, old)
			if err := b.keepFirst(t.Context()); err != nil {
				t.Fatal(err)
			}
			shelf.left = k
			err := b.SetFlows(t.Context(), next)
			if now := versionPicked(b); (now == next.Version) != (err == nil) {
				t.Errorf("SetFlows: %v, and new calls run %s", err, flow.Short(now))
			}
			shelf.left = -1
			again := newKeeping(t, shelf, clock, talking(t, "main", "third")) // knows neither
			if _, err := again.flowVersion(t.Context(), old.Version); err != nil {
				t.Errorf("the old version: %v", err)
			}
			_, loads := again.flowVersion(t.Context(), next.Version)
			if err == nil && loads != nil || loads != nil && !errors.Is(loads, store.ErrNone) {
				t.Errorf("the new version, after SetFlows answered %v: %v", err, loads)
			}
			if err := newKeeping(t, shelf, clock, next).keepFirst(t.Context()); err != nil {
				t.Fatal(err)
			}
			clock.add(refusedFor)
			if _, err := again.flowVersion(t.Context(), next.Version); err != nil {
				t.Errorf("once it was kept: %v", err)
			}
		})
	}
}

// A version stays in memory as long as somebody holds it; after that it goes, and
// its audio.
func TestVersionsAreForgotten(t *testing.T) {
	b := newKeeping(t, nil, newTick(), talking(t, "main", "held"))
	held := b.pick(ivr.CallIncoming{}).flow
	const more = 30
	for i := range more {
		if err := b.SetFlows(t.Context(), talking(t, "main", fmt.Sprint("word ", i))); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, b, func(known int) bool { return known <= recentVersions+2 })
	if f, err := b.flowVersion(t.Context(), held.Version); err != nil || f != held {
		t.Errorf("the version that a call runs: %v", err)
	}
	if _, ok := b.library.inMemory(ownAudio("held")); !ok {
		t.Error("the audio of a version that a call runs is gone")
	}
	if _, ok := b.library.inMemory(ownAudio("word 0")); ok {
		t.Error("the audio of a version that nobody runs is still there")
	}
	if _, ok := b.library.inMemory(ownAudio("same")); !ok {
		t.Error("audio is gone that others have too")
	}
	runtime.KeepAlive(held)
}

// waitFor collects garbage until the number of known versions is right.
func waitFor(t *testing.T, b *Bot, right func(known int) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		runtime.GC()
		b.versions.mu.Lock()
		known := len(b.versions.known)
		b.versions.mu.Unlock()
		if right(known) {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("%d versions are still known", known)
		}
	}
}

// What runs goes on to be what it was: the same version loaded again is the same
// flow.
func TestSameVersionIsTheSameFlow(t *testing.T) {
	b := newKeeping(t, nil, newTick(), talking(t, "main", "one"))
	was := b.pick(ivr.CallIncoming{}).flow
	changes, err := b.Reconfigure(t.Context(), b.Config())
	if err != nil || !changes.None() {
		t.Errorf("%v, %+v", err, changes)
	}
	cfg := b.Config()
	cfg.Flows = []*flow.Flow{talking(t, "main", "one")}
	if changes, err = b.Reconfigure(t.Context(), cfg); err != nil || !changes.None() || b.pick(ivr.CallIncoming{}).flow != was {
		t.Errorf("%v, %+v: another flow of the same version", err, changes)
	}
}

// What changed is told, and what needs a restart.
func TestChanges(t *testing.T) {
	shelf := newShelf()
	b := newKeeping(t, shelf, newTick(), talking(t, "main", "one"), talking(t, "side", "one"))
	cfg := b.Config()
	cfg.Flows = []*flow.Flow{talking(t, "main", "two"), talking(t, "other", "one")}
	cfg.Routes, cfg.Phones, cfg.Addr, cfg.AppID = []Route{{Flow: "main"}}, []string{"+44"}, ":1", "another"
	c, err := b.Reconfigure(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	one, two, other := talking(t, "main", "one").Version, talking(t, "main", "two").Version, talking(t, "other", "one").Version
	want := fmt.Sprintf("main %.12s -> %.12s, other %.12s is new, side is gone", one, two, other)
	if c.Versions() != want || !slices.Equal(c.Other, []string{"routes", "phones"}) || !slices.Equal(c.Restart, []string{"app_id", "listen"}) {
		t.Errorf("%q %q %q, want %q, routes, phones, and app_id, listen to need a restart", c.Versions(), c.Other, c.Restart, want)
	}
	cfg.Addr = b.made.Addr
	if c, err := b.Reconfigure(t.Context(), cfg); err != nil || !slices.Equal(c.Restart, []string{"app_id"}) {
		t.Errorf("%q, error %v, want app_id alone to need a restart: it listens where the file says again", c.Restart, err)
	}
	current, err := CurrentVersions(t.Context(), shelf)
	if err != nil || current["main"].Version != two || current["side"].Version != "" || current["main"].Since.IsZero() {
		t.Errorf("current: %v, %v", current, err)
	}
	if b.mayCall(ivr.Target{Kind: ivr.PartyPhone, ID: "+442071838750"}) != nil {
		t.Error("the new prefix does not hold")
	}
}

// A configuration that is refused changes nothing at all.
func TestRefusedConfigurationChangesNothing(t *testing.T) {
	b := newKeeping(t, nil, newTick(), talking(t, "main", "one"))
	was := b.settings.Load()
	acting, _, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte("ivr: 1\nflow: acts\nactions: {go: {}}\nstart: a\nstates: {a: [{do: go, failed: end}, end]}\non_error: [end]\n")}}, "f.ivr.yaml")
	if err != nil || acting == nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"no flow":        func(c *Config) { c.Flows = nil },
		"twice":          func(c *Config) { c.Flows = append(c.Flows, talking(t, "main", "two")) },
		"a route astray": func(c *Config) { c.Routes = []Route{{Flow: "nobody"}} },
		"no action":      func(c *Config) { c.Flows = []*flow.Flow{acting} },
		"no value":       func(c *Config) { c.Flows = flowsNamed(t, "needs") },
	} {
		cfg := b.Config()
		cfg.Phones = []string{"+44"}
		change(&cfg)
		if _, err := b.Reconfigure(t.Context(), cfg); err == nil || b.settings.Load() != was {
			t.Errorf("%s: error %v, and the settings are other ones: %t", name, err, b.settings.Load() != was)
		}
	}
}

// broken is a place for versions with a bug.
type broken struct{ Versions }

func (broken) Flow(context.Context, string) (store.FlowVersion, error) { panic("a bug") }

// A panic while a version is loaded is the error of all who want the version: none
// of them waits for the one who is gone.
func TestPanicWhileLoading(t *testing.T) {
	b := newKeeping(t, broken{&store.MemoryDB{}}, newTick(), talking(t, "a", "one"))
	defer b.Close()
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := b.flowVersion(ctx, strings.Repeat("0", 64))
		cancel()
		if !errors.Is(err, flow.ErrUnusable) {
			t.Errorf("got %v", err)
		}
	}
}

// A flow that goes on being used, by another bot for one, does not keep a bot that
// is closed in memory.
func TestFlowDoesNotKeepItsBot(t *testing.T) {
	f := talking(t, "main", "one")
	b := newKeeping(t, newShelf(), newTick(), f)
	b.Close()
	left := weak.Make(b.versions)
	b = nil
	for range 10 { // it takes more than one, since what has a finalizer goes later
		runtime.GC()
		if left.Value() == nil {
			break
		}
	}
	if left.Value() != nil {
		t.Error("the bot is still in memory")
	}
	runtime.KeepAlive(f)
}
