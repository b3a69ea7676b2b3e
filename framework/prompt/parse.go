package prompt

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// decimal is a number as it is spoken.
type decimal struct {
	negative bool
	whole    int64
	fraction string // decimals, without trailing zeros unless they are money's
}

// largest is the largest number that is put into words.
const largest = 999_999_999_999_999

func parse(kind string, value any) (spoken, error) {
	switch kind {
	case "number":
		d, err := parseNumber(value)
		return number(d), err
	case "ordinal":
		d, err := parseNumber(value)
		if err == nil && (d.negative || d.fraction != "") {
			err = errors.New("the value is not a whole number from 0")
		}
		return ordinal(d.whole), err
	case "duration":
		return parseDuration(value)
	}
	text, err := asText(value)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "digits":
		return parseDigits(text)
	case "characters":
		if strings.TrimSpace(text) == "" {
			return nil, errors.New("the value is empty")
		}
		return characters(text), nil
	case "money":
		return parseMoney(text)
	case "date":
		return parseDate(text)
	case "time":
		return parseClock(text)
	case "phone":
		return parsePhone(text)
	}
	return nil, fmt.Errorf("there is no such kind%s; the kinds are %s", diag.DidYouMean(kind, Kinds()), diag.OneOf(Kinds()))
}

// asFloat accepts every kind of number.
func asFloat(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}

// asText accepts text, and whole numbers as their digits.
func asText(value any) (string, error) {
	if s, ok := value.(string); ok {
		return s, nil
	}
	if f, ok := asFloat(value); ok && f == math.Trunc(f) && math.Abs(f) <= largest {
		return strconv.FormatFloat(f, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("the value is a %T; needed is text", value)
}

func parseNumber(value any) (decimal, error) {
	f, ok := asFloat(value)
	if !ok {
		s, text := value.(string)
		if !text {
			return decimal{}, fmt.Errorf("the value is a %T; needed is a number", value)
		}
		return parseDecimal(strings.TrimSpace(s))
	}
	if math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) > largest {
		return decimal{}, errors.New("the number is too large to be spoken")
	}
	d, err := parseDecimal(strconv.FormatFloat(f, 'f', 6, 64))
	d.fraction = strings.TrimRight(d.fraction, "0")
	return d, err
}

// parseDecimal reads "-12.50" and keeps its zeros.
func parseDecimal(s string) (decimal, error) {
	rest, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || !only(fraction, "0123456789") || strings.HasSuffix(rest, ".") {
		return decimal{}, errors.New("the text is not a number such as 12 or -0.05")
	}
	if n > largest || len(fraction) > 6 {
		return decimal{}, errors.New("the number is too long to be spoken")
	}
	zero := n == 0 && only(fraction, "0")
	return decimal{negative: negative && !zero, whole: int64(n), fraction: fraction}, nil
}

func only(s, allowed string) bool { return strings.Trim(s, allowed) == "" }

// parseDigits groups digits as they are written; more than six that are not
// grouped, as telephone numbers are.
func parseDigits(s string) (spoken, error) {
	groups := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' })
	all := strings.Join(groups, "")
	if all == "" || !only(all, "0123456789*#") {
		return nil, errors.New("the text is not digits; say_as characters reads anything")
	}
	if len(groups) == 1 && len(all) > 6 {
		groups = grouped(all)
	}
	return digits(groups), nil
}

func parseMoney(s string) (spoken, error) {
	amount, currency, _ := strings.Cut(strings.TrimSpace(s), " ")
	d, err := parseDecimal(amount)
	if err != nil || len(currency) != 3 || !only(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return nil, errors.New(`the text is not an amount such as "12.50 EUR"`)
	}
	return money{amount: d, currency: currency}, nil
}

// parseDate reads a date, or one without a year as ISO 8601 once wrote it.
func parseDate(s string) (spoken, error) {
	if t, ok := moment(s); ok {
		return date{year: t.Year(), month: int(t.Month()), day: t.Day()}, nil
	}
	const leap = "2000" // any day there is
	day, yearless := strings.CutPrefix(s, "--")
	if yearless {
		s = leap + "-" + day
	}
	t, err := time.Parse("2006-01-02", s)
	if err != nil || t.Year() == 0 {
		return nil, errors.New(`the text is not a date such as "2026-11-23", or without a year "--11-23"`)
	}
	d := date{year: t.Year(), month: int(t.Month()), day: t.Day()}
	if yearless {
		d.year = 0
	}
	return d, nil
}

// moment reads a date with a time, such as now or a schedule's next_open. It is
// spoken as the clocks show it where its zone is.
func moment(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

func parseClock(s string) (spoken, error) {
	if t, ok := moment(s); ok {
		return clock{hour: t.Hour(), minute: t.Minute()}, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return nil, errors.New(`the text is not a time of day such as "09:30"`)
	}
	return clock{hour: t.Hour(), minute: t.Minute()}, nil
}

// parseDuration rounds to whole seconds, but never a positive length to none.
func parseDuration(value any) (spoken, error) {
	var d time.Duration
	if seconds, ok := asFloat(value); ok {
		if math.IsNaN(seconds) || seconds < 0 || seconds > 1e9 {
			return nil, errors.New("the number of seconds is negative or too large")
		}
		d = time.Duration(seconds * float64(time.Second))
	} else {
		s, _ := value.(string)
		var err error
		if d, err = time.ParseDuration(s); err != nil || d < 0 {
			return nil, errors.New(`the value is neither a number of seconds nor a text such as "1h30m"`)
		}
	}
	if d == 0 {
		return duration(0), nil
	}
	return duration(max(time.Second, d.Round(time.Second))), nil
}
