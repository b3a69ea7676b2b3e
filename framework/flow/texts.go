package flow

import (
	"fmt"
	"slices"
)

// Texts names what only a synthesiser can speak: catalogue keys without a file
// that are used, inline texts and spoken values, sorted. The built-in apology
// is not among them: without a synthesiser it is a tone. Those of the flows that
// it calls are. A flow without texts
// needs no synthesiser.
func (f *Flow) Texts() []string {
	needs := map[string]bool{}
	for _, m := range f.Members() {
		m.texts(needs)
	}
	names := make([]string, 0, len(needs))
	for name := range needs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (f *Flow) texts(needs map[string]bool) {
	for _, s := range f.Steps {
		if s.BuiltIn {
			continue
		}
		if m, ok := s.Spec.(*Menu); ok && m.Choices != nil {
			needs["the choices in "+s.ID] = true
		}
		for _, p := range promptsOf(s.Spec) {
			for i := range p {
				if name := f.needsSpeech(s, &p[i]); name != "" {
					needs[name] = true
				}
			}
		}
	}
}

func (f *Flow) needsSpeech(s *Step, p *PromptPart) string {
	switch {
	case p.Say != nil:
		return fmt.Sprintf("a text in %s", s.ID)
	case p.SayAs != "":
		return fmt.Sprintf("a spoken %s in %s", p.SayAs, s.ID)
	case p.Key == "":
		return ""
	}
	for _, locale := range f.Locales {
		if e, ok := f.Catalogue.Lookup(locale, p.Key); ok && e.Audio == "" {
			return p.Key
		}
	}
	return ""
}

// promptsOf lists the prompts of a step.
func promptsOf(spec Spec) []Prompt {
	switch s := spec.(type) {
	case *Play:
		return []Prompt{s.Prompt}
	case *Menu:
		return s.prompts()
	case *Collect:
		return s.prompts()
	case *Record:
		return []Prompt{s.Prompt}
	case *Answer:
		return []Prompt{s.Prefetch}
	case *Do:
		return []Prompt{s.Action.Waiting}
	case *HTTP:
		return []Prompt{s.Waiting}
	case *Transfer:
		if s.Consult != nil {
			return []Prompt{s.Consult.Music, s.Consult.Announce}
		}
	case *Dial:
		return []Prompt{s.Consult.Announce}
	case *Redirect, *Reject, *Set, *Forget, *Switch, *Wait, *SendKeys, *Mute, *Hours, *Call, *Jump, *Return, *End, *Mark:
	}
	return nil
}

func (in *Input) prompts() []Prompt {
	return slices.Concat([]Prompt{in.Prompt}, in.NoInput, in.NoMatch)
}

// listens reports whether a step can use the call's keys.
func listens(s *Step) bool {
	switch spec := s.Spec.(type) {
	case *Menu, *Collect:
		return true
	case *Play:
		return spec.BargeIn == BargeOn
	case *Record:
		return spec.Consent == ConsentAsked || spec.BargeIn == BargeOn
	case *Wait:
		return len(spec.Entries) > 0
	case *Transfer, *Redirect, *Reject, *Answer, *Set, *Forget, *Switch, *Do, *HTTP, *SendKeys, *Mute, *Hours, *Dial, *Call, *Jump, *Return, *End, *Mark:
	}
	return false
}
