package tree

import (
	"bytes"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// The YAML library's errors are texts such as "yaml: line 3: did not find
// expected key". They have no column, and some have no line.
var (
	errorLine    = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)
	unknownAlias = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
	parserError  = regexp.MustCompile(`^did not find expected (key|node content|<document start>|'-' indicator|',' or '[\]}]')`)
	bareStar     = regexp.MustCompile(`(?:^|[\s{,])(\*\s*:)`)
	barePound    = regexp.MustCompile(`[{,]\s*(#\s*:)`)
	lostPound    = regexp.MustCompile(`^[ \t]*(#\s*:(?:\s|$))`)
	bareReserved = regexp.MustCompile("(?:^\\s*(?:- )?|: )([@`%])")
	earlyQuote   = regexp.MustCompile(`(?:^|[\s\[{,])'(?:[^']|'')*'([\pL\d])`)
	secondColon  = regexp.MustCompile(`^[^"'#]*?:\s+[^"'{\[#\s][^"'#]*?(:)(?:\s|$)`)
)

// syntax turns an error of the YAML library into a finding with a place and,
// where the cause is a common one, the mend.
func (p *parser) syntax(err error) {
	m := errorLine.FindStringSubmatch(err.Error())
	if m == nil {
		p.list.Errorf(p.pos(1, 1), RuleSyntax, "%s", err)
		return
	}
	line, _ := strconv.Atoi(m[1]) // no line: 0
	text := m[2]
	if parserError.MatchString(text) {
		line++ // this kind of error counts lines from 0
		if !strings.Contains(text, "<document start>") {
			line = p.locate(line, text)
		}
	}
	if alias := unknownAlias.FindStringSubmatch(text); alias != nil {
		at := max(bytes.Index(p.src, []byte("*"+alias[1])), 0)
		p.list.Errorf(p.place(at), RuleUnsupported, "the alias *%s is not supported; write the value out, or put it in quotes", clip(alias[1]))
		return
	}
	if p.blame(line) {
		return
	}
	if pos, ok := p.openQuote(); ok && strings.HasSuffix(text, "unexpected end of stream") {
		p.list.Errorf(pos, RuleSyntax, "this quote is not closed")
		return
	}
	p.list.Errorf(p.spot(line, text), RuleSyntax, "this is not valid YAML: %s", plain(text))
}

// spot is the place of an error of which only the line is known: that of a
// colon that stands in a text, else the first character.
func (p *parser) spot(line int, text string) diag.Pos {
	if line = max(line, 1); strings.Contains(text, "mapping values are not allowed") {
		content, _ := p.line(line)
		if len(content) > maxCulprit {
			return p.firstColumn(line)
		}
		if m := secondColon.FindStringSubmatchIndex(content); m != nil {
			return p.pos(line, utf8.RuneCountInString(content[:m[2]])+1)
		}
	}
	return p.firstColumn(line)
}

// maxLocate is the size of the texts in which the line of an error is searched
// for.
const maxLocate = 16 << 10

// locate finds the line of an error of which the library names only the line
// where the list or map around it begins: the error is in the first line that
// makes it appear.
func (p *parser) locate(line int, text string) int {
	if len(p.src) > maxLocate {
		return line
	}
	var ends []int
	for i, c := range p.src {
		if c == '\n' {
			ends = append(ends, i+1)
		}
	}
	n := sort.Search(len(ends), func(i int) bool {
		var y yaml.Node
		err := yaml.Unmarshal(p.src[:ends[i]], &y)
		return err != nil && strings.HasSuffix(err.Error(), text)
	})
	return n + 1
}

// plain puts the library's words into ours.
func plain(text string) string {
	for _, r := range [][2]string{
		{"mapping values are not allowed in this context", "a ':' where no key can stand; put a text that holds ': ' in quotes, or check the indentation"},
		{"did not find expected <document start>", "this does not go on with what stands above it; check the indentation"},
		{"did not find expected key", "a key was expected here; check the indentation, and that quotes before it are closed"},
		{"did not find expected '-' indicator", "a list goes on here without '-'; check the indentation"},
		{"did not find expected ',' or ']'", "a list in [ ] lacks a ',' or its ']'"},
		{"did not find expected ',' or '}'", "a map in { } lacks a ',' or its '}'; a text in it that holds ': ', ', ' or '?' needs quotes"},
		{"did not find expected node content", "a value was expected here; close the [ or {, and put a text that begins with #, -, ?, : or a comma in quotes"},
		{"could not find expected ':'", "a key lacks its ':'"},
		{"found unexpected end of stream", "a quote or a bracket is not closed"},
		{"found character that cannot start any token", "this character cannot stand here; put the text in quotes"},
		{"block sequence entries are not allowed in this context", "a list cannot begin here; begin it on a line of its own"},
	} {
		if strings.Contains(text, r[0]) {
			return r[1]
		}
	}
	return text
}

