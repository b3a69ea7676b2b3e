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

// step is what a caller hears and does; empty for what nobody notices.
func (g *guide) step(s *flow.Step) string {
	switch spec := s.Spec.(type) {
	case *flow.Play:
		return "You hear: " + g.words(spec.Prompt)
	case *flow.Menu:
		text := "You hear: " + g.words(spec.Prompt)
		if spec.Choices != nil {
			text += fmt.Sprintf(", and up to %d choices, each with its key", spec.Choices.Max)
		}
		return text
	case *flow.Collect:
		return "You hear: " + g.words(spec.Prompt) + " " + enter(spec)
	case *flow.Record:
		return "You hear: " + g.words(spec.Prompt) + " " + record(spec)
	case *flow.Transfer:
		return "You are connected with " + whom(spec.To)
	case *flow.Dial:
		return "A call is made to " + whom(spec.To)
	case *flow.Hunt:
		return "You wait until somebody of " + title(spec.Group) + " takes the call"
	case *flow.Call:
		name, _ := outline.Step(g.f, s)
		if m := g.f.Member(spec.Flow); m != nil && m.Description != "" {
			name += " (" + cell(m.Description) + ")"
		}
		return "You come to " + name
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
			return "You wait for up to " + span(spec.For)
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

// link leads to the section of a state.
func link(state string) string {
	name := title(state)
	return fmt.Sprintf("[%s](#%s)", name, strings.ReplaceAll(strings.ToLower(name), " ", "-"))
}
