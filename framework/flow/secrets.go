package flow

import (
	"maps"
	"slices"
)

// Secrets says what a flow, or a step of it, has to do with sensitive values.
type Secrets struct {
	Any      bool // a variable, or a value of the configuration, is sensitive
	Typed    bool // keys go into a sensitive variable
	Recorded bool // what the caller says goes into one
	Acted    bool // an action or a request is given a sensitive value, or brings one
	Forgets  bool // a sensitive variable is forgotten when the step is done
}

func (s Secrets) or(t Secrets) Secrets {
	return Secrets{s.Any || t.Any, s.Typed || t.Typed, s.Recorded || t.Recorded, s.Acted || t.Acted, s.Forgets || t.Forgets}
}

// Secrets is what is sensitive in the flow or in any of its family.
func (f *Flow) Secrets() Secrets { return f.secrets }

// SecretsOf is what a step of this flow has to do with sensitive values.
func (f *Flow) SecretsOf(s *Step) Secrets {
	is := func(name string) bool { return f.Secret(name) != nil }
	found := Secrets{}
	switch spec := s.Spec.(type) {
	case *Collect:
		found.Typed = is(spec.Var)
	case *Menu:
		c := spec.Choices
		found.Typed = c != nil && (c.Sensitive || is(c.List) || is(c.Into))
	case *Record:
		found.Recorded = is(spec.Var)
	case *Do:
		for _, t := range spec.With {
			found.Acted = found.Acted || slices.ContainsFunc(t.Uses(), is)
		}
		h := spec.Action.HTTP
		found.Acted = found.Acted || anyOf(spec.Into, is) || h != nil && h.Request.Sensitive
		found.Forgets = len(spec.Once) > 0
	case *HTTP:
		found.Acted = spec.Request.Sensitive || anyOf(spec.Into, is)
		found.Forgets = len(spec.Request.Once) > 0
	case *Forget:
		found.Forgets = slices.ContainsFunc(spec.Vars, is)
	case *Play, *Transfer, *Hunt, *Dial, *Redirect, *Reject, *Answer, *Set, *Switch, *Wait, *SendKeys, *Mute, *Join, *Invite, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Call, *Jump, *Return, *End, *Mark: // what they tell or are given is in their prompts and variables
	}
	found.Any = found != Secrets{}
	return found
}

// anyOf reports whether some value of a map is one.
func anyOf(m map[string]string, is func(string) bool) bool {
	for v := range maps.Values(m) {
		if is(v) {
			return true
		}
	}
	return false
}

// HasSecrets reports whether a variable of this flow itself is sensitive.
func (f *Flow) HasSecrets() bool {
	for _, v := range f.Vars {
		if v.secret() != nil {
			return true
		}
	}
	return false
}

// sumSecrets tells all members what is sensitive in the family.
func (f *family) sumSecrets() {
	all := Secrets{}
	for _, l := range f.members {
		m := l.flow
		all.Any = all.Any || m.HasSecrets() || m.Secret("config") != nil
		for _, s := range m.Steps {
			all = all.or(m.SecretsOf(s))
		}
	}
	for _, l := range f.members {
		l.flow.secrets = all
	}
}
