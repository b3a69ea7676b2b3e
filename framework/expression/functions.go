package expression

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// valueError is a run-time error of ours. It names no value.
type valueError struct{ message string }

func (e *valueError) Error() string { return e.message }

func callHas(args ...any) (any, error) { return args[0] != nil, nil }

// callInt cuts a number's fraction off and reads whole numbers in a text.
func callInt(args ...any) (any, error) {
	f, err := toNumber("int", args[0])
	if err != nil {
		return nil, err
	}
	return int(math.Trunc(f)), nil
}

func callFloat(args ...any) (any, error) { return toNumber("float", args[0]) }

// toNumber reads a number or a decimal text such as "007" or "-1.5". Larger
// numbers than a float64 holds exactly are refused, not rounded.
func toNumber(function string, v any) (float64, error) {
	var f float64
	switch v := v.(type) {
	case string:
		var err error
		if f, err = strconv.ParseFloat(v, 64); err != nil || strings.Trim(v, "+-.0123456789") != "" {
			return 0, &valueError{function + "(...): the text is not a number"}
		}
	case nil, bool:
		return 0, &valueError{fmt.Sprintf("%s(...): %s is not a number", function, kindOfValue(v).noun())}
	default:
		var ok bool
		if f, ok = asNumber(v); !ok {
			return 0, &valueError{fmt.Sprintf("%s(...): %s is not a number", function, kindOfValue(v).noun())}
		}
	}
	if math.IsNaN(f) || math.Abs(f) > maxInteger {
		return 0, &valueError{function + "(...): the number is too large"}
	}
	return f, nil
}

func callString(args ...any) (any, error) {
	s, err := Text(args[0])
	if err != nil {
		return nil, &valueError{"string(...): " + err.Error()}
	}
	return s, nil
}

// callTrim removes white space, or the characters of a second argument.
func callTrim(args ...any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, &valueError{"trim(...): not a text"}
	}
	switch len(args) {
	case 1:
		return strings.TrimSpace(s), nil
	case 2:
		if cut, ok := args[1].(string); ok {
			return strings.Trim(s, cut), nil
		}
	}
	return nil, &valueError{"trim(...) takes a text and, if you like, the characters to remove"}
}
