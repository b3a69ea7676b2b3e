package flow_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// declared loads a variable's declaration.
func declared(t *testing.T, decl string) *flow.Var {
	t.Helper()
	f := good(t, "start: main\nstates: {main: end}\nvars: {v: "+decl+"}\n")
	return f.Vars["v"]
}

func TestAccept(t *testing.T) {
	for _, tt := range []struct {
		decl, typed string
		want        any // nil: not accepted
	}{
		{"{type: digits}", "007", "007"},
		{"{type: digits}", "", nil},
		{"{type: digits, length: 4}", "1234", "1234"},
		{"{type: digits, length: 4}", "123", nil},
		{"{type: digits, length: 4..6}", "12345", "12345"},
		{"{type: digits, length: 4..6}", "1234567", nil},
		{"{type: digits, check: luhn}", "79927398713", "79927398713"},
		{"{type: digits, check: luhn}", "79927398714", nil},
		{"{type: digits, check: luhn}", "0", nil},
		{"{type: digits, check: luhn}", "7992*398713", nil},
		{`{type: digits, pattern: "1[0-9]*"}`, "19", "19"},
		{`{type: digits, pattern: "1|2"}`, "29", nil},
		{"{type: digits, check: date}", "20240229", "20240229"},
		{"{type: digits, check: date}", "20230229", nil},
		{"{type: digits, check: {range: 1..31}}", "07", "07"},
		{"{type: digits, check: {range: 1..31}}", "32", nil},
		{`{type: digits, check: 'value startsWith "4"'}`, "41", "41"},
		{`{type: digits, check: '${value startsWith "4"}'}`, "14", nil},
		{`{type: digits, check: [luhn, 'len(value) > 4']}`, "42", nil},
		{"{type: number}", "12*5", 12.5},
		{"{type: number}", "1*2*3", nil},
		{"{type: number, check: value > 10}", "11", 11.0},
		{"{type: number, check: value > 10}", "9", nil},
		{"{type: money, currency: GBP}", "12", "12.00 GBP"},
		{"{type: money, currency: GBP}", "12*5", "12.50 GBP"},
		{"{type: money, currency: EUR, check: {range: 1..100}}", "101", nil},
		{"{type: date}", "20261123", "2026-11-23"},
		{"{type: date}", "20261323", nil},
		{"{type: date}", "2026112", nil},
		{"{type: time}", "1530", "15:30"},
		{"{type: time}", "2460", nil},
		{"{type: phone}", "00442071838750", "+442071838750"},
		{"{type: phone}", "02071838750", "02071838750"},
		{"{type: phone}", "1", nil},
		{"{type: bool}", "1", true},
		{"{type: bool}", "2", false},
		{"{type: bool}", "3", nil},
		{"{type: string, check: iban}", "GB82WEST12345698765432", "GB82WEST12345698765432"},
		{"{type: string, check: iban}", "GB82WEST12345698765433", nil},
	} {
		t.Run(tt.decl+" "+tt.typed, func(t *testing.T) {
			got, ok := declared(t, tt.decl).Accept(tt.typed)
			if ok != (tt.want != nil) || ok && got != tt.want {
				t.Errorf("got %v, %v; want %v", got, ok, tt.want)
			}
		})
	}
}

func TestCoerce(t *testing.T) {
	list, object := []any{"a"}, map[string]any{"a": 1.0}
	for _, tt := range []struct {
		decl string
		in   any
		want any
		says string
	}{
		{"{type: string}", "x", "x", ""},
		{"{type: string}", 12.0, "12", ""},
		{"{type: string}", 0.5, "0.5", ""},
		{"{type: string}", true, "true", ""},
		{"{type: string}", nil, nil, ""},
		{"{type: string}", list, nil, "want a text, not a list or a map"},
		{"{type: string, length: 2}", "abc", nil, "want 2 characters"},
		{"{type: digits}", "12*#", "12*#", ""},
		{"{type: digits}", 12, "12", ""},
		{"{type: digits}", "12x", nil, "want digits"},
		{"{type: digits, length: 4..6}", "123", nil, "want 4 to 6 characters"},
		{"{type: number}", 5, 5.0, ""},
		{"{type: number}", int64(5), 5.0, ""},
		{"{type: number}", "0.5", 0.5, ""},
		{"{type: number}", "NaN", nil, "want a number"},
		{"{type: number}", false, nil, "want a number"},
		{"{type: bool}", false, false, ""},
		{"{type: bool}", "true", true, ""},
		{"{type: bool}", "yes", nil, "want true or false"},
		{"{type: money, currency: GBP}", "12.5", "12.50 GBP", ""},
		{"{type: money, currency: GBP}", "12.50 GBP", "12.50 GBP", ""},
		{"{type: money, currency: GBP}", 12.0, "12.00 GBP", ""},
		{"{type: money, currency: GBP}", "12.50 EUR", nil, "want an amount in GBP, not in EUR"},
		{"{type: money, currency: GBP}", "lots", nil, `want an amount such as "12.50 GBP"`},
		{"{type: date}", "2026-11-23", "2026-11-23", ""},
		{"{type: date}", "23.11.2026", nil, `want a date such as "2026-11-23"`},
		{"{type: time}", "15:30", "15:30", ""},
		{"{type: time}", "3pm", nil, `want a time such as "15:04"`},
		{"{type: phone}", "+442071838750", "+442071838750", ""},
		{"{type: phone}", "me", nil, `want a telephone number such as "+442071838750"`},
		{"{type: list}", list, list, ""},
		{"{type: list}", "a", nil, "want a list"},
		{"{type: map}", object, object, ""},
		{"{type: map}", "a", nil, "want a map"},
	} {
		t.Run(fmt.Sprint(tt.decl, tt.in), func(t *testing.T) {
			got, err := declared(t, tt.decl).Coerce(tt.in)
			says := ""
			if err != nil {
				says = err.Error()
			}
			if !reflect.DeepEqual(got, tt.want) || says != tt.says {
				t.Errorf("got %v, %q; want %v, %q", got, says, tt.want, tt.says)
			}
		})
	}
}

func TestVarDefaults(t *testing.T) {
	for decl, want := range map[string]any{
		"{type: number, default: 2}":                    2.0,
		"{type: bool, default: false}":                  false,
		`{type: digits, default: "007"}`:                "007",
		"{type: money, currency: GBP, default: 5}":      "5.00 GBP",
		"{type: date, default: 2026-11-23}":             "2026-11-23",
		"{type: list, default: [a, 1, true]}":           []any{"a", 1.0, true},
		"{type: map, default: {a: {b: null}}}":          map[string]any{"a": map[string]any{"b": nil}},
		"{type: string}":                                nil,
		"{type: string, sensitive: once, default: a b}": "a b",
	} {
		if got := declared(t, decl).Default; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, want %#v", decl, got, want)
		}
	}
}
