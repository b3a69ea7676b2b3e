package picture

import "slices"

// Compare is the picture of a flow with what came and went since another picture of
// it, in the tones [New], [Gone] and [Changed]. Both must be drawn alike, without an
// overlay. A state that was renamed went, and another came.
func Compare(before, after *Picture) *Picture {
	p := &Picture{Name: after.Name, Title: after.Title, Start: after.Start, Over: "what came and went", Names: map[Tone]string{}}
	was, is := before.ways(), after.ways()
	for _, b := range after.Boxes {
		i := slices.IndexFunc(before.Boxes, func(o Box) bool { return o.Name == b.Name })
		if i < 0 {
			b.Mark.Tone = New
			p.Boxes = append(p.Boxes, b)
			continue
		}
		p.Boxes = append(p.Boxes, compareBox(before.Boxes[i], b, was, is))
	}
	for _, b := range before.Boxes {
		if !slices.ContainsFunc(after.Boxes, func(o Box) bool { return o.Name == b.Name }) {
			b.Mark.Tone = Gone
			p.Boxes = append(p.Boxes, b)
		}
	}
	for _, a := range after.Arrows {
		p.Arrows = append(p.Arrows, split(a, was, New)...)
	}
	for _, a := range before.Arrows {
		p.Arrows = append(p.Arrows, only(split(a, is, Gone), Gone)...)
	}
	d := drawing{p: p, over: &Overlay{Names: map[Tone]string{New: "came", Gone: "went", Changed: "is otherwise"}}}
	d.legend()
	p.About = d.about()
	return p
}

// step is a way from a box to another, by one of the labels that lead there.
type step struct {
	from, to, label string
	way             Way
}

// ways are all that the picture has, as arrows or written into boxes.
func (p *Picture) ways() map[step]bool {
	all := map[step]bool{}
	add := func(a Arrow, w Way) {
		for _, l := range labels(a) {
			all[step{a.From, a.To, l, w}] = true
		}
	}
	for _, a := range p.Arrows {
		add(a, ToBox)
	}
	for _, b := range p.Boxes {
		for _, e := range b.Exits {
			add(e.Arrow, e.Way)
		}
	}
	return all
}

func labels(a Arrow) []string {
	if len(a.Labels) == 0 {
		return []string{""}
	}
	return a.Labels
}

// split makes two arrows of one of which some labels are in the other picture and
// others are not; those have the tone.
func split(a Arrow, other map[step]bool, tone Tone) []Arrow {
	same, rest := a, a
	same.Labels, rest.Labels = nil, nil
	kept := 0
	for _, l := range labels(a) {
		if other[step{a.From, a.To, l, ToBox}] {
			same.Labels = append(same.Labels, l)
			kept++
		} else {
			rest.Labels = append(rest.Labels, l)
		}
	}
	rest.Mark.Tone = tone
	switch kept {
	case len(labels(a)):
		return []Arrow{a}
	case 0:
		a.Mark.Tone = tone
		return []Arrow{a}
	}
	return []Arrow{same, rest}
}

func only(list []Arrow, tone Tone) []Arrow {
	return slices.DeleteFunc(list, func(a Arrow) bool { return a.Mark.Tone != tone })
}

// compareBox is a box with the lines and exits that came and went.
func compareBox(before, after Box, was, is map[step]bool) Box {
	b := after
	b.Lines, b.Exits = nil, nil
	for _, l := range after.Lines {
		if !hasLine(before.Lines, l) {
			l.Mark.Tone = New
		}
		b.Lines = append(b.Lines, l)
	}
	for _, l := range before.Lines {
		if !hasLine(after.Lines, l) {
			l.Mark.Tone = Gone
			l.ID += "-gone"
			b.Lines = append(b.Lines, l)
		}
	}
	for _, e := range after.Exits {
		if slices.ContainsFunc(labels(e.Arrow), func(l string) bool { return !was[step{e.From, e.To, l, e.Way}] }) {
			e.Mark.Tone = New
		}
		b.Exits = append(b.Exits, e)
	}
	for _, e := range before.Exits {
		if slices.ContainsFunc(labels(e.Arrow), func(l string) bool { return !is[step{e.From, e.To, l, e.Way}] }) {
			e.Mark.Tone = Gone
			b.Exits = append(b.Exits, e)
		}
	}
	if changed(b) || before.Kind != after.Kind {
		b.Mark.Tone = Changed
	}
	return b
}

func hasLine(lines []Line, l Line) bool {
	return slices.ContainsFunc(lines, func(o Line) bool {
		return o.Depth == l.Depth && o.Cause == l.Cause && o.Verb == l.Verb && o.Text == l.Text
	})
}

func changed(b Box) bool {
	return slices.ContainsFunc(b.Lines, func(l Line) bool { return l.Mark.Tone != Plain }) || slices.ContainsFunc(b.Exits, func(e Exit) bool { return e.Mark.Tone != Plain })
}
