package flow

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

var (
	nameForm   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	localeForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)
)

const nameHint = "names are made of a to z, 0 to 9 and _, begin with a letter and have 64 characters at most"

// yamlBools are words that YAML 1.1 reads as true or false.
var yamlBools = [...]string{"on", "off", "yes", "no"}

// header reads everything but the steps. It returns the node of start.
func (l *loader) header(root *tree.Node) (start *tree.Node) {
	if root.Kind != tree.Map {
		root.Wrong(&l.list, "a flow (a map: ivr: 1, flow: NAME, start: STATE, states: ...)")
		return nil
	}
	at := map[string]tree.Entry{}
	whole := *root
	whole.Entries = l.merged(root)
	for _, e := range whole.MeantFields(&l.list, "a flow", l.keys.header...) {
		at[e.Key] = e
	}
	l.unknownSections(&whole)
	l.required(root, at)
	// The order is that of the file's needs, not of the file: prompts need
	// locales, actions need vars.
	for _, section := range []struct {
		key   string
		parse func(tree.Entry)
	}{
		{"ivr", l.version}, {"flow", l.flowName}, {"kind", l.kind}, {"description", l.description},
		{"locales", l.locales}, {"dtmf", l.dtmf}, {"limits", l.limits}, {"config", l.config}, {"vars", l.vars},
		{"params", l.params}, {"returns", l.returns}, {"outcomes", l.flowOutcomes},
		{"actions", l.actions}, {"defaults", l.stepDefaults}, {"handlers", l.flowHandlers}, {"states", l.stateNames},
		{"on_hangup", l.section(InOnHangup)}, {"on_end", l.section(InOnEnd)}, {"on_error", l.section(InOnError)},
		{"invariants", l.invariants}, {"schedules", l.schedules}, {"groups", l.groupSection},
	} {
		if e, ok := at[section.key]; ok {
			section.parse(e)
		}
	}
	if len(l.flow.Locales) == 0 {
		l.flow.Locales = []string{"en-US"}
		l.prompts.silent = l.prompts.silent || l.lost("locales")
	}
	l.loadPrompts(at["prompts"].Value)
	if root.Repeated("start") {
		return nil
	}
	return at["start"].Value
}

// unknownSections takes in sections that are none, reported already: they may
// have been meant for anything.
func (l *loader) unknownSections(root *tree.Node) {
	for _, e := range root.Entries {
		_, meant := root.Meant(e.Key, l.keys.header)
		if meant || slices.Contains(l.keys.header, e.Key) || e.Value.Kind == tree.Scalar && !lacks(root, "start", "prompts", "locales") {
			continue
		}
		l.unreadNode(e.Value)
		l.unsure.handlers, l.prompts.silent = true, true
	}
}

// lacks says that one of the keys is not in a map.
func lacks(n *tree.Node, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { _, ok := n.Entry(key); return !ok })
}

func (l *loader) required(root *tree.Node, at map[string]tree.Entry) {
	var missing []string
	for _, key := range []string{"ivr", "flow", "start", "states"} {
		if _, ok := at[key]; !ok && !l.lost(key) {
			missing = append(missing, key)
		}
	}
	switch {
	case len(root.Entries) == 0:
		l.errorf(root.Pos, ruleMissingKey, "the file is empty; a flow needs ivr: 1, flow: NAME, start: STATE and states:")
	case len(missing) > 0:
		l.errorf(root.Pos, ruleMissingKey, "the flow has no %s; a flow needs ivr: 1, flow: NAME, start: STATE and states:", diag.OneOf(missing))
	}
}

func (l *loader) version(e tree.Entry) {
	if v, ok := e.Value.Int(&l.list); ok && v != 1 {
		l.errorf(e.Value.Pos, ruleRange, "this program reads version 1 of the language, not %d; write ivr: 1", v)
	}
}

func (l *loader) flowName(e tree.Entry) {
	if s, ok := e.Value.Str(&l.list); ok {
		l.wellFormed(s, e.Value.Pos, "flow")
		l.flow.Name = s
	}
}

// wellFormed reports a name that is not snake_case.
func (l *loader) wellFormed(name string, pos diag.Pos, what string) bool {
	switch {
	case slices.Contains(yamlBools[:], name):
		l.errorf(pos, ruleReserved, "%s cannot be named %q, which YAML 1.1 reads as true or false", article(what), name)
	case !nameForm.MatchString(name):
		l.unreadText(name)
		hint := ""
		if fixed := snake(name); nameForm.MatchString(fixed) && fixed != name {
			hint = "; write " + fixed
		} else if first, rest, ok := strings.Cut(name, " "); ok && nameForm.MatchString(first) && strings.IndexAny(rest, "[{-") == 0 {
			hint = "; is a : missing after " + first + "?"
		}
		l.errorf(pos, ruleName, "%q cannot be the name of %s: %s%s", shorten(name), article(what), nameHint, hint)
	default:
		return true
	}
	return false
}

