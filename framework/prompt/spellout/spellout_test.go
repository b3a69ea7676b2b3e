package spellout_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/ivrflow/ivrflow/framework/prompt/cldr"
	"github.com/ivrflow/ivrflow/framework/prompt/spellout"
)

func number(t testing.TB, s string) spellout.Number {
	t.Helper()
	rest, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return spellout.Number{Negative: negative, Integer: n, Fraction: fraction}
}

func rules(t testing.TB, locale string) *spellout.Rules {
	t.Helper()
	r, err := spellout.For(locale)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plain is words without the soft hyphens that mark joints.
func plain(words string) string { return strings.ReplaceAll(words, "\u00ad", "") }

// TestKnown: the words of numbers that one knows.
func TestKnown(t *testing.T) {
	for _, tt := range known() {
		locale, set, _ := strings.Cut(tt.of, " ")
		if set == "" {
			set = "numbering"
		}
		r := rules(t, locale)
		for pair := range strings.SplitSeq(tt.words, " | ") {
			n, want, _ := strings.Cut(pair, " ")
			got, err := r.Spell("%spellout-"+set, number(t, n))
			if err != nil || plain(got) != want {
				t.Errorf("%s %s: %q, %v, want %q", tt.of, n, plain(got), err, want)
			}
		}
	}
}

// TestAsICU compares all rule sets with ICU, by sums of what it made of many
// numbers. To find a difference, print both.
func TestAsICU(t *testing.T) {
	b, err := os.ReadFile("testdata/numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	var numbers []spellout.Number
	for s := range strings.FieldsSeq(string(b)) {
		numbers = append(numbers, number(t, s))
	}
	if b, err = os.ReadFile("testdata/icu.txt"); err != nil {
		t.Fatal(err)
	}
	var r *spellout.Rules
	last, sets := "", 0
	for line := range strings.Lines(string(b)) {
		words := strings.Fields(line)
		if words[0] == "#" {
			continue
		}
		if testing.Short() && sets > 0 && words[0] == last {
			continue
		}
		if words[0] != last {
			r, last = rules(t, words[0]), words[0]
		}
		sets++
		if got := sum(t, r, words[1], numbers); got != words[2] {
			t.Errorf("%s %s differs from ICU", words[0], words[1])
		}
	}
	if sets < 80 {
		t.Errorf("only %d rule sets were compared", sets)
	}
}

func sum(t *testing.T, r *spellout.Rules, set string, numbers []spellout.Number) string {
	t.Helper()
	lines := make([]string, len(numbers))
	for i, n := range numbers {
		words, err := r.Spell(set, n)
		if err != nil {
			t.Errorf("%s: %v: %v", set, n, err)
		}
		if lines[i] = words; strings.ContainsFunc(words, unicode.IsDigit) {
			lines[i] = "#"
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:8])
}

// Each number from 0 to 9999 has words of its own, in every language.
func TestEveryNumber(t *testing.T) {
	for _, locale := range cldr.Languages() {
		t.Run(locale, func(t *testing.T) {
			r := rules(t, locale)
			seen := make(map[string]uint64, 10000)
			for n := range uint64(10000) {
				words, err := r.Spell("%spellout-numbering", spellout.Whole(n))
				if err != nil || strings.TrimSpace(words) == "" || strings.ContainsFunc(words, unicode.IsDigit) {
					t.Fatalf("%d: %q, %v", n, words, err)
				}
				if first, ok := seen[words]; ok {
					t.Fatalf("%d and %d are both %q", first, n, words)
				}
				seen[words] = n
			}
		})
	}
}

// A second reading of the rules gives the same words.
func TestDeterministic(t *testing.T) {
	for _, locale := range cldr.Languages() {
		a, b := rules(t, locale), rules(t, locale)
		for n := uint64(0); n < 2e6; n += 7919 {
			x, _ := a.Spell("%spellout-numbering", spellout.Whole(n))
			if y, _ := b.Spell("%spellout-numbering", spellout.Whole(n)); x != y {
				t.Errorf("%s: %d is %q and %q", locale, n, x, y)
			}
		}
	}
}

func TestLargest(t *testing.T) {
	r := rules(t, "en")
	for n, want := range map[uint64]string{
		1e18 - 1: "nine hundred ninety-nine quadrillion nine hundred ninety-nine trillion nine hundred ninety-nine billion nine hundred ninety-nine million nine hundred ninety-nine thousand nine hundred ninety-nine",
		1e18:     "1000000000000000000", 1<<64 - 1: "18446744073709551615",
	} {
		if got, err := r.Spell("%spellout-numbering", spellout.Whole(n)); err != nil || got != want {
			t.Errorf("%d is %q, %v", n, got, err)
		}
	}
}

func TestForRefuses(t *testing.T) {
	for _, locale := range []string{"", "tlh", "not a locale"} {
		if _, err := spellout.For(locale); err == nil || !strings.Contains(err.Error(), "no spell-out rules") {
			t.Errorf("For(%q): %v", locale, err)
		}
	}
	if _, err := rules(t, "en").Spell("%spellout-runes", spellout.Whole(1)); err == nil || !strings.Contains(err.Error(), `no rule set "%spellout-runes"`) {
		t.Errorf("unknown rule set: %v", err)
	}
}

// The notation, where the data has few or no examples of it.
func TestParse(t *testing.T) {
	for _, tt := range []struct{ name, rules, n, want string }{
		{"text in brackets", "%a:\n0: zero;\n1: one;\n2: two;\n10: ten[ and >>];\n20: << tens[ and >>];\n", "21", "two tens and one"},
		{"brackets left out", "%a:\n0: zero;\n1: one;\n2: two;\n10: ten[ and >>];\n20: << tens[ and >>];\n", "20", "two tens"},
		{"or else", "%a:\n0: zero;\n1: one;\n10: [ten and >>|just ten];\n", "10", "just ten"},
		{"radix", "%a:\n0: n=0=;\n60/60: <0< times sixty[ and >0>];\n", "125", "2 times sixty and 5"},
		{"lowered exponent", "%a:\n0: =0=;\n1000>: <<-hundred->>;\n", "1234", "12-hundred-34"},
		{"comma in a base", "%a:\n0: =0=;\n1,000: <0< k;\n", "5000", "5 k"},
		{"leading blank", "%a:\n0: x=%b=;\n%b:\n0: ' y;\n", "7", "x y"},
		{"plural", "%a:\n0: =0= $(cardinal,one{day}other{days})$;\n", "1", "1 day"},
		{"plural of the multiple", "%a:\n0: =0=;\n100: <0< $(cardinal,one{hundred}other{hundreds})$;\n", "200", "2 hundreds"},
		{"ordinal", "%a:\n0: =0=$(ordinal,one{st}two{nd}few{rd}other{th})$;\n", "22", "22nd"},
		{"halves", "%a:\nx.x: << and >%b>;\n0: =0=;\n%b:\n2: one half;\n4: one quarter;\n4: <%a< quarters;\n", "1.75", "1 and 3 quarters"},
		{"one quarter", "%a:\nx.x: << and >%b>;\n0: =0=;\n%b:\n2: one half;\n4: one quarter;\n4: <%a< quarters;\n", "1.25", "1 and one quarter"},
		{"whole numbers apart", "%a:\nx.0: <<.;\n0: =0=;\n", "3.00", "3."},
		{"below one apart", "%a:\nx.x: << and >>;\n0.x: only >>;\n0: =0=;\n", "0.25", "only 2 5"},
		{"fraction without a rule is rounded", "%a:\n0: =%b=;\n%b:\n0: low;\n3: high;\n", "2.5", "high"},
		{"no negative rule", "%a:\n0: =0=;\n", "-3", "-3"},
	} {
		r, err := spellout.Parse(tt.rules, "en")
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got, err := r.Spell("%a", number(t, tt.n)); err != nil || got != tt.want {
			t.Errorf("%s: %s is %q, %v, want %q", tt.name, tt.n, got, err, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ rules, want string }{
		{"%a:\nzero;\n", "base: text;"}, {"%a:\n0: zero\n", "base: text;"}, {"%a:\nten: ten;\n", "no number"},
		{"%a:\n10/1: x;\n", "radix"}, {"%a:\n0: a<b;\n", "partner"}, {"%a:\n0: ==;\n", "names no rule set"},
		{"%a:\n0: $(cardinal,one{x})$;\n", "no form other"}, {"%a:\n0: $(both,other{x})$;\n", "a plural is"},
		{"%a:\n0: $(cardinal,other{x)$;\n", "not closed"}, {"%a:\n-x: a<b;\n", "partner"}, {"%a:\n10: t[ x<];\n", "partner"},
	} {
		if _, err := spellout.Parse(tt.rules, "en"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Parse(%q): %v, want an error with %q", tt.rules, err, tt.want)
		}
	}
}

func TestSpellRefuses(t *testing.T) {
	for _, tt := range []struct{ rules, n, want string }{
		{"%a:\n0: =%a=;\n", "1", "without end"}, {"%a:\n5: five;\n", "1", "no rule for 1"}, {"%a:\n0: =%b=;\n", "1", "not there"},
		{"%a:\nx.x: >%b>;\n0: =0=;\n%b:\n", "1.5", "no rules"}, {"%a:\n-x: >>;\n0: =%a=;\n", "-1", "without end"},
		{"%a:\nx.x: >%b>;\n0: =0=;\n", "1.5", "not there"},
	} {
		r, err := spellout.Parse(tt.rules, "en")
		if err != nil {
			t.Errorf("%q: %v", tt.rules, err)
			continue
		}
		if got, err := r.Spell("%a", number(t, tt.n)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %s is %q, %v, want an error with %q", tt.rules, tt.n, got, err, tt.want)
		}
	}
}

// FuzzParse: rules of whatever text neither panic nor run on.
func FuzzParse(f *testing.F) {
	f.Add("%a:\n0: zero;\n10: ten[ >>|x];\n100: <%b<>>>;\n%b:\n-x: y>>;\nx.x: << p >%c>;\n%c:\n10: <%a<<;\n", uint64(123), "05")
	f.Add("%a:\n0: =#,##0=$(ordinal,one{st}other{th})$;\n", uint64(1), "")
	f.Fuzz(func(t *testing.T, text string, n uint64, fraction string) {
		r, err := spellout.Parse(text, "en")
		if err != nil || len(text) > 1000 {
			return
		}
		if len(fraction) > 6 || strings.Trim(fraction, "0123456789") != "" {
			fraction = ""
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "%") {
				_, _ = r.Spell(strings.TrimSuffix(strings.TrimRight(line, "\r\n"), ":"), spellout.Number{Integer: n, Fraction: fraction})
			}
		}
	})
}

func BenchmarkSpell(b *testing.B) {
	for _, locale := range []string{"en", "de", "pl"} {
		r := rules(b, locale)
		b.Run(locale, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Spell("%spellout-numbering", spellout.Whole(987_654_321)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFor(b *testing.B) {
	for b.Loop() {
		if _, err := spellout.For("fr-CH"); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleRules_Spell() {
	r, err := spellout.For("fr-CH")
	if err != nil {
		fmt.Println(err)
		return
	}
	words, err := r.Spell("%spellout-cardinal-feminine", spellout.Whole(81))
	fmt.Println(words, err)
	// Output: huitante-et-une <nil>
}
