package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// tooMany reports a flow whose handlers, those of defaults and handlers
// included, make more steps than a person could write.
func (l *loader) tooMany(n *tree.Node) bool {
	l.count++
	if l.count == MaxSteps+1 {
		l.errorf(n.Pos, ruleTooLarge, "the flow has more than %d steps, those of its handlers included", MaxSteps)
	}
	return l.count > MaxSteps
}

// bareStep reads a word that stands for a step.
func (l *loader) bareStep(n *tree.Node, d *draft) *draft {
	if v := l.verbs[n.Value]; v != nil && n.Tag == tree.TagString {
		p := l.newStep(d, v.Name, n.Pos)
		if !p.usable() {
			return nil
		}
		if !v.Bare {
			l.errorf(n.Pos, ruleMissingKey, "%s needs a value: {%s: ...}", v.Name, v.Name)
			return nil
		}
		p.fromDefaults()
		p.parse()
		return d
	}
	switch {
	case n.Value == "repeat" && d.repeats != nil:
		d.word, d.verb, d.step.Spec = n.Value, l.verbs["goto"], &Jump{}
		return d
	case n.Value == "repeat":
		l.errorf(n.Pos, ruleUnknownVerb, "repeat does a step again whose outcome is handled; it can only stand in a handler")
	case l.byState[n.Value] != nil:
		l.errorf(n.Pos, ruleUnknownVerb, "%q is a state; as a step write {goto: %s}", n.Value, n.Value)
	case n.Tag != tree.TagString:
		n.Wrong(&l.list, "a step such as {play: welcome}")
	default:
		l.errorf(n.Pos, ruleUnknownVerb, "%q is not a step%s", shorten(n.Value), cmp.Or(elsewhere(n.Value), l.didYouMean(n.Value, l.verbNames)))
		if elsewhere(n.Value) == "" {
			l.mendName(n.Pos, n.Value, l.verbNames)
		}
	}
	return nil
}

// verbOf finds the verb of a step, and the entry it stands in: one with its
// name, or with a name that was probably meant to be it.
func (l *loader) verbOf(n *tree.Node) (at tree.Entry, verb string, ok bool) {
	var found []tree.Entry
	for _, e := range n.Entries {
		if l.verbs[e.Key] != nil {
			found = append(found, e)
		}
	}
	if len(found) == 2 {
		found = slices.DeleteFunc(found, func(e tree.Entry) bool { return l.optionBeside(e, found) })
	}
	switch len(found) {
	case 1:
		return found[0], found[0].Key, true
	case 0:
		return l.noVerb(n)
	}
	l.errorf(found[1].KeyPos, ruleOneVerb, "a step has one verb, and this one has %q and %q; make it two steps, each with its own -", found[0].Key, found[1].Key)
	return tree.Entry{}, "", false
}

// optionBeside reports whether a verb's name stands in a step as the option of the
// other verb there: wait beside join.
func (l *loader) optionBeside(e tree.Entry, found []tree.Entry) bool {
	return slices.ContainsFunc(found, func(other tree.Entry) bool {
		return slices.ContainsFunc(l.verbs[other.Key].Options, func(o Option) bool { return o.Name == e.Key })
	})
}

func (l *loader) noVerb(n *tree.Node) (at tree.Entry, verb string, ok bool) {
	for _, e := range n.Entries {
		if hint := l.didYouMean(e.Key, l.verbNames); hint != "" && !l.inSomeVerb(e.Key) && elsewhere(e.Key) == "" {
			l.errorf(e.KeyPos, ruleUnknownVerb, "no verb %q%s", e.Key, hint)
			l.mendName(e.KeyPos, e.Key, l.verbNames)
			verb, _ := diag.Suggest(e.Key, l.verbNames)
			return e, verb, true
		}
	}
	if slices.ContainsFunc(l.verbNames, l.lost) {
		return tree.Entry{}, "", false // perhaps that is the verb
	}
	pos, what := n.Pos, ""
	if e, ok := l.stranger(n); ok {
		pos, what = e.KeyPos, fmt.Sprintf("; %q is none%s", shorten(e.Key), elsewhere(e.Key))
	}
	l.errorf(pos, ruleUnknownVerb, "this step has no verb, such as play, menu or goto%s", what)
	return tree.Entry{}, "", false
}

// elsewhere says how this language puts what other phone systems have a word
// for; "" for any other word.
func elsewhere(word string) string {
	switch strings.ToLower(word) {
	case "say", "speak", "tell", "tts":
		return "; a text is spoken with {play: {say: ...}}"
	case "hangup", "hang_up", "disconnect", "exit", "stop", "quit":
		return "; end hangs up"
	case "if", "case", "condition":
		return "; a step is skipped with when:, and switch chooses between several"
	case "prompt", "audio":
		return "; a prompt is played with {play: ...}"
	case "gather", "input", "ask", "read", "get_digits":
		return "; collect takes digits, and menu one key"
	case "forward", "connect", "route":
		return "; transfer hands the caller over"
	case "voicemail":
		return "; record takes a message"
	case "jump", "go", "go_to", "next":
		return "; goto goes to a state"
	case "assign", "let", "var":
		return "; set assigns values"
	}
	return ""
}

// stranger is the entry of a step whose key no step has, else the first.
func (l *loader) stranger(n *tree.Node) (tree.Entry, bool) {
	for _, e := range n.Entries {
		if !l.inSomeVerb(e.Key) {
			return e, true
		}
	}
	if len(n.Entries) == 0 {
		return tree.Entry{}, false
	}
	return n.Entries[0], true
}

// inSomeVerb says that a key is an option or an outcome of a verb, or may
// stand in every step.
func (l *loader) inSomeVerb(key string) bool {
	return slices.Contains(stepKeys(), key) || slices.ContainsFunc(l.verbNames, func(name string) bool {
		v := l.verbs[name]
		return slices.ContainsFunc(v.Options, func(o Option) bool { return o.Name == key }) ||
			slices.ContainsFunc(v.Outcomes, func(o Outcome) bool { return o.Name == key })
	})
}

// usable reports verbs that cannot be used: in this version, in this kind of
// flow, or in this section.
func (p *stepParser) usable() bool {
	l, v := p.l, p.verb
	switch {
	case len(v.Kinds) > 0 && !slices.Contains(v.Kinds, l.flow.Kind) && !l.unsure.kind:
		l.errorf(p.pos, ruleWrongKind, "%s cannot be used in a flow of kind %s; it is for kind %s", v.Name, l.flow.Kind, kindList(v.Kinds))
	case p.d.block.section.Quiet() && (v.Audio || v.Name == "redirect" || v.Name == "reject" || v.Name == "wait" || v.Name == "call"):
		l.errorf(p.pos, ruleNoAudio, "%s cannot stand in %s: the call is over, there is nobody to hear it", v.Name, p.d.block.name)
	default:
		return true
	}
	return false
}

// Quiet reports whether the section comes after the call.
func (s Section) Quiet() bool { return s == InOnHangup || s == InOnEnd }

// kindList is kinds in words: "incoming and outgoing".
func kindList(kinds []Kind) string {
	var words []string
	for _, k := range kinds {
		words = append(words, string(k))
	}
	return strings.Join(words, " and ")
}
