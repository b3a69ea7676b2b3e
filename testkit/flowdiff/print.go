package flowdiff

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Print writes the report as people read it.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	for _, a := range areas() {
		some := r.of(a)
		if len(some) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s\n", a)
		for i := range some {
			fmt.Fprintf(&b, "  %s\n", some[i].line())
		}
	}
	if len(r.Asked) > 0 {
		b.WriteString("asked of actions and services, of which callers hear nothing\n")
		for _, text := range r.Asked {
			fmt.Fprintf(&b, "  ~ %s\n", text)
		}
	}
	if len(r.Changes)+len(r.Asked) > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintln(&b, r.headline())
	if r.Call != nil {
		b.WriteString("The shortest call that shows it, - in the old flow, + in the new one:\n\n")
		r.Call.write(&b)
		b.WriteByte('\n')
	}
	for _, d := range r.Doubts {
		fmt.Fprintf(&b, "note  %s\n", d)
	}
	if r.Verdict == Same {
		b.WriteString("This takes for granted:\n")
		for _, text := range r.Assumed {
			fmt.Fprintf(&b, "  %s\n", text)
		}
	}
	fmt.Fprintln(&b, r.extent())
	_, err := io.WriteString(w, b.String())
	return err
}

// of are the changes of an area.
func (r *Report) of(a Area) []Change {
	var some []Change
	for _, c := range r.Changes {
		if c.Area == a {
			some = append(some, c)
		}
	}
	return some
}

// headline is what callers can tell, in a sentence.
func (r *Report) headline() string {
	switch r.Verdict {
	case Same:
		return "Callers cannot tell the two apart."
	case Apart:
		return fmt.Sprintf("Callers can tell the two apart: the old flow %s, and the new one %s.", r.Call.Said[0], r.Call.Said[1])
	case Open:
	}
	return "No call was found that tells the two apart, but " + r.Why + "."
}

// extent is what was explored.
func (r *Report) extent() string {
	what := "explored"
	if r.Complete {
		what = "all calls"
	}
	ways := "1 way to begin"
	if r.Starts != 1 {
		ways = fmt.Sprintf("%d ways to begin", r.Starts)
	}
	return fmt.Sprintf("%s and %s: %s (%s: %d states of both, %d moves, %s, %s)", r.Old.File, r.New.File, r.Verdict, what, r.States, r.Moves, ways, r.Took.Round(time.Millisecond))
}

// line is a change on one line.
func (c *Change) line() string {
	text := map[Kind]string{Added: "+ ", Removed: "- ", Changed: "~ "}[c.Kind] + c.What
	switch {
	case c.Old != "" && c.New != "":
		text += ": " + c.Old + " -> " + c.New
	case c.Old+c.New != "":
		text += ": " + c.Old + c.New
	}
	if at := c.at(); at != "" {
		text = fmt.Sprintf("%-76s %s", text, at)
	}
	return text
}

// at is the place of a change, in the new flow if it is there; empty if it has none.
func (c *Change) at() string {
	for _, p := range []diag.Pos{c.NewPos, c.OldPos} {
		if p.Line > 0 {
			return p.String()
		}
	}
	return ""
}

func (c *Call) write(b *strings.Builder) {
	for _, l := range c.Lines {
		line := fmt.Sprintf("%s %8.2fs  %-6s  %s", map[Side]string{InBoth: " ", InOld: "-", InNew: "+"}[l.Side], l.At.Seconds(), l.Who, l.What)
		if l.Pos.Line > 0 {
			line = fmt.Sprintf("%-78s %s", line, l.Pos)
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
}

// Markdown writes the report for a review.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s: %s to %s\n\n", markdown(r.New.Name), markdown(r.Old.File), markdown(r.New.File))
	fmt.Fprintf(&b, "**%s**\n", markdown(r.headline()))
	if r.Call != nil {
		b.WriteString("\n```diff\n")
		r.Call.write(&b)
		b.WriteString("```\n")
	}
	for _, a := range areas() {
		some := r.of(a)
		if len(some) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n| | what | old | new |\n|---|---|---|---|\n", strings.ToUpper(string(a[:1]))+string(a[1:]))
		for _, c := range some {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.Kind, markdown(c.What), markdown(c.Old), markdown(c.New))
		}
	}
	list := func(title string, texts []string) {
		if len(texts) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n%s\n\n", title)
		for _, t := range texts {
			fmt.Fprintf(&b, "- %s\n", markdown(t))
		}
	}
	list("Asked of actions and services, of which callers hear nothing:", r.Asked)
	var doubts []string
	for _, d := range r.Doubts {
		doubts = append(doubts, d.String())
	}
	list("Not certain:", doubts)
	list("Taken for granted:", r.Assumed)
	fmt.Fprintf(&b, "\n%s\n", markdown(r.extent()))
	_, err := io.WriteString(w, b.String())
	return err
}

// markdown is a text in which nothing is a mark.
func markdown(s string) string {
	return strings.NewReplacer("|", "\\|", "*", "\\*", "_", "\\_", "<", "&lt;", "`", "'", "\n", " ").Replace(s)
}
