package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// desk is where everything comes together. All its methods but new, open and
// close run on one goroutine, that of run.
type desk struct {
	set    settings
	src    *source
	term   terminal
	out    *screen
	in     *inbox
	caller caller
	stand  *standIns
	world  *world

	flow     *flow.Flow                    // what the next call runs
	versions map[string]*flow.Flow         // what calls may be running
	told     map[string]bool               // what was noted once
	spoken   string                        // how texts are spoken
	people   func(*flow.Flow, call.Change) // whom the flow calls
	player   *player
	tape     tape
	edit     *editor // a path is being typed

	values map[string]any // of the flow's configuration
	unkept bool           // a call that was to be recorded was not

	talk    *talk // the call; nil between calls
	pressed pressed
	leaving bool
	done    bool
	code    int
}

// talk is one call.
type talk struct {
	call   *graphsim.Call
	flow   *flow.Flow
	rec    *record
	scribe *testkit.Scribe // nil: the call is not recorded as a test
	stage  stage
	voice  voice
	parts  map[ivr.OpID][]ivr.Part
	beeps  map[ivr.OpID]bool
	heard  map[string]bool     // prompts that were shown: a loop is shown once
	live   bool                // it was answered
	ended  bool                // the caller's end is over
	over   bool                // the bot's end is over
	armed  bool                // settles by itself
	legs   map[ivr.CallID]bool // the calls that the flow makes
}

// pressed are keys that are not on the screen yet.
type pressed struct {
	at   time.Time
	keys string
}

func newDesk(set settings, src *source) *desk {
	return &desk{set: set, src: src, in: newInbox(), stand: newStandIns(set.given, time.Now()), versions: map[string]*flow.Flow{}, told: map[string]bool{}}
}

// attach takes the terminal, if there is one, and the file for the sound.
func (d *desk) attach(stdin io.Reader, stdout io.Writer) (err error) {
	if err := mayWrite(d.set.opts.WAV); err != nil {
		return err
	}
	if d.term, err = openTerminal(d.set, stdin, stdout); err == nil {
		d.out = newScreen(stdout, d.term)
	}
	return err
}

// open starts the bot and the simulator.
func (d *desk) open(ctx context.Context, f *flow.Flow) (err error) {
	values, told := d.stand.configure(f, d.set.config)
	told = append(told, d.unasked(f)...)
	fetcher, err := d.fetcher()
	if err != nil {
		return err
	}
	p := plan{restore: d.term.restore, prepare: func(w *world) error { return d.prepare(w, f) }}
	p.bot = bot.Config{Flows: []*flow.Flow{f}, FlowConfig: map[string]map[string]any{f.Name: values},
		Fetch: fetcher, Observe: func(ch call.Change) { d.in.put(func() { d.onChange(ch) }) }, Log: d.logger()}
	p.sim = graphsim.Config{Seed: d.set.opts.Seed, Oddities: d.set.oddities}
	p.bot.Speech, d.spoken = findSpeech(d.set.opts.Speech)
	if d.set.opts.Fast {
		d.world, err = newFastWorld(p, time.Now())
	} else {
		d.world, err = newRealWorld(ctx, p)
	}
	if err != nil {
		return err
	}
	d.flow, d.versions[f.Version], d.values = f, f, values
	d.tell(told)
	if args := findPlayer(); args != nil && !d.set.opts.Mute && !d.set.opts.Fast {
		if d.player, err = newPlayer(args, d.term.restore); err != nil {
			d.world.close()
		}
	}
	return err
}

// prepare is done before the bot serves.
func (d *desk) prepare(w *world, f *flow.Flow) error {
	for id, b := range d.set.targets {
		w.sim.SetTarget(id, b)
	}
	d.people = testkit.Callees(w.sim, w.clock)
	w.sim.Observe(func(e graphsim.Event) { d.in.put(func() { d.onSim(e) }) })
	d.stand.told = func(name, text, given string) {
		d.in.put(func() { d.say("do", name+" → "+text+" (played by dev; --given "+name+"="+given+")") })
	}
	return d.stand.register(w.bot, f)
}

