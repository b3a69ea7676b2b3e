package studio

import (
	"fmt"
	"maps"
	"regexp"
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
	g := guide{f: f, locale: locale, order: newOrder(f)}
	g.findCommon()
	if keys := g.tree(); keys != "" {
		b.WriteString("## The keys in short\n\n" + keys + "\n")
	}
	if everywhere := g.everywhere(); everywhere != "" {
		b.WriteString("In every menu: " + everywhere + ".\n\n")
	}
	b.WriteString("## What you hear\n")
	for _, state := range g.states() {
		g.state(&b, state)
	}
	return b.String()
}

type guide struct {
	f      *flow.Flow
	locale string
	order  *order
	seen   map[string]bool   // states of which the tree has the keys
	common map[string]string // keys that lead to the same place in every menu, with that
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
	g.seen = map[string]bool{}
	g.branch(&b, g.f.Steps[g.f.Start].State, 0)
	return b.String()
}

// branch lists the keys of a state, or of what follows it by itself.
func (g *guide) branch(b *strings.Builder, state string, depth int) {
	for state != "" && !g.seen[state] && depth < mostDepth {
		g.seen[state] = true
		onward := ""
		for _, s := range g.of(state) {
			if !waitsForKeys(s) {
				onward = g.onward(s, onward)
				continue
			}
			for _, w := range outline.Ways(s) {
				if strings.HasPrefix(w.Trigger, "key_") && g.common[w.Label] == "" {
					g.leaf(b, s, w, depth)
				}
			}
			onward = ""
		}
		state = onward
	}
}

// leaf is a key with where it leads.
func (g *guide) leaf(b *strings.Builder, s *flow.Step, w outline.Way, depth int) {
	fmt.Fprintf(b, "%s- **%s** %s\n", strings.Repeat("  ", depth), w.Label, g.short(s, w))
	if to := w.Edge.To; to.Kind == flow.ToStep && g.f.Steps[to.Step].State != s.State {
		g.branch(b, g.f.Steps[to.Step].State, depth+1)
	}
}

// onward is the state that a step leads to when all goes well, or what was known of
// that before.
func (g *guide) onward(s *flow.Step, before string) string {
	if s.Parent != flow.None {
		return before
	}
	for _, w := range outline.Ways(s) {
		if to := w.Edge.To; to.Kind == flow.ToStep && g.f.Steps[to.Step].State != s.State && w.Label != "failed" && w.Label != "gave_up" {
			return g.f.Steps[to.Step].State
		}
	}
	return before
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
		if text := g.step(s); text != "" {
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
	fmt.Fprintf(b, "\n### %s\n\n%s\n", title(state), strings.Join(blocks, "\n\n"))
}

// way says where an outcome leads, and when. It says nothing of one that just goes on,
// of one by which the caller is gone, and of a failure that nobody handles.
func (g *guide) way(s *flow.Step, w outline.Way) (name, leads string) {
	to := w.Edge.To
	switch {
	case to.Kind == flow.ToError, to.Kind == flow.ToOver && w.Trigger == "done":
		return "", ""
	case to.Kind == flow.ToStep && g.f.Steps[to.Step].State == s.State && to.Step > s.Ref && g.f.Steps[to.Step].Parent == flow.None:
		if g.reason(s, w) == "" {
			return "", ""
		}
		return g.reason(s, w), "it goes on"
	}
	return g.reason(s, w), g.leads(w)
}

// reason is what leads along a way, in words for callers.
func (g *guide) reason(s *flow.Step, w outline.Way) string {
	if strings.HasPrefix(w.Trigger, "key_") {
		return "Press **" + w.Label + "**"
	}
	outcome, _, _ := strings.Cut(w.Trigger, ".")
	count := times(w.Label)
	if text := ownReason(s, outcome); text != "" {
		return text + count
	}
	switch {
	case outcome == "gave_up":
		return "If nothing fits" + count
	case w.Label == "":
		return ""
	case outcome == "failed":
		return "If that does not work" + count
	}
	label, _, _ := strings.Cut(w.Label, " ≤")
	label, _, _ = strings.Cut(label, " >")
	return "If *" + cell(label) + "*" + count
}

// ownReason is the reason of an outcome that only some steps have, or that means
// something else for them.
func ownReason(s *flow.Step, outcome string) string {
	switch spec := s.Spec.(type) {
	case *flow.Menu:
		switch {
		case outcome == "done" && spec.Word == "confirm":
			return "If you accept (**" + keyFor(spec, outcome) + "**)"
		case outcome == "rejected":
			return "If it is wrong (**" + keyFor(spec, outcome) + "**)"
		case outcome == "done":
			return "When you have chosen"
		}
	case *flow.Record:
		return map[string]string{"empty": "If nothing is heard", "refused": "If you do not agree"}[outcome]
	case *flow.Transfer:
		return map[string]string{"busy": "If the line is busy", "no_answer": "If nobody answers", "declined": "If the call is declined", "failed": "If nobody takes the call"}[outcome]
	case *flow.Hunt:
		return map[string]string{"exhausted": "If nobody takes the call", "too_long": "If that takes too long", "failed": "If you cannot be connected"}[outcome]
	default:
	}
	return ""
}

// keyFor is the key of a confirm's outcome.
func keyFor(m *flow.Menu, outcome string) string {
	for _, e := range m.Entries {
		if e.Outcome == outcome {
			return e.Keys
		}
	}
	return ""
}

var counted = regexp.MustCompile(` ([≤>])(\d+)×`)

// times is how often a counted handler is passed, in words.
func times(label string) string {
	var text strings.Builder
	for _, m := range counted.FindAllStringSubmatch(label, -1) {
		switch {
		case m[1] == ">":
			text.WriteString(", after that")
		case m[2] == "1":
			text.WriteString(", the first time")
		default:
			text.WriteString(", the first " + m[2] + " times")
		}
	}
	return text.String()
}

// short says where a key leads, on a line.
func (g *guide) short(s *flow.Step, w outline.Way) string {
	if to := w.Edge.To; to.Kind == flow.ToStep && g.f.Steps[to.Step].State != s.State {
		return link(g.f.Steps[to.Step].State)
	} else if to.Kind == flow.ToStep && g.f.Steps[to.Step].Parent == flow.None {
		return "the same again"
	}
	return g.leads(w)
}

// leads says what follows along a way: what is heard at once, and where it ends.
func (g *guide) leads(w outline.Way) string {
	var said []string
	to := w.Edge.To
	for range len(g.f.Steps) {
		if to.Kind != flow.ToStep || g.f.Steps[to.Step].Parent == flow.None {
			break
		}
		s := g.f.Steps[to.Step]
		if text := g.step(s); text != "" {
			said = append(said, text)
		}
		next, ok := s.Edges["done"]
		if !ok || next.Counter != "" {
			break
		}
		to = next.To
	}
	return strings.Join(append(said, g.ending(to)), " Then ")
}

// ending is where a move leads.
func (g *guide) ending(to flow.Goto) string {
	switch to.Kind {
	case flow.ToStep:
		return link(g.f.Steps[to.Step].State)
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
