package control_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

func wav() []byte { return prompt.Silence(100 * time.Millisecond) }

// The document has every route, and the server answers on every path and method
// of the document.
func TestOpenAPIRoutes(t *testing.T) {
	w := newWorld(t)
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Summary     string
			Parameters  []struct{ Name, In string }
		}
	}
	w.raw(t.Context(), http.MethodGet, "/openapi.json", "", &doc)
	count, ids := 0, map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			count++
			if op.Summary == "" || ids[op.OperationID] {
				t.Errorf("%s %s: no summary, or the id %q twice", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
			if strings.HasSuffix(path, "/stream") { // it does not end
				continue
			}
			path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(strings.TrimPrefix(path, control.Root), "none")
			var got control.Failure
			status := w.raw(t.Context(), strings.ToUpper(method), path, "[]", &got)
			if status == http.StatusMethodNotAllowed || strings.Contains(got.Error.Mend, "openapi") {
				t.Errorf("%s %s: %d %+v", method, path, status, got)
			}
		}
	}
	if count != len(control.Routes()) || count < 15 {
		t.Errorf("the document has %d routes, the server %d", count, len(control.Routes()))
	}
}

// Every type that goes over the wire is as the document says, with all its
// properties and with none of those that may be missing; and no more is taken.
func TestOpenAPITypes(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for _, r := range control.Routes() {
		for _, v := range []any{r.In, r.Out} {
			if v == nil || reflect.TypeOf(v).Kind() != reflect.Struct {
				continue
			}
			seen[reflect.TypeOf(v).Name()] = true
			full := reflect.New(reflect.TypeOf(v))
			fill(full.Elem(), "")
			for _, value := range []any{full.Interface(), empty(reflect.TypeOf(v))} {
				text, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				w.valid("openapi.json#/components/schemas/"+reflect.TypeOf(v).Name(), text)
			}
		}
	}
	if len(seen) < 12 {
		t.Errorf("only %v were looked at", slices.Collect(maps.Keys(seen)))
	}
	schema, err := w.schema.Compile("openapi.json#/components/schemas/Setup")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`{"sede": 1}`, `{"settings": {"latencie": "1s"}}`, `{"settings": {"latency": "soon"}}`, `{"settings": {"audio": "before"}}`,
		`{"oddities": ["x"]}`, `{"people": [{"behaviour": "x"}]}`, `{"faults": [{}]}`} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("the document allows %s", text)
		}
		if _, err := control.ReadSetup([]byte(text)); err == nil {
			t.Errorf("the simulator takes %s", text)
		}
	}
}

// empty is a value whose lists are there.
func empty(t reflect.Type) any {
	v := reflect.New(t)
	for i := range t.NumField() {
		if f := v.Elem().Field(i); f.CanSet() && f.Kind() == reflect.Slice && !strings.Contains(t.Field(i).Tag.Get("json"), ",omit") {
			f.Set(reflect.MakeSlice(f.Type(), 0, 0))
		}
		if f := v.Elem().Field(i); f.CanSet() && t.Field(i).Tag.Get("enum") != "" && !strings.Contains(t.Field(i).Tag.Get("json"), ",omit") {
			f.SetString(strings.Split(t.Field(i).Tag.Get("enum"), ",")[0])
		}
	}
	return v.Interface()
}

// fill sets every field to something.
func fill(v reflect.Value, words string) {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.Unix(1, 0)
		return
	case *time.Duration:
		*p = time.Second
		return
	case *ivr.Duration:
		*p = ivr.Duration(1500 * time.Millisecond)
		return
	case *graphsim.Oddity:
		*p = graphsim.Duplicates
		return
	case *json.RawMessage:
		*p = json.RawMessage(`{"a": [1]}`)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), v.Type().Field(i).Tag.Get("enum"))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), "")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), "")
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]any{"a": 1}))
	case reflect.String:
		v.SetString(strings.Split(words+"x", ",")[0])
		if words != "" {
			v.SetString(strings.Split(words, ",")[0])
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Uint64:
		v.SetUint(1)
	default:
		v.SetInt(1)
	}
}

// Every setting can be given, is told as it was given, and has the words of all
// its choices.
func TestSettings(t *testing.T) {
	v := reflect.New(reflect.TypeFor[control.Settings]())
	fill(v.Elem(), "")
	text, err := json.Marshal(control.Setup{Settings: *v.Interface().(*control.Settings)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := control.ReadSetup(text)
	if err != nil || !reflect.DeepEqual(got.Settings, *v.Interface().(*control.Settings)) {
		t.Errorf("%s\nwas read as %+v: %v", text, got.Settings, err)
	}
	names := control.SettingNames()
	for _, want := range []string{"latency", "answer_within", "ids_ignore_case", "https_only", "id_in_updates", "no_call_id", "pstn_always", "ids", "token_life", "codes_as_text"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no setting %s in %s", want, names)
		}
	}
	for name, want := range map[string]int{"Spelling": 3, "AudioOrder": 3, "StartStatus": 3, "BadPrompt": 2, "CancelForm": 3, "DoubleSubscription": 3} {
		if got := constants(t, name); got != want {
			t.Errorf("graphsim has %d constants of %s, control has words for %d", got, name, want)
		}
	}
	for word, want := range map[string]time.Duration{`"0s"`: -1, `"2m"`: 2 * time.Minute} {
		got, err := control.ReadSetup([]byte(`{"settings": {"latency": ` + word + `}}`))
		if err != nil || got.Settings.Latency != want {
			t.Errorf("%s is read as %v: %v", word, got.Settings.Latency, err)
		}
	}
}

// constants counts the constants of a type in graphsim's source.
func constants(t *testing.T, name string) int {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../choices.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, d := range f.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		if first, ok := group.Specs[0].(*ast.ValueSpec); ok && first.Type != nil && first.Type.(*ast.Ident).Name == name {
			count = len(group.Specs)
		}
	}
	return count
}

// With some_settings the seed chooses, and what is given stands above that.
func TestSomeSettings(t *testing.T) {
	w := newWorld(t)
	for _, seed := range []string{"1", "2", "3"} {
		w.ask(http.MethodPost, "/reset", `{"seed": `+seed+`, "some_settings": true, "some_oddities": false, "settings": {"latency": "0s", "establishing_delay": "0s",
			"established_delay": "0s", "audio_delay": "0s", "no_leading_slash": false, "only_legacy_resource": false}}`, nil)
		var c control.Call
		w.ask(http.MethodPost, "/calls", "", &c)
		w.log("kind=callback&what=incoming&call=" + c.ID)
	}
	w.ask(http.MethodPost, "/reset", `{"seed": 1, "some_oddities": true, "oddities": ["duplicates"]}`, nil)
	var c control.Call
	w.ask(http.MethodPost, "/calls", "", &c)
	w.log("kind=callback&what=incoming&call=" + c.ID)
}
