package fetch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decodeJSON decodes a text of at most MaxBody bytes. It counts while it
// reads, so that no shape of the text costs more than its length.
func decodeJSON(b []byte) (any, error) {
	b = bytes.TrimPrefix(b, byteOrderMark())
	if !utf8.Valid(b) {
		return nil, fault(ErrNotJSON, "it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) || !json.Valid(b) {
			err = fault(ErrNotJSON, "")
		}
	}
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			return nil, e
		}
		return nil, fault(ErrNotJSON, "") // the library's words quote the text
	}
	return v, nil
}

// decodeValue decodes the next value, which is inside depth arrays and objects.
func decodeValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if depth == MaxDepth {
			return nil, fault(ErrTooDeep, "more than %d levels", MaxDepth)
		}
		if t == '[' {
			return decodeArray(d, depth+1)
		}
		return decodeObject(d, depth+1)
	case json.Number:
		return number(t)
	}
	return t, nil
}

func decodeArray(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		if len(list) == MaxItems {
			return nil, fault(ErrTooMany, "more than %d", MaxItems)
		}
		v, err := decodeValue(d, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

func decodeObject(d *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := t.(string)
		if !ok {
			return nil, fault(ErrNotJSON, "")
		}
		// Which of two counts is left to each reader (RFC 8259, section 4);
		// what is checked by one must not be replaced for the next.
		if _, twice := object[key]; twice {
			return nil, fault(ErrNotJSON, "a name stands twice in an object")
		}
		if object[key], err = decodeValue(d, depth); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// number is a float64 if that keeps the number, else the number's text. Every
// integer up to 2^53 is a float64, and every decimal of 15 digits comes back
// from one (IEEE 754; DBL_DIG).
func number(n json.Number) (any, error) {
	const exact = 1 << 53
	text := n.String()
	if len(text) > maxNumber {
		return nil, fault(ErrNotJSON, "a number has more than %d characters", maxNumber)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return n, nil //nolint:nilerr // beyond float64: the text is the number
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		if i < -exact || i > exact {
			return n, nil
		}
		return f, nil
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	digits := strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(mantissa), "0")
	if len(digits) > 15 {
		return n, nil
	}
	return f, nil
}
