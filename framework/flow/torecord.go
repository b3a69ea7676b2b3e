package flow

import (
	"cmp"
	"slices"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// ToRecord is what is still to be recorded if a kind of value shall be heard
// from recordings in a locale.
type ToRecord struct {
	Kind       string   `json:"say_as"`
	Currencies []string `json:"currencies,omitempty"` // of money, as far as they are known
	Locale     string   `json:"locale"`
	Words      []string `json:"words"` // for fragments _word/WORD; sorted
}

// ToRecord lists what is still to be recorded of the kinds of value that the
// flow speaks, by kind, each in the order of the locales. A kind that is recorded
// as a whole is left out.
func (f *Flow) ToRecord() []ToRecord {
	var all []ToRecord
	for _, s := range f.Steps {
		for _, p := range promptsOf(s.Spec) {
			for i := range p {
				all = f.toRecord(all, &p[i])
			}
		}
	}
	slices.SortStableFunc(all, func(a, b ToRecord) int { return cmp.Compare(a.Kind, b.Kind) })
	return all
}

func (f *Flow) toRecord(all []ToRecord, p *PromptPart) []ToRecord {
	known := slices.ContainsFunc(all, func(r ToRecord) bool { return r.Kind == p.SayAs && slices.Equal(r.Currencies, p.Currencies) })
	if p.SayAs == "" || known {
		return all
	}
	for _, locale := range f.Locales {
		words := f.Catalogue.Unrecorded(prompt.Style{Locale: locale}, p.SayAs, p.Currencies...)
		if len(words) > 0 {
			all = append(all, ToRecord{p.SayAs, p.Currencies, locale, words})
		}
	}
	return all
}
