package graphsim

import (
	"reflect"
	"testing"
)

// What is read the quick way is what is read in full; and what clients usually send is
// read the quick way.
func FuzzPlainObject(f *testing.F) {
	usual := []string{`{}`, `{"a":"b\u0026c","n":[1,20,{"x":null}],"t":true,"f":false,"e":"","l":[],"ä":"ö"}`}
	for _, text := range usual {
		if _, ok := plainObject([]byte(text)); !ok {
			f.Errorf("%s is not read the quick way", text)
		}
		f.Add(text)
	}
	for _, text := range []string{
		``, `[]`, `null`, `"a"`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"$id":"1"}`, `{"\u0024id":"1"}`, `{"a":01}`, `{"a":-1}`, `{"a":1.5e3}`, `{ "a": 1}`, `{"a":1} `, `{"a":1}x`,
		`{"a":1,}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a" :1}`, `{"a":"` + "\x01" + `"}`, `{"a":"\x"}`, `{"a":"\ud800"}`, `{"a":"` + "\xff" + `"}`, `{"a":tru}`, `{"a":1`, `{"a":"b`, `{"a":{"b":[{"c":[[]]}]}}`,
		`{,"a":1}`, `{"a"}`, `{"a":}`, `{"a":"\"}`, `{"a":"\\"}`, `{"\"a":1}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quick, ok := plainObject([]byte(text))
		if !ok {
			return
		}
		full, fail := anyObject([]byte(text))
		if fail != nil || !reflect.DeepEqual(quick, full) {
			t.Errorf("%q is read as %v, in full as %v (%v)", text, quick, full, fail)
		}
	})
}
