package picture

import (
	"cmp"
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/machine"
)

// Overlay is laid over a picture: the coverage of tests, what a proof did not
// reach, a counter-example, a call. It speaks of the flow's machine, and so fits
// both forms of picture: what a box or an arrow stands for decides how it looks.
//
//	cover := picture.Covered(counts)                        // of tests, by move
//	call := &picture.Overlay{Title: "call s1"}
//	call.Visit(f, moves)                                    // of a call, or a counter-example
//	proof := &picture.Overlay{Title: "what nothing reaches", States: map[string]picture.Mark{"login.2/acting": {Tone: picture.Missed}}}
type Overlay struct {
	Title  string                // what it is, such as "call fOXo"
	States map[string]Mark       // by state of the machine: "login.2/acting"
	Moves  map[machine.Move]Mark // by move of the machine
	Rest   Tone                  // of all that is not named
	Names  map[Tone]string       // what the tones mean here; those without a name have [Tone.String]
}

// Mark is what an overlay says of a state or a move.
type Mark struct {
	Tone  Tone
	Times int    // how often; 0: nothing is said of that
	Note  string // for who points at it, such as "by 3 tests"
}

// Tone is how something is shown.
type Tone uint8

// The tones, the strongest last.
const (
	Plain   Tone = iota
	Missed       // it was not reached
	Reached      // it was
	Part         // some of what a box or an arrow stands for was
	Path         // it is on a path, such as a call or a counter-example
	New          // it came
	Gone         // it went
	Changed      // it is otherwise than before
)

// String is the tone in one word.
func (t Tone) String() string {
	return [...]string{"plain", "missed", "reached", "part", "path", "new", "gone", "changed"}[t]
}

func (o *Overlay) state(name string) Mark {
	if m, ok := o.States[name]; ok {
		return m
	}
	return Mark{Tone: o.Rest}
}

func (o *Overlay) move(m machine.Move) Mark {
	if mark, ok := o.Moves[m]; ok {
		return mark
	}
	return Mark{Tone: o.Rest}
}

// both is what is said of something that stands for two.
func both(a, b Mark) Mark {
	m := Mark{Tone: max(a.Tone, b.Tone), Times: max(a.Times, b.Times), Note: a.Note}
	if low := min(a.Tone, b.Tone); low == Missed && m.Tone == Reached {
		m.Tone = Part
	}
	switch {
	case m.Note == "":
		m.Note = b.Note
	case b.Note != "" && b.Note != m.Note:
		m.Note += ", " + b.Note
	}
	return m
}

// all is what is said of something that stands for several; one of them alone is
// said as it is.
func all(marks []Mark) Mark {
	if len(marks) == 0 {
		return Mark{}
	}
	m := marks[0]
	for _, next := range marks[1:] {
		m = both(m, next)
	}
	return m
}

// Visit adds the path of a call to the overlay, and how often it went along it.
// moves are those of the call in their order, with those of the flows that it calls;
// f is the flow that is drawn. Moves that f's machine does not have, because the call
// ran on another version, are left out and counted.
func (o *Overlay) Visit(f *flow.Flow, moves []ivr.Moved) (unknown int) {
	if o.States == nil {
		o.States, o.Moves, o.Names = map[string]Mark{}, map[machine.Move]Mark{}, map[Tone]string{Path: "a call came here"}
	}
	known := f.Machine.Moves()
	at := f.Machine.Initial()
	for _, m := range moves {
		if m.Flow != f.Key {
			continue
		}
		if m.Trigger == flow.TriggerStart {
			at = f.Machine.Initial() // a flow may be called more than once
		}
		move := machine.Move{From: at, Trigger: m.Trigger, To: m.State}
		at = m.State
		if !slices.Contains(known, move) {
			unknown++
			continue
		}
		o.Moves[move] = Mark{Tone: Path, Times: o.Moves[move].Times + 1}
		o.States[move.To] = Mark{Tone: Path, Times: o.States[move.To].Times + 1}
	}
	return unknown
}

// Covered is what tests play of a flow, by how often they made each move. What they
// did not is missed.
func Covered(moves map[machine.Move]int) *Overlay {
	o := &Overlay{Title: "what tests play", States: map[string]Mark{}, Moves: map[machine.Move]Mark{}, Rest: Missed,
		Names: map[Tone]string{Missed: "no test comes here", Reached: "tests come here", Part: "tests play some of it"}}
	for m, times := range moves {
		if times == 0 {
			continue
		}
		o.Moves[m] = Mark{Tone: Reached, Times: times}
		o.States[m.From] = Mark{Tone: Reached, Times: max(times, o.States[m.From].Times)}
		o.States[m.To] = Mark{Tone: Reached, Times: o.States[m.To].Times + times}
	}
	return o
}

// legend collects the tones that occur.
func (d *drawing) legend() {
	seen := map[Tone]bool{}
	for i := range d.p.Boxes {
		b := &d.p.Boxes[i]
		seen[b.Mark.Tone] = true
		for _, l := range b.Lines {
			seen[l.Mark.Tone] = true
		}
		for _, e := range b.Exits {
			seen[e.Mark.Tone] = true
		}
	}
	for _, a := range d.p.Arrows {
		seen[a.Mark.Tone] = true
	}
	d.p.Names = map[Tone]string{}
	for t := Missed; t <= Changed; t++ {
		if seen[t] {
			d.p.Legend = append(d.p.Legend, t)
			d.p.Names[t] = cmp.Or(d.over.Names[t], t.String())
		}
	}
}