// snake brings a name nearer to snake_case, for a hint.
func snake(name string) string {
	var b strings.Builder
	before := '_'
	for _, r := range name {
		switch {
		case r == '-' || r == ' ' || r == '.':
			r = '_'
		case unicode.IsUpper(r) && unicode.IsLower(before): // getBalance
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}

// article is a noun with "a" or "an" before it.
func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

func (l *loader) kind(e tree.Entry) {
	k, ok := e.Value.Word(&l.list, readyKinds()...)
	if !ok {
		l.unsure.kind = true
		return
	}
	l.flow.Kind = Kind(k)
}

func (l *loader) description(e tree.Entry) {
	l.flow.Description, _ = e.Value.Str(&l.list)
}

const maxLocales = 50

func (l *loader) locales(e tree.Entry) {
	items, _ := e.Value.Strings(&l.list)
	if len(items) > maxLocales {
		l.errorf(e.KeyPos, ruleTooLarge, "%d locales; at most %d are read", len(items), maxLocales)
		items = items[:maxLocales]
	}
	for _, n := range items {
		switch {
		case n.Tag != tree.TagString: // reported
			l.prompts.silent = true
		case !localeForm.MatchString(n.Value):
			l.errorf(n.Pos, ruleName, "%q is not a locale; write it as en-GB or de", shorten(n.Value))
			l.prompts.silent = true
		case slices.Contains(l.flow.Locales, n.Value):
			l.errorf(n.Pos, ruleDuplicateKey, "the locale %s stands here a second time", n.Value)
		default:
			l.flow.Locales = append(l.flow.Locales, n.Value)
		}
	}
	if len(items) == 0 {
		l.errorf(e.Value.Pos, ruleMissingKey, "a flow needs at least one locale")
	}
}

func (l *loader) dtmf(e tree.Entry) {
	if w, ok := e.Value.Word(&l.list, string(DTMFAuto), string(DTMFAlways), string(DTMFNever)); ok {
		l.flow.DTMF = DTMF(w)
	}
}

func (l *loader) limits(e tree.Entry) {
	for _, f := range e.Value.MeantFields(&l.list, "limits", keysOf(limitFields())...) {
		switch f.Key {
		case "call":
			if d, ok := f.Value.Duration(&l.list); ok && l.between(f.Value, d, 10*time.Second, MaxCallLimit) {
				l.flow.CallLimit = d
			}
		case "steps":
			if n, ok := f.Value.Int(&l.list); ok && l.within(f.Value, n, 1, MaxStepLimit) {
				l.flow.StepLimit = n
			}
		}
	}
}

// between reports a duration out of its range.
func (l *loader) between(n *tree.Node, d, least, most time.Duration) bool {
	if d < least || d > most {
		l.errorf(n.Pos, ruleRange, "%s is out of range: %s to %s", n.Value, short(least), short(most))
		return false
	}
	return true
}

// within reports a number out of its range.
func (l *loader) within(n *tree.Node, v, least, most int) bool {
	if v < least || v > most {
		l.errorf(n.Pos, ruleRange, "%d is out of range: %d to %d", v, least, most)
		return false
	}
	return true
}

// short is a duration as people write it: 2m, not 2m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// stateNames declares the states, so that steps may name those further down.
func (l *loader) stateNames(e tree.Entry) {
	if e.Value.Kind != tree.Map {
		e.Value.Wrong(&l.list, "a map of states")
		l.unreadNode(e.Value)
		return
	}
	for _, s := range e.Value.Entries {
		b := &block{name: s.Key, section: InState, pos: s.KeyPos, node: s.Value}
		b.apart = l.wellFormed(s.Key, s.KeyPos, "state") && !l.freeStateName(s)
		l.states = append(l.states, b)
		l.byState[s.Key] = b
	}
	for _, s := range e.Value.Repeats {
		l.states = append(l.states, &block{name: s.Key, section: InState, pos: s.KeyPos, node: s.Value, apart: true})
	}
	if len(e.Value.Entries) == 0 {
		l.errorf(e.Value.Pos, ruleMissingKey, "a flow needs at least one state")
	}
}

// handlerWords are the bare words that a handler may be.
var handlerWords = [...]string{"end", "return", "repeat"}

// freeStateName reports a state named like a word of the language. It is a
// state all the same, so that what leads to it is not reported as well.
func (l *loader) freeStateName(s tree.Entry) bool {
	if !slices.Contains(l.keys.noState, s.Key) && !strings.HasPrefix(s.Key, "on_") {
		return true
	}
	l.errorf(s.KeyPos, ruleReserved, "a state cannot be named %q, which is a word of the language; try %s_state", s.Key, s.Key)
	return false
}

// reservedStates are words of the language, as which no state can be named;
// those that begin with on_ are more.
func reservedStates(verbs []Verb) []string {
	words := append(handlerWords[:], outcomeDone, outcomeFailed)
	for _, v := range verbs {
		words = append(words, v.Name)
	}
	return words
}

func (l *loader) section(s Section) func(tree.Entry) {
	return func(e tree.Entry) {
		b := &block{name: e.Key, section: s, pos: e.KeyPos, node: e.Value}
		switch s {
		case InState:
		case InOnHangup:
			l.hangup = b
		case InOnEnd:
			l.end = b
		case InOnError:
			l.onError = b
		}
	}
}
