package admin_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/manual"
	"github.com/ivrflow/ivrflow/runtime/admin"
)

func page(t *testing.T) string {
	t.Helper()
	text, ok := manual.Page("api")
	if !ok {
		t.Fatal("the manual has no page api")
	}
	return text
}

// Each curl of the manual is a request that is taken.
func TestManualRequests(t *testing.T) {
	w := newWorld(t)
	n := 0
	for line := range strings.Lines(page(t)) {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		n++
		line = strings.TrimSpace(line)
		method, address, body := "GET", "", ""
		var headers []header
		words := shellWords(line)[1:]
		for len(words) > 0 {
			switch {
			case words[0] == "-X":
				method, words = words[1], words[2:]
			case words[0] == "-d":
				body, words = words[1], words[2:]
			case words[0] == "-H":
				if name, value, ok := strings.Cut(words[1], ": "); ok {
					headers = append(headers, header{name, value})
				}
				words = words[2:]
			default:
				address, words = words[0], words[1:]
			}
		}
		u, err := url.Parse(strings.Replace(address, "$API", "http://127.0.0.1:9444", 1))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" != strings.Contains(line, `-H "$JSON"`) {
			t.Errorf("%s: a body, and no word of JSON, or the other way round", line)
		}
		if rec := w.ask(method, u.RequestURI(), operateToken, body, headers...); rec.Code >= 300 {
			t.Errorf("%s: %d %s", line, rec.Code, rec.Body)
		}
	}
	if n < len(w.spec.doc["paths"].(map[string]any)) {
		t.Errorf("%d requests in the manual, fewer than there are paths", n)
	}
}

// shellWords takes a line apart at its spaces, but for those in quotes.
func shellWords(line string) (words []string) {
	word, quote := "", rune(0)
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case quote == 0 && r == ' ':
			if word != "" {
				words = append(words, word)
			}
			word = ""
		default:
			word += string(r)
		}
	}
	return words
}

// The manual lists the problems and the roles that there are.
func TestManualTables(t *testing.T) {
	text := page(t)
	for name := range admin.Titles() {
		if !strings.Contains(text, fmt.Sprintf("| `%s` |", name)) {
			t.Errorf("the manual does not list the problem %s", name)
		}
	}
	for _, role := range []admin.Role{admin.Read, admin.Operate, admin.Disclose} {
		if !strings.Contains(text, fmt.Sprintf("| `%s` |", role)) {
			t.Errorf("the manual does not list the role %s", role)
		}
	}
	if rows := strings.Count(text, "\n| `"); rows != len(admin.Titles())+3 {
		t.Errorf("the manual has %d rows, want %d", rows, len(admin.Titles())+3)
	}
}
