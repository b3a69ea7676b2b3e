package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

var errNoInput = errors.New("the step takes no input")

// phasePrompts is what the phase plays: after a failed try the fitting error
// prompt, then the step's own unless reprompt is off.
func (r *run) phasePrompts(step *flow.Step) flow.Prompt {
	if play, ok := step.Spec.(*flow.Play); ok {
		return play.Prompt
	}
	if record, ok := step.Spec.(*flow.Record); ok {
		return record.Prompt
	}
	in := inputOf(step.Spec)
	if in == nil {
		return nil
	}
	var say flow.Prompt
	switch r.s.Input.Failed {
	case flow.TriggerNoInput:
		say = escalate(in.NoInput, r.s.Input.NoInputs)
	case flow.TriggerNoMatch:
		say = escalate(in.NoMatch, r.s.Input.NoMatches)
	default:
		return in.Prompt
	}
	if len(say) == 0 && in.Reprompt {
		return in.Prompt
	}
	if in.Reprompt {
		say = slices.Concat(say, in.Prompt)
	}
	return say
}

// escalate is the n-th of a list of prompts, the last one from then on.
func escalate(list []flow.Prompt, n int) flow.Prompt {
	if len(list) == 0 {
		return nil
	}
	return list[min(n, len(list))-1]
}

// parts turns a prompt into what is heard, in the caller's language.
func (r *run) parts(p flow.Prompt) ([]ivr.Part, error) {
	var parts []ivr.Part
	for i := range p {
		part, ok, err := r.part(&p[i])
		if err != nil {
			return nil, fmt.Errorf("prompt: %w", err)
		}
		if ok {
			parts = append(parts, part)
		}
	}
	return parts, nil
}

func (r *run) part(p *flow.PromptPart) (ivr.Part, bool, error) {
	if p.Locale != "" && p.Locale != r.f.Catalogue.Locale(r.s.Locale) {
		return ivr.Part{}, false, nil
	}
	if p.When != nil {
		if ok, err := p.When.Bool(r.env()); err != nil || !ok {
			return ivr.Part{}, false, err
		}
	}
	part := ivr.Part{Locale: r.s.Locale, Sensitive: p.Sensitive}
	if p.Locale != "" || p.SayAs != "" {
		part.Locale = r.spokenLocale()
	}
	switch {
	case p.Key != "":
		return r.cataloguePart(p)
	case p.Say != nil:
		text, err := p.Say.Text(r.env())
		if err != nil {
			return part, false, err
		}
		part.Text = text
	case p.SayAs != "":
		v, err := p.Value.Eval(r.env())
		if err != nil {
			return part, false, err
		}
		if part.Text, err = prompt.SayAs(p.SayAs, v, part.Locale); err != nil {
			return part, false, err
		}
	case p.File != "":
		part.Audio, part.Length = p.File, ivr.Duration(p.Length)
		return part, true, nil
	case p.Silence > 0:
		part.Silence, part.Length = ivr.Duration(p.Silence), ivr.Duration(p.Silence)
		return part, true, nil
	case p.Recording != "":
		return r.recordingPart(part, p.Recording)
	}
	part.Length = ivr.Duration(prompt.Estimate(part.Text, part.Locale))
	return part, part.Text != "", nil
}

// spokenLocale is in which locale values and built-in texts are spoken: the
// caller's, unless the prompts around them are in another language. That is so in
// a sub-flow which does not speak his.
func (r *run) spokenLocale() string {
	if own := r.f.Catalogue.Locale(r.s.Locale); !prompt.SameLanguage(own, r.s.Locale) {
		return own
	}
	return r.s.Locale
}

func (r *run) cataloguePart(p *flow.PromptPart) (ivr.Part, bool, error) {
	e, ok := r.f.Catalogue.Lookup(r.s.Locale, p.Key)
	if !ok {
		return ivr.Part{}, false, fmt.Errorf("no prompt %q", p.Key)
	}
	return ivr.Part{Key: p.Key, Text: e.Text, Audio: e.Audio, Locale: e.Locale, Voice: e.Voice,
		Length: ivr.Duration(e.Length), Sensitive: p.Sensitive}, true, nil
}

func (r *run) recordingPart(part ivr.Part, name string) (ivr.Part, bool, error) {
	id, ok := r.s.Vars[name].(string)
	if !ok {
		return part, false, fmt.Errorf("recording %q is not set", name)
	}
	part.Recording, part.Length = id, ivr.Duration(recordingBound)
	return part, true, nil
}

// recordingBound is how long a recording that is played back may be.
const recordingBound = 10 * time.Minute

// length is how long the parts play.
func length(parts []ivr.Part) time.Duration {
	var d time.Duration
	for _, p := range parts {
		d += p.Length.Std()
	}
	return d
}

// env is what expressions see.
func (r *run) env() flow.Env {
	s := &r.s
	env := make(flow.Env, len(r.f.Vars)+5)
	for name := range r.f.Vars {
		env[name] = s.Vars[name] // unset: nil
	}
	env["call"] = map[string]any{
		"id": string(s.ID), "chain_id": s.ChainID, "direction": direction(s.Outgoing),
		"caller": textOrNil(s.Caller.ID), "called": s.Called.ID, "tenant": s.Tenant,
		"locale": s.Locale, "started": clock(s.Started), "ended_by": string(s.EndedBy),
		"participants": 2.0,
	}
	config := s.Config
	if config == nil {
		config = map[string]any{}
	}
	env["config"] = config
	env["result"] = map[string]any{
		"outcome": s.Result.Outcome, "code": float64(s.Result.Code), "subcode": float64(s.Result.Subcode),
		"reason": string(s.Result.Reason), "keys": s.Result.Keys, "tries": float64(s.Result.Tries),
		"seconds": s.Result.Seconds,
	}
	env["now"] = clock(r.now)
	if opening := r.f.Opening(r.now); opening != nil {
		env["schedules"] = opening
	}
	return env
}

func direction(outgoing bool) string {
	if outgoing {
		return "outgoing"
	}
	return "incoming"
}

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func textOrNil(s string) any {
	if s == "" {
		return nil // hidden by the platform
	}
	return s
}
