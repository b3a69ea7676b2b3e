package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/tree"
)

// description is the OpenAPI description of the call API, read as strictly as can
// be: what it does not name is a fault, although it lets more properties in.
type description struct {
	paths, schemas object
}

type object = map[string]any

// openAPI reads the description, if the reference data is there.
func openAPI(t *testing.T) *description {
	t.Helper()
	data, err := os.ReadFile(reference(t, "openapi-calls.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	node, list := tree.Parse("openapi-calls.yaml", data)
	if node == nil || len(list) > 0 {
		t.Fatalf("%s", list)
	}
	root := plain(node)
	paths, _ := at(root, "paths").(object)
	schemas, _ := at(root, "components", "schemas").(object)
	if len(paths) < 30 || len(schemas) < 100 {
		t.Fatalf("%d paths and %d schemas", len(paths), len(schemas))
	}
	return &description{paths, schemas}
}

// plain is a node of YAML as JSON would have it.
func plain(n *tree.Node) any {
	switch n.Kind {
	case tree.Map:
		m := object{}
		for _, e := range n.Entries {
			m[e.Key] = plain(e.Value)
		}
		return m
	case tree.List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plain(item))
		}
		return list
	case tree.Scalar:
	}
	switch i, err := strconv.Atoi(n.Value); {
	case n.Tag == tree.TagInt && err == nil:
		return i
	case n.Tag == tree.TagBool:
		return n.Value == "true"
	}
	return n.Value
}

func at(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(object)
		v = m[name]
	}
	return v
}

// operation is what the description says of a method and a path.
func (d *description) operation(method, path string) object {
	have := strings.Split(strings.Replace(path, "/microsoft.graph.", "/", 1), "/")
	for template, item := range d.paths {
		want := strings.Split(template, "/")
		if slices.EqualFunc(have, want, func(a, b string) bool { return a == b || strings.HasPrefix(b, "{") && a != "" }) {
			// "calls/logTeleconferenceDeviceQuality" fits "calls/{call-id}", too.
			if op, ok := at(item, strings.ToLower(method)).(object); ok && (template == path || d.paths[path] == nil) {
				return op
			}
		}
	}
	return nil
}

// request says what is wrong with a request.
func (d *description) request(method, path string, body []byte) []string {
	op := d.operation(method, path)
	if op == nil {
		return []string{method + " " + path + " is not described"}
	}
	schema := at(op, "requestBody", "content", "application/json", "schema")
	switch {
	case len(body) == 0 && schema != nil && at(op, "requestBody", "required") == true && len(need(schema)) > 0:
		return []string{"a body is missing"}
	case len(body) == 0:
		return nil
	case schema == nil:
		return []string{"a body that is not described"}
	}
	return d.text(schema, body)
}

// response says what is wrong with an answer.
func (d *description) response(method, path string, status int, body []byte) []string {
	op := d.operation(method, path)
	responses, _ := op["responses"].(object)
	for code, response := range responses {
		if code != fmt.Sprint(status) && code != "2XX" {
			continue
		}
		schema := at(response, "content", "application/json", "schema")
		switch {
		case schema == nil && len(body) > 0:
			return []string{"a body that is not described"}
		case schema == nil || len(body) == 0:
			return nil
		}
		return d.text(schema, body)
	}
	return []string{fmt.Sprintf("%s %s: %d is not described", method, path, status)}
}

func (d *description) text(schema any, body []byte) []string {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return []string{err.Error()}
	}
	return d.check(schema, v, "")
}

func (d *description) resolve(schema any) object {
	s, _ := schema.(object)
	for s["$ref"] != nil {
		name, _ := s["$ref"].(string)
		s, _ = d.schemas[strings.TrimPrefix(name, "#/components/schemas/")].(object)
	}
	return s
}

func need(schema any) []any { list, _ := at(schema, "required").([]any); return list }

// check says what of a value a schema does not allow.
func (d *description) check(schema any, v any, where string) []string {
	s := d.resolve(schema)
	parts, _ := s["allOf"].([]any)
	if v == nil {
		return nil // "nullable" says more about storage than about the wire; nobody sends null where it matters
	}
	if len(parts) == 1 && s["properties"] == nil && s["discriminator"] == nil {
		return d.check(parts[0], v, where)
	}
	if choices, ok := s["oneOf"].([]any); ok {
		_, isList := v.([]any)
		for _, choice := range choices {
			if (d.resolve(choice)["type"] == "array") == isList {
				return nil // what is in it is checked by its type tag
			}
		}
		return []string{where + ": neither an object nor a list"}
	}
	switch v := v.(type) {
	case object:
		return d.object(s, v, where)
	case []any:
		return d.list(s, v, where)
	}
	return scalar(s, v, where)
}

