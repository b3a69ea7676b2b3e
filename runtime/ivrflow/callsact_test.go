package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const aToken = "0123456789abcdef0123456789abcdef"

// answering is an admin API that says the same to everybody, and keeps what it was
// asked.
func answering(t *testing.T, status int, answer string) (address string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = append(*asked, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.Method, r.URL.EscapedPath(), r.Header.Get("Idempotency-Key"), body)))
		if r.Header.Get("Authorization") != "Bearer "+aToken {
			t.Errorf("asked with %q", r.Header.Get("Authorization"))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func tokenIn(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestCallsAct(t *testing.T) {
	token := tokenIn(t, aToken+"\n", 0o600)
	for _, tt := range []struct{ args, want string }{
		{"hangup s1", "POST /v1/calls/s1/hangup"},
		{"hangup a/b", "POST /v1/calls/a%2Fb/hangup"},
		{"transfer s1 user:5f0c7c7e-0000-4000-8000-000000000001", `POST /v1/calls/s1/transfer  {"to":{"user":"5f0c7c7e-0000-4000-8000-000000000001"}}`},
		{"transfer s1 phone:+442071838750", `POST /v1/calls/s1/transfer  {"to":{"phone":"+442071838750"}}`},
		{"signal s1 approved", `POST /v1/calls/s1/signal  {"name":"approved"}`},
		{"dial reminder --param number=+44 --param text=a=b --key k1 --from F --tenant T", `POST /v1/calls k1 {"flow":"reminder","params":{"number":"+44","text":"a=b"},"from":"F","tenant":"T"}`},
		{`dial reminder --params {"n":5} --key k1`, `POST /v1/calls k1 {"flow":"reminder","params":{"n":5}}`},
	} {
		address, asked := answering(t, 202, `{"session": "s1", "fresh": true}`)
		args := append(append([]string{"calls"}, strings.Fields(tt.args)...), "--api", address+"/", "--token-file", token)
		stdout, stderr, code := invoke(t, "", args...)
		if code != exitFine || stdout != "s1\n" || stderr != "" {
			t.Errorf("%s: %d, %q, %q", tt.args, code, stdout, stderr)
		}
		if len(*asked) != 1 || (*asked)[0] != tt.want {
			t.Errorf("%s: asked %q, want %q", tt.args, *asked, tt.want)
		}
	}
}

// An order without a key has one of its own each time; one that was carried out before
// says so.
func TestCallsDialKeys(t *testing.T) {
	address, asked := answering(t, 200, `{"session": "s1", "fresh": false}`)
	token := tokenIn(t, aToken, 0o600)
	for range 2 {
		stdout, stderr, code := invoke(t, "", "calls", "dial", "reminder", "--api", address, "--token-file", token)
		if code != exitFine || stdout != "s1\n" || !strings.Contains(stderr, "carried out before") {
			t.Errorf("%d, %q, %q", code, stdout, stderr)
		}
	}
	if len(*asked) != 2 || (*asked)[0] == (*asked)[1] {
		t.Errorf("asked %q, want two keys", *asked)
	}
}

func TestCallsActProblems(t *testing.T) {
	good := tokenIn(t, aToken, 0o600)
	refusing, _ := answering(t, 404, `{"type": "urn:ivrflow:problem:unknown-call", "title": "There is no such call", "status": 404, "detail": "path id: there is no such call"}`)
	strange, _ := answering(t, 200, "<html>")
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, tt := range map[string]struct {
		args string
		code int
		want string
	}{
		"a problem":       {"hangup s1 --api " + refusing + " --token-file " + good, exitFindings, "path id: there is no such call (404)"},
		"no API":          {"hangup s1 --api " + strange + " --token-file " + good, exitFailure, "not as an admin API does"},
		"nobody there":    {"hangup s1 --api " + gone.URL + " --token-file " + good, exitFailure, "refused; see that the bot runs"},
		"not known":       {"dial f --api " + gone.URL + " --token-file " + good, exitFailure, "ask again with --key "},
		"no token":        {"hangup s1", exitUsage, "--token-file is missing"},
		"no file":         {"hangup s1 --token-file /nowhere/token", exitFailure, `the file "/nowhere/token" cannot be read: no such file`},
		"open file":       {"hangup s1 --token-file " + tokenIn(t, aToken, 0o644), exitFailure, "can be read by others"},
		"several words":   {"hangup s1 --token-file " + tokenIn(t, "ann operate "+aToken, 0o600), exitFailure, "but 3 words"},
		"in the clear":    {"hangup s1 --api http://bot.example.com --token-file " + good, exitUsage, "would travel in the clear"},
		"no address":      {"hangup s1 --api bot.example.com --token-file " + good, exitUsage, "--api is an address such as"},
		"no call":         {"hangup --token-file " + good, exitUsage, "the id of one call"},
		"strange target":  {"transfer s1 desk:7 --token-file " + good, exitUsage, "the target is user:ID"},
		"bare target":     {"transfer s1 +44 --token-file " + good, exitUsage, "the target is user:ID"},
		"strange params":  {"dial f --params [1] --token-file " + good, exitUsage, "--params is no JSON object"},
		"a bad parameter": {"dial f --param x --token-file " + good, exitUsage, "--param is NAME=TEXT"},
	} {
		_, stderr, code := invoke(t, "", append([]string{"calls"}, strings.Fields(tt.args)...)...)
		if code != tt.code || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, aToken) {
			t.Errorf("%s: %d %q, want %d and %q", name, code, stderr, tt.code, tt.want)
		}
	}
}
