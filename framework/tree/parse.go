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
// returns nil if the list has errors, and an empty map for an empty file.
func Parse(file string, src []byte) (*Node, diag.List) {
	p := parser{file: file, src: src}
	if !p.screen() {
		return nil, p.list
	}
	doc, ok := p.decode()
	if !ok {
		return nil, p.list
	}
	root := &Node{Kind: Map, Pos: p.pos(1, 1)}
	if doc != nil {
		root = p.node(doc, 0)
		p.lostKeys()
	}
	if p.list.HasErrors() {
		return nil, p.list
	}
	return root, p.list
}

type parser struct {
	file  string
	src   []byte
	list  diag.List
	nodes int
	// texts are the first and last lines of texts after | and >.
	texts [][2]int
}

func (p *parser) pos(line, col int) diag.Pos {
	return diag.Pos{File: p.file, Line: line, Col: col}
}

// screen refuses, before the YAML library sees it, what that library would
// take too long for.
func (p *parser) screen() bool {
	switch {
	case len(p.src) > MaxSize:
		p.list.Errorf(p.pos(1, 1), RuleTooLarge, "the file has %d bytes; at most %d (1 MiB) are read", len(p.src), MaxSize)
	case !utf8.Valid(p.src):
		p.list.Errorf(p.place(invalidUTF8(p.src)), RuleSyntax, "this byte is not valid UTF-8; save the file as UTF-8")
	case bytes.IndexByte(p.src, 0) >= 0:
		p.list.Errorf(p.place(bytes.IndexByte(p.src, 0)), RuleSyntax, "a NUL byte; save the file as UTF-8 text")
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

// decode reads the only document; nil stands for an empty file.
func (p *parser) decode() (*yaml.Node, bool) {
	dec := yaml.NewDecoder(bytes.NewReader(p.src))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, true
	}
	if err != nil {
		p.syntax(err)
		return nil, false
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			p.syntax(err)
			return nil, false
		}
		p.list.Errorf(p.pos(max(more.Line, 1), max(more.Column, 1)), RuleUnsupported,
			"a second document begins here; write one document a file, without ---")
		return nil, false
	}
	return doc.Content[0], true
}
