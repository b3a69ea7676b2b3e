package testkit

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// What [Call.Silence] waits for.
const (
	NoInput = flow.TriggerNoInput // a try ends because nothing was pressed
	GaveUp  = gaveUp              // the step's tries are used up
)

// Call is one call that a test makes. Its methods act for the caller, in the
// order in which they are called; what does not come as it should ends the
// test, with the conversation so far. They return the call, so that they can
// be chained. A Call is used by one goroutine.
type Call struct {
	t       testing.TB
	talk    *talk
	sources map[string][]byte
}

// Dial rings at a flow, which is given by its file's name or loaded already.
// The caller hangs up when the test ends, if he has not before.
//
//	testkit.Dial(t, "bank.ivr.yaml", testkit.Given{
//		Actions: map[string][]testkit.Reply{"verify": testkit.Returns("wrong", "ok")},
//	}).Hears("welcome", "enter_account").Press("12345674#").Hears("enter_pin")
func Dial[F string | *flow.Flow](t testing.TB, f F, given Given) *Call {
	t.Helper()
	return DialWith(t, f, given, Options{})
}

// DialWith is [Dial] with options.
func DialWith[F string | *flow.Flow](t testing.TB, f F, given Given, o Options) *Call {
	t.Helper()
	c := &Call{t: t}
	loaded, _ := any(f).(*flow.Flow)
	if name, ok := any(f).(string); ok {
		var err error
		if loaded, c.sources, err = loadFlow(name, o); err != nil {
			t.Fatalf("testkit: %v", err)
		}
	}
	if err := given.check(loaded); err != nil {
		t.Fatalf("testkit: %v", err)
	}
	var err error
	if c.talk, err = dial(loaded, given, o.withDefaults().covering(loaded)); err != nil {
		t.Fatalf("testkit: %v", err)
	}
	t.Cleanup(c.talk.clock.Close)
	t.Cleanup(c.finish)
	return c
}

// finish ends the call with the test.
func (c *Call) finish() {
	if c.t.Failed() {
		return
	}
	if f := c.talk.finish(); f != nil {
		c.t.Error(c.explain(f))
	}
}

// must ends the test if something went wrong.
func (c *Call) must(f *Failure) *Call {
	c.t.Helper()
	if f != nil {
		c.t.Fatal(c.explain(f))
	}
	return c
}

func (c *Call) explain(f *Failure) string {
	var b strings.Builder
	b.WriteByte('\n')
	f.write(&b, c.sources)
	writeConversation(&b, c.talk.seen.lines)
	return b.String()
}

// resolve finds out what a prompt's name means.
func (c *Call) resolve(word string) wanted {
	c.t.Helper()
	x, err := resolve(c.talk.flow, word)
	if err != nil {
		c.t.Fatalf("testkit: %v", err)
	}
	return x
}

// Strict lets no prompt pass that the test does not name, from now on.
func (c *Call) Strict() *Call {
	c.talk.strict = true
	return c
}

// Hears waits until each of the prompts starts, one after another. A prompt is
// named by its key, or by words that occur in its text.
func (c *Call) Hears(prompts ...string) *Call {
	c.t.Helper()
	for _, p := range prompts {
		c.must(c.talk.hears(c.resolve(p)))
	}
	return c
}

// HearsEnd waits until a prompt was heard to its end. It may have started
// before.
func (c *Call) HearsEnd(prompt string) *Call {
	c.t.Helper()
	x := c.resolve(prompt)
	x.end = true
	return c.must(c.talk.hears(x))
}

// NeverHeard fails if one of the prompts was heard so far.
func (c *Call) NeverHeard(prompts ...string) *Call {
	c.t.Helper()
	for _, p := range prompts {
		c.must(c.talk.neverHears(c.resolve(p)))
	}
	return c
}

// Press presses keys, such as "1234#": see the package comment for when.
func (c *Call) Press(keys string) *Call {
	c.t.Helper()
	parsed, err := parseKeys(keys)
	if err != nil {
		c.t.Fatalf("testkit: %v", err)
	}
	return c.must(c.talk.press(parsed))
}

