package flow

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Length is about how long a prompt takes in a locale: files and recorded values
// are measured, texts and other values are estimated, without what is only known
// in a call: the words of a variable in a text, and what was recorded. Values
// are usual ones, such as six digits. Parts with a condition count.
func (f *Flow) Length(p Prompt, locale string) time.Duration {
	var total time.Duration
	for i := range p {
		total += f.lengthOf(&p[i], locale)
	}
	return total
}

func (f *Flow) lengthOf(p *PromptPart, locale string) time.Duration {
	switch {
	case p.Key != "":
		e, _ := f.Catalogue.Lookup(locale, p.Key)
		return e.Length
	case p.Say != nil:
		return prompt.Estimate(p.Say.Fixed(), locale)
	case p.SayAs != "":
		return f.Catalogue.Estimate(prompt.Style{Locale: locale}, p.SayAs)
	case p.File != "":
		return p.Length
	}
	return p.Silence
}

// longest is how long a part takes at most: a recording may be as long as a
// file may be, and a locale has longer words than another.
func (f *Flow) longest(p *PromptPart) time.Duration {
	if p.Recording != "" {
		return prompt.MaxLength
	}
	var most time.Duration
	for _, locale := range f.Locales {
		most = max(most, f.lengthOf(p, locale))
	}
	return most
}