// logger shows what the bot warns of.
func (d *desk) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(logLines{d}, &slog.HandlerOptions{Level: slog.LevelWarn,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == "session" {
				return slog.Attr{}
			}
			return a
		}}))
}

// logLines is the bot's log as lines of the screen. Requests that fail are
// shown where they are refused, and after the end of a call nothing matters.
type logLines struct{ d *desk }

func (l logLines) Write(b []byte) (int, error) {
	text := strings.TrimSpace(string(b))
	l.d.in.put(func() {
		if t := l.d.talk; t != nil && !t.ended && !strings.Contains(text, `msg="request failed"`) {
			l.d.say("bot", text)
		}
	})
	return len(b), nil
}

func (d *desk) close() {
	d.world.close()
	d.player.close()
}

// introduce says what is running.
func (d *desk) introduce(f *flow.Flow) {
	name := f.File
	if d.src.stamps == nil {
		name = "the embedded demo"
	}
	d.out.note(fmt.Sprintf("ivrflow dev: flow %s (%s), version %.12s", f.Name, name, f.Version))
	if odd := d.set.oddly(); odd != "" {
		d.out.note(odd)
	}
	if d.world.virtual != nil {
		d.out.note("Bot and simulated Graph are in memory, in virtual time. Prompts are " + d.spoken + ".")
		return
	}
	d.out.note(fmt.Sprintf("Bot on %s, simulated Graph on %s (plain http on loopback only).", d.world.botURL, d.world.graphURL))
	text := "Prompts are " + d.spoken
	if d.player != nil {
		text += ", played by " + d.player.args[0]
	}
	d.out.note(text + ".")
	if d.set.person() {
		d.out.note(d.shortHelp())
	}
}

// run lets the caller ring, and takes what happens until all is done.
func (d *desk) run(ctx context.Context) int {
	d.caller.queue = d.set.script
	d.ring()
	if d.world.virtual != nil {
		d.runFast(ctx)
	} else {
		d.runReal(ctx)
	}
	d.out.setLive("")
	return d.code
}

func (d *desk) runReal(ctx context.Context) {
	over := ctx.Done()
	for !d.done {
		select {
		case <-d.in.ready:
			d.drain()
		case err := <-d.world.stopped:
			d.fail("the bot has stopped", err)
		case <-over:
			over = nil
			d.leave()
		}
	}
}

// runFast drives virtual time until all is done.
func (d *desk) runFast(ctx context.Context) {
	clock := d.world.virtual
	clock.Run(func() bool {
		d.drain()
		if ctx.Err() != nil {
			d.done = true
		}
		return d.done
	})
	switch {
	case ctx.Err() != nil:
		d.fail("interrupted", ctx.Err())
	case clock.Err() != nil:
		d.fail("the call has no end", clock.Err())
	case !d.done:
		d.fail("the call has no end", errors.New("nothing is left to happen"))
	}
}

// drain takes everything that has happened.
func (d *desk) drain() {
	for f := d.in.take(); f != nil && !d.done; f = d.in.take() {
		f()
		if d.talk == nil {
			d.idle()
		}
		d.consider()
		d.redraw()
	}
}

func (d *desk) fail(what string, err error) {
	d.out.note(fmt.Sprintf("%s: %v", what, err))
	d.done, d.code = true, ExitFailure
}

func (d *desk) now() time.Time { return d.world.clock.Now() }

// after runs f later, on the desk's goroutine.
func (d *desk) after(long time.Duration, f func()) {
	d.world.clock.AfterFunc(long, func() { d.in.put(f) })
}

// afterInCall is after, for as long as the present call lasts.
func (d *desk) afterInCall(long time.Duration, f func()) {
	t := d.talk
	d.after(long, func() {
		if d.talk == t && !t.ended {
			f()
		}
	})
}

// every runs f again and again.
func (d *desk) every(long time.Duration, f func()) {
	d.after(long, func() {
		f()
		d.every(long, f)
	})
}
