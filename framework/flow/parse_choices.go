package flow

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// mostChoices is how many choices have a key of their own: 1 to 9.
const mostChoices = 9

// choiceOptions are those that only a menu with choices has.
func choiceOptions() []string { return []string{"label", "max", "into"} }

// choices reads a menu whose choices are the items of a list; nil if it has
// none.
func (p *stepParser) choices() *Choices {
	e, ok := p.opts["choices"]
	if !ok {
		for _, name := range choiceOptions() {
			if o, ok := p.opts[name]; ok && p.has(name) && !p.stray() && !p.l.lost("choices") {
				p.l.errorf(o.KeyPos, ruleMissingKey, "%s is for a menu with choices; write choices: LIST, or leave it out", name)
			}
		}
		p.d.outcomes = slices.DeleteFunc(p.d.outcomes, func(o Outcome) bool { return o.Name == outcomeDone })
		return nil
	}
	c := &Choices{Max: p.int("max", mostChoices)}
	list := p.variable(e.Value)
	if list != nil {
		c.List = list.Name
		p.reads(e.Value.Pos, c.List)
		c.Sensitive = list.Sensitive != NotSensitive
		if list.Type != TypeList && !list.unsure {
			p.l.errorf(e.Value.Pos, ruleWrongType, "%q is a %s; the choices of a menu are the items of a list", c.List, list.Type)
		}
	}
	p.choiceLabel(c)
	p.choiceInto(c, list)
	return c
}

// choiceLabel compiles what is said of each item.
func (p *stepParser) choiceLabel(c *Choices) {
	env := maps.Clone(p.l.scope.env)
	env["item"], env["key"] = expression.Type{Kind: expression.KindAny}, expression.Type{Kind: expression.KindString}
	defer func(s *scope) { p.l.scope = s }(p.l.scope)
	p.l.scope = newScope(env)
	label, err := p.l.scope.text("${item}")
	if e, ok := p.opts["label"]; ok {
		label = p.l.template(e.Value)
		if label != nil {
			p.uses(labelFacts{label, c.List}, e.Value.Pos, sinkNone)
		}
	}
	if label == nil || err != nil {
		p.bad = true
		return
	}
	c.Label = label
	c.Sensitive = c.Sensitive || p.l.sensitive(labelFacts{label, c.List}.Uses())
}

// labelFacts are those of a label: its item is part of the list, and its key of
// nothing. Variables of these names are not meant.
type labelFacts struct {
	facts
	list string
}

func (f labelFacts) Reads() []string { return f.outside(f.facts.Reads()) }
func (f labelFacts) Uses() []string  { return f.outside(f.facts.Uses()) }

func (f labelFacts) outside(names []string) []string {
	var out []string
	for _, name := range names {
		switch base, _, _ := strings.Cut(name, "."); base {
		case "item":
			out = append(out, f.list)
		case "key":
		default:
			out = append(out, name)
		}
	}
	return out
}

func (p *stepParser) choiceInto(c *Choices, list *Var) {
	e, ok := p.opts["into"]
	if !ok {
		if !p.stray() && !p.l.lost("into") {
			p.l.errorf(p.pos, ruleMissingKey, "a menu with choices needs %q: the variable that gets the item that was chosen", "into")
		}
		p.bad = true
		return
	}
	v := p.variable(e.Value)
	if v == nil {
		return
	}
	c.Into = v.Name
	p.l.used.vars[v.Name] = true
	if list != nil {
		p.l.checkInto(e.Value.Pos, list, v, "", "")
	}
}

// choiceKeys reports keys of a menu that are those of its choices.
func (p *stepParser) choiceKeys(m *Menu) {
	if m.Choices == nil {
		return
	}
	for _, e := range m.Entries {
		if n, err := strconv.Atoi(e.Keys[:1]); err == nil && 1 <= n && n <= m.Choices.Max {
			p.l.errorf(p.opts["keys"].KeyPos, ruleDuplicateKey, "the key %s is one of the choices, which have 1 to %d; take another, or lower max", e.Keys, m.Choices.Max)
		}
	}
}

// Entries are the keys of the first choices of a list. They all lead to done.
func (c *Choices) Entries(items []any) []Entry {
	entries := make([]Entry, 0, c.Max)
	for i := range min(len(items), c.Max) {
		entries = append(entries, Entry{Keys: strconv.Itoa(i + 1), Outcome: outcomeDone})
	}
	return entries
}

// Speak says the first choices of a list in a language: each with its key. A
// label that says the key itself is said as it is.
func (c *Choices) Speak(locale string, items []any, env Env) (string, error) {
	said := make([]string, 0, c.Max)
	ownKey := slices.Contains(c.Label.Reads(), "key")
	env = maps.Clone(env)
	for i := range min(len(items), c.Max) {
		key := ivr.Key('1' + i)
		env["item"], env["key"] = items[i], key.String()
		text, err := c.Label.Text(env)
		if err != nil {
			return "", err
		}
		if !ownKey {
			text = choiceIn(locale, text, key.String())
		}
		said = append(said, text)
	}
	return strings.Join(said, " "), nil
}

// choiceIn says which key to press for something.
func choiceIn(locale, what, key string) string {
	language, _, _ := strings.Cut(locale, "-")
	switch language {
	case "de":
		return "Für " + what + " drücken Sie die " + key + "."
	case "fr":
		return "Pour " + what + ", appuyez sur " + key + "."
	case "es":
		return "Para " + what + ", pulse " + key + "."
	case "nl":
		return "Voor " + what + ", druk op " + key + "."
	}
	return "For " + what + ", press " + key + "."
}
