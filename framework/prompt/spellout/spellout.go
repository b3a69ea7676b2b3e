// Package spellout puts numbers into words by the rule-based number formats
// (RBNF) of the Unicode CLDR: "twenty-one", "vingt-et-un", "einundzwanzigste".
//
//	r, err := spellout.For("fr-CH")
//	words, err := r.Spell("%spellout-cardinal-feminine", spellout.Whole(81)) // "huitante-et-une"
//
// It follows part 3 of Unicode Technical Standard 35 and, where that is silent,
// ICU: the tests compare the two. Numbers in figures, which the rules ask for
// beyond 10^18, have no grouping marks. [Rules] are immutable and may be shared.
package spellout

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/prompt/cldr"
)

// Number is a number in decimal. It is exact, as a float64 would not be.
type Number struct {
	Negative bool
	Integer  uint64
	Fraction string // digits; trailing zeros are spoken
}

// Whole is a number without a fraction.
func Whole(n uint64) Number { return Number{Integer: n} }

// figures is the number as it is written, with the sign of the locale for the
// decimals.
func (n Number) figures(decimal string) string {
	var b strings.Builder
	if n.Negative {
		b.WriteByte('-')
	}
	fmt.Fprint(&b, n.Integer)
	if n.Fraction != "" {
		b.WriteString(decimal + n.Fraction)
	}
	return b.String()
}

// Rules are the rule sets of one locale.
type Rules struct {
	sets    map[string]*set
	plurals cldr.Plurals
	decimal string // decimal sign
}

// For reads the rules of a locale. Without rules for its language, the error
// says so.
func For(locale string) (*Rules, error) {
	texts := cldr.Rules(locale)
	if len(texts) == 0 {
		return nil, fmt.Errorf("there are no spell-out rules for %q", locale)
	}
	l := cldr.Find(locale)
	r := &Rules{sets: map[string]*set{}, plurals: cldr.PluralsOf(locale), decimal: l.Decimal}
	if r.decimal == "" {
		r.decimal = "."
	}
	for _, text := range texts {
		if err := r.add(text); err != nil {
			return nil, fmt.Errorf("spell-out rules of %s: %w", locale, err)
		}
	}
	r.link()
	return r, nil
}

// Parse reads rules in ICU's notation, for a locale's plurals.
func Parse(text, locale string) (*Rules, error) {
	r := &Rules{sets: map[string]*set{}, plurals: cldr.PluralsOf(locale), decimal: "."}
	if err := r.add(text); err != nil {
		return nil, err
	}
	r.link()
	return r, nil
}

// Has says that the locale has a rule set, such as "%spellout-ordinal".
func (r *Rules) Has(name string) bool { return r.sets[name] != nil }

// Spell puts a number into words by a rule set. Soft hyphens mark where long
// words are joined.
func (r *Rules) Spell(name string, n Number) (string, error) {
	s := r.sets[name]
	if s == nil {
		return "", fmt.Errorf("there is no rule set %q", name)
	}
	w := writer{rules: r}
	if err := w.number(s, n); err != nil {
		return "", fmt.Errorf("rule set %s: %w", name, err)
	}
	return w.String(), nil
}

// How deep rules may call each other, and how many may be called for one
// number; real ones stay below 20 and 200.
const (
	maxDepth = 64
	maxCalls = 10_000
)

var (
	errTooDeep = errors.New("the rules call each other without end")
	errNoSet   = errors.New("a rule names a rule set that is not there")
)
