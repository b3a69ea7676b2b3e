package flow

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// check judges a typed text and the value made of it.
type check func(text string, value any) bool

var (
	moneyForm  = regexp.MustCompile(`^(-?[0-9]{1,15}(?:\.[0-9]{1,4})?)(?: ([A-Z]{3}))?$`)
	numberForm = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,9})?$`)
	phoneForm  = regexp.MustCompile(`^\+?[0-9]{2,15}$`)
	digitsForm = regexp.MustCompile(`^[0-9A-Da-d*#]*$`)
)

// Accept turns what a caller typed into the variable's value, and says whether
// it passes the variable's length, pattern and checks. The forms are those of
// VoiceXML: a date is typed YYYYMMDD, a time HHMM, and * is the decimal point
// of numbers and money.
func (v *Var) Accept(text string) (value any, ok bool) {
	if v.MinLen > 0 && (len(text) < v.MinLen || len(text) > v.MaxLen) {
		return nil, false
	}
	if value, ok = v.typed(text); !ok {
		return nil, false
	}
	return value, v.passes(text, value)
}

func (v *Var) passes(text string, value any) bool {
	return !slices.ContainsFunc(v.checks, func(c check) bool { return !c(text, value) })
}

// typed is a typed text as a value of the variable's type.
func (v *Var) typed(text string) (any, bool) {
	switch v.Type {
	case TypeString, TypeDigits:
		return text, text != ""
	case TypeNumber:
		text = strings.Replace(text, "*", ".", 1)
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil && numberForm.MatchString(text)
	case TypeMoney:
		s, err := v.money(strings.Replace(text, "*", ".", 1))
		return s, err == nil
	case TypeDate:
		t, ok := typedDate(text)
		return t.Format(time.DateOnly), ok
	case TypeTime:
		t, err := time.Parse("1504", text)
		return t.Format("15:04"), err == nil && len(text) == 4
	case TypePhone:
		if rest, ok := strings.CutPrefix(text, "00"); ok {
			text = "+" + rest
		}
		return text, phoneForm.MatchString(text)
	case TypeBool:
		return text == "1", text == "1" || text == "2"
	case TypeRecording, TypeList, TypeMap:
	}
	return nil, false
}

// typedDate reads YYYYMMDD.
func typedDate(text string) (time.Time, bool) {
	t, err := time.Parse("20060102", text)
	return t, err == nil && len(text) == 8
}

// maxTextValue is the longest text a variable holds, in bytes.
const maxTextValue = 64 << 10

// Coerce turns an action's output, or an expression's value, into a value of
// the variable's type. nil makes it unset. The length of texts and digits is
// checked; pattern and check judge only what callers type. The error says what
// was wanted, and never holds the value, which may be secret.
func (v *Var) Coerce(x any) (any, error) {
	if x == nil {
		return nil, nil
	}
	switch v.Type {
	case TypeBool:
		return assertBool(x)
	case TypeNumber:
		return toFloat(x)
	case TypeList:
		if s, ok := x.([]any); ok {
			return s, nil
		}
		return nil, errors.New("want a list")
	case TypeMap:
		if m, ok := x.(map[string]any); ok {
			return m, nil
		}
		return nil, errors.New("want a map")
	case TypeString, TypeDigits, TypeMoney, TypeDate, TypeTime, TypePhone, TypeRecording:
	}
	text, err := toText(x)
	if err != nil {
		return nil, err
	}
	return v.coerceText(text)
}

func (v *Var) coerceText(text string) (any, error) {
	switch v.Type {
	case TypeDigits:
		if !digitsForm.MatchString(text) {
			return nil, errors.New("want digits")
		}
	case TypeMoney:
		return v.money(text)
	case TypeDate:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, errors.New(`want a date such as "2026-11-23"`)
		}
	case TypeTime:
		if _, err := time.Parse("15:04", text); err != nil {
			return nil, errors.New(`want a time such as "15:04"`)
		}
	case TypePhone:
		if !phoneForm.MatchString(text) {
			return nil, errors.New(`want a telephone number such as "+442071838750"`)
		}
	case TypeString, TypeNumber, TypeBool, TypeRecording, TypeList, TypeMap:
	}
	if (v.Type == TypeDigits || v.Type == TypeString) && v.MaxLen > 0 {
		if n := utf8.RuneCountInString(text); n < v.MinLen || n > v.MaxLen {
			return nil, fmt.Errorf("want %s", lengthText(v.MinLen, v.MaxLen))
		}
	}
	return text, nil
}

func lengthText(least, most int) string {
	if least == most {
		return fmt.Sprintf("%d characters", least)
	}
	return fmt.Sprintf("%d to %d characters", least, most)
}

// money brings an amount to the form "1234.50 GBP". An amount without a
// currency gets the variable's.
func (v *Var) money(text string) (any, error) {
	m := moneyForm.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf(`want an amount such as "12.50 %s"`, v.Currency)
	}
	if m[2] != "" && m[2] != v.Currency {
		return nil, fmt.Errorf("want an amount in %s, not in %s", v.Currency, m[2])
	}
	amount := m[1]
	if whole, cents, ok := strings.Cut(amount, "."); ok && len(cents) < 2 {
		amount = whole + "." + (cents + "00")[:2]
	} else if !ok {
		amount += ".00"
	}
	return amount + " " + v.Currency, nil
}

func assertBool(x any) (any, error) {
	switch b := x.(type) {
	case bool:
		return b, nil
	case string:
		if b == "true" || b == "false" {
			return b == "true", nil
		}
	}
	return nil, errors.New("want true or false")
}

func toFloat(x any) (any, error) {
	switch n := x.(type) {
	case float64:
		return n, nil
	case int:
		return float64(n), nil
	case int64:
		return float64(n), nil
	case string:
		if f, err := strconv.ParseFloat(n, 64); err == nil && numberForm.MatchString(n) {
			return f, nil
		}
	}
	return nil, errors.New("want a number")
}

// toText is a value as text. Numbers that are whole have no decimal point.
func toText(x any) (string, error) {
	switch t := x.(type) {
	case string:
		if len(t) > maxTextValue {
			return "", fmt.Errorf("the text is longer than %d bytes", maxTextValue)
		}
		return t, nil
	case float64:
		return strconv.FormatFloat(t, 'f', -1, 64), nil
	case int:
		return strconv.Itoa(t), nil
	case int64:
		return strconv.FormatInt(t, 10), nil
	case bool:
		return strconv.FormatBool(t), nil
	}
	return "", errors.New("want a text, not a list or a map")
}

// iban checks the two check digits of an account number (ISO 13616).
func iban(s string) bool {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	var digits strings.Builder
	for _, r := range s[4:] + s[:4] {
		switch {
		case '0' <= r && r <= '9':
			digits.WriteRune(r)
		case 'A' <= r && r <= 'Z':
			digits.WriteString(strconv.Itoa(int(r-'A') + 10))
		default:
			return false
		}
	}
	n, ok := new(big.Int).SetString(digits.String(), 10)
	return ok && new(big.Int).Mod(n, big.NewInt(97)).Int64() == 1
}
