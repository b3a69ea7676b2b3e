package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// origin is scheme, host and port in the one spelling: lower case, the port
// always there, an IPv6 address in its shortest form and without brackets.
type origin struct {
	scheme string // "https" or "http"
	host   string
	port   uint16
}

// key tells origins apart.
func (o origin) key() string { return o.scheme + "://" + o.address() }

// address is what is dialled.
func (o origin) address() string {
	return net.JoinHostPort(o.host, strconv.Itoa(int(o.port)))
}

// authority is what stands in a URL: no port where the scheme's own is meant.
func (o origin) authority() string {
	if o.port != schemePort(o.scheme) {
		return o.address()
	}
	if strings.Contains(o.host, ":") {
		return "[" + o.host + "]"
	}
	return o.host
}

// String is how the origin is written.
func (o origin) String() string { return o.scheme + "://" + o.authority() }

func schemePort(scheme string) uint16 {
	if scheme == "http" {
		return 80
	}
	return 443
}

// parseOrigin reads the origin at the beginning of a URL and returns what
// follows it, which is empty or begins with "/" or "?".
//
// It is stricter than RFC 3986 wherever readers of URLs differ, because a text
// that two of them read differently is how checks of hosts are evaded: no
// user, no backslash, no percent-encoding, ASCII only.
func parseOrigin(s string) (o origin, rest string, err error) {
	scheme, after, ok := strings.Cut(s, "://")
	o.scheme = strings.ToLower(scheme)
	if !ok || o.scheme != "https" && o.scheme != "http" {
		return origin{}, "", errors.New("it does not begin with https://")
	}
	end := strings.IndexAny(after, `/?#\`)
	if end < 0 {
		end = len(after)
	}
	authority, rest := after[:end], after[end:]
	if rest != "" && rest[0] != '/' && rest[0] != '?' {
		return origin{}, "", fmt.Errorf("%q may not follow the host", rest[:1])
	}
	if o.host, o.port, err = parseAuthority(authority, schemePort(o.scheme)); err != nil {
		return origin{}, "", err
	}
	return o, rest, nil
}

func parseAuthority(s string, port uint16) (string, uint16, error) {
	if strings.Contains(s, "@") {
		return "", 0, errors.New("a user or password may not stand before the host")
	}
	host, portText := s, ""
	if end := strings.LastIndexByte(s, ']'); strings.HasPrefix(s, "[") && end > 0 {
		host, portText = s[:end+1], s[end+1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, portText = s[:i], s[i:]
	}
	if portText != "" {
		n, err := strconv.ParseUint(portText[1:], 10, 16)
		if portText[0] != ':' || err != nil || n == 0 || portText[1:] != strconv.FormatUint(n, 10) {
			return "", 0, errors.New("the port is not a number from 1 to 65535")
		}
		port = uint16(n)
	}
	host, err := parseHost(host)
	return host, port, err
}

// parseHost reads a host in the one spelling: a name of ASCII letters, digits,
// hyphens and dots, an IPv4 address of four decimal numbers, or an IPv6
// address in brackets.
func parseHost(s string) (string, error) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if !closed || err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", errors.New("the host is not an IPv6 address without zone")
		}
		return addr.String(), nil
	}
	s = strings.ToLower(s)
	labels := strings.Split(s, ".")
	if len(s) > 253 || slices.ContainsFunc(labels, isNoLabel) {
		return "", errors.New("the host is not a name of letters, digits, hyphens and single dots (write others as xn--…)")
	}
	// A name that ends in a number is an address to those who read addresses
	// as inet_aton did: 2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1
	// (WHATWG URL Standard, "ends in a number checker").
	if endsInNumber(labels[len(labels)-1]) {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return "", errors.New("the host looks like an address and is not one of four decimal numbers")
		}
		return addr.String(), nil
	}
	return s, nil
}

// isNoLabel reports a part of a name that breaks the rule of RFC 1123, section
// 2.1, in lower case.
func isNoLabel(s string) bool {
	return s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' ||
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
}

func endsInNumber(label string) bool {
	if strings.Trim(label, "0123456789") == "" {
		return true
	}
	hex, ok := strings.CutPrefix(label, "0x")
	return ok && strings.Trim(hex, "0123456789abcdef") == ""
}
