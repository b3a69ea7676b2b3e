package prompt

import (
	"errors"
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
//	digits      text of 0-9, * and #, each alone; spaces and hyphens group them
//	characters  any text: each character alone
//	number      float64, or the same as text: at most six decimals
//	ordinal     whole number from 0
//	money       "1234.50 GBP"
//	date        "2006-01-02"; without a year "--01-02"
//	time        "15:04"
//	duration    seconds as a number, or text such as "1h30m"
//	phone       "+442071838750", or digits; spaces and hyphens group them
//
// All kinds are words in English, German, French, Spanish and Dutch, with the
// ways of their countries. In every other language of the CLDR numbers,
// ordinals, digits and telephone numbers are words, and the rest is written as
// its people write it: "12,50 złotego", "23 listopada 2026", "15:04". In
// others it is figures. Errors do not hold the value, which may be secret.
func SayAs(kind string, value any, locale string) (string, error) {
	return Style{Locale: locale}.SayAs(kind, value)
}

// Style is how values are spoken.
type Style struct {
	Locale string
	// Gender of the noun that an ordinal belongs to, where the language needs
	// it: masculine, feminine, neuter or common. Empty is the form in which the
	// language counts: premier, primero, erste.
	Gender string
}

// Genders lists what [Style].Gender may be, but for the empty one.
func Genders() []string { return []string{"masculine", "feminine", "neuter", "common"} }

// SayAs is [SayAs] in this style.
func (s Style) SayAs(kind string, value any) (string, error) {
	clauses, err := s.clauses(kind, value)
	if err != nil {
		return "", err
	}
	text := strings.ReplaceAll(strings.Join(clauses, " "), joint, "")
	return strings.Join(strings.Fields(text), " "), nil // the data has doubled blanks
}

// joint is the soft hyphen, which stands where long words are made of others.
const joint = "\u00ad"

// clauses are the words of a value, cut where a speaker may be changed.
func (s Style) clauses(kind string, value any) ([]string, error) {
	if value == nil {
		return nil, fmt.Errorf("say_as %s: there is no value", kind)
	}
	v, err := parse(kind, value)
	if err != nil {
		return nil, fmt.Errorf("say_as %s: %w", kind, err)
	}
	clauses := say(speakerOf(s.Locale), v, s.Gender)
	if strings.TrimSpace(strings.Join(clauses, "")) == "" {
		return nil, fmt.Errorf("say_as %s: %w", kind, errNothing)
	}
	return clauses, nil
}

var errNothing = errors.New("the value has nothing that can be spoken")

// speaker puts values into the words of a language.
type speaker interface {
	number(d decimal) string
	ordinal(n int64, gender string) string
	money(m money) []string
	date(d date) string
	clock(c clock) string
	duration(d duration) []string
	phone(p phone) []string
	character(r rune) string
	year(y int) string
}

func say(s speaker, v spoken, gender string) []string {
	switch v := v.(type) {
	case digits:
		return v.clauses(s.character)
	case characters:
		return []string{each(string(v), ", ", s.character)}
	case number:
		return []string{s.number(decimal(v))}
	case ordinal:
		return []string{s.ordinal(int64(v), gender)}
	case money:
		return s.money(v)
	case date:
		return []string{s.date(v)}
	case clock:
		return []string{s.clock(v)}
	case duration:
		return s.duration(v)
	case phone:
		return s.phone(v)
	}
	return nil
}

// spoken is a value that has been read and checked.
//
//sumtype:decl
type spoken interface{ isSpoken() }

type (
	digits     []string // groups of 0-9, * and #
	characters string
	number     decimal
	ordinal    int64
	money      struct {
		amount   decimal
		currency string // three capital letters
	}
	date     struct{ year, month, day int } // year 0: none
	clock    struct{ hour, minute int }
	duration time.Duration
	phone    struct {
		country string   // calling code of a number with a plus sign
		groups  []string // the digits after it
		written bool     // the groups are those of the value
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

// clauses says each digit alone, with a longer pause between groups.
func (d digits) clauses(name func(rune) string) []string {
	clauses := make([]string, len(d))
	for i, group := range d {
		clauses[i] = each(group, ", ", name)
		if i < len(d)-1 {
			clauses[i] += ";"
		}
	}
	return clauses
}

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
