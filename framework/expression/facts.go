package expression

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// facts is what an expression does with names.
type facts struct {
	reads []string // read although nothing in the expression says that they are set
	uses  []string // read at all
	has   []string // tested
	// Names of which something is in the value, and of texts of which only the
	// end is.
	carries, tails []string
	// Names that are set if the expression is true, or false.
	guardsTrue, guardsFalse []string
	// What names are compared with, and the names with which more is done.
	compared map[string][]Comparison
	vague    set
	members  []Member
	loose    set // names with which more is done than both
	// What of names is read, if that is more than their length.
	readings map[string]Reading
}

// Reads lists, sorted, the dotted names ("account", "call.caller") that the
// expression reads without a test of its own that they are set: the loader
// must know that those are. Names that are only tested, or read only where a
// test holds (has(x) && x > 3, has(x) ? x : 0, x ?? 0), are not among them.
func (e *Expr) Reads() []string { return slices.Clone(e.facts.reads) }

// Uses lists, sorted, every dotted name whose value the result may depend on,
// guarded or not: what a rule about the flow of information must look at.
func (e *Expr) Uses() []string { return slices.Clone(e.facts.uses) }

// Has lists, sorted, the dotted names that the expression tests with has(x),
// x == nil, x != nil or x ?? y.
func (e *Expr) Has() []string { return slices.Clone(e.facts.has) }

// GuardsTrue lists, sorted, the names that are certainly set when the
// expression is true.
func (e *Expr) GuardsTrue() []string { return slices.Clone(e.facts.guardsTrue) }

// GuardsFalse lists, sorted, the names that are certainly set when the
// expression is false, as with !has(x).
func (e *Expr) GuardsFalse() []string { return slices.Clone(e.facts.guardsFalse) }

// study finds the facts of a tree that judge has let through.
func study(n ast.Node, env Env) facts {
	s := &student{env: env, reads: set{}, uses: set{}, has: set{}}
	sure := s.visit(n, set{})
	carries, tails := carriedBy(n, env)
	c := comparedIn(n)
	return facts{
		compared:    c.compared,
		vague:       c.vague,
		members:     c.members,
		loose:       c.loose,
		readings:    readingsOf(n),
		carries:     carries,
		tails:       tails,
		reads:       s.reads.sorted(),
		uses:        s.uses.sorted(),
		has:         s.has.sorted(),
		guardsTrue:  sure.whenTrue.sorted(),
		guardsFalse: sure.whenFalse.sorted(),
	}
}

// set is a set of dotted names. The name impossible stands for all names: a
// condition that never holds proves everything.
type set map[string]bool

const impossible = "*"

func (s set) sorted() []string {
	delete(s, impossible)
	return slices.Sorted(maps.Keys(s))
}

func (s set) union(t set) set {
	u := maps.Clone(s)
	if u == nil {
		u = set{}
	}
	maps.Copy(u, t)
	return u
}

func (s set) intersect(t set) set {
	if s[impossible] {
		return t
	}
	if t[impossible] {
		return s
	}
	u := set{}
	for name := range s {
		if t[name] {
			u[name] = true
		}
	}
	return u
}

// proof is what is known to be set once a condition has a value.
type proof struct{ whenTrue, whenFalse set }

type student struct {
	env              Env
	reads, uses, has set
}

// visit collects the names below n, given the names known to be set when it
// runs.
func (s *student) visit(n ast.Node, known set) proof {
	if name, ok := pathOf(n); ok {
		s.read(name, known)
		return proof{}
	}
	switch n := n.(type) {
	case *ast.BoolNode:
		if n.Value {
			return proof{whenFalse: set{impossible: true}}
		}
		return proof{whenTrue: set{impossible: true}}
	case *ast.CallNode:
		if name, ok := hasArgument(n); ok {
			return proof{whenTrue: s.test(name)}
		}
	case *ast.UnaryNode:
		p := s.visit(n.Node, known)
		if n.Operator == "!" || n.Operator == "not" {
			return proof{whenTrue: p.whenFalse, whenFalse: p.whenTrue}
		}
		return proof{}
	case *ast.BinaryNode:
		return s.binary(n, known)
	case *ast.ConditionalNode:
		return s.conditional(n, known)
	}
	for _, child := range children(n) {
		s.visit(child, known)
	}
	return proof{}
}

func (s *student) binary(n *ast.BinaryNode, known set) proof {
	switch n.Operator {
	case "&&", "and":
		a := s.visit(n.Left, known)
		b := s.visit(n.Right, known.union(a.whenTrue))
		return proof{
			whenTrue:  a.whenTrue.union(b.whenTrue),
			whenFalse: a.whenFalse.intersect(a.whenTrue.union(b.whenFalse)),
		}
	case "||", "or":
		a := s.visit(n.Left, known)
		b := s.visit(n.Right, known.union(a.whenFalse))
		return proof{
			whenTrue:  a.whenTrue.intersect(a.whenFalse.union(b.whenTrue)),
			whenFalse: a.whenFalse.union(b.whenFalse),
		}
	case "==", "!=":
		if name, ok := comparedWithNil(n); ok {
			if n.Operator == "==" {
				return proof{whenFalse: s.test(name)}
			}
			return proof{whenTrue: s.test(name)}
		}
	case "??":
		if name, ok := pathOf(n.Left); ok {
			s.test(name)
			s.uses[name] = true
			s.visit(n.Right, known)
			return proof{}
		}
	}
	s.visit(n.Left, known)
	s.visit(n.Right, known)
	return proof{}
}

func (s *student) conditional(n *ast.ConditionalNode, known set) proof {
	c := s.visit(n.Cond, known)
	x := s.visit(n.Exp1, known.union(c.whenTrue))
	y := s.visit(n.Exp2, known.union(c.whenFalse))
	return proof{
		whenTrue:  c.whenTrue.union(x.whenTrue).intersect(c.whenFalse.union(y.whenTrue)),
		whenFalse: c.whenTrue.union(x.whenFalse).intersect(c.whenFalse.union(y.whenFalse)),
	}
}

// read notes that a name's value is used.
func (s *student) read(name string, known set) {
	s.uses[name] = true
	if known[impossible] || known[name] {
		return
	}
	for i, r := range name {
		if r != '.' || !known[name[:i]] {
			continue
		}
		if t, ok := s.env.lookup(strings.Split(name[:i], ".")); ok && t.Fields == nil {
			return // a set map's missing entry reads as nil, which is no fault
		}
	}
	s.reads[name] = true
}

// test notes that a name is tested and tells what the test proves: with a.b,
// a is set too.
func (s *student) test(name string) set {
	s.has[name] = true
	proved := set{name: true}
	for i, r := range name {
		if r == '.' {
			proved[name[:i]] = true
		}
	}
	return proved
}
