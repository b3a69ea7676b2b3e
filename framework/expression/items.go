package expression

import "github.com/expr-lang/expr/ast"

// Reading says what an expression reads of a list.
type Reading uint8

// Of a list is read
const (
	Length Reading = iota // nothing, or how long it is, and whether it is set
	Item                  // besides that one item, of which nothing is asked: list[index] is the expression
	More                  // more than that
)

// Reading is what the expression reads of a list.
func (e *Expr) Reading(list string) Reading { return e.facts.readings[list] }

// Reading is what the text reads of a list. What is text around an item is more.
func (t *Template) Reading(list string) Reading {
	if e := t.single(); e != nil {
		return e.Reading(list)
	}
	for _, p := range t.parts {
		if p.expr != nil && p.expr.Reading(list) != Length {
			return More
		}
	}
	return Length
}

// readingsOf finds what of each name is read, if that is more than its length.
func readingsOf(n ast.Node) map[string]Reading {
	found := map[string]Reading{}
	if member, ok := n.(*ast.MemberNode); ok {
		if _, field := pathOf(n); !field {
			if list, ok := pathOf(member.Node); ok {
				readMore(member.Property, found)
				found[list] = max(found[list], Item)
				return found
			}
		}
	}
	readMore(n, found)
	return found
}

// readMore notes the names of which a node below an expression reads more than the
// length.
func readMore(n ast.Node, found map[string]Reading) {
	if name, ok := pathOf(n); ok {
		found[name] = More
		return
	}
	if _, length, ok := measured(n); ok && length {
		return
	}
	switch n := n.(type) {
	case *ast.CallNode:
		if _, ok := hasArgument(n); ok {
			return
		}
	case *ast.BinaryNode:
		if _, ok := comparedWithNil(n); ok {
			return
		}
	}
	for _, child := range children(n) {
		readMore(child, found)
	}
}
