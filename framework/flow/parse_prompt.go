package flow

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/tree"
)

const (
	// maxParts bounds what is joined, and the time for it.
	maxParts   = 200
	maxSilence = time.Minute
)

// spokenLiteral is a text that says what it is, such as "0012", "12 34" or
// 2026-11-23, and not an expression to be worked out.
var spokenLiteral = regexp.MustCompile(`^[0-9+*#.:-]+( [0-9*#]+)*$`)

func sayKinds() []string { return prompt.Kinds() }

// partKeys are the keys that make a map a part of a prompt.
func partKeys() []string { return []string{"say", "file", "say_as", "silence"} }

// isPart reports whether a map is a part of a prompt rather than the long form
// of a verb.
func isPart(n *tree.Node) bool {
	return n.Kind == tree.Map && slices.ContainsFunc(partKeys(), func(k string) bool { _, ok := n.Entry(k); return ok })
}

// promptNode reads a prompt: one part, or a list of parts.
func (p *stepParser) promptNode(n *tree.Node) Prompt {
	items := n.ListItems()
	if len(items) > maxParts {
		p.l.errorf(n.Pos, ruleTooManyPrompts, "%d parts in one prompt; at most %d are joined", len(items), maxParts)
		items = items[:maxParts]
	}
	var out Prompt
	for _, item := range items {
		if part, ok := p.part(item); ok {
			out = append(out, part)
		}
	}
	p.l.checkJoin(n.Pos, "", out)
	return out
}

// checkJoin reports a prompt of more files than the platform plays in one
// request, which cannot be joined to as many.
func (l *loader) checkJoin(pos diag.Pos, with string, p Prompt) {
	if len(p) <= prompt.MaxFiles {
		return
	}
	lengths := make([]time.Duration, len(p))
	for i := range p {
		lengths[i] = l.flow.longest(&p[i])
	}
	if _, err := prompt.JoinRanges(lengths, prompt.MaxFiles); err != nil {
		l.errorf(pos, ruleTooManyPrompts, "the platform plays %d files in one request, and what is here%s may not be joined to as many: %s", prompt.MaxFiles, with, err)
	}
}

// part reads a part: a catalogue key, a recording variable or a map.
func (p *stepParser) part(n *tree.Node) (PromptPart, bool) {
	switch n.Kind {
	case tree.Map:
		return p.mapPart(n)
	case tree.List:
		n.Wrong(&p.l.list, "a prompt, of which a list cannot hold another list,")
		return PromptPart{}, false
	case tree.Scalar:
	}
	key, ok := n.Str(&p.l.list)
	if !ok {
		return PromptPart{}, false
	}
	v := p.l.flow.Vars[key]
	if v != nil && v.unsure && !p.l.known(key) {
		return PromptPart{}, false
	}
	if v != nil && v.Type == TypeRecording && !p.l.known(key) {
		p.reads(n.Pos, key)
		return PromptPart{Recording: key, Sensitive: v.Sensitive != NotSensitive}, true
	}
	return PromptPart{Key: key}, p.promptKey(n.Pos, key)
}

// known says that the catalogue has a key.
func (l *loader) known(key string) bool { _, ok := l.prompts.places[key]; return ok }

// promptKey notes the use of a catalogue key and reports an unknown one.
func (p *stepParser) promptKey(pos diag.Pos, key string) bool {
	l := p.l
	l.used.prompts[key] = true
	switch {
	case l.prompts.bad[key]:
		return false
	case l.known(key):
		if !l.flow.Catalogue.Has(l.flow.Locales[0], key) {
			l.errorf(pos, ruleUnknownPrompt, "the prompt %q is missing in the default locale %s; add it there", key, l.flow.Locales[0])
			return false
		}
		return true
	case l.prompts.silent, l.lost(key):
		return false
	case prompt.IsFragment(key):
		kind, _, _ := strings.Cut(key, "/")
		if l.lost(kind) || l.badFragment() {
			return false
		}
		l.errorf(pos, ruleUnknownPrompt, "no fragment %q in the catalogue", shorten(key))
	case !nameForm.MatchString(key):
		l.errorf(pos, ruleUnknownPrompt, "no prompt %q; a text to be spoken is written {say: ...}", shorten(key))
	default:
		l.errorf(pos, ruleUnknownPrompt, "no prompt %q in the catalogue%s", key, l.didYouMean(key, names(l.prompts.places)))
		l.mendName(pos, key, names(l.prompts.places))
	}
	return false
}

