package flow

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Texts names what only a synthesiser can speak: catalogue keys without a file
// that are used, inline texts, and spoken values whose words are not all
// recorded, sorted. The built-in apology is not among them: without a
// synthesiser it is a tone. Those of the flows that it calls are. A flow without
// texts needs no synthesiser.
func (f *Flow) Texts() []string {
	needs := map[string]bool{}
	for _, m := range f.Members() {
		speechNeeds{m, map[string]bool{}}.all(needs)
	}
	return names(needs)
}

// Spoken lists, by key and then by locale, the catalogue's entries that a
// synthesiser speaks and that steps use, also those of the flows that it calls.
func (f *Flow) Spoken() []prompt.Entry {
	var all []prompt.Entry
	for _, m := range f.Members() {
		used := map[string]bool{}
		for _, s := range m.Steps {
			for _, p := range promptsOf(s.Spec) {
				for i := range p {
					used[p[i].Key] = true
				}
			}
		}
		all = append(all, slices.DeleteFunc(m.Catalogue.Texts(), func(e prompt.Entry) bool { return !used[e.Key] })...)
	}
	slices.SortFunc(all, func(a, b prompt.Entry) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Locale, b.Locale))
	})
	return all
}

// speechNeeds finds out what needs a synthesiser. It remembers which values are
// recorded, since that takes long to find out.
type speechNeeds struct {
	*Flow
	recorded map[string]bool
}

func (n speechNeeds) all(needs map[string]bool) {
	for _, s := range n.Steps {
		if s.BuiltIn {
			continue
		}
		if m, ok := s.Spec.(*Menu); ok && m.Choices != nil {
			needs["the choices in "+s.ID] = true
		}
		for _, p := range promptsOf(s.Spec) {
			for i := range p {
				if name := n.part(s, &p[i]); name != "" {
					needs[name] = true
				}
			}
		}
	}
}

func (n speechNeeds) part(s *Step, p *PromptPart) string {
	switch {
	case p.Say != nil:
		return fmt.Sprintf("a text in %s", s.ID)
	case p.SayAs != "":
		for _, locale := range n.Locales {
			if !n.speaks(locale, p) {
				return fmt.Sprintf("a spoken %s in %s", p.SayAs, s.ID)
			}
		}
		return ""
	case p.Key == "":
		return ""
	}
	for _, locale := range n.Locales {
		if e, ok := n.Catalogue.Lookup(locale, p.Key); ok && e.Audio == "" {
			return p.Key
		}
	}
	return ""
}

// speaks says that recordings speak a value, whatever it is. Of money that
// needs its currencies.
func (n speechNeeds) speaks(locale string, p *PromptPart) bool {
	if p.SayAs == "money" && len(p.Currencies) == 0 {
		return false
	}
	id := fmt.Sprint(locale, p.SayAs, p.Currencies)
	whole, ok := n.recorded[id]
	if !ok {
		whole = n.Catalogue.Coverage(prompt.Style{Locale: locale}, p.SayAs, p.Currencies...).Whole
		n.recorded[id] = whole
	}
	return whole
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
	case *Hunt:
		return []Prompt{s.Music, s.Announce, s.Say}
	case *Hold:
		return []Prompt{s.Music}
	case *Redirect, *Reject, *Set, *Forget, *Switch, *Wait, *SendKeys, *Mute, *Join, *Invite, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Call, *Jump, *Return, *End, *Mark:
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
	case *Hunt:
		return len(spec.Entries) > 0
	case *Transfer, *Redirect, *Reject, *Answer, *Set, *Forget, *Switch, *Do, *HTTP, *SendKeys, *Mute, *Join, *Invite, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Dial, *Call, *Jump, *Return, *End, *Mark:
	}
	return false
}
