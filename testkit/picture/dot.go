package picture

import (
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/testkit/outline"
)

// Limits of what stands in a picture, in characters.
const (
	mostText  = 60 // of a step
	mostWidth = 25 // of a line, before it is broken
)

// Colour is how a tone looks. Colours have six digits, which Graphviz needs; dashes
// and width tell the tones apart in print, too.
type Colour struct {
	Line, Fill, Text string
	Style            string // of lines: solid, dashed, dotted or bold
}

// Colours are those of a tone.
func Colours(t Tone) Colour {
	return [...]Colour{
		Plain:   {"#5a6a7a", "#ffffff", "#1a2530", "solid"},
		Missed:  {"#b3401a", "#fbe6dc", "#7a2a10", "dashed"},
		Reached: {"#1f7a3d", "#e3f4e6", "#12522a", "solid"},
		Part:    {"#9a7400", "#fdf3cf", "#5e4700", "solid"},
		Path:    {"#1558b0", "#dbe9fb", "#0d3a75", "bold"},
		New:     {"#1f7a3d", "#d8f3de", "#12522a", "bold"},
		Gone:    {"#b3401a", "#f7ded3", "#7a2a10", "dotted"},
		Changed: {"#7a3fb0", "#efe4fa", "#52267a", "solid"},
	}[t]
}

// head is the fills of the boxes' names, by kind.
func head(k Kind) string {
	return [...]string{Does: "#e9edf1", Asks: "#cfe2f7", Leads: "#d5ecd4", Ends: "#e9edf1"}[k]
}

// Layout says how Graphviz places the boxes.
type Layout struct {
	Sideways bool   // from left to right, not from top to bottom
	Order    uint64 // of the boxes where nothing else decides: 0 that of the flow's file, else one of many
	Hasty    bool   // straight arrows, and boxes where they fall: for pictures that would take minutes
}

// Graphviz is the picture as a Graphviz digraph.
func (p *Picture) Graphviz() string { return p.Placed(Layout{}) }

