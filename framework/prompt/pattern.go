package prompt

import (
	"fmt"
	"strconv"
	"strings"
)

// pattern fills a date or time pattern of the CLDR, such as "d 'de' MMMM" or
// "h:mm a", field by field. What is quoted stands for itself.
func (v voice) pattern(pattern string, field func(letter byte, length int) string) string {
	var b strings.Builder
	for pattern != "" {
		c := pattern[0]
		switch {
		case c == '\'':
			text, rest, _ := strings.Cut(pattern[1:], "'")
			b.WriteString(text)
			pattern = rest
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			length := len(pattern) - len(strings.TrimLeft(pattern, string(c)))
			b.WriteString(field(c, length))
			pattern = pattern[length:]
		default:
			b.WriteByte(c)
			pattern = pattern[1:]
		}
	}
	return strings.TrimSpace(b.String())
}

func (v voice) dateField(d date) func(byte, int) string {
	return func(letter byte, length int) string {
		switch letter {
		case 'y':
			return strconv.Itoa(d.year)
		case 'd':
			return strconv.Itoa(d.day)
		case 'M', 'L':
			if length > 2 {
				return v.data.Months[d.month-1]
			}
			return strconv.Itoa(d.month)
		}
		return "" // the era
	}
}

func (v voice) timeField(c clock) func(byte, int) string {
	return func(letter byte, length int) string {
		switch letter {
		case 'H':
			return fmt.Sprintf("%0*d", length, c.hour)
		case 'h':
			return fmt.Sprintf("%0*d", length, (c.hour+11)%12+1)
		case 'm':
			return fmt.Sprintf("%0*d", length, c.minute)
		case 'B':
			if period := v.period(c); period != "" {
				return period
			}
		}
		if c.hour < 12 {
			return v.data.Periods["am"]
		}
		return v.data.Periods["pm"]
	}
}

// period is the part of the day: de la tarde.
func (v voice) period(c clock) string {
	now, name := fmt.Sprintf("%02d:%02d", c.hour, c.minute), ""
	for _, hour := range v.data.Hours {
		if period := v.data.Periods[hour[1]]; hour[0] <= now && period != "" {
			name = period
		}
	}
	if name == "" && len(v.data.Hours) > 0 { // the night began yesterday
		name = v.data.Periods[v.data.Hours[len(v.data.Hours)-1][1]]
	}
	return name
}
