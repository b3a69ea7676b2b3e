package prompt

import (
	"strings"
	"unicode"
)

// german speaks German.
type german struct{}

func (g german) say(v spoken) string {
	switch v := v.(type) {
	case digits:
		return each(string(v), ", ", g.character)
	case characters:
		return each(string(v), ", ", g.character)
	case number:
		return g.number(decimal(v))
	case ordinal:
		return g.ordinal(int64(v))
	case money:
		return g.money(v)
	case date:
		return g.date(v)
	case clock:
		return g.clock(v)
	case duration:
		return g.duration(v)
	case phone:
		return v.words("plus ", g.character)
	}
	return ""
}

func germanOnes() [13]string {
	return [...]string{"null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"}
}

func germanTens() [10]string {
	return [...]string{1: "zehn", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"}
}

// cardinal is a number from 0 to largest, as one counts.
func (g german) cardinal(n int64) string {
	for _, scale := range [...]struct {
		size      int64
		one, many string
	}{{1e12, "eine Billion", "Billionen"}, {1e9, "eine Milliarde", "Milliarden"}, {1e6, "eine Million", "Millionen"}} {
		if n < scale.size {
			continue
		}
		words := scale.one
		if n/scale.size > 1 {
			words = g.cardinal(n/scale.size) + " " + scale.many
		}
		if rest := n % scale.size; rest > 0 {
			words += " " + g.cardinal(rest)
		}
		return words
	}
	return g.belowMillion(n)
}

// belowMillion is one long word.
func (g german) belowMillion(n int64) string {
	switch {
	case n >= 1000:
		return g.stem(n/1000) + "tausend" + g.tail(n%1000)
	case n >= 100:
		return g.stem(n/100) + "hundert" + g.tail(n%100)
	case n <= 12:
		return germanOnes()[n]
	case n == 16:
		return "sechzehn"
	case n == 17:
		return "siebzehn"
	case n < 20:
		return germanOnes()[n-10] + "zehn"
	case n%10 == 0:
		return germanTens()[n/10]
	}
	return g.stem(n%10) + "und" + germanTens()[n/10]
}

// stem is a number before another word: ein, not eins.
func (g german) stem(n int64) string {
	words := g.belowMillion(n)
	if n%100 == 1 {
		return strings.TrimSuffix(words, "s")
	}
	return words
}

func (g german) tail(n int64) string {
	if n == 0 {
		return ""
	}
	return g.belowMillion(n)
}

func (g german) number(d decimal) string {
	words := g.cardinal(d.whole)
	if d.fraction != "" {
		words += " Komma " + each(d.fraction, " ", g.character)
	}
	if d.negative {
		return "minus " + words
	}
	return words
}

// ordinal is the form after an article: (der) erste.
func (g german) ordinal(n int64) string {
	if n >= 1e6 && n%1e6 == 0 {
		return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(strings.TrimSuffix(g.cardinal(n), "en"), "eine "), " ", "")) + "ste"
	}
	words := g.cardinal(n)
	for _, irregular := range [...][2]string{{"eins", "erste"}, {"drei", "dritte"}, {"sieben", "siebte"}, {"acht", "achte"}} {
		if head, ok := strings.CutSuffix(words, irregular[0]); ok && n%100 < 13 {
			return head + irregular[1]
		}
	}
	if last := n % 100; (last > 0 || n == 0) && last < 20 {
		return words + "te"
	}
	return words + "ste"
}

// count is a number of things; one holds its article.
func (g german) count(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return g.before(n) + " " + many
}

// before is a number in front of a noun: hundertein, not hunderteins.
func (g german) before(n int64) string {
	words := g.cardinal(n)
	if n%100 == 1 {
		return strings.TrimSuffix(words, "s")
	}
	return words
}

func (g german) money(m money) string {
	c, known := currencyOf(m.currency)
	return m.words(wording{
		known: known, divided: c.deMinorOne != "", plural: c.deMany, and: "und",
		number: g.number, character: g.character,
		major: func(n int64) string { return g.count(n, c.deOne, c.deMany) },
		minor: func(n int64) string { return g.count(n, c.deMinorOne, c.deMinorMany) },
	})
}

func germanMonths() [13]string {
	return [...]string{"", "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
		"Oktober", "November", "Dezember"}
}

// date has no article: erster Januar.
func (g german) date(d date) string {
	return g.ordinal(int64(d.day)) + "r " + germanMonths()[d.month] + " " + g.year(d.year)
}

// year says 1999 as neunzehnhundertneunundneunzig, 2026 as
// zweitausendsechsundzwanzig.
func (g german) year(y int) string {
	if y < 1100 || y >= 2000 {
		return g.cardinal(int64(y))
	}
	return g.stem(int64(y/100)) + "hundert" + g.tail(int64(y%100))
}

func (g german) clock(c clock) string {
	words := g.stem(int64(c.hour)) + " Uhr"
	if c.minute > 0 {
		words += " " + g.belowMillion(int64(c.minute))
	}
	return words
}

func (g german) duration(d duration) string {
	var words []string
	for i, n := range d.parts() {
		if n > 0 {
			unit := [...][2]string{{"ein Tag", "Tage"}, {"eine Stunde", "Stunden"}, {"eine Minute", "Minuten"}, {"eine Sekunde", "Sekunden"}}[i]
			words = append(words, g.count(n, unit[0], unit[1]))
		}
	}
	return list(words, "und", "null Sekunden")
}

// character is the name of one character.
func (g german) character(r rune) string {
	switch {
	case r >= '0' && r <= '9':
		return germanOnes()[r-'0']
	case unicode.IsSpace(r):
		return "Leerzeichen"
	}
	for _, sign := range [...]struct {
		r    rune
		name string
	}{{'*', "Stern"}, {'#', "Raute"}, {'-', "Bindestrich"}, {'.', "Punkt"}, {'@', "At"}, {'/', "Schrägstrich"},
		{'_', "Unterstrich"}, {'+', "Plus"}, {',', "Komma"}, {':', "Doppelpunkt"}, {'&', "und"}, {'%', "Prozent"},
		{'=', "gleich"}, {'ß', "Eszett"}} {
		if r == sign.r {
			return sign.name
		}
	}
	return string(unicode.ToUpper(r))
}
