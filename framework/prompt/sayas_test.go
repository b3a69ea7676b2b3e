package prompt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/prompt/cldr"
)

// TestSentences plays testdata/sentences: what each kind says, by locale.
func TestSentences(t *testing.T) {
	files, err := filepath.Glob("testdata/sentences/*.txt")
	if err != nil || len(files) < 6 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checked := 0
			for line := range strings.Lines(string(b)) {
				if line = strings.TrimRight(line, "\n"); strings.HasPrefix(line, "# ") {
					continue
				}
				checked++
				checkSentence(t, line)
			}
			if checked < 55 {
				t.Errorf("only %d sentences were checked", checked)
			}
		})
	}
}

// checkSentence checks "money en-GB 3.05 GBP = three pounds and five pence".
func checkSentence(t *testing.T, line string) {
	t.Helper()
	input, want, _ := strings.Cut(line, " = ")
	words := strings.SplitN(input, " ", 3)
	if len(words) != 3 || want == "" {
		t.Fatalf("not a sentence: %q", line)
	}
	locale, gender, _ := strings.Cut(words[1], "/")
	got, err := prompt.Style{Locale: locale, Gender: gender}.SayAs(words[0], words[2])
	if err != nil || got != want {
		t.Errorf("%s\n\tsays %q, %v", line, got, err)
	}
}

// Numbers come from expressions as float64, and from Go as int.
func TestSayAsNumbers(t *testing.T) {
	for _, tt := range []struct {
		kind  string
		value any
		want  string
	}{
		{"number", 0.0, "zero"}, {"number", 2, "two"}, {"number", int64(-3), "minus three"}, {"number", 0.1 + 0.2, "zero point three"},
		{"number", -0.0000001, "zero"}, {"number", 1e14, "one hundred trillion"}, {"number", "-2.50", "minus two point five zero"},
		{"number", 999_999_999_999_999.0, "nine hundred and ninety-nine trillion nine hundred and ninety-nine billion nine hundred and ninety-nine million nine hundred and ninety-nine thousand nine hundred and ninety-nine"},
		{"ordinal", 21.0, "twenty-first"}, {"digits", 42.0, "four, two"}, {"duration", 0.2, "one second"}, {"duration", 59.6, "one minute"},
		{"duration", 120, "two minutes"}, {"duration", 90061.0, "one day, one hour, one minute and one second"}, {"money", "-0.00 USD", "zero dollars"},
	} {
		if got, err := prompt.SayAs(tt.kind, tt.value, "en-GB"); err != nil || got != tt.want {
			t.Errorf("SayAs(%s, %v) = %q, %v, want %q", tt.kind, tt.value, got, err, tt.want)
		}
	}
}

// Every value of the small kinds can be spoken in every language, without soft
// hyphens and doubled blanks.
func TestSayAsEverywhere(t *testing.T) {
	values := map[string]any{"digits": "190*#", "characters": "aB-1 @", "number": -1234.5, "ordinal": 21, "money": "1234.50 EUR",
		"date": "2026-11-23", "time": "15:04", "duration": "25h1m1s", "phone": "+442071838750"}
	for _, locale := range append(cldr.Languages(), "xx", "", "no locale at all", "en-CA", "en-IN", "fr-CA", "es-US", "de-LI") {
		for kind, value := range values {
			got, err := prompt.SayAs(kind, value, locale)
			if err != nil || strings.TrimSpace(got) == "" || strings.ContainsAny(got, "\u00ad{}'") && locale != "fr" || strings.Contains(got, "  ") {
				t.Errorf("SayAs(%s, %v, %s) = %q, %v", kind, value, locale, got, err)
			}
		}
	}
}

func TestEstimateOfValues(t *testing.T) {
	var none *prompt.Catalogue
	for _, locale := range []string{"en-GB", "de-DE", "pl", "xx"} {
		for _, kind := range prompt.Kinds() {
			if d := none.Estimate(prompt.Style{Locale: locale}, kind); d < time.Second/2 || d > 15*time.Second {
				t.Errorf("%s: a %s takes %v", locale, kind, d)
			}
		}
	}
	digits := recorded(t, "en", "_digit/1", "_digit/2", "_digit/3", "_digit/4", "_digit/5", "_digit/6") // of 50 ms each
	if d := digits.Estimate(prompt.Style{Locale: "en"}, "digits"); d != 6*50*time.Millisecond+5*120*time.Millisecond {
		t.Errorf("recorded digits take %v", d)
	}
	if d := none.Estimate(prompt.Style{Locale: "en"}, "mony"); d != 0 {
		t.Errorf("an unknown kind takes %v", d)
	}
}

