package flow

import "github.com/ivrflow/ivrflow/framework/expression"

// scope compiles expressions over one set of names. Each is compiled once: a
// text of defaults stands in many steps.
type scope struct {
	env   expression.Env
	exprs map[exprKey]compiled[*expression.Expr]
	texts map[string]compiled[*expression.Template]
}

type exprKey struct {
	src  string
	want expression.Kind
}

type compiled[T any] struct {
	value T
	err   error
}

func newScope(env expression.Env) *scope {
	return &scope{env: env, exprs: map[exprKey]compiled[*expression.Expr]{}, texts: map[string]compiled[*expression.Template]{}}
}

// expr is an expression whose value is of the kind want.
func (s *scope) expr(src string, want expression.Kind) (*expression.Expr, error) {
	key := exprKey{src, want}
	c, ok := s.exprs[key]
	if !ok {
		c.value, c.err = expression.Compile(src, s.env, want)
		s.exprs[key] = c
	}
	return c.value, c.err
}

// text is a text with ${...} in it.
func (s *scope) text(src string) (*expression.Template, error) {
	c, ok := s.texts[src]
	if !ok {
		c.value, c.err = expression.ParseTemplate(src, s.env)
		s.texts[src] = c
	}
	return c.value, c.err
}
