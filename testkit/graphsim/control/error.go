package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Error is why a request of the control interface was refused.
type Error struct {
	Place string `json:"place" doc:"where in the request the mistake is: a property of the body, a parameter, the path"`
	Cause string `json:"cause" doc:"what is wrong"`
	Mend  string `json:"mend" doc:"what to do about it"`

	status int
}

// Failure is the body of every refusal.
type Failure struct {
	Error Error `json:"error"`
}

func (p *Error) Error() string { return p.Place + ": " + p.Cause + "; " + p.Mend }

// bad is a mistake in the request.
func bad(place, cause, mend string) *Error {
	return &Error{Place: place, Cause: cause, Mend: mend, status: http.StatusBadRequest}
}

// missing is a path that leads to nothing.
func missing(cause, mend string) *Error {
	return &Error{Place: "path", Cause: cause, Mend: mend, status: http.StatusNotFound}
}

// within puts a place in front of a problem's own.
func within(place string, err error) error {
	p, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	moved := *p
	moved.Place = place + "." + p.Place
	return &moved
}

// writeProblem answers a refusal. What is no problem of the request is one of
// the simulator's.
func writeProblem(w http.ResponseWriter, err error) {
	p, ok := errors.AsType[*Error](err)
	if !ok {
		p = &Error{Place: "the simulator", Cause: err.Error(), Mend: "look at its log", status: http.StatusInternalServerError}
	}
	writeJSON(w, p.status, Failure{Error: *p})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil { // bodies are this package's own types
		panic(fmt.Sprintf("encode an answer: %v", err))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

// decode reads JSON strictly: no property that into does not have, and nothing
// after it.
func decode(b []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, more := dec.Token(); more == io.EOF {
			return nil
		}
		return bad("body", "something follows the JSON value", "send one value")
	}
	if p, ok := errors.AsType[*Error](err); ok {
		return p
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		place := wrong.Field
		if place == "" {
			place = "body"
		}
		return bad(place, "a "+wrong.Value+" does not fit", "give "+jsonKind(wrong.Type))
	}
	if broken, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(b[:min(int(broken.Offset), len(b))], []byte("\n"))
		return bad(fmt.Sprintf("body, line %d", line), "no JSON: "+broken.Error(), "send JSON")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = strings.Trim(name, `"`)
		return bad(name, "there is no such property", "leave it out"+diag.DidYouMean(name, properties(reflect.TypeOf(into))))
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return bad("body", "it ends too early", "send JSON")
	}
	return bad("body", err.Error(), `durations are written "1.5s", "300ms" or "2m"`)
}

// jsonKind is what a value of a type is in JSON.
func jsonKind(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration](), t.Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()):
		return "a string"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "an object"
	case reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}