func (p *stepParser) mapPart(n *tree.Node) (PromptPart, bool) {
	fields := n.MeantFields(&p.l.list, "a prompt", p.l.keys.part...)
	var part PromptPart
	kinds, ok, before := 0, len(fields) == len(n.Entries), len(p.d.uses)
	for _, f := range fields {
		good := true
		switch f.Key {
		case "prompt":
			kinds++
			good = p.namedPart(&part, f.Value)
		case "say":
			kinds++
			good = p.sayText(&part, f.Value)
		case "file":
			kinds++
			good = p.filePart(&part, f.Value)
		case "say_as":
			kinds++
			if part.SayAs, good = f.Value.Word(&p.l.list, sayKinds()...); !good {
				p.l.used.anyValue = true
			}
		case "silence":
			kinds++
			if part.Silence, good = f.Value.Duration(&p.l.list); good {
				good = p.l.between(f.Value, part.Silence, 10*time.Millisecond, maxSilence)
			}
		case "value":
			good = p.sayValue(&part, f.Value)
		case "when":
			e := p.when(f.Value)
			if good = e != nil; good {
				part.When = e
			}
		}
		ok = ok && good
	}
	if _, guarded := n.Entry("when"); guarded && part.When == nil {
		p.d.uses = p.d.uses[:before] // what is set here is not known
	}
	if part.When != nil {
		for i := before; i < len(p.d.uses); i++ {
			p.d.uses[i].guards = guardsOf(part.When, true)
		}
	}
	if part.SayAs != "" {
		if part.SayAs != "money" {
			part.Currencies = nil
		}
		p.spoken(n.Pos, &part)
	}
	return part, ok && p.wholePart(n, part, kinds)
}

// namedPart reads a part that has a name, in the form that can have a when.
func (p *stepParser) namedPart(part *PromptPart, n *tree.Node) bool {
	if n.Kind != tree.Scalar {
		n.Wrong(&p.l.list, "the name of a prompt")
		return false
	}
	named, ok := p.part(n)
	part.Key, part.Recording, part.Sensitive = named.Key, named.Recording, named.Sensitive
	return ok
}

// spoken notes a use of say_as.
func (p *stepParser) spoken(pos diag.Pos, part *PromptPart) {
	p.l.used.spoken = append(p.l.used.spoken, spokenValue{pos, part.SayAs, part.Currencies})
}

// currencies are those of the money variables in an expression, or of a value
// that is written out.
func (l *loader) currencies(e *expression.Expr) []string {
	var all []string
	for _, name := range l.variablesOf(e.Uses()) {
		if c := l.flow.Vars[name].Currency; c != "" && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	if len(e.Uses()) == 0 {
		v, _ := e.Eval(nil) // of a value that cannot be worked out nothing is known
		if text, ok := v.(string); ok && len(text) > 3 {
			all = append(all, strings.ToUpper(text[len(text)-3:]))
		}
	}
	return all
}

// wholePart reports a part that is none, or two.
func (p *stepParser) wholePart(n *tree.Node, part PromptPart, kinds int) bool {
	switch {
	case kinds != 1:
		p.l.errorf(n.Pos, ruleMissingKey, "a prompt is one of: a catalogue key, {prompt: key, when: ...}, {say: text}, {file: path}, {say_as: kind, value: ...}, {silence: 500ms}")
	case part.SayAs != "" && part.Value == nil:
		p.l.errorf(n.Pos, ruleMissingKey, `say_as needs a value, such as value: "${balance}"`)
	case part.SayAs == "" && part.Value != nil:
		p.l.errorf(n.Pos, ruleMissingKey, "only say_as has a value; add say_as: number")
	default:
		return true
	}
	return false
}

func (p *stepParser) sayText(part *PromptPart, n *tree.Node) bool {
	t := p.l.template(n)
	if t == nil {
		return false
	}
	p.uses(t, n.Pos, sinkNone)
	part.Say, part.Sensitive = t, part.Sensitive || p.l.sensitive(t.Uses())
	return true
}

func (p *stepParser) filePart(part *PromptPart, n *tree.Node) bool {
	name, ok := n.Str(&p.l.list)
	if !ok {
		return false
	}
	wav := p.l.wav(n, p.l.dir, name)
	if wav == nil {
		return false
	}
	var err error
	if part.File, part.Length, err = p.l.flow.Catalogue.AddFile(wav); err != nil {
		p.l.errorf(n.Pos, ruleWAV, "the file %q cannot be played: %s", name, err)
		return false
	}
	return true
}

// sayValue reads the value of say_as: an expression, in ${ } or bare, or a
// text without one.
func (p *stepParser) sayValue(part *PromptPart, n *tree.Node) bool {
	src := n.Value
	if n.Kind != tree.Scalar || n.Quoted || n.Tag != tree.TagInt && n.Tag != tree.TagFloat {
		s, ok := n.Str(&p.l.list)
		if !ok {
			return false
		}
		if src = bareExpr(s); spokenLiteral.MatchString(s) {
			src = strconv.Quote(s)
		}
	}
	e := p.l.compileExpr(n, src, p.l.scope, expression.KindAny)
	if e == nil {
		return false
	}
	switch k := e.Kind(); k {
	case expression.KindBool, expression.KindList, expression.KindMap:
		p.l.errorf(n.Pos, ruleWrongType, "%s cannot be spoken; want a text or a number here", noun(k))
		return false
	default: // a text, a number, or known only at run time
	}
	p.uses(e, n.Pos, sinkNone)
	part.Currencies = p.l.currencies(e)
	part.Value, part.Sensitive = e, part.Sensitive || p.l.sensitive(e.Uses())
	return true
}

// sensitive says that one of the names reads a sensitive value.
func (l *loader) sensitive(names []string) bool { return len(l.secretsOf(names)) > 0 }
