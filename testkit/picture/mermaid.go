package picture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/testkit/outline"
)

// Mermaid is the picture as a Mermaid flowchart, for Markdown.
func (p *Picture) Mermaid() string {
	var b strings.Builder
	if title := p.heading(); title != "" {
		fmt.Fprintf(&b, "---\ntitle: \"%s\"\n---\n", strings.ReplaceAll(title, `"`, `'`))
	}
	b.WriteString("flowchart TD\n")
	ids := map[string]string{}
	for i, box := range p.Boxes {
		ids[box.Name] = fmt.Sprintf("s%d", i)
	}
	for _, group := range p.groups() {
		indent := "    "
		if group != "" {
			fmt.Fprintf(&b, "    subgraph g_%s[\"%s\"]\n", group, group)
			indent += indent
		}
		for i := range p.Boxes {
			if box := &p.Boxes[i]; box.Group == group {
				b.WriteString(indent + ids[box.Name] + box.mermaid() + "\n")
			}
		}
		if group != "" {
			b.WriteString("    end\n")
		}
	}
	fmt.Fprintf(&b, "    start((\" \")) --> %s\n", ids[p.Start])
	for i := range p.Arrows {
		a := &p.Arrows[i]
		label := ""
		if len(a.Labels) > 0 {
			label = `|"` + mermaidText(a.Label()) + `"|`
		}
		fmt.Fprintf(&b, "    %s -->%s %s\n", ids[a.From], label, ids[a.To])
	}
	p.mermaidTones(&b, ids)
	return b.String()
}

// heading is the name with the title, and what is laid over.
func (p *Picture) heading() string {
	text := p.Name
	if p.Title != "" {
		text += ": " + p.Title
	}
	if p.Over != "" {
		text += " (" + p.Over + ")"
	}
	return text
}

// groups are those of the boxes in their order; "" is among them if some have none.
func (p *Picture) groups() []string {
	var all []string
	for i := range p.Boxes {
		if !slices.Contains(all, p.Boxes[i].Group) {
			all = append(all, p.Boxes[i].Group)
		}
	}
	return all
}

func (b *Box) mermaid() string {
	lines := []string{"<b>" + mermaidText(b.Name) + "</b>"}
	for i := range b.Lines {
		l := &b.Lines[i]
		lines = append(lines, strings.Repeat("&nbsp;", 3*l.Depth)+mermaidText(l.words()))
	}
	for i := range b.Exits {
		lines = append(lines, "<i>"+mermaidText(b.Exits[i].Text())+"</i>")
	}
	text := `"` + strings.Join(lines, "<br/>") + `"`
	switch b.Kind {
	case Asks:
		return "(" + text + ")"
	case Leads:
		return "[/" + text + "/]"
	case Ends:
		return "((" + text + "))"
	case Does:
	}
	return "[" + text + "]"
}

// words are the line on one line.
func (l *Line) words() string {
	text := join(l.Verb, outline.Clip(l.Text, mostText))
	if l.Cause != "" {
		text = l.Cause + ": " + text
	}
	return text
}

// mermaidTones colours what an overlay says something of.
func (p *Picture) mermaidTones(b *strings.Builder, ids map[string]string) {
	for _, t := range p.Legend {
		c := Colours(t)
		fmt.Fprintf(b, "    classDef %s fill:%s,stroke:%s,stroke-width:2px;\n", t, c.Fill, c.Line)
		for _, box := range p.Boxes {
			if box.Mark.Tone == t {
				fmt.Fprintf(b, "    class %s %s;\n", ids[box.Name], t)
			}
		}
	}
	for i, a := range p.Arrows {
		if a.Mark.Tone != Plain {
			fmt.Fprintf(b, "    linkStyle %d stroke:%s,stroke-width:2px;\n", i+1, Colours(a.Mark.Tone).Line) // after the one to the start
		}
	}
}

// mermaidText is a text that Mermaid takes in quotes.
func mermaidText(s string) string {
	return strings.NewReplacer("&", "#amp;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "#", "#35;", "`", "'").Replace(s)
}