// maxCulprit is the length of the lines in which a culprit is looked for.
const maxCulprit = 2000

// blame reports a culprit, if there is one.
func (p *parser) blame(line int) bool {
	pos, mend, ok := p.culprit(line)
	if !ok {
		return false
	}
	p.list.Errorf(pos, RuleSyntax, "%s", mend)
	for _, key := range []string{"*", "#"} {
		if at, _ := p.line(pos.Line - p.before); strings.HasPrefix(after(at, pos.Col), key) {
			p.list.Mend(pos, key, `"`+key+`"`)
		}
	}
	return true
}

// after is a line from a column on.
func after(line string, col int) string {
	runes := []rune(line)
	return string(runes[min(col-1, len(runes)):])
}

// culprit looks for the faults that people make most, on the line that the
// library names and its neighbours (it counts from 0 or 1, as it happens).
func (p *parser) culprit(line int) (diag.Pos, string, bool) {
	for _, l := range []int{line, line + 1, line - 1} {
		text, ok := p.line(l)
		if !ok || len(text) > maxCulprit {
			continue
		}
		at := func(m []int) diag.Pos { return p.pos(l, utf8.RuneCountInString(text[:m[2]])+1) }
		if m := bareStar.FindStringSubmatchIndex(text); m != nil {
			return at(m), `a bare * is an alias in YAML; write the key as star or "*"`, true
		}
		if m := barePound.FindStringSubmatchIndex(text); m != nil {
			return at(m), `a bare # begins a comment in YAML; write the key as pound or "#"`, true
		}
		if m := bareReserved.FindStringSubmatchIndex(text); m != nil {
			return at(m), "a text cannot begin with " + text[m[2]:m[3]] + "; put it in quotes", true
		}
		if m := earlyQuote.FindStringSubmatchIndex(text); m != nil {
			return at(m), "the text in quotes ends before this; write '' for a ' in it, or put it in \" \"", true
		}
		if tab := indentTab(text); tab >= 0 {
			return p.pos(l, tab+1), "a tab in the indentation; use spaces", true
		}
		if mark := bareQuestion(text); mark >= 0 {
			return p.pos(l, utf8.RuneCountInString(text[:mark])+1), "a text within { } or [ ] that holds a ? needs quotes", true
		}
	}
	return diag.Pos{}, "", false
}

// bareQuestion is the first question mark of a line that stands within brackets
// and not in quotes, where YAML takes it for a mark of its own; -1 if there is
// none.
func bareQuestion(text string) int {
	for i := range len(text) {
		if text[i] != '?' {
			continue
		}
		if strings.Contains(text[:i], " #") {
			return -1
		}
		if open, quote := brackets([]byte(text[:i])); open > 0 && quote < 0 {
			return i
		}
	}
	return -1
}

// openQuote is the place of the first quote that does not close on its line.
func (p *parser) openQuote() (diag.Pos, bool) {
	number := 0
	for line := range bytes.Lines(p.src) {
		number++
		if _, at := brackets(line); at >= 0 {
			return p.pos(number, utf8.RuneCount(line[:at])+1), true
		}
	}
	return diag.Pos{}, false
}

// lostKeys reports comments that were meant as the key #.
func (p *parser) lostKeys() {
	if !bytes.Contains(p.src, []byte("#:")) && !bytes.Contains(p.src, []byte("# :")) {
		return
	}
	n := 0
	for line := range bytes.Lines(p.src) {
		n++
		if m := lostPound.FindSubmatchIndex(line); m != nil && !p.inText(n) {
			p.list.Errorf(p.pos(n, m[2]+1), RuleSyntax, `a bare # begins a comment in YAML; write the key as pound or "#"`)
			p.list.Mend(p.pos(n, m[2]+1), "#", `"#"`)
			if len(p.list) >= maxFindings {
				return
			}
		}
	}
}

func (p *parser) inText(line int) bool {
	return slices.ContainsFunc(p.texts, func(t [2]int) bool { return t[0] < line && line <= t[1] })
}

func indentTab(text string) int {
	for i := range len(text) {
		switch text[i] {
		case '\t':
			return i
		case ' ':
		default:
			return -1
		}
	}
	return -1
}

// firstColumn is the place of the first character of a line that is not
// blank.
func (p *parser) firstColumn(line int) diag.Pos {
	line = max(line, 1)
	text, _ := p.line(line)
	return p.pos(line, len(text)-len(strings.TrimLeft(text, " \t"))+1)
}

// line is the text of a line, which counts from 1.
func (p *parser) line(n int) (string, bool) {
	i := 0
	for line := range bytes.Lines(p.src) {
		if i++; i == n {
			return strings.TrimRight(string(line), "\r\n"), true
		}
	}
	return "", false
}
