package tree

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// node turns a YAML node into ours. What flow files do not use is reported; a
// node that cannot be read without it is faulty.
func (p *parser) node(y *yaml.Node, depth int) *Node {
	p.nodes++
	pos := p.pos(y.Line, y.Column)
	if p.full(pos, depth) || p.refused(y, pos) {
		return p.faulty(pos, p.whole)
	}
	switch y.Kind {
	case yaml.SequenceNode:
		return p.listNode(y, depth)
	case yaml.MappingNode:
		return p.mapNode(y, depth)
	default: // a scalar: aliases were refused
	}
	if y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		p.texts = append(p.texts, [2]int{y.Line, y.Line + strings.Count(y.Value, "\n") + 1})
	}
	return &Node{
		Kind: Scalar, Pos: pos, Value: y.Value, Tag: scalarTag(y),
		Quoted: y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0,
		Block:  y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0,
	}
}

// full reports whether the file is beyond a limit, or wrong in so many places
// that reading on helps nobody.
func (p *parser) full(pos diag.Pos, depth int) bool {
	switch {
	case len(p.list) >= maxFindings:
	case p.nodes == MaxNodes+1:
		p.list.Errorf(pos, RuleTooLarge, "the file has more than 100,000 keys and values")
	case p.nodes > MaxNodes:
	case depth > MaxDepth:
		p.list.Errorf(pos, RuleTooLarge, "lists and maps are nested more than %d deep", MaxDepth)
	default:
		return false
	}
	return true
}

// refused reports features of YAML that have no place in a flow file, and
// whether nobody can read the node without them.
func (p *parser) refused(y *yaml.Node, pos diag.Pos) bool {
	switch {
	case y.Kind == yaml.AliasNode:
		p.list.Errorf(pos, RuleUnsupported, "the alias *%s is not supported; write the value out", clip(y.Value))
		return true
	case y.Anchor != "":
		p.list.Errorf(pos, RuleUnsupported, "the anchor &%s is not supported; write the value out where it is needed", clip(y.Anchor))
	case y.Style&yaml.TaggedStyle != 0:
		p.list.Errorf(pos, RuleUnsupported, "the tag %s is not supported; leave it out, and put texts that look like numbers in quotes", clip(y.Tag))
		return true
	}
	return false
}

func (p *parser) listNode(y *yaml.Node, depth int) *Node {
	n := &Node{Kind: List, Pos: p.pos(y.Line, y.Column), Items: make([]*Node, 0, len(y.Content))}
	p.items(n, y.Content, depth+1)
	return n
}

// items adds the items of a list.
func (p *parser) items(n *Node, content []*yaml.Node, depth int) {
	for _, item := range content {
		if len(p.list) >= maxFindings {
			n.Items = append(n.Items, p.faulty(p.pos(item.Line, item.Column), p.whole))
			return
		}
		n.Items = append(n.Items, p.node(item, depth))
	}
}

func (p *parser) mapNode(y *yaml.Node, depth int) *Node {
	n := &Node{Kind: Map, Pos: p.pos(y.Line, y.Column)}
	if len(y.Content)/2 > MaxKeys {
		p.list.Errorf(n.Pos, RuleTooLarge, "a map with %d keys; at most %d are read", len(y.Content)/2, MaxKeys)
		return p.faulty(n.Pos, p.whole)
	}
	n.Entries = make([]Entry, 0, len(y.Content)/2)
	p.entries(n, make(map[string]int, len(y.Content)/2), y.Content, depth+1)
	return n
}

// entries adds the entries of a map, whose keys and values take turns. at has
// the indexes of the entries by key.
func (p *parser) entries(n *Node, at map[string]int, content []*yaml.Node, depth int) {
	for i := 0; i+1 < len(content); i += 2 {
		e, ok := p.key(content[i])
		if !ok || len(p.list) >= maxFindings {
			n.Gaps = true
			p.lose(p.whole)
		}
		if len(p.list) >= maxFindings {
			return
		}
		if e.Value = p.node(content[i+1], depth); ok {
			p.add(n, at, e)
		}
	}
}

// add puts an entry into a map, where its key must be new.
func (p *parser) add(n *Node, at map[string]int, e Entry) {
	i, again := at[e.Key]
	if !again {
		at[e.Key] = len(n.Entries)
		n.Entries = append(n.Entries, e)
		return
	}
	first, hint := &n.Entries[i], ""
	if i == 0 && p.afterDash(first.KeyPos) && first.KeyPos.Line < e.KeyPos.Line {
		hint = "; another item begins with a -"
	}
	p.list.Errorf(e.KeyPos, RuleDuplicateKey, "the key %q stands here a second time; the first is at line %d%s", clip(e.Key), first.KeyPos.Line, hint)
	if first.Value.Null() {
		*first, e = e, *first // better than nothing
	}
	n.Repeats = append(n.Repeats, e)
}

// afterDash says that a list's dash stands before a place.
func (p *parser) afterDash(pos diag.Pos) bool {
	line, _ := p.line(pos.Line - p.before)
	before := []rune(line)[:min(pos.Col-1, len([]rune(line)))]
	return strings.TrimSpace(string(before)) == "-"
}

// key reads the key of a map's entry.
func (p *parser) key(y *yaml.Node) (Entry, bool) {
	p.nodes++
	e := Entry{Key: y.Value, KeyPos: p.pos(y.Line, y.Column), KeyTag: scalarTag(y),
		KeyQuoted: y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0}
	switch {
	case p.refused(y, e.KeyPos):
		return e, false
	case y.Kind != yaml.ScalarNode:
		p.list.Errorf(e.KeyPos, RuleSyntax, "a key must be a single value, not %s", kindOf(y))
		return e, false
	case y.Tag == "!!merge" || y.Value == "<<" && !e.KeyQuoted:
		p.list.Errorf(e.KeyPos, RuleUnsupported, "the merge key << is not supported; write the keys out")
		return e, false
	}
	return e, true
}

func kindOf(y *yaml.Node) Kind {
	if y.Kind == yaml.SequenceNode {
		return List
	}
	return Map
}

// scalarTag is the resolved tag. What YAML would read as a time stays text.
func scalarTag(y *yaml.Node) string {
	switch tag := y.ShortTag(); tag {
	case TagInt, TagFloat, TagBool, TagNull:
		return tag
	}
	return TagString
}

// clip shortens a text for a message.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return strings.ToValidUTF8(s, "?")
}
