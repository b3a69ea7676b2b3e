package ivr_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func TestMask(t *testing.T) {
	for _, tt := range []struct {
		text   string
		values []any
		want   string
	}{
		{"the pin 4711 is wrong", []any{"4711"}, "the pin *** is wrong"},
		{"4711, 47112", []any{"4711", "47112"}, "***, ***"},
		{"nothing of it", []any{"4711", nil, true}, "nothing of it"},
		{"12 of 120", []any{"12"}, "12 of 120"}, // too short to be looked for
		{"amount 1234.5", []any{1234.5}, "amount ***"},
		{"amount 7.3194628e+07, or 73194628", []any{73194628.0}, "amount ***, or ***"},
		{"a list: 471 1234", []any{[]any{"471", map[string]any{"x": 1234.0}}}, "a list: *** ***"},
		{`json: "a\"b\n c"`, []any{"a\"b\n c"}, `json: "***"`},
		{"card 4111111111111111.", nil, "card ***."},
		{"card 4111 1111 1111 1111, and 378282246310005", nil, "card ***, and ***"},
		{"card 4111-1111-1111-1112", nil, "card 4111-1111-1111-1112"}, // its check fails
		{"order 411111111111", nil, "order 411111111111"},             // 12 digits
		{"x41111111111111114111111111111111", nil, "x41111111111111114111111111111111"},
		{"", []any{"4711"}, ""},
	} {
		if got := ivr.Mask(tt.text, tt.values...); got != tt.want {
			t.Errorf("Mask(%q, %v) = %q, want %q", tt.text, tt.values, got, tt.want)
		}
	}
}
