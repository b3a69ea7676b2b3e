package flow

import (
	"regexp"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// maxTargets is how many targets the platform rings at once.
const maxTargets = 25

var (
	guidForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	e164Form = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

func targetKinds() []string { return []string{"user", "phone", "application"} }

// transferKinds are the kinds of target that a transfer can have.
func transferKinds() []string { return append(targetKinds(), "voicemail") }

func parseTransfer(p *stepParser) Spec {
	t := &Transfer{Retry: p.word("on_unknown") == "retry"}
	consult := p.word("kind") == kindConsult
	if consult {
		c := p.consult()
		t.Consult = &c
	} else {
		p.blind()
	}
	dests := p.targets(p.opts, transferKinds())
	switch {
	case p.bad:
	case len(dests) != 1:
		p.l.errorf(p.pos, ruleTarget, `transfer needs one target: {user: ...}, {phone: "+44..."}, {application: ...} or {voicemail: ...}`)
	case consult && dests[0].Kind == ivr.PartyVoicemail:
		p.l.errorf(p.pos, ruleTarget, "a voicemail is not asked first; leave kind: consult out")
	default:
		t.To = dests[0]
	}
	return t
}

func parseRedirect(p *stepParser) Spec {
	r := &Redirect{Ring: p.seconds("ring", 15*time.Second, 90*time.Second), To: p.allTargets(maxTargets)}
	switch {
	case p.bad:
	case len(r.To) == 0:
		p.l.errorf(p.pos, ruleTarget, `redirect needs a target: {user: ...}, {phone: "+44..."} or {application: ...}, or a list of them under to`)
	case len(r.To) > maxTargets:
		p.l.errorf(p.pos, ruleTarget, "more than %d targets, which is the most the platform rings", maxTargets)
	}
	return r
}

// targets reads the targets of some kinds that are there.
func (p *stepParser) targets(fields map[string]tree.Entry, kinds []string) []Dest {
	dynamic := false
	if e, ok := fields["dynamic"]; ok {
		dynamic, _ = e.Value.Bool(&p.l.list)
	}
	return p.targetsAs(fields, kinds, dynamic)
}

func (p *stepParser) targetsAs(fields map[string]tree.Entry, kinds []string, dynamic bool) []Dest {
	var out []Dest
	for _, kind := range kinds {
		e, ok := fields[kind]
		if !ok {
			continue
		}
		if d, ok := p.target(ivr.PartyKind(kind), e.Value, dynamic); ok {
			out = append(out, d)
		} else {
			p.bad = true
		}
	}
	return out
}

func (p *stepParser) target(kind ivr.PartyKind, n *tree.Node, dynamic bool) (Dest, bool) {
	t := p.l.template(n)
	if t == nil {
		return Dest{}, false
	}
	p.uses(t, n.Pos, sinkTarget)
	if !dynamic {
		p.d.uses[len(p.d.uses)-1].target = true
	}
	id, constant := t.Constant()
	switch {
	case !constant:
	case kind == ivr.PartyPhone && !e164Form.MatchString(id):
		p.l.errorf(n.Pos, ruleTarget, `%q is not a telephone number in E.164; write it with its country code, such as "+442071838750"`, shorten(id))
		return Dest{}, false
	case kind != ivr.PartyPhone && !guidForm.MatchString(id):
		p.l.errorf(n.Pos, ruleTarget, `%q is not an object id such as 5f0c7c7e-0000-4000-8000-000000000001; names change, ids do not`, shorten(id))
		return Dest{}, false
	}
	return Dest{Kind: kind, ID: t, Dynamic: dynamic}, true
}

func parseReject(p *stepParser) Spec {
	return &Reject{Reason: ivr.RejectReason(p.word("reason"))}
}

func parseAnswer(p *stepParser) Spec { return &Answer{Prefetch: p.prompt("prefetch")} }
