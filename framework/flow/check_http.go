package flow

import (
	"regexp"
	"strings"
)

// originForm is the part of a URL that says where it leads: a name or an
// address, and perhaps a port. The runtime, which knows the hosts that may be
// asked, reads it once more and more strictly.
var originForm = regexp.MustCompile(`^https://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?]|$)`)

// urlFault says what is wrong with a URL, "" if nothing is. The host must be
// the author's: a value in it could lead anywhere.
func urlFault(pieces []Piece) string {
	switch {
	case len(pieces) == 0:
		return "the URL is empty; write https://, a host and a path"
	case pieces[0].Value != nil:
		return "the URL's host cannot come from an expression; write https:// and the host out"
	case strings.HasPrefix(strings.ToLower(pieces[0].Text), "http://"):
		return "http:// shows all that is sent to everybody on the way; write https://"
	case !strings.HasPrefix(pieces[0].Text, "https://"):
		return "the URL does not begin with https://"
	}
	host, _, ended := cutAny(strings.TrimPrefix(pieces[0].Text, "https://"), "/?")
	switch {
	case !ended && len(pieces) > 1:
		return "the URL's host cannot come from an expression, nor end in one; write a / before the first ${...}"
	case strings.Contains(host, "@"):
		return "a user or password may not stand before the host; an Authorization header with ${secret.NAME} can"
	case !originForm.MatchString(pieces[0].Text):
		return "the URL's host is not a name of letters, digits, hyphens and dots, perhaps with a port"
	}
	for _, p := range pieces {
		if strings.Contains(p.Text, "#") {
			return "a # and what follows it never leave the caller of a URL; write %23 if it is meant as it is"
		}
	}
	return queryFault(pieces)
}

// queryFault reports a value in a query that is not the value of a parameter.
func queryFault(pieces []Piece) string {
	inQuery, inValue := false, false
	for _, p := range pieces {
		if p.Value != nil {
			if inQuery && !inValue {
				return "a ${...} in a URL's query stands behind the name of a parameter, as in ?id=${id}"
			}
			continue
		}
		text := p.Text
		if _, after, ok := strings.Cut(text, "?"); ok && !inQuery {
			inQuery, inValue, text = true, false, after
		}
		if inQuery && strings.ContainsAny(text, "&=") {
			inValue = strings.LastIndexByte(text, '=') > strings.LastIndexByte(text, '&')
		}
	}
	return ""
}

// cutAny cuts a text before the first of some characters.
func cutAny(s, chars string) (before, after string, found bool) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i:], true
	}
	return s, "", false
}
