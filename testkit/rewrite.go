package testkit

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// replaceNode puts another value in the place of a node, and leaves all around it
// as it is. It is false if it is not clear where the node ends.
func replaceNode(src []byte, n *tree.Node, with renewal) ([]byte, bool) {
	start, end, ok := span(src, n)
	if !ok {
		return nil, false
	}
	text := with.text
	switch {
	case with.list && n.Kind == tree.List && len(n.Items) == len(with.items) && len(n.Items) > 0:
		return replaceItems(src, n, with.items)
	case with.list && n.Kind == tree.List && src[start] == '-' && len(with.items) > 0:
		indent := "\n" + strings.Repeat(" ", n.Pos.Col-1)
		text = "- " + strings.Join(with.items, indent+"- ")
	case with.list && n.Kind != tree.List && len(with.items) == 1:
		text = with.items[0]
	case with.list:
		text = "[" + strings.Join(with.items, ", ") + "]"
	case n.Value == "silence": // alone
		text = "silence: " + text
	}
	return splice(src, start, end, text), true
}

// replaceItems replaces the items of a list that differ.
func replaceItems(src []byte, n *tree.Node, items []string) ([]byte, bool) {
	for i, text := range slices.Backward(items) { // from the end, so that places stay
		start, end, ok := span(src, n.Items[i])
		if !ok {
			return nil, false
		}
		if yamlText(plainValue(n.Items[i])) != text {
			src = splice(src, start, end, text)
		}
	}
	return src, true
}

func splice(src []byte, start, end int, text string) []byte {
	return bytes.Join([][]byte{src[:start], []byte(text), src[end:]}, nil)
}

// span is where a node begins and ends in the source.
func span(src []byte, n *tree.Node) (start, end int, ok bool) {
	start, ok = offset(src, n.Pos)
	if !ok || start >= len(src) {
		return 0, 0, false
	}
	switch c := src[start]; {
	case n.Kind == tree.Scalar && n.Quoted:
		end = quotedEnd(src, start)
	case n.Kind == tree.Scalar:
		if n.Block || n.Value == "" || !bytes.HasPrefix(src[start:], []byte(n.Value)) {
			return 0, 0, false // a text of several lines, or nothing
		}
		end = start + len(n.Value)
	case c == '[' || c == '{':
		end = bracketEnd(src, start)
	case len(n.Items) > 0:
		_, end, ok = span(src, n.Items[len(n.Items)-1])
	case len(n.Entries) > 0:
		_, end, ok = span(src, n.Entries[len(n.Entries)-1].Value)
	}
	return start, end, ok && end > start
}

// offset is the byte of a place.
func offset(src []byte, pos diag.Pos) (int, bool) {
	at := 0
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		at = len("\ufeff")
	}
	for range pos.Line - 1 {
		i := bytes.IndexByte(src[at:], '\n')
		if i < 0 {
			return 0, false
		}
		at += i + 1
	}
	for range pos.Col - 1 {
		_, size := utf8.DecodeRune(src[at:])
		at += size
	}
	return at, at <= len(src)
}

// quotedEnd is the byte after a text in quotes; 0 if it does not end.
func quotedEnd(src []byte, start int) int {
	quote := src[start]
	for i := start + 1; i < len(src); i++ {
		switch {
		case src[i] == '\\' && quote == '"':
			i++
		case src[i] == quote && quote == '\'' && i+1 < len(src) && src[i+1] == quote:
			i++
		case src[i] == quote:
			return i + 1
		}
	}
	return 0
}

// bracketEnd is the byte after a list in [ ] or a map in { }; 0 if it does not end.
func bracketEnd(src []byte, start int) int {
	depth := 0
	for i := start; i < len(src); i++ {
		begins := i == start || strings.IndexByte(" \t\n,[{:", src[i-1]) >= 0
		switch c := src[i]; {
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case (c == '"' || c == '\'') && begins:
			end := quotedEnd(src, i)
			if end == 0 {
				return 0
			}
			i = end - 1
		case c == '#' && begins:
			for i < len(src) && src[i] != '\n' {
				i++
			}
		}
	}
	return 0
}
