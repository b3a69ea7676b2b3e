package ivr

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Masked stands where a value was that must not be shown.
const Masked = "***"

// shortestMasked is the length of the shortest value that [Mask] looks for, in
// bytes: what is shorter occurs by chance everywhere.
const shortestMasked = 3

// Mask hides the given values wherever they occur in a text, and what looks
// like the number of a payment card. Of a list or a map each text and number in
// it is a value. Values of fewer than three characters are not looked for.
func Mask(text string, values ...any) string {
	found := map[string]bool{}
	for _, v := range values {
		spell(found, v)
	}
	// The longest first: one value may be part of another.
	longest := func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }
	for _, value := range slices.SortedFunc(maps.Keys(found), longest) {
		text = strings.ReplaceAll(text, value, Masked)
	}
	return maskCards(text)
}

// spell adds a value as it may be written.
func spell(into map[string]bool, v any) {
	switch v := v.(type) {
	case string:
		if len(v) >= shortestMasked {
			into[v] = true
			quoted := strconv.Quote(v)
			into[quoted[1:len(quoted)-1]] = true // as messages hold it
		}
	case float64:
		for _, form := range []byte{'f', 'e', 'g'} {
			spell(into, strconv.FormatFloat(v, form, -1, 64))
		}
	case []any:
		for _, item := range v {
			spell(into, item)
		}
	case map[string]any:
		for _, item := range v {
			spell(into, item)
		}
	}
}

// The lengths of payment cards' numbers (ISO/IEC 7812).
const (
	shortestCard = 13
	longestCard  = 19
)

// maskCards hides runs of 13 to 19 digits that pass the check of card numbers.
// Single spaces and hyphens may stand between the digits.
func maskCards(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		digits, end := digitRun(text, i)
		switch {
		case end == i:
			b.WriteByte(text[i])
			i++
			continue
		case shortestCard <= len(digits) && len(digits) <= longestCard && Luhn(digits):
			b.WriteString(Masked)
		default:
			b.WriteString(text[i:end])
		}
		i = end
	}
	return b.String()
}

// digitRun is the run of digits that begins at a place, without what stands
// between them, and its end.
func digitRun(text string, i int) (digits string, end int) {
	var b strings.Builder
	end = i
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case isDigit(c):
			b.WriteByte(c)
			end = i + 1
		case (c == ' ' || c == '-') && b.Len() > 0 && i+1 < len(text) && isDigit(text[i+1]):
		default:
			return b.String(), end
		}
	}
	return b.String(), end
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Luhn reports whether digits pass the check of card and account numbers by
// their last digit (ISO/IEC 7812-1).
func Luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		c := digits[len(digits)-1-i]
		if !isDigit(c) {
			return false
		}
		d := int(c - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return len(digits) > 1 && sum%10 == 0
}
