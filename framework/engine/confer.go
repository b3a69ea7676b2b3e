package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// confer does something about the meeting or its people.
func (r *run) confer(step *flow.Step) {
	if r.s.Meeting == nil {
		r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
		return
	}
	if spec, ok := step.Spec.(*flow.Invite); ok {
		r.invite(step, spec)
		return
	}
	if spec, ok := step.Spec.(*flow.Hold); ok {
		r.holdWho(step, spec)
		return
	}
	if spec, ok := step.Spec.(*flow.RouteAudio); ok {
		r.routeAudio(step, spec)
		return
	}
	if spec, ok := step.Spec.(*flow.RecordingStatus); ok {
		r.emit(ivr.TellRecording{Op: r.meetOp(requestSlack), Leg: r.s.Leg.ID, Status: spec.Status})
		return
	}
	r.emit(ivr.AddGallery{Op: r.meetOp(galleryWithin), Leg: r.s.Leg.ID})
}

// meetOp is newOp for something about the meeting. What was waited for is there.
func (r *run) meetOp(within time.Duration) ivr.OpID {
	r.stop(whyRoster)
	r.s.Meeting.Op = r.newOp(opMeet, within)
	return r.s.Meeting.Op
}

func (r *run) invite(step *flow.Step, spec *flow.Invite) {
	cmd := ivr.Invite{Leg: r.s.Leg.ID}
	var err error
	if cmd.Targets, cmd.Dynamic, err = r.targets(spec.To); err != nil {
		r.refuse(step, err)
		return
	}
	cmd.Op = r.meetOp(inviteWithin)
	r.emit(cmd)
}

// invited reports whether all whom an invite asks are in the meeting.
func (r *run) invited(step *flow.Step) bool {
	spec, ok := step.Spec.(*flow.Invite)
	if !ok {
		return false
	}
	for _, d := range spec.To {
		if id, err := r.lookUp(flow.Who{Kind: d.Kind, ID: d.ID}); err != nil || id == "" {
			return false
		}
	}
	return true
}

// holdWho puts a participant on hold, or ends that. The platform holds one at a
// time, and does not say what becomes of a second.
func (r *run) holdWho(step *flow.Step, spec *flow.Hold) {
	m := r.s.Meeting
	who := m.Held
	if spec.Who != nil {
		id, ok := r.findWho(step, *spec.Who)
		if !ok {
			return
		}
		who = id
	}
	switch {
	case who == "":
		r.note("resume refused: nobody is on hold")
		r.failWith(ivr.Result{Reason: ivr.ReasonNotFound})
		return
	case !spec.Off && m.Held != "" && m.Held != who:
		r.note("hold refused: another participant is on hold; the platform holds one at a time")
		r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
		return
	}
	cmd := ivr.Hold{Leg: r.s.Leg.ID, Who: who, Off: spec.Off}
	if !spec.Off {
		parts, err := r.render(spec.Music)
		if err != nil {
			r.fault(step, fmt.Errorf("music: %w", err))
			return
		}
		if len(parts) > 0 {
			cmd.Music = []ivr.Part{joinParts(parts)}
		}
		m.Held = who
	}
	cmd.Op = r.meetOp(requestSlack)
	r.emit(cmd)
}

// routeAudio makes a route of audio, changes the one of its name, or ends it.
func (r *run) routeAudio(step *flow.Step, spec *flow.RouteAudio) {
	group := r.s.Meeting.Groups[spec.Name]
	cmd := ivr.RouteAudio{Leg: r.s.Leg.ID, Group: group, Off: spec.Off}
	switch {
	case spec.Off && group == "":
		r.note("route_audio refused: there is no route %q to end", spec.Name)
		r.failWith(ivr.Result{Reason: ivr.ReasonNotFound})
		return
	case !spec.Off:
		from, ok := r.findWho(step, *spec.From)
		if !ok {
			return
		}
		cmd.Source = from
		for _, who := range spec.To {
			to, ok := r.findWho(step, who)
			if !ok {
				return
			}
			cmd.Receivers = append(cmd.Receivers, to)
		}
	}
	cmd.Op = r.meetOp(requestSlack)
	r.emit(cmd)
}

