package flowdiff

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/outline"
)

// difference is a value of a step that is another one in the new flow.
type difference struct {
	area      Area
	name      string
	old, next string
}

// differences compares two steps of one verb, value by value.
func differences(a, b flow.Spec) []difference {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if x.Type() != y.Type() {
		return []difference{{Routing, "verb", a.Verb(), b.Verb()}}
	}
	return fields(x.Elem(), y.Elem())
}

// fields compares two structs of one type.
func fields(a, b reflect.Value) []difference {
	var all []difference
	for i := range a.NumField() {
		f := a.Type().Field(i)
		x, y := a.Field(i), b.Field(i)
		switch {
		case !f.IsExported() || unimportant(f.Name):
			continue
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			all = append(all, fields(x, y)...)
			continue
		}
		if d := (difference{areaOf(f), snake(f.Name), textOf(x, 0), textOf(y, 0)}); d.old != d.next {
			all = append(all, d)
		}
	}
	return all
}

// unimportant are fields that follow from others, or are compared elsewhere.
func unimportant(name string) bool {
	switch name {
	case "Pos", "Entries", "GlobalKeys", "Sensitive", "Once", "Currencies", "Length":
		return true
	}
	return false
}

func areaOf(f reflect.StructField) Area {
	switch f.Type {
	case reflect.TypeFor[flow.Prompt](), reflect.TypeFor[[]flow.Prompt]():
		return Prompts
	case reflect.TypeFor[time.Duration](), reflect.TypeFor[ivr.Duration]():
		return Timing
	case reflect.TypeFor[flow.Dest](), reflect.TypeFor[[]flow.Dest](), reflect.TypeFor[[]flow.Case]():
		return Routing
	}
	switch f.Name {
	case "Tries", "Min", "Max", "Loop", "Retry":
		return Timing
	case "Flow", "Action", "Request", "Schedule", "Group", "Members":
		return Routing
	}
	return Settings
}

// snake is a field's name as flow files have it.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// text is a value for people; empty if there is none.
func text(v any) string { return textOf(reflect.ValueOf(v), 0) }

// textOf writes a value with all that is below it.
func textOf(v reflect.Value, depth int) string {
	if !v.IsValid() || depth > 8 {
		return ""
	}
	if k := v.Kind(); (k == reflect.Pointer || k == reflect.Interface || k == reflect.Map || k == reflect.Slice) && v.IsNil() {
		return ""
	}
	if known, ok := knownText(v); ok {
		return known
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return textOf(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		words := make([]string, v.Len())
		for i := range words {
			words[i] = textOf(v.Index(i), depth+1)
		}
		return strings.Join(words, ", ")
	case reflect.Map:
		var words []string
		for _, key := range v.MapKeys() {
			words = append(words, fmt.Sprint(key)+": "+textOf(v.MapIndex(key), depth+1))
		}
		slices.Sort(words)
		return strings.Join(words, ", ")
	case reflect.Struct:
		var words []string
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || unimportant(f.Name) || v.Field(i).IsZero() {
				continue
			}
			if w := textOf(v.Field(i), depth+1); w != "" {
				words = append(words, snake(f.Name)+" "+w)
			}
		}
		return strings.Join(words, ", ")
	case reflect.Func, reflect.Chan:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

// knownText is a value of a type that people have a form for.
func knownText(v reflect.Value) (string, bool) {
	if !v.CanInterface() {
		return "", false
	}
	switch x := v.Interface().(type) {
	case diag.Pos:
		return "", true
	case flow.Prompt:
		return promptText(x), true
	case *flow.Action:
		return x.Name, true
	case flow.Dest:
		return string(x.Kind) + " " + text(x.ID), true
	case flow.BargeIn:
		return [...]string{"unset", "true", "false"}[x], true
	case interface{ Source() string }:
		return x.Source(), true
	case fmt.Stringer:
		return x.String(), true
	}
	return "", false
}

// promptText is a prompt with the conditions of its parts.
func promptText(p flow.Prompt) string {
	var words []string
	for i := range p {
		part := p[i]
		w := outline.Words(flow.Prompt{part})
		if part.File != "" {
			w = fmt.Sprintf("the file %.8s", part.File)
		}
		if part.Silence > 0 {
			w = "silence " + part.Silence.String()
		}
		if part.When != nil {
			w += " when " + part.When.Source()
		}
		words = append(words, w)
	}
	return strings.Join(words, " + ")
}
