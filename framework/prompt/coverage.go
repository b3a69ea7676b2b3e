package prompt

import "time"

// Coverage is how much of a kind of value a catalogue's fragments say in a
// locale.
type Coverage struct {
	// Whole: all of it, so that no synthesiser is needed; money in other
	// currencies, letters of other alphabets and numbers beyond the usual apart.
	Whole bool
	// Part: some values, or clauses of them, and not others, so that callers
	// hear two voices.
	Part bool
	// Missing are the words that are still to be recorded, sorted; of a kind of
	// which nothing is recorded none are named.
	Missing []string
}

// Coverage looks at many values of a kind. Money is looked at in the
// currencies, or else in euros.
func (c *Catalogue) Coverage(s Style, kind string, currencies ...string) Coverage {
	if c == nil || len(c.fragments[s.Locale]) == 0 {
		return Coverage{}
	}
	some, missing := c.unrecorded(s, kind, currencies)
	if !some {
		return Coverage{}
	}
	return Coverage{Whole: len(missing) == 0, Part: len(missing) > 0, Missing: sortedKeys(missing)}
}

// Unrecorded lists, sorted, the words that a kind of value needs in a locale
// and that no fragment says, over many values: what is still to be recorded.
// Without any the kind needs no synthesiser, but see [Coverage].
func (c *Catalogue) Unrecorded(s Style, kind string, currencies ...string) []string {
	_, missing := c.unrecorded(s, kind, currencies)
	return sortedKeys(missing)
}

// unrecorded finds the words that no fragment says, and whether fragments say
// any clause.
func (c *Catalogue) unrecorded(s Style, kind string, currencies []string) (some bool, missing map[string]bool) {
	missing = map[string]bool{}
	for _, value := range samples(kind, currencies) {
		clauses, err := s.clauses(kind, value)
		if err != nil {
			continue
		}
		for _, clause := range clauses {
			words := wordsOf(clause)
			if _, ok := c.cover(s.Locale, words, false); ok {
				some = true
				continue
			}
			for i := range words {
				words[i].pause = 0
				if _, ok := c.cover(s.Locale, words[i:i+1], false); !ok {
					missing[words[i].text] = true
				}
			}
		}
	}
	return some, missing
}

// Estimate is about how long a usual value of a kind takes, such as 1234.50 EUR:
// what is recorded is measured. It is 0 for what is no kind.
func (c *Catalogue) Estimate(s Style, kind string) time.Duration {
	pieces, err := c.SayAs(s, kind, usual(kind))
	if err != nil {
		return 0
	}
	var sum time.Duration
	for _, p := range pieces {
		sum += p.Length
	}
	return sum
}

// usual is a value of a kind as flows speak them.
func usual(kind string) string {
	return map[string]string{"digits": "123456", "characters": "AB1234", "number": "1234", "ordinal": "21", "money": "1234.50 EUR",
		"date": "2026-11-23", "time": "15:45", "duration": "1h30m", "phone": "+442071838750"}[kind]
}
