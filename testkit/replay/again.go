package replay

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

// mostTries bounds how many rows are played for one journal beyond its own, to
// find values for what was forgotten.
const mostTries = 20_000

// Again plays a journal on the version on which it was written. An error says that
// the journal cannot be played at all: it is damaged, or of another version.
func Again(f *Flow, j *Journal) (Result, error) {
	switch {
	case j.Version != f.Version:
		return Result{}, fmt.Errorf("the call ran version %s of flow %q, not %s", flow.Short(j.Version), j.Flow, flow.Short(f.Version))
	case len(j.Rows) == 0:
		return Result{}, errors.New("the journal is empty")
	case len(j.Rows[0].Events) == 0 || !begins(j.Rows[0].Events[0]):
		return Result{}, errors.New("the journal does not begin with a call that comes in or is wanted; its first rows are missing")
	}
	p := &player{f: f, j: j, tries: mostTries + len(j.Rows), lost: lost{}}
	if p.vagueFrom = slices.IndexFunc(j.Rows, func(r Row) bool { return r.Hidden }); p.vagueFrom < 0 {
		p.vagueFrom = len(j.Rows)
	}
	if f.words.blind {
		p.vagueFrom = 0
	}
	return p.run(), nil
}

func begins(ev ivr.Event) bool {
	switch ev.(type) {
	case ivr.CallIncoming, ivr.CallWanted:
		return true
	default:
		return false
	}
}

// player plays a journal.
type player struct {
	f     *Flow
	j     *Journal
	tries int
	beats []beat
	forks []fork
	miss  *miss // the farthest one
	lost  lost  // at the row that is played
	// vagueFrom is the first row from which on something is made up.
	vagueFrom int
}

// fork is a row of which another try may be made.
type fork struct {
	row   int
	beats int // that were played before it
	s     engine.Session
	lost  lost
	rest  [][]ivr.Event
}

// miss is where a try did not fit.
type miss struct {
	Difference
	many  bool   // tries that came that far did not do the same
	reads string // the step that read something lost; "" if none did
}

func (p *player) run() Result {
	s := engine.New(p.j.Session, p.f.Flow, p.f.Config)
	for i := 0; i < len(p.j.Rows); {
		options := [][]ivr.Event{p.j.Rows[i].Events}
		if p.j.Rows[i].Hidden {
			options = p.options(&s, i)
		}
		next, ok := p.try(i, s, options)
		if ok {
			s, i = next, i+1
			continue
		}
		if s, i, ok = p.back(); !ok {
			return p.lose()
		}
	}
	r := Result{Verdict: Same, beats: p.beats}
	if p.vagueFrom < len(p.j.Rows) {
		r.Verdict = Outline
	}
	return r
}

// try plays a row with the first of the options that fits, and keeps the others.
func (p *player) try(i int, s engine.Session, options [][]ivr.Event) (engine.Session, bool) {
	before := len(p.beats)
	was := p.lost
	for n, events := range options {
		if p.tries--; p.tries < 0 {
			return s, false
		}
		p.lost = was.copied()
		if next, ok := p.row(i, s, events); ok {
			if rest := options[n+1:]; len(rest) > 0 {
				p.forks = append(p.forks, fork{i, before, s, was, rest})
			}
			return next, true
		}
		p.beats = p.beats[:before]
	}
	return s, false
}

// back goes on with what was not tried last.
func (p *player) back() (engine.Session, int, bool) {
	for len(p.forks) > 0 && p.tries > 0 {
		f := p.forks[len(p.forks)-1]
		p.forks = p.forks[:len(p.forks)-1]
		p.beats, p.lost = p.beats[:f.beats], f.lost
		if next, ok := p.try(f.row, f.s, f.rest); ok {
			return next, f.row + 1, true
		}
	}
	return engine.Session{}, 0, false
}

