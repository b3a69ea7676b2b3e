package fetch

import (
	"fmt"
	"net/url"
	"strings"
)

// buildURL makes a URL of pieces. The literals alone decide about its host,
// its segments and its parameters; values are percent-encoded, and refused
// where even that is not safe. The origin is returned as it was written.
func buildURL(pieces []Piece) (origin, *url.URL, error) {
	if len(pieces) == 0 || pieces[0].kind != literalPiece {
		return origin{}, nil, fault(ErrRequest, "the URL does not begin with a literal host")
	}
	o, rest, err := parseOrigin(pieces[0].text)
	if err != nil {
		return origin{}, nil, fault(ErrRequest, "the URL: %s", err)
	}
	if rest == "" && len(pieces) > 1 {
		return o, nil, fault(ErrRequest, "the URL's host does not end before its first value; write a / after it")
	}
	path, query, hasQuery := splitQuery(append([]Piece{Literal(rest)}, pieces[1:]...))
	u := &url.URL{Scheme: o.scheme, Host: o.authority(), ForceQuery: hasQuery}
	if u.RawPath, err = buildPath(path); err != nil {
		return o, nil, err
	}
	if u.RawQuery, err = buildQuery(query); err != nil {
		return o, nil, err
	}
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return o, nil, fault(ErrRequest, "the URL's path has a %% that is no percent-encoding")
	}
	if len(u.String()) > maxTarget {
		return o, nil, fault(ErrValue, "the URL is longer than %d bytes", maxTarget)
	}
	return o, u, nil
}

// splitQuery divides pieces at the first question mark of a literal.
func splitQuery(pieces []Piece) (path, query []Piece, ok bool) {
	for i, p := range pieces {
		if p.kind != literalPiece {
			continue
		}
		if before, after, found := strings.Cut(p.text, "?"); found {
			path = append(pieces[:i:i], Literal(before))
			return path, append([]Piece{Literal(after)}, pieces[i+1:]...), true
		}
	}
	return pieces, nil, false
}

// buildPath makes an encoded path. A value stays within its segment.
func buildPath(pieces []Piece) (string, error) {
	var b strings.Builder
	for _, p := range pieces {
		text, err := "", error(nil)
		switch p.kind {
		case literalPiece:
			text, err = literalText("path", p.text, "/")
		case valuePiece:
			text, err = pathValue(p.text)
		case secretPiece:
			err = fault(ErrRequest, "a secret may not stand in a URL, which logs keep")
		}
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	if b.Len() == 0 {
		return "/", nil
	}
	return b.String(), checkSegments(b.String()[1:])
}

// checkSegments checks the segments that literals and values make together.
func checkSegments(path string) error {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if s == "" && i < len(segments)-1 {
			return fault(ErrRequest, "the URL's path has an empty segment")
		}
		if plain, err := url.PathUnescape(s); err == nil && climbs(plain) {
			return fault(ErrValue, "the URL's path climbs up with . or ..")
		}
	}
	return nil
}

// pathValue encodes a value for a path. An empty one would make another path
// of it, often that of the whole collection. Control characters end texts
// (NUL) or lines for those who decode the path, so they are refused even
// though they would be encoded.
func pathValue(v string) (string, error) {
	switch {
	case v == "":
		return "", fault(ErrValue, "a value in the URL's path is empty")
	case strings.ContainsFunc(v, isControl):
		return "", fault(ErrValue, "a value in the URL's path has control characters")
	}
	if again, err := url.PathUnescape(v); err == nil && again != v && climbs(again) {
		return "", fault(ErrValue, "a value in the URL's path climbs up with . or .., encoded twice")
	}
	return escape(v), nil
}

// climbs reports a "." or ".." between slashes. Servers may resolve them after
// decoding, with backslashes as slashes, and without what follows a semicolon
// (RFC 3986, section 3.3, leaves such parameters to them), so encoding alone
// does not disarm them.
func climbs(s string) bool {
	for part := range strings.SplitSeq(strings.ReplaceAll(s, `\`, "/"), "/") {
		part, _, _ = strings.Cut(part, ";")
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}

// buildQuery makes an encoded query. A value is the value, or a part of the
// value, of a parameter whose name is literal.
func buildQuery(pieces []Piece) (string, error) {
	var b strings.Builder
	inValue := false
	for _, p := range pieces {
		switch p.kind {
		case literalPiece:
			text, err := literalText("query", p.text, "/?")
			if err != nil {
				return "", err
			}
			b.WriteString(text)
			if strings.ContainsAny(text, "&=") {
				inValue = strings.LastIndexByte(text, '=') > strings.LastIndexByte(text, '&')
			}
		case valuePiece:
			if !inValue {
				return "", fault(ErrRequest, "a value in the URL's query is not behind the name of a parameter and =")
			}
			b.WriteString(escape(p.text))
		case secretPiece:
			return "", fault(ErrRequest, "a secret may not stand in a URL, which logs keep")
		}
	}
	return b.String(), nil
}

// literalText checks that an author's text is a part of a URL as RFC 3986,
// section 3.3, has it: pchar, and what more may stand there.
func literalText(where, s, more string) (string, error) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isUnreserved(c) || strings.IndexByte("!$&'()*+,;=:@", c) >= 0 || strings.IndexByte(more, c) >= 0:
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		default:
			return "", fault(ErrRequest, "the URL's %s has %q, which must be percent-encoded", where, c)
		}
	}
	return s, nil
}

// escape percent-encodes all but the unreserved characters of RFC 3986,
// section 2.3.
func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if isUnreserved(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return isAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~'
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// isControl reports the control characters of ASCII and ISO 8859-1.
func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }
