package spellout

import (
	"fmt"
	"math/big"

	"github.com/ivrflow/ivrflow/framework/prompt/cldr"
)

// denominator writes decimals as a fraction: the rule whose base value, as a
// denominator, comes nearest to them.
func (w *writer) denominator(s *set, digits string) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer func() { w.depth-- }()
	r, numerator := s.nearest(digits)
	if r == nil {
		return fmt.Errorf("%s has no rules", s.name)
	}
	for i := range r.body {
		if err := w.fractionNode(&r.body[i], r.base, numerator); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) fractionNode(n *node, denominator, numerator uint64) error {
	switch {
	case n.op == 0:
		w.WriteString(n.text)
	case n.op == '$':
		w.plural(n, cldr.Whole(numerator))
	case n.figure:
		fmt.Fprint(w, numerator)
	default:
		return w.numerator(n, denominator, numerator)
	}
	return nil
}

// numerator writes the numerator; with <<, a zero first for each place that it
// lacks.
func (w *writer) numerator(n *node, denominator, value uint64) error {
	if n.triple {
		for v := value * 10; v < denominator && v > 0; v *= 10 {
			if err := w.integer(n.target, 0); err != nil {
				return err
			}
			w.WriteByte(' ')
		}
	}
	return w.integer(n.target, value)
}

// nearest is the first rule for which the decimals are nearest to a whole
// number of its parts, and that number. Of two rules for the same denominator
// the second is for more than one part.
func (s *set) nearest(digits string) (*rule, uint64) {
	value, ok := new(big.Rat).SetString("0." + digits)
	if !ok || len(s.rules) == 0 {
		return nil, 0
	}
	var best *big.Rat
	var winner int
	var parts uint64
	for i := range s.rules {
		exact := new(big.Rat).Mul(value, new(big.Rat).SetInt(new(big.Int).SetUint64(s.rules[i].base)))
		n := rounded(exact)
		off := new(big.Rat).Abs(exact.Sub(exact, new(big.Rat).SetInt(n)))
		if best == nil || off.Cmp(best) < 0 {
			best, winner, parts = off, i, n.Uint64()
		}
		if best.Sign() == 0 {
			break
		}
	}
	if next := winner + 1; next < len(s.rules) && s.rules[next].base == s.rules[winner].base && parts != 1 {
		winner = next
	}
	return &s.rules[winner], parts
}

// rounded is the whole number nearest to a fraction from 0.
func rounded(r *big.Rat) *big.Int {
	twice := new(big.Int).Add(new(big.Int).Lsh(r.Num(), 1), r.Denom())
	return twice.Quo(twice, new(big.Int).Lsh(r.Denom(), 1))
}
