package tree

import (
	"bytes"
	"errors"
	"regexp"

	"gopkg.in/yaml.v3"
)

// The YAML library says nothing of a text but its first error. So that this
// does not hide what is right and wrong elsewhere, a text with an error is
// parted, and each part is read by itself; a part with an error is parted
// again, until what cannot be read is small.
const (
	maxReread = 512 << 10 // bytes that are read again, in all
	maxParted = 8         // how often a part is parted
)

// reread reads a text with an error part by part.
func (p *parser) reread(err error, depth int) *Node {
	if !errors.Is(err, errSecond) && depth < maxParted && *p.budget >= len(p.src) {
		*p.budget -= len(p.src)
		before := len(p.list)
		if n := p.assemble(parted(p.src), err, depth); len(p.list) > before {
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

// assemble is the list or the map that parts make; nil without parts. whole is
// the error of the text.
func (p *parser) assemble(parts []part, whole error, depth int) *Node {
	if len(parts) == 0 {
		return nil
	}
	n := &Node{Kind: Map, Pos: p.pos(parts[0].before+1, parts[0].indent+1)}
	if parts[0].dash {
		n.Kind = List
	}
	at := map[string]int{}
	for _, part := range parts {
		if len(p.list) >= maxFindings {
			p.lose(p.whole)
			break
		}
		c := p.child(p.src[part.from:part.to], part.before)
		doc, err := (*yaml.Node)(nil), whole
		if len(parts) > 1 && !part.odd {
			doc, err = c.decode()
		}
		goOn := true
		switch {
		case part.odd:
			c.odd(n)
		case part.dash:
			n.Items = append(n.Items, c.item(doc, depth+1))
		default:
			e, ok := c.entry(doc, err, depth+1)
			if ok {
				c.add(n, at, e)
			}
			goOn = depth == 0 || ok && !e.Value.Faulty() || !c.opensBelow()
			n.Gaps = n.Gaps || !ok || !goOn
		}
		p.adopt(c)
		if !goOn { // perhaps the lines below belong to what begins in this part
			p.lose(p.src[part.to:])
			break
		}
	}
	return n
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
	if at, culprit, ok := p.culprit(1); ok {
		p.list.Errorf(at, RuleSyntax, "%s", culprit)
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

// item reads a text that is a list of one item; doc is nil if it has an error.
func (p *parser) item(doc *yaml.Node, depth int) *Node {
	if doc != nil && doc.Kind == yaml.SequenceNode && len(doc.Content) == 1 {
		n := p.node(doc.Content[0], depth)
		p.lostKeys()
		return n
	}
	p.src = bytes.Replace(p.src, []byte{'-'}, []byte{' '}, 1)
	return p.read(depth)
}

// entry reads a text that is a map of one entry; doc is nil if it has an
// error. It answers false if not even the key can be read.
func (p *parser) entry(doc *yaml.Node, err error, depth int) (Entry, bool) {
	if doc != nil && doc.Kind == yaml.MappingNode && len(doc.Content) == 2 {
		e, ok := p.key(doc.Content[0])
		e.Value = p.node(doc.Content[1], depth)
		p.lostKeys()
		return e, ok
	}
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
	if !nothing.Match(beside) || nothing.Match(bytes.TrimSpace(rest)) {
		return nil
	}
	return p.child(rest, 1)
}
