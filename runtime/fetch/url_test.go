package fetch

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

const api = "https://api.test"

func TestBuildURL(t *testing.T) {
	lit, val := Literal, Value
	for _, tt := range []struct {
		name   string
		pieces []Piece
		want   string
	}{
		{"host alone", []Piece{lit(api)}, "/"},
		{"host and slash", []Piece{lit(api + "/")}, "/"},
		{"path", []Piece{lit(api + "/v1/accounts")}, "/v1/accounts"},
		{"trailing slash", []Piece{lit(api + "/v1/")}, "/v1/"},
		{"encoded literal", []Piece{lit(api + "/a%20b/%C3%BC")}, "/a%20b/%C3%BC"},
		{"value", []Piece{lit(api + "/accounts/"), val("1234")}, "/accounts/1234"},
		{"value within a segment", []Piece{lit(api + "/a-"), val("1"), lit("-"), val("2"), lit("/b")}, "/a-1-2/b"},
		{"slash in a value", []Piece{lit(api + "/x/"), val("a/b")}, "/x/a%2Fb"},
		{"slashes in a value", []Piece{lit(api + "/x/"), val("//evil.test/")}, "/x/%2F%2Fevil.test%2F"},
		{"question mark and fragment in a value", []Piece{lit(api + "/x/"), val("a?b=c#d")}, "/x/a%3Fb%3Dc%23d"},
		{"percent in a value", []Piece{lit(api + "/x/"), val("100%41")}, "/x/100%2541"},
		{"backslash, semicolon, colon, at", []Piece{lit(api + "/x/"), val(`\;:@`)}, "/x/%5C%3B%3A%40"},
		{"dots within a value", []Piece{lit(api + "/x/"), val("a..b.c")}, "/x/a..b.c"},
		{"three dots", []Piece{lit(api + "/x/"), val("...")}, "/x/..."},
		{"letters of other languages", []Piece{lit(api + "/x/"), val("Zürich 你")}, "/x/Z%C3%BCrich%20%E4%BD%A0"},
		{"host in a value", []Piece{lit(api + "/"), val("@evil.test")}, "/%40evil.test"},
		{"query", []Piece{lit(api + "/x?a=1&b=2")}, "/x?a=1&b=2"},
		{"query without path", []Piece{lit(api + "?a="), val("1")}, "/?a=1"},
		{"value in a query", []Piece{lit(api + "/x?a="), val("1&b=2#c"), lit("&d="), val("=&=")}, "/x?a=1%26b%3D2%23c&d=%3D%26%3D"},
		{"empty value in a query", []Piece{lit(api + "/x?a="), val("")}, "/x?a="},
		{"line break in a query", []Piece{lit(api + "/x?a="), val("1\r\nHost: evil\x00")}, "/x?a=1%0D%0AHost%3A%20evil%00"},
		{"plus and blank in a query", []Piece{lit(api + "/x?a="), val("+ ")}, "/x?a=%2B%20"},
		{"part of a value", []Piece{lit(api + "/x?q=id-"), val("7"), lit("-x&y=1")}, "/x?q=id-7-x&y=1"},
		{"dots in a query", []Piece{lit(api + "/x?p="), val("../../etc")}, "/x?p=..%2F..%2Fetc"},
		{"parameter without value", []Piece{lit(api + "/x?verbose")}, "/x?verbose"},
		{"question mark in a value of a literal query", []Piece{lit(api + "/x?a=b?c")}, "/x?a=b?c"},
		{"query after a value", []Piece{lit(api + "/x/"), val("1"), lit("?a="), val("2")}, "/x/1?a=2"},
		{"value that looks like a secret", []Piece{lit(api + "/x?a="), val("${secret.crm}")}, "/x?a=%24%7Bsecret.crm%7D"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, u, err := buildURL(tt.pieces)
			if err != nil {
				t.Fatal(err)
			}
			if u.RequestURI() != tt.want || u.Host != "api.test" || u.Scheme != "https" {
				t.Errorf("got %s, want %s", u, tt.want)
			}
		})
	}
}

