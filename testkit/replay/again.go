package replay

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/machine"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

// mostTries bounds how many rows are played for one journal beyond its own, to
// find values for what was forgotten.
const mostTries = 2_000

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
	p := &player{f: f, j: j, tries: mostTries}
	for _, row := range j.Rows {
		p.tries += len(row.Events)
	}
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
	// vagueFrom is the first row from which on something is made up.
	vagueFrom int
	// depends says that what did not fit may depend on what was made up before.
	depends bool
	// sure says that nothing that could be made up fits.
	sure bool
}

// point is how far a journal was played.
type point struct {
	row, nth int // the event that is next
	used     int // commands of the row that came of the events before it
	beats    int
	s        engine.Session
	lost     lost
}

// fork is a point from which another try may be made.
type fork struct {
	point
	rest []ivr.Event
}

// miss is where a try did not fit.
type miss struct {
	Difference
	nth   int    // of the event
	many  bool   // tries that came that far did not do the same
	reads string // the step that read something lost; "" if none did
}

func (p *player) run() Result {
	at := point{s: engine.New(p.j.Session, p.f.Flow, p.f.Config), lost: lost{}}
	for at.row < len(p.j.Rows) {
		next, ok := p.on(at)
		if !ok {
			if next, ok = p.back(); !ok {
				return p.lose()
			}
		}
		at = next
	}
	r := Result{Verdict: Same, beats: p.beats}
	if p.vagueFrom < len(p.j.Rows) {
		r.Verdict = Outline
	}
	return r
}

// on plays what is next.
func (p *player) on(at point) (point, bool) {
	row := &p.j.Rows[at.row]
	switch {
	case len(row.Events) == 0:
		return p.silent(at)
	case row.Hidden && hollow(row.Events[at.nth]):
		return p.try(at, p.ways(&at.s, at.row, at.nth))
	}
	if e, ok := row.Events[at.nth].(ivr.OperationCompleted); ok && e.Recording != nil && e.Recording.Location == "" {
		return p.try(at, []ivr.Event{fetchable(e), e}) // no journal that leaves the store says where it was
	}
	return p.try(at, row.Events[at.nth:at.nth+1])
}

// try plays an event as the first of what it may be that fits, and keeps the others.
func (p *player) try(at point, ways []ivr.Event) (point, bool) {
	p.depends = p.typing(&at.s)
	for n, ev := range ways {
		if p.tries--; p.tries < 0 {
			break
		}
		if next, ok := p.event(at, ev); ok {
			if rest := ways[n+1:]; len(rest) > 0 {
				p.forks = append(p.forks, fork{at, rest})
			}
			return next, true
		}
	}
	p.sure = !p.depends && p.tries >= 0
	return at, false
}

// typing reports whether keys wait that may be made up.
func (p *player) typing(s *engine.Session) bool {
	return len(s.Input.Keys)+len(s.Tones.Ahead)+len(s.Tones.Held) > 0 && slices.ContainsFunc(p.beats, func(b beat) bool { return b.made })
}

// back goes on with what was not tried last.
func (p *player) back() (point, bool) {
	for len(p.forks) > 0 && p.tries > 0 && !p.sure {
		f := p.forks[len(p.forks)-1]
		p.forks = p.forks[:len(p.forks)-1]
		if next, ok := p.try(f.point, f.rest); ok {
			return next, true
		}
	}
	return point{}, false
}

// lose is the result of a journal that nothing fits.
func (p *player) lose() Result {
	m := p.miss
	if d := p.unmade(); d != nil && !p.sure {
		return Result{Verdict: Different, Difference: d}
	}
	switch {
	case p.sure:
	case p.tries <= 0:
		return Result{Verdict: Undecidable, Why: "no values were found that fit what was forgotten"}
	case m.reads != "":
		return Result{Verdict: Undecidable, Why: m.reads + " decides on a value that is not known any more"}
	case m.many:
		return Result{Verdict: Undecidable, Why: "what it does in " + m.State + " depends on values that are not known any more"}
	}
	return Result{Verdict: Different, Difference: &m.Difference}
}

