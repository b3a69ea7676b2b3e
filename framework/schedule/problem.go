package schedule

import (
	"fmt"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// problem is what is wrong with a part of a text, with cause and mend.
type problem struct {
	from, to int // characters of the text, from 0
	message  string
}

func problemAt(t token, format string, args ...any) *problem {
	return &problem{from: t.from, to: t.to, message: fmt.Sprintf(format, args...)}
}

// report adds a problem with the text of a node to the findings. Its place is
// exact unless the text is written with escapes or over several lines.
func report(l *diag.List, n *tree.Node, p *problem) {
	d := diag.Diagnostic{Pos: n.Pos, Rule: RuleBad, Message: p.message}
	if !n.Block {
		d.Pos.Col += p.from
		d.EndCol = n.Pos.Col + p.to
		if n.Quoted {
			d.Pos.Col++
			d.EndCol++
		}
	}
	l.Add(d)
}
