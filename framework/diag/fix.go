package diag

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Fix is the certain mend of a finding: Text in the place of Old, which stands
// at Line and Col of the finding's file, on one line. The zero Fix is none.
type Fix struct {
	Line, Col int // as in Pos
	Old, Text string
}

// EndCol is the column after Old.
func (f Fix) EndCol() int { return f.Col + utf8.RuneCountInString(f.Old) }

// Certain finds the candidate that word was surely meant to be: no other is
// near, at most two letters differ, and the word is not so short that chance
// makes it look like another.
func Certain(word string, candidates []string) (string, bool) {
	const least, most = 4, 2
	meant, ok := Suggest(word, candidates)
	if !ok || utf8.RuneCountInString(word) < least {
		return "", false
	}
	lower := strings.ToLower(word)
	if distance(lower, strings.ToLower(meant)) > most {
		return "", false
	}
	for _, c := range candidates {
		if c != meant && len(c) <= len(word)+most && distance(lower, strings.ToLower(c)) <= most {
			return "", false
		}
	}
	return meant, true
}

// Mend gives the last finding a fix: new in the place of old at pos.
func (l List) Mend(pos Pos, old, text string) {
	if n := len(l); n > 0 && l[n-1].Pos.File == pos.File {
		l[n-1].Fix = Fix{Line: pos.Line, Col: pos.Col, Old: old, Text: text}
	}
}

// MendName gives the last finding, of a word at pos that is none of the
// candidates, a fix if it is certain which of them was meant.
func (l List) MendName(pos Pos, word string, candidates []string) {
	if meant, ok := Certain(word, candidates); ok {
		l.Mend(pos, word, meant)
	}
}

// Settle takes away the fixes whose Old does not stand where they say, as when
// it is written with escapes; source is the content of a file, nil if there is
// none. One within quotes is moved behind the first.
func (l List) Settle(source func(file string) []byte) {
	for i := range l {
		f := &l[i].Fix
		if f.Old == "" {
			continue
		}
		rest, ok := restAt(source(l[i].Pos.File), f.Line, f.Col)
		if ok && rest != "" && !strings.HasPrefix(rest, f.Old) && (rest[0] == '"' || rest[0] == '\'') && strings.HasPrefix(rest[1:], f.Old+rest[:1]) {
			f.Col++
			continue
		}
		if !ok || !strings.HasPrefix(rest, f.Old) {
			*f = Fix{}
		}
	}
}

// Fixes is the number of findings with a fix.
func (l List) Fixes() int {
	n := 0
	for _, d := range l {
		if d.Fix.Old != "" {
			n++
		}
	}
	return n
}

// Apply is a source with the fix made; false if Old does not stand in its
// place.
func (f Fix) Apply(src []byte) ([]byte, bool) {
	rest, ok := restAt(src, f.Line, f.Col)
	if !ok || f.Old == "" || !strings.HasPrefix(rest, f.Old) {
		return nil, false
	}
	at := lineStart(src, f.Line)
	line := src[at:]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	at += len(line) - len(rest)
	return append(append(append([]byte{}, src[:at]...), f.Text...), src[at+len(f.Old):]...), true
}

// restAt is what stands at a place, to the end of its line.
func restAt(src []byte, line, col int) (string, bool) {
	at := lineStart(src, line)
	if at < 0 || col < 1 {
		return "", false
	}
	text, _, _ := bytes.Cut(src[at:], []byte{'\n'})
	if line == 1 {
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
	}
	for range col - 1 {
		_, size := utf8.DecodeRune(text)
		text = text[size:]
	}
	return string(text), len(text) > 0
}

// lineStart is the offset of a line, -1 if there is none.
func lineStart(src []byte, line int) int {
	at := 0
	for range line - 1 {
		i := bytes.IndexByte(src[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
	}
	return at
}
