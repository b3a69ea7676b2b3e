package prompt

import "unicode"

// character is the name of one character: of a digit the number's, of a sign
// its own, of a letter the letter in capitals, of a space none.
func (v voice) character(r rune) string {
	switch {
	case r >= '0' && r <= '9':
		return v.number(whole(int64(r - '0')))
	case unicode.IsSpace(r):
		return ""
	}
	if name := v.data.Signs[string(r)]; name != "" {
		return name
	}
	return string(unicode.ToUpper(r))
}

// signName is the name of a sign in telephone calls and addresses, which is often
// shorter than that in the data.
type signName struct {
	r    rune
	name string
}

// named is the name of a sign in a list, else that of the data.
func (v voice) named(r rune, signs []signName) string {
	if unicode.IsSpace(r) {
		r = ' '
	}
	for _, s := range signs {
		if s.r == r {
			return s.name
		}
	}
	return v.character(r)
}
