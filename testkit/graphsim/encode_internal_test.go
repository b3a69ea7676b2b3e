package graphsim

import (
	"encoding/json"
	"math"
	"testing"
)

// The bytes are those of encoding/json.
func TestEncode(t *testing.T) {
	tests := []any{
		nil, true, false, 0, -7, int64(math.MinInt64), 1.5, json.Number("12"), []any{1, "x", nil}, []int{1, 2},
		"", "plain", `"quoted" \ `, "a<b>&c", "é\u2028\x00\n\x7f\xff", object(nil), object{}, []object(nil), []object{}, []string(nil), []string{"a", "\t"},
		object{"z": object{"b": 1, "a": nil}, "a": []object{{"x": "y"}, {}}, "@odata.type": "#x", "é": false, "<": []string{}},
	}
	for _, v := range tests {
		got, err := encode(v)
		want, wantErr := json.Marshal(v)
		if string(got) != string(want) || err != nil || wantErr != nil {
			t.Errorf("%#v: got %s, %v; want %s, %v", v, got, err, want, wantErr)
		}
	}
	for _, v := range []any{math.Inf(1), object{"a": []object{{"b": func() {}}}}, make(chan int)} {
		if got, err := encode(v); err == nil {
			t.Errorf("%v: got %s, want an error", v, got)
		}
	}
}