// conferred: the platform did it.
func (r *run) conferred(id ivr.OpID, remote string) {
	r.drop(id)
	m := r.s.Meeting
	if m == nil || m.Op != id {
		return
	}
	m.Op = 0
	step, phase := r.place()
	if phase != flow.PhaseConferring {
		return
	}
	if spec, ok := step.Spec.(*flow.Hold); ok && spec.Off {
		m.Held = ""
	}
	if spec, ok := step.Spec.(*flow.RouteAudio); ok {
		m.Groups = maps.Clone(m.Groups)
		switch {
		case spec.Off:
			delete(m.Groups, spec.Name)
		case remote != "":
			if m.Groups == nil {
				m.Groups = map[string]string{}
			}
			m.Groups[spec.Name] = remote
		}
	}
	r.leave("done", View{})
}

// conferFailed: it was refused, ended badly, or nobody can tell. Somebody of whom
// that is not known is taken to be on hold, so that resume can end it.
func (r *run) conferFailed(id ivr.OpID, res ivr.Result) {
	m := r.s.Meeting
	if m == nil || m.Op != id {
		return
	}
	m.Op = 0
	step, phase := r.place()
	if phase != flow.PhaseConferring {
		return
	}
	unsure := res.Reason == ivr.ReasonUnknownResult || res.Reason == ivr.ReasonTimedOut
	spec, hold := step.Spec.(*flow.Hold)
	switch {
	case hold && spec.Off && res.Subcode == notInThisState:
		// Nobody is on hold: an earlier try was executed, and its response lost.
		m.Held = ""
		r.leave("done", View{})
		return
	case hold && !spec.Off && !unsure:
		m.Held = ""
	}
	r.failWith(res)
}

// notInThisState is the platform's subcode for something that cannot be done as
// things are, as its sibling service lists it.
const notInThisState = 8585

// conferLate: nobody says what became of it. Of an invitation the roster does, of a
// new route of audio their list.
func (r *run) conferLate(op Op) {
	step, _ := r.place()
	switch {
	case step == nil || op.ID != r.s.Meeting.Op:
	case r.invited(step):
		r.conferred(op.ID, "")
		return
	case r.routes(step) != nil:
		r.readRoutes(op.ID)
		return
	}
	r.nobodyKnows(op)
}

func (r *run) nobodyKnows(op Op) {
	res := ivr.Result{Reason: ivr.ReasonTimedOut}
	if op.Unknown {
		res.Reason = ivr.ReasonUnknownResult
	}
	r.failOp(op, res)
}

// routes is the step if it makes a new route of audio, else nil.
func (r *run) routes(step *flow.Step) *flow.RouteAudio {
	if spec, ok := step.Spec.(*flow.RouteAudio); ok && !spec.Off && r.s.Meeting.Groups[spec.Name] == "" {
		return spec
	}
	return nil
}

// readRoutes has the routes of audio listed, for one of which nobody said whether it
// was made.
func (r *run) readRoutes(id ivr.OpID) {
	read := r.newOp(opRead, requestSlack)
	r.find(read, "").For = id
	r.emit(ivr.ReadCall{Op: read, Leg: r.s.Leg.ID, Also: ivr.ReadRoutes})
}

// routesRead: the one in question is among them, or may still come until the
// operation's time is over, and then is looked for once more.
func (r *run) routesRead(op Op, all []ivr.Route) {
	step, _ := r.place()
	if step != nil && op.ID == r.s.Meeting.Op {
		if spec := r.routes(step); spec != nil {
			if made := r.made(spec, all); made != "" {
				r.conferred(op.ID, made)
				return
			}
		}
	}
	if !r.hasTimer(op.Deadline) {
		r.nobodyKnows(op)
	}
}

// made is the id of the route that a step asks for, if it is among those that there
// are and none that the flow knows already; else "".
func (r *run) made(spec *flow.RouteAudio, all []ivr.Route) string {
	from, err := r.lookUp(*spec.From)
	if err != nil || from == "" {
		return ""
	}
	var to []string
	for _, who := range spec.To {
		id, err := r.lookUp(who)
		if err != nil {
			return ""
		}
		to = append(to, id)
	}
	slices.Sort(to)
	known := slices.Collect(maps.Values(r.s.Meeting.Groups))
	for _, g := range all {
		if g.Source == from && slices.Equal(slices.Sorted(slices.Values(g.Receivers)), to) && !slices.Contains(known, g.ID) {
			return g.ID
		}
	}
	return ""
}