// lose is the result of a journal that nothing fits.
func (p *player) lose() Result {
	m := p.miss
	switch {
	case p.tries <= 0:
		return Result{Verdict: Undecidable, Why: "no values were found that fit what was forgotten"}
	case m.reads != "":
		return Result{Verdict: Undecidable, Why: m.reads + " decides on a value that is not known any more"}
	case m.many:
		return Result{Verdict: Undecidable, Why: "what it does in " + m.State + " depends on values that are not known any more"}
	}
	return Result{Verdict: Different, Difference: &m.Difference}
}

// row plays a row with its events, or what the runtime did.
func (p *player) row(i int, s engine.Session, events []ivr.Event) (engine.Session, bool) {
	row := &p.j.Rows[i]
	if len(row.Events) == 0 {
		return p.silent(i, s)
	}
	var all []ivr.Command
	for n, ev := range events {
		b := beat{row: i, nth: n, ev: ev, made: row.Hidden && hollow(row.Events[n]), before: s}
		b.after, b.cmds = p.step(row, s, ev, len(row.Parked) > 0 && sameEvent(row.Parked[0], row.Events[n]))
		if b.made {
			p.lost.changed(&b.before, &b.after)
		}
		p.lost.spread(p.f, &b)
		s, all = b.after, append(all, b.cmds...)
		p.beats = append(p.beats, b)
	}
	return s, p.fits(i, all)
}

// step is engine.Step as the runtime does it.
func (p *player) step(row *Row, s engine.Session, ev ivr.Event, parked bool) (next engine.Session, cmds []ivr.Command) {
	defer func() {
		if x := recover(); x != nil {
			s.Timers = without(s.Timers, ev)
			next, cmds = engine.Fail(p.f.Flow, s, row.At, fmt.Errorf("panic: %v", x))
		}
	}()
	if parked {
		panic(strings.TrimPrefix(causeIn(row.Commands, "event parked: "), "panic: "))
	}
	next, cmds, err := engine.Step(p.f.Flow, s, ev)
	if err != nil {
		next.Timers = without(next.Timers, ev)
	}
	return next, cmds
}

// without is a session's timers without the one that an event is about.
func without(list []engine.Timer, ev ivr.Event) []engine.Timer {
	if e, ok := ev.(ivr.TimerExpired); ok {
		return slices.DeleteFunc(slices.Clone(list), func(t engine.Timer) bool { return t.ID == e.Timer })
	}
	return list
}

// causeIn is what the engine noted after the words.
func causeIn(cmds []ivr.Command, after string) string {
	for _, cmd := range cmds {
		if m, ok := cmd.(ivr.Mark); ok {
			if text, ok := strings.CutPrefix(m.Text, after); ok {
				return text
			}
		}
	}
	return ""
}

// silent plays what the runtime did without an event: whatever fits.
func (p *player) silent(i int, s engine.Session) (engine.Session, bool) {
	row := &p.j.Rows[i]
	for by := looked; by <= rebuilt; by++ {
		next, cmds := done(by, p.f.Flow, s, row)
		if len(cmds) > 0 && p.equal(i, cmds) {
			p.beats = append(p.beats, beat{row: i, by: by, before: s, after: next, cmds: cmds})
			return next, true
		}
	}
	return s, p.fits(i, nil)
}

// done is what the runtime does without an event. Only due timers are left out
// with what is parked.
func done(by doing, f *flow.Flow, s engine.Session, row *Row) (engine.Session, []ivr.Command) {
	switch by {
	case looked:
		return engine.Look(f, s, row.At)
	case stopped:
		return engine.Stop(f, s, row.At)
	case failed:
		s.Timers = slices.DeleteFunc(slices.Clone(s.Timers), func(t engine.Timer) bool { return len(row.Parked) > 0 && !t.Due.After(row.At) })
		return engine.Fail(f, s, row.At, errors.New(causeIn(row.Commands, "event parked: ")))
	case abandoned:
		return engine.Abandon(s, row.At)
	case rebuilt:
		known := engine.Session{ID: s.ID, Flow: s.Flow, Version: s.Version, Tenant: s.Tenant, Started: s.Started, Caller: s.Caller, Called: s.Called,
			Leg: engine.Leg{ID: s.Leg.ID, Call: s.Leg.Call}, Others: s.Others}
		return engine.Rebuild(f, known, row.At, errors.New(causeIn(row.Commands, "rebuilt: ")))
	}
	return s, nil
}