// Wait lets time pass.
func (c *Call) Wait(d time.Duration) *Call {
	c.t.Helper()
	return c.must(c.talk.wait(d))
}

// Signal has the bot's program send the session a signal: see wait in the
// manual's page about the language.
func (c *Call) Signal(name string) *Call {
	c.t.Helper()
	return c.must(c.talk.signal(name))
}

// Silence does nothing until the flow stops waiting for keys: [NoInput] or
// [GaveUp].
func (c *Call) Silence(until string) *Call {
	c.t.Helper()
	if until != NoInput && until != GaveUp {
		c.t.Fatalf("testkit: silence lasts until %q or %q, not %q", NoInput, GaveUp, until)
	}
	return c.must(c.talk.silence(until))
}

// Records speaks for a time when the flow records.
func (c *Call) Records(d time.Duration) *Call {
	c.t.Helper()
	return c.must(c.talk.records(graphsim.Tone(d)))
}

// RecordsWAV speaks what a WAV file of 16 kHz, 16 bits, mono holds.
func (c *Call) RecordsWAV(wav []byte) *Call {
	c.t.Helper()
	pcm, err := prompt.DecodeWAV(wav)
	if err != nil {
		c.t.Fatalf("testkit: the caller cannot speak that: %v", err)
	}
	return c.must(c.talk.records(pcm))
}

// HangUp puts the receiver down.
func (c *Call) HangUp() *Call {
	c.t.Helper()
	return c.must(c.talk.hangUp())
}

// Transferred waits until the call was handed over, to one of the targets if
// any is named. A target without a kind fits any kind.
func (c *Call) Transferred(to ...ivr.Target) *Call {
	c.t.Helper()
	return c.must(c.talk.transfers(to))
}

// Redirected waits until the call was sent elsewhere unanswered, to all of the
// targets that are named.
func (c *Call) Redirected(to ...ivr.Target) *Call {
	c.t.Helper()
	return c.must(c.talk.redirects(to))
}

// Rejected waits until the call was refused; the empty reason is any.
func (c *Call) Rejected(why ivr.RejectReason) *Call {
	c.t.Helper()
	return c.must(c.talk.rejects(why))
}

// Ended waits until the call is over; the empty by is by anybody.
func (c *Call) Ended(by ivr.EndedBy) *Call {
	c.t.Helper()
	return c.must(c.talk.ends(by))
}

// Vars are the flow's variables that are set now.
func (c *Call) Vars() map[string]any { return maps.Clone(c.talk.seen.session.Vars) }

// Actions are the names of the actions that the flow did so far, in order.
func (c *Call) Actions() []string {
	var names []string
	for _, a := range c.talk.seen.actions() {
		names = append(names, a.name)
	}
	return names
}

// Asked are the HTTP requests of the flow so far, in order, as they would have
// been sent. A secret's value is "secret-" and its name.
func (c *Call) Asked() []fetch.Message { return slices.Clone(c.talk.seen.asked) }

// Milestones are the milestones that the call passed so far, in order.
func (c *Call) Milestones() []string { return c.talk.marked("milestone") }

// Conversation is what happened so far.
func (c *Call) Conversation() []Line { return append([]Line(nil), c.talk.seen.lines...) }

// Phone is the caller's end in the simulated Graph, for what this type has no
// method for.
func (c *Call) Phone() *graphsim.Call { return c.talk.line() }

// Callees are the calls that the flow made so far, in order. Their methods act
// for those who were called.
func (c *Call) Callees() []*graphsim.Call {
	all := make([]*graphsim.Call, len(c.talk.seen.made))
	for i, id := range c.talk.seen.made {
		all[i] = c.talk.sim.Call(id)
	}
	return all
}

// Clock is the call's virtual time.
func (c *Call) Clock() *Clock { return c.talk.clock }
