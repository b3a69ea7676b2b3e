package spellout

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// set is a named list of rules, ordered by base value.
type set struct {
	name     string
	rules    []rule
	negative *rule // -x
	improper *rule // x.x
	proper   *rule // 0.x
	whole    *rule // x.0
	fraction bool  // the bases are denominators
}

// rule is what is said for numbers from its base value on.
type rule struct {
	base    uint64
	divisor uint64 // the radix to the power of the exponent
	body    []node
	before  int // the rule before it in the set, for >>>
}

// node is a piece of a rule's text.
type node struct {
	text   string            // literal, if op is 0
	op     byte              // '<', '>', '=' or '$'
	set    string            // name of a rule set, "" for the rule's own
	target *set              // that set
	figure bool              // the number in figures instead
	triple bool              // >>>, or << with zeros (%set<<)
	forms  map[string]string // of '$': text by plural category
	rank   bool              // of '$': ordinal categories
}

// add reads rule sets. Those that are there already stay: a locale's own rules
// are read before inherited ones.
func (r *Rules) add(text string) error {
	var s *set
	known := map[string]bool{}
	for name := range r.sets {
		known[name] = true
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "%") {
			name := strings.TrimSuffix(line, ":")
			if s = nil; !known[name] {
				s = &set{name: name}
				r.sets[name] = s
			}
			continue
		}
		if s == nil || line == "" {
			continue
		}
		if err := s.addRule(line, r.decimal); err != nil {
			return fmt.Errorf("%s: rule %q: %w", s.name, line, err)
		}
	}
	return nil
}

// addRule reads "100: << hundred[ >>];".
func (s *set) addRule(line, decimal string) error {
	descriptor, text, ok := strings.Cut(line, ":")
	text, closed := strings.CutSuffix(strings.TrimLeft(text, " "), ";")
	if !ok || !closed {
		return errors.New("it is not of the form base: text;")
	}
	text = strings.TrimPrefix(text, "'") // guards leading blanks
	switch descriptor {
	case "Inf", "NaN":
		return nil // there are no such numbers here
	case "-x":
		return s.special(&s.negative, text)
	case "0.x":
		return s.special(&s.proper, text)
	case "x.0":
		return s.special(&s.whole, text)
	case "x.x", "x,x":
		if s.improper != nil && !strings.Contains(descriptor, decimal) {
			return nil // the other one is for this locale's decimal sign
		}
		return s.fractional(text)
	}
	base, divisor, err := parseDescriptor(descriptor)
	if err != nil {
		return err
	}
	return s.numeric(base, divisor, text)
}

func (s *set) special(to **rule, text string) error {
	body, err := parseBody(text)
	*to = &rule{divisor: 1, body: body}
	return err
}

// fractional sets x.x, which with brackets is also 0.x, without their content.
func (s *set) fractional(text string) error {
	with, without, split := brackets(text)
	if err := s.special(&s.improper, with); err != nil || !split {
		return err
	}
	return s.special(&s.proper, without)
}

// numeric adds a rule, or two if it has brackets: their content is left out
// for multiples of the divisor.
func (s *set) numeric(base, divisor uint64, text string) error {
	with, without, split := brackets(text)
	full, err := parseBody(with)
	if err != nil {
		return err
	}
	if split && base > 0 && base%divisor == 0 {
		short, err := parseBody(without)
		if err != nil {
			return err
		}
		s.push(rule{base: base, divisor: divisor, body: short})
		base++ // back to the base itself in a set of denominators, see link
	}
	s.push(rule{base: base, divisor: divisor, body: full})
	return nil
}

func (s *set) push(r rule) {
	r.before = len(s.rules) - 1
	s.rules = append(s.rules, r)
}

// brackets gives a text with the content of its brackets, and without: then
// with what stands behind | in them.
func brackets(text string) (with, without string, split bool) {
	head, rest, open := strings.Cut(text, "[")
	inside, tail, closed := strings.Cut(rest, "]")
	if !open || !closed {
		return text, "", false
	}
	inside, otherwise, _ := strings.Cut(inside, "|")
	return head + inside + tail, head + otherwise + tail, true
}

// parseDescriptor reads "1100/100>": base value, radix and lowered exponents.
func parseDescriptor(d string) (base, divisor uint64, err error) {
	trimmed := strings.TrimRight(d, ">")
	lowered := len(d) - len(trimmed)
	number, radixText, hasRadix := strings.Cut(strings.ReplaceAll(trimmed, ",", ""), "/")
	if base, err = strconv.ParseUint(number, 10, 63); err != nil {
		return 0, 0, errors.New("the base value is no number")
	}
	radix := uint64(10)
	if hasRadix {
		if radix, err = strconv.ParseUint(radixText, 10, 63); err != nil || radix < 2 {
			return 0, 0, errors.New("the radix is no number from 2")
		}
	}
	powers := []uint64{1}
	for p := uint64(1); base/p >= radix; {
		p *= radix
		powers = append(powers, p)
	}
	return base, powers[max(0, len(powers)-1-lowered)], nil
}

// link finds the sets that rules name, and marks those whose base values are
// denominators.
func (r *Rules) link() {
	for _, s := range r.sets {
		for _, rule := range s.all() {
			for i := range rule.body {
				r.linkNode(s, &rule.body[i])
			}
		}
	}
	for _, s := range r.sets {
		if s.improper == nil {
			continue
		}
		for _, n := range s.improper.body {
			if n.op == '>' && n.target != nil && n.target != s {
				n.target.denominators()
			}
		}
	}
}

// linkNode finds the set that a node names. The data has nodes that name none:
// these are errors only where they are used.
func (r *Rules) linkNode(s *set, n *node) {
	switch {
	case n.op == 0 || n.op == '$' || n.figure:
	case n.set == "":
		n.target = s
	default:
		n.target = r.sets[n.set]
	}
}

// denominators makes the set one of fractions: two rules for one base value
// are then one and many of these.
func (s *set) denominators() {
	if s.fraction {
		return
	}
	s.fraction = true
	for i := 1; i < len(s.rules); i++ {
		if s.rules[i].base == s.rules[i-1].base+1 && s.rules[i].divisor == s.rules[i-1].divisor && s.rules[i].divisor > 1 {
			s.rules[i].base--
		}
	}
}

// all are the rules of a set, special ones too.
func (s *set) all() []*rule {
	var all []*rule
	for i := range s.rules {
		all = append(all, &s.rules[i])
	}
	all = append(all, s.negative, s.improper, s.proper, s.whole)
	return slices.DeleteFunc(all, func(r *rule) bool { return r == nil })
}
