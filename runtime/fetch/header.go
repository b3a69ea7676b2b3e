package fetch

import (
	"mime"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// Header is a header of a request. Its value may hold secrets.
type Header struct {
	Name  string
	Value []Piece
}

const idempotencyKey = "Idempotency-Key"

// isOurs names the headers that a flow may not set, in canonical form: those
// that say where a message goes and how long it is, those of one hop only (RFC
// 9110, section 7.6.1), those of a proxy, cookies, and those that this package
// sets.
func isOurs(name string) bool {
	switch name {
	case "Host", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Trailer", "Te", "Upgrade", "Expect",
		"Connection", "Keep-Alive", "Http2-Settings", "Cookie", "Cookie2", "Accept-Encoding", idempotencyKey:
		return true
	}
	return strings.HasPrefix(name, "Proxy-")
}

// headers makes the headers of a request to an origin, and says which of them
// must not follow a redirect to another origin.
func (r *rules) headers(req Request, to origin) (h http.Header, private []string, err error) {
	h = http.Header{}
	if len(req.Headers) > maxHeaders {
		return nil, nil, fault(ErrRequest, "there are more than %d headers", maxHeaders)
	}
	for _, in := range req.Headers {
		name := textproto.CanonicalMIMEHeaderKey(in.Name)
		if err := checkName(in.Name, name, h); err != nil {
			return nil, nil, err
		}
		value, secret, err := r.headerValue(name, in.Value, to)
		if err != nil {
			return nil, nil, err
		}
		h[name] = []string{value}
		if secret || name == "Authorization" {
			private = append(private, name)
		}
	}
	return h, private, nil
}

// checkName checks a header's name, as written and in canonical form.
func checkName(written, name string, have http.Header) error {
	switch {
	case !isToken(written):
		return fault(ErrRequest, "a header's name is not of letters, digits and hyphens")
	case isOurs(name):
		return fault(ErrRequest, "the header %s may not be set", name)
	case have[name] != nil:
		return fault(ErrRequest, "the header %s stands there twice", name)
	}
	return nil
}

func (r *rules) headerValue(name string, pieces []Piece, to origin) (text string, secret bool, err error) {
	var b strings.Builder
	for _, p := range pieces {
		part := p.text
		if p.kind == secretPiece {
			s, known := r.secrets[p.text]
			switch {
			case !known:
				return "", false, fault(ErrNotAllowed, "the header %s wants a secret %q, which the configuration does not have", name, clip(p.text))
			case !r.bound[p.text][to.key()]:
				return "", false, fault(ErrNotAllowed, "the secret %q is not for this host", p.text)
			}
			part, secret = s.Value.Reveal(), true
		}
		b.WriteString(part)
	}
	text = b.String()
	// A line break would begin a header, or a body, of the caller's choice.
	if len(text) > maxHeader || !fieldText(text) {
		return "", false, fault(ErrValue, "the header %s would have line breaks, characters outside ASCII, or more than %d bytes", name, maxHeader)
	}
	return text, secret, nil
}

// isToken is RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && len(s) <= 100 && !strings.ContainsFunc(s, func(c rune) bool {
		return c > 0x7e || !isAlphanumeric(byte(c)) && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}

// fieldText is what a sender should put into a header's value: visible ASCII,
// blanks and tabs (RFC 9110, section 5.5).
func fieldText(s string) bool {
	for _, c := range []byte(s) {
		if c != '\t' && (c < 0x20 || c > 0x7e) {
			return false
		}
	}
	return true
}

// isKey reports an idempotency key that every server can take. It is sent
// without the quotes of the IETF's draft (draft-ietf-httpapi-idempotency-key-
// header), as the services do that have such a header today.
func isKey(s string) bool {
	return s != "" && len(s) <= 255 && !strings.ContainsFunc(s, func(c rune) bool {
		return c > 0x7e || !isAlphanumeric(byte(c)) && !strings.ContainsRune("-_.:", c)
	})
}

// isJSONType reports application/json and its like, such as
// application/problem+json (RFC 6839, section 3.1).
func isJSONType(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"))
}

// setDefault sets a header that the flow did not set.
func setDefault(h http.Header, name, value string) {
	if h[name] == nil {
		h[name] = []string{value}
	}
}

// without is a copy of headers with some of them left out.
func without(h http.Header, names ...string) http.Header {
	left := http.Header{}
	for name, v := range h {
		if !slices.Contains(names, name) {
			left[name] = v
		}
	}
	return left
}