func TestBuildURLRefuses(t *testing.T) {
	lit, val := Literal, Value
	for _, tt := range []struct {
		name   string
		pieces []Piece
		kind   error
	}{
		{"nothing", nil, ErrRequest},
		{"value as host", []Piece{val(api)}, ErrRequest},
		{"value within the host", []Piece{lit("https://"), val("evil.test"), lit("/")}, ErrRequest},
		{"value behind the host", []Piece{lit(api), val(".evil.test/")}, ErrRequest},
		{"value behind the port", []Piece{lit(api + ":44"), val("3")}, ErrRequest},
		{"value as user", []Piece{lit("https://u:"), val("p"), lit("@api.test/")}, ErrRequest},
		{"empty value in a path", []Piece{lit(api + "/x/"), val("")}, ErrValue},
		{"empty value before a segment", []Piece{lit(api + "/x/"), val(""), lit("/y")}, ErrValue},
		{"climbing", []Piece{lit(api + "/x/"), val("..")}, ErrValue},
		{"staying", []Piece{lit(api + "/x/"), val(".")}, ErrValue},
		{"climbing far", []Piece{lit(api + "/x/"), val("../../admin")}, ErrValue},
		{"climbing in the middle", []Piece{lit(api + "/x/"), val("a/../../admin")}, ErrValue},
		{"climbing with backslashes", []Piece{lit(api + "/x/"), val(`..\..\admin`)}, ErrValue},
		{"climbing with a parameter", []Piece{lit(api + "/x/"), val("..;a=b/admin")}, ErrValue},
		{"climbing, encoded", []Piece{lit(api + "/x/"), val("%2e%2e%2fadmin")}, ErrValue},
		{"climbing, put together", []Piece{lit(api + "/x/."), val("."), lit("/admin")}, ErrValue},
		{"climbing, put together of values", []Piece{lit(api + "/x/"), val("."), val("."), lit("/admin")}, ErrValue},
		{"climbing, half encoded", []Piece{lit(api + "/x/%2e"), val("a"), lit("/.%2E/")}, ErrValue},
		{"NUL in a path", []Piece{lit(api + "/x/"), val("a\x00.json")}, ErrValue},
		{"line break in a path", []Piece{lit(api + "/x/"), val("a\r\nHost: evil")}, ErrValue},
		{"line feed in a path", []Piece{lit(api + "/x/"), val("a\n")}, ErrValue},
		{"DEL in a path", []Piece{lit(api + "/x/"), val("a\x7f")}, ErrValue},
		{"literal climbs", []Piece{lit(api + "/x/../y")}, ErrValue},
		{"literal climbs, encoded", []Piece{lit(api + "/x/%2e%2E/y")}, ErrValue},
		{"empty segment", []Piece{lit(api + "/x//y")}, ErrRequest},
		{"empty first segment", []Piece{lit(api + "//y")}, ErrRequest},
		{"value as a parameter's name", []Piece{lit(api + "/x?"), val("a=b")}, ErrRequest},
		{"value as a second parameter's name", []Piece{lit(api + "/x?a=1&"), val("b=2")}, ErrRequest},
		{"value behind a name without =", []Piece{lit(api + "/x?a"), val("=1")}, ErrRequest},
		{"value behind two literals", []Piece{lit(api + "/x?a=1"), lit("&b"), val("=1")}, ErrRequest},
		{"fragment", []Piece{lit(api + "/x#y")}, ErrRequest},
		{"blank in a literal", []Piece{lit(api + "/a b")}, ErrRequest},
		{"umlaut in a literal", []Piece{lit(api + "/ü")}, ErrRequest},
		{"broken percent-encoding", []Piece{lit(api + "/100%")}, ErrRequest},
		{"percent-encoding that a value completes", []Piece{lit(api + "/%2"), val("e")}, ErrRequest},
		{"percent-encoding in a query that a value completes", []Piece{lit(api + "/?a=%"), val("41")}, ErrRequest},
		{"line break in a literal", []Piece{lit(api + "/a\r\nb")}, ErrRequest},
		{"backslash in a literal", []Piece{lit(api + `/a\b`)}, ErrRequest},
		{"quote in a query", []Piece{lit(api + `/?a="`)}, ErrRequest},
		{"secret in a path", []Piece{lit(api + "/"), Secret("crm")}, ErrRequest},
		{"secret in a query", []Piece{lit(api + "/?key="), Secret("crm")}, ErrRequest},
		{"too long", []Piece{lit(api + "/?a="), val(strings.Repeat("x", maxTarget))}, ErrValue},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, u, err := buildURL(tt.pieces); !errors.Is(err, tt.kind) {
				t.Errorf("got %v, %v, want %v", u, err, tt.kind)
			}
		})
	}
}

// Whatever a value is, the URL has the host, the number of segments and the
// parameters of the literals, and the value comes out as it went in.
func FuzzURL(f *testing.F) {
	for _, s := range []string{"1234", "", "..", "/", "a/b", "a?b=c&d=e#f", "\r\n\x00", "%2e%2e", `\`, "@evil.test", "ü", "\xff", ";", "+"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, inPath, inQuery string) {
		_, u, err := buildURL([]Piece{Literal(api + "/a/"), Value(inPath), Literal("/b?x="), Value(inQuery), Literal("&y=1")})
		if err != nil {
			return
		}
		read, err := url.Parse(u.String())
		if err != nil {
			t.Fatalf("%q: %v", u, err)
		}
		segments := strings.Split(read.EscapedPath(), "/")
		if read.Host != "api.test" || read.Scheme != "https" || read.User != nil || read.Fragment != "" || len(segments) != 4 || segments[1] != "a" || segments[3] != "b" {
			t.Fatalf("%q: host or path changed", u)
		}
		if got, err := url.PathUnescape(segments[2]); err != nil || got != inPath || strings.ContainsAny(got, "\r\n\x00") {
			t.Fatalf("%q: got %q for %q", u, got, inPath)
		}
		q, err := url.ParseQuery(read.RawQuery)
		if err != nil || len(q) != 2 || len(q["x"]) != 1 || q["x"][0] != inQuery || q.Get("y") != "1" {
			t.Fatalf("%q: query %v, %v", u, q, err)
		}
		if clean := read.JoinPath(); clean.EscapedPath() != read.EscapedPath() {
			t.Fatalf("%q: is %q when it is cleaned", u, clean)
		}
	})
}
