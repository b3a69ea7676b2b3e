package cldr

import (
	"strconv"
	"strings"
)

// Other is the plural category of every number that has no other.
const Other = "other"

// Operands are a number as plural rules see it: 1.50 has the integer digits 1
// and the visible fraction digits 50. The sign does not matter.
type Operands struct {
	Integer  uint64
	Fraction string // visible digits, with trailing zeros
}

// Whole is a number without a fraction.
func Whole(n uint64) Operands { return Operands{Integer: n} }

// Plurals are a language's plural rules. The zero value knows only [Other].
type Plurals struct {
	cardinal, ordinal map[string]condition
}

// PluralsOf reads the rules of a locale's language.
func PluralsOf(locale string) Plurals {
	var rules struct{ Cardinal, Ordinal map[string]string }
	for _, name := range Chain(locale) {
		if entry("data/plurals.json", name, &rules) {
			return Plurals{cardinal: conditions(rules.Cardinal), ordinal: conditions(rules.Ordinal)}
		}
	}
	return Plurals{}
}

// Cardinal is the category of a number of things.
func (p Plurals) Cardinal(n Operands) string { return category(p.cardinal, n) }

// Ordinal is the category of a rank.
func (p Plurals) Ordinal(n Operands) string { return category(p.ordinal, n) }

// category is the first whose condition holds; at most one does.
func category(rules map[string]condition, n Operands) string {
	for _, name := range [...]string{"zero", "one", "two", "few", "many"} {
		if c, ok := rules[name]; ok && c.holds(n) {
			return name
		}
	}
	return Other
}

// condition is alternatives, each of which is relations that must all hold.
type condition [][]relation

// relation is such as n % 100 != 11..14,20.
type relation struct {
	operand byte // n, i, v, w, f, t, c or e
	modulus uint64
	not     bool
	ranges  [][2]uint64
}

func conditions(rules map[string]string) map[string]condition {
	out := make(map[string]condition, len(rules))
	for name, rule := range rules {
		out[name] = parseCondition(rule)
	}
	return out
}

func parseCondition(rule string) condition {
	var c condition
	for alternative := range strings.SplitSeq(rule, " or ") {
		var all []relation
		for r := range strings.SplitSeq(alternative, " and ") {
			all = append(all, parseRelation(strings.Fields(r)))
		}
		c = append(c, all)
	}
	return c
}

// parseRelation reads the words of "n % 10 = 2..4,9" or "e != 0..5".
func parseRelation(words []string) relation {
	r := relation{operand: words[0][0]}
	if words[1] == "%" {
		r.modulus = number(words[2])
		words = words[2:]
	}
	r.not = words[1] == "!="
	for part := range strings.SplitSeq(words[2], ",") {
		low, high, isRange := strings.Cut(part, "..")
		if !isRange {
			high = low
		}
		r.ranges = append(r.ranges, [2]uint64{number(low), number(high)})
	}
	return r
}

func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic("cldr: plural rule: " + err.Error()) // the rules are embedded
	}
	return n
}

func (c condition) holds(n Operands) bool {
	for _, all := range c {
		ok := true
		for _, r := range all {
			ok = ok && r.holds(n)
		}
		if ok {
			return true
		}
	}
	return false
}

func (r relation) holds(n Operands) bool {
	value, whole := n.operand(r.operand)
	if r.modulus > 0 {
		value %= r.modulus
	}
	in := false
	for _, bounds := range r.ranges {
		in = in || whole && value >= bounds[0] && value <= bounds[1]
	}
	return in != r.not
}

// operand is the value of an operand, and whether it is a whole number: only n
// can be another.
func (n Operands) operand(name byte) (value uint64, whole bool) {
	short := strings.TrimRight(n.Fraction, "0")
	switch name {
	case 'n':
		return n.Integer, short == ""
	case 'i':
		return n.Integer, true
	case 'v':
		return uint64(len(n.Fraction)), true
	case 'w':
		return uint64(len(short)), true
	case 'f':
		return fraction(n.Fraction), true
	case 't':
		return fraction(short), true
	}
	return 0, true // c and e: the exponent of a compact form, which is not spoken
}

// fraction is the number that fraction digits write; more than 18 are cut.
func fraction(digits string) uint64 {
	if digits == "" {
		return 0
	}
	return number(digits[:min(len(digits), 18)])
}
