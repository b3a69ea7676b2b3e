package flow

import (
	"slices"
	"time"
)

// longestRing is how long the platform lets a phone ring for the bot.
const longestRing = 115 * time.Second

const kindConsult = "consult"

// consultOptions are those of a step that calls somebody before it hands the
// caller over.
func consultOptions() []Option {
	options := askOptions("30s", "target")
	for i := range options {
		options[i].Doc = "consult: " + options[i].Doc
	}
	return options
}

// askOptions are those of a step that asks somebody to take the call.
func askOptions(ring, who string) []Option {
	return []Option{
		{Name: "ring", Type: OptDuration, Default: ring, Doc: "how long the " + who + "'s phone rings, 5s to 115s in whole seconds"},
		{Name: "music", Type: OptPrompt, Doc: "what the caller hears meanwhile, over and over"},
		{Name: "announce", Type: OptPrompt, Doc: "what the " + who + " hears before the caller"},
		{Name: "accept", Type: OptKey, Doc: "the key with which the " + who + " takes the call; not written: by answering"},
	}
}

// consultOutcomes are what becomes of somebody who is called. The platform's
// words for it are few, so they are a best effort.
func consultOutcomes() []Outcome {
	return []Outcome{
		{Name: "busy", Doc: "consult: the target is on the phone", Parent: outcomeFailed},
		{Name: "no_answer", Doc: "consult: nobody answered in time, or the target cannot be reached", Parent: outcomeFailed},
		{Name: "declined", Doc: "consult: the target did not want the call, hung up, or did not press accept", Parent: outcomeFailed},
	}
}

// consult reads how the target is asked.
func (p *stepParser) consult() Consult {
	return Consult{
		Ring: p.seconds("ring", 5*time.Second, longestRing), Music: p.prompt("music"),
		Announce: p.prompt("announce"), Accept: p.keyOption("accept"),
	}
}

// parseDial reads whom an outgoing flow calls.
func parseDial(p *stepParser) Spec {
	d := &Dial{Consult: p.consult()}
	dests := p.targets(p.opts, targetKinds())
	switch {
	case p.bad:
	case len(dests) != 1:
		p.l.errorf(p.pos, ruleTarget, `dial needs one target: {user: ...}, {phone: "+44..."} or {application: ...}`)
	default:
		d.To = dests[0]
	}
	return d
}

// blind reports what only a consult transfer has, and takes the outcomes away
// that a blind one cannot tell.
func (p *stepParser) blind() {
	sure := !p.bad && !p.stray() && !p.l.lost("kind")
	if e, ok := p.opts["kind"]; ok {
		sure = sure && slices.Contains(p.option("kind").Words, e.Value.Value)
	}
	for _, o := range consultOptions() {
		if e, ok := p.opts[o.Name]; ok && p.has(o.Name) && sure {
			p.l.errorf(e.KeyPos, ruleUnknownKey, "a blind transfer has no %s: the platform rings the target, and we are gone; add kind: consult", o.Name)
			p.d.broken = true
		}
	}
	for _, o := range consultOutcomes() {
		if e, ok := p.outs[o.Name]; ok && sure {
			p.l.errorf(e.KeyPos, ruleUnknownOutcome, "a blind transfer cannot end in %s, since nobody tells us; handle failed, or add kind: consult", o.Name)
			p.d.broken = true
		}
		if !p.has(o.Name) {
			p.d.outcomes = slices.DeleteFunc(p.d.outcomes, func(out Outcome) bool { return out.Name == o.Name })
		}
	}
}
