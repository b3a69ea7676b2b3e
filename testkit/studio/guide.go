package studio

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/outline"
)

// Guide is a manual for callers, in Markdown: what they hear, and which keys lead
// where. The texts are those of a locale; what is said around them is English.
func Guide(f *flow.Flow, locale string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# How to use %s\n\n", title(f.Name))
	if f.Description != "" {
		fmt.Fprintf(&b, "%s.\n\n", strings.TrimSuffix(cell(f.Description), "."))
	}
	family := map[string]*guide{}
	for _, m := range f.Members() {
		family[m.Key] = &guide{f: m, locale: locale, order: newOrder(m), seen: map[string]bool{}, family: family}
		family[m.Key].findCommon()
	}
	g := family[f.Key]
	if keys := g.tree(); keys != "" {
		b.WriteString("## The keys in short\n\n" + keys + "\n")
	}
	if everywhere := g.everywhere(); everywhere != "" {
		b.WriteString("In every menu: " + everywhere + ".\n\n")
	}
	for _, m := range f.Members() {
		g := family[m.Key]
		heading := "What you hear"
		if m != f {
			heading = "\n## " + heading + " in " + title(m.Name)
		} else {
			heading = "## " + heading
		}
		b.WriteString(heading + "\n")
		for _, state := range g.states() {
			g.state(&b, state)
		}
	}
	return b.String()
}

type guide struct {
	f      *flow.Flow
	locale string
	order  *order
	seen   map[string]bool   // states of which the tree has the keys
	common map[string]string // keys that lead to the same place in every menu, with that
	family map[string]*guide // of the flow and those that it calls, by key
}

// findCommon finds the keys that all menus have, if there are several menus.
func (g *guide) findCommon() {
	menus := 0
	count := map[[2]string]int{}
	for _, s := range g.f.Steps {
		if _, ok := s.Spec.(*flow.Menu); !ok || s.Section != flow.InState {
			continue
		}
		menus++
		for _, w := range outline.Ways(s) {
			if strings.HasPrefix(w.Trigger, "key_") {
				count[[2]string{w.Label, g.ending(w.Edge.To)}]++
			}
		}
	}
	g.common = map[string]string{}
	for key, n := range count {
		if n == menus && menus > 1 {
			g.common[key[0]] = key[1]
		}
	}
}

func (g *guide) everywhere() string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(g.common)) {
		all = append(all, "**"+key+"** "+g.common[key])
	}
	return strings.Join(all, ", ")
}

// states are those that a call comes to, in the order of the file, the first first.
func (g *guide) states() []string {
	var all []string
	seen := map[string]bool{}
	for _, s := range g.order.steps() {
		if s.Section == flow.InState && !seen[s.State] {
			seen[s.State] = true
			all = append(all, s.State)
		}
	}
	return all
}

// mostDepth is how deep the tree of keys goes.
const mostDepth = 6

// tree is a list of the keys, each with those that can be pressed after it.
func (g *guide) tree() string {
	var b strings.Builder
	g.branch(&b, g.f.Steps[g.f.Start].State, 0)
	return b.String()
}

// branch lists the keys of a state, or of what follows it by itself.
func (g *guide) branch(b *strings.Builder, state string, depth int) {
	if g.seen[state] || depth >= mostDepth {
		return
	}
	g.seen[state] = true
	var onward []onward
	for _, s := range g.of(state) {
		if c, ok := s.Spec.(*flow.Call); ok {
			called := g.family[c.Flow]
			called.branch(b, called.begin(c), depth)
		}
		if !waitsForKeys(s) {
			onward = g.onward(onward, s)
			continue
		}
		for _, w := range outline.Ways(s) {
			if strings.HasPrefix(w.Trigger, "key_") && g.common[w.Label] == "" {
				g.leaf(b, s, w, depth)
			}
		}
	}
	if len(onward) == 1 {
		g.branch(b, onward[0].state, depth)
		return
	}
	for _, o := range onward {
		var below strings.Builder
		if g.branch(&below, o.state, depth+1); below.Len() > 0 {
			fmt.Fprintf(b, "%s- %s: %s\n%s", strings.Repeat("  ", depth), o.reason, g.link(o.state), below.String())
		}
	}
}

// begin is the state in which a flow begins that is called.
func (g *guide) begin(c *flow.Call) string {
	if c.At != "" {
		return c.At
	}
	return g.f.Steps[g.f.Start].State
}

// leaf is a key with where it leads.
func (g *guide) leaf(b *strings.Builder, s *flow.Step, w outline.Way, depth int) {
	fmt.Fprintf(b, "%s- **%s** %s\n", strings.Repeat("  ", depth), w.Label, g.short(s, w))
	if to := w.Edge.To; to.Kind == flow.ToStep && g.f.Steps[to.Step].State != s.State {
		g.branch(b, g.f.Steps[to.Step].State, depth+1)
	}
}

// onward is a state that follows without a key.
type onward struct{ reason, state string }

