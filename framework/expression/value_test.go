package expression_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/expression"
)

func TestText(t *testing.T) {
	tests := []struct {
		value any
		want  string
	}{
		{"", ""}, {"as it is", "as it is"}, {true, "true"}, {false, "false"}, {0.0, "0"}, {3.0, "3"}, {-0.05, "-0.05"},
		{1234.5, "1234.5"}, {12345678.0, "12345678"}, {1e21, "1000000000000000000000"}, {7, "7"}, {uint8(7), "7"}, {int64(-7), "-7"},
	}
	for _, tt := range tests {
		if got, err := expression.Text(tt.value); err != nil || got != tt.want {
			t.Errorf("Text(%v) = %q, %v, want %q", tt.value, got, err, tt.want)
		}
	}
	for _, v := range []any{nil, []any{}, map[string]any{}, math.NaN(), math.Inf(1), time.Now(), struct{}{}} {
		if got, err := expression.Text(v); err == nil {
			t.Errorf("Text(%v) = %q, want an error", v, got)
		}
	}
}

func TestTimeTextOrdersLikeTime(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	early := time.Date(2026, 11, 23, 11, 30, 0, 0, zone) // 09:30 UTC
	late := time.Date(2026, 11, 23, 10, 0, 0, 999, time.UTC)
	if got, want := expression.TimeText(early), "2026-11-23T09:30:00Z"; got != want {
		t.Errorf("TimeText = %q, want %q", got, want)
	}
	if expression.TimeText(early) >= expression.TimeText(late) {
		t.Errorf("%s does not come before %s", expression.TimeText(early), expression.TimeText(late))
	}
}

// Values come in the documented Go types, whatever the library computes with.
func TestEvalTypes(t *testing.T) {
	tests := []struct {
		src  string
		want any
	}{
		{`1`, 1.0}, {`1 + 2`, 3.0}, {`7 / 2`, 3.5}, {`int(tries)`, 2.0}, {`len(account)`, 8.0}, {`int("007")`, 7.0},
		{`int(-1.9)`, -1.0}, {`float("-1.50")`, -1.5}, {`string(12345678.0)`, "12345678"}, {`string(true)`, "true"},
		{`[1, 2]`, []any{1.0, 2.0}}, {`["a", [1]]`, []any{"a", []any{1.0}}}, {`{"a": 1}`, map[string]any{"a": 1.0}},
		{`nil`, nil}, {`"é"[0:1]`, "\uFFFD"}, {`"ab"[0:1]`, "a"}, {`trim("xxaxx", "x")`, "a"}, {`options[1:]`, []any{"green", "blue"}},
		{`count(options, # != "red")`, 2.0}, {`tries > 1 ? "many" : 0`, "many"}, {`pin`, nil}, {`options[-1]`, "blue"},
	}
	for _, tt := range tests {
		e, err := expression.Compile(tt.src, env(), expression.KindAny)
		if err != nil {
			t.Fatalf("%s: %v", tt.src, err)
		}
		if got, err := e.Eval(vars()); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s = %#v, %v, want %#v", tt.src, got, err, tt.want)
		}
	}
}

// A value must not change behind the caller's back, nor a variable through a
// value.
func TestEvalCopiesCollections(t *testing.T) {
	e, err := expression.Compile(`options`, env(), expression.KindList)
	if err != nil {
		t.Fatal(err)
	}
	v := vars()
	got, err := e.Eval(v)
	if err != nil {
		t.Fatal(err)
	}
	got.([]any)[0] = "changed"
	if v["options"].([]any)[0] != "red" {
		t.Errorf("changing the value changed the variable: %v", v["options"])
	}
}

func TestWantedKindIsCheckedAtRunTime(t *testing.T) {
	tests := []struct {
		want expression.Kind
		ok   any
		bad  any
	}{
		{expression.KindString, "a", 1.0}, {expression.KindNumber, 1.0, "a"}, {expression.KindBool, true, "a"},
		{expression.KindList, []any{}, "a"}, {expression.KindMap, map[string]any{}, []any{}},
	}
	for _, tt := range tests {
		e, err := expression.Compile(`anything`, env(), tt.want)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind() != tt.want {
			t.Errorf("Kind() = %v, want %v", e.Kind(), tt.want)
		}
		if got, err := e.Eval(map[string]any{"anything": tt.ok}); err != nil || !reflect.DeepEqual(got, tt.ok) {
			t.Errorf("%v of %v = %v, %v", tt.want, tt.ok, got, err)
		}
		if got, err := e.Eval(map[string]any{"anything": tt.bad}); err == nil {
			t.Errorf("%v of %v = %v, want an error", tt.want, tt.bad, got)
		}
	}
}