// Placed is [Picture.Graphviz] with boxes placed in a given way.
func (p *Picture) Placed(l Layout) string {
	var b strings.Builder
	direction := "TB"
	if l.Sideways {
		direction = "LR"
	}
	hasty := ""
	if l.Hasty {
		hasty = "splines=false, nslimit=0.1, nslimit1=0.1, mclimit=0.01, "
	}
	grouped := len(p.groups()) > 1 // the old way of ranking finds no ranks for some of them
	fmt.Fprintf(&b, "digraph %s {\n", quoted(p.Name))
	fmt.Fprintf(&b, "    graph [%srankdir=%s, newrank=%t, nodesep=0.10, ranksep=0.32, fontname=\"Arial\", fontsize=13, labelloc=t, labeljust=l, label=<%s>];\n", hasty, direction, grouped, p.caption())
	b.WriteString("    node [shape=plain, fontname=\"Arial\", fontsize=10];\n")
	b.WriteString("    edge [fontname=\"Arial\", fontsize=9, arrowsize=0.7];\n")
	if !grouped { // with groups Graphviz cannot do it
		fmt.Fprintf(&b, "    {rank=source; %s}\n", quoted(p.Start))
	}
	for i, group := range p.groups() {
		indent := "    "
		if group != "" {
			fmt.Fprintf(&b, "    subgraph cluster_%d {\n        graph [id=%s, label=%s, style=rounded, color=\"#9aa7b3\", fontsize=11];\n", i, quoted("g-"+group), quoted(group))
			indent += indent
		}
		for _, j := range l.order(len(p.Boxes)) {
			if box := &p.Boxes[j]; box.Group == group {
				b.WriteString(indent + box.dot(box.Name == p.Start) + "\n")
			}
		}
		if group != "" {
			b.WriteString("    }\n")
		}
	}
	for i := range p.Arrows {
		b.WriteString("    " + p.Arrows[i].dot() + "\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// order is a permutation of n boxes.
func (l Layout) order(n int) []int {
	if l.Order > 0 {
		return rand.New(rand.NewPCG(l.Order, 0)).Perm(n)
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// caption is the heading, with the legend of an overlay.
func (p *Picture) caption() string {
	const most, left = 80, `<br align="left"/>`
	text := "<b>" + html.EscapeString(p.Name) + "</b>"
	if p.Title != "" {
		text = "<b>" + html.EscapeString(p.Name) + ":&#160;</b>" + strings.Join(escaped(broken(p.Title, most)), left)
	}
	if p.Over != "" {
		text += left + html.EscapeString(p.Over) + "&#160;&#160;&#160;"
	}
	for _, t := range p.Legend {
		text += fmt.Sprintf("<font color=\"%s\">■ %s&#160;&#160;&#160;</font>", Colours(t).Line, html.EscapeString(p.Names[t]))
	}
	return text + left
}

// dot is the box as a table: its name, what it does, and the exits.
func (b *Box) dot(start bool) string {
	c, border := Colours(b.Mark.Tone), 1
	if start || b.Mark.Tone == Path {
		border = 2
	}
	name := html.EscapeString(b.Name)
	if start {
		name = "▶ " + name
	}
	fill := head(b.Kind)
	if b.Mark.Tone != Plain {
		fill = c.Fill
	}
	var rows strings.Builder
	fmt.Fprintf(&rows, `<tr><td align="left"><font point-size="11" color="%s"><b>%s</b></font></td></tr>`, c.Text, name)
	for i := range b.Lines {
		rows.WriteString(b.Lines[i].row(ID(b.Name)))
	}
	for i := range b.Exits {
		rows.WriteString(b.Exits[i].row())
	}
	table := fmt.Sprintf(`<table border="%d" cellborder="0" cellspacing="0" cellpadding="2" color="%s" bgcolor="%s" style="rounded">%s</table>`, border, c.Line, fill, rows.String())
	return fmt.Sprintf("%s [id=%s, tooltip=%s%s, label=<%s>];", quoted(b.Name), quoted(ID(b.Name)), quoted(b.Tip()), b.Mark.class(), table)
}

// row is the step as a row of its box, to which it links: without a link a row has
// neither id nor tooltip.
func (l *Line) row(box string) string {
	c := Colours(l.Mark.Tone)
	indent := strings.Repeat("&#160;", 3*l.Depth)
	text := indent
	if l.Cause != "" {
		text += "<i>" + html.EscapeString(l.Cause) + ":&#160;</i>"
	}
	// A blank at the beginning of a font is not drawn by all who draw SVG.
	text += "<b>" + html.EscapeString(l.Verb) + "&#160;</b>"
	lines := escaped(broken(outline.Clip(l.Text, mostText), max(mostWidth-len(l.Verb)-len(l.Cause)-2*l.Depth, 12)))
	const left = `<br align="left"/>`
	text += strings.Join(lines, left+indent+"&#160;&#160;&#160;")
	if len(lines) > 1 {
		text += left
	}
	text = l.Mark.struck(text)
	fill := ` bgcolor="#ffffff"`
	if l.Sub {
		fill = ` border="1" color="#5a6a7a" bgcolor="#f1ecf9"`
	}
	return fmt.Sprintf(`<tr><td align="left" id="%s" title="%s" href="#%s"%s><font color="%s">%s</font></td></tr>`, l.ID, html.EscapeString(l.Tip()), box, fill, c.Text, text)
}

func (e *Exit) row() string {
	c := Colours(e.Mark.Tone)
	link := ID(e.From)
	if e.Way == ToBox {
		link = ID(e.To)
	}
	text := strings.Join(escaped(broken(e.Text(), mostWidth)), `&#160;<br align="right"/>`) + "&#160;"
	if strings.Contains(text, "<br") {
		text += `<br align="right"/>`
	}
	text = e.Mark.struck(text)
	return fmt.Sprintf(`<tr><td align="right" bgcolor="#ffffff" id="%s" title="%s" href="#%s"><font color="%s">%s</font></td></tr>`, e.ID(), html.EscapeString(e.Tip()), link, c.Line, text)
}

func (a *Arrow) dot() string {
	c := Colours(a.Mark.Tone)
	label := ""
	if len(a.Labels) > 0 {
		label = fmt.Sprintf(`, label=<<table border="0" cellborder="0" cellspacing="0" cellpadding="1"><tr><td width="3"></td><td bgcolor="#ffffff">%s</td></tr></table>>`,
			strings.Join(escaped(broken(a.Label(), mostWidth)), "<br/>"))
	}
	return fmt.Sprintf("%s -> %s [id=%s, tooltip=%s, color=\"%s\", fontcolor=\"%s\", style=%s, penwidth=%.1f%s%s];", quoted(a.From), quoted(a.To), quoted(a.ID()),
		quoted(a.Tip()), c.Line, c.Text, c.Style, a.width(), a.Mark.class(), label)
}

// class is the class of what has a tone, for style sheets and scripts.
func (m Mark) class() string {
	if m.Tone == Plain {
		return ""
	}
	return ", class=" + quoted(m.Tone.String())
}

// struck strikes the text of what went through.
func (m Mark) struck(text string) string {
	if m.Tone != Gone {
		return text
	}
	return "<s>" + text + "</s>"
}

// width grows with how often the arrow was gone along.
func (a *Arrow) width() float64 {
	width := 1.0
	if a.Mark.Tone == Path || a.Mark.Tone == New {
		width = 2 // seen in print, too
	}
	for n := a.Mark.Times; n > 1 && width < 5; n /= 2 {
		width += 0.5
	}
	return width
}

// broken is a text in lines, which end between words.
func broken(s string, most int) []string {
	var lines []string
	line := ""
	for w := range strings.FieldsSeq(s) {
		if line != "" && utf8.RuneCountInString(line+" "+w) > most {
			lines, line = append(lines, line), ""
		}
		line = join(line, w)
	}
	return append(lines, line)
}

// escaped are lines as Graphviz's labels take them.
func escaped(lines []string) []string {
	for i, l := range lines {
		lines[i] = html.EscapeString(l)
	}
	return lines
}

// Tip is what is shown of the box to who points at it.
func (b *Box) Tip() string { return tip(b.Name, b.At.String(), b.Mark) }

// Tip is what is shown of the line: all of its text, and its place.
func (l *Line) Tip() string { return tip(join(l.Verb, l.Text), l.At.String(), l.Mark) }

// Tip is what is shown of the arrow.
func (a *Arrow) Tip() string {
	name := a.From
	if a.To != "" {
		name += " → " + a.To
	}
	if label := a.Label(); label != "" {
		name += ": " + label
	}
	return tip(name, a.At.String(), a.Mark)
}

func tip(name, at string, m Mark) string {
	text := oneLine(name)
	if at != "" {
		text += " (" + at + ")"
	}
	if m.Times > 0 {
		text += fmt.Sprintf(", %d×", m.Times)
	}
	if m.Note != "" {
		text += ", " + oneLine(m.Note)
	}
	return text
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(s) + `"`
}

func join(a, b string) string { return strings.TrimSpace(a + " " + b) }
