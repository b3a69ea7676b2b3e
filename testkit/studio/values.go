package studio

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// values lists what is spoken and known only in a call.
func (w *writer) values() {
	for _, s := range w.way.steps() {
		for _, r := range roles(s) {
			for i := range r.prompt {
				if p := &r.prompt[i]; p.SayAs != "" {
					w.value(s, p)
				}
			}
		}
	}
}

func (w *writer) value(s *flow.Step, p *flow.PromptPart) {
	source := strings.TrimSuffix(strings.TrimPrefix(p.Value.Source(), "${"), "}")
	i := slices.IndexFunc(w.section.Values, func(v Value) bool {
		return v.Kind == p.SayAs && v.Value == source && slices.Equal(v.Currencies, p.Currencies)
	})
	if i < 0 {
		v := Value{Kind: p.SayAs, Value: source, Currencies: p.Currencies, Sensitive: p.Sensitive}
		for _, locale := range w.locales {
			v.Examples = append(v.Examples, w.example(locale, p))
		}
		i = len(w.section.Values)
		w.section.Values = append(w.section.Values, v)
	}
	if v := &w.section.Values[i]; !slices.Contains(v.Steps, s.ID) {
		v.Steps = append(v.Steps, s.ID)
	}
}

// example is a usual value of a kind in words.
func (w *writer) example(locale string, p *flow.PromptPart) Example {
	e := Example{Locale: locale, Value: sample(p)}
	if words, err := prompt.SayAs(p.SayAs, e.Value, locale); err == nil {
		e.Words = words
	}
	e.Recorded = w.f.Catalogue.Coverage(prompt.Style{Locale: locale}, p.SayAs, p.Currencies...).Whole
	return e
}

// sample is a value that shows how its kind is spoken.
func sample(p *flow.PromptPart) string {
	switch p.SayAs {
	case "digits":
		return "40718"
	case "characters":
		return "AB12"
	case "number":
		return "1250"
	case "ordinal":
		return "21"
	case "money":
		currency := "EUR"
		if len(p.Currencies) > 0 {
			currency = p.Currencies[0]
		}
		return "1234.50 " + currency
	case "date":
		return "2026-11-23"
	case "time":
		return "15:45"
	case "duration":
		return "1h30m"
	}
	return "+442071838750"
}

// fragments lists the recordings that spoken values still need, a word each.
func (w *writer) fragments() {
	for _, r := range w.f.ToRecord() {
		if !slices.Contains(w.locales, r.Locale) {
			continue
		}
		for _, word := range r.Words {
			key := "_word/" + strings.ReplaceAll(word, " ", "_")
			i := slices.IndexFunc(w.section.Fragments, func(f Fragment) bool { return f.Key == key && f.Locale == r.Locale })
			if i < 0 {
				i = len(w.section.Fragments)
				w.section.Fragments = append(w.section.Fragments, Fragment{Key: key, Locale: r.Locale, Words: word})
			}
			if f := &w.section.Fragments[i]; !slices.Contains(f.For, r.Kind) {
				f.For = append(f.For, r.Kind)
			}
		}
	}
	slices.SortStableFunc(w.section.Fragments, func(a, b Fragment) int {
		return cmp.Or(cmp.Compare(slices.Index(w.locales, a.Locale), slices.Index(w.locales, b.Locale)), cmp.Compare(a.Words, b.Words))
	})
}
