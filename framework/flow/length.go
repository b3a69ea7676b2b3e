package flow

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Length is about how long a prompt takes in a locale: files are measured,
// texts and spoken values are estimated, without what is only known in a call,
// such as the words of a variable and what was recorded. Parts with a condition
// count.
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
		if text, ok := p.Say.Constant(); ok {
			return prompt.Estimate(text, locale)
		}
		return 0
	case p.SayAs != "":
		return prompt.Style{Locale: locale}.Estimate(p.SayAs)
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
