package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// Member is a test whether a list has an item of which a field is a value:
//
//	any(call.roster, #.who == config.colleague)
//	none(call.roster, #.who == "a" and not #.lobby)
type Member struct {
	List  string // the name of the list
	Field string
	Name  string   // what the field is compared with; "" if it is Value
	Value any      // string, float64 or bool
	Flags []string // further fields of such an item that are asked whether they are true
}

// Members lists the tests of the expression whether a list has an item. only
// reports whether a name is used for nothing but them and what [Expr.Compares]
// lists.
func (e *Expr) Members() (all []Member, only func(name string) bool) {
	return slices.Clone(e.facts.members), func(name string) bool { return !e.facts.loose[name] }
}

// membersOf finds the tests in a node; false if it is none of these.
func membersOf(n *ast.BuiltinNode) ([]Member, bool) {
	if n.Name != "any" && n.Name != "none" || len(n.Arguments) != 2 {
		return nil, false
	}
	list, ok := pathOf(n.Arguments[0])
	p, is := n.Arguments[1].(*ast.PredicateNode)
	if !ok || !is {
		return nil, false
	}
	all, ok := itemIs(p.Node)
	for i := range all {
		all[i].List = list
	}
	return all, ok
}

// itemIs finds what a condition asks of an item: a field that is a value, several
// such with or between them, or one and flags.
func itemIs(n ast.Node) ([]Member, bool) {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return nil, false
	}
	switch b.Operator {
	case "or", "||":
		left, ok := itemIs(b.Left)
		right, also := itemIs(b.Right)
		return append(left, right...), ok && also
	case "and", "&&":
		all, ok := itemIs(b.Left)
		flag, also := itemFlag(b.Right)
		if !ok {
			all, ok = itemIs(b.Right)
			flag, also = itemFlag(b.Left)
		}
		for i := range all {
			all[i].Flags = append(all[i].Flags, flag)
		}
		return all, ok && also
	case "==":
		field, ok := itemField(b.Left)
		with := b.Right
		if !ok {
			field, ok = itemField(b.Right)
			with = b.Left
		}
		if name, named := pathOf(with); named {
			return []Member{{Field: field, Name: name}}, ok
		}
		v, constant := constantOf(with)
		_, list := v.([]any)
		return []Member{{Field: field, Value: v}}, ok && constant && !list
	}
	return nil, false
}

// itemFlag is a field that is asked whether it is true, or not.
func itemFlag(n ast.Node) (string, bool) {
	if not, ok := n.(*ast.UnaryNode); ok && (not.Operator == "not" || not.Operator == "!") {
		n = not.Node
	}
	return itemField(n)
}

// itemField is the name of a field of the item.
func itemField(n ast.Node) (string, bool) {
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return "", false
	}
	if _, item := m.Node.(*ast.PointerNode); !item {
		return "", false
	}
	field, ok := m.Property.(*ast.StringNode)
	if !ok {
		return "", false
	}
	return field.Value, true
}
