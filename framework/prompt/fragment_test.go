package prompt_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// recorded is a catalogue with fragments: keys, or keys with the words that
// are heard.
func recorded(t testing.TB, locale string, fragments ...string) *prompt.Catalogue {
	t.Helper()
	c := prompt.NewCatalogue([]string{locale})
	for _, f := range fragments {
		key, text, _ := strings.Cut(f, "=")
		e := prompt.Entry{Key: key, Locale: locale, Text: text, File: key + ".wav"}
		if err := c.Add(e, prompt.Tone(50*time.Millisecond, key)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// played writes pieces as one line: keys, "text", and marks for pauses.
func played(pieces []prompt.Piece) string {
	var words []string
	for _, p := range pieces {
		switch {
		case p.Key != "" && p.Audio != "" && p.Silence == 0:
			words = append(words, p.Key)
		case p.Silence > 200*time.Millisecond:
			words = append(words, ";")
		case p.Silence > 0:
			words = append(words, ",")
		default:
			words = append(words, fmt.Sprintf("%q", p.Text))
		}
	}
	return strings.Join(words, " ")
}

func TestSayAsFragments(t *testing.T) {
	for _, tt := range []struct {
		name, locale string
		fragments    []string
		kind, value  string
		want         string
	}{
		{"none", "en-GB", nil, "number", "21", `"twenty-one"`},
		{"whole", "en-GB", []string{"_number/21"}, "number", "21", "_number/21"},
		{"parts", "en-GB", []string{"_number/20", "_number/1"}, "number", "21", "_number/20 _number/1"},
		{"the fewest", "en-GB", []string{"_number/20", "_number/1", "_number/21", "_number/100", "_word/and"}, "number", "121", "_number/100 _word/and _number/21"},
		{"incomplete", "en-GB", []string{"_number/20", "_number/1"}, "number", "22", `"twenty-two"`},
		{"one digit lacks", "en-GB", []string{"_digit/1", "_digit/2"}, "digits", "123", `"one, two, three"`},
		{"digits with pauses", "en-GB", []string{"_digit/1", "_digit/2", "_digit/star", "_digit/pound"}, "digits", "12 *#", "_digit/1 , _digit/2 ; _digit/star , _digit/pound"},
		{"text for a clause", "en-GB", []string{"_number/12", "_word/pounds"}, "money", "12.50 GBP", `_number/12 _word/pounds "and fifty pence"`},
		{"text for the other clause", "en-GB", []string{"_word/and_fifty_pence"}, "money", "12.50 GBP", `"twelve pounds" _word/and_fifty_pence`},
		{"no clause half", "en-GB", []string{"_number/12", "_word/and"}, "money", "12.50 GBP", `"twelve pounds and fifty pence"`},
		{"date", "en-GB", []string{"_word/the", "_word/of", "_ordinal/23", "_month/11", "_year/2026"}, "date", "2026-11-23", "_word/the _ordinal/23 _word/of _month/11 _year/2026"},
		{"list", "en-US", []string{"_number/1", "_word/day", "_word/hour", "_word/minute", "_word/and"}, "duration", "25h1m", "_number/1 _word/day , _number/1 _word/hour , _word/and _number/1 _word/minute"},
		{"own words", "en-GB", []string{"_word/x=nine thirty", "_word/am=AM"}, "time", "09:30", "_word/x _word/am"},
		{"letters", "en-GB", []string{"_letter/a", "_letter/b", "_word/dash"}, "characters", "a-B", "_letter/a , _word/dash , _letter/b"},
		{"German joints", "de-DE", []string{"_word/ein", "_word/und", "_word/zwanzig"}, "number", "21", "_word/ein _word/und _word/zwanzig"},
		{"German, whole", "de-DE", []string{"_number/21", "_number/100"}, "number", "121", "_number/100 _number/21"},
		{"German, written whole", "de-DE", []string{"_word/einundzwanzig", "_number/100"}, "number", "121", "_number/100 _word/einundzwanzig"},
		{"German, a stranger's end", "de-DE", []string{"_word/zwanzig", "_word/einund"}, "number", "21", "_word/einund _word/zwanzig"},
		{"French", "fr-FR", []string{"_number/80", "_word/quatre-vingt", "_number/1", "_word/euros"}, "money", "81 EUR", "_word/quatre-vingt _number/1 _word/euros"},
		{"phone", "en-GB", []string{"_word/plus", "_digit/4", "_digit/1"}, "phone", "+44 141", "_word/plus _digit/4 _digit/4 , _digit/1 _digit/4 _digit/1"},
		{"another locale's", "de-DE", []string{"_word/one"}, "number", "1", `"eins"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pieces, err := recorded(t, tt.locale, tt.fragments...).SayAs(prompt.Style{Locale: tt.locale}, tt.kind, tt.value)
			if got := played(pieces); err != nil || got != tt.want {
				t.Errorf("played %s, %v\n\twant %s", got, err, tt.want)
			}
			for _, p := range pieces {
				if p.Length <= 0 {
					t.Errorf("piece %+v has no length", p)
				}
			}
		})
	}
}

func TestSayAsFragmentsRefuses(t *testing.T) {
	c := recorded(t, "en-GB", "_number/1")
	if _, err := c.SayAs(prompt.Style{Locale: "en-GB"}, "number", "s3cr3t"); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("SayAs: %v, want an error without the value", err)
	}
	var none *prompt.Catalogue
	if pieces, err := none.SayAs(prompt.Style{Locale: "en-GB"}, "number", 1.0); err != nil || played(pieces) != `"one"` {
		t.Errorf("without a catalogue: %s, %v", played(pieces), err)
	}
}

func TestFragmentText(t *testing.T) {
	for _, tt := range []struct{ key, locale, want string }{
		{"_number/21", "en-GB", "twenty-one"}, {"_number/-1", "en", "minus one"}, {"_ordinal/3", "de", "dritte"}, {"_digit/5", "fr", "cinq"},
		{"_digit/star", "de", "Stern"}, {"_digit/pound", "en-US", "pound"}, {"_letter/a", "en", "A"}, {"_month/1", "de-AT", "Jänner"},
		{"_month/12", "nl", "december"}, {"_year/1999", "en", "nineteen ninety-nine"}, {"_year/2006", "en-GB", "two thousand and six"},
		{"_word/and_fifty", "en", "and fifty"}, {"_word/d'euros", "fr", "d'euros"},
	} {
		if got, err := prompt.FragmentText(tt.key, tt.locale); err != nil || strings.ReplaceAll(got, "\u00ad", "") != tt.want {
			t.Errorf("FragmentText(%s, %s) = %q, %v, want %q", tt.key, tt.locale, got, err, tt.want)
		}
	}
	for _, tt := range []struct{ key, want string }{
		{"number/21", "write _number"}, {"_number", "write _number"}, {"_number/", "write _number"}, {"_number/x", "not a number"},
		{"_digit/12", "one digit"}, {"_digit/x", "not digits"}, {"_letter/ab", "one letter"}, {"_month/0", "1 to 12"}, {"_month/13", "1 to 12"},
		{"_year/0", "1 to 9999"}, {"_colour/red", "there are number"}, {"_ordinal/1.5", "whole number"},
	} {
		if got, err := prompt.FragmentText(tt.key, "en"); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), fmt.Sprintf("%q is no fragment", tt.key)) {
			t.Errorf("FragmentText(%s) = %q, %v, want an error with %q", tt.key, got, err, tt.want)
		}
	}
}

func TestAddFragment(t *testing.T) {
	c := prompt.NewCatalogue([]string{"en-GB", "de-DE"})
	wav := prompt.Tone(time.Second, "x")
	if err := c.Add(prompt.Entry{Key: "_number/21", Locale: "en-GB", File: "21.wav"}, wav); err != nil {
		t.Fatal(err)
	}
	if e, ok := c.Lookup("en-GB", "_number/21"); !ok || e.Text != "twenty-one" || e.Length != time.Second || e.Audio == "" {
		t.Errorf("the entry is %+v", e)
	}
	if missing := c.Missing(); len(missing) != 0 {
		t.Errorf("fragments are missed: %v", missing)
	}
	if !prompt.IsFragment("_number/21") || prompt.IsFragment("number") {
		t.Error("IsFragment is wrong")
	}
	for _, tt := range []struct {
		key, want string
		wav       []byte
	}{
		{"_number/22", "has no file", nil}, {"_numbre/21", "there are number", wav}, {"_number/21", "is there twice", wav},
	} {
		if err := c.Add(prompt.Entry{Key: tt.key, Locale: "en-GB"}, tt.wav); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Add(%s): %v, want an error with %q", tt.key, err, tt.want)
		}
	}
}

// With a recording of each word that Unrecorded lists, every value is played
// from recordings, and says what SayAs says.
func TestUnrecorded(t *testing.T) {
	for _, locale := range []string{"en-GB", "en-US", "de-DE", "fr-FR", "fr-CH", "es-ES", "es-MX", "nl-NL"} {
		style := prompt.Style{Locale: locale}
		for _, kind := range prompt.Kinds() {
			words := recorded(t, locale).Unrecorded(style, kind)
			if len(words) < 10 || len(words) > 160 {
				t.Errorf("%s %s: %d words are unrecorded: %v", locale, kind, len(words), words)
			}
			var keys []string
			for _, w := range words {
				keys = append(keys, "_word/"+w)
			}
			c := recorded(t, locale, keys...)
			if left := c.Unrecorded(style, kind); len(left) > 0 {
				t.Errorf("%s %s: %v is still unrecorded", locale, kind, left)
			}
			checkPlayed(t, c, style, kind)
		}
	}
}

func checkPlayed(t *testing.T, c *prompt.Catalogue, style prompt.Style, kind string) {
	t.Helper()
	value := map[string]string{"digits": "12 34*#", "characters": "ab12", "number": "-987654.31", "ordinal": "321", "money": "1234.56 EUR",
		"date": "2026-11-23", "time": "15:04", "duration": "25h1m1s", "phone": "+15145551234"}[kind]
	pieces, err := c.SayAs(style, kind, value)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, p := range pieces {
		if p.Silence == 0 && p.Key == "" {
			t.Errorf("%s %s: %q is not recorded", style.Locale, kind, p.Text)
		}
		said.WriteString(p.Text)
	}
	text, err := style.SayAs(kind, value)
	if bare := strings.NewReplacer(" ", "", "-", "", ",", "", ";", ""); err != nil || strings.ToLower(bare.Replace(text)) != said.String() {
		t.Errorf("%s %s: played %q for %q, %v", style.Locale, kind, said.String(), text, err)
	}
}

func BenchmarkSayAsFragments(b *testing.B) {
	var keys []string
	for i := range 101 {
		keys = append(keys, fmt.Sprintf("_number/%d", i))
	}
	c := recorded(b, "en-GB", append(keys, "_number/1000", "_word/thousand", "_word/hundred", "_word/and", "_word/pounds", "_word/pence")...)
	b.ReportAllocs()
	for b.Loop() {
		if pieces, err := c.SayAs(prompt.Style{Locale: "en-GB"}, "money", "1234.50 GBP"); err != nil || len(pieces) < 5 {
			b.Fatal(played(pieces), err)
		}
	}
}
