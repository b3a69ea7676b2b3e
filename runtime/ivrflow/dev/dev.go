// Package dev is the command `ivrflow dev`: it starts a bot and a simulated
// Graph in one process and puts a person on the phone.
//
//	code := dev.Run(ctx, dev.Options{Path: "flow.ivr.yaml"}, os.Stdin, os.Stdout, os.Stderr)
//
// The caller is a person at a terminal, a person (or a program) that writes
// lines, or a script. The bot is the real one: its HTTP side and the
// simulator's are on loopback addresses, and callbacks are signed with the
// simulator's own key. With Options.Fast both live in memory and in virtual
// time instead.
//
// Everything that happens (the simulator's events, the call's changes, keys,
// timers) goes through one queue to one goroutine, which alone owns the
// screen, the record and the scripted caller.
package dev

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Exit codes of Run.
const (
	ExitOK       = 0 // the last scripted call ended normally, or the person left
	ExitFindings = 1 // the flow has errors, or the scripted call ended by an error
	ExitUsage    = 2 // an option is wrong
	ExitFailure  = 3 // something could not be read, opened or started
)

// Options are the command's options. The zero Options run the embedded demo
// flow for a person.
type Options struct {
	// Path is a flow file or a folder with one flow; empty: the demo flow.
	Path string
	// Caller is who rings: a telephone number in E.164 or a user's object id.
	// Empty: a telephone number.
	Caller string
	// Called is what is dialled: a telephone number of the bot, or the object
	// id of its resource account. Empty: its resource account.
	Called string
	// Script is what the caller does, see [ScriptHelp]. Empty: a person does
	// it; with Fast, a caller who says nothing.
	Script string
	// Fast plays the script in virtual time, without a network.
	Fast bool
	// Given chooses the outcomes of actions that nobody registered:
	// "verify=wrong", or "verify=wrong|wrong|ok", one a use, the last repeats.
	// An element may hold several, separated by commas.
	Given []string
	// Config gives values of the flow's configuration: "name=value".
	Config []string
	// Bot is a bot's configuration file: the flow asks the hosts that it allows,
	// with its secrets, and gets its values of the flow's configuration. Empty:
	// nothing leaves the machine, and HTTP requests are answered here.
	Bot string
	// Targets says what those do to whom a call is sent: "ID=busy"; also
	// answers, no_answer, declined.
	Targets []string
	// Oddities are odd behaviours of Graph, by the names of
	// graphsim.Oddities, or SomeOddities.
	Oddities []string
	// Seed is for the simulator's ids and for what is left to chance.
	Seed uint64
	// Speech is the command that speaks texts, with its arguments, as in
	// bot.CommandSpeech; the one word "tones" means that nobody speaks. Empty:
	// espeak-ng or flite if the machine has one, else tones.
	Speech []string
	// Audio is how the flow's audio files are read.
	Audio prompt.Importer
	// Mute plays no sound.
	Mute bool
	// Record makes a test of each call, in the test file beside the flow.
	Record bool
	// WAV is a file to which all that the caller hears is written, of several
	// calls one after the other.
	WAV string
}

// Run runs the command until the person leaves, the script is over or ctx is
// done; then the caller hangs up first. It answers the exit code.
//
// A terminal is in raw mode meanwhile and is restored in any case. A read of
// stdin that blocks cannot be taken back: its goroutine ends with the next
// input, or with the process.
func Run(ctx context.Context, o Options, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	set, err := newSettings(o)
	if err != nil {
		fmt.Fprintf(stderr, "ivrflow dev: %v\n", err)
		return ExitUsage
	}
	src, code, err := openSource(o.Path, flow.Options{Audio: o.Audio})
	if err != nil {
		fmt.Fprintf(stderr, "ivrflow dev: %v\n", err)
		return code
	}
	f := src.load(stderr)
	if f == nil {
		return ExitFindings
	}
	if f.Kind != flow.Incoming {
		does, or := "the bot calls", ""
		if f.Kind == flow.Meeting {
			does, or = "the bot joins a meeting", ", or have a program join with it at ivrflow graphsim (ivrflow help meetings)"
		}
		fmt.Fprintf(stderr, "ivrflow dev: this telephone rings at the bot, and the flow %q is of kind %s: %s; play it with ivrflow test%s\n", f.Name, f.Kind, does, or)
		return ExitUsage
	}
	if err := set.readBot(f.Name, stderr); err != nil {
		fmt.Fprintf(stderr, "ivrflow dev: %v\n", err)
		return ExitUsage
	}
	if _, err := src.tests(); o.Record && err != nil {
		fmt.Fprintf(stderr, "ivrflow dev: %v\n", err)
		return ExitUsage
	}
	d := newDesk(set, src)
	if err := d.stand.check(f, set.config); err != nil {
		fmt.Fprintf(stderr, "ivrflow dev: %v\n", err)
		return ExitUsage
	}
	if err := d.attach(stdin, stdout); err != nil {
		fmt.Fprintf(stderr, "ivrflow dev: %v\n", err)
		return ExitFailure
	}
	defer d.term.restore()
	if err := d.open(ctx, f); err != nil {
		d.term.restore()
		fmt.Fprintf(stderr, "ivrflow dev: %v\n", err)
		return ExitFailure
	}
	defer d.close()
	d.introduce(f)
	if set.person() {
		d.term.read(stdin, d)
		d.watch(ctx)
	}
	return d.run(ctx)
}

// How long things take.
const (
	watchEvery  = time.Second            // looking at the flow's files
	redrawEvery = 100 * time.Millisecond // the live line
	farewell    = 3 * time.Second        // from hanging up to leaving, at most
	settleTime  = 15 * time.Second       // from one end of the call to the other, at most
	settleFast  = time.Hour              // the same in virtual time, which costs nothing: a lost end is noticed at the next keep-alive
)
