package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Template is a text with ${...} in it.
type Template struct {
	source string
	parts  []part
}

// part is a piece of text or an expression.
type part struct {
	text string
	expr *Expr // nil for text
}

// ParseTemplate compiles a text in which ${ EXPR } stands for an expression's
// value and $${ for a literal ${. A text that is exactly one ${...} keeps the
// expression's kind; in any other the values become text. Every error is an
// *[Error] whose place is counted within s.
func ParseTemplate(s string, env Env) (*Template, error) {
	t := &Template{source: s}
	if len(s) > maxTemplate {
		return nil, errorAt(s, 0, "the text is %d bytes long; at most %d are allowed", len(s), maxTemplate)
	}
	var text strings.Builder
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "$${"):
			text.WriteString("${")
			i += len("$${")
		case strings.HasPrefix(s[i:], "${"):
			end := closing(s, i+2)
			if end < 0 {
				return nil, errorAtByte(s, i, "${ has no closing }; a literal ${ is written $${")
			}
			e, err := compilePart(s, i+2, end, env)
			if err != nil {
				return nil, err
			}
			t.addText(&text)
			t.parts = append(t.parts, part{expr: e})
			i = end + 1
		default:
			text.WriteByte(s[i])
			i++
		}
	}
	t.addText(&text)
	return t, nil
}

func (t *Template) addText(text *strings.Builder) {
	if text.Len() > 0 {
		t.parts = append(t.parts, part{text: text.String()})
		text.Reset()
	}
}

// closing is the offset of the } that ends an expression, -1 if there is none.
func closing(s string, i int) int {
	for depth := 0; i < len(s); {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		}
		if i = step(s, i); i < 0 {
			return -1
		}
	}
	return -1
}

// compilePart compiles s[start:end] and counts an error's place within s.
func compilePart(s string, start, end int, env Env) (*Expr, error) {
	if strings.TrimSpace(s[start:end]) == "" {
		return nil, errorAtByte(s, start-2, "${} is empty; a literal ${ is written $${")
	}
	e, err := Compile(s[start:end], env, KindAny)
	fault, ok := errors.AsType[*Error](err)
	if !ok {
		return e, err
	}
	before := s[:start]
	moved := *fault
	if fault.Line == 1 {
		moved.Col += utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	}
	moved.Line += strings.Count(before, "\n")
	return nil, &moved
}

// single is the expression of a template that is exactly one ${...}.
func (t *Template) single() *Expr {
	if len(t.parts) == 1 {
		return t.parts[0].expr
	}
	return nil
}

// Split is the template's pieces, each a template of its own: text, which is
// Constant, or exactly one ${...}.
func (t *Template) Split() []*Template {
	pieces := make([]*Template, 0, len(t.parts))
	for _, p := range t.parts {
		source := strings.ReplaceAll(p.text, "${", "$${")
		if p.expr != nil {
			source = "${" + p.expr.source + "}"
		}
		pieces = append(pieces, &Template{source: source, parts: []part{p}})
	}
	return pieces
}

// Source is the template as written.
func (t *Template) Source() string { return t.source }

// Kind is the kind of the value: the expression's for a template that is
// exactly one ${...}, else KindString.
func (t *Template) Kind() Kind {
	if e := t.single(); e != nil {
		return e.Kind()
	}
	return KindString
}

// Constant is the text of a template without expressions.
func (t *Template) Constant() (string, bool) {
	switch len(t.parts) {
	case 0:
		return "", true
	case 1:
		return t.parts[0].text, t.parts[0].expr == nil
	}
	return "", false
}

// Fixed is the text around the expressions, which stand as nothing.
func (t *Template) Fixed() string {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.text)
	}
	return b.String()
}

// Eval is the template's value: the expression's for a template that is
// exactly one ${...}, else a text.
func (t *Template) Eval(vars map[string]any) (any, error) {
	if e := t.single(); e != nil {
		return e.Eval(vars)
	}
	return t.Text(vars)
}

// Text is the value as text. An expression without a value, or with a list or
// a map for one, is an error that names the expression.
func (t *Template) Text(vars map[string]any) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		text := p.text
		if p.expr != nil {
			v, err := p.expr.Eval(vars)
			if err != nil {
				return "", err
			}
			if text, err = Text(v); err != nil {
				return "", fmt.Errorf("${%s}: %w", p.expr.source, err)
			}
		}
		if b.Len()+len(text) > maxTemplate {
			return "", fmt.Errorf("the text is longer than %d bytes", maxTemplate)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// Reads lists, sorted, the names that the expressions read unguarded; see
// [Expr.Reads].
func (t *Template) Reads() []string { return t.gather((*Expr).Reads) }

// Uses lists, sorted, the names whose values the result may depend on; see
// [Expr.Uses].
func (t *Template) Uses() []string { return t.gather((*Expr).Uses) }

// Has lists, sorted, the names that the expressions test; see [Expr.Has].
func (t *Template) Has() []string { return t.gather((*Expr).Has) }

func (t *Template) gather(names func(*Expr) []string) []string {
	var all []string
	for _, p := range t.parts {
		if p.expr != nil {
			all = append(all, names(p.expr)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
