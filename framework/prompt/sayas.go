package prompt

import (
	"fmt"
	"strings"
	"time"
)

// Kinds lists the kinds of value that [SayAs] can put into words.
func Kinds() []string {
	return []string{"digits", "characters", "number", "ordinal", "money", "date", "time", "duration", "phone"}
}

// SayAs is a value in the words that a synthesiser shall speak. Values are
// those of flow variables:
//
//	digits      text of 0-9, * and #: each one alone, with a pause between
//	characters  any text: each character alone
//	number      float64, or the same as text: at most six decimals
//	ordinal     whole number from 0
//	money       "1234.50 GBP"
//	date        "2006-01-02"
//	time        "15:04"
//	duration    seconds as a number, or text such as "1h30m"
//	phone       "+442071838750", or digits
//
// Words are English for en (American ways for en-US and en-CA, else British)
// and German for de. In any other locale the value is written in figures, from
// which the locale's synthesiser makes words as it can: "1, 2, 3", "1234.5",
// "3.", "1234.50 GBP", "2006-01-02", "15:04", "1:30:00". Errors do not hold
// the value, which may be secret.
func SayAs(kind string, value any, locale string) (string, error) {
	if value == nil {
		return "", fmt.Errorf("say_as %s: there is no value", kind)
	}
	v, err := parse(kind, value)
	if err != nil {
		return "", fmt.Errorf("say_as %s: %w", kind, err)
	}
	return speakerOf(locale).say(v), nil
}

// speaker puts values into the words of a language.
type speaker interface {
	say(spoken) string
}

func speakerOf(locale string) speaker {
	switch language(locale) {
	case "en":
		l := strings.ToLower(locale)
		return english{american: strings.HasSuffix(l, "us") || strings.HasSuffix(l, "ca")}
	case "de":
		return german{}
	}
	return figures{}
}

// spoken is a value that has been read and checked.
//
//sumtype:decl
type spoken interface{ isSpoken() }

type (
	digits     string // of 0-9, * and #
	characters string
	number     decimal
	ordinal    int64
	money      struct {
		amount   decimal
		currency string // three capital letters
	}
	date     struct{ year, month, day int }
	clock    struct{ hour, minute int }
	duration time.Duration
	phone    struct {
		international bool
		groups        []string
	}
)

func (digits) isSpoken()     {}
func (characters) isSpoken() {}
func (number) isSpoken()     {}
func (ordinal) isSpoken()    {}
func (money) isSpoken()      {}
func (date) isSpoken()       {}
func (clock) isSpoken()      {}
func (duration) isSpoken()   {}
func (phone) isSpoken()      {}

// each is a word a digit, character or sign, joined by a separator.
func each(s, separator string, word func(rune) string) string {
	words := make([]string, 0, len(s))
	for _, r := range s {
		if w := word(r); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, separator)
}

// parts splits a length into days, hours, minutes and seconds.
func (d duration) parts() [4]int64 {
	s := int64(time.Duration(d) / time.Second)
	return [4]int64{s / 86400, s / 3600 % 24, s / 60 % 60, s % 60}
}

// words are the digits' names, with a pause between groups.
func (p phone) words(plus string, character func(rune) string) string {
	groups := make([]string, len(p.groups))
	for i, g := range p.groups {
		groups[i] = each(g, " ", character)
	}
	words := strings.Join(groups, ", ")
	if p.international {
		return plus + words
	}
	return words
}

// list joins words as one enumerates them.
func list(words []string, and, none string) string {
	switch len(words) {
	case 0:
		return none
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return fmt.Sprintf("%s %s %s", strings.Join(words[:last], ", "), and, words[last])
}
