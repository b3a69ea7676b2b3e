package tree

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Rules of the findings that Parse makes.
const (
	RuleSyntax       = "syntax"
	RuleDuplicateKey = "duplicate-key"
	RuleUnsupported  = "yaml-feature" // valid YAML that flow files do not use
	RuleTooLarge     = "too-large"
)

// maxFindings ends the reading of a file that is wrong everywhere.
const maxFindings = 20

// Parse reads one YAML document. The file name is used in positions only. It
// goes on after a fault, and returns nil only if nothing could be read. An
// empty file is an empty map.
func Parse(file string, src []byte) (*Node, diag.List) {
	budget := maxReread
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	p := parser{file: file, src: src, whole: src, budget: &budget}
	if !p.screen() {
		return nil, p.list
	}
	root := p.read(0)
	if root.Faulty() {
		return nil, p.list
	}
	root.Unread = p.unread
	return root, p.list
}

// parser reads a file, or a part of it.
type parser struct {
	file   string
	whole  []byte // the file
	src    []byte // what of it this parser reads
	before int    // lines before src
	list   diag.List
	nodes  int
	// texts are the first and last lines of texts after | and >.
	texts  [][2]int
	unread string // what could not be read
	budget *int   // bytes that may still be read a second time
}

// pos is a place of src in the file.
func (p *parser) pos(line, col int) diag.Pos {
	return diag.Pos{File: p.file, Line: p.before + line, Col: col}
}

// screen refuses, before the YAML library sees it, what that library would
// take too long for.
func (p *parser) screen() bool {
	switch {
	case len(p.src) > MaxSize:
		p.list.Errorf(p.pos(1, 1), RuleTooLarge, "the file has %d bytes; at most %d (1 MiB) are read", len(p.src), MaxSize)
	case bytes.HasPrefix(p.src, []byte("\xff\xfe")), bytes.HasPrefix(p.src, []byte("\xfe\xff")):
		p.list.Errorf(p.pos(1, 1), RuleSyntax, "the file is in UTF-16; save it as UTF-8")
	case bytes.IndexByte(p.src, 0) >= 0:
		p.list.Errorf(p.place(bytes.IndexByte(p.src, 0)), RuleSyntax, "a NUL byte: this is no text file")
	case !utf8.Valid(p.src):
		at := invalidUTF8(p.src)
		p.list.Errorf(p.place(at), RuleSyntax, "this byte (0x%02x) is not valid UTF-8; save the file as UTF-8", p.src[at])
	default:
		return p.screenShape()
	}
	return false
}

func invalidUTF8(src []byte) int {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(src)
}

// place is the position of a byte.
func (p *parser) place(offset int) diag.Pos {
	before := p.src[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return p.pos(bytes.Count(before, []byte{'\n'})+1, utf8.RuneCount(before[start:])+1)
}

// read is the tree of the source. A part of it that cannot be read is reported
// and faulty.
func (p *parser) read(depth int) *Node {
	doc, err := p.decode()
	switch {
	case err != nil:
		return p.reread(err, depth)
	case doc == nil:
		return &Node{Kind: Map, Pos: p.pos(1, 1)}
	}
	root := p.node(doc, depth)
	p.lostKeys()
	return root
}

// errSecond is the error of decode for a file of two documents.
var errSecond = errors.New("a second document")

// decode reads the only document; nil stands for an empty file.
func (p *parser) decode() (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(p.src))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		p.list.Errorf(p.pos(max(more.Line, 1), max(more.Column, 1)), RuleUnsupported,
			"a second document begins here; write one document a file, without ---")
		return nil, errSecond
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return doc.Content[0], nil
}

// faulty is a node that could not be read, with its text.
func (p *parser) faulty(pos diag.Pos, text []byte) *Node {
	p.lose(text)
	return &Node{Kind: faulty, Pos: pos}
}

// lose keeps a text that could not be read; after the whole file nothing is
// left to lose.
func (p *parser) lose(text []byte) {
	if len(p.unread) < len(p.whole) {
		p.unread += string(text) + "\n"
	}
}