func (d *description) object(s, v object, where string) []string {
	if kind, ok := s["type"]; ok && kind != "object" {
		return []string{fmt.Sprintf("%s is an object, want %v", where, kind)}
	}
	tag, _ := v["@odata.type"].(string)
	if mapping, ok := at(s, "discriminator", "mapping").(object); ok {
		named := "#/components/schemas/" + strings.TrimPrefix(tag, "#")
		switch _, known := mapping[tag]; {
		case known:
			s = d.resolve(object{"$ref": mapping[tag]})
		case s["x-abstract"] == true && tag == "":
			return []string{where + ": an abstract type without @odata.type"}
		case tag != "" && d.resolve(object{"$ref": named}) == nil:
			return []string{fmt.Sprintf("%s: unknown type %q", where, tag)}
		}
	} else if tag != "" && d.schemas[strings.TrimPrefix(tag, "#")] == nil {
		return []string{fmt.Sprintf("%s: unknown type %q", where, tag)}
	}
	properties, required := object{}, []any{}
	d.collect(s, properties, &required)
	d.widen(tag, s, properties)
	var faults []string
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			faults = append(faults, fmt.Sprintf("%s.%s is missing", where, name))
		}
	}
	for name, value := range v {
		schema, ok := properties[name]
		switch {
		case strings.HasPrefix(name, "@"):
		case !ok:
			faults = append(faults, fmt.Sprintf("%s.%s is not described", where, name))
		default:
			faults = append(faults, d.check(schema, value, where+"."+name)...)
		}
	}
	return faults
}

// widen adds what the documentation's JSON has in the base types, of which it
// tags everything: the keys of communicationsIdentitySet in identitySet, and a
// user's tenant and provider in identity.
func (d *description) widen(tag string, s, properties object) {
	for base, derived := range map[string]string{"microsoft.graph.identitySet": "microsoft.graph.communicationsIdentitySet", "microsoft.graph.identity": "microsoft.graph.communicationsUserIdentity"} {
		if is, _ := d.schemas[base].(object); tag == "#"+base || tag == "" && fmt.Sprintf("%p", is) == fmt.Sprintf("%p", s) {
			d.collect(d.resolve(object{"$ref": "#/components/schemas/" + derived}), properties, &[]any{})
			if base == "microsoft.graph.identity" {
				properties["identityProvider"] = object{"type": "string"}
			}
		}
	}
}

func (d *description) collect(s, properties object, required *[]any) {
	parts, _ := s["allOf"].([]any)
	for _, part := range parts {
		d.collect(d.resolve(part), properties, required)
	}
	own, _ := s["properties"].(object)
	maps.Copy(properties, own)
	*required = append(*required, need(s)...)
}

func (d *description) list(s object, v []any, where string) []string {
	if s["type"] != "array" {
		return []string{where + " is a list"}
	}
	if most, ok := s["maxItems"].(int); ok && len(v) > most {
		return []string{fmt.Sprintf("%s has %d items, at most %d are allowed", where, len(v), most)}
	}
	var faults []string
	for i, item := range v {
		faults = append(faults, d.check(s["items"], item, fmt.Sprintf("%s[%d]", where, i))...)
	}
	return faults
}

func scalar(s object, v any, where string) []string {
	wrong := []string{fmt.Sprintf("%s is %v, want %v", where, v, s["type"])}
	switch v := v.(type) {
	case string:
		members, isEnum := s["enum"].([]any)
		if s["type"] != "string" || isEnum && !slices.ContainsFunc(members, func(m any) bool { return m == v }) {
			return append(wrong, fmt.Sprint(members...))[:1]
		}
		if most, ok := s["maxLength"].(int); ok && len([]rune(v)) > most {
			return []string{fmt.Sprintf("%s has %d characters, at most %d are allowed", where, len([]rune(v)), most)}
		}
	case bool:
		if s["type"] != "boolean" {
			return wrong
		}
	case float64:
		if s["type"] != "number" && (s["type"] != "integer" || v != math.Trunc(v)) {
			return wrong
		}
		if least, ok := s["minimum"].(int); ok && v < float64(least) {
			return []string{fmt.Sprintf("%s is %v, at least %d is allowed", where, v, least)}
		}
		if most, ok := s["maximum"].(int); ok && v > float64(most) {
			return []string{fmt.Sprintf("%s is %v, at most %d is allowed", where, v, most)}
		}
	}
	return nil
}

