// Package script plays conversations with the pure engine: what goes in, and
// what must come out, as plain text.
//
// A conversation is a file in the txtar form with a flow and a call:
//
//	-- flow.ivr.yaml --
//	ivr: 1
//	...
//	-- call --
//	> incoming
//	< Answer op=2
//	> audio
//	< PlayPrompt op=5 welcome
//	> done 5
//
// A section "NAME.wav" holds a length, such as 300ms, and is a tone of it. What
// is joined is shown in brackets; a voice follows in (), SSML is marked by <>, and
// what tells a sensitive value by !.
//
// A line with ">" is an event; "+5s" before it moves the clock. The lines
// with "<" after it are all commands it must bring, but for moves of the
// machine and timers that are stopped. [Update] writes what really came.
//
// Events:
//
//	incoming [CALLER [INSTANCE]]   somebody (hidden: who?) calls the bot, or its application instance
//	audio                          the call is established and audio is active
//	state STATE [code/subcode]     an update of the call
//	ended [code/subcode REASON]    the call is over
//	key K [SEQ]                    a tone; its number is one more than the last
//	accepted OP [LENGTH]           the platform took an operation; OP is its number, or
//	                               its kind for the last unfinished one: play, record ...;
//	                               remote-OP is the platform's own name for it, as if our
//	                               context was not echoed
//	done OP                        an operation completed
//	recorded OP WHY                a recording ended; WHY as ivr.RecordEnd
//	saved OP LENGTH                a recording was fetched
//	failed OP [code/subcode] [REASON]
//	unknown OP                     nobody knows whether it was executed
//	read OP STATE [active]|gone    the call's true state
//	returned OP OUTCOME [name=value ...]    of a request OUTCOME is a status
//	counted OP [N]                 the shared counter's new value
//	signal NAME                    the bot sends the session a signal
//	outside [KIND ID]              somebody outside hangs the call up, or hands it over
//	timer WHY [OP]                 the timer runs out; the clock moves to it
//	created [ME]                   the platform made the call of the last further leg,
//	                               in which the bot is the participant ME
//	roster [WHO ...]               all who are in the meeting, each as
//	                               ID[=KIND:IDENTITY][+muted][+lobby][+gone]
//	callee EVENT ...               audio, state, ended, key, roster or created of the call of
//	                               the last further leg
//	armed                          no event: the timers that are armed are listed, but
//	                               for the deadlines of operations
//	look                           no event: a process takes the session up, and reads
//	                               its calls; the clock may be moved to when
//	died OP                        the process that sent it has ended, if it did
package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Result is one conversation played.
type Result struct {
	// Text is the whole file with the commands that really came.
	Text []byte
	// Faults are events that broke a promise of the engine: a session that
	// does not survive JSON, a repeated event that changed something, or timers
	// that are not those that were started and not stopped.
	Faults []error
	// Session is the session at the end.
	Session engine.Session
	// Flow is the flow that was played, Files are those of the conversation, and
	// Moves what the flow's machines did.
	Flow  *flow.Flow
	Files map[string][]byte
	Moves []ivr.Moved
	// Steps are the conversation's events, each with what it did.
	Steps []Step
}

// Step is an event with what it did to the session.
type Step struct {
	Before, After engine.Session
	Event         ivr.Event
	Commands      []ivr.Command
}

// Play plays a conversation. The session goes through JSON before each event,
// and each event from the wire is given twice: the second time must change
// nothing. An error means that the file cannot be played.
func Play(text []byte) (Result, error) {
	head, files := parse(text)
	call, ok := files["call"]
	if !ok {
		return Result{}, fmt.Errorf("no section %q", "-- call --")
	}
	fsys := fstest.MapFS{}
	for name, data := range files {
		if strings.HasSuffix(name, ".wav") {
			long, err := time.ParseDuration(strings.TrimSpace(string(data)))
			if err != nil {
				return Result{}, fmt.Errorf("section %s: %w", name, err)
			}
			data = prompt.Tone(long, name)
		}
		fsys[name] = &fstest.MapFile{Data: data}
	}
	f, list, err := flow.Load(fsys, "flow.ivr.yaml")
	if err != nil {
		return Result{}, err
	}
	if f == nil {
		return Result{}, fmt.Errorf("the flow is refused:\n%s", list)
	}
	p := &player{flow: f, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), armed: map[ivr.TimerID]string{}}
	p.session = engine.New("s", f, nil)
	var out bytes.Buffer
	for line := range strings.SplitSeq(strings.TrimSuffix(string(call), "\n"), "\n") {
		if strings.HasPrefix(line, "<") {
			continue // what came is written anew
		}
		out.WriteString(line + "\n")
		if rest, ok := strings.CutPrefix(line, ">"); ok {
			if err := p.event(strings.Fields(rest), &out); err != nil {
				return Result{}, fmt.Errorf("%q: %w", line, err)
			}
		}
	}
	return Result{Text: join(head, text, out.Bytes()), Faults: p.faults, Session: p.session, Flow: f, Files: files, Moves: p.moves, Steps: p.steps}, nil
}

