package tree

import (
	"bytes"
	"errors"
	"regexp"
	"slices"

	"gopkg.in/yaml.v3"
)

// The YAML library says nothing of a text but its first error. So that this
// does not hide what is right and wrong elsewhere, a text with an error is
// parted, and the parts are read apart: first half of them, then half of those
// in which the error is. A part with an error is parted again, until what
// cannot be read is small.
const (
	maxReread = 256 << 10 // bytes that are read again, in all
	maxParted = 8         // how often a part is parted
)

// reread reads a text with an error part by part.
func (p *parser) reread(err error, depth int) *Node {
	before := len(p.list)
	cost := 2 * len(p.src) // for one error: the text, half of it, a quarter...
	if parts := parted(p.src); len(parts) > 0 && depth < maxParted && !errors.Is(err, errSecond) && *p.budget >= cost {
		*p.budget -= cost
		if n := p.assemble(parts, err, depth); len(p.list) > before {
			return n
		} // else it is an error of none of the parts
	}
	p.report(err)
	return p.faulty(p.firstColumn(1), p.src)
}

// report says what is wrong with a text that is not parted further.
func (p *parser) report(err error) {
	if errors.Is(err, errSecond) {
		return // reported
	}
	p.syntax(err)
	if !bytes.ContainsAny(p.src, "|>") { // no text in which a # is just a #
		p.lostKeys()
	}
}

// assembly is a list or a map that is put together from parts of p's text.
type assembly struct {
	p     *parser
	n     *Node
	at    map[string]int // key -> index of its entry
	depth int
}

// assemble is the list or the map that parts make. err is the error of all of
// them together.
func (p *parser) assemble(parts []part, err error, depth int) *Node {
	a := assembly{p: p, n: &Node{Kind: Map, Pos: p.pos(parts[0].before+1, parts[0].indent+1)}, at: map[string]int{}, depth: depth}
	if parts[0].dash {
		a.n.Kind = List
	}
	if !a.add(parts, err) {
		a.n.Gaps = true
	}
	return a.n
}

// add reads parts, together if that can be done. It answers false if those that
// follow cannot be told from what is wrong. err is their error; nil if they
// were not yet read.
func (a *assembly) add(parts []part, err error) bool {
	first, last := parts[0], parts[len(parts)-1]
	c := a.p.child(a.p.src[first.from:last.to], first.before)
	odd := slices.ContainsFunc(parts, func(p part) bool { return p.odd })
	switch {
	case len(a.p.list) >= maxFindings:
		a.p.lose(a.p.whole)
		return false
	case first.odd:
		c.odd(a.n)
		a.p.adopt(c)
		return len(parts) == 1 || a.add(parts[1:], nil)
	case err == nil && !odd:
		if err = a.together(c); err == nil {
			return true
		}
	}
	if len(parts) == 1 {
		return a.alone(c, err)
	}
	half := len(parts) / 2
	return a.add(parts[:half], nil) && a.add(parts[half:], nil)
}

// together adds all that a text holds.
func (a *assembly) together(c *parser) error {
	doc, err := c.decode()
	if err != nil {
		return err
	}
	if a.n.Kind == Map {
		c.entries(a.n, a.at, doc.Content, a.depth+1)
	} else {
		c.items(a.n, doc.Content, a.depth+1)
	}
	c.lostKeys()
	a.p.adopt(c)
	return nil
}

// alone adds one part that has an error.
func (a *assembly) alone(c *parser, err error) bool {
	goOn := true
	if a.n.Kind == List {
		c.src = bytes.Replace(c.src, []byte{'-'}, []byte{' '}, 1)
		a.n.Items = append(a.n.Items, c.read(a.depth+1))
	} else {
		e, ok := c.entry(err, a.depth+1)
		if ok {
			c.add(a.n, a.at, e)
		}
		a.n.Gaps = a.n.Gaps || !ok
		// What begins in a part that cannot be read may go on below it.
		goOn = a.depth == 0 || ok && !e.Value.Faulty() || !c.opensBelow()
	}
	a.p.adopt(c)
	if !goOn {
		a.p.lose(a.p.src)
	}
	return goOn
}

var loneWord = regexp.MustCompile(`^ *[A-Za-z0-9_.-]+\s*(?:#.*)?\n`)

// odd reports a part that is neither an entry of a map nor an item of a list.
func (p *parser) odd(n *Node) {
	pos := p.firstColumn(1)
	if n.Kind == List {
		n.Items = append(n.Items, p.faulty(pos, p.src))
	} else {
		n.Gaps = true
		p.lose(p.src)
	}
	mend := "a key was expected here; check the indentation, and that quotes before it are closed"
	if p.blame(1) {
		return
	}
	switch {
	case n.Kind == List:
		mend = "a list goes on here without '-'; check the indentation"
	case loneWord.Match(p.src):
		mend = "this key lacks its ':'"
	}
	p.list.Errorf(pos, RuleSyntax, "this is not valid YAML: %s", mend)
}

var (
	bareKey = regexp.MustCompile(`\n[ \t]*[A-Za-z0-9_.-]+\s*:[ \t\r]*(?:#.*)?(?:\n|$)`)
	anyItem = regexp.MustCompile(`\n[ \t]*-\s`)
)

// opensBelow reports lines after the first that begin a map or a list of their
// own, or, if the entry's value is beside its key, an item.
func (p *parser) opensBelow() bool {
	return bareKey.Match(p.src) || p.body() == nil && anyItem.Match(p.src)
}

// child reads a part of p's text.
func (p *parser) child(text []byte, before int) *parser {
	return &parser{file: p.file, whole: p.whole, src: text, before: p.before + before, nodes: p.nodes, budget: p.budget}
}

// adopt takes over what a child found.
func (p *parser) adopt(c *parser) {
	p.list = append(p.list, c.list...)
	p.nodes = c.nodes
	if c.unread != "" {
		p.lose([]byte(c.unread))
	}
}

// entry reads a text that is a map of one entry and has an error. It answers
// false if not even the key can be read.
func (p *parser) entry(err error, depth int) (Entry, bool) {
	e, ok := p.header()
	if !ok {
		p.report(err)
		p.lose(p.src)
		return e, false
	}
	if body := p.body(); body != nil {
		e.Value = body.read(depth)
		p.adopt(body)
		return e, true
	}
	p.report(err)
	e.Value = p.faulty(e.KeyPos, p.src)
	return e, true
}

// header reads the key that the text begins with.
func (p *parser) header() (Entry, bool) {
	line, _ := p.line(1)
	c := p.child([]byte(keyLine.FindString(line)), 0)
	doc, err := c.decode()
	if err != nil || doc == nil || doc.Kind != yaml.MappingNode || len(doc.Content) != 2 {
		return Entry{}, false
	}
	e, ok := c.key(doc.Content[0])
	p.adopt(c)
	return e, ok
}

// body is what stands below the key that the text begins with; nil if the
// value begins beside it.
func (p *parser) body() *parser {
	head, rest, _ := bytes.Cut(p.src, []byte{'\n'})
	beside := head[len(keyLine.Find(head)):]
	if !isNothing(beside) || !slices.ContainsFunc(bytes.Split(rest, []byte{'\n'}), func(line []byte) bool { return !isNothing(line) }) {
		return nil
	}
	return p.child(rest, 1)
}
