package fetch

import (
	"net/http"
	"net/url"
	"strings"
)

// redirect says where an answer sends the request: nil for nowhere. Only the
// same host is followed, and never from TLS to none.
func (f *Fetcher) redirect(p *plan, h hop, answer *http.Response) (*hop, *Error) {
	location := answer.Header.Get("Location")
	method, ok := redirected(answer.StatusCode, h.method)
	if !ok || location == "" {
		return nil, nil
	}
	u, err := h.url.Parse(location)
	if err != nil || len(location) > maxTarget || u.User != nil || u.Opaque != "" || ambiguous(location) {
		return nil, fault(ErrRedirect, "its Location is not an address to follow")
	}
	o, refused := f.follows(p, h.origin, u)
	if refused != nil {
		return nil, refused
	}
	u.Host, u.Fragment, u.RawFragment = o.authority(), "", ""
	next := &hop{origin: o, url: u, method: method, header: h.header, body: h.body}
	if o != h.origin {
		next.header = without(next.header, p.private...)
	}
	if method != h.method {
		next.header = without(next.header, "Content-Type", idempotencyKey)
		next.body = nil
	}
	return next, nil
}

// follows is the origin of a URL to which a request may be redirected.
func (f *Fetcher) follows(p *plan, from origin, to *url.URL) (origin, *Error) {
	o, rest, err := parseOrigin(to.Scheme + "://" + to.Host)
	t := f.rules.targets[o.key()]
	switch {
	case err != nil || rest != "":
		return o, fault(ErrRedirect, "its Location is not the address of a web server")
	case o.host != from.host:
		return o, fault(ErrRedirect, "its Location is on another host")
	case from.scheme == "https" && o.scheme != "https":
		return o, fault(ErrRedirect, "its Location is without TLS")
	case t == nil || !t.flows[p.flow]:
		return o, fault(ErrRedirect, "the flow may not call the port of its Location")
	}
	return o, nil
}

// ambiguous reports a Location that names a host to some readers only: to
// those for which a backslash is a slash and a third slash is none (WHATWG URL
// Standard).
func ambiguous(location string) bool {
	return strings.Contains(location, `\`) || strings.HasPrefix(location, "///")
}

// redirected is the method with which a redirect is followed (RFC 9110,
// section 15.4).
func redirected(status int, method string) (string, bool) {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound:
		if method == http.MethodPost {
			return http.MethodGet, true
		}
		return method, true
	case http.StatusSeeOther:
		return http.MethodGet, true
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return method, true
	}
	return "", false
}
