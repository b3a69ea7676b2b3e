package flowdiff

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/picture"
)

// Picture is the new flow as boxes and arrows with what came, what went and what is
// otherwise. It shows the flow itself, and not those that it calls.
func (r *Report) Picture() *picture.Picture {
	before := picture.Of(r.old, picture.Options{HangUp: true, Errors: true, File: r.Old.File})
	after := picture.Of(r.next, picture.Options{HangUp: true, Errors: true, File: r.New.File})
	r.rename(before)
	p := picture.Compare(before, after)
	touched := map[string]string{}
	for _, c := range r.Changes {
		if c.step != nil && c.Kind == Changed && hasStep(r.next, c.step) {
			id := "t-" + c.step.ID
			touched[id] = strings.TrimPrefix(touched[id]+"; "+c.short(), "; ")
		}
	}
	some := false
	for i := range p.Boxes {
		b := &p.Boxes[i]
		for j := range b.Lines {
			l := &b.Lines[j]
			if note := touched[l.ID]; note != "" && l.Mark.Tone == picture.Plain {
				l.Mark = picture.Mark{Tone: picture.Changed, Note: note}
			}
			if l.Mark.Tone != picture.Plain && b.Mark.Tone == picture.Plain {
				b.Mark.Tone = picture.Changed
			}
		}
		some = some || b.Mark.Tone == picture.Changed
	}
	if p.Names[picture.Changed] == "" && some {
		p.Legend = append(p.Legend, picture.Changed)
		p.Names[picture.Changed] = "is otherwise"
	}
	return p
}

func hasStep(f *flow.Flow, s *flow.Step) bool {
	return int(s.Ref) < len(f.Steps) && f.Steps[s.Ref] == s
}

// rename gives the boxes of the old flow the names that the new one has for them.
func (r *Report) rename(p *picture.Picture) {
	names := r.match.states[r.old]
	name := func(old *string) {
		if n := names[*old]; n != "" {
			*old = n
		}
	}
	for i := range p.Boxes {
		b := &p.Boxes[i]
		name(&b.Name)
		for j := range b.Exits {
			name(&b.Exits[j].From)
			if w := b.Exits[j].Way; w == picture.ToBox || w == picture.Again {
				name(&b.Exits[j].To)
			}
		}
	}
	for i := range p.Arrows {
		name(&p.Arrows[i].From)
		name(&p.Arrows[i].To)
	}
}

// short is a change of a step, for who points at it.
func (c *Change) short() string {
	_, name, _ := strings.Cut(c.What, ": ")
	return name + ": " + c.Old + " -> " + c.New
}