// unmade is the first move of the journal that the flow does not have, which no values
// make; nil if there is none. A flow that is called may be entered anywhere.
func (p *player) unmade() *Difference {
	state := ""
	for i, row := range p.j.Rows {
		for _, cmd := range row.Commands {
			m, ok := cmd.(ivr.Moved)
			if !ok {
				continue
			}
			f := p.f.Member(m.Flow)
			if m.Trigger != flow.TriggerStart && f != nil && !slices.ContainsFunc(f.Machine.Moves(), func(is machine.Move) bool { return is.Trigger == m.Trigger && is.To == m.State }) {
				d := &Difference{Row: i + 1, At: row.At, State: state, Recorded: Command(cmd), Replayed: "the flow has no such move"}
				if len(row.Events) > 0 {
					d.At, d.Event = row.Events[0].When(), Event(row.Events[0])
				}
				return d
			}
			state = m.State
		}
	}
	return nil
}

// event plays one event.
func (p *player) event(at point, ev ivr.Event) (point, bool) {
	row := &p.j.Rows[at.row]
	was := row.Events[at.nth]
	b := beat{row: at.row, nth: at.nth, at: ev.When(), ev: ev, made: row.Hidden && hollow(was), before: at.s}
	b.after, b.cmds = p.step(row, at.s, ev, len(row.Parked) > 0 && sameEvent(row.Parked[0], was))
	next := point{row: at.row, nth: at.nth + 1, used: at.used + len(b.cmds), s: b.after, lost: at.lost}
	if b.made || len(at.lost) > 0 {
		next.lost = at.lost.copied()
		if b.made {
			next.lost.changed(p.f, &b)
		}
		next.lost.spread(p.f, &b)
	}
	if !p.fits(at, &b, next.lost) {
		return at, false
	}
	p.beats = append(p.beats[:at.beats], b)
	next.beats = at.beats + 1
	if next.nth == len(row.Events) {
		next.row, next.nth, next.used = at.row+1, 0, 0
	}
	return next, true
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
func (p *player) silent(at point) (point, bool) {
	row := &p.j.Rows[at.row]
	for by := looked; by <= rebuilt; by++ {
		next, cmds := done(by, p.f.Flow, at.s, row)
		if len(cmds) > 0 && p.equal(at.row, cmds, row.Commands) {
			p.beats = append(p.beats[:at.beats], beat{row: at.row, at: row.At, by: by, before: at.s, after: next, cmds: cmds})
			return point{row: at.row + 1, beats: at.beats + 1, s: next, lost: at.lost}, true
		}
	}
	if len(row.Commands) == 0 { // nothing but an event that could not be applied
		return point{row: at.row + 1, beats: at.beats, s: at.s, lost: at.lost}, true
	}
	p.depends = false
	fits := p.fits(at, &beat{row: at.row, before: at.s, after: at.s}, at.lost)
	p.sure = !p.depends
	return at, fits
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
func (p *player) equal(row int, cmds, recorded []ivr.Command) bool {
	if !p.j.Rows[row].Hidden && exact(cmds, recorded) {
		return true
	}
	return row >= p.vagueFrom && slices.Equal(shapes(cmds, p.f.words.blind), shapes(recorded, p.f.words.blind))
}

// fits reports whether what came of an event is what the row says of it, and keeps
// what does not.
func (p *player) fits(at point, b *beat, l lost) bool {
	row := &p.j.Rows[at.row]
	recorded := row.Commands[at.used:]
	if last := at.nth+1 >= len(row.Events); !last && len(recorded) > len(b.cmds) {
		recorded = recorded[:len(b.cmds)]
	}
	if p.equal(at.row, b.cmds, recorded) {
		return true
	}
	reads := p.readsLost(b, l)
	p.depends = p.depends || reads != ""
	d := p.difference(at, b, recorded)
	switch m := p.miss; {
	case m == nil || m.Row < d.Row || m.Row == d.Row && m.nth < at.nth:
		p.miss = &miss{Difference: d, nth: at.nth, reads: reads}
	case m.Row == d.Row && m.nth == at.nth && m.Replayed != d.Replayed:
		m.many = true
	}
	return false
}

// difference is the first command that is not what was recorded.
func (p *player) difference(at point, b *beat, recorded []ivr.Command) Difference {
	row := &p.j.Rows[at.row]
	d := Difference{Row: at.row + 1, At: row.At, State: b.before.State}
	if b.ev != nil {
		d.At, d.Event = b.ev.When(), Event(row.Events[at.nth])
	}
	n := 0
	for n < len(b.cmds) && n < len(recorded) && p.equal(at.row, b.cmds[n:n+1], recorded[n:n+1]) {
		n++
	}
	if n < len(recorded) {
		d.Recorded = Command(recorded[n])
	}
	if n < len(b.cmds) {
		d.Replayed = Command(b.cmds[n])
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
