package cover

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
)

// Report is what was counted, by file.
type Report struct {
	Files []File `json:"files"`
}

// File is what was counted of one flow.
type File struct {
	Name  string `json:"file"`
	Flow  string `json:"flow"`
	Items []Item `json:"items"` // by kind and place; prompts stand in catalogues

	flow  *flow.Flow
	moves map[machine.Move]int
}

// Moves says how often each move of the flow's machine was made, those of hang-ups and
// errors too. Moves that were not made are not in it.
func (f File) Moves() map[machine.Move]int { return f.moves }

// Share is how many of all things of a kind were reached.
type Share struct {
	Reached int `json:"reached"`
	All     int `json:"all"`
}

// Percent is 100 if there is nothing to reach.
func (s Share) Percent() float64 {
	if s.All == 0 {
		return 100
	}
	return 100 * float64(s.Reached) / float64(s.All)
}

// String is "91.7% (11/12)". What is not all is never 100.0%.
func (s Share) String() string {
	p := s.Percent()
	if s.Reached < s.All {
		p = min(p, 99.9)
	}
	return fmt.Sprintf("%.1f%% (%d/%d)", p, s.Reached, s.All)
}

// Share is that of a kind.
func (f File) Share(k Kind) Share {
	var s Share
	for _, i := range f.Items {
		if i.Kind != k {
			continue
		}
		s.All++
		if i.Count > 0 {
			s.Reached++
		}
	}
	return s
}

// Share is that of a kind, over all files.
func (r Report) Share(k Kind) Share {
	var all Share
	for _, f := range r.Files {
		s := f.Share(k)
		all.Reached, all.All = all.Reached+s.Reached, all.All+s.All
	}
	return all
}

// Missing are the items of a kind that no test reaches, by file and place.
func (r Report) Missing(kinds ...Kind) []Item {
	var missing []Item
	for _, f := range r.Files {
		for _, i := range f.Items {
			if i.Count == 0 && slices.Contains(kinds, i.Kind) {
				missing = append(missing, i)
			}
		}
	}
	return missing
}

// Reaches reports whether an item of another report is reached here.
func (r Report) Reaches(item Item) bool {
	for _, f := range r.Files {
		if slices.ContainsFunc(f.Items, func(i Item) bool { return i.Count > 0 && i.same(item) }) {
			return true
		}
	}
	return false
}

// Print writes a line a file, and the total if there are several.
func (r Report) Print(w io.Writer) error {
	if len(r.Files) == 0 {
		return nil // no flow could be loaded, which has been said
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "coverage of")
	for _, k := range Kinds() {
		fmt.Fprintf(t, "\t%ss", k)
	}
	fmt.Fprintln(t)
	line := func(name string, share func(Kind) Share) {
		fmt.Fprint(t, name)
		for _, k := range Kinds() {
			fmt.Fprintf(t, "\t%s", share(k))
		}
		fmt.Fprintln(t)
	}
	for _, f := range r.Files {
		line(f.Name, f.Share)
	}
	if len(r.Files) > 1 {
		line("total", r.Share)
	}
	return t.Flush()
}

// PrintMissing writes a line for each step, outcome and prompt that no test
// reaches, as compilers name places. The outcomes of such a step go without saying.
func (r Report) PrintMissing(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Files {
		if s := f.Share(Step); s.Reached == 0 && s.All > 0 {
			fmt.Fprintf(&b, "%s: no test plays this flow\n", f.Name)
			continue
		}
		for _, i := range f.telling() {
			fmt.Fprintf(&b, "%s: no test reaches the %s\n", i.Pos, i)
		}
	}
	if b.Len() == 0 && len(r.Files) > 0 {
		b.WriteString("every step, outcome and prompt is reached\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// telling are the items that no test reaches and that tell something: not the
// outcomes of a step that is not reached itself. They are in the order of the file.
func (f File) telling() []Item {
	steps := map[string]bool{}
	var missing []Item
	for _, i := range (Report{Files: []File{f}}).Missing(Step, Outcome, Prompt) { // steps come first
		if i.Kind == Step {
			steps[i.Step] = true
		}
		if i.Kind != Outcome || !steps[i.Step] {
			missing = append(missing, i)
		}
	}
	slices.SortStableFunc(missing, func(a, b Item) int { return comparePlaces(a.Pos, b.Pos) })
	return missing
}

// Least is the least share of a kind, in percent, that each flow is to have.
type Least map[Kind]float64

// ParseLeast reads "100", which is of outcomes, or "steps=100,outcomes=90".
func ParseLeast(text string) (Least, error) {
	least := Least{}
	for part := range strings.SplitSeq(text, ",") {
		word, number, named := strings.Cut(part, "=")
		if !named {
			word, number = string(Outcome), part
		}
		kind := Kind(strings.TrimSuffix(strings.TrimSpace(word), "s"))
		if !slices.Contains(Kinds(), kind) {
			return nil, fmt.Errorf("%q is not covered; there are steps, outcomes, transitions and prompts", word)
		}
		var percent float64
		var rest string
		if n, _ := fmt.Sscanf(strings.TrimSpace(number)+" ", "%f%s", &percent, &rest); n != 1 || percent < 0 || percent > 100 {
			return nil, fmt.Errorf("%q is no percentage; write 0 to 100", number)
		}
		least[kind] = percent
	}
	return least, nil
}

// Below lists, in words, what each flow lacks.
func (r Report) Below(least Least) []string {
	var all []string
	for _, f := range r.Files {
		for _, k := range Kinds() {
			want, asked := least[k]
			if s := f.Share(k); asked && s.Percent() < want {
				all = append(all, fmt.Sprintf("%s: the tests reach %s of its %ss; at least %g%% are wanted", f.Name, s, k, want))
			}
		}
	}
	return all
}
