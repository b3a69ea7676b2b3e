package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
)

// message is one request, response or notification of an example.
type message struct {
	Kind       string // "request", "response" or "notification"
	Method     string // of a request
	Path       string // of a request, with {call} and {id}
	Status     int    // of a response
	Location   string // of a response
	RetryAfter string // of a response
	Body       json.RawMessage
}

// example is one example of a documentation page.
type example struct {
	Version string // "beta" or "v1.0"
	Page    string
	Name    string
	// Messages are in the order of the page. A response follows its request; a
	// page of v1.0 may have the one without the other, where it says the same as
	// the beta's.
	Messages []message
}

// id names the example.
func (e example) id() string { return e.Version + "/" + e.Page + ": " + e.Name }

// corpus are all examples.
func corpus(t testing.TB) []example {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.json"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var all []example
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var list []example
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&list); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i := range list {
			list[i].Version, list[i].Page = filepath.Base(filepath.Dir(file)), strings.TrimSuffix(filepath.Base(file), ".json")
		}
		all = append(all, list...)
	}
	return all
}

// exchange is a request with its response, which may be missing (status 0).
type exchange struct {
	example
	request, response message
	follows           []message // the notifications up to the next request
}

func exchanges(t testing.TB) []exchange {
	t.Helper()
	var all []exchange
	for _, e := range corpus(t) {
		for i, m := range e.Messages {
			if m.Kind != "request" {
				continue
			}
			x := exchange{example: e, request: m}
			for _, next := range e.Messages[i+1:] {
				if next.Kind == "request" {
					break
				}
				if next.Kind == "response" && x.response.Status == 0 {
					x.response = next
				}
				if next.Kind == "notification" {
					x.follows = append(x.follows, next)
				}
			}
			all = append(all, x)
		}
	}
	return all
}

// removed are documented requests that the service does not have any more, nor
// therefore the project.
var removed = []string{"/communications/calls/{call}/participants/configureMixer"}

// method is the method of a request.
func (m message) method() (graph.Method, bool) {
	path := strings.Replace(m.Path, "/microsoft.graph.", "/", 1)
	for _, g := range graph.Methods() {
		if g.HTTP == m.Method && g.Path == path {
			return g, true
		}
	}
	return graph.Method{}, false
}

// simplify takes from a JSON value what says nothing: null, false, zero, empty
// texts and lists, annotations but the type tags, and those, too, unless tags.
func simplify(v any, tags bool) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			value = simplify(value, tags)
			annotation := strings.HasPrefix(name, "@") && name != "@odata.type" && name != "@odata.id" || name == "@odata.type" && !tags
			if v[name] = value; value == nil || annotation {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = simplify(v[i], tags)
		}
		if len(v) == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	}
	return v
}

// simple is a JSON text in its simplest form, in lower case: an enumeration's case
// says nothing.
func simple(t *testing.T, data []byte, tags bool, without ...string) string {
	t.Helper()
	if len(data) == 0 {
		return "nothing"
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	drop(v, without)
	text, err := json.Marshal(simplify(v, tags))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ToLower(string(text))
}

func drop(v any, names []string) {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			if slices.Contains(names, name) {
				delete(v, name)
				continue
			}
			drop(v[name], names)
		}
	case []any:
		for _, one := range v {
			drop(one, names)
		}
	}
}

// reference is a file of reference data beside the checkout. Without it the test
// ends here: the fixtures hold what must always be true.
func reference(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", "graph", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("reference data not present")
		}
		dir = parent
	}
}

// TestCorpusIsWhole: the fixtures have every documented message, and for every
// method of the API a request.
func TestCorpusIsWhole(t *testing.T) {
	counts, requested := map[string]int{}, map[string]bool{}
	for _, e := range corpus(t) {
		for _, m := range e.Messages {
			counts[m.Kind]++
			if m.Kind != "request" || slices.Contains(removed, m.Path) {
				continue
			}
			method, ok := m.method()
			if !ok {
				t.Errorf("%s: no method %s %s", e.id(), m.Method, m.Path)
			}
			requested[method.Name] = true
		}
	}
	for _, m := range graph.Methods() {
		if !requested[m.Name] {
			t.Errorf("no documented request for %s", m.Name)
		}
	}
	t.Logf("%v", counts)
	for kind, least := range map[string]int{"request": 78, "response": 79, "notification": 92} {
		if counts[kind] < least {
			t.Errorf("%d of kind %s, want %d or more", counts[kind], kind, least)
		}
	}
}

// TestCorpusHasTheReference compares the fixtures with the reference data, in
// which every documented example is: none may be missing.
func TestCorpusHasTheReference(t *testing.T) {
	index, err := os.ReadFile(reference(t, filepath.Join("examples", "INDEX.tsv")))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	page := regexp.MustCompile(`^api-reference/(beta|v1\.0)/api/(.*)\.md$`)
	for _, line := range strings.Split(string(index), "\n")[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) < 5 {
			continue
		}
		where := page.FindStringSubmatch(fields[1])
		if where == nil || strings.Contains(fields[4], "retrieving the recording file") { // no JSON
			continue
		}
		if kind := fields[2]; kind == "request" || kind == "response" || kind == "notification" {
			want[where[1]+"/"+where[2]+" "+kind]++
		}
	}
	got := map[string]int{}
	for _, e := range corpus(t) {
		for _, m := range e.Messages {
			got[e.Version+"/"+e.Page+" "+m.Kind]++
		}
	}
	if len(want) < 80 {
		t.Errorf("the reference has %d kinds of page, want 80 or more", len(want))
	}
	for key, n := range want {
		if got[key] != n {
			t.Errorf("%s: %d in the fixtures, %d documented", key, got[key], n)
		}
	}
}

func count(n int, what string) string { return fmt.Sprintf("%d %s", n, what) }
