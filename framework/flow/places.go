package flow

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// PlayedPrompts are the keys of the catalogue that the flow's steps play, each with
// the place where the default locale defines it. Those that only the flow's
// spoken values use are not among them.
func (f *Flow) PlayedPrompts() map[string]diag.Pos {
	played := map[string]diag.Pos{}
	for _, s := range f.Steps {
		for _, p := range promptsOf(s.Spec) {
			for i := range p {
				if pos, ok := f.prompts[p[i].Key]; ok {
					played[p[i].Key] = pos
				}
			}
		}
	}
	return played
}

// ReadyMade reports whether the flow is one of those that come with the program,
// called by another.
func (f *Flow) ReadyMade() bool { return strings.HasPrefix(f.Key, readyMade) }
