package expression

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// pathOf is the dotted name that a node stands for: a variable, or a field of
// one under a written-out name.
func pathOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, true
	case *ast.ChainNode:
		return pathOf(n.Node)
	case *ast.MemberNode:
		field, ok := n.Property.(*ast.StringNode)
		if !ok || field.Value == "" || strings.Contains(field.Value, ".") {
			return "", false
		}
		if base, ok := pathOf(n.Node); ok {
			return base + "." + field.Value, true
		}
	}
	return "", false
}

// hasArgument is the name that a call of has tests.
func hasArgument(n *ast.CallNode) (string, bool) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || callee.Value != "has" || len(n.Arguments) != 1 {
		return "", false
	}
	return pathOf(n.Arguments[0])
}

// comparedWithNil is the name in name == nil or nil != name.
func comparedWithNil(n *ast.BinaryNode) (string, bool) {
	if _, ok := n.Right.(*ast.NilNode); ok {
		return pathOf(n.Left)
	}
	if _, ok := n.Left.(*ast.NilNode); ok {
		return pathOf(n.Right)
	}
	return "", false
}

// softenHas makes has(a.b) false, not an error, if a is unset.
func softenHas(n ast.Node) {
	if call, ok := n.(*ast.CallNode); ok {
		if _, ok := hasArgument(call); ok {
			call.Arguments[0] = soften(call.Arguments[0])
			return
		}
	}
	for _, child := range children(n) {
		softenHas(child)
	}
}

func soften(n ast.Node) ast.Node {
	if chain, ok := n.(*ast.ChainNode); ok {
		n = chain.Node
	}
	member, ok := n.(*ast.MemberNode)
	if !ok {
		return n
	}
	chain := &ast.ChainNode{Node: member}
	chain.SetLocation(member.Location())
	for ; ok; member, ok = member.Node.(*ast.MemberNode) {
		member.Optional = true
	}
	return chain
}

// children lists a node's children in the order in which they are written.
func children(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ChainNode:
		return []ast.Node{n.Node}
	case *ast.MemberNode:
		return []ast.Node{n.Node, n.Property}
	case *ast.SliceNode:
		return present(n.Node, n.From, n.To)
	case *ast.CallNode:
		return n.Arguments
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.PredicateNode:
		return []ast.Node{n.Node}
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.ArrayNode:
		return n.Nodes
	case *ast.MapNode:
		return n.Pairs
	case *ast.PairNode:
		return []ast.Node{n.Key, n.Value}
	case *ast.VariableDeclaratorNode:
		return []ast.Node{n.Value, n.Expr}
	case *ast.SequenceNode:
		return n.Nodes
	}
	return nil // leaves: names, literals, #
}

func present(nodes ...ast.Node) []ast.Node {
	var found []ast.Node
	for _, n := range nodes {
		if n != nil {
			found = append(found, n)
		}
	}
	return found
}
