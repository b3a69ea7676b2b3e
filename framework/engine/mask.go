package engine

import (
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// mask hides in a text that is written down what the loader could not know to
// be in it: the values that sensitive variables hold now, here and in the flows
// that wait for this one, which an action may have copied into others, and the
// numbers of payment cards.
func (r *run) mask(text string) string {
	if text == "" {
		return ""
	}
	secrets := secretsIn(nil, r.f, r.s.Vars)
	for i := range r.s.Frames {
		secrets = secretsIn(secrets, r.root.Member(r.s.Frames[i].Flow), r.s.Frames[i].Vars)
	}
	return ivr.Mask(text, configSecrets(secrets, r.root, r.s.Config)...)
}

// Shown are the variables of the flow that runs, but for those that are marked
// sensitive. In the texts of the others what these hold is masked, and so are the
// numbers of payment cards: an action may have copied them.
func (s *Session) Shown(f *flow.Flow) map[string]any {
	r := &run{root: f, f: f.Member(s.Running), s: *s}
	shown := map[string]any{}
	for name, v := range s.Vars {
		if r.f != nil && r.f.Vars[name] != nil && r.f.Secret(name) == nil {
			shown[name] = r.maskIn(v)
		}
	}
	return shown
}

// maskIn is a value with its texts masked.
func (r *run) maskIn(v any) any {
	switch v := v.(type) {
	case string:
		return r.mask(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = r.maskIn(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = r.maskIn(v[name])
		}
		return object
	}
	return v
}

func configSecrets(found []any, root *flow.Flow, config map[string]any) []any {
	for name, v := range config {
		if root.Secret("config."+name) != nil {
			found = append(found, v)
		}
	}
	return found
}

func secretsIn(found []any, f *flow.Flow, vars map[string]any) []any {
	if f == nil {
		return found
	}
	for name, v := range vars {
		if f.Secret(name) != nil {
			found = append(found, v)
		}
	}
	return found
}
