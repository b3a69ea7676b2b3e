package engine

import (
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// items are what a menu offers now; none if its choices are fixed.
func (r *run) items(m *flow.Menu) []any {
	if m.Choices == nil {
		return nil
	}
	items, _ := r.s.Vars[m.Choices.List].([]any)
	return items
}

// entries are the keys of a menu, those of its choices among them.
func (r *run) entries(m *flow.Menu) []flow.Entry {
	if m.Choices == nil {
		return m.Entries
	}
	return slices.Concat(m.Choices.Entries(r.items(m)), m.Entries)
}

// withChoices adds what a menu says of its choices after its prompt.
func (r *run) withChoices(step *flow.Step, parts []ivr.Part) ([]ivr.Part, error) {
	m, ok := step.Spec.(*flow.Menu)
	if !ok || len(r.items(m)) == 0 || r.s.Input.Failed != "" && !m.Reprompt {
		return parts, nil
	}
	locale := r.spokenLocale()
	text, err := m.Choices.Speak(locale, r.items(m), r.env())
	if err != nil {
		return nil, fmt.Errorf("choices: %w", err)
	}
	return append(parts, ivr.Part{Text: text, Locale: locale, Length: ivr.Duration(prompt.Estimate(text, locale)), Sensitive: m.Choices.Sensitive}), nil
}

// choose keeps the item that was chosen.
func (r *run) choose(step *flow.Step, m *flow.Menu, key string) {
	item := r.items(m)[key[0]-'1']
	v, err := r.f.Vars[m.Choices.Into].Coerce(item)
	if err != nil {
		r.fault(step, fmt.Errorf("the item %s of %s does not fit %q: %w", key, m.Choices.List, m.Choices.Into, err))
		return
	}
	r.setVar(m.Choices.Into, v)
	view := View{Keys: key, Tries: r.tries()}
	if m.Choices.Sensitive {
		view.Keys = ""
	}
	r.leave("done", view)
}
