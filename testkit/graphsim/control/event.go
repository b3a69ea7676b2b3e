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
	v := reflect.ValueOf(e)
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if _, audio := reflect.TypeAssert[[]byte](v.Field(i)); audio || f.Name == "Head" || v.Field(i).IsZero() {
			continue
		}
		out[snake(f.Name)] = plain(v.Field(i).Interface())
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// plain is a field as JSON has it.
func plain(v any) any {
	switch v := v.(type) {
	case time.Duration:
		return v.String()
	case ivr.Key:
		return v.String()
	case []ivr.Key:
		return keysText(v)
	case graphsim.Behaviour:
		return v.String()
	case graphsim.Result:
		return result(v)
	case ivr.EndedBy:
		return endedBy(v)
	case error:
		return v.Error()
	}
	return v
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