// TestClientKeepsToTheDescription checks every request that the client makes in
// these tests and in those of its own package.
func TestClientKeepsToTheDescription(t *testing.T) {
	d := openAPI(t)
	checked := 0
	for _, x := range exchanges(t) {
		if slices.Contains(removed, x.request.Path) {
			continue
		}
		s := &service{reply: x.response}
		if s.reply.Status == 0 {
			s.reply = message{Status: 200, Body: json.RawMessage(`{}`)}
		}
		if _, err := ask(t, x, s); unmatched[x.id()] != "" && err != nil {
			continue
		}
		checked++
		path := strings.TrimPrefix(s.path, "/"+x.Version)
		if faults := d.request(s.method, path, s.body); len(faults) > 0 {
			t.Errorf("%s: %s\n%s", x.id(), strings.Join(faults, "; "), s.body)
		}
	}
	files, err := filepath.Glob("../../framework/graph/testdata/*/*.http")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checked++
		line, _, _ := bytes.Cut(data, []byte("\n"))
		method, path, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		path, _, _ = strings.Cut(path, "?")
		var body []byte
		if i := bytes.Index(data, []byte("\n{")); i >= 0 {
			body = data[i+1:]
		}
		if faults := d.request(method, path, body); len(faults) > 0 {
			t.Errorf("%s: %s", file, strings.Join(faults, "; "))
		}
	}
	t.Logf("%d requests", checked)
}

// TestDescriptionBites shows that the check finds what it is for.
func TestDescriptionBites(t *testing.T) {
	d := openAPI(t)
	for _, tt := range []struct{ method, path, body, want string }{
		{"POST", "/communications/calls/c/answer", `{"callbackUri":"https://x"}`, ".mediaConfig is missing"},
		{"POST", "/communications/calls/c/answer", `{"callbackUri":"https://x","mediaConfig":{}}`, "without @odata.type"},
		{"POST", "/communications/calls/c/answer", `{"callbackUri":"https://x","mediaConfig":{"@odata.type":"#microsoft.graph.hosted"}}`, "unknown type"},
		{"POST", "/communications/calls/c/answer", `{"callbackUri":7,"mediaConfig":{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig"}}`, ".callbackUri is 7"},
		{"POST", "/communications/calls/c/answer", `{"callbackUri":"","mediaConfig":{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig"},"acceptedModalities":["smell"]}`, "smell"},
		{"POST", "/communications/calls/c/answer", ``, "a body is missing"},
		{"POST", "/communications/calls/c/playPrompt", `{"prompts":[{"@odata.type":"#microsoft.graph.mediaPrompt","mediaInfo":{"url":"x"}}]}`, ".prompts[0].mediaInfo.url is not described"},
		{"POST", "/communications/calls/c/playPrompt", `{"prompts":{}}`, ".prompts"},
		{"POST", "/communications/calls/c/recordResponse", `{"maxRecordDurationInSeconds":121}`, "at most 120"},
		{"POST", "/communications/calls/c/mute", `{"clientContext":"` + strings.Repeat("x", 257) + `"}`, "257 characters"},
		{"POST", "/communications/calls/c/reject", `{"reason":"Busy"}`, "Busy"},
		{"POST", "/communications/calls/c/sing", `{}`, "is not described"},
		{"PUT", "/communications/calls/c", `{}`, "is not described"},
		{"POST", "/communications/calls", `{"targets":[{"identity":{"robot":{}}}]}`, ".targets[0].identity.robot"},
	} {
		if got := strings.Join(d.request(tt.method, tt.path, []byte(tt.body)), "; "); !strings.Contains(got, tt.want) {
			t.Errorf("%s %s %s: got %q, want %q", tt.method, tt.path, tt.body, got, tt.want)
		}
	}
}
