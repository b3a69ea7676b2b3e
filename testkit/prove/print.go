package prove

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Verdict is what is known of the flow as a whole.
func (r *Report) Verdict() Verdict {
	v := Proved
	for i := range r.Properties {
		switch r.Properties[i].Verdict {
		case Broken:
			return Broken
		case Open:
			v = Open
		case Proved:
		}
	}
	if !r.Complete {
		v = Open
	}
	return v
}

// Print writes the report as people read it: a line a property, and more for
// those that do not hold. sources are the texts of the flow's files, for the
// lines of places; a place without its text is shown without its line.
func (r *Report) Print(w io.Writer, sources map[string][]byte) error {
	var b strings.Builder
	for i := range r.Properties {
		r.Properties[i].write(&b, sources)
	}
	for _, d := range r.Doubts {
		fmt.Fprintf(&b, "note  %s\n", d)
	}
	fmt.Fprintln(&b, r.summary())
	_, err := io.WriteString(w, b.String())
	return err
}

// PrintExits writes how long it takes to get to each exit.
func (r *Report) PrintExits(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "exit\tkeys\tfastest\tlistening\tworst\tsilence")
	capped := false
	most := func(d time.Duration, limited bool) string {
		if capped = capped || limited; limited {
			return "limit"
		}
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	for _, x := range r.Exits {
		fmt.Fprintf(t, "%s\t%d\t%.1fs\t%.1fs\t%s\t%s\n", x.Name, x.Keys, x.Fastest.Seconds(), x.Listening.Seconds(), most(x.Worst, x.Limited), most(x.Silence, x.Mute))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if capped {
		fmt.Fprintf(w, "limit: as long as the call's limit of %s, since a caller can go round and round on the way, or it takes longer\n", r.graph.flow.CallLimit)
	}
	if !r.Complete {
		fmt.Fprintln(w, "not all calls were explored: there may be other exits, and longer ways")
	}
	return nil
}

func (p *Property) write(b *strings.Builder, sources map[string][]byte) {
	mark := map[Verdict]string{Proved: "ok", Broken: "FAIL", Open: "open"}[p.Verdict]
	fmt.Fprintf(b, "%-4s  %s", mark, p.Text)
	switch {
	case p.Verdict == Open && len(p.Findings) > 0:
		b.WriteString(" (perhaps not, but not all was looked at)")
	case p.Verdict == Open && p.own:
		fmt.Fprintf(b, " (not proved: %s)", p.Why)
	case p.Verdict == Open:
		b.WriteString(" (nothing was found, but not all was looked at)")
	case p.Note != "" && p.Verdict == Proved:
		fmt.Fprintf(b, " (%s)", p.Note)
	}
	b.WriteByte('\n')
	for i := range p.Findings {
		p.Findings[i].write(b, sources)
	}
}

func (f *Finding) write(b *strings.Builder, sources map[string][]byte) {
	fmt.Fprintf(b, "  %s\n", f.Text)
	if f.Pos.Line > 0 {
		fmt.Fprintf(b, "  at %s:\n%s", f.Pos, quote(f.Pos, sources))
	}
	if f.Call == nil {
		return
	}
	if f.Call.Longest {
		b.WriteString("  the longest call:\n")
	} else {
		b.WriteString("  the shortest call:\n")
	}
	f.Call.write(b)
}

// quote is the source line of a place with a caret below it.
func quote(p diag.Pos, sources map[string][]byte) string {
	var b strings.Builder
	// The finding's own line is what stands before the excerpt.
	_ = diag.Print(&b, diag.List{{Pos: p}}, sources) // a Builder takes everything
	_, excerpt, _ := strings.Cut(b.String(), "\n")
	return excerpt
}

// write writes the conversation, with the places where the call comes to another
// step of the flow.
func (c *Call) write(b *strings.Builder) {
	first := len(c.Lines)
	if c.Again > 0 {
		first = c.lineOf(len(c.Acts) - c.Again)
	}
	for i, l := range c.Lines {
		if i == first {
			b.WriteString("  and then again and again:\n")
		}
		line := "  " + l.String()
		if l.Pos.Line > 0 {
			line = fmt.Sprintf("%-78s %s", line, l.Pos)
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
}

// lineOf is the line with which an act begins.
func (c *Call) lineOf(act int) int {
	if act < 0 || act >= len(c.begins) {
		return len(c.Lines)
	}
	return c.begins[act]
}

// summary is the last line of a report.
func (r *Report) summary() string {
	verdict := "proved"
	broken := 0
	for i := range r.Properties {
		if r.Properties[i].Verdict == Broken {
			broken++
		}
	}
	switch {
	case broken > 0:
		verdict = fmt.Sprintf("%d of %d properties do not hold", broken, len(r.Properties))
	case !r.Complete:
		verdict = "not proved: " + r.Why
	case len(r.Doubts) > 0:
		verdict = "not proved: the values that were tried may not stand for all others, see the notes"
	case r.Verdict() == Open:
		verdict = "not proved"
	}
	extent := "all calls: "
	if !r.Complete {
		extent = "explored: "
	}
	return fmt.Sprintf("%s: %s (%s%d states of the call, %d moves, %s)", r.File, verdict, extent, r.States, r.Moves, r.Took.Round(time.Millisecond))
}
