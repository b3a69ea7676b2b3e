package graph

import (
	"bytes"
	"math"
	"strconv"
)

// Int is a whole number that Graph writes as a number or as a string of
// digits. Anything else, and whatever is out of range, is read as 0: a strange
// code must not cost a notification.
type Int int64

// longestNumber is the longest text that can be a meaningful 64-bit number.
const longestNumber = 32

// UnmarshalJSON reads a number, a string of digits or null.
func (n *Int) UnmarshalJSON(b []byte) error {
	*n = 0
	text := string(bytes.Trim(b, `"`))
	if len(text) > longestNumber {
		return nil
	}
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		*n = Int(v)
		return nil
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		*n = Int(v)
	}
	return nil
}
