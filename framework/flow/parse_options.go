package flow

import (
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// The accessors below read an option by its name. The default is that of the
// verb's table, so that the manual and the loader cannot differ.

func (p *stepParser) duration(name string, least, most time.Duration) time.Duration {
	if e, ok := p.opts[name]; ok {
		if d, ok := e.Value.Duration(&p.l.list); ok && p.l.between(e.Value, d, least, most) {
			return d
		}
	}
	d, _ := time.ParseDuration(p.option(name).Default)
	return d
}

// seconds is a duration that the platform takes in whole seconds only.
func (p *stepParser) seconds(name string, least, most time.Duration) time.Duration {
	d := p.duration(name, least, most)
	if d%time.Second != 0 {
		p.l.errorf(p.opts[name].Value.Pos, ruleRange, "the platform takes whole seconds here, not %s", p.opts[name].Value.Value)
	}
	return d
}

// int is a count, from 1.
func (p *stepParser) int(name string, most int) int {
	if e, ok := p.opts[name]; ok {
		if v, ok := e.Value.Int(&p.l.list); ok && p.l.within(e.Value, v, 1, most) {
			return v
		}
	}
	v, _ := strconv.Atoi(p.option(name).Default)
	return v
}

func (p *stepParser) bool(name string) bool {
	if e, ok := p.opts[name]; ok {
		if v, ok := e.Value.Bool(&p.l.list); ok {
			return v
		}
	}
	return p.option(name).Default == "true"
}

func (p *stepParser) word(name string) string {
	o := p.option(name)
	if e, ok := p.opts[name]; ok {
		if w, ok := e.Value.Word(&p.l.list, o.Words...); ok {
			return w
		}
	}
	return o.Default
}

func (p *stepParser) prompt(name string) Prompt {
	if e, ok := p.opts[name]; ok {
		return p.promptNode(e.Value)
	}
	return nil
}

// promptsByTry reads no_input and no_match: one prompt a try, each of which
// may be a list of parts.
func (p *stepParser) promptsByTry(name string) []Prompt {
	e, ok := p.opts[name]
	if !ok {
		return nil
	}
	items := e.Value.ListItems()
	if len(items) > maxTries {
		p.l.errorf(e.Value.Pos, ruleTooManyPrompts, "%s has %d prompts, and a step has at most %d tries", name, len(items), maxTries)
		items = items[:maxTries]
	}
	var out []Prompt
	for _, item := range items {
		out = append(out, p.promptNode(item))
	}
	return out
}

// bargeIn is barge_in where it is not written as the table says.
func (p *stepParser) bargeIn() BargeIn {
	if _, written := p.opts["barge_in"]; !written && p.option("barge_in").Default == "" {
		return BargeUnset
	}
	if p.bool("barge_in") {
		return BargeOn
	}
	return BargeOff
}

// variable reads the name of a variable.
func (p *stepParser) variable(n *tree.Node) *Var {
	name, ok := n.Str(&p.l.list)
	if !ok {
		p.bad = true
		return nil
	}
	v := p.l.flow.Vars[name]
	if v == nil {
		p.bad = true
		p.l.unknown(n.Pos, ruleUnknownVariable, "no variable %q", name, names(p.l.flow.Vars))
		return nil
	}
	return v
}

func (p *stepParser) variableOption(name string) *Var {
	e, ok := p.opts[name]
	if !ok {
		return nil
	}
	return p.variable(e.Value)
}

// key reads one DTMF key; none is the zero Key.
func (p *stepParser) keyOption(name string) ivr.Key {
	text, n := p.option(name).Default, (*tree.Node)(nil)
	if e, ok := p.opts[name]; ok {
		text, n = e.Value.Value, e.Value
	}
	if text == "none" || text == "" && n == nil {
		return 0
	}
	k, err := ivr.ParseKey(text)
	if err != nil && !n.Faulty() {
		p.l.errorf(n.Pos, ruleWrongType, "%s is no key; keys are 0 to 9, star, pound and a to d, or none", n.What())
	}
	return k
}

// keysOption reads several keys: "123", or a list. none is no key.
func (p *stepParser) keysOption(name string) string {
	e, ok := p.opts[name]
	if !ok {
		return p.option(name).Default
	}
	var out strings.Builder
	for _, item := range e.Value.ListItems() {
		if item.Kind == tree.Scalar && item.Value == "none" {
			continue
		}
		keys, good := p.l.keypad(item.Value)
		if item.Kind != tree.Scalar || !good || keys == "" {
			item.Wrong(&p.l.list, `keys such as "123" or [1, star]`)
			continue
		}
		out.WriteString(keys)
	}
	return out.String()
}

// templateOption compiles a text option and notes its use.
func (p *stepParser) templateOption(name string, into sink) Template {
	e, ok := p.opts[name]
	if !ok {
		return nil
	}
	t := p.l.template(e.Value)
	if t == nil {
		p.bad = true
		return nil
	}
	p.uses(t, e.Value.Pos, into)
	return t
}

// itemsOf are the items of an option that may be a list; none if it is not
// written.
func itemsOf(e tree.Entry) []*tree.Node {
	if e.Value == nil {
		return nil
	}
	return e.Value.ListItems()
}
