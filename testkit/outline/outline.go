// Package outline says in a few words what the steps of flows do and where they lead,
// for pictures, scripts and guides.
//
//	outline.Step(f, s)           // "user service_desk" of a transfer
//	outline.Outcome(s, "key_1")  // "1"
//	outline.Cause(f, s)          // "wrong ≤2×" of a step in a handler
//
// The package keeps no state.
package outline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// MostLabel is the length of a condition that stands for an outcome, in characters.
const MostLabel = 28

// Step is what a step does, without its verb, and whether it runs another flow.
func Step(f *flow.Flow, s *flow.Step) (text string, sub bool) {
	switch spec := s.Spec.(type) {
	case *flow.Play:
		return Words(spec.Prompt), false
	case *flow.Menu:
		text := Words(spec.Prompt)
		if spec.Choices != nil {
			text = join(text, "choices of "+spec.Choices.List)
		}
		return text, false
	case *flow.Collect:
		return into(spec.Var, spec.Prompt), false
	case *flow.Record:
		return into(spec.Var, spec.Prompt), false
	case *flow.Answer:
		return Words(spec.Prefetch), false
	case *flow.Call:
		return called(f, spec), true
	case *flow.Do:
		return spec.Action.Name, false
	case *flow.HTTP:
		return spec.Request.Method + " " + host(spec.Request), false
	case *flow.Transfer:
		return dest(spec.To), false
	case *flow.Dial:
		return dest(spec.To), false
	case *flow.Hunt:
		return spec.Group, false
	case *flow.Redirect:
		return dests(spec.To), false
	default:
		return quietWords(spec), false
	}
}

// into is a variable with the prompt that asks for it, if there is one.
func into(name string, p flow.Prompt) string {
	if len(p) == 0 {
		return name
	}
	return name + ": " + Words(p)
}

// quietWords are those of steps that neither speak nor lead anywhere.
func quietWords(spec flow.Spec) string {
	switch s := spec.(type) {
	case *flow.Reject:
		return string(s.Reason)
	case *flow.Set:
		var names []string
		for _, a := range s.Assign {
			names = append(names, a.Var)
		}
		return strings.Join(names, ", ")
	case *flow.Forget:
		return strings.Join(s.Vars, ", ")
	case *flow.Wait:
		return waitWords(s)
	case *flow.SendKeys:
		return s.Keys.Source()
	case *flow.Hours:
		return s.Schedule
	case *flow.Mark:
		if s.Name == "" && s.Text != nil {
			return quote(s.Text.Source())
		}
		return s.Name
	case *flow.Invite:
		return dests(s.To)
	case *flow.RouteAudio:
		return s.Name
	case *flow.RecordingStatus:
		return string(s.Status)
	default: // the verb says it
		return ""
	}
}

func waitWords(w *flow.Wait) string {
	var words []string
	if w.For > 0 {
		words = append(words, short(w.For))
	}
	if w.Signal != "" {
		words = append(words, "signal "+w.Signal)
	}
	if w.People {
		words = append(words, "people")
	}
	return strings.Join(words, ", ")
}

// short is a time as flow files have it: 5m, 1h, 2.5s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// called is the flow that a step runs, by its own name and not by its file's.
func called(f *flow.Flow, c *flow.Call) string {
	name := c.Flow
	if m := f.Member(c.Flow); m != nil && !strings.HasPrefix(c.Flow, "flows/") {
		name = m.Name
	}
	if c.At != "" {
		name += " at " + c.At
	}
	return name
}

func dest(t flow.Dest) string { return string(t.Kind) + " " + source(t.ID) }

func dests(list []flow.Dest) string {
	var words []string
	for _, t := range list {
		words = append(words, dest(t))
	}
	return strings.Join(words, ", ")
}

// source is a template as people read it: what stands in ${} without the marks.
func source(t flow.Template) string {
	if t == nil {
		return ""
	}
	text := t.Source()
	if inner, ok := strings.CutPrefix(text, "${"); ok && strings.Count(text, "${") == 1 && strings.HasSuffix(inner, "}") {
		return strings.TrimPrefix(strings.TrimSuffix(inner, "}"), "config.")
	}
	return text
}

// host is where a request goes, as far as that is written.
func host(r *flow.Request) string {
	if len(r.URL) == 0 {
		return ""
	}
	rest := strings.TrimPrefix(r.URL[0].Text, "https://")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// Words is a prompt in a few words: the keys of its parts, texts in quotes, and
// values as what they are spoken as.
func Words(p flow.Prompt) string {
	var words []string
	for i := range p {
		if w := partWords(&p[i]); !slices.Contains(words, w) { // texts of several locales
			words = append(words, w)
		}
	}
	return strings.Join(words, " + ")
}

func partWords(p *flow.PromptPart) string {
	switch {
	case p.Key != "":
		return p.Key
	case p.Say != nil:
		return quote(p.Say.Source())
	case p.File != "":
		return "a file"
	case p.SayAs != "":
		return fmt.Sprintf("%s %s", p.SayAs, strings.TrimSuffix(strings.TrimPrefix(p.Value.Source(), "${"), "}"))
	case p.Silence > 0:
		return "silence"
	}
	return p.Recording
}

func quote(s string) string { return "“" + strings.Join(strings.Fields(s), " ") + "”" }

func join(a, b string) string { return strings.TrimSpace(a + " " + b) }

// Clip shortens a text to so many characters.
func Clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return strings.TrimRight(string(r[:most-1]), " ") + "…"
	}
	return s
}

// Outcome is an outcome of a step for people: the key that is pressed, the case
// that holds. It is empty for the one by which a step just goes on.
func Outcome(s *flow.Step, name string) string {
	switch spec := s.Spec.(type) {
	case *flow.Menu:
		if name == "done" && spec.Choices != nil {
			return "chosen"
		}
		if spec.Word == "confirm" && !strings.HasPrefix(name, "key_") {
			return plain(name)
		}
		return keyOf(spec.Entries, name)
	case *flow.Collect:
		return keyOf(spec.GlobalKeys, name)
	case *flow.Wait:
		return keyOf(spec.Entries, name)
	case *flow.Hunt:
		return keyOf(spec.Entries, name)
	case *flow.Switch:
		return caseOf(spec, name)
	default:
		return plain(name)
	}
}

// keyOf is the key behind an outcome.
func keyOf(entries []flow.Entry, name string) string {
	for _, e := range entries {
		if e.Outcome == name {
			return strings.ReplaceAll(e.Keys, "*", "∗")
		}
	}
	return plain(name)
}

func plain(name string) string {
	if name == "done" {
		return ""
	}
	return name
}

func caseOf(s *flow.Switch, name string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(name, "case_"))
	if err != nil || n < 1 || n > len(s.Cases) || s.Cases[n-1].When == nil {
		return plain(name)
	}
	return Clip(s.Cases[n-1].When.Source(), MostLabel)
}
