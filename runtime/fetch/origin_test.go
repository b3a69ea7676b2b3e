package fetch

import (
	"strings"
	"testing"
)

func TestParseOrigin(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, tt := range []struct{ in, want, key, rest string }{
		{"https://api.test", "https://api.test", "https://api.test:443", ""},
		{"HTTPS://API.Test:443/A?B", "https://api.test", "https://api.test:443", "/A?B"},
		{"https://api.test:8443?x", "https://api.test:8443", "https://api.test:8443", "?x"},
		{"http://api.test:80/", "http://api.test", "http://api.test:80", "/"},
		{"http://api.test:443/", "http://api.test:443", "http://api.test:443", "/"},
		{"https://a-b.xn--mnchen-3ya.test/", "https://a-b.xn--mnchen-3ya.test", "https://a-b.xn--mnchen-3ya.test:443", "/"},
		{"https://1a.2b/", "https://1a.2b", "https://1a.2b:443", "/"},
		{"https://10.0.0.1/", "https://10.0.0.1", "https://10.0.0.1:443", "/"},
		{"https://[2001:DB8:0::1]:444/", "https://[2001:db8::1]:444", "https://[2001:db8::1]:444", "/"},
		{"https://[::1]/", "https://[::1]", "https://[::1]:443", "/"},
		{"https://" + long + "." + long + ".test/", "https://" + long + "." + long + ".test", "https://" + long + "." + long + ".test:443", "/"},
	} {
		o, rest, err := parseOrigin(tt.in)
		if err != nil || o.String() != tt.want || o.key() != tt.key || rest != tt.rest {
			t.Errorf("%s: got %s, %s, %q, %v", tt.in, o, o.key(), rest, err)
		}
		if again, rest, err := parseOrigin(o.String()); err != nil || again != o || rest != "" {
			t.Errorf("%s reads as %v, %q, %v", o, again, rest, err)
		}
	}
}

// Each of these is refused as a text, before any name server is asked what it
// thinks of it.
func TestParseOriginRefuses(t *testing.T) {
	for _, host := range []string{
		"2130706433", "017700000001", "0x7f000001", "0x7F.1", "127.1", "127.0.1", "0177.0.0.1", "127.0.0.01", "127.0.0.256", "1.2.3.4.5", "a.1", "a.0x", "a.0xff", "1", "0", "08",
		"", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "a%20b", "a*b", "*.a", "ü.test", "a\u3002b", "a\u00adb", "a\x00b", "a\r\nb", "a,b", "a;b", "a!b", "a~b", "a$b", "a'b", "(a)", "a=b", "a&b", "a+b",
		strings.Repeat("a", 64), strings.Repeat("a.", 127) + "aa",
		"[]", "[", "]", "[::1", "::1", "[1.2.3.4]", "[::1%eth0]", "[fe80::1%25eth0]", "[::g]", "[::1]a", "[[::1]]",
		"u@a", "u:p@a", "@a", "a@", "a:", "a:0", "a:00", "a:080", "a:65536", "a:-1", "a:+1", "a:1a", "a:a", "a:1:2", "a: 1", "[::1]:", "[::1]:x", "[::1]1",
	} {
		if o, _, err := parseOrigin("https://" + host + "/"); err == nil {
			t.Errorf("%q was read as %s", host, o)
		}
	}
	for _, s := range []string{"", "a.test", "//a.test", "https:/a.test", "https:a.test", "ftp://a.test", "file:///x", "httpss://a.test", " https://a.test", "https//a.test", `https:\\a.test`, "https://a.test#x", `https://a.test\x`} {
		if o, _, err := parseOrigin(s); err == nil {
			t.Errorf("%q was read as %s", s, o)
		}
	}
}
