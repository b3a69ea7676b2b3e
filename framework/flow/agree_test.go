package flow_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// part is a part of the schema, by its path.
func part(t *testing.T, path string) map[string]any {
	t.Helper()
	var at map[string]any
	if err := json.Unmarshal(flow.Schema(), &at); err != nil {
		t.Fatal(err)
	}
	for key := range strings.FieldsSeq(path) {
		next, ok := at[key].(map[string]any)
		if !ok {
			t.Fatalf("the schema has no %s in %s", key, path)
		}
		at = next
	}
	return at
}

// The schema has the verbs of the table that this version runs, each with its
// options and outcomes and with what is said of them.
func TestSchemaHasVerbs(t *testing.T) {
	for _, v := range flow.Verbs() {
		want := []string{v.Name, "id", "when", "outcomes"}
		for _, o := range v.Options {
			want = append(want, o.Name)
		}
		for _, o := range v.Outcomes {
			want = append(want, o.Name)
		}
		properties := part(t, "definitions step_"+v.Name+" properties")
		got := slices.Sorted(maps.Keys(properties))
		slices.Sort(want)
		if want = slices.Compact(want); !slices.Equal(got, want) {
			t.Errorf("%s has in the schema %q, want %q", v.Name, got, want)
		}
		for name, p := range properties {
			if doc, _ := p.(map[string]any)["description"].(string); len(doc) < 3 {
				t.Errorf("the schema does not say what %s of %s is", name, v.Name)
			}
		}
		if doc := part(t, "definitions step_"+v.Name+" properties "+v.Name)["description"]; doc != v.Doc {
			t.Errorf("the schema says of %s %q, want %q", v.Name, doc, v.Doc)
		}
	}
}

// Whatever key the schema has in a map, the loader reads: it says what is
// wrong with a value that no key has. Other keys it does not know.
func TestSchemaKeysAreRead(t *testing.T) {
	for _, tt := range []struct{ of, path, text string }{
		{"a flow", "", "%s"},
		{"limits", "properties limits", "limits: {%s}"},
		{"a variable", "definitions variable", "vars: {x: {type: money, currency: GBP, %s}}"},
		{"a check", "definitions check then", "vars: {x: {type: digits, check: {%s}}}"},
		{"an action", "properties actions additionalProperties", "actions: {x: {%s}}"},
		{"retry", "properties actions additionalProperties properties retry", "actions: {x: {retry: {%s}}}"},
		{"an action over HTTP", "properties actions additionalProperties properties http", "actions: {x: {http: {%s}}}"},
		{"retry of http", "definitions step_http properties retry", "on_error: [{http: {get: 'https://api.example.com/'}, retry: {%s}, failed: end}, end]"},
		{"a schedule", "properties schedules additionalProperties", "schedules: {x: {%s}}"},
		{"a weekly table", "definitions hours", "schedules: {x: {timezone: UTC, open: {%s}}}"},
		{"a day", "definitions day then", "schedules: {x: {timezone: UTC, open: 24/7, closed: [{%s}]}}"},
		{"an entry", "definitions entry then", "prompts: {x: {%s}}"},
		{"an invariant", "definitions promise", "invariants: [{%s}]"},
		{"a part", "definitions partMap", "on_error: [{play: [{%s}]}, end]"},
		{"a case", "definitions case", "on_error: [{switch: [{when: true, then: end, %s}]}, end]"},
		{"a counted handler", "definitions handler then", "on_error: [{play: {say: x}, failed: {up_to: 1, then: end, else: end, %s}}, end]"},
		{"a target", "definitions target", "on_error: [{redirect: [{%s}]}, end]"},
		{"keep_on_hangup", "definitions step_record properties keep_on_hangup", "on_error: [{record: x, keep_on_hangup: {%s}}, end]"},
		{"a menu's keys", "definitions keyMap", "on_error: [{menu: {say: x}, keys: {%s}, gave_up: end}, end]"},
		{"handlers", "properties handlers", "handlers: {%s}"},
		{"defaults", "properties defaults", "defaults: {%s}"},
	} {
		properties := part(t, strings.TrimSpace(tt.path+" properties"))
		if len(properties) == 0 {
			t.Errorf("%s: no keys", tt.of)
		}
		for key := range properties {
			unread := tt.of == "handlers" || key == "json" // but for the steps that use them; any value is JSON
			if rules := rulesAt(t, tt.text, key); len(rules) == 0 && !unread || slices.Contains(rules, "unknown-key") {
				t.Errorf("%s: the loader says of a wrong value of %s %q", tt.of, key, rules)
			}
		}
		if rules := rulesAt(t, tt.text, "xyzzy"); len(rules) == 0 {
			t.Errorf("%s: the loader knows the key xyzzy", tt.of)
		}
	}
}

// The schema takes the keys that ivr.ParseKey reads.
func TestSchemaKeys(t *testing.T) {
	pattern := regexp.MustCompile(part(t, "definitions key")["pattern"].(string))
	words := []string{"", "star", "Star", "POUND", "pound", "hash", "none", "12", "stars", "**"}
	for c := range 128 {
		words = append(words, string(rune(c)))
	}
	for _, word := range words {
		_, err := ivr.ParseKey(word)
		if got, want := pattern.MatchString(word), err == nil || word == "none"; got != want {
			t.Errorf("%q: %v, want %v", word, got, want)
		}
	}
}

// The schema takes the names of recordings that package prompt reads.
func TestSchemaFragments(t *testing.T) {
	pattern := regexp.MustCompile(part(t, "definitions promptName")["pattern"].(string))
	for name := range strings.FieldsSeq("_digit/5 _digit/* _digit/star _digit/pound _number/21 _number/-3 _ordinal/3 _letter/a _letter/é _month/1 _month/03 _month/12 _year/2026 _year/9999 _word/hundred _word/old_street " +
		"_ _/1 _digit _digit/ _digit/55 _digit/x _month/0 _month/13 _year/0 _year/10000 _letter/abc _numbre/21 _word/ _Number/1 number/1") {
		_, err := prompt.FragmentText(name, "en-GB")
		if got, want := pattern.MatchString(name), err == nil; got != want {
			t.Errorf("%s: %v, want %v (%v)", name, got, want, err)
		}
	}
}

// rulesAt are the rules of what the loader finds at a key whose value is a
// list in a list.
func rulesAt(t *testing.T, text, key string) []string {
	t.Helper()
	body := fmt.Sprintf(text, key+": [[[x]]]") + "\n"
	for _, line := range []string{"ivr: 1\n", "flow: example\n", "start: main\n", "states: {main: end}\n"} {
		if !strings.HasPrefix(line, key+":") {
			body += line
		}
	}
	_, list, err := flow.Load(fstest.MapFS{"f.yaml": &fstest.MapFile{Data: []byte(body)}}, "f.yaml")
	if err != nil {
		t.Fatal(err)
	}
	first := strings.Index(body, key+": [[[")
	var rules []string
	for _, d := range list {
		if d.Pos.Line == 1 && d.Pos.Col > first && d.Pos.Col <= first+len(key+": [[[x") {
			rules = append(rules, d.Rule)
		}
	}
	return rules
}
