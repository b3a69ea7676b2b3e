package schedule

import (
	"fmt"
	"strings"
	"unicode"
)

// kind is a kind of token.
type kind uint8

const (
	endOfText kind = iota
	word           // letters
	number         // digits
	clock          // 09:00
	quoted         // "a comment"
	mark           // any other character
)

// token is a piece of a text of hours. Its places count characters from 0.
type token struct {
	kind     kind
	text     string
	from, to int
}

func (t token) String() string {
	if t.kind == endOfText {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}

func (t token) is(text string) bool { return t.kind != endOfText && t.kind != quoted && t.text == text }

// scan cuts a text of hours into tokens. The last one is the end of the text.
func scan(text string) []token {
	var tokens []token
	chars := []rune(text)
	for at := 0; at < len(chars); {
		if unicode.IsSpace(chars[at]) {
			at++
			continue
		}
		t := tokenAt(chars, at)
		tokens = append(tokens, t)
		at = t.to
	}
	return append(tokens, token{kind: endOfText, from: len(chars), to: len(chars)})
}

// tokenAt is the token that begins at a place.
func tokenAt(chars []rune, at int) token {
	end, k := at+1, mark
	switch c := chars[at]; {
	case isDigit(c):
		end, k = run(chars, at, isDigit), number
		if minutes := run(chars, end+1, isDigit); end < len(chars) && chars[end] == ':' && minutes > end+1 {
			end, k = minutes, clock
		}
	case unicode.IsLetter(c):
		end, k = run(chars, at, unicode.IsLetter), word
	case c == '"':
		end, k = closing(chars, at), quoted
	case strings.ContainsRune("–—−‐‑", c): // dashes that people type for a hyphen
		return token{kind: mark, text: "-", from: at, to: end}
	}
	return token{kind: k, text: string(chars[at:end]), from: at, to: end}
}

func isDigit(c rune) bool { return '0' <= c && c <= '9' }

// run is the end of the characters of a kind that begin at a place.
func run(chars []rune, at int, is func(rune) bool) int {
	for at < len(chars) && is(chars[at]) {
		at++
	}
	return at
}

// closing is the place after the quote that ends what begins at a place.
func closing(chars []rune, at int) int {
	for i := at + 1; i < len(chars); i++ {
		if chars[i] == '"' {
			return i + 1
		}
	}
	return len(chars)
}
