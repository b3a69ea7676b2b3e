package prompt_test

import (
	"slices"
	"testing"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

func TestCoverage(t *testing.T) {
	digits := []string{"_digit/0", "_digit/1", "_digit/2", "_digit/3", "_digit/4", "_digit/5", "_digit/6", "_digit/7", "_digit/8", "_digit/9", "_digit/star", "_digit/pound"}
	style := prompt.Style{Locale: "en-GB"}
	pounds := recorded(t, "en-GB").Unrecorded(style, "money", "GBP")
	for i, w := range pounds {
		pounds[i] = "_word/" + w
	}
	for _, tt := range []struct {
		name      string
		fragments []string
		locale    string
		kind      string
		currency  []string
		want      prompt.Coverage
		lacks     string // a word of Missing
	}{
		{"whole", digits, "en-GB", "digits", nil, prompt.Coverage{Whole: true}, ""},
		{"part", digits[:5], "en-GB", "digits", nil, prompt.Coverage{Part: true}, "nine"},
		{"digits begin numbers", digits, "en-GB", "number", nil, prompt.Coverage{Part: true}, "hundred"},
		{"digits are no money", digits, "en-GB", "money", nil, prompt.Coverage{}, ""},
		{"another language", digits, "de-DE", "digits", nil, prompt.Coverage{}, ""},
		{"pounds", pounds, "en-GB", "money", []string{"GBP"}, prompt.Coverage{Whole: true}, ""},
		{"pounds and dollars", pounds, "en-GB", "money", []string{"GBP", "USD"}, prompt.Coverage{Part: true}, "cents"},
		{"pounds are no euros", pounds, "en-GB", "money", nil, prompt.Coverage{}, ""},
		{"no kind", digits, "en-GB", "colour", nil, prompt.Coverage{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := recorded(t, "en-GB", tt.fragments...).Coverage(prompt.Style{Locale: tt.locale}, tt.kind, tt.currency...)
			if got.Whole != tt.want.Whole || got.Part != tt.want.Part || (tt.lacks == "") != (len(got.Missing) == 0) ||
				tt.lacks != "" && !slices.Contains(got.Missing, tt.lacks) {
				t.Errorf("got %+v, want %+v without %q", got, tt.want, tt.lacks)
			}
		})
	}
	var none *prompt.Catalogue
	if got := none.Coverage(style, "digits"); got.Whole || got.Part {
		t.Errorf("without a catalogue: %+v", got)
	}
}
