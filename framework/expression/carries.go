package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// Carries lists, sorted, the dotted names of which something is in the
// expression's value: what a rule about secrets must look at. A comparison
// carries nothing, since which way it goes is no secret: pin == "1234",
// len(pin) > 4, has(pin). A value of kind bool is carried also where it is
// negated, joined by and or or, compared with true, or decides between two
// values.
func (e *Expr) Carries() []string { return slices.Clone(e.facts.carries) }

// Tails lists, sorted, the dotted names of texts of which only the end is in
// the expression's value, four characters at most: account[-4:]. They are not
// among [Expr.Carries] unless more of them is there as well.
func (e *Expr) Tails() []string { return slices.Clone(e.facts.tails) }

// tailLength is how many characters [Expr.Tails] is about.
const tailLength = 4

// carrier collects what is carried.
type carrier struct {
	env          Env
	names, tails set
}

// element is the name of the list's element in a condition over a list.
const element = "#"

func carriedBy(n ast.Node, env Env) (names, tails []string) {
	c := &carrier{env: env, names: set{}, tails: set{}}
	c.visit(n)
	return c.names.sorted(), c.tails.sorted()
}

func (c *carrier) visit(n ast.Node) {
	if name, ok := pathOf(n); ok {
		c.names[name] = true
		return
	}
	switch n := n.(type) {
	case *ast.PointerNode:
		c.names[element] = true
	case *ast.CallNode:
		if _, ok := hasArgument(n); ok {
			return
		}
	case *ast.BuiltinNode:
		c.builtin(n)
		return
	case *ast.BinaryNode:
		if compares(n.Operator) && !c.comparesBool(n) {
			return
		}
	case *ast.SliceNode:
		if name, ok := c.tail(n); ok {
			c.tails[name] = true
			return
		}
	}
	for _, child := range children(n) {
		c.visit(child)
	}
}

// builtin is a function of the library. any, all, none and one carry what
// their condition carries, and of the list only what its element does.
func (c *carrier) builtin(n *ast.BuiltinNode) {
	outer := c.names[element]
	delete(c.names, element)
	conditions := slices.Contains([]string{"any", "all", "none", "one"}, n.Name) && len(n.Arguments) == 2
	if conditions {
		c.visit(n.Arguments[1])
	}
	if !conditions || c.names[element] {
		for _, child := range n.Arguments {
			c.visit(child)
		}
	}
	delete(c.names, element)
	if outer {
		c.names[element] = true
	}
}

func compares(operator string) bool {
	switch operator {
	case "==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches":
		return true
	}
	return false
}

// comparesBool reports whether a comparison is one with true or false, which
// says all there is to know.
func (c *carrier) comparesBool(n *ast.BinaryNode) bool {
	switch n.Operator {
	case "==", "!=", "in":
		return c.isBool(n.Left) || c.isBool(n.Right)
	}
	return false
}

func (c *carrier) isBool(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BoolNode:
		return true
	case *ast.UnaryNode:
		return c.isBool(n.Node)
	case *ast.ArrayNode:
		return slices.ContainsFunc(n.Nodes, c.isBool)
	case *ast.IdentifierNode:
		return c.env[n.Value].Kind == KindBool
	}
	return false
}

// tail is the text of which the last characters are taken.
func (c *carrier) tail(n *ast.SliceNode) (string, bool) {
	from, ok := n.From.(*ast.UnaryNode)
	if !ok || from.Operator != "-" || n.To != nil {
		return "", false
	}
	count, ok := from.Node.(*ast.IntegerNode)
	text, plain := n.Node.(*ast.IdentifierNode)
	if !ok || !plain || count.Value > tailLength || c.env[text.Value].Kind != KindString {
		return "", false
	}
	return text.Value, true
}

// Carries lists, sorted, the names of which something is in the text; see
// [Expr.Carries].
func (t *Template) Carries() []string { return t.gather((*Expr).Carries) }

// Tails lists, sorted, the names of texts of which only the end is in the
// text; see [Expr.Tails].
func (t *Template) Tails() []string { return t.gather((*Expr).Tails) }
