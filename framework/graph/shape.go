package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Bounds of the JSON that is decoded. Real callbacks stay far below them.
const (
	maxDepth = 32   // objects and arrays inside each other
	maxKeys  = 128  // keys of one object
	maxItems = 1000 // items of one array
	maxKey   = 1024 // bytes of one key
)

var (
	errTooDeep   = fmt.Errorf("objects and arrays are nested more than %d deep", maxDepth)
	errTooMany   = fmt.Errorf("an object has more than %d keys or an array more than %d items", maxKeys, maxItems)
	errLongKey   = fmt.Errorf("a key has more than %d bytes", maxKey)
	errUnclosed  = errors.New("a string, object or array is not closed")
	errUnmatched = errors.New("an object or array is closed that was not opened")
)

// frame is an object or array that is open.
type frame struct {
	object   bool
	wantKey  bool // the next string is a key
	firstKey int  // index of the object's first key in keys.list
	items    int  // commas so far
}

// shape walks over JSON text before it is decoded. It refuses what would make
// decoding expensive, and objects with a key twice: encoding/json ignores the
// case of keys and takes the last, other readers do not, and a body that two
// readers understand differently is not to be trusted. It does not check the
// syntax; the decoder does that.
type shape struct {
	frames [maxDepth]frame
	depth  int
}

// keys are those of all open objects. They are handed from hand to hand, and so
// stay on the stack.
type keys struct {
	list   []key
	folded []byte // their texts, with the differences of case removed
}

// key is a key of an open object: where its text is in keys.folded.
type key struct{ from, to int32 }

// checkShape says what is wrong with the shape of a JSON text.
func checkShape(body []byte) error {
	var s shape
	known := keys{make([]key, 0, 32), make([]byte, 0, 256)}
	for i := 0; i < len(body); i++ {
		var err error
		switch c := body[i]; c {
		case '{', '[':
			err = s.open(c == '{', len(known.list))
		case '}', ']':
			known, err = s.close(c == '}', known)
		case ',':
			err = s.comma()
		case '"':
			end := stringEnd(body, i)
			if end < 0 {
				return errUnclosed
			}
			known, err = s.text(body[i+1:end], known)
			i = end
		}
		if err != nil {
			return fmt.Errorf("at byte %d: %w", i, err)
		}
	}
	if s.depth > 0 {
		return errUnclosed
	}
	return nil
}

func (s *shape) open(object bool, firstKey int) error {
	if s.depth == maxDepth {
		return errTooDeep
	}
	s.frames[s.depth] = frame{object: object, wantKey: object, firstKey: firstKey}
	s.depth++
	return nil
}

func (s *shape) close(object bool, known keys) (keys, error) {
	if s.depth == 0 || s.frames[s.depth-1].object != object {
		return known, errUnmatched
	}
	s.depth--
	if first := s.frames[s.depth].firstKey; first < len(known.list) {
		known.folded = known.folded[:known.list[first].from]
		known.list = known.list[:first]
	}
	return known, nil
}

func (s *shape) comma() error {
	if s.depth == 0 {
		return nil // the decoder reports it
	}
	f := &s.frames[s.depth-1]
	f.items++
	f.wantKey = f.object
	if f.object && f.items >= maxKeys || f.items >= maxItems {
		return errTooMany
	}
	return nil
}

// text takes a string, without its quotes.
func (s *shape) text(raw []byte, known keys) (keys, error) {
	if s.depth == 0 || !s.frames[s.depth-1].wantKey {
		return known, nil
	}
	f := &s.frames[s.depth-1]
	f.wantKey = false
	if len(raw) > maxKey {
		return known, errLongKey
	}
	name := unescape(raw)
	from := len(known.folded)
	known.folded = appendFolded(known.folded, name)
	text := known.folded[from:]
	for _, k := range known.list[f.firstKey:] {
		if bytes.Equal(known.folded[k.from:k.to], text) {
			return known, fmt.Errorf("an object has the key %.40q twice; case does not count", name)
		}
	}
	known.list = append(known.list, key{int32(from), int32(len(known.folded))})
	return known, nil
}

// appendFolded appends a text without its differences of case, as encoding/json
// sees it: each letter becomes the first of those that differ in case only.
func appendFolded(to, text []byte) []byte {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			to = append(to, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		for next := unicode.SimpleFold(r); ; next = unicode.SimpleFold(r) {
			wrapped := next <= r // SimpleFold goes around, smallest last
			r = next
			if wrapped {
				break
			}
		}
		to = utf8.AppendRune(to, r)
		i += size
	}
	return to
}

// stringEnd is the index of the quote that ends the string which starts at i,
// or -1.
func stringEnd(body []byte, i int) int {
	for i++; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// unescape is the text of a JSON string, given without its quotes.
func unescape(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	quoted := append(append([]byte{'"'}, raw...), '"')
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return raw // bad syntax, which the decoder reports
	}
	return []byte(text)
}
