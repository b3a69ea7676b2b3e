package dev

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// SomeOddities stands, in Options.Oddities, for those that Options.Seed picks.
const SomeOddities = "some"

// OddityHelp lists the oddities with what happens, a line each.
func OddityHelp() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, o := range graphsim.Oddities() {
		fmt.Fprintf(w, "%s\t%s\n", o.Name, o.Doc)
	}
	fmt.Fprintf(w, "%s\tabout a third of these, picked by --seed\n", SomeOddities)
	_ = w.Flush() // to memory
	return b.String()
}

// readOddities checks the names. The error names every unknown one.
func (s *settings) readOddities() error {
	var names []string
	for _, o := range graphsim.Oddities() {
		names = append(names, string(o.Name))
	}
	var errs []error
	for _, name := range s.opts.Oddities {
		switch {
		case name == SomeOddities:
			s.oddities = append(s.oddities, graphsim.SomeOddities(s.opts.Seed)...)
		case slices.Contains(names, name):
			s.oddities = append(s.oddities, graphsim.Oddity(name))
		default:
			hint := cmp.Or(diag.DidYouMean(name, names), "; --oddity list shows all")
			errs = append(errs, fmt.Errorf("--oddity %q: Graph has no such oddity%s", name, hint))
		}
	}
	slices.Sort(s.oddities)
	s.oddities = slices.Compact(s.oddities)
	return errors.Join(errs...)
}

// oddly says how Graph will behave; empty if as documented.
func (s *settings) oddly() string {
	if len(s.opts.Oddities) == 0 {
		return ""
	}
	names := make([]string, 0, len(s.oddities))
	for _, o := range s.oddities {
		names = append(names, string(o))
	}
	return fmt.Sprintf("Graph is odd, with seed %d: %s.", s.opts.Seed, cmp.Or(strings.Join(names, ", "), "in nothing"))
}
