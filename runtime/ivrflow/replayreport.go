package main

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/replay"
)

// write writes what came of the journals for people.
func (r *replayRun) write(out io.Writer) error {
	var b bytes.Buffer
	s := &r.sum
	for _, d := range s.Differences {
		writeDifference(&b, d)
	}
	if more := s.Different - len(s.Differences); more > 0 {
		fmt.Fprintf(&b, "... and %s more that differ\n\n", plural(more, "call"))
	}
	for _, g := range s.Groups {
		writeGroup(&b, g)
	}
	if s.Undecidable > 0 {
		fmt.Fprintf(&b, "of %s nobody can know:\n", plural(s.Undecidable, "call"))
		for _, reason := range s.Reasons {
			fmt.Fprintf(&b, "  %6d  %s\n", reason.Calls, reason.Why)
		}
		b.WriteByte('\n')
	}
	r.counts(&b)
	_, err := out.Write(b.Bytes())
	return err
}

// counts writes the last lines: how many calls, and what came of them.
func (r *replayRun) counts(b *bytes.Buffer) {
	s := &r.sum
	line := func(n int, what string) {
		if n > 0 {
			fmt.Fprintf(b, "  %6d  %s\n", n, what)
		}
	}
	if len(r.on) == 0 {
		fmt.Fprintf(b, "%s replayed, each on its own version\n", plural(s.Calls, "call"))
		line(s.Same-s.Outline, "the same")
		line(s.Outline, "the same as far as it is known: keys or values were forgotten")
	} else {
		fmt.Fprintf(b, "of %s %d would have gone elsewhere\n", plural(s.Calls-s.OtherFlow, "call"), s.Elsewhere)
		line(s.Same-s.Others, "the same")
		line(s.Others, "the same way, and something else is heard on it")
		line(s.Elsewhere, "elsewhere")
	}
	line(s.Different, "not what their journals say, on their own version")
	line(s.Undecidable, "nobody can know")
	line(s.Damaged, "cannot be played")
	line(s.OtherFlow, "of other flows")
}

func writeDifference(b *bytes.Buffer, d replay.Differing) {
	event := d.Event
	if event == "" {
		event = "what the runtime did"
	}
	fmt.Fprintf(b, "%s: session %s of %s, version %s\n  differs in change %d, at %s, in %s: %s\n", d.Source, d.Session, d.Flow, flow.Short(d.Version), d.Row, d.At.Format(time.RFC3339Nano), d.State, event)
	fmt.Fprintf(b, "  recorded  %s\n  replayed  %s\n\n", orNothing(d.Recorded), orNothing(d.Replayed))
}

func orNothing(what string) string {
	if what == "" {
		return "(nothing more)"
	}
	return what
}

func writeGroup(b *bytes.Buffer, g *replay.Group) {
	verb := "part"
	if g.Calls == 1 {
		verb = "parts"
	}
	fmt.Fprintf(b, "%s of %s, version %s, %s at %s\n", plural(g.Calls, "call"), g.Flow, flow.Short(g.Version), verb, g.Step)
	for _, t := range []struct {
		name string
		turn replay.Turn
	}{{"before", g.Old}, {"after", g.New}} {
		fmt.Fprintf(b, "  %-7s %s", t.name, t.turn.At)
		if t.turn.Outcome != "" {
			fmt.Fprintf(b, ", %s", t.turn.Outcome)
		}
		fmt.Fprintf(b, " → %s\n", t.turn)
	}
	fmt.Fprintf(b, "  session %s (%s), before\n", g.Session, g.Source)
	for _, l := range g.Before {
		fmt.Fprintf(b, "  %s\n", l)
	}
	b.WriteString("  and after, until nobody knows how the caller goes on\n")
	for _, l := range g.After {
		fmt.Fprintf(b, "  %s\n", l)
	}
	b.WriteByte('\n')
}
