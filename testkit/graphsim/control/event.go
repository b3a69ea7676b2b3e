package control

import (
	"reflect"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// eventName is an event's name, such as "prompt_started".
func eventName(e graphsim.Event) string { return snake(reflect.TypeOf(e).Name()) }

// eventDetail is what an event tells besides its call and time. Every event of
// graphsim, also one that is new there, is told field by field.
func eventDetail(e graphsim.Event) map[string]any {
	out, _ := told(reflect.ValueOf(e), 0).(map[string]any)
	return out
}

// maxTold is how deep in an event something is told.
const maxTold = 4

// told is a value as JSON has it; nil if there is nothing to tell.
func told(v reflect.Value, depth int) any {
	if depth > maxTold || v.IsZero() {
		return nil
	}
	switch known := v.Interface().(type) {
	case time.Duration:
		return known.String()
	case time.Time:
		return known.UTC()
	case ivr.Key:
		return known.String()
	case []ivr.Key:
		return keysText(known)
	case []byte: // audio
		return nil
	case graphsim.Behaviour:
		return known.String()
	case graphsim.Result:
		return result(known)
	case ivr.EndedBy:
		return endedBy(known)
	case ivr.Party, ivr.Target, []ivr.Target:
		return known
	case error:
		return known.Error()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return told(v.Elem(), depth)
	case reflect.Struct:
		return fieldsTold(v, depth)
	case reflect.Slice:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			list = append(list, told(v.Index(i), depth+1))
		}
		return list
	case reflect.Map, reflect.Func, reflect.Chan, reflect.Interface:
		return nil
	default:
		return v.Interface()
	}
}

// fieldsTold is a struct's exported fields that hold something.
func fieldsTold(v reflect.Value, depth int) any {
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Type == reflect.TypeFor[graphsim.Head]() {
			continue
		}
		if field := told(v.Field(i), depth+1); field != nil {
			out[snake(f.Name)] = field
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func keysText(keys []ivr.Key) string {
	text := make([]byte, 0, len(keys))
	for _, k := range keys {
		text = append(text, byte(k))
	}
	return string(text)
}

// endedBy says who ended a call, for somebody who knows no flows.
func endedBy(by ivr.EndedBy) string {
	switch by {
	case ivr.EndedByCaller:
		return "person"
	case ivr.EndedByFlow:
		return "bot"
	default:
		return string(by)
	}
}
