package graph

import (
	"encoding/json"
	"unicode/utf8"
)

// scan reads JSON text from front to back, in a fraction of the time that
// reflection takes. It knows what is usual; at whatever is not (a value of
// another type, bad syntax, a key in letters that are not ASCII) it turns bad,
// and encoding/json has to judge the text. Keys come in lower case, since case
// does not count. The text's shape was checked: no key comes twice.
type scan struct {
	text []byte
	at   int
	bad  bool
	fold [32]byte // the last key; no key that is known is longer
}

// peek is the next byte that is no space, 0 at the end.
func (s *scan) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// take steps over a byte, which has to come next.
func (s *scan) take(c byte) bool {
	if s.bad || s.peek() != c {
		s.bad = true
		return false
	}
	s.at++
	return true
}

// null steps over null, if it comes next.
func (s *scan) null() bool {
	if s.peek() != 'n' {
		return false
	}
	if len(s.text)-s.at < len("null") || string(s.text[s.at:s.at+len("null")]) != "null" {
		s.bad = true
	}
	s.at += len("null")
	return true
}

// first opens an object and reads its first key; it is false if there is none.
func (s *scan) first() ([]byte, bool) {
	if !s.take('{') {
		return nil, false
	}
	if s.peek() == '}' {
		s.at++
		return nil, false
	}
	return s.key()
}

// next reads the key after a value; it is false at the object's end.
func (s *scan) next() ([]byte, bool) {
	if !s.bad && s.peek() == '}' {
		s.at++
		return nil, false
	}
	if !s.take(',') {
		return nil, false
	}
	return s.key()
}

// more begins an array's first item, or the one after another; it is false at
// the array's end.
func (s *scan) more(first bool) bool {
	if first && !s.take('[') {
		return false
	}
	if !s.bad && s.peek() == ']' {
		s.at++
		return false
	}
	return first || s.take(',')
}

// key reads a key and its colon.
func (s *scan) key() ([]byte, bool) {
	quoted, plain := s.quoted()
	if s.bad || !plain {
		s.bad = true
		return nil, false
	}
	name := quoted[1 : len(quoted)-1]
	if len(name) <= len(s.fold) {
		name = s.fold[:copy(s.fold[:], name)]
		for i, c := range name {
			if 'A' <= c && c <= 'Z' {
				name[i] = c + 'a' - 'A'
			}
		}
	}
	return name, s.take(':')
}

// quoted reads a string with its quotes. A plain one is ASCII without escapes.
func (s *scan) quoted() (text []byte, plain bool) {
	if !s.take('"') {
		return nil, false
	}
	from := s.at - 1
	for plain = true; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[from:s.at], plain
		case c == '\\':
			plain = false
			s.at++
		case c < ' ', c >= utf8.RuneSelf:
			plain = false
		}
	}
	s.bad = true
	return nil, false
}

// str reads a string; null is the empty one.
func (s *scan) str() string {
	if s.null() {
		return ""
	}
	quoted, plain := s.quoted()
	switch {
	case s.bad:
		return ""
	case plain:
		return usual(quoted[1 : len(quoted)-1])
	}
	var text string
	s.bad = json.Unmarshal(quoted, &text) != nil
	return text
}

// skipText steps over a string or null.
func (s *scan) skipText() {
	if c := s.peek(); c != '"' && c != 'n' {
		s.bad = true
	}
	s.value()
}

// usual is a text, without another copy of those that come in every callback.
func usual(text []byte) string {
	switch string(text) {
	case TypeCall:
		return TypeCall
	case TypeResultInfo:
		return TypeResultInfo
	case TypeToneInfo:
		return TypeToneInfo
	case TypePlayPromptOperation:
		return TypePlayPromptOperation
	case TypeRecordOperation:
		return TypeRecordOperation
	}
	return string(text)
}

// word is a string in a type that knows its values; v if it is null.
func word[T any, P interface {
	*T
	UnmarshalText(text []byte) error
}](s *scan, v T) T {
	if s.null() {
		return v
	}
	quoted, plain := s.quoted()
	if s.bad || !plain || P(&v).UnmarshalText(quoted[1:len(quoted)-1]) != nil {
		s.bad = true
	}
	return v
}

// decode leaves a value to encoding/json, which reads it into a copy of v: so
// what v is a part of needs no place on the heap.
func decode[T any](s *scan, v T) T {
	if value := s.value(); !s.bad {
		s.bad = json.Unmarshal(value, &v) != nil
	}
	return v
}

// value reads a value of any type.
func (s *scan) value() []byte {
	c, from := s.peek(), s.at
	if s.bad {
		return nil
	}
	plain := false
	switch c {
	case '"':
		_, plain = s.quoted()
	case '{', '[':
		s.group()
	default:
		for s.at < len(s.text) && !ends(s.text[s.at]) {
			s.at++
		}
	}
	if value := s.text[from:min(s.at, len(s.text))]; plain || json.Valid(value) {
		return value
	}
	s.bad = true
	return nil
}

// group steps over an object or array, to its last bracket.
func (s *scan) group() {
	for depth := 0; s.at < len(s.text) && !s.bad; {
		switch s.text[s.at] {
		case '"':
			s.quoted()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return
		}
	}
	s.bad = true
}

// ends reports whether a number, true, false or null ends before a byte.
func ends(c byte) bool {
	switch c {
	case ',', '}', ']', ' ', '\n', '\t', '\r':
		return true
	}
	return false
}
