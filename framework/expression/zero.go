package expression

import "github.com/expr-lang/expr/ast"

// zeroer replaces a name that reads as zero when it is unset by name ?? zero,
// but where it is asked whether it is set.
type zeroer struct {
	env   Env
	asked map[*ast.IdentifierNode]bool
}

// Visit is called for each node after its children.
func (z *zeroer) Visit(node *ast.Node) {
	name, ok := (*node).(*ast.IdentifierNode)
	if !ok || z.asked[name] {
		return
	}
	t, ok := z.env[name.Value]
	if !ok || !t.ZeroUnset {
		return
	}
	zero := zeroOf(t.Kind)
	zero.SetLocation(name.Location())
	ast.Patch(node, &ast.BinaryNode{Operator: "??", Left: name, Right: zero})
}

func zeroOf(k Kind) ast.Node {
	switch k {
	case KindNumber:
		return &ast.FloatNode{}
	case KindBool:
		return &ast.BoolNode{}
	case KindList:
		return &ast.ArrayNode{}
	case KindMap:
		return &ast.MapNode{}
	case KindAny, KindString:
	}
	return &ast.StringNode{}
}

// asked collects the names in has(name), name == nil and name != nil.
func asked(n ast.Node) map[*ast.IdentifierNode]bool {
	found := map[*ast.IdentifierNode]bool{}
	var walk func(ast.Node)
	walk = func(n ast.Node) {
		var about []ast.Node
		if call, ok := n.(*ast.CallNode); ok {
			if _, ok := hasArgument(call); ok {
				about = call.Arguments
			}
		}
		if cmp, ok := n.(*ast.BinaryNode); ok {
			if _, ok := comparedWithNil(cmp); ok {
				about = []ast.Node{cmp.Left, cmp.Right}
			}
		}
		for _, a := range about {
			if name, ok := a.(*ast.IdentifierNode); ok {
				found[name] = true
			}
		}
		for _, child := range children(n) {
			walk(child)
		}
	}
	walk(n)
	return found
}
