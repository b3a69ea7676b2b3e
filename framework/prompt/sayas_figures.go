package prompt

import (
	"fmt"
	"strconv"
	"time"
	"unicode"
)

// figures writes values in figures, for languages whose words are not known
// here.
type figures struct{}

func (f figures) say(v spoken) string {
	switch v := v.(type) {
	case digits:
		return each(string(v), ", ", f.character)
	case characters:
		return each(string(v), ", ", f.character)
	case number:
		return f.decimal(decimal(v))
	case ordinal:
		return strconv.FormatInt(int64(v), 10) + "."
	case money:
		return f.decimal(v.amount) + " " + v.currency
	case date:
		return fmt.Sprintf("%04d-%02d-%02d", v.year, v.month, v.day)
	case clock:
		return fmt.Sprintf("%02d:%02d", v.hour, v.minute)
	case duration:
		s := int64(time.Duration(v) / time.Second)
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	case phone:
		return v.words("+ ", f.character)
	}
	return ""
}

func (figures) character(r rune) string {
	if unicode.IsSpace(r) {
		return ""
	}
	return string(unicode.ToUpper(r))
}

func (figures) decimal(d decimal) string {
	s := strconv.FormatInt(d.whole, 10)
	if d.fraction != "" {
		s += "." + d.fraction
	}
	if d.negative {
		return "-" + s
	}
	return s
}
