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
