package graphsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// kind is the JSON type of a parameter.
type kind int

const (
	text kind = iota
	flag
	whole
	list
	entity
)

func (k kind) String() string {
	return [...]string{"text", "true or false", "a whole number", "a list", "an object"}[k]
}

// param is a parameter of an action.
type param struct {
	name     string
	kind     kind
	required bool
	betaOnly bool
}

func contextParams() []param { return []param{{name: "clientContext", kind: text}} }

// decodeBody reads a JSON object strictly: nothing twice, nothing after it.
func decodeBody(contentType string, b []byte) (object, *failure) {
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind != "application/json" {
		return nil, &failure{status: 415, code: "UnsupportedMediaType",
			message: fmt.Sprintf("The content type %q is not supported; send application/json.", contentType)}
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var body object
	if err := d.Decode(&body); err != nil || body == nil {
		return nil, invalid(fmt.Sprintf("Unable to read JSON request payload: an object is expected (%v).", err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, invalid("Unable to read JSON request payload: something follows the object.")
	}
	return body, nil
}

// checkParams refuses unknown, ill-typed and missing parameters, and a client
// context that is too long.
func checkParams(a action, x *exchange) *failure {
	for _, name := range names(x.body) {
		if strings.HasPrefix(name, "@") {
			continue
		}
		i := slices.IndexFunc(a.params, func(p param) bool { return p.name == name })
		if i < 0 || a.params[i].betaOnly && !x.beta() {
			return invalid(fmt.Sprintf("The parameter '%s' in the request payload is not a valid parameter for the operation '%s' of %s.", name, a.name, x.version))
		}
		if p := a.params[i]; x.body[name] != nil && !p.kind.fits(x.body[name]) {
			return invalid(fmt.Sprintf("The parameter '%s' must be %v.", name, p.kind))
		}
	}
	for _, p := range a.params {
		if p.required && x.body[p.name] == nil {
			return invalid(fmt.Sprintf("The parameter '%s' of the operation '%s' is missing.", p.name, a.name))
		}
	}
	if n := utf8.RuneCountInString(str(x.body, "clientContext")); n > 256 {
		return invalid(fmt.Sprintf("The parameter 'clientContext' has %d characters; 256 are allowed.", n))
	}
	return nil
}

// names are an object's keys in order, so that the same body always gets the
// same complaint.
func names(m object) []string {
	all := make([]string, 0, len(m))
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func (k kind) fits(v any) bool {
	switch v := v.(type) {
	case string:
		return k == text
	case bool:
		return k == flag
	case json.Number:
		n, err := v.Int64()
		return k == whole && err == nil && n >= math.MinInt32 && n <= math.MaxInt32
	case []any:
		return k == list
	case object:
		return k == entity
	}
	return false
}

// The readers below return the zero value for what is absent or null.

func str(m object, name string) string { v, _ := m[name].(string); return v }

func truth(m object, name string) bool { v, _ := m[name].(bool); return v }

func items(m object, name string) []any { v, _ := m[name].([]any); return v }

func sub(m object, name string) object { v, _ := m[name].(object); return v }

// number is a whole number, or fallback if it is absent.
func number(m object, name string, fallback int) int {
	n, ok := m[name].(json.Number)
	if !ok {
		return fallback
	}
	v, _ := n.Int64() // checked by fits
	return int(v)
}

// checkTyped refuses an object of an abstract type without its tag, with a
// tag of another type, or with unknown properties.
func checkTyped(place string, v any, typeName string, known ...string) (object, *failure) {
	m, ok := v.(object)
	if !ok {
		return nil, invalid(place + " must be an object.")
	}
	if tag, ok := m["@odata.type"]; !ok {
		return nil, invalid(place + " has no '@odata.type'; an abstract type cannot be created. Expected '#microsoft.graph." + typeName + "'.")
	} else if tag != "#microsoft.graph."+typeName {
		return nil, invalid(fmt.Sprintf("%s has the type '%v'; expected '#microsoft.graph.%s'.", place, tag, typeName))
	}
	return m, checkKnown(place, m, known...)
}

// checkKnown refuses properties that the type does not have.
func checkKnown(place string, m object, known ...string) *failure {
	for _, name := range names(m) {
		if !strings.HasPrefix(name, "@") && !slices.Contains(known, name) {
			return invalid(fmt.Sprintf("%s: the property '%s' does not exist on its type; there are %s.", place, name, strings.Join(known, ", ")))
		}
	}
	return nil
}

// media is a mediaInfo: one piece of audio to be fetched.
type media struct{ uri, resourceID string }

// readMedia reads a mediaInfo.
func readMedia(place string, v any) (media, *failure) {
	m, ok := v.(object)
	if !ok {
		return media{}, invalid(place + " must be an object of type mediaInfo.")
	}
	if tag, ok := m["@odata.type"]; ok && tag != "#microsoft.graph.mediaInfo" {
		return media{}, invalid(fmt.Sprintf("%s has the type '%v'; expected '#microsoft.graph.mediaInfo'.", place, tag))
	}
	if fail := checkKnown(place, m, "uri", "resourceId"); fail != nil {
		return media{}, fail
	}
	if str(m, "uri") == "" {
		return media{}, invalid(place + ".uri is missing.")
	}
	return media{uri: str(m, "uri"), resourceID: str(m, "resourceId")}, nil
}

// readPrompts reads a list of mediaPrompts.
func readPrompts(v []any, most int) ([]media, *failure) {
	if len(v) > most {
		return nil, invalid(fmt.Sprintf("'prompts' has %d elements; at most %d are allowed.", len(v), most))
	}
	all := make([]media, 0, len(v))
	for i, e := range v {
		place := fmt.Sprintf("prompts[%d]", i)
		m, fail := checkTyped(place, e, "mediaPrompt", "mediaInfo", "loop")
		if fail != nil {
			return nil, fail
		}
		info, fail := readMedia(place+".mediaInfo", m["mediaInfo"])
		if fail != nil {
			return nil, fail
		}
		all = append(all, info)
	}
	return all, nil
}

// readCallback reads a callbackUri.
func readCallback(uri string) *failure {
	if err := checkAddress(uri); err != nil {
		return invalid("callbackUri: " + err.Error() + ".")
	}
	return nil
}

// stateIs refuses an action in a state that is not among allowed.
func (c *Call) stateIs(allowed ...ivr.CallState) *reply {
	if slices.Contains(allowed, c.state) {
		return nil
	}
	r := refuse(c.sim.set.WrongState, "The action is not valid in the call's state '"+c.state.String()+"'.")
	return &r
}
