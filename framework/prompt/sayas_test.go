package prompt_test

import (
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

type saying struct {
	value any
	want  string
}

// say checks what a kind's values become in a locale.
func say(t *testing.T, kind, locale string, sayings []saying) {
	t.Helper()
	for _, tt := range sayings {
		got, err := prompt.SayAs(kind, tt.value, locale)
		if err != nil || got != tt.want {
			t.Errorf("SayAs(%s, %v, %s) = %q, %v\n\twant %q", kind, tt.value, locale, got, err, tt.want)
		}
	}
}

func TestSayAsDigits(t *testing.T) {
	say(t, "digits", "en-GB", []saying{
		{"12345674", "one, two, three, four, five, six, seven, four"},
		{"0", "zero"},
		{"007", "zero, zero, seven"},
		{"4*#", "four, star, hash"},
		{"12 34-5", "one, two, three, four, five"},
		{42.0, "four, two"},
	})
	say(t, "digits", "en-US", []saying{{"1#", "one, pound"}})
	say(t, "digits", "de-DE", []saying{{"01*#", "null, eins, Stern, Raute"}, {"5678", "fünf, sechs, sieben, acht"}})
	say(t, "digits", "fr-FR", []saying{{"123", "1, 2, 3"}, {"0*", "0, *"}})
}

func TestSayAsCharacters(t *testing.T) {
	say(t, "characters", "en", []saying{
		{"AB12", "A, B, one, two"},
		{"x-7", "X, dash, seven"},
		{"a.b@c", "A, dot, B, at, C"},
		{"M 1", "M, space, one"},
		{"é", "É"},
	})
	say(t, "characters", "de", []saying{
		{"B-MW 7", "B, Bindestrich, M, W, Leerzeichen, sieben"},
		{"ß", "Eszett"},
		{"a_b", "A, Unterstrich, B"},
	})
	say(t, "characters", "es-ES", []saying{{"ab 1", "A, B, 1"}})
}

func TestSayAsNumber(t *testing.T) {
	say(t, "number", "en-GB", []saying{
		{0.0, "zero"}, {1.0, "one"}, {11.0, "eleven"}, {13.0, "thirteen"}, {20.0, "twenty"}, {21.0, "twenty-one"},
		{99.0, "ninety-nine"}, {100.0, "one hundred"}, {101.0, "one hundred and one"}, {110.0, "one hundred and ten"},
		{999.0, "nine hundred and ninety-nine"}, {1000.0, "one thousand"}, {1001.0, "one thousand and one"},
		{1100.0, "one thousand one hundred"}, {1234.0, "one thousand two hundred and thirty-four"},
		{21021.0, "twenty-one thousand and twenty-one"}, {1e6, "one million"}, {1000001.0, "one million and one"},
		{2345678.0, "two million three hundred and forty-five thousand six hundred and seventy-eight"},
		{1e9, "one billion"}, {3e12, "three trillion"},
		{-1.0, "minus one"}, {-0.5, "minus zero point five"}, {0.05, "zero point zero five"}, {3.14, "three point one four"},
		{0.1 + 0.2, "zero point three"}, {-0.0000001, "zero"}, {2, "two"}, {"17", "seventeen"}, {"-2.50", "minus two point five zero"},
	})
	say(t, "number", "en-US", []saying{
		{101.0, "one hundred one"}, {1001.0, "one thousand one"}, {1234.0, "one thousand two hundred thirty-four"},
	})
	say(t, "number", "de-DE", []saying{
		{0.0, "null"}, {1.0, "eins"}, {2.0, "zwei"}, {11.0, "elf"}, {12.0, "zwölf"}, {13.0, "dreizehn"}, {16.0, "sechzehn"},
		{17.0, "siebzehn"}, {20.0, "zwanzig"}, {21.0, "einundzwanzig"}, {30.0, "dreißig"}, {66.0, "sechsundsechzig"},
		{77.0, "siebenundsiebzig"}, {100.0, "einhundert"}, {101.0, "einhunderteins"}, {111.0, "einhundertelf"},
		{121.0, "einhunderteinundzwanzig"}, {999.0, "neunhundertneunundneunzig"}, {1000.0, "eintausend"},
		{1001.0, "eintausendeins"}, {1100.0, "eintausendeinhundert"}, {21000.0, "einundzwanzigtausend"},
		{101000.0, "einhunderteintausend"}, {1e6, "eine Million"}, {1000001.0, "eine Million eins"},
		{2300000.0, "zwei Millionen dreihunderttausend"}, {1e9, "eine Milliarde"}, {5e12, "fünf Billionen"},
		{-3.0, "minus drei"}, {0.05, "null Komma null fünf"}, {-1.5, "minus eins Komma fünf"},
	})
	say(t, "number", "nl-NL", []saying{{1234.5, "1234.5"}, {-3.0, "-3"}, {0.05, "0.05"}})
}

func TestSayAsOrdinal(t *testing.T) {
	say(t, "ordinal", "en-GB", []saying{
		{0.0, "zeroth"}, {1.0, "first"}, {2.0, "second"}, {3.0, "third"}, {4.0, "fourth"}, {5.0, "fifth"}, {8.0, "eighth"},
		{9.0, "ninth"}, {11.0, "eleventh"}, {12.0, "twelfth"}, {13.0, "thirteenth"}, {20.0, "twentieth"}, {21.0, "twenty-first"},
		{22.0, "twenty-second"}, {33.0, "thirty-third"}, {40.0, "fortieth"}, {100.0, "one hundredth"},
		{101.0, "one hundred and first"}, {111.0, "one hundred and eleventh"}, {1000.0, "one thousandth"},
	})
	say(t, "ordinal", "de-DE", []saying{
		{0.0, "nullte"}, {1.0, "erste"}, {2.0, "zweite"}, {3.0, "dritte"}, {7.0, "siebte"}, {8.0, "achte"}, {11.0, "elfte"},
		{12.0, "zwölfte"}, {13.0, "dreizehnte"}, {17.0, "siebzehnte"}, {18.0, "achtzehnte"}, {19.0, "neunzehnte"},
		{20.0, "zwanzigste"}, {21.0, "einundzwanzigste"}, {28.0, "achtundzwanzigste"}, {100.0, "einhundertste"},
		{101.0, "einhunderterste"}, {103.0, "einhundertdritte"}, {113.0, "einhundertdreizehnte"}, {1000.0, "eintausendste"},
		{1e6, "millionste"}, {2e6, "zweimillionste"},
	})
	say(t, "ordinal", "fr", []saying{{3.0, "3."}})
}

func TestSayAsMoney(t *testing.T) {
	say(t, "money", "en-GB", []saying{
		{"0 GBP", "zero pounds"}, {"0.00 GBP", "zero pounds"}, {"1 GBP", "one pound"}, {"1.00 GBP", "one pound"},
		{"2.00 GBP", "two pounds"}, {"0.01 GBP", "one penny"}, {"0.05 GBP", "five pence"}, {"1.01 GBP", "one pound and one penny"},
		{"1234.50 GBP", "one thousand two hundred and thirty-four pounds and fifty pence"}, {"12.5 EUR", "twelve euros and fifty cents"},
		{"-3.20 USD", "minus three dollars and twenty cents"}, {"-0.00 USD", "zero dollars"},
		{"1.005 EUR", "one point zero zero five euros"}, {"1.500 EUR", "one euro and fifty cents"},
		{"300 JPY", "three hundred yen"}, {"1.50 JPY", "one point five zero yen"}, {"21.10 SEK", "twenty-one Swedish kronor and ten öre"},
		{"5.50 XTS", "five point five X T S"},
	})
	say(t, "money", "en-US", []saying{{"101.25 USD", "one hundred one dollars and twenty-five cents"}})
	say(t, "money", "de-DE", []saying{
		{"0 EUR", "null Euro"}, {"1.00 EUR", "ein Euro"}, {"0.01 EUR", "ein Cent"}, {"1.01 EUR", "ein Euro und ein Cent"},
		{"2.50 EUR", "zwei Euro und fünfzig Cent"}, {"21.00 EUR", "einundzwanzig Euro"}, {"101.00 EUR", "einhundertein Euro"},
		{"1234.50 GBP", "eintausendzweihundertvierunddreißig Pfund und fünfzig Pence"}, {"1.00 SEK", "eine schwedische Krone"},
		{"2.00 NOK", "zwei norwegische Kronen"}, {"-1.00 CHF", "minus ein Franken"}, {"1000000 EUR", "eine Million Euro"},
		{"7.25 XTS", "sieben Komma zwei fünf X T S"},
	})
	say(t, "money", "fr-FR", []saying{{"1234.50 EUR", "1234.50 EUR"}, {"-1 EUR", "-1 EUR"}})
}

func TestSayAsDate(t *testing.T) {
	say(t, "date", "en-GB", []saying{
		{"2026-01-01", "the first of January twenty twenty-six"}, {"2024-02-29", "the twenty-ninth of February twenty twenty-four"},
		{"2006-01-02", "the second of January two thousand and six"}, {"2000-12-31", "the thirty-first of December two thousand"},
		{"1999-11-23", "the twenty-third of November nineteen ninety-nine"}, {"1905-03-03", "the third of March nineteen oh five"},
		{"1900-05-11", "the eleventh of May nineteen hundred"}, {"2010-08-12", "the twelfth of August twenty ten"},
		{"2100-06-30", "the thirtieth of June twenty-one hundred"}, {"1066-10-14", "the fourteenth of October ten sixty-six"},
	})
	say(t, "date", "en-US", []saying{{"2026-01-01", "January first, twenty twenty-six"}, {"2006-07-04", "July fourth, two thousand six"}})
	say(t, "date", "de-DE", []saying{
		{"2026-01-01", "erster Januar zweitausendsechsundzwanzig"}, {"2024-02-29", "neunundzwanzigster Februar zweitausendvierundzwanzig"},
		{"1999-11-23", "dreiundzwanzigster November neunzehnhundertneunundneunzig"}, {"2000-03-03", "dritter März zweitausend"},
		{"1900-07-07", "siebter Juli neunzehnhundert"}, {"1066-10-14", "vierzehnter Oktober eintausendsechsundsechzig"},
		{"1101-12-08", "achter Dezember elfhunderteins"},
	})
	say(t, "date", "it-IT", []saying{{"2026-01-01", "2026-01-01"}})
}

func TestSayAsTime(t *testing.T) {
	say(t, "time", "en-GB", []saying{
		{"00:00", "midnight"}, {"12:00", "noon"}, {"00:30", "twelve thirty AM"}, {"00:05", "twelve oh five AM"},
		{"01:00", "one AM"}, {"09:30", "nine thirty AM"}, {"12:01", "twelve oh one PM"}, {"15:04", "three oh four PM"},
		{"23:59", "eleven fifty-nine PM"},
	})
	say(t, "time", "de-DE", []saying{
		{"00:00", "null Uhr"}, {"00:01", "null Uhr eins"}, {"01:00", "ein Uhr"}, {"12:00", "zwölf Uhr"},
		{"15:04", "fünfzehn Uhr vier"}, {"21:21", "einundzwanzig Uhr einundzwanzig"}, {"23:59", "dreiundzwanzig Uhr neunundfünfzig"},
	})
	say(t, "time", "fr-FR", []saying{{"09:05", "09:05"}})
}

func TestSayAsDuration(t *testing.T) {
	say(t, "duration", "en", []saying{
		{0.0, "zero seconds"}, {1.0, "one second"}, {0.2, "one second"}, {59.6, "one minute"}, {61.0, "one minute and one second"},
		{"1h30m", "one hour and thirty minutes"}, {"90s", "one minute and thirty seconds"}, {3600.0, "one hour"},
		{90061.0, "one day, one hour, one minute and one second"}, {172800.0, "two days"}, {120, "two minutes"},
	})
	say(t, "duration", "de", []saying{
		{0.0, "null Sekunden"}, {1.0, "eine Sekunde"}, {"1h1m", "eine Stunde und eine Minute"}, {7325.0, "zwei Stunden, zwei Minuten und fünf Sekunden"},
		{86400.0, "ein Tag"}, {21 * 60.0, "einundzwanzig Minuten"},
	})
	say(t, "duration", "pl", []saying{{5400.0, "1:30:00"}, {5.0, "0:00:05"}})
}

func TestSayAsPhone(t *testing.T) {
	say(t, "phone", "en-GB", []saying{
		{"+442071838750", "plus four four two, zero seven one, eight three eight, seven five zero"},
		{"0800 123", "zero eight zero, zero one two three"},
		{"112", "one one two"},
		{"(030) 1234-5678", "zero three zero, one two three, four five six, seven eight"},
	})
	say(t, "phone", "de-DE", []saying{{"+49891", "plus vier neun acht, neun eins"}, {"110", "eins eins null"}})
	say(t, "phone", "fr-FR", []saying{{"+33123", "+ 3 3 1, 2 3"}, {"15", "1 5"}})
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
