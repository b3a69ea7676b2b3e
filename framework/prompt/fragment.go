package prompt

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/ivrflow/ivrflow/framework/prompt/cldr"
)

// A fragment is a recording of a few words, from which spoken values are put
// together. It is a catalogue entry with a file, whose key begins with an
// underscore and says what is heard:
//
//	_digit/5        the digit; also _digit/star and _digit/pound
//	_number/21      the number, as say_as: number says it
//	_ordinal/3      the rank
//	_letter/a       the letter
//	_month/3        the month's name, as in a date
//	_year/2026      the year, as in a date
//	_word/hundred   the words of its name, in which _ is a blank
//
// An entry's text, if it has one, is what is heard instead: {text: Jänner,
// file: jan.wav}. Where a value's words can be put together from fragments of
// its locale, they are played; the fewest, and so the longest, are taken.
const fragmentMark = "_"

// FragmentPattern is a regular expression for the keys of fragments. It does not
// know which numbers and letters a language has.
const FragmentPattern = `^_(digit/([0-9*#]|star|pound)|(number|ordinal)/.+|letter/.{1,2}|month/\+?0*([1-9]|1[0-2])|year/\+?0*[1-9][0-9]{0,3}|word/.+)$`

// IsFragment says that a catalogue key is a fragment's.
func IsFragment(key string) bool { return strings.HasPrefix(key, fragmentMark) }

// FragmentText is what the fragment with a key says in a locale.
func FragmentText(key, locale string) (string, error) {
	kind, value, ok := strings.Cut(strings.TrimPrefix(key, fragmentMark), "/")
	if !ok || value == "" || !IsFragment(key) {
		return "", fragmentError(key, "write _number/21, _digit/5, _month/3 or _word/hundred")
	}
	text, err := fragmentWords(kind, value, locale)
	if err != nil {
		return "", fragmentError(key, err.Error())
	}
	return text, nil
}

func fragmentError(key, why string) error { return fmt.Errorf("%q is no fragment: %s", key, why) }

// completeFragment fills in the words of a fragment.
func completeFragment(e *Entry, wav []byte) error {
	text, err := FragmentText(e.Key, e.Locale)
	switch {
	case err != nil:
		return err
	case wav == nil:
		return fmt.Errorf("the fragment %q (%s) has no file; without a recording a synthesiser speaks anyway", e.Key, e.Locale)
	case e.Text == "":
		e.Text = strings.ReplaceAll(text, joint, "")
	}
	return nil
}

// addFragment makes a fragment known by its words. Of two with the same words
// the first is taken.
func (c *Catalogue) addFragment(e Entry) {
	words := wordsOf(e.Text)
	key := phrase(words)
	if c.fragments == nil {
		c.fragments = map[string]map[string]string{}
	}
	if c.fragments[e.Locale] == nil {
		c.fragments[e.Locale] = map[string]string{}
	}
	if _, ok := c.fragments[e.Locale][key]; !ok {
		c.fragments[e.Locale][key] = e.Key
	}
	// A long word written whole may be several of the value's words.
	c.longest = max(c.longest, len(words), len([]rune(e.Text))/2)
}

func fragmentWords(kind, value, locale string) (string, error) {
	switch kind {
	case "number", "ordinal":
		return Style{Locale: locale}.words(kind, value)
	case "digit":
		value = strings.NewReplacer("star", "*", "pound", "#").Replace(value)
		if len(value) != 1 {
			return "", errors.New("it names one digit, star or pound")
		}
		return Style{Locale: locale}.words("digits", value)
	case "letter":
		if len([]rune(value)) != 1 {
			return "", errors.New("it names one letter")
		}
		return Style{Locale: locale}.words("characters", value)
	case "month":
		return monthName(value, locale)
	case "year":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 9999 {
			return "", errors.New("a year is 1 to 9999")
		}
		return speakerOf(locale).year(n), nil
	case "word":
		return strings.ReplaceAll(value, "_", " "), nil
	}
	return "", errors.New("there are number, ordinal, digit, letter, month, year and word")
}

func monthName(value, locale string) (string, error) {
	n, err := strconv.Atoi(value)
	months := cldr.Find(locale).Months
	if err != nil || n < 1 || n > len(months) {
		return "", errors.New("a month is 1 to 12")
	}
	return months[n-1], nil
}

// words are a value's words with their joints.
func (s Style) words(kind string, value any) (string, error) {
	clauses, err := s.clauses(kind, value)
	return strings.Join(clauses, " "), err
}

// word is a word of a spoken text, or a part of a long one.
type word struct {
	text  string
	glue  bool // it belongs to the word before, without a blank
	pause rune // the comma or semicolon behind it; 0 if none
}

// wordsOf cuts a text where fragments may meet: at blanks, hyphens and joints.
func wordsOf(text string) []word {
	var words []word
	glue := false
	for text != "" {
		i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(joint+"-,;", r) })
		end, size := i, 0
		if i < 0 {
			end = len(text)
		}
		w := strings.ToLower(strings.Trim(text[:end], ".!?"))
		if w != "" {
			words = append(words, word{text: w, glue: glue && len(words) > 0})
			glue = false
		}
		if i >= 0 {
			r := []rune(text[i:])[0]
			size = len(string(r))
			glue = r == []rune(joint)[0]
			if (r == ',' || r == ';') && len(words) > 0 {
				words[len(words)-1].pause = r
			}
		}
		text = text[end+size:]
	}
	return words
}

// phrase is the key under which a fragment with these words is kept: long words
// whole, without pauses.
func phrase(words []word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 && !w.glue {
			b.WriteByte(' ')
		}
		b.WriteString(w.text)
	}
	return b.String()
}
