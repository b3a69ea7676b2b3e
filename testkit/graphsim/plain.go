package graphsim

import (
	"encoding/json"
	"strings"
)

// plainObject reads the JSON that clients usually send: an object without white space,
// whose numbers are whole, and no name twice or with a "$". Of all else it says
// that it is not plain, and decodeBody looks at it in full.
func plainObject(b []byte) (object, bool) {
	p := plain{text: string(b)}
	body, ok := p.value(0).(object)
	return body, ok && !p.odd && p.at == len(p.text)
}

// plain is a place in plain JSON. Texts are parts of the whole.
type plain struct {
	text string
	at   int
	odd  bool
}

// maxPlainDepth is far below what the standard library reads.
const maxPlainDepth = 32

func (p *plain) take(c byte) bool {
	if p.odd || p.at >= len(p.text) || p.text[p.at] != c {
		return false
	}
	p.at++
	return true
}

func (p *plain) value(depth int) any {
	switch {
	case depth > maxPlainDepth:
	case p.take('"'):
		return p.rest()
	case p.take('{'):
		return p.object(depth)
	case p.take('['):
		return p.list(depth)
	default:
		return p.word()
	}
	p.odd = true
	return nil
}

// rest is a text behind its first quote.
func (p *plain) rest() string {
	from, simple := p.at, true
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"' && simple:
			p.at++
			return p.text[from : p.at-1]
		case c == '"':
			p.at++
			var text string
			p.odd = json.Unmarshal([]byte(p.text[from-1:p.at]), &text) != nil
			return text
		case c == '\\':
			p.at++
			simple = false
		case c < ' ', c > '~':
			simple = false
		}
	}
	p.odd = true
	return ""
}

func (p *plain) object(depth int) object {
	m := object{}
	for more := !p.take('}'); more && !p.odd; more = !p.take('}') {
		if len(m) > 0 && !p.take(',') || !p.take('"') {
			p.odd = true
			break
		}
		name := p.rest()
		if _, twice := m[name]; twice || strings.HasPrefix(name, "$") || !p.take(':') {
			p.odd = true
			break
		}
		m[name] = p.value(depth + 1)
	}
	return m
}

func (p *plain) list(depth int) []any {
	list := []any{}
	for more := !p.take(']'); more && !p.odd; more = !p.take(']') {
		if len(list) > 0 && !p.take(',') {
			p.odd = true
			break
		}
		list = append(list, p.value(depth+1))
	}
	return list
}

// word is a number, true, false or null.
func (p *plain) word() any {
	end := strings.IndexAny(p.text[p.at:], ",]}")
	if end <= 0 {
		p.odd = true
		return nil
	}
	w := p.text[p.at : p.at+end]
	p.at += end
	switch {
	case w == "true", w == "false":
		return w == "true"
	case w == "null":
		return nil
	case strings.Trim(w, "0123456789") == "" && (w[0] != '0' || len(w) == 1):
		return json.Number(w)
	}
	p.odd = true
	return nil
}
