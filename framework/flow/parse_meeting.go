package flow

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// maxInvited is how many people one request invites.
const maxInvited = 5

var (
	joinIDForm = regexp.MustCompile(`^[0-9 ]{7,40}$`)
	linkForm   = regexp.MustCompile(`^(https://|msteams:)[^ ]+$`)
	threadForm = regexp.MustCompile(`^19:[^ ]+@[a-z0-9.]+$`)
)

// parseJoin reads which meeting is joined.
func parseJoin(p *stepParser) Spec {
	j := &Join{
		Link: p.joinText("link", linkForm, "no link; copy the join link from the invitation"), JoinID: p.joinText("join_id", joinIDForm, "no meeting id; it has 7 to 20 digits"),
		Passcode: p.templateOption("passcode", sinkNone), Organizer: p.joinText("organizer", guidForm, "no object id such as 5f0c7c7e-0000-4000-8000-000000000001"),
		Thread: p.joinText("thread", threadForm, "no thread id such as 19:meeting_abc@thread.v2"), Tenant: p.templateOption("tenant", sinkTarget),
		Wait: p.duration("wait", 5*time.Second, 15*time.Minute),
	}
	if p.bad {
		return j
	}
	written := func(name string) bool { _, ok := p.opts[name]; return ok }
	var named []string
	for _, name := range []string{"link", "join_id", "organizer"} {
		if written(name) {
			named = append(named, name)
		}
	}
	switch {
	case len(named) > 1:
		p.l.errorf(p.opts[named[1]].KeyPos, ruleTarget, "this join names its meeting twice, by %s and by %s; take one out", named[0], named[1])
	case written("organizer") != written("thread"):
		p.l.errorf(p.pos, ruleTarget, "organizer and thread name a meeting together, and one is missing; the invitation's join link has both, so write link: LINK")
	case written("passcode") && !written("join_id"):
		p.l.errorf(p.opts["passcode"].KeyPos, ruleTarget, "a passcode goes with join_id, which is missing; a link has its own")
	case written("tenant") && written("link"):
		p.l.errorf(p.opts["tenant"].KeyPos, ruleTarget, "a link says itself whose meeting it is; take tenant out")
	}
	return j
}

// joinText is a text of a join, which has a form where it is written out.
func (p *stepParser) joinText(name string, form *regexp.Regexp, fault string) Template {
	t := p.templateOption(name, sinkTarget)
	if t == nil {
		return nil
	}
	if text, constant := t.Constant(); constant && !form.MatchString(strings.TrimSpace(text)) {
		p.l.errorf(p.opts[name].Value.Pos, ruleTarget, "this is %s", fault)
		p.bad = true
	}
	return t
}

func parseInvite(p *stepParser) Spec {
	i := &Invite{To: p.allTargets(maxInvited)}
	switch {
	case p.bad:
	case len(i.To) == 0:
		p.l.errorf(p.pos, ruleTarget, `invite needs a target: {user: ...}, {phone: "+44..."} or {application: ...}, or a list of them under to`)
	case len(i.To) > maxInvited:
		p.l.errorf(p.pos, ruleTarget, "more than %d targets, which is the most the platform invites at once; use a second invite", maxInvited)
	}
	return i
}

func parseMute(p *stepParser) Spec {
	m := &Mute{Off: p.verb.Name == "unmute"}
	if m.Off {
		for _, name := range append(keysOf(whoOptions()), "who", "everyone") {
			if e, ok := p.outs[name]; ok {
				p.l.errorf(e.KeyPos, ruleUnknownKey, "the platform lets nobody unmute others; they do that themselves, so that unmute is for the bot alone")
				delete(p.outs, name)
				p.bad = true
			}
		}
		return m
	}
	m.Everyone = p.opts["who"].Value != nil && p.word("who") == "everyone"
	m.Who = p.oneWho(p.opts, false)
	at := tree.Entry{}
	for _, o := range p.verb.Options {
		if e, ok := p.opts[o.Name]; ok {
			at = e
		}
	}
	switch {
	case p.bad || !m.Everyone && m.Who == nil:
	case p.l.flow.Kind != Meeting && !p.l.unsure.kind:
		p.l.errorf(at.KeyPos, ruleWrongKind, "in a flow of kind %s mute is for the bot alone; only in a meeting are there others to mute", p.l.flow.Kind)
	case m.Everyone && m.Who != nil:
		p.l.errorf(at.KeyPos, ruleTarget, "this mutes everyone and one participant; write one of them")
	}
	return m
}

func parseHold(p *stepParser) Spec {
	h := &Hold{Off: p.verb.Name == "resume"}
	h.Who = p.oneWho(p.opts, !h.Off)
	if !h.Off {
		h.Music = p.prompt("music")
	}
	return h
}

