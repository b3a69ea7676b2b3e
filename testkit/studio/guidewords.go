package studio

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/outline"
)

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
	return "If *" + cell(counted.ReplaceAllString(w.Label, "")) + "*" + count
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

// step is what a caller hears and does; empty for what nobody notices.
func (g *guide) step(s *flow.Step) string {
	switch spec := s.Spec.(type) {
	case *flow.Play:
		return "You hear: " + g.words(spec.Prompt)
	case *flow.Menu:
		text := "You hear: " + g.words(spec.Prompt)
		if spec.Choices != nil {
			text += fmt.Sprintf(", and up to %d choices, each with its key.", spec.Choices.Max)
		}
		return text
	case *flow.Collect:
		return "You hear: " + g.words(spec.Prompt) + " " + enter(spec)
	case *flow.Record:
		return "You hear: " + g.words(spec.Prompt) + " " + record(spec)
	case *flow.Transfer:
		return "You are connected with " + whom(spec.To) + "."
	case *flow.Dial:
		return "A call is made to " + whom(spec.To) + "."
	case *flow.Hunt:
		return "You wait until somebody of " + title(spec.Group) + " takes the call."
	case *flow.Call:
		called := g.family[spec.Flow]
		return "You come to " + called.link(called.begin(spec)) + "."
	default:
		return g.quiet(s)
	}
}

// quiet is a step that says nothing, but whose outcomes callers notice.
func (g *guide) quiet(s *flow.Step) string {
	switch spec := s.Spec.(type) {
	case *flow.Do:
		if branches(s) {
			return "It depends on " + title(spec.Action.Name) + ":"
		}
	case *flow.Hours:
		return "It depends on the opening hours (" + title(spec.Schedule) + "):"
	case *flow.Switch:
		return "It depends:"
	case *flow.Wait:
		if spec.For > 0 {
			return "You wait for up to " + span(spec.For) + "."
		}
	default:
	}
	return ""
}

// branches reports whether a step leads to more than one place, but for failures
// that nobody handles.
func branches(s *flow.Step) bool {
	places := map[flow.Goto]bool{}
	for _, w := range outline.Ways(s) {
		if w.Edge.To.Kind != flow.ToError {
			places[w.Edge.To] = true
		}
	}
	return len(places) > 1
}

func whom(t flow.Dest) string {
	switch t.Kind {
	case ivr.PartyUser:
		return "a person"
	case ivr.PartyApplication:
		return "a call queue, or another service"
	case ivr.PartyPhone:
		return "a telephone number"
	default:
		return "a mailbox"
	}
}

// enter says what to type.
func enter(c *flow.Collect) string {
	text := fmt.Sprintf("Enter %d to %d digits", c.Min, c.Max)
	if c.Min == c.Max {
		text = fmt.Sprintf("Enter %d digits", c.Max)
		if c.Max == 1 {
			text = "Enter a digit"
		}
	}
	if c.EndsWith != 0 && c.Min != c.Max {
		text += ", then **" + c.EndsWith.String() + "**"
	}
	if c.Tries > 1 {
		text += fmt.Sprintf("; you have %d tries", c.Tries)
	}
	return text + "."
}

func record(r *flow.Record) string {
	text := "You are recorded, for up to " + span(r.Max)
	if r.Consent == flow.ConsentAsked {
		text = "Press **1** if you agree. Then you are recorded, for up to " + span(r.Max)
	}
	var keys []string
	for _, k := range r.StopKeys {
		keys = append(keys, "**"+k.String()+"**")
	}
	switch len(keys) {
	case 0:
	case 12:
		text += "; any key ends it"
	default:
		text += "; " + strings.Join(keys, ", ") + " ends it"
	}
	return text + "."
}

func span(d time.Duration) string {
	if d%time.Minute == 0 {
		if d == time.Minute {
			return "a minute"
		}
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return fmt.Sprintf("%g seconds", d.Seconds())
}

var tag = regexp.MustCompile(`<[^>]*>`)

// words are a prompt as it is heard, with what only a call knows in angle brackets.
func (g *guide) words(p flow.Prompt) string {
	var all []string
	for i := range p {
		if text := g.part(&p[i]); text != "" {
			all = append(all, text)
		}
	}
	if len(all) == 0 {
		return "nothing."
	}
	return "“" + cell(strings.Join(all, " ")) + "”"
}

func (g *guide) part(p *flow.PromptPart) string {
	switch {
	case p.Locale != "" && p.Locale != g.f.Catalogue.Locale(g.locale):
		return ""
	case p.Key != "":
		e, _ := g.f.Catalogue.Lookup(g.locale, p.Key)
		if e.Text == "" {
			return "‹" + p.Key + "›"
		}
		if e.SSML {
			return tag.ReplaceAllString(e.Text, " ")
		}
		return e.Text
	case p.Say != nil:
		return strings.NewReplacer("${", "‹", "}", "›").Replace(p.Say.Source())
	case p.File != "":
		return "‹a recording›"
	case p.SayAs != "":
		return "‹" + strings.NewReplacer("${", "", "}", "").Replace(p.Value.Source()) + "›"
	case p.Recording != "":
		return "‹what was recorded›"
	}
	return ""
}

// title is a name as people write it.
func title(name string) string {
	text := strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// title is a state's heading: those of flows that are called have their flow's name.
func (g *guide) title(state string) string {
	if g.f.Key == "" {
		return title(state)
	}
	return title(g.f.Name) + ": " + strings.ReplaceAll(state, "_", " ")
}

// link leads to the section of a state.
func (g *guide) link(state string) string {
	name := g.title(state)
	anchor := strings.NewReplacer(" ", "-", ":", "").Replace(strings.ToLower(name))
	return fmt.Sprintf("[%s](#%s)", name, anchor)
}
