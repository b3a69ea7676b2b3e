package engine

import (
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// parts turns a prompt into what the platform plays in one request.
func (r *run) parts(p flow.Prompt) ([]ivr.Part, error) {
	parts, err := r.render(p)
	if err != nil {
		return nil, err
	}
	return fit(parts)
}

// render turns a prompt into what is heard, in the caller's language.
func (r *run) render(p flow.Prompt) ([]ivr.Part, error) {
	parts := make([]ivr.Part, 0, len(p))
	for i := range p {
		var err error
		if parts, err = r.part(parts, &p[i]); err != nil {
			return nil, fmt.Errorf("prompt: %w", err)
		}
	}
	return parts, nil
}

// fit joins parts to as many files as the platform plays in one request.
func fit(parts []ivr.Part) ([]ivr.Part, error) {
	if len(parts) <= prompt.MaxFiles {
		return parts, nil
	}
	lengths := make([]time.Duration, len(parts))
	for i := range parts {
		lengths[i] = parts[i].Length.Std()
	}
	ranges, err := prompt.JoinRanges(lengths, prompt.MaxFiles)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	joined := make([]ivr.Part, len(ranges))
	for i, r := range ranges {
		joined[i] = joinParts(parts[r.From:r.To])
	}
	return joined, nil
}

// joinParts is one part of several. It is as secret as the most secret of them.
func joinParts(parts []ivr.Part) ivr.Part {
	if len(parts) == 1 {
		return parts[0]
	}
	one := ivr.Part{Joined: parts, Length: ivr.Duration(length(parts))}
	for _, p := range parts {
		one.Sensitive = one.Sensitive || p.Sensitive
	}
	return one
}

// locale is in which locale the flow that runs speaks: the caller's, unless its
// prompts are in another language. That is so in a sub-flow which does not speak
// his.
func (r *run) locale() string {
	if own := r.f.Catalogue.Locale(r.s.Locale); !prompt.SameLanguage(own, r.s.Locale) {
		return own
	}
	return r.s.Locale
}

// part adds what a part of a prompt becomes; nothing if its condition does not
// hold, or if its text is empty.
func (r *run) part(to []ivr.Part, p *flow.PromptPart) ([]ivr.Part, error) {
	if p.Locale != "" && p.Locale != r.f.Catalogue.Locale(r.s.Locale) {
		return to, nil
	}
	if p.When != nil {
		if ok, err := p.When.Bool(r.env()); err != nil || !ok {
			return to, err
		}
	}
	part := ivr.Part{Locale: r.locale(), Sensitive: p.Sensitive}
	switch {
	case p.Key != "":
		return r.cataloguePart(to, p)
	case p.Say != nil:
		text, err := p.Say.Text(r.env())
		if err != nil || text == "" {
			return to, err
		}
		part.Text, part.Length = text, ivr.Duration(prompt.Estimate(text, r.locale()))
	case p.SayAs != "":
		values, err := r.valueParts(p)
		return append(to, values...), err
	case p.File != "":
		part.Audio, part.Length = p.File, ivr.Duration(p.Length)
	case p.Silence > 0:
		part.Silence, part.Length = ivr.Duration(p.Silence), ivr.Duration(p.Silence)
	case p.Recording != "":
		id, ok := r.s.Vars[p.Recording].(string)
		if !ok {
			return nil, fmt.Errorf("recording %q is not set", p.Recording)
		}
		part.Recording, part.Length = id, ivr.Duration(recordingBound)
	}
	return append(to, part), nil
}

// recordingBound is how long a recording that is played back may be.
const recordingBound = 10 * time.Minute

func (r *run) cataloguePart(to []ivr.Part, p *flow.PromptPart) ([]ivr.Part, error) {
	e, ok := r.f.Catalogue.Lookup(r.locale(), p.Key)
	if !ok {
		return nil, fmt.Errorf("no prompt %q", p.Key)
	}
	return append(to, ivr.Part{Key: p.Key, Text: e.Text, SSML: e.SSML, Audio: e.Audio, Locale: e.Locale, Voice: e.Voice,
		Length: ivr.Duration(e.Length), Sensitive: p.Sensitive}), nil
}

// valueParts speaks a value: from the catalogue's fragments where it has them.
// What speaks a secret is joined: the names of the fragments and their order
// would tell it. So are more files than fit into a request.
func (r *run) valueParts(p *flow.PromptPart) ([]ivr.Part, error) {
	v, err := p.Value.Eval(r.env())
	if err != nil {
		return nil, err
	}
	style := prompt.Style{Locale: r.locale()}
	pieces, err := r.f.Catalogue.SayAs(style, p.SayAs, v)
	if err != nil {
		return nil, err
	}
	parts := make([]ivr.Part, len(pieces))
	for i, piece := range pieces {
		parts[i] = ivr.Part{Key: piece.Key, Text: piece.Text, Audio: piece.Audio, Silence: ivr.Duration(piece.Silence),
			Locale: r.locale(), Length: ivr.Duration(piece.Length), Sensitive: p.Sensitive, Continued: i > 0}
	}
	if len(parts) == 1 && parts[0].Audio == "" {
		return parts, nil
	}
	words, err := style.SayAs(p.SayAs, v)
	if err != nil {
		return nil, err
	}
	if p.Sensitive || len(parts) > prompt.MaxFiles {
		return []ivr.Part{{Joined: parts, Text: words, Locale: r.locale(), Length: ivr.Duration(length(parts)), Sensitive: p.Sensitive}}, nil
	}
	if len(parts) > 1 {
		parts[0].Words = words
	}
	return parts, nil
}
