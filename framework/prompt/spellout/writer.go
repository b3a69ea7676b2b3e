package spellout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/prompt/cldr"
)

// writer collects the words of one number.
type writer struct {
	strings.Builder
	rules *Rules
	depth int // of rules that call each other
	calls int // of rules in all
}

// number writes any number by the fitting rule of a set.
func (w *writer) number(s *set, n Number) error {
	switch {
	case s == nil:
		return errNoSet
	case n.Negative && s.negative != nil:
		n.Negative = false
		return w.special(s, s.negative, n)
	case n.Fraction == "" || s.fraction:
	case s.whole != nil && strings.Trim(n.Fraction, "0") == "":
		return w.special(s, s.whole, n)
	case n.Integer == 0 && s.proper != nil:
		return w.special(s, s.proper, n)
	case s.improper != nil:
		return w.special(s, s.improper, n)
	}
	return w.nearestRule(s, n)
}

// nearestRule writes what no special rule is for. The rule is the one of the
// nearest whole number without a sign; what it passes on whole is the number
// itself.
func (w *writer) nearestRule(s *set, n Number) error {
	whole := n.Integer
	if n.Fraction != "" && n.Fraction[0] >= '5' {
		whole++
	}
	i, err := s.find(whole)
	if err != nil {
		return err
	}
	return w.apply(s, i, whole, n)
}

// enter guards against rules that call each other without end.
func (w *writer) enter() error {
	w.depth++
	w.calls++
	if w.depth > maxDepth || w.calls > maxCalls {
		return errTooDeep
	}
	return nil
}

// special writes by a rule for negative numbers or fractions.
func (w *writer) special(s *set, r *rule, n Number) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer func() { w.depth-- }()
	for i := range r.body {
		if err := w.specialNode(s, r, &r.body[i], n); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) specialNode(s *set, r *rule, n *node, value Number) error {
	switch {
	case n.op == 0:
		w.WriteString(n.text)
		return nil
	case n.op == '$':
		w.plural(n, cldr.Whole(value.Integer))
		return nil
	case r != s.negative && n.op == '<':
		value.Fraction = ""
	case r != s.negative && n.op == '>':
		return w.fraction(s, n, value.Fraction)
	}
	return w.same(n, value)
}

// fraction writes the digits behind the decimal sign: one by one by the set's
// own rules, or as a fraction by a set of denominators.
func (w *writer) fraction(s *set, n *node, digits string) error {
	switch {
	case n.target == nil && !n.figure:
		return errNoSet
	case n.target != s && !n.figure:
		return w.denominator(n.target, digits)
	}
	for i, d := range digits {
		if i > 0 && !n.triple {
			w.WriteByte(' ')
		}
		if err := w.integer(s, uint64(d-'0')); err != nil {
			return err
		}
	}
	return nil
}

// integer writes a number from 0 by the set's rule for it.
func (w *writer) integer(s *set, n uint64) error {
	if s == nil {
		return errNoSet
	}
	return w.nearestRule(s, Whole(n))
}

// find is the rule with the highest base value up to n. If that rule's >> would
// say zero where its base was not made for it, the one before counts.
func (s *set) find(n uint64) (int, error) {
	i, exact := slices.BinarySearchFunc(s.rules, n, func(r rule, n uint64) int {
		switch {
		case r.base < n:
			return -1
		case r.base > n:
			return 1
		}
		return 0
	})
	if exact {
		return i, nil
	}
	if i--; i < 0 {
		return 0, fmt.Errorf("%s has no rule for %d", s.name, n)
	}
	r := &s.rules[i]
	modulus := slices.ContainsFunc(r.body, func(n node) bool { return n.op == '>' })
	if modulus && n%r.divisor == 0 && r.base%r.divisor != 0 && i > 0 {
		i--
	}
	return i, nil
}

// apply writes a number by one rule: its digits before the decimal sign, or all
// of it where the rule says =.
func (w *writer) apply(s *set, i int, n uint64, all Number) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer func() { w.depth-- }()
	r := &s.rules[i]
	for j := range r.body {
		if err := w.node(s, r, &r.body[j], n, all); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) node(s *set, r *rule, n *node, value uint64, all Number) error {
	switch n.op {
	case 0:
		w.WriteString(n.text)
		return nil
	case '$':
		w.plural(n, cldr.Whole(value/r.divisor))
		return nil
	case '=':
		return w.same(n, all)
	case '<':
		value /= r.divisor
	case '>':
		value %= r.divisor
		if n.triple && r.before >= 0 {
			return w.apply(s, r.before, value, Whole(value))
		}
	}
	if n.figure {
		fmt.Fprint(w, value)
		return nil
	}
	return w.integer(n.target, value)
}

// same writes the number itself, by another rule set or in figures.
func (w *writer) same(n *node, value Number) error {
	if n.figure {
		w.WriteString(value.figures(w.rules.decimal))
		return nil
	}
	return w.number(n.target, value)
}

func (w *writer) plural(n *node, value cldr.Operands) {
	category := w.rules.plurals.Cardinal(value)
	if n.rank {
		category = w.rules.plurals.Ordinal(value)
	}
	form, ok := n.forms[category]
	if !ok {
		form = n.forms[cldr.Other]
	}
	w.WriteString(form)
}