// onward adds the states that a step leads to, but for failures.
func (g *guide) onward(all []onward, s *flow.Step) []onward {
	for _, w := range outline.Ways(s) {
		to := w.Edge.To
		if to.Kind != flow.ToStep || g.f.Steps[to.Step].State == s.State || w.Label == "failed" || w.Label == "gave_up" {
			continue
		}
		o := onward{"otherwise", g.f.Steps[to.Step].State}
		if w.Label != "" {
			o.reason = "if *" + cell(w.Label) + "*"
		} else if cause := causes(g.f, s); cause != "" {
			o.reason = "if *" + cell(cause) + "*"
		}
		if !slices.ContainsFunc(all, func(x onward) bool { return x.state == o.state }) {
			all = append(all, o)
		}
	}
	return all
}

func waitsForKeys(s *flow.Step) bool {
	switch spec := s.Spec.(type) {
	case *flow.Menu:
		return true
	case *flow.Wait:
		return len(spec.Entries) > 0
	case *flow.Hunt:
		return len(spec.Entries) > 0
	default:
		return false
	}
}

// of are the steps of a state.
func (g *guide) of(state string) []*flow.Step {
	var all []*flow.Step
	for _, s := range g.f.Steps {
		if s.State == state {
			all = append(all, s)
		}
	}
	return all
}

// state is the section of a state.
func (g *guide) state(b *strings.Builder, state string) {
	var blocks []string
	for _, s := range g.of(state) {
		if s.Parent != flow.None {
			continue // its way says it
		}
		text := g.step(s)
		if (text == "" || g.quiet(s) != "") && g.unnoticed(s) {
			continue
		}
		if text != "" {
			if s.When != nil {
				text = "If `" + cell(s.When.Source()) + "`: " + text
			}
			blocks = append(blocks, text)
		}
		var lines []string
		then := ""
		for _, w := range outline.Ways(s) {
			name, leads := g.way(s, w)
			switch {
			case leads == "":
			case name == "":
				then = "Then: " + leads
			default:
				lines = append(lines, "- "+name+": "+leads)
			}
		}
		slices.SortStableFunc(lines, func(a, b string) int { // keys first
			return cmp.Compare(pressed(a), pressed(b))
		})
		if len(lines) > 0 {
			blocks = append(blocks, strings.Join(lines, "\n"))
		}
		if then != "" {
			blocks = append(blocks, then)
		}
	}
	if len(blocks) == 0 {
		blocks = []string{"You hear nothing here."}
	}
	fmt.Fprintf(b, "\n### %s\n\n%s\n", g.title(state), strings.Join(blocks, "\n\n"))
}

// unnoticed reports whether all outcomes of a step just go on.
func (g *guide) unnoticed(s *flow.Step) bool {
	for _, w := range outline.Ways(s) {
		if _, leads := g.way(s, w); leads != "" && leads != goesOn {
			return false
		}
	}
	return true
}

// way says where an outcome leads, and when. It says nothing of one that just goes on,
// of one by which the caller is gone, and of a failure that nobody handles.
func (g *guide) way(s *flow.Step, w outline.Way) (name, leads string) {
	to := w.Edge.To
	switch {
	case to.Kind == flow.ToError, to.Kind == flow.ToOver && w.Trigger == "done":
		return "", ""
	case g.further(s, to) && g.reason(s, w) == "":
		return "", ""
	}
	return g.reason(s, w), g.leads(s, w)
}

// short says where a key leads, on a line.
func (g *guide) short(s *flow.Step, w outline.Way) string {
	if to := w.Edge.To; to.Kind == flow.ToStep && g.f.Steps[to.Step].State != s.State {
		return g.link(g.f.Steps[to.Step].State)
	} else if to.Kind == flow.ToStep && g.f.Steps[to.Step].Parent == flow.None {
		return "the same again"
	}
	return g.leads(s, w)
}

// leads says what follows a step along a way: what is heard at once, and where it ends.
func (g *guide) leads(s *flow.Step, w outline.Way) string {
	var said []string
	to := w.Edge.To
	for range len(g.f.Steps) {
		if to.Kind != flow.ToStep || g.f.Steps[to.Step].Parent == flow.None {
			break
		}
		next := g.f.Steps[to.Step]
		if text := g.step(next); text != "" {
			said = append(said, text)
		}
		edge, ok := next.Edges["done"]
		if !ok || edge.Counter != "" {
			break
		}
		to = edge.To
	}
	end := g.ending(to)
	if g.further(s, to) {
		end = goesOn
	}
	return strings.Join(append(said, end), " Then ")
}

const goesOn = "it goes on"

// further reports whether a move leads further down in the list in which a step stands.
func (g *guide) further(s *flow.Step, to flow.Goto) bool {
	if to.Kind != flow.ToStep {
		return false
	}
	t := g.f.Steps[to.Step]
	return t.State == s.State && t.Ref > s.Ref && t.Parent == flow.None
}

// ending is where a move leads.
func (g *guide) ending(to flow.Goto) string {
	switch to.Kind {
	case flow.ToStep:
		return g.link(g.f.Steps[to.Step].State)
	case flow.ToRepeat:
		return "you are asked again"
	case flow.ToEnd:
		return "the call ends"
	case flow.ToReturn:
		return "you come back to where you were (" + to.Outcome + ")"
	case flow.ToError:
		return "you hear that something has gone wrong, and the call ends"
	case flow.ToOver:
	}
	return "the call has left this system"
}

// pressed is 0 for a line about a key, and else 1.
func pressed(line string) int {
	if strings.HasPrefix(line, "- Press") {
		return 0
	}
	return 1
}
