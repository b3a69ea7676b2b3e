package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// Comparison is a constant with which an expression compares a name.
type Comparison struct {
	Operator string // ==, !=, <, <=, >, >=, in, startsWith, endsWith, contains or matches
	Value    any    // string, float64, bool, or []any with in
	Length   bool   // it is the name's length that is compared
	Reversed bool   // the constant stands on the left
}

// Compares lists the constants with which the expression compares a name, as of
// [Expr.Uses]. only is false if it does anything else with the name than that and
// tests whether it is set: then its value may depend on more than how the name
// compares with them.
func (e *Expr) Compares(name string) (all []Comparison, only bool) {
	return slices.Clone(e.facts.compared[name]), !e.facts.vague[name]
}

// Compares is [Expr.Compares] of all expressions in the text.
func (t *Template) Compares(name string) (all []Comparison, only bool) {
	only = true
	for _, p := range t.parts {
		if p.expr == nil {
			continue
		}
		found, o := p.expr.Compares(name)
		all, only = append(all, found...), only && o
	}
	return all, only
}

// comparer finds what names are compared with.
type comparer struct {
	compared map[string][]Comparison
	vague    set
	members  []Member
	loose    set // the vague names, but for those in members
}

func comparedIn(n ast.Node) *comparer {
	c := &comparer{compared: map[string][]Comparison{}, vague: set{}, loose: set{}}
	c.condition(n)
	return c
}

// condition visits a node of which only the truth matters.
func (c *comparer) condition(n ast.Node) {
	if c.clamped(n) {
		return
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			c.condition(n.Node)
			return
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "or", "&&", "||":
			c.condition(n.Left)
			c.condition(n.Right)
			return
		}
	case *ast.IdentifierNode, *ast.MemberNode:
		if name, ok := pathOf(n); ok { // it is true or false
			c.add(name, Comparison{Operator: "==", Value: true})
			return
		}
	}
	c.value(n)
}

func (c *comparer) add(name string, with Comparison) {
	c.compared[name] = append(c.compared[name], with)
}

// value visits a node whose value matters.
func (c *comparer) value(n ast.Node) {
	if name, ok := pathOf(n); ok {
		c.vague[name], c.loose[name] = true, true
		return
	}
	switch n := n.(type) {
	case *ast.BuiltinNode:
		if found, ok := membersOf(n); ok {
			c.members = append(c.members, found...)
			for _, m := range found {
				c.vague[m.List] = true
				c.vague[m.Name] = true // "" is no name
			}
			return
		}
	case *ast.CallNode:
		if _, ok := hasArgument(n); ok {
			return
		}
	case *ast.ConditionalNode:
		c.condition(n.Cond)
		c.value(n.Exp1)
		c.value(n.Exp2)
		return
	case *ast.BinaryNode:
		if _, ok := comparedWithNil(n); ok || c.binary(n) {
			return
		}
	}
	for _, child := range children(n) {
		c.value(child)
	}
}

// binary reports whether the node compares a name with a constant.
func (c *comparer) binary(n *ast.BinaryNode) bool {
	switch n.Operator {
	case "==", "!=", "<", "<=", ">", ">=", "in", "startsWith", "endsWith", "contains", "matches":
	default:
		return false
	}
	name, length, ok := measured(n.Left)
	with, constant := constantOf(n.Right)
	reversed := false
	if !ok || !constant {
		name, length, ok = measured(n.Right)
		with, constant = constantOf(n.Left)
		reversed = true
	}
	if !ok || !constant {
		return false
	}
	c.add(name, Comparison{Operator: n.Operator, Value: with, Length: length, Reversed: reversed})
	return true
}

// measured is a name, or the name in len(name).
func measured(n ast.Node) (name string, length, ok bool) {
	if b, is := n.(*ast.BuiltinNode); is && b.Name == "len" && len(b.Arguments) == 1 {
		name, ok = pathOf(b.Arguments[0])
		return name, true, ok
	}
	name, ok = pathOf(n)
	return name, false, ok
}

// constantOf is the value of a node that is written out.
func constantOf(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.FloatNode:
		return n.Value, true
	case *ast.BoolNode:
		return n.Value, true
	case *ast.UnaryNode:
		if v, ok := constantOf(n.Node); ok && n.Operator == "-" {
			if f, ok := v.(float64); ok {
				return -f, true
			}
		}
	case *ast.ArrayNode:
		list := make([]any, 0, len(n.Nodes))
		for _, item := range n.Nodes {
			v, ok := constantOf(item)
			if !ok {
				return nil, false
			}
			list = append(list, v)
		}
		return list, true
	}
	return nil, false
}
