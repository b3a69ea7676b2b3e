package engine

import (
	"errors"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
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

// length is how long the parts play.
func length(parts []ivr.Part) time.Duration {
	var d time.Duration
	for _, p := range parts {
		d += p.Length.Std()
	}
	return d
}

// callerOrNil is who rang; nil if the platform hides it. What it tells then is the
// same for all who are hidden.
func callerOrNil(p ivr.Party) any {
	if p.Kind == ivr.PartyEncrypted {
		return nil
	}
	return textOrNil(p.ID)
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
		"caller": callerOrNil(s.Caller), "called": s.Called.ID, "tenant": s.Tenant,
		"locale": s.Locale, "started": clock(s.Started), "ended_by": string(s.EndedBy),
		"participants": 2.0, "held": false, "routes": 0.0,
	}
	if m := s.Meeting; m != nil {
		call := env["call"].(map[string]any)
		call["participants"], call["roster"] = m.there(), m.roster()
		call["held"], call["routes"] = m.Held != "", float64(len(m.Groups))
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
