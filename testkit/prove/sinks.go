package prove

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// shortestSecret is the length of the shortest value that is looked for: what is
// shorter occurs by chance.
const shortestSecret = 4

// secret notes a value that is given to a sensitive variable.
func (fs *facts) secret(decl *flow.Var, v any) {
	text, ok := v.(string)
	if ok && decl.Sensitive != flow.NotSensitive && len(text) >= shortestSecret && text != someID && !slices.Contains(fs.secrets, text) {
		fs.secrets = append(fs.secrets, text)
	}
}

// leaks says where a sensitive value stands in a command that others may see; "" if
// none does. What is sent to actions and web services as sensitive, and what is said
// as such, is nobody else's.
func (fs *facts) leaks(cmd ivr.Command) string {
	if len(fs.secrets) == 0 {
		return ""
	}
	switch cmd := cmd.(type) {
	case ivr.Mark:
		return fs.leak("a "+cmd.Kind, cmd.Name, cmd.Text)
	case ivr.PlayPrompt:
		return fs.heardIn(cmd.Parts)
	case ivr.RunAction:
		for _, name := range slices.Sorted(maps.Keys(cmd.In)) {
			if !slices.Contains(cmd.Sensitive, name) {
				if where := fs.leak("the input "+name+" of "+cmd.Name, fmt.Sprint(cmd.In[name])); where != "" {
					return where
				}
			}
		}
	case ivr.HTTPRequest:
		for _, p := range cmd.URL {
			if p.Kind == ivr.PieceLiteral {
				if where := fs.leak("the address of a request", p.Text); where != "" {
					return where
				}
			}
		}
	case ivr.Transfer:
		return fs.leak("whom the call is handed to", cmd.Target.ID)
	case ivr.CreateCall:
		return fs.leak("whom the flow calls", cmd.Target.ID)
	case ivr.Redirect:
		return fs.leak("whom the call is sent to", targetsText(cmd.Targets))
	default:
	}
	return ""
}

// heardIn is leaks for what is said.
func (fs *facts) heardIn(parts []ivr.Part) string {
	for i := range parts {
		p := &parts[i]
		if p.Sensitive {
			continue
		}
		if where := fs.leak("what is said, and not marked as sensitive", p.Key, p.Text, p.Words); where != "" {
			return where
		}
		if where := fs.heardIn(p.Joined); where != "" {
			return where
		}
	}
	return ""
}

func (fs *facts) leak(where string, texts ...string) string {
	for _, text := range texts {
		for _, s := range fs.secrets {
			if strings.Contains(text, s) {
				return where
			}
		}
	}
	return ""
}

// Limits of the platform.
const (
	mostParts    = 20
	mostTargets  = 25
	mostRecorded = 120 * time.Second
	mostRing     = 115 * time.Second
)

// beyond says what of a command the platform does not take; "" if it does.
func beyond(cmd ivr.Command) string {
	switch cmd := cmd.(type) {
	case ivr.PlayPrompt:
		if n := len(cmd.Parts); n < 1 || n > mostParts {
			return fmt.Sprintf("a prompt of %d files; the platform takes 1 to %d", n, mostParts)
		}
	case ivr.RecordResponse:
		for _, d := range []ivr.Duration{cmd.Max, cmd.Silence, cmd.InitialSilence} {
			if bad := within(d, mostRecorded); bad != "" {
				return "a recording with a time of " + bad
			}
		}
	case ivr.Redirect:
		if n := len(cmd.Targets); n < 1 || n > mostTargets {
			return fmt.Sprintf("a redirect to %d targets; the platform takes 1 to %d", n, mostTargets)
		}
		return badTarget(cmd.Targets...)
	case ivr.Transfer:
		return badTarget(cmd.Target)
	case ivr.CreateCall:
		if cmd.Meeting != nil {
			return ""
		}
		if bad := within(cmd.Ring, mostRing); bad != "" && cmd.Ring != 0 {
			return "a call that rings for " + bad
		}
		return badTarget(cmd.Target)
	case ivr.SendTones:
		if n := len(cmd.Keys); n < 1 || n > flow.MaxSentKeys {
			return fmt.Sprintf("%d keys to be sent", n)
		}
	default:
	}
	return ""
}

// within says what is wrong with a time; "" if nothing is.
func within(d ivr.Duration, most time.Duration) string {
	if t := d.Std(); t < time.Second || t > most || t%time.Second != 0 {
		return fmt.Sprintf("%s; the platform takes whole seconds from 1s to %s", t, most)
	}
	return ""
}

func badTarget(targets ...ivr.Target) string {
	for _, t := range targets {
		if !targetForm.MatchString(t.ID) {
			return fmt.Sprintf("a target %q that nobody has", t.ID)
		}
	}
	return ""
}

// sinks judges that the platform takes what it is asked for, and that nothing
// sensitive is seen where it must not be.
func (g *graph) sinks() []Property {
	limits := Property{Name: "limits", Text: "the platform's limits hold for everything that it is asked for"}
	secrets := Property{Name: "secrets", Text: "nothing sensitive is written down, or sent to where it is not marked as such"}
	g.told(&limits, g.beyond)
	g.told(&secrets, g.leaked)
	if len(g.facts.secrets) == 0 {
		return []Property{limits}
	}
	return []Property{limits, secrets}
}

// told makes findings of what was noticed on the way.
func (g *graph) told(p *Property, all []mishap) {
	blamed := map[string]bool{}
	for _, m := range all {
		if text := m.err.Error(); !blamed[text] && len(p.Findings) < mostFindings {
			blamed[text] = true
			call, err := g.callTo(m.node, m.act)
			g.found(p, text, g.posOf(m.node), call, err)
		}
	}
	g.judge(p)
}
