package control

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// object is a JSON object.
type object = map[string]any

// OpenAPI is the OpenAPI 3.1 document of the control interface. It is made of
// [Routes] and of the types that they read and write.
func OpenAPI() map[string]any {
	d := document{schemas: object{}}
	paths := object{}
	for _, r := range Routes() {
		path, _ := paths[Root+r.Path].(object)
		if path == nil {
			path = object{}
			paths[Root+r.Path] = path
		}
		path[strings.ToLower(r.Method)] = d.operation(r)
	}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": "ivrflow graphsim: control of the simulated Graph", "version": "1",
			"description": "Scripts the simulated Microsoft Graph of ivrflow graphsim. With --control-token-file every request needs the token; without it requests are taken from this machine only."},
		"paths":      paths,
		"security":   []object{{"token": []string{}}, {}},
		"components": object{"schemas": d.schemas, "securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}}},
	}
}

// document collects the schemas of types that have a name.
type document struct{ schemas object }

var pathParam = regexp.MustCompile(`\{([a-z]+)\}`)

func (d document) operation(r Route) object {
	var params []object
	for _, m := range pathParam.FindAllStringSubmatch(r.Path, -1) {
		param := object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}}
		if m[1] == "call" {
			param["description"] = "the call's id in any spelling, or " + lastCall + " for the call that began last"
		}
		params = append(params, param)
	}
	for _, p := range r.Query {
		params = append(params, object{"name": p.Name, "in": "query", "description": p.Doc, "schema": object{"type": "string"}})
	}
	success := object{"description": "Done."}
	switch {
	case r.Type == typeLines:
		success["content"] = object{typeLines: object{"schema": d.schema(reflect.TypeOf(r.Out))}, typeEvents: object{"schema": object{"type": "string"}}}
	case r.Type != "":
		success["content"] = object{r.Type: object{"schema": object{"type": "string", "format": "binary"}}}
	case r.Out != nil:
		success["content"] = object{typeJSON: object{"schema": d.schema(reflect.TypeOf(r.Out))}}
	}
	refusal := object{"description": "Refused.", "content": object{typeJSON: object{"schema": d.schema(reflect.TypeFor[Failure]())}}}
	op := object{"operationId": r.ID, "summary": r.Doc, "responses": object{strconv.Itoa(r.Status): success, "default": refusal}}
	if params != nil {
		op["parameters"] = params
	}
	if r.In != nil {
		content := object{typeJSON: object{"schema": d.schema(reflect.TypeOf(r.In))}}
		if r.AlsoWAV {
			content[typeWAV] = object{"schema": object{"type": "string", "format": "binary"}}
		}
		op["requestBody"] = object{"required": !r.Empty, "content": content}
	}
	return op
}

// schema is the JSON Schema of a type, as encoding/json writes it.
func (d document) schema(t reflect.Type) any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[ivr.Duration](), reflect.TypeFor[time.Duration]():
		return object{"type": "string", "pattern": durationPattern, "description": `a duration in Go's notation, such as "1.5s" or "2m"`}
	case reflect.TypeFor[json.RawMessage]():
		return object{}
	case reflect.TypeFor[Settings]():
		return d.named(t, d.settings)
	case reflect.TypeFor[graphsim.Oddity]():
		return object{"type": "string", "enum": oddityNames()}
	case reflect.TypeFor[graphsim.Result]():
		return d.schema(reflect.TypeFor[Result]())
	case reflect.TypeFor[graphsim.Refusal]():
		return d.schema(reflect.TypeFor[Refusal]())
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map, reflect.Interface:
		return object{"type": "object"}
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.Struct:
		return d.named(t, func() object { return d.properties(t) })
	default:
	}
	if words := choices(t); words != nil {
		return object{"type": "string", "enum": words}
	}
	return object{"type": "integer"}
}

// durationPattern is Go's notation.
const durationPattern = `^-?([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$|^0$`

// named puts a type's schema among the components, once.
func (d document) named(t reflect.Type, of func() object) object {
	if d.schemas[t.Name()] == nil {
		d.schemas[t.Name()] = object{} // for a type that holds itself
		d.schemas[t.Name()] = of()
	}
	return object{"$ref": "#/components/schemas/" + t.Name()}
}

// properties is the schema of a struct. What encoding/json may leave out is not
// required.
func (d document) properties(t reflect.Type) object {
	props, required := object{}, []string{}
	for f, name := range fields(t) {
		schema := d.schema(f.Type)
		if words := f.Tag.Get("enum"); words != "" {
			schema = object{"type": "string", "enum": strings.Split(words, ",")}
		}
		if doc := f.Tag.Get("doc"); doc != "" {
			schema = described(schema, doc)
		}
		props[name] = schema
		if !strings.Contains(f.Tag.Get("json"), ",omit") {
			required = append(required, name)
		}
	}
	out := object{"type": "object", "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func described(schema any, doc string) any {
	out, ok := schema.(object)
	if !ok {
		return schema
	}
	out = maps.Clone(out)
	out["description"] = doc
	return out
}

// settings is the schema of the settings, whose names are made of Go's.
func (d document) settings() object {
	props := object{}
	names := SettingNames()
	for i, f := range reflect.VisibleFields(reflect.TypeFor[graphsim.Settings]()) {
		props[names[i]] = d.schema(f.Type)
	}
	return object{"type": "object", "properties": props, "additionalProperties": false}
}

// fields are the fields of a struct that JSON has, with their names.
func fields(t reflect.Type) func(yield func(reflect.StructField, string) bool) {
	return func(yield func(reflect.StructField, string) bool) {
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.IsExported() && !f.Anonymous && name != "-" && name != "" && !yield(f, name) {
				return
			}
		}
	}
}

// properties are the names of all properties that a type has at any depth.
func properties(t reflect.Type) []string {
	d := document{schemas: object{}}
	d.schema(t)
	var names []string
	for _, schema := range d.schemas {
		props, _ := schema.(object)["properties"].(object)
		names = append(names, slices.Collect(maps.Keys(props))...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
