package flow

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/tree"
)

var (
	_ Expr     = (*expression.Expr)(nil)
	_ Template = (*expression.Template)(nil)
)

// facts is what both expressions and templates tell about themselves.
type facts interface {
	Reads() []string // names that must be set
	Uses() []string  // names that the value depends on
	Kind() expression.Kind
}

// use is an expression of a step with its place in the file.
type use struct {
	facts
	pos  diag.Pos
	sink sink // what becomes public with it
	// target says that it decides where a call goes, and that the author did
	// not write dynamic: true.
	target bool
	// sets is the variable that gets the value; it is set for the uses after
	// this one.
	sets string
	// into is the variable, of this flow or as a parameter of another, that gets
	// the value; nil if none does.
	into *Var
	// callee is the key of the flow of which into is a parameter.
	callee string
	// guards are names that are set whenever the expression is evaluated.
	guards []string
}

// buildEnv collects what expressions may read.
func (l *loader) buildEnv() {
	text, number := expression.Type{Kind: expression.KindString}, expression.Type{Kind: expression.KindNumber}
	fields := func(t expression.Type, names ...string) map[string]expression.Type {
		m := map[string]expression.Type{}
		for _, n := range names {
			m[n] = t
		}
		return m
	}
	call := fields(text, "id", "chain_id", "direction", "caller", "called", "tenant", "locale", "started", "ended_by")
	call["participants"] = number
	call["roster"] = expression.Type{Kind: expression.KindList}
	call["held"], call["routes"] = expression.Type{Kind: expression.KindBool}, number
	result := fields(text, "outcome", "reason", "keys")
	for _, n := range []string{"code", "subcode", "tries", "seconds"} {
		result[n] = number
	}
	config := map[string]expression.Type{}
	for name, v := range l.flow.Config {
		config[name] = expression.Type{Kind: v.kind()}
	}
	env := expression.Env{
		"call": {Kind: expression.KindMap, Fields: call}, "result": {Kind: expression.KindMap, Fields: result},
		"config": {Kind: expression.KindMap, Fields: config}, "now": text,
	}
	if t, ok := l.scheduleEnv(); ok {
		env["schedules"] = t
	}
	for name, v := range l.flow.Vars {
		if _, reserved := env[name]; !reserved {
			env[name] = expression.Type{Kind: v.kind()}
		}
	}
	l.lostNames(env, config)
	l.scope = newScope(env)
}

// lostNames adds the names that may be declared in what could not be read.
func (l *loader) lostNames(env expression.Env, config map[string]expression.Type) {
	for name := range l.unsure.names {
		if _, ok := env[name]; !ok && !expression.Reserved(name) {
			env[name] = expression.Type{Kind: expression.KindAny}
		}
		if _, ok := config[name]; !ok {
			config[name] = expression.Type{Kind: expression.KindAny}
		}
	}
}

// kind is the kind of the variable's values in expressions.
func (v *Var) kind() expression.Kind {
	if v.unsure {
		return expression.KindAny
	}
	return v.Type.kind()
}

// zeroUnset is the scope of on_hangup and on_end: what was not collected
// reads as its type's zero there.
func zeroUnset(s *scope) *scope {
	bare := maps.Clone(s.env)
	for name, t := range bare {
		t.ZeroUnset = t.Fields == nil
		bare[name] = t
	}
	return newScope(bare)
}

// kind is the kind of the type's values in expressions.
func (t Type) kind() expression.Kind {
	switch t {
	case TypeNumber:
		return expression.KindNumber
	case TypeBool:
		return expression.KindBool
	case TypeList:
		return expression.KindList
	case TypeMap:
		return expression.KindMap
	default:
		return expression.KindString
	}
}

// bareExpr is a condition without the ${ } that it may be written in.
func bareExpr(s string) string {
	trimmed := strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(trimmed, "${"); ok && strings.HasSuffix(inner, "}") && strings.Count(trimmed, "${") == 1 {
		return strings.TrimSuffix(inner, "}")
	}
	return s
}

// compileExpr compiles an expression written at n; nil if it is wrong.
func (l *loader) compileExpr(n *tree.Node, src string, s *scope, want expression.Kind) *expression.Expr {
	e, err := s.expr(src, want)
	if err != nil {
		l.badExpression(n, strings.Index(n.Value, src), err)
		return nil
	}
	return e
}

// condition compiles a bare condition, such as that of when:.
func (l *loader) condition(n *tree.Node) *expression.Expr {
	if n.Kind == tree.Scalar && n.Tag == tree.TagBool {
		return l.compileExpr(n, n.Value, l.scope, expression.KindBool)
	}
	s, ok := n.Str(&l.list)
	if !ok {
		return nil
	}
	return l.compileExpr(n, bareExpr(s), l.scope, expression.KindBool)
}

// template compiles a text with ${...} in it.
func (l *loader) template(n *tree.Node) *expression.Template {
	s, ok := n.Str(&l.list)
	if !ok {
		return nil
	}
	return l.templateOf(n, s)
}

func (l *loader) templateOf(n *tree.Node, s string) *expression.Template {
	t, err := l.scope.text(s)
	if err != nil {
		l.badExpression(n, 0, err)
		return nil
	}
	return t
}

// badExpression reports an expression's fault at its place in the file. For
// texts over several lines or with escapes that is the place of the text.
func (l *loader) badExpression(n *tree.Node, offset int, err error) {
	pos, message, fix := n.Pos, err.Error(), [2]string{}
	if fault, ok := errors.AsType[*expression.Error](err); ok {
		message = fault.Message
		if strings.HasPrefix(message, `unknown name "secret"`) {
			message = "a secret can stand in the headers of http only; nothing else of a flow sees it"
		}
		plain := !n.Block && !strings.ContainsAny(n.Value, "\n\\'\"") || !n.Block && !n.Quoted && !strings.Contains(n.Value, "\n")
		if plain && fault.Line == 1 && offset >= 0 {
			pos.Col += utf8.RuneCountInString(n.Value[:offset]) + fault.Col
			if n.Quoted {
				pos.Col++
			}
			fix = [2]string{fault.Word, fault.Meant}
		}
	}
	l.errorf(pos, ruleExpression, "%s", message)
	if fix[0] != "" {
		l.list.Mend(pos, fix[0], fix[1])
	}
}

// variablesOf are the variables among the names that an expression reads.
func (l *loader) variablesOf(names []string) []string {
	var vars []string
	for _, name := range names {
		base, _, _ := strings.Cut(name, ".")
		if _, ok := l.flow.Vars[base]; ok && !slices.Contains(vars, base) {
			vars = append(vars, base)
		}
	}
	return vars
}
