package prompt

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ivrflow/ivrflow/framework/prompt/cldr"
	"github.com/ivrflow/ivrflow/framework/prompt/spellout"
)

// voice is what is known of a locale. On its own it speaks as [SayAs] says of
// languages that have no type of their own here.
type voice struct {
	chain   []string // the locale, and those from which it inherits
	data    cldr.Locale
	plurals cldr.Plurals
	rules   *spellout.Rules // nil if there are none
	verbose bool            // one hundred *and* one
}

//nolint:gochecknoglobals // a memo of speakers, which follow from the locale's name alone
var speakers sync.Map

// maxSpeakers bounds the memo: a flow has few locales.
const maxSpeakers = 100

// speakerOf is the speaker of a locale. Reading its rules takes milliseconds,
// so it is done once.
func speakerOf(locale string) speaker {
	if s, ok := speakers.Load(locale); ok {
		return s.(speaker)
	}
	s := newSpeaker(locale)
	known := 0
	speakers.Range(func(any, any) bool { known++; return true })
	if known < maxSpeakers {
		speakers.Store(locale, s)
	}
	return s
}

func newVoice(locale string) voice {
	v := voice{chain: cldr.Chain(locale), data: cldr.Find(locale), plurals: cldr.PluralsOf(locale)}
	if rules, err := spellout.For(locale); err == nil {
		v.rules = rules
	}
	return v
}

func newSpeaker(locale string) speaker {
	v := newVoice(locale)
	if len(v.data.Months) != 12 || v.rules == nil {
		return v
	}
	switch base, _, _ := strings.Cut(v.chain[0], "-"); base {
	case "en":
		return newEnglish(v)
	case "de":
		return german{v}
	case "fr":
		return french{v}
	case "es":
		return newSpanish(v)
	case "nl":
		return dutch{v}
	}
	return v
}

// inherits says that the locale is another, or inherits from it.
func (v voice) inherits(locale string) bool { return slices.Contains(v.chain, locale) }

// region is the locale's country, empty if it names none.
func (v voice) region() string {
	if len(v.chain) == 0 {
		return ""
	}
	name := v.chain[0]
	region := name[strings.LastIndexByte(name, '-')+1:]
	if len(region) != 2 || region != strings.ToUpper(region) {
		return ""
	}
	return region
}

// spell puts a number into words by the first of the rule sets that there is,
// and else into figures.
func (v voice) spell(d decimal, sets ...string) string {
	n := spellout.Number{Negative: d.negative, Integer: uint64(d.whole), Fraction: d.fraction}
	for _, set := range sets {
		if v.rules == nil || !v.rules.Has(set) {
			continue
		}
		if words, err := v.rules.Spell(set, n); err == nil {
			return words
		}
	}
	return v.figures(d)
}

// figures is a number as the locale writes it, without grouping marks, which a
// synthesiser may take for decimal signs.
func (v voice) figures(d decimal) string {
	s := strconv.FormatInt(d.whole, 10)
	if d.fraction != "" {
		point := v.data.Decimal
		if point == "" {
			point = "."
		}
		s += point + d.fraction
	}
	if d.negative {
		return "-" + s
	}
	return s
}

func whole(n int64) decimal { return decimal{whole: n} }

// number is a number as one counts.
func (v voice) number(d decimal) string {
	if v.verbose {
		return strings.ReplaceAll(v.spell(d, "%spellout-numbering-verbose"), ",", "") // commas would be pauses
	}
	return v.spell(d, "%spellout-numbering", "%spellout-cardinal", "%spellout-cardinal-masculine")
}

// before is a number in front of a noun of a gender.
func (v voice) before(n int64, gender string) string {
	if v.verbose {
		return v.number(whole(n))
	}
	return v.spell(whole(n), "%spellout-cardinal-"+gender, "%spellout-cardinal", "%spellout-cardinal-masculine", "%spellout-numbering")
}

func (v voice) year(y int) string {
	return v.spell(whole(int64(y)), "%spellout-numbering-year", "%spellout-numbering")
}

// ordinal is a rank. A gender that the language lacks counts as none.
func (v voice) ordinal(n int64, gender string) string {
	set := "%spellout-ordinal"
	if v.verbose {
		set = "%spellout-ordinal-verbose"
	}
	words := v.spell(whole(n), "%spellout-ordinal-"+gender, set, "%spellout-ordinal-masculine", "%spellout-ordinal-common",
		"%spellout-ordinal-sinokorean", "%digits-ordinal-"+gender, "%digits-ordinal", "%digits-ordinal-masculine")
	if words == strconv.FormatInt(n, 10) {
		return words + "." // how most languages write it
	}
	return strings.ReplaceAll(words, ",", "")
}

// plural is the category of a number.
func (v voice) plural(d decimal) string {
	return v.plurals.Cardinal(cldr.Operands{Integer: uint64(d.whole), Fraction: d.fraction})
}

// form picks a form by plural category.
func form(forms map[string]string, category string) string {
	if f, ok := forms[category]; ok {
		return f
	}
	return forms[cldr.Other]
}

// figure says a number in figures.
func figure(n int64, _ string) string { return strconv.FormatInt(n, 10) }

func (v voice) duration(d duration) []string { return v.units(d, figure) }

func (v voice) money(m money) []string {
	name := form(v.data.Currencies[m.currency], v.plural(m.amount))
	if name == "" {
		name = m.currency
	}
	return []string{v.figures(m.amount) + " " + name}
}

func (v voice) clock(c clock) string {
	if v.data.Time == "" {
		return fmt.Sprintf("%02d:%02d", c.hour, c.minute)
	}
	return spaced(v.pattern(v.data.Time, v.timeField(c)))
}

func (v voice) date(d date) string {
	pattern := v.data.Date
	if d.year == 0 {
		pattern = v.data.Day
	}
	switch {
	case pattern != "" && len(v.data.Months) == 12:
		return spaced(v.pattern(pattern, v.dateField(d)))
	case d.year == 0:
		return fmt.Sprintf("%02d-%02d", d.month, d.day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
}
