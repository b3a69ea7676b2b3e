package expression

import (
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// referee refuses what cannot be bounded, or has no business in a flow. It
// sees the tree before anything else does, because the library's own type
// checker can be made to run for hours.
type referee struct {
	src         string
	env         Env
	plus        int
	inPredicate bool
}

func judge(n ast.Node, src string, env Env) error {
	r := &referee{src: src, env: env}
	if err := r.visit(n); err != nil {
		return err
	}
	return nil
}

// visit judges n, then its children. A node is left before its children are
// seen if it holds one child twice: such trees grow exponentially.
func (r *referee) visit(n ast.Node) *Error {
	if err := r.node(n); err != nil {
		return err
	}
	if name, ok := pathOf(n); ok {
		return r.path(n, name)
	}
	if p, ok := n.(*ast.PredicateNode); ok {
		if r.inPredicate {
			return r.refuse(p, "a condition inside a condition over a list is not allowed")
		}
		r.inPredicate = true
		defer func() { r.inPredicate = false }()
	}
	for _, child := range children(n) {
		if err := r.visit(child); err != nil {
			return err
		}
	}
	return nil
}

func (r *referee) refuse(n ast.Node, format string, args ...any) *Error {
	return errorAtNode(r.src, n, format, args...)
}

func (r *referee) node(n ast.Node) *Error {
	switch n := n.(type) {
	case *ast.IntegerNode:
		if n.Value > maxInteger {
			return r.refuse(n, "the number is too large; digits that are not a quantity belong in quotes")
		}
	case *ast.BytesNode:
		return r.refuse(n, "byte texts (b\"...\") are not allowed; leave the b out")
	case *ast.VariableDeclaratorNode:
		return r.refuse(n, "let is not allowed; use a set step")
	case *ast.SequenceNode:
		return r.refuse(n, "; is not allowed: an expression has one value")
	case *ast.BinaryNode:
		return r.binary(n)
	case *ast.ConditionalNode:
		if n.Cond == n.Exp1 {
			return r.refuse(n, "?: without a middle part is not allowed; use ?? or write it out")
		}
	case *ast.CallNode:
		return r.call(n)
	case *ast.BuiltinNode:
		if !slices.Contains(builtins(), n.Name) {
			return r.refuse(n, "function %q is not available; there are %s", n.Name, functionList())
		}
	case *ast.PointerNode:
		if n.Name != "" {
			return r.refuse(n, "#%s is not allowed; # is the list's element", n.Name)
		}
	}
	return nil
}

func (r *referee) binary(n *ast.BinaryNode) *Error {
	switch n.Operator {
	case "..":
		return r.refuse(n, "ranges (..) are not allowed; compare with < and >")
	case "**", "^":
		return r.refuse(n, "powers (%s) are not allowed", n.Operator)
	case "+":
		if r.plus++; r.plus > maxPlus {
			return r.refuse(n, "more than %d + in one expression", maxPlus)
		}
	case "matches":
		return r.pattern(n)
	case "&&":
		return r.chain(n)
	}
	return nil
}

// chain judges 1 < x < 5, which the parser makes into 1 < x && x < 5 with one
// node for both x. Only a plain x is let through: see visit.
func (r *referee) chain(n *ast.BinaryNode) *Error {
	left, ok := n.Left.(*ast.BinaryNode)
	if ok && left.Operator == "&&" {
		left, ok = left.Right.(*ast.BinaryNode)
	}
	right, both := n.Right.(*ast.BinaryNode)
	if !ok || !both || left.Right != right.Left {
		return nil
	}
	if _, plain := pathOf(right.Left); plain || len(children(right.Left)) == 0 {
		return nil
	}
	return r.refuse(n, "only a name or a number may stand in the middle of a < b < c; write a < b && b < c")
}

func (r *referee) call(n *ast.CallNode) *Error {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return r.refuse(n, "only functions can be called; there are %s", functionList())
	}
	if !slices.Contains(functions(), callee.Value) {
		hint := diag.DidYouMean(callee.Value, functions())
		if hint == "" {
			hint = "; there are " + functionList()
		}
		return r.refuse(n, "function %q is not available%s", callee.Value, hint)
	}
	if callee.Value != "has" {
		return nil
	}
	if len(n.Arguments) == 1 {
		if _, ok := pathOf(n.Arguments[0]); ok {
			return nil
		}
	}
	return r.refuse(n, "has(...) takes one name, such as has(account)")
}

// path judges a dotted name.
func (r *referee) path(n ast.Node, name string) *Error {
	if strings.HasPrefix(name, "$") {
		return r.refuse(n, "%s is not allowed; write the variable's name alone", name)
	}
	steps := strings.Split(name, ".")
	if _, variable := r.env[steps[0]]; !variable && slices.Contains(functions(), steps[0]) {
		return r.refuse(n, "%s is a function; write %[1]s(...)", steps[0])
	}
	if !r.inPredicate {
		return nil
	}
	t, known := r.env.lookup(steps)
	if !known {
		t, known = r.env.lookup(steps[:1])
		known = known && t.Fields == nil
	}
	if known && t.Kind != KindString && t.Kind != KindNumber && t.Kind != KindBool {
		// A list read once for each element of another is quadratic.
		return r.refuse(n, "inside a condition over a list only # and variables of type string, number or bool can be read; %s is neither", name)
	}
	return nil
}

// pattern judges a regular expression before the library compiles it.
func (r *referee) pattern(n *ast.BinaryNode) *Error {
	s, ok := n.Right.(*ast.StringNode)
	if !ok {
		return r.refuse(n, "the pattern after matches must be written out in quotes")
	}
	re, err := syntax.Parse(s.Value, syntax.Perl)
	if err != nil {
		return r.refuse(s, "the pattern is not valid: %v", err)
	}
	if patternSize(re) > maxPattern {
		return r.refuse(s, "the pattern is too large; use smaller repeat counts")
	}
	return nil
}

// patternSize is about the number of instructions of the compiled pattern.
func patternSize(re *syntax.Regexp) int {
	size := 1
	if re.Op == syntax.OpLiteral {
		size = len(re.Rune)
	}
	for _, sub := range re.Sub {
		size += patternSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return min(size, maxPattern+1)
}
