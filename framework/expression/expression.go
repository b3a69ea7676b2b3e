// Package expression compiles the expressions and templates of flow files.
//
// An expression is typed, has no side effects, and is bounded in time and
// memory whatever its author writes: [Compile] refuses what cannot be bounded.
// It is the only home of the expression library.
//
//	env := expression.Env{"tries": {Kind: expression.KindNumber}}
//	e, err := expression.Compile("tries > 2", env, expression.KindBool)
//	ok, err := e.Bool(map[string]any{"tries": 3.0}) // true
//
// An [Expr] and a [Template] are immutable: any number of goroutines may
// evaluate them at the same time, as long as nobody writes to the values they
// read meanwhile.
package expression

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Expr is a compiled expression.
type Expr struct {
	source  string
	kind    Kind
	program *vm.Program
	facts   facts
	inputs  []input // what it reads, to be measured before it runs
}

// Compile checks and compiles src. The names it may use and their kinds are
// those of env; its value must be of the kind want, KindAny for any. A value
// whose kind is known only at run time is checked then. Every error is an
// *[Error].
func Compile(src string, env Env, want Kind) (*Expr, error) {
	if err := precheck(src); err != nil {
		return nil, err
	}
	config := newConfig(env)
	tree, err := parser.ParseWithConfig(src, config)
	if err != nil {
		return nil, explain(err, src, env)
	}
	if err := judge(tree.Node, src, env); err != nil {
		return nil, err
	}
	found := study(tree.Node, env)
	softenHas(tree.Node) // changes the tree, so the study comes first
	ast.Walk(&tree.Node, &zeroer{env: env, asked: asked(tree.Node)})
	if _, err := checker.Check(tree, config); err != nil {
		return nil, explain(err, src, env)
	}
	kind := kindOf(tree.Node)
	if err := fits(kind, want); err != nil {
		return nil, err
	}
	if err := optimizer.Optimize(&tree.Node, config); err != nil {
		return nil, explain(err, src, env)
	}
	program, err := compiler.Compile(tree, config)
	if err != nil {
		return nil, &Error{Line: 1, Message: "the expression cannot be compiled; write it more simply"}
	}
	if kind == KindAny {
		kind = want
	}
	return &Expr{source: src, kind: kind, program: program, facts: found, inputs: inputsOf(found)}, nil
}

// kindOf is the kind of a checked tree's value, KindAny if it is known only at
// run time.
func kindOf(n ast.Node) Kind {
	nature := n.Nature()
	switch {
	case nature.Nil || nature.Type == nil:
		return KindAny
	case nature.IsString():
		return KindString
	case nature.IsNumber():
		return KindNumber
	case nature.IsBool():
		return KindBool
	case nature.IsArray():
		return KindList
	case nature.IsMap():
		return KindMap
	}
	return KindAny
}

// fits says why a value of kind got cannot stand where want is needed.
func fits(got, want Kind) error {
	if want == KindAny || got == KindAny || got == want {
		return nil
	}
	mend := ""
	switch {
	case want == KindString && (got == KindNumber || got == KindBool):
		mend = "; write string(...) around it"
	case want == KindBool:
		mend = "; compare it with something, or ask has(...)"
	case want == KindNumber && got == KindString:
		mend = "; write float(...) around it"
	}
	return &Error{Line: 1, Message: fmt.Sprintf("this is %s where %s is needed%s", got.noun(), want.noun(), mend)}
}

// Source is the expression as written.
func (e *Expr) Source() string { return e.source }

// Kind is the kind of the value, as far as it is known before it runs: the
// kind that was wanted, else the one found by the type check.
func (e *Expr) Kind() Kind { return e.kind }

// Eval is the expression's value: nil, bool, float64, string, []any or
// map[string]any. vars holds every name that the expression uses; one that is
// missing or nil is unset. Errors never contain values, since those may be
// secret.
func (e *Expr) Eval(vars map[string]any) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			value, err = nil, fmt.Errorf("evaluating %q: the values do not fit", e.source)
		}
	}()
	if err := measureInputs(e.inputs, vars); err != nil {
		return nil, fmt.Errorf("evaluating %q: %w", e.source, err)
	}
	raw, err := vm.Run(e.program, vars)
	if err != nil {
		return nil, fmt.Errorf("evaluating %q: %w", e.source, e.whyNot(err, vars))
	}
	value, err = result(raw, e.kind)
	if err != nil {
		return nil, fmt.Errorf("evaluating %q: %w", e.source, err)
	}
	return value, nil
}

// Bool is the value of a condition, an expression compiled with KindBool. It
// is an error if the value is not a bool.
func (e *Expr) Bool(vars map[string]any) (bool, error) {
	v, err := e.Eval(vars)
	if err != nil {
		return false, err
	}
	switch v := v.(type) {
	case bool:
		return v, nil
	case nil:
		return false, fmt.Errorf("evaluating %q: %w", e.source, e.whyNot(errors.New("no value"), vars))
	}
	return false, fmt.Errorf("evaluating %q: the value is %s where %s is needed", e.source, kindOfValue(v).noun(), KindBool.noun())
}

// whyNot turns the library's run-time error into one that names no value.
func (e *Expr) whyNot(err error, vars map[string]any) error {
	if own, ok := errors.AsType[*valueError](err); ok {
		return own
	}
	for _, in := range e.inputs {
		if in.unset(vars) {
			return fmt.Errorf("%q is not set; guard it with has(%s)", in.name, in.name)
		}
	}
	if fault, ok := errors.AsType[*file.Error](err); ok && harmless(fault.Message) {
		return errors.New(fault.Message)
	}
	return errors.New("the values do not fit")
}
