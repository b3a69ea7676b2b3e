package prompt

import (
	"errors"
	"strings"
)

// parsePhone reads a telephone number. Its digits are grouped as they are
// written, else by [grouped].
func parsePhone(s string) (spoken, error) {
	groups := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" -()/.", r) })
	s = strings.Join(groups, "")
	number, international := strings.CutPrefix(s, "+")
	if number == "" || !only(number, "0123456789") || len(number) > 20 {
		return nil, errors.New(`the text is not a telephone number such as "+442071838750"`)
	}
	if !international {
		if len(groups) == 1 {
			return phone{groups: grouped(number)}, nil
		}
		return phone{groups: groups, written: true}, nil
	}
	code := number[:callingCode(number)]
	groups[0] = strings.TrimPrefix(groups[0], "+")
	if groups[0] == "" {
		groups = groups[1:] // "+ 44"
	}
	if rest, ok := strings.CutPrefix(groups[0], code); ok && len(groups) > 1 {
		groups[0] = rest
		return phone{country: code, groups: filled(groups), written: true}, nil
	}
	return phone{country: code, groups: grouped(number[len(code):])}, nil
}

func filled(groups []string) []string {
	if groups[0] == "" {
		return groups[1:]
	}
	return groups
}

// grouped cuts digits into groups of three, the last of up to four; what
// divides by four and is longer than four into groups of four.
func grouped(digits string) []string {
	if digits == "" {
		return nil
	}
	size, last := 3, 4
	if len(digits)%4 == 0 {
		size = 4
	}
	var groups []string
	for len(digits) > last {
		groups = append(groups, digits[:size])
		digits = digits[size:]
	}
	return append(groups, digits)
}

// callingCode is the length of an international number's country code, by the
// world's numbering zones (ITU-T E.164): 1 and 7 stand alone, the listed ones
// have two digits, all others three.
func callingCode(number string) int {
	const twoDigits = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58" +
		" 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "
	switch {
	case number[0] == '1' || number[0] == '7':
		return 1
	case len(number) >= 2 && strings.Contains(twoDigits, " "+number[:2]+" "):
		return 2
	}
	return min(3, len(number))
}

// spokenPhone says the digits one by one, with a pause between groups.
func spokenPhone(p phone, plus string, name func(rune) string) []string {
	groups := p.groups
	if p.country != "" {
		groups = append([]string{p.country}, groups...)
	}
	clauses := make([]string, len(groups))
	for i, g := range groups {
		clauses[i] = each(g, " ", name)
		if i < len(groups)-1 {
			clauses[i] += ","
		}
	}
	if p.country != "" {
		clauses[0] = plus + " " + clauses[0]
	}
	return clauses
}

func (v voice) phone(p phone) []string { return spokenPhone(p, v.named('+', nil), v.character) }
