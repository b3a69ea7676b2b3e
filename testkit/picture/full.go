package picture

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
)

// full draws a box for each state of the machine.
func (d *drawing) full() {
	table := d.f.Machine
	touched := map[string]bool{table.Initial(): true}
	for _, m := range table.Moves() {
		if d.hides(m) {
			continue
		}
		touched[m.From], touched[m.To] = true, true
		d.arrow(m)
	}
	for _, s := range table.States() {
		if !touched[s] {
			continue
		}
		b := Box{Name: s, Mark: d.over.state(s)}
		if table.Final(s) {
			b.Kind = Ends
		}
		if place, ok := d.f.At(s); ok && place.Step != flow.None {
			step := d.f.Steps[place.Step]
			b.Group, b.At = step.State, d.at(step.Pos)
		}
		d.p.Boxes = append(d.p.Boxes, b)
	}
	d.p.Start = table.Initial()
}

// arrow adds a move, to the arrow between the same states if there is one.
func (d *drawing) arrow(m machine.Move) {
	mark := d.over.move(m)
	i := slices.IndexFunc(d.p.Arrows, func(a Arrow) bool { return a.From == m.From && a.To == m.To && a.Mark.Tone == mark.Tone })
	if i < 0 {
		a := Arrow{From: m.From, To: m.To, Labels: []string{m.Trigger}, Mark: mark}
		if place, ok := d.f.At(m.From); ok && place.Step != flow.None {
			a.At = d.at(d.f.Steps[place.Step].Pos)
		}
		d.p.Arrows = append(d.p.Arrows, a)
		return
	}
	a := &d.p.Arrows[i]
	a.Labels, a.Mark = append(a.Labels, m.Trigger), both(a.Mark, mark)
}

// hides leaves out what a hang-up and an error lead to, from every state.
func (d *drawing) hides(m machine.Move) bool {
	from, to := d.section(m.From), d.section(m.To)
	onHangUp := m.Trigger == flow.TriggerHangUp || from == flow.InOnHangup
	onError := m.Trigger == flow.TriggerError || from == flow.InOnError || to == flow.InOnError
	return onHangUp && !d.o.HangUp || onError && !d.o.Errors
}

func (d *drawing) section(state string) flow.Section {
	place, ok := d.f.At(state)
	if !ok || place.Step == flow.None {
		return flow.InState
	}
	return d.f.Steps[place.Step].Section
}