func TestSayAsEveryDayAndMinute(t *testing.T) {
	for _, locale := range []string{"en-GB", "en-US", "de", "fr", "es", "es-MX", "nl", "pl", "ja"} {
		seen := map[string]string{}
		once := func(kind, value string) {
			got, err := prompt.SayAs(kind, value, locale)
			if err != nil {
				t.Fatalf("%s %s %s: %v", locale, kind, value, err)
			}
			if first, ok := seen[got]; ok {
				t.Errorf("%s: %s and %s are both %q", locale, first, value, got)
			}
			seen[got] = value
		}
		for d := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2024; d = d.AddDate(0, 0, 1) {
			once("date", d.Format("--01-02"))
		}
		for minute := range 24 * 60 {
			once("time", fmt.Sprintf("%02d:%02d", minute/60, minute%60))
		}
	}
}

func TestSayAsRefuses(t *testing.T) {
	tests := []struct {
		kind  string
		value any
		want  string // in the error
	}{
		{"digits", nil, "no value"}, {"digits", "12a", "not digits"}, {"digits", "", "not digits"}, {"digits", true, "bool"},
		{"digits", 1.5, "needed is text"}, {"characters", " ", "empty"}, {"number", "twelve", "not a number"},
		{"number", true, "bool"}, {"number", 1e16, "too large"}, {"number", "1.", "not a number"}, {"number", "+1", "not a number"},
		{"number", "", "not a number"}, {"number", "0.1234567", "too long"}, {"number", "99999999999999999999", "not a number"},
		{"ordinal", -1.0, "whole number"}, {"ordinal", 1.5, "whole number"}, {"money", "12.50", "12.50 EUR"},
		{"money", "12,50 EUR", "amount"}, {"money", "x EUR", "amount"}, {"money", "1 eur", "amount"}, {"date", "2025-02-29", "date"},
		{"date", "01.02.2026", "date"}, {"date", "2026-1-1", "date"}, {"time", "24:00", "time of day"}, {"time", "9:30", "time of day"},
		{"time", "12:00:00", "time of day"}, {"duration", -1.0, "negative"}, {"duration", "soon", "1h30m"}, {"duration", nil, "no value"},
		{"phone", "+", "telephone number"}, {"phone", "CALL-ME", "telephone number"}, {"phone", "+44 12a", "telephone number"},
		{"mony", "1 EUR", `did you mean "money"`}, {"", "1", "no such kind"},
	}
	for _, tt := range tests {
		got, err := prompt.SayAs(tt.kind, tt.value, "en-GB")
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("SayAs(%s, %v) = %q, %v, want an error with %q", tt.kind, tt.value, got, err, tt.want)
		}
	}
}

func TestSayAsErrorsHideTheValue(t *testing.T) {
	for _, kind := range prompt.Kinds() {
		if kind == "characters" {
			continue
		}
		if _, err := prompt.SayAs(kind, "s3cr3t!", "en"); err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("SayAs(%s): error %v, want one without the value", kind, err)
		}
	}
}

// FuzzSayAs: whatever the value, there are words or an error.
func FuzzSayAs(f *testing.F) {
	for _, s := range []string{"12.50 EUR", "+44 20 7183", "--02-29", "1h30m", "0049-30", "é&%", "999999999999999", "+", "+0", "-- ", "1.0000000"} {
		f.Add(s, "fr-CH")
	}
	f.Fuzz(func(t *testing.T, value, locale string) {
		for _, kind := range prompt.Kinds() {
			if got, err := prompt.SayAs(kind, value, locale); err == nil && strings.TrimSpace(got) == "" {
				t.Errorf("SayAs(%s, %q, %q) says nothing", kind, value, locale)
			}
		}
	})
}

func BenchmarkSayAs(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := prompt.SayAs("money", "1234.50 GBP", "en-GB"); err != nil {
			b.Fatal(err)
		}
	}
}
