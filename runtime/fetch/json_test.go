package fetch

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestDecodeJSON(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want any
	}{
		{`{"a":[1,true,null,"x",{"b":{}}]}`, map[string]any{"a": []any{1.0, true, nil, "x", map[string]any{"b": map[string]any{}}}}},
		{"\ufeff" + `{"a":1}`, map[string]any{"a": 1.0}},
		{`null`, nil}, {`"x"`, "x"}, {`[]`, []any{}}, {` [1 , 2 ] `, []any{1.0, 2.0}}, {`{}`, map[string]any{}},
		{`"\u0000\r\n"`, "\x00\r\n"}, {`"\ud800"`, "\ufffd"},
		{`0`, 0.0}, {`-1`, -1.0}, {`12.50`, 12.5}, {`1e2`, 100.0}, {`1E-2`, 0.01}, {`0.1`, 0.1}, {`123456789012.345`, 123456789012.345},
		{`9007199254740992`, 9007199254740992.0}, {`-9007199254740992`, -9007199254740992.0},
		{`9007199254740993`, json.Number("9007199254740993")}, {`-9007199254740993`, json.Number("-9007199254740993")},
		{`12345678901234567890`, json.Number("12345678901234567890")}, {`0.1234567890123456`, json.Number("0.1234567890123456")},
		{`0.00000000000000000000123`, 0.00000000000000000000123}, {`1e400`, json.Number("1e400")}, {`100000000000000000000000000`, json.Number("100000000000000000000000000")},
		{strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), nested(MaxDepth)},
		{`[` + strings.Repeat("0,", MaxItems-1) + `0]`, zeros(MaxItems)},
	} {
		got, err := decodeJSON([]byte(tt.in))
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%.60s: got %#v, %v, want %#v", tt.in, got, err, tt.want)
		}
	}
}

func nested(depth int) any {
	v := []any{}
	for range depth - 1 {
		v = []any{v}
	}
	return v
}

func zeros(n int) any {
	list := make([]any, n)
	for i := range list {
		list[i] = 0.0
	}
	return list
}

func TestDecodeJSONRefuses(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth+1)
	for _, tt := range []struct {
		in   string
		kind error
	}{
		{deep + strings.Repeat("]", MaxDepth+1), ErrTooDeep},
		{strings.Repeat(`{"a":`, MaxDepth+1) + "1" + strings.Repeat("}", MaxDepth+1), ErrTooDeep},
		{strings.Repeat("[", 65536), ErrTooDeep},
		{strings.Repeat(`[{"a":`, 10000), ErrTooDeep},
		{`[` + strings.Repeat("0,", MaxItems) + `0]`, ErrTooMany},
		{`{"a":[[` + strings.Repeat("0,", MaxItems) + `0]]}`, ErrTooMany},
		{`{"a":1,"a":2}`, ErrNotJSON}, {`{"a":1,"\u0061":2}`, ErrNotJSON}, {`{"x":{"a":1,"a":1}}`, ErrNotJSON},
		{`{"n":` + strings.Repeat("9", maxNumber+1) + `}`, ErrNotJSON},
		{``, ErrNotJSON}, {` `, ErrNotJSON}, {`{`, ErrNotJSON}, {`[1,]`, ErrNotJSON}, {`[1 2]`, ErrNotJSON}, {`{"a" 1}`, ErrNotJSON}, {`{"a":1,}`, ErrNotJSON}, {`{1:2}`, ErrNotJSON},
		{`[1]]`, ErrNotJSON}, {`{} {}`, ErrNotJSON}, {`1 2`, ErrNotJSON}, {`nul`, ErrNotJSON}, {`NaN`, ErrNotJSON}, {`01`, ErrNotJSON}, {`+1`, ErrNotJSON}, {`.5`, ErrNotJSON}, {`'a'`, ErrNotJSON},
		{"\"a\nb\"", ErrNotJSON}, {"\"\xff\"", ErrNotJSON}, {"\xff\xfe{\x00}\x00", ErrNotJSON}, {`<html>`, ErrNotJSON}, {`{"a":1}//x`, ErrNotJSON}, {"\x1f\x8b\x08", ErrNotJSON},
	} {
		if got, err := decodeJSON([]byte(tt.in)); !errors.Is(err, tt.kind) || got != nil {
			t.Errorf("%.60q: got %v, %v, want %v", tt.in, got, err, tt.kind)
		}
	}
}

// What is accepted is JSON, means what encoding/json says it means, and keeps
// to the limits.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x",null,true,{"b":[]}]}`, `[[[[]]]]`, `9007199254740993`, `1e400`, `"\ud83d\ude00"`, `{"a":1,"a":2}`, `[1,]`, `-0`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > MaxBody {
			return
		}
		got, err := decodeJSON(b)
		if err != nil {
			return
		}
		written, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		var plain, back any
		if err := json.Unmarshal([]byte(strings.TrimPrefix(string(b), "\ufeff")), &plain); err != nil {
			if !strings.Contains(err.Error(), "cannot unmarshal number") { // beyond float64
				t.Fatalf("%q was accepted, and is not JSON: %v", b, err)
			}
			return
		}
		if err := json.Unmarshal(written, &back); err != nil || !reflect.DeepEqual(plain, back) {
			t.Fatalf("%q: got %q, %v", b, written, err)
		}
	})
}