func parseRouteAudio(p *stepParser) Spec {
	r := &RouteAudio{Off: p.bool("stop"), Name: p.option("name").Default}
	if e, ok := p.opts["name"]; ok {
		if s, ok := e.Value.Str(&p.l.list); ok && p.l.wellFormed(s, e.Value.Pos, "route") {
			r.Name = s
		}
	}
	from, to := p.opts["from"], p.opts["to"]
	if from.Value != nil {
		r.From = p.whoNode(from.Value)
	}
	for _, item := range itemsOf(to) {
		if who := p.whoNode(item); who != nil {
			r.To = append(r.To, *who)
		}
	}
	switch {
	case p.bad:
	case r.Off && (from.Value != nil || to.Value != nil):
		p.l.errorf(p.pos, ruleTarget, "stop: true ends what %q routes; take from and to out", r.Name)
	case !r.Off && (r.From == nil || len(r.To) == 0):
		p.l.errorf(p.pos, ruleTarget, "route_audio needs from and to, such as {from: bot, to: {user: ID}}; {stop: true} ends it")
	}
	return r
}

func parseGallery(*stepParser) Spec { return &Gallery{} }

func parseRecordingStatus(p *stepParser) Spec {
	switch p.word("status") {
	case "not_recording":
		return &RecordingStatus{ivr.RecordingOff}
	case "failed":
		return &RecordingStatus{ivr.RecordingBroken}
	}
	return &RecordingStatus{ivr.RecordingOn}
}

// whoNode reads bot, or a participant such as {user: ID}.
func (p *stepParser) whoNode(n *tree.Node) *Who {
	if n.Kind == tree.Scalar && n.Value == "bot" {
		return &Who{Bot: true}
	}
	if n.Kind != tree.Map {
		n.Wrong(&p.l.list, "bot, or a participant such as {user: ID}")
		p.bad = true
		return nil
	}
	fields := map[string]tree.Entry{}
	for _, f := range n.MeantFields(&p.l.list, "a participant", keysOf(whoOptions())...) {
		fields[f.Key] = f
	}
	who := p.oneWho(fields, false)
	if who == nil && !p.bad {
		p.l.errorf(n.Pos, ruleTarget, `a participant is one of {user: ...}, {phone: "+44..."}, {application: ...} and {participant: ...}`)
		p.bad = true
	}
	return who
}

// oneWho reads the participant that is named, if any.
func (p *stepParser) oneWho(fields map[string]tree.Entry, needed bool) *Who {
	var found []Who
	if e, ok := fields["participant"]; ok {
		if t := p.l.template(e.Value); t != nil {
			if id, ok := t.Constant(); ok && (id == "everyone" || id == "bot") {
				p.l.errorf(e.Value.Pos, ruleTarget, `%s is for one participant, such as {user: ID}, and nobody has the id %q`, p.verb.Name, id)
				p.bad = true
			}
			p.uses(t, e.Value.Pos, sinkTarget)
			found = append(found, Who{ID: t})
		} else {
			p.bad = true
		}
	}
	// What is made of input is no danger here: nobody is called.
	others := map[string]tree.Entry{}
	for _, kind := range targetKinds() {
		if e, ok := fields[kind]; ok {
			others[kind] = e
		}
	}
	for _, d := range p.targetsAs(others, targetKinds(), true) {
		found = append(found, Who{Kind: d.Kind, ID: d.ID})
	}
	switch {
	case p.bad:
	case len(found) > 1:
		p.l.errorf(p.pos, ruleTarget, "%s names more than one participant; write a step for each", p.verb.Name)
		p.bad = true
	case len(found) == 0 && needed:
		p.l.errorf(p.pos, ruleTarget, `%s needs a participant: {user: ...}, {phone: "+44..."}, {application: ...} or {participant: ...}`, p.verb.Name)
	}
	if len(found) == 0 {
		return nil
	}
	return &found[0]
}

// allTargets reads a target beside the verb, or a list of them under to. Of more
// than most one more is read.
func (p *stepParser) allTargets(most int) []Dest {
	all := p.targets(p.opts, targetKinds())
	e, ok := p.opts["to"]
	if !ok {
		return all
	}
	for _, item := range e.Value.ListItems() {
		if len(all) > most {
			break // reported
		}
		fields := map[string]tree.Entry{}
		for _, f := range item.MeantFields(&p.l.list, "a target", keysOf(targetFields())...) {
			fields[f.Key] = f
		}
		if whole, ok := p.opts["dynamic"]; ok {
			if _, own := fields["dynamic"]; !own {
				fields["dynamic"] = whole
			}
		}
		all = append(all, p.targets(fields, targetKinds())...)
	}
	return all
}

// news takes the outcomes away that a wait cannot have.
func (p *stepParser) news(w *Wait) {
	w.People = p.bool("people")
	if w.People {
		if p.l.flow.Kind != Meeting && !p.l.unsure.kind {
			p.l.errorf(p.opts["people"].KeyPos, ruleWrongKind, "in a flow of kind %s nobody joins or leaves; people is for meetings", p.l.flow.Kind)
		}
		return
	}
	for _, name := range []string{"joined", "left"} {
		if e, ok := p.outs[name]; ok && !p.stray() && !p.l.lost("people") {
			p.l.errorf(e.KeyPos, ruleUnknownOutcome, "this wait does not look at who joins or leaves; add people: true")
		} else if !p.has(name) {
			p.d.outcomes = slices.DeleteFunc(p.d.outcomes, func(o Outcome) bool { return o.Name == name })
		}
	}
}
