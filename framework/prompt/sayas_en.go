package prompt

import (
	"strings"
	"unicode"
)

// english speaks English: "one hundred and one" in Britain, "one hundred one"
// in America.
type english struct{ american bool }

func (e english) say(v spoken) string {
	switch v := v.(type) {
	case digits:
		return each(string(v), ", ", e.character)
	case characters:
		return each(string(v), ", ", e.character)
	case number:
		return e.number(decimal(v))
	case ordinal:
		return e.ordinal(int64(v))
	case money:
		return e.money(v)
	case date:
		return e.date(v)
	case clock:
		return e.clock(v)
	case duration:
		return e.duration(v)
	case phone:
		return v.words("plus ", e.character)
	}
	return ""
}

func englishOnes() [20]string {
	return [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
		"twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
}

func englishTens() [10]string {
	return [...]string{2: "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
}

// cardinal is a number from 0 to largest.
func (e english) cardinal(n int64) string {
	switch {
	case n < 20:
		return englishOnes()[n]
	case n < 100 && n%10 == 0:
		return englishTens()[n/10]
	case n < 100:
		return englishTens()[n/10] + "-" + englishOnes()[n%10]
	}
	for _, scale := range [...]struct {
		size int64
		name string
	}{{1e12, "trillion"}, {1e9, "billion"}, {1e6, "million"}, {1000, "thousand"}, {100, "hundred"}} {
		if n < scale.size {
			continue
		}
		words := e.cardinal(n/scale.size) + " " + scale.name
		rest := n % scale.size
		switch {
		case rest == 0:
			return words
		case rest < 100 && !e.american:
			return words + " and " + e.cardinal(rest)
		}
		return words + " " + e.cardinal(rest)
	}
	return ""
}

func (e english) number(d decimal) string {
	words := e.cardinal(d.whole)
	if d.fraction != "" {
		words += " point " + each(d.fraction, " ", e.character)
	}
	if d.negative {
		return "minus " + words
	}
	return words
}

// ordinal turns the last word of the cardinal into an ordinal.
func (e english) ordinal(n int64) string {
	words := e.cardinal(n)
	cut := strings.LastIndexAny(words, " -") + 1
	head, last := words[:cut], words[cut:]
	for _, irregular := range [...][2]string{{"one", "first"}, {"two", "second"}, {"three", "third"}, {"five", "fifth"},
		{"eight", "eighth"}, {"nine", "ninth"}, {"twelve", "twelfth"}} {
		if last == irregular[0] {
			return head + irregular[1]
		}
	}
	if stem, ok := strings.CutSuffix(last, "y"); ok {
		return head + stem + "ieth"
	}
	return head + last + "th"
}

// count is a number of things.
func (e english) count(n int64, one, many string) string {
	if n == 1 {
		return "one " + one
	}
	return e.cardinal(n) + " " + many
}

func (e english) money(m money) string {
	c, known := currencyOf(m.currency)
	return m.words(wording{
		known: known, divided: c.minorOne != "", plural: c.many, and: "and",
		number: e.number, character: e.character,
		major: func(n int64) string { return e.count(n, c.one, c.many) },
		minor: func(n int64) string { return e.count(n, c.minorOne, c.minorMany) },
	})
}

func englishMonths() [13]string {
	return [...]string{"", "January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"}
}

func (e english) date(d date) string {
	day, month := e.ordinal(int64(d.day)), englishMonths()[d.month]
	if e.american {
		return month + " " + day + ", " + e.year(d.year)
	}
	return "the " + day + " of " + month + " " + e.year(d.year)
}

// year says 1999 as nineteen ninety-nine, 2006 as two thousand and six, 2026
// as twenty twenty-six.
func (e english) year(y int) string {
	century, rest := int64(y/100), int64(y%100)
	switch {
	case y < 1000 || y%1000 < 10:
		return e.cardinal(int64(y))
	case rest == 0:
		return e.cardinal(century) + " hundred"
	case rest < 10:
		return e.cardinal(century) + " oh " + e.cardinal(rest)
	}
	return e.cardinal(century) + " " + e.cardinal(rest)
}

func (e english) clock(c clock) string {
	half := "AM"
	if c.hour >= 12 {
		half = "PM"
	}
	hour := e.cardinal(int64((c.hour+11)%12 + 1))
	switch {
	case c.minute == 0 && c.hour == 0:
		return "midnight"
	case c.minute == 0 && c.hour == 12:
		return "noon"
	case c.minute == 0:
		return hour + " " + half
	case c.minute < 10:
		return hour + " oh " + e.cardinal(int64(c.minute)) + " " + half
	}
	return hour + " " + e.cardinal(int64(c.minute)) + " " + half
}

func (e english) duration(d duration) string {
	var words []string
	for i, n := range d.parts() {
		unit := [...]string{"day", "hour", "minute", "second"}[i]
		if n > 0 {
			words = append(words, e.count(n, unit, unit+"s"))
		}
	}
	return list(words, "and", "zero seconds")
}

// character is the name of one character; a letter is its own name, in
// capitals.
func (e english) character(r rune) string {
	switch {
	case r >= '0' && r <= '9':
		return englishOnes()[r-'0']
	case r == '#' && e.american:
		return "pound"
	case unicode.IsSpace(r):
		return "space"
	}
	for _, sign := range [...]struct {
		r    rune
		name string
	}{{'*', "star"}, {'#', "hash"}, {'-', "dash"}, {'.', "dot"}, {'@', "at"}, {'/', "slash"}, {'_', "underscore"},
		{'+', "plus"}, {',', "comma"}, {':', "colon"}, {'&', "and"}, {'%', "percent"}, {'=', "equals"}} {
		if r == sign.r {
			return sign.name
		}
	}
	return string(unicode.ToUpper(r))
}