// equal reports whether commands are those of a row, as far as that is known.
func (p *player) equal(i int, cmds []ivr.Command) bool {
	row := &p.j.Rows[i]
	if !row.Hidden && exact(cmds, row.Commands) {
		return true
	}
	return (row.Hidden || p.vague(i)) && slices.Equal(shapes(cmds), shapes(row.Commands))
}

// vague reports whether something was made up before a row or in it.
func (p *player) vague(i int) bool {
	return i >= p.vagueFrom
}

// fits is equal, and keeps what does not.
func (p *player) fits(i int, cmds []ivr.Command) bool {
	if p.equal(i, cmds) {
		return true
	}
	d := p.difference(i, cmds)
	switch m := p.miss; {
	case m == nil || m.Row < d.Row:
		p.miss = &miss{Difference: d, reads: p.readsLost(i)}
	case m.Row == d.Row && m.Replayed != d.Replayed:
		m.many = true
	}
	return false
}

// difference is the first command that is not what the row says.
func (p *player) difference(i int, cmds []ivr.Command) Difference {
	row := &p.j.Rows[i]
	d := Difference{Row: i + 1, At: row.At}
	same := func(a, b ivr.Command) bool { return exact([]ivr.Command{a}, []ivr.Command{b}) }
	if row.Hidden || p.vague(i) {
		same = func(a, b ivr.Command) bool { return slices.Equal(shapes([]ivr.Command{a}), shapes([]ivr.Command{b})) }
	}
	n := 0
	for n < len(cmds) && n < len(row.Commands) && same(cmds[n], row.Commands[n]) {
		n++
	}
	if n < len(row.Commands) {
		d.Recorded = Command(row.Commands[n])
	}
	if n < len(cmds) {
		d.Replayed = Command(cmds[n])
	}
	before := 0
	for _, b := range p.beats {
		if b.row != i || b.ev == nil {
			continue
		}
		d.State, d.At, d.Event = b.before.State, b.ev.When(), Event(row.Events[b.nth])
		if before += len(b.cmds); n < before {
			break
		}
	}
	return d
}

func sameEvent(a, b ivr.Event) bool {
	x, err := wire.AppendEvents(nil, []ivr.Event{a})
	if err != nil {
		return false
	}
	y, err := wire.AppendEvents(nil, []ivr.Event{b})
	return err == nil && bytes.Equal(x, y)
}

// exact reports whether commands are the same, but for what lets people fetch a
// recording: no journal that leaves the store has that.
func exact(a, b []ivr.Command) bool {
	if len(a) != len(b) {
		return false
	}
	x, err := wire.AppendCommands(nil, open(a))
	if err != nil {
		return false
	}
	y, err := wire.AppendCommands(nil, open(b))
	return err == nil && bytes.Equal(x, y)
}

func open(cmds []ivr.Command) []ivr.Command {
	i := slices.IndexFunc(cmds, func(cmd ivr.Command) bool { _, ok := cmd.(ivr.FetchRecording); return ok })
	if i < 0 {
		return cmds
	}
	cmds = slices.Clone(cmds)
	for ; i < len(cmds); i++ {
		if c, ok := cmds[i].(ivr.FetchRecording); ok {
			c.Recording = ivr.RecordingRef{Why: c.Recording.Why}
			cmds[i] = c
		}
	}
	return cmds
}

// since is how long after the call's first event a time is.
func since(j *Journal, at time.Time) time.Duration { return at.Sub(j.Rows[0].Events[0].When()) }