// Test plays a conversation file's text and compares. With update it returns
// the new text instead of complaining.
func Test(t testing.TB, name string, text []byte) Result {
	t.Helper()
	r, err := Play(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, fault := range r.Faults {
		t.Errorf("%s: %v", name, fault)
	}
	return r
}

type player struct {
	flow    *flow.Flow
	session engine.Session
	now     time.Time
	seq     int64
	signals int                    // sent so far
	rosters int64                  // sent so far
	lastLeg ivr.LegID              // of whoever was called last
	armed   map[ivr.TimerID]string // by the commands so far
	faults  []error
	moves   []ivr.Moved
	steps   []Step
}

// event applies one line and writes the commands it brought.
func (p *player) event(words []string, out *bytes.Buffer) error {
	if len(words) > 0 && strings.HasPrefix(words[0], "+") {
		d, err := time.ParseDuration(words[0][1:])
		if err != nil {
			return err
		}
		p.now, words = p.now.Add(d), words[1:]
	}
	if len(words) == 0 {
		return nil
	}
	switch words[0] {
	case "armed":
		fmt.Fprintf(out, "< Armed %s\n", p.listArmed())
		return nil
	case "look":
		p.look(out)
		return nil
	}
	ev, err := p.read(words)
	if err != nil {
		return err
	}
	p.throughJSON()
	next, cmds, err := engine.Step(p.flow, p.session, ev)
	if err != nil {
		fmt.Fprintf(out, "< error %v\n", err)
	}
	p.wrote(out, next, cmds)
	p.steps = append(p.steps, Step{p.session, next, ev, cmds})
	p.twice(next, ev)
	p.session = next
	p.timers(ev, cmds)
	return nil
}

// wrote writes the commands that came.
func (p *player) wrote(out *bytes.Buffer, next engine.Session, cmds []ivr.Command) {
	for _, c := range cmds {
		if m, ok := c.(ivr.Moved); ok {
			p.moves = append(p.moves, m)
		}
		if line := show(c, next); line != "" {
			fmt.Fprintf(out, "< %s\n", line)
		}
	}
}

// look is what a process does that takes the session up. The second time it must
// change nothing.
func (p *player) look(out *bytes.Buffer) {
	p.throughJSON()
	next, cmds := engine.Look(p.flow, p.session, p.now)
	p.wrote(out, next, cmds)
	if again, more := engine.Look(p.flow, next, p.now); len(more) > 0 || normal(next) != normal(again) {
		p.faults = append(p.faults, fmt.Errorf("looks twice: commands %v", more))
	}
	p.session = next
	p.timers(nil, cmds)
}

// throughJSON is what a store does to a session.
func (p *player) throughJSON() {
	b, err := json.Marshal(p.session)
	if err != nil {
		p.faults = append(p.faults, fmt.Errorf("session to JSON: %w", err))
		return
	}
	var back engine.Session
	if err := json.Unmarshal(b, &back); err != nil {
		p.faults = append(p.faults, fmt.Errorf("session from JSON: %w", err))
		return
	}
	again, err := json.Marshal(back)
	if err != nil || !bytes.Equal(b, again) {
		p.faults = append(p.faults, fmt.Errorf("session changes on its way through JSON (%w):\n%s\n%s", err, b, again))
	}
	p.session = back
}

// twice gives an event to a session that has seen it.
func (p *player) twice(after engine.Session, ev ivr.Event) {
	again, cmds, err := engine.Step(p.flow, after, ev)
	if len(cmds) > 0 || err != nil || !reflect.DeepEqual(normal(after), normal(again)) {
		p.faults = append(p.faults, fmt.Errorf("%T given twice: commands %v, error %w", ev, cmds, err))
	}
}

// normal removes the difference between empty and nil lists.
func normal(s engine.Session) string {
	b, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
