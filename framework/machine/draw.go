package machine

import (
	"fmt"
	"strings"
)

// Picture is what a drawing shows beside the bare machine.
type Picture struct {
	Title string
	// Hide leaves a move out, for example the hang-up edges that every state
	// has. nil shows all.
	Hide func(Move) bool
	// Group puts states into boxes: the name of a state's box, "" for none.
	// nil draws no boxes.
	Group func(state string) string
}

// Mermaid is the machine as a Mermaid state diagram (stateDiagram-v2). The
// order is that of the moves, so equal machines give equal text.
func (t *Table) Mermaid(p Picture) string {
	var b strings.Builder
	if p.Title != "" {
		fmt.Fprintf(&b, "---\ntitle: %s\n---\n", oneLine(p.Title))
	}
	b.WriteString("stateDiagram-v2\n")
	ids, shown := t.ids(), t.shown(p.Hide)
	for _, box := range t.boxes(p.Group, shown) {
		indent := "    "
		if box.name != "" {
			fmt.Fprintf(&b, "    state \"%s\" as box_%s {\n", escape(box.name), ids[box.states[0]])
			indent = "        "
		}
		for _, s := range box.states {
			fmt.Fprintf(&b, "%sstate \"%s\" as %s\n", indent, escape(s), ids[s])
		}
		if box.name != "" {
			b.WriteString("    }\n")
		}
	}
	fmt.Fprintf(&b, "    [*] --> %s\n", ids[t.initial])
	for _, m := range shown {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", ids[m.From], ids[m.To], m.Trigger)
	}
	for _, s := range t.states {
		if t.final[s] {
			fmt.Fprintf(&b, "    %s --> [*]\n", ids[s])
		}
	}
	return b.String()
}

// Graphviz is the machine as a Graphviz digraph.
func (t *Table) Graphviz(p Picture) string {
	var b strings.Builder
	b.WriteString("digraph flow {\n    rankdir=TB;\n    node [shape=box, style=rounded, fontname=\"Helvetica\"];\n    edge [fontname=\"Helvetica\", fontsize=10];\n")
	if p.Title != "" {
		fmt.Fprintf(&b, "    label=\"%s\";\n", escape(p.Title))
	}
	ids, shown := t.ids(), t.shown(p.Hide)
	for i, box := range t.boxes(p.Group, shown) {
		indent := "    "
		if box.name != "" {
			fmt.Fprintf(&b, "    subgraph cluster_%d {\n        label=\"%s\";\n", i, escape(box.name))
			indent = "        "
		}
		for _, s := range box.states {
			shape := ""
			if t.final[s] {
				shape = ", shape=doublecircle"
			}
			fmt.Fprintf(&b, "%s%s [label=\"%s\"%s];\n", indent, ids[s], escape(s), shape)
		}
		if box.name != "" {
			b.WriteString("    }\n")
		}
	}
	for _, m := range shown {
		fmt.Fprintf(&b, "    %s -> %s [label=\"%s\"];\n", ids[m.From], ids[m.To], escape(m.Trigger))
	}
	b.WriteString("}\n")
	return b.String()
}

func (t *Table) shown(hide func(Move) bool) []Move {
	if hide == nil {
		return t.moves
	}
	var shown []Move
	for _, m := range t.moves {
		if !hide(m) {
			shown = append(shown, m)
		}
	}
	return shown
}

type box struct {
	name   string
	states []string
}

// boxes groups the states that the shown moves touch, in order of first
// mention; states without a box come in boxes without a name.
func (t *Table) boxes(group func(string) string, shown []Move) []box {
	touched := map[string]bool{t.initial: true}
	for _, m := range shown {
		touched[m.From], touched[m.To] = true, true
	}
	var boxes []box
	index := map[string]int{}
	for _, s := range t.states {
		if !touched[s] {
			continue
		}
		name := ""
		if group != nil {
			name = group(s)
		}
		i, ok := index[name]
		if !ok {
			i = len(boxes)
			index[name] = i
			boxes = append(boxes, box{name: name})
		}
		boxes[i].states = append(boxes[i].states, s)
	}
	return boxes
}

// ids are names that both languages take without quotes, one a state.
func (t *Table) ids() map[string]string {
	ids := make(map[string]string, len(t.states))
	for i, s := range t.states {
		ids[s] = fmt.Sprintf("s%d", i)
	}
	return ids
}

func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `'`, "\n", " ", ";", ",").Replace(s)
}

func oneLine(s string) string { return strings.NewReplacer("\n", " ", ":", " -").Replace(s) }
