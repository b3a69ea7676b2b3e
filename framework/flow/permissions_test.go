package flow_test

import (
	"fmt"
	"strings"
	"testing"
)

// What a flow needs is named with the steps that need it.
func TestNeeds(t *testing.T) {
	const user = "5f0c7c7e-0000-4000-8000-000000000001"
	for name, tt := range map[string]struct{ steps, want string }{
		"nothing":           {"[{play: hello}, end]", ""},
		"menu":              {"{menu: hello, keys: {1: end}, gave_up: end}", "Calls.AccessMedia.All: menu main.1"},
		"key ends a prompt": {"[{play: hello, barge_in: true}, end]", "Calls.AccessMedia.All: play main.1"},
		"transfer":          {"{transfer: {user: " + user + "}, failed: end}", "Calls.Initiate.All: transfer main.1"},
		"redirect":          {`{redirect: {phone: "+442071838750"}, failed: end}`, "Calls.Initiate.All: redirect main.1; a resource account with a telephone number: redirect main.1"},
		"consult":           {"{transfer: {user: " + user + ", kind: consult}, failed: end}", "Calls.Initiate.All: transfer main.1"},
		"consult, accept":   {"{transfer: {user: " + user + ", kind: consult, accept: 1}, failed: end}", "Calls.Initiate.All: transfer main.1; Calls.AccessMedia.All: transfer main.1"},
		"hunt":              {"{hunt: sales, exhausted: end}", "Calls.Initiate.All: hunt main.1; a resource account with a telephone number: hunt main.1"},
		"hunt, keys":        {"{hunt: sales, keys: {9: end}, exhausted: end}", "Calls.Initiate.All: hunt main.1; Calls.AccessMedia.All: hunt main.1; a resource account with a telephone number: hunt main.1"},
		"record":            {"{record: m, consent: announced, empty: end, done: end}", "Calls.AccessMedia.All: record main.1"},
	} {
		t.Run(name, func(t *testing.T) {
			f, list, err := load(`
vars: {m: {type: recording}}
groups: {sales: [{user: ` + user + `}, {phone: "+442071838750"}]}
start: main
states:
  main: ` + tt.steps + "\n")
			if f == nil {
				t.Fatal(list, err)
			}
			var got []string
			for _, n := range f.Needs() {
				got = append(got, fmt.Sprintf("%s: %s", n.What, strings.Join(n.Steps, ", ")))
			}
			if got := strings.Join(got, "; "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
