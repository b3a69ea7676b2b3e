package format_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/format"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// YAML of all forms that flows may have, however odd, is formatted: no file is
// refused, and the form of a form is itself.
func TestGenerated(t *testing.T) {
	valid := 0
	for seed := range uint64(4000) {
		g := generator{Rand: rand.New(rand.NewPCG(seed, 3))}
		g.block(0, 0, false)
		src := g.String()
		if _, list := tree.Parse("", []byte(src)); len(list) > 0 {
			continue
		}
		valid++
		formatted(t, src, format.Kind(g.IntN(3)))
	}
	if valid < 1500 {
		t.Errorf("only %d files are valid", valid)
	}
}

// generator writes YAML at random. Not all of it is valid.
type generator struct {
	*rand.Rand
	strings.Builder
}

// block writes a map or a list. Its first line may be begun already.
func (g *generator) block(indent, depth int, begun bool) {
	list := depth > 0 && g.IntN(3) == 0
	for i := range 1 + g.IntN(3) {
		if i > 0 || !begun {
			g.gap()
			g.WriteString(spaces(indent))
		}
		if list {
			g.item(indent, depth)
		} else {
			g.entry(indent, depth, i)
		}
	}
}

func (g *generator) item(indent, depth int) {
	g.WriteString("-")
	switch width := 1 + g.IntN(3); {
	case depth > 3 || g.IntN(2) == 0:
		g.leaf(indent)
	case g.IntN(3) == 0:
		g.WriteString("\n")
		g.block(indent+width, depth+1, false)
	default:
		g.WriteString(spaces(width))
		g.block(indent+1+width, depth+1, true)
	}
}

func (g *generator) entry(indent, depth, i int) {
	keys := []string{"play", "when", "id", "keys", "gave_up", "up_to", "then", "states", "ivr", "done", `"q k"`, "flow"}
	g.WriteString(keys[(3*g.IntN(4)+i)%len(keys)] + ":")
	if depth > 3 || g.IntN(2) == 0 {
		g.leaf(indent)
		return
	}
	if g.IntN(4) == 0 {
		g.WriteString(" # of a key")
	}
	g.WriteString("\n")
	g.block(indent+1+g.IntN(4), depth+1, false)
}

// gap writes comments and blank lines.
func (g *generator) gap() {
	for g.IntN(4) == 0 {
		if g.IntN(3) == 0 {
			g.WriteString(spaces(g.IntN(3)) + "\n")
			continue
		}
		g.WriteString(spaces(g.IntN(9)) + "# a comment\n")
	}
}

// leaf writes a value that begins on the line of its key or dash.
func (g *generator) leaf(indent int) {
	in := spaces(indent + 1 + g.IntN(4))
	end := "\n"
	if g.IntN(4) == 0 {
		end = "  # at the end\n"
	}
	forms := []string{
		end,
		" x" + end,
		" {}" + end,
		" 'it''s\n" + in + "b'" + end,
		" \"a # no\n\n" + in + "\\\" b\"" + end,
		" [a, {b: 'c d', # in it\n" + in + "e: f}, it's]" + end,
		" plain text\n\n" + in + "goes on" + end,
		"\n" + in + "below" + end,
		" |\n" + in + "t # no\n" + in + "  more\n\n" + in + "- z\n",
		" >-  # of a text\n" + in + "t\n\n\n" + in + "u  \n",
		" |+\n" + in + "t\n\n\n",
		fmt.Sprintf(" |2\n%s lead\n%[1]sx\n", spaces(indent+2)),
	}
	g.WriteString(forms[g.IntN(len(forms))])
}

func spaces(n int) string { return strings.Repeat(" ", n) }
