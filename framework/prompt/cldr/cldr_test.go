package cldr_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/prompt/cldr"
)

func TestChain(t *testing.T) {
	for locale, want := range map[string]string{
		"en": "en", "en-US": "en-US en", "en-GB": "en-GB en-001 en", "en_gb": "en-GB en-001 en", "de-AT": "de-AT de",
		"es-MX": "es-MX es-419 es", "pt-AO": "pt-AO pt-PT pt", "nb-NO": "nb-NO nb no", "nn": "nn no", "no": "no",
		"zh-TW": "zh-Hant-TW zh-Hant", "zh-CN": "zh-CN zh", "zh": "zh", "zh-Hant": "zh-Hant", "iw": "he", "in": "id", "tl": "fil",
		"sr-Latn-RS": "sr-Latn-RS sr-Latn", "fr-x-menu": "fr", "de-DE-1996": "de-DE de", "": "", "x": "", "not a locale": "",
	} {
		if got := strings.Join(cldr.Chain(locale), " "); got != want {
			t.Errorf("Chain(%q) = %q, want %q", locale, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		locale    string
		get       func(l cldr.Locale) string
		wantValue string
	}{
		{"de", func(l cldr.Locale) string { return l.Months[0] }, "Januar"},
		{"de-AT", func(l cldr.Locale) string { return l.Months[0] + l.Months[1] }, "JännerFebruar"},
		{"en-US", func(l cldr.Locale) string { return l.Date }, "MMMM d, y"},
		{"en-GB", func(l cldr.Locale) string { return l.Date }, "d MMMM y"},
		{"es-MX", func(l cldr.Locale) string { return l.Time }, "h:mm\u202fa"},
		{"es-ES", func(l cldr.Locale) string { return l.Time }, "H:mm"},
		{"en-GB", func(l cldr.Locale) string { return l.Currencies["RUB"]["other"] }, "Russian roubles"},
		{"en-US", func(l cldr.Locale) string { return l.Currencies["RUB"]["other"] }, "Russian rubles"},
		{"en-GB", func(l cldr.Locale) string { return l.Currencies["SEK"]["one"] }, "Swedish krona"},
		{"pl", func(l cldr.Locale) string { return l.Currencies["PLN"]["few"] }, "złote polskie"},
		{"de", func(l cldr.Locale) string { return l.Units["hour"]["gender"] }, "feminine"},
		{"nb-NO", func(l cldr.Locale) string { return l.Units["hour"]["other"] }, "{0} timer"},
		{"fr", func(l cldr.Locale) string { return l.Decimal }, ","},
		{"fr", func(l cldr.Locale) string { return l.List["2"] }, "{0} et {1}"},
		{"nl", func(l cldr.Locale) string { return l.Signs["@"] }, "apenstaartje"},
		{"es", func(l cldr.Locale) string { return fmt.Sprint(l.Hours) }, "[[00:00 morning1] [06:00 morning2] [12:00 evening1] [20:00 night1]]"},
		{"es-CO", func(l cldr.Locale) string { return fmt.Sprint(l.Hours) }, "[[00:00 morning2] [12:00 evening1] [20:00 night1]]"},
		{"tlh", func(l cldr.Locale) string { return l.Date + l.Decimal }, ""},
		{"!", func(l cldr.Locale) string { return l.Date + l.Decimal }, ""},
	} {
		if got := tt.get(cldr.Find(tt.locale)); got != tt.wantValue {
			t.Errorf("Find(%s): %q, want %q", tt.locale, got, tt.wantValue)
		}
	}
}

func TestRules(t *testing.T) {
	languages := cldr.Languages()
	if len(languages) < 85 || !slices.Contains(languages, "fr-CH") {
		t.Errorf("Languages() = %v", languages)
	}
	if got := len(cldr.Rules("fr-CH")); got != 2 {
		t.Errorf("fr-CH has %d texts of rules, want its own and those of fr", got)
	}
	if got := cldr.Rules("tlh"); len(got) != 0 {
		t.Errorf("Klingon has %d texts of rules, want none", len(got))
	}
}

// All data can be decoded.
func TestEveryLocale(t *testing.T) {
	for _, name := range cldr.Languages() {
		l := cldr.Find(name)
		if len(l.Months) != 12 || l.Date == "" || l.Time == "" || l.Decimal == "" {
			t.Errorf("%s: %d months, date %q, time %q, decimal sign %q, %d currencies", name, len(l.Months), l.Date, l.Time, l.Decimal, len(l.Currencies))
		}
	}
}

// The data names numbers for each category of each language.
func TestPluralSamples(t *testing.T) {
	b, err := os.ReadFile("testdata/plurals.json")
	if err != nil {
		t.Fatal(err)
	}
	var kinds map[string]map[string]map[string]string
	if err := json.Unmarshal(b, &kinds); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for kind, locales := range kinds {
		for locale, categories := range locales {
			rules := cldr.PluralsOf(locale)
			if len(cldr.Chain(locale)) == 0 || cldr.Chain(locale)[0] != locale {
				continue // "root", and names that were replaced by others
			}
			for want, text := range categories {
				for _, sample := range samples(text) {
					got := rules.Cardinal(sample)
					if kind == "ordinal" {
						got = rules.Ordinal(sample)
					}
					checked++
					if got != want {
						t.Errorf("%s: %s category of %v = %s, want %s", locale, kind, sample, got, want)
					}
				}
			}
		}
	}
	if checked < 6000 {
		t.Errorf("only %d samples were checked", checked)
	}
}

// samples reads "@integer 0, 2~16, … @decimal 0.0~1.5"; numbers in compact
// form, such as 1c6, are left out.
func samples(text string) []cldr.Operands {
	var out []cldr.Operands
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '~' }) {
		whole, fraction, _ := strings.Cut(word, ".")
		if n, err := strconv.ParseUint(whole, 10, 63); err == nil && !strings.Contains(fraction, "c") {
			out = append(out, cldr.Operands{Integer: n, Fraction: fraction})
		}
	}
	return out
}
