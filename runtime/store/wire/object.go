package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// object writes an object member by member, as encoding/json would without its
// escapes for HTML, and without its reflection: that takes most of the time of a
// change. A member whose method ends in If is left out when it is empty.
//
//	o := begin(b)
//	o.int("op", 7)
//	b, err := o.end()
type object struct {
	b   []byte
	err error
}

func begin(b []byte) object { return object{b: append(b, '{')} }

func (o *object) end() ([]byte, error) { return append(o.b, '}'), o.err }

// name begins a member. Names need no escapes.
func (o *object) name(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(append(append(o.b, '"'), name...), `":`...)
}

func (o *object) text(name, s string) {
	o.name(name)
	if bare(s) {
		o.b = append(append(append(o.b, '"'), s...), '"')
		return
	}
	o.add(s)
}

func (o *object) textIf(name, s string) {
	if s != "" {
		o.text(name, s)
	}
}

func (o *object) int(name string, n int64) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, n, 10)
}

func (o *object) intIf(name string, n int64) {
	if n != 0 {
		o.int(name, n)
	}
}

func (o *object) flagIf(name string, is bool) {
	if is {
		o.name(name)
		o.b = append(o.b, "true"...)
	}
}

func (o *object) time(name string, t time.Time) {
	o.name(name)
	if _, offset := t.Zone(); t.Year() < 0 || t.Year() > 9999 || offset <= -24*3600 || offset >= 24*3600 {
		o.add(t) // an error
		return
	}
	o.b = append(t.AppendFormat(append(o.b, '"'), time.RFC3339Nano), '"')
}

func (o *object) timeIf(name string, t time.Time) {
	if !t.IsZero() {
		o.time(name, t)
	}
}

func (o *object) lengthIf(name string, d ivr.Duration) {
	if d != 0 {
		o.text(name, d.String())
	}
}

// open begins a member that is an object, which shut ends.
func (o *object) open(name string) {
	o.name(name)
	o.b = append(o.b, '{')
}

func (o *object) shut() { o.b = append(o.b, '}') }

// openList begins a member that is a list of objects, which shutList ends. Each
// of them is between item and shut.
func (o *object) openList(name string) {
	o.name(name)
	o.b = append(o.b, '[')
}

func (o *object) item() {
	if o.b[len(o.b)-1] != '[' {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '{')
}

func (o *object) shutList() { o.b = append(o.b, ']') }

// rareIf is a member that is seldom there, and is left to encoding/json. It is
// pointed to, and left out if it is zero or has no members.
func (o *object) rareIf(name string, v any) {
	of := reflect.ValueOf(v).Elem()
	if k := of.Kind(); of.IsZero() || (k == reflect.Slice || k == reflect.Map) && of.Len() == 0 {
		return
	}
	o.name(name)
	o.add(v)
}

// add adds a value as encoding/json writes it.
func (o *object) add(v any) {
	b, err := appendJSON(o.b, v)
	if err != nil && o.err == nil {
		o.err = err
	}
	o.b = b
}

// appendJSON adds a value as encoding/json writes it, without escapes for HTML.
func appendJSON(b []byte, v any) ([]byte, error) {
	buf := bytes.NewBuffer(b)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return b, err
	}
	return buf.Bytes()[:buf.Len()-1], nil // without the line's end
}

// bare reports whether a text stands in JSON as it is.
func bare(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
