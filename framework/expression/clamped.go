package expression

import (
	"math"

	"github.com/expr-lang/expr/ast"
)

// mostSteps bounds how many whole numbers a clamped value is compared with.
const mostSteps = 20

// clamped is a condition such as
//
//	asked >= len(list) || asked >= 10
//	int(n) >= 1 && int(n) >= tries || int(n) >= 10
//
// It is n >= clamp(tries, 1, 10): whatever n is, only how tries compares with the
// whole numbers from 1 to 10 matters, if n is whole, or tries is a length.
type clamped struct {
	operator    string // >= or >
	n           ast.Node
	name        string // what is clamped, "" for a constant
	length      bool
	least, most float64 // a constant is both
}

// clamped reports whether the node is such a condition.
func (c *comparer) clamped(n ast.Node) bool {
	found, ok := clampedIn(n)
	if !ok || found.name == "" || !found.length && !isWhole(found.n) {
		return false
	}
	if found.length {
		found.least = max(found.least, 0)
	}
	first, last := math.Floor(found.least), math.Ceil(found.most)
	if !(last-first <= mostSteps) { // infinite ones are not
		return false
	}
	for k := first; k <= last; k++ {
		c.add(found.name, Comparison{Operator: found.operator, Value: k, Length: found.length, Reversed: true})
	}
	c.value(found.n)
	return true
}

func clampedIn(n ast.Node) (clamped, bool) {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return clamped{}, false
	}
	switch b.Operator {
	case "and", "&&", "or", "||":
		left, ok := clampedIn(b.Left)
		right, also := clampedIn(b.Right)
		if !ok || !also {
			return clamped{}, false
		}
		return left.with(right, b.Operator == "or" || b.Operator == "||")
	case ">=", ">":
		one := clamped{operator: b.Operator, n: b.Left, least: math.Inf(-1), most: math.Inf(1)}
		v, _ := constantOf(b.Right)
		if f, ok := v.(float64); ok {
			one.least, one.most = f, f
			return one, true
		}
		one.name, one.length, ok = measured(b.Right)
		return one, ok
	}
	return clamped{}, false
}

// with is both, or either of them: n is at least the greater of what it is compared
// with, or the less.
func (a clamped) with(b clamped, either bool) (clamped, bool) {
	if a.operator != b.operator || a.n.String() != b.n.String() || a.name != "" && b.name != "" {
		return clamped{}, false
	}
	if a.name == "" {
		a.name, a.length = b.name, b.length
	}
	if either {
		a.least, a.most = min(a.least, b.least), min(a.most, b.most)
	} else {
		a.least, a.most = max(a.least, b.least), max(a.most, b.most)
	}
	return a, true
}

// isWhole reports whether a node is a whole number by its form: int(x) or len(x).
func isWhole(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BuiltinNode:
		return n.Name == "len"
	case *ast.CallNode:
		f, ok := n.Callee.(*ast.IdentifierNode)
		return ok && f.Value == "int"
	}
	return false
}
