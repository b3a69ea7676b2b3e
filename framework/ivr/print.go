package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What may hold something secret prints without it, so that a program that
// logs events and commands does not tell what callers typed. Their JSON is
// whole: it is what is stored.

// String tells that a key was pressed, not which: it may belong to a secret.
func (e ToneReceived) String() string { return fmt.Sprintf("ToneReceived seq=%d", e.Seq) }

// String names the outputs without their values.
func (e ActionReturned) String() string {
	s := fmt.Sprintf("ActionReturned op=%d %s", e.Op, e.Outcome)
	if len(e.Out) > 0 {
		s += " out=" + strings.Join(slices.Sorted(maps.Keys(e.Out)), ",")
	}
	return strings.TrimSpace(s + " " + e.Detail)
}

// String names the inputs, with the values of those that are not sensitive.
func (c RunAction) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "RunAction op=%d %s", c.Op, c.Name)
	for _, name := range slices.Sorted(maps.Keys(c.In)) {
		v := c.In[name]
		if slices.Contains(c.Sensitive, name) {
			v = Masked
		}
		fmt.Fprintf(&b, " %s=%v", name, v)
	}
	return b.String()
}

// String is what is heard, in short.
func (p Part) String() string {
	switch {
	case len(p.Joined) > 0 && p.Text == "":
		return fmt.Sprint(p.Joined)
	case p.Sensitive:
		return Masked
	case p.Words != "":
		return fmt.Sprintf("%q", p.Words)
	case p.Key != "":
		return p.Key
	case p.Text != "":
		return fmt.Sprintf("%q", p.Text)
	case p.Silence > 0:
		return "silence " + p.Silence.String()
	case p.Recording != "":
		return "recording " + p.Recording
	}
	return "audio " + p.Audio
}
