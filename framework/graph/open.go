package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Properties is what the service said and the Go type has no place for, by the
// property's name: properties that this version does not know, and values that
// a known property cannot hold, such as a new member of an enumeration. Such a
// value is written back while the Go field is empty.
//
// The types that have JSON methods of their own ([CallResource], [Participant],
// [OperationResource], [AudioRoutingGroup], [ContentSharingSession]) read and
// write the Properties of everything inside them. Notifications do not fill
// them.
type Properties map[string]json.RawMessage

// annotationContext is about the answer, not about the resource in it.
const annotationContext = "@odata.context"

// tagged are the Go fields' own notes, in the struct tag "graph": "beta" for a
// property that /v1.0 lacks, "#microsoft.graph.x" for the type tag that a
// request gets if it has none.
const tagged = "graph"

// property is a field of a struct as JSON has it.
type property struct {
	name      string
	omitEmpty bool
	note      string // its tag "graph"
	value     reflect.Value
}

// properties are the JSON fields of a struct, those of embedded structs first,
// and its Properties, which may be nil.
func properties(v reflect.Value) (list []property, other *Properties) {
	t := v.Type()
	for i := range t.NumField() {
		f, field := t.Field(i), v.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			inner, _ := properties(field)
			list = append(list, inner...)
		case f.Type == reflect.TypeFor[Properties]() && field.CanAddr():
			other = field.Addr().Interface().(*Properties)
		case name != "" && name != "-":
			list = append(list, property{name, strings.Contains(options, "omitempty"), f.Tag.Get(tagged), field})
		}
	}
	return list, other
}

// keep goes over a decoded value with the JSON that it was decoded from, and
// keeps what is not in the value.
func keep(v reflect.Value, data []byte) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			keep(v.Elem(), data)
		}
	case reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(data, &items) != nil {
			return
		}
		for i := range min(len(items), v.Len()) {
			keep(v.Index(i), items[i])
		}
	case reflect.Struct:
		keepFields(v, data)
	default:
	}
}

func keepFields(v reflect.Value, data []byte) {
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) != nil {
		return
	}
	list, other := properties(v)
	for name, value := range object {
		i := slices.IndexFunc(list, func(p property) bool { return strings.EqualFold(p.name, name) })
		if i >= 0 && isStrange(list[i].value, value) {
			list[i].value.SetZero() // the decoder made an empty one
		}
		switch {
		case i >= 0 && (!list[i].value.IsZero() || list[i].value.Kind() == reflect.Struct):
			keep(list[i].value, value)
			continue
		case i >= 0 && saysNothing(value), strings.EqualFold(name, annotationContext), other == nil:
			continue
		case i >= 0:
			name = list[i].name
		}
		if *other == nil {
			*other = Properties{}
		}
		(*other)[name] = slices.Clone(value)
	}
}

// isStrange reports whether a field that points to a struct met something else
// than an object.
func isStrange(field reflect.Value, data []byte) bool {
	t := field.Type()
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct && !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{"))
}

// saysNothing reports whether a value is what an empty field says anyway.
func saysNothing(value []byte) bool {
	switch string(bytes.TrimSpace(value)) {
	case "null", `""`, "0", "false", "[]", "{}":
		return true
	}
	return false
}

// decodeOpen reads JSON into a value and keeps what has no place in it: also
// the value of a property that is of another type than expected.
func decodeOpen[T any](data []byte, to *T) error {
	err := json.Unmarshal(data, to)
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); err != nil && (!ok || mismatch.Field == "") {
		return err
	}
	keep(reflect.ValueOf(to).Elem(), data)
	return nil
}

// openBody is a request's body: everything inside it is written with its
// Properties and its type tag.
type openBody struct{ value any }

// MarshalJSON writes the value.
func (b openBody) MarshalJSON() ([]byte, error) { return encodeOpen(b.value, true) }

// encodeOpen writes a value with the Properties of everything inside it, and on
// demand with the type tags that it lacks.
func encodeOpen(value any, tags bool) ([]byte, error) {
	e := encoder{tags: tags}
	err := e.value(addressable(reflect.ValueOf(value)))
	return e.out.Bytes(), err
}

// addressable is a value whose fields have addresses.
func addressable(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Struct || v.CanAddr() {
		return v
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p.Elem()
}

type encoder struct {
	out  bytes.Buffer
	tags bool
}

func (e *encoder) value(v reflect.Value) error {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Struct:
		return e.value(v.Elem())
	case v.Kind() == reflect.Slice && !v.IsNil() && v.Type().Elem().Kind() == reflect.Struct:
		return e.items(v)
	case v.Kind() == reflect.Struct && isOurs(v.Type()):
		return e.fields(addressable(v))
	}
	text, err := json.Marshal(v.Interface())
	e.out.Write(text)
	return err
}

// isOurs reports whether a struct is written field by field, not by a method of
// another package such as time's.
func isOurs(t reflect.Type) bool { return t.PkgPath() == reflect.TypeFor[Call]().PkgPath() }

func (e *encoder) items(v reflect.Value) error {
	e.out.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			e.out.WriteByte(',')
		}
		if err := e.value(v.Index(i)); err != nil {
			return err
		}
	}
	e.out.WriteByte(']')
	return nil
}

func (e *encoder) fields(v reflect.Value) error {
	list, other := properties(v)
	rest := Properties{}
	if other != nil {
		maps.Copy(rest, *other)
	}
	separator := byte('{')
	key := func(name string) {
		text, _ := json.Marshal(name) // a string has no error
		e.out.WriteByte(separator)
		e.out.Write(text)
		e.out.WriteByte(':')
		separator = ','
	}
	for _, p := range list {
		kept, ok := rest[p.name]
		delete(rest, p.name)
		switch empty := p.value.IsZero() || p.value.Kind() == reflect.Slice && p.value.Len() == 0; {
		case empty && ok:
			key(p.name)
			e.out.Write(kept)
		case empty && e.tags && strings.HasPrefix(p.note, "#"):
			key(p.name)
			fmt.Fprintf(&e.out, "%q", p.note)
		case !empty || !p.omitEmpty:
			key(p.name)
			if err := e.value(p.value); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		key(name)
		e.out.Write(rest[name])
	}
	if separator == '{' {
		e.out.WriteByte('{')
	}
	e.out.WriteByte('}')
	return nil
}

// betaOnly is the name of a property in a value that /v1.0 lacks, "" if there
// is none.
func betaOnly(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return betaOnly(v.Elem())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		for i := range v.Len() {
			if name := betaOnly(v.Index(i)); name != "" {
				return name
			}
		}
	case v.Kind() == reflect.Struct && isOurs(v.Type()):
		list, _ := properties(v)
		for _, p := range list {
			if p.note == "beta" && !p.value.IsZero() {
				return p.name
			}
			if name := betaOnly(p.value); name != "" {
				return name
			}
		}
	}
	return ""
}
