package testkit

import (
	"fmt"
	"io"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// Failure is something that did not happen as the test said.
type Failure struct {
	Pos      diag.Pos `json:"pos,omitzero"`       // in the test file; zero for a test written in Go
	Expected string   `json:"expected,omitempty"` // what the test wants, in words
	Instead  string   `json:"instead"`            // what happened
	Mend     string   `json:"mend,omitempty"`     // what to do about it; empty if that is not clear
	Flow     diag.Pos `json:"flow,omitzero"`      // the step of the flow that the call was in
	Step     string   `json:"step,omitempty"`     // that step's name

	renew *renewal // what the test could expect instead; nil if that is not clear
}

// Renewable reports whether it is clear what the test could expect instead; see
// [Renew].
func (f *Failure) Renewable() bool {
	return f.renew != nil && (f.renew.list || f.renew.text != "")
}

// couldBe gives the failure what the test could expect.
func (f *Failure) couldBe(r renewal) *Failure {
	f.renew = &r
	return f
}

func (t *talk) newFailure(step *flow.Step, expected, instead, mend string) *Failure {
	f := &Failure{Expected: expected, Instead: instead, Mend: mend}
	if step != nil {
		f.Flow, f.Step = step.Pos, step.ID
	}
	return f
}

// String is the failure in one line.
func (f *Failure) String() string {
	s := f.Instead
	if f.Expected != "" {
		s = "expected " + f.Expected + ": " + f.Instead
	}
	if f.Pos != (diag.Pos{}) {
		s = f.Pos.String() + ": " + s
	}
	return s
}

// write explains the failure: where, what, and the flow's line.
func (f *Failure) write(w io.Writer, sources map[string][]byte) {
	if f.Pos.Line > 0 {
		fmt.Fprintf(w, "%s:\n%s", f.Pos, quote(f.Pos, sources))
	}
	if f.Expected != "" {
		fmt.Fprintf(w, "  expected: %s\n", f.Expected)
	}
	fmt.Fprintf(w, "  instead:  %s\n", f.Instead)
	if f.Mend != "" {
		fmt.Fprintf(w, "  mend:     %s\n", f.Mend)
	}
	if f.Flow.Line > 0 {
		fmt.Fprintf(w, "  the call was at %s, step %s:\n%s", f.Flow, f.Step, quote(f.Flow, sources))
	}
}

// quote is the source line of a place with a caret below it.
func quote(p diag.Pos, sources map[string][]byte) string {
	var b strings.Builder
	// The finding's own line is what stands before the excerpt.
	_ = diag.Print(&b, diag.List{{Pos: p}}, sources) // a Builder takes everything
	_, excerpt, _ := strings.Cut(b.String(), "\n")
	return excerpt
}

// writeConversation lists what happened so far.
func writeConversation(w io.Writer, lines []Line) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(w, "  the conversation:")
	for _, l := range lines {
		fmt.Fprintf(w, "  %s\n", l)
	}
}
