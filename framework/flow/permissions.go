package flow

import (
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Graph's names of the application permissions that flows need. The pages of the
// actions say which: https://learn.microsoft.com/graph/permissions-reference
const (
	permissionInitiate = "Calls.Initiate.All"          // call somebody, transfer, redirect
	permissionJoin     = "Calls.JoinGroupCall.All"     // be in a meeting
	permissionInvite   = "Calls.InitiateGroupCall.All" // ask others into it
	permissionMedia    = "Calls.AccessMedia.All"       // keys, recordings
	// telephoneLicence is none, but needed like one.
	telephoneLicence = "a resource account with a telephone number"
)

// Need is a permission or licence that a flow needs in its tenant.
type Need struct {
	What  string   `json:"what"`  // a permission by its Graph name, or a licence in words
	Steps []string `json:"steps"` // that need it: "transfer sales.1"
}

// Permission reports whether it is a permission, not a licence.
func (n Need) Permission() bool { return n.What != telephoneLicence }

// Needs lists the permissions and licences that the flow and those it calls
// need. Prompts and the answer of a call need none.
func (f *Flow) Needs() []Need {
	all := []Need{{What: permissionInitiate}, {What: permissionJoin}, {What: permissionInvite}, {What: permissionMedia}, {What: telephoneLicence}}
	for _, m := range f.Members() {
		for _, s := range m.Steps {
			if s.BuiltIn {
				continue
			}
			step := s.Spec.Verb() + " " + s.ID
			if m != f {
				step = fmt.Sprintf("%s of %s", step, m.Name)
			}
			for _, what := range needsOf(s) {
				i := slices.IndexFunc(all, func(n Need) bool { return n.What == what })
				all[i].Steps = append(all[i].Steps, step)
			}
		}
	}
	if f.DTMF == DTMFAlways {
		all[3].Steps = append(all[3].Steps, "dtmf: always")
	}
	return slices.DeleteFunc(all, func(n Need) bool { return len(n.Steps) == 0 })
}

// needsOf is what one step needs.
func needsOf(s *Step) []string {
	var needs []string
	need := func(what string, is bool) {
		if is && !slices.Contains(needs, what) {
			needs = append(needs, what)
		}
	}
	targets := targetsOf(s.Spec)
	how := ConsultOf(s.Spec)
	_, record := s.Spec.(*Record)
	_, invite := s.Spec.(*Invite)
	_, status := s.Spec.(*RecordingStatus)
	record = record || status
	need(permissionJoin, confers(s.Spec))
	need(permissionInvite, invite)
	need(permissionInitiate, len(targets) > 0 && !invite)
	need(permissionMedia, record || listens(s) || how != nil && how.Accept != 0)
	need(telephoneLicence, slices.ContainsFunc(targets, func(d Dest) bool { return d.Kind == ivr.PartyPhone }))
	return needs
}

// confers reports whether a step joins a meeting, or does something about it.
func confers(spec Spec) bool {
	if mute, ok := spec.(*Mute); ok {
		return mute.Everyone || mute.Who != nil
	}
	phase := spec.entry()
	return phase == PhaseJoining || phase == PhaseConferring
}

// targetsOf are those to whom a step may send the caller, or whom it calls.
func targetsOf(spec Spec) []Dest {
	switch s := spec.(type) {
	case *Transfer:
		return []Dest{s.To}
	case *Hunt:
		return s.Members
	case *Dial:
		return []Dest{s.To}
	case *Invite:
		return s.To
	case *Redirect:
		return s.To
	case *Play, *Menu, *Collect, *Record, *Reject, *Answer, *Set, *Forget, *Switch, *Do, *HTTP, *Wait, *SendKeys, *Mute, *Join, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Call, *Jump, *Return, *End, *Mark:
	}
	return nil
}
