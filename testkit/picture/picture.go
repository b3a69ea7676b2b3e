// Package picture draws flows: as boxes and arrows that Mermaid, Graphviz and
// package svg make pictures of.
//
//	p := picture.Of(f, picture.Options{})
//	fmt.Print(p.Mermaid())
//	image, err := svg.Draw(ctx, p)
//
// A picture is for people: a box for each state of the flow with what it does, and
// an arrow for each way from one to another. With Full it is the machine that runs:
// a box for each phase of each step. An [Overlay] lays something over either: what
// tests play, what a proof found, where a call went.
//
// Equal flows and options give equal pictures. The package keeps no state.
package picture

import (
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
)

// Options say what is drawn.
type Options struct {
	// Full draws the phases of the machine.
	Full bool
	// HangUp and Errors draw what a hang-up and an error lead to.
	HangUp, Errors bool
	// Overlay is laid over the picture; nil for none.
	Overlay *Overlay
	// File replaces the flow's file in places; empty: as the flow was loaded.
	File string
}

// Picture is a flow as boxes and arrows.
type Picture struct {
	Name   string // of the flow
	Title  string // what it is for, one line; may be empty
	About  string // the picture in a sentence, for who does not see it
	Start  string // name of the box in which a call begins
	Boxes  []Box
	Arrows []Arrow
	Over   string // what is laid over it; empty: nothing
	Legend []Tone // the tones that occur
	Names  map[Tone]string
}

// Kind is what a box is above all.
type Kind uint8

// The kinds of box.
const (
	Does  Kind = iota // it speaks, acts and decides
	Asks              // it waits for the caller
	Leads             // it leads to a person or another line
	Ends              // it is the end of a call, in full pictures
)

// Box is a state of the flow, or of its machine.
type Box struct {
	Name  string // unique in the picture
	Group string // the state of the flow it belongs to, in full pictures
	Kind  Kind
	Lines []Line // what it does
	Exits []Exit // ways out that no arrow shows
	At    diag.Pos
	Mark  Mark
}

// Line is a step of a state.
type Line struct {
	ID    string // unique, and the same in all pictures
	Depth int    // of the handlers it stands in
	Cause string // what leads to it, such as "wrong ≤2"; empty: the line before
	Verb  string
	Text  string
	Sub   bool // it runs another flow
	At    diag.Pos
	Mark  Mark
}

// Arrow is a way from one box to another.
type Arrow struct {
	From, To string
	Labels   []string // what leads there, such as "1" or "gave_up"; without any, all that goes well
	At       diag.Pos
	Mark     Mark
}

// Exit is a way out that is written into its box.
type Exit struct {
	Arrow
	Way Way
}

// Way is where an exit leads.
type Way uint8

// The ways.
const (
	ToBox      Way = iota // another box, to which so many lead that arrows would hide the rest
	Again                 // the same box
	ToEnd                 // the end of the call
	HandedOver            // to whom the caller is given
	Back                  // to the flow that called this one; To is the outcome
)

// Of draws a flow.
func Of(f *flow.Flow, o Options) *Picture {
	d := drawing{f: f, o: o, p: &Picture{Name: f.Name, Title: oneLine(f.Description)}, over: o.Overlay}
	if d.over == nil {
		d.over = &Overlay{}
	}
	d.index()
	if o.Full {
		d.full()
	} else {
		d.collapsed()
	}
	d.p.Over = d.over.Title
	d.legend()
	d.p.About = d.about()
	return d.p
}

// drawing is a picture while it is drawn.
type drawing struct {
	f    *flow.Flow
	o    Options
	p    *Picture
	over *Overlay

	moves  map[trigger][]machine.Move // of the machine, by what sets them off
	states map[flow.StepRef][]string  // of the machine, by step
}

// trigger is an outcome of a step, with .then and .else.
type trigger struct {
	step flow.StepRef
	name string
}

func (d *drawing) index() {
	d.moves, d.states = map[trigger][]machine.Move{}, map[flow.StepRef][]string{}
	for _, m := range d.f.Machine.Moves() {
		if place, ok := d.f.At(m.From); ok && place.Step != flow.None {
			t := trigger{place.Step, m.Trigger}
			d.moves[t] = append(d.moves[t], m)
		}
	}
	for _, s := range d.f.Machine.States() {
		if place, ok := d.f.At(s); ok && place.Step != flow.None {
			d.states[place.Step] = append(d.states[place.Step], s)
		}
	}
}

// hidden reports sections that are not drawn.
func (d *drawing) hidden(s flow.Section) bool {
	switch s {
	case flow.InOnHangup, flow.InOnEnd:
		return !d.o.HangUp
	case flow.InOnError:
		return !d.o.Errors
	case flow.InState:
	}
	return false
}

// at is a place as it is shown.
func (d *drawing) at(pos diag.Pos) diag.Pos {
	if d.o.File != "" && pos.File == d.f.File {
		pos.File = d.o.File
	}
	return pos
}

func (d *drawing) about() string {
	what := "states"
	if d.o.Full {
		what = "machine states"
	}
	text := fmt.Sprintf("The flow %s as a diagram of %d %s and %d arrows. A call begins in %s.", d.p.Name, len(d.p.Boxes), what, len(d.p.Arrows), d.p.Start)
	if d.p.Over != "" {
		text += " Laid over it: " + d.p.Over + "."
	}
	return text
}

// ID is the id of a box in SVG and Mermaid: equal names give equal ids in all
// pictures.
func ID(box string) string { return "s-" + idPart(box) }

// ID is the arrow's id. Only arrows that differ in tone share both ends.
func (a *Arrow) ID() string { return a.id(a.To) }

func (a *Arrow) id(to string) string {
	id := "e-" + idPart(a.From) + "-" + idPart(to)
	if a.Mark.Tone != Plain {
		id += "-" + a.Mark.Tone.String()
	}
	return id
}

// ID is the exit's id.
func (e *Exit) ID() string {
	switch e.Way {
	case ToEnd:
		return e.id("-end")
	case HandedOver:
		return e.id("-over")
	case Back:
		return e.id("-return-" + e.To)
	case ToBox, Again:
	}
	return e.id(e.To)
}

func idPart(name string) string { return strings.NewReplacer("/", "-", " ", "-").Replace(name) }

// Label is what stands at the arrow.
func (a *Arrow) Label() string { return strings.Join(a.Labels, ", ") }

// Text is the exit as its box has it.
func (e *Exit) Text() string {
	label := e.Label()
	with := func(way string) string {
		if label == "" {
			return way
		}
		return label + " " + way
	}
	switch e.Way {
	case ToBox:
		return with("→ " + e.To)
	case Again:
		return with("↺")
	case ToEnd:
		return with("■ end")
	case HandedOver:
		return with("■ handed over")
	case Back:
	}
	return with("↩ " + e.To)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
