package expression

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Text is a value as text: a string as it is, a number without trailing
// zeros ("3", "0.05"), a bool as "true" or "false". It is an error for nil,
// lists and maps, and for numbers that are not finite.
func Text(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case nil:
		return "", errors.New("there is no value")
	}
	f, ok := asNumber(v)
	if !ok {
		return "", fmt.Errorf("%s has no form as text", kindOfValue(v).noun())
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", errors.New("the number is not finite")
	}
	return strconv.FormatFloat(f, 'f', -1, 64), nil
}

// TimeText is a moment in the form in which expressions see it (now,
// call.started): RFC 3339 in UTC with whole seconds. All such texts have the
// same length, so <, > and == compare them as moments.
func TimeText(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// kindOfValue is the kind of a run-time value, KindAny for nil.
func kindOfValue(v any) Kind {
	switch v.(type) {
	case string:
		return KindString
	case bool:
		return KindBool
	case []any:
		return KindList
	case map[string]any:
		return KindMap
	}
	if _, ok := asNumber(v); ok {
		return KindNumber
	}
	return KindAny
}

// asNumber accepts what the library computes with: whole numbers besides
// float64.
func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case nil:
		return 0, false
	}
	r := reflect.ValueOf(v)
	switch {
	case r.NumMethod() > 0: // a method would be callable
	case r.CanInt():
		return float64(r.Int()), true
	case r.CanUint():
		return float64(r.Uint()), true
	case r.CanFloat():
		return r.Float(), true
	}
	return 0, false
}

// result brings a value into the documented form and checks that it is small
// and of the promised kind.
func result(raw any, want Kind) (any, error) {
	if b, ok := raw.(bool); ok && (want == KindBool || want == KindAny) {
		return b, nil
	}
	room := budget{bytes: maxResult}
	v, err := room.normal(raw, 0)
	if err != nil {
		return nil, fmt.Errorf("the value %w", err)
	}
	if got := kindOfValue(v); v != nil && want != KindAny && got != want {
		return nil, fmt.Errorf("the value is %s where %s is needed", got.noun(), want.noun())
	}
	return v, nil
}

// budget is the room that is left for a value.
type budget struct{ bytes int }

func (b *budget) text(s string) error {
	if b.bytes -= len(s); b.bytes < 0 {
		return errors.New("is too long")
	}
	return nil
}

// normal copies v into the documented form.
func (b *budget) normal(v any, depth int) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		if !utf8.ValidString(v) { // a slice may have cut a character
			v = strings.ToValidUTF8(v, "\uFFFD")
		}
		return v, b.text(v)
	}
	if f, ok := asNumber(v); ok {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errors.New("is not a finite number; was something divided by 0?")
		}
		return f, nil
	}
	return b.normalCollection(v, depth)
}

func (b *budget) normalCollection(v any, depth int) (any, error) {
	r := reflect.ValueOf(v)
	if (r.Kind() != reflect.Slice && r.Kind() != reflect.Map) || r.NumMethod() > 0 {
		return nil, fmt.Errorf("has the type %T, which expressions do not know", v)
	}
	if r.Len() > maxItems || depth >= maxNesting {
		return nil, errors.New("is too large")
	}
	if r.Kind() == reflect.Slice {
		list := make([]any, r.Len())
		for i := range list {
			var err error
			if list[i], err = b.normal(r.Index(i).Interface(), depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	if r.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("has the type %T, which expressions do not know", v)
	}
	m := make(map[string]any, r.Len())
	for key, item := range r.Seq2() {
		if err := b.text(key.String()); err != nil {
			return nil, err
		}
		v, err := b.normal(item.Interface(), depth+1)
		if err != nil {
			return nil, err
		}
		m[key.String()] = v
	}
	return m, nil
}
