package graphsim

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
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
	fraction
	long     // a whole number of 64 bits
	duration // a text as ISO 8601 has it
)

func (k kind) String() string {
	return [...]string{"text", "true or false", "a whole number", "a list", "an object", "a number", "a whole number", "a duration such as PT20M or PT0.5S"}[k]
}

// param is a parameter of an action, or a property of a type.
type param struct {
	name     string
	kind     kind
	required bool
	betaOnly bool
	values   []string // members of its enumeration, or of that of its elements, in the only spelling that is taken
}

func contextParams() []param { return []param{{name: "clientContext", kind: text}} }

// checkParams refuses unknown, ill-typed and missing parameters, and a client
// context that is too long.
func checkParams(a action, x *exchange) *failure {
	if unknown := findUnknown(x.body, a.params, x.beta()); unknown != "" {
		return invalid(fmt.Sprintf("The parameter '%s' in the request payload is not a valid parameter for the operation '%s' of %s.", unknown, a.name, x.version))
	}
	if fail := checkValues("The parameter ", x.body, a.params); fail != nil {
		return fail
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

// findUnknown is the first name that is none of the parameters of a version.
func findUnknown(m object, params []param, beta bool) string {
	for _, name := range names(m) {
		known := func(p param) bool { return p.name == name && (beta || !p.betaOnly) }
		if !strings.HasPrefix(name, "@") && !slices.ContainsFunc(params, known) {
			return name
		}
	}
	return ""
}

// checkValues refuses values of the wrong type, and members of enumerations
// that do not exist.
func checkValues(place string, m object, params []param) *failure {
	for _, p := range params {
		switch v := m[p.name]; {
		case v == nil:
		case !p.kind.fits(v):
			return invalid(fmt.Sprintf("%s'%s' must be %v.", place, p.name, p.kind))
		case p.values == nil:
		case p.kind == list:
			for i, one := range v.([]any) {
				if word, ok := one.(string); !ok || !slices.Contains(p.values, word) {
					return invalid(fmt.Sprintf("%s'%s[%d]' is '%v'; it can be %s.", place, p.name, i, one, strings.Join(p.values, ", ")))
				}
			}
		case !slices.Contains(p.values, v.(string)):
			return invalid(fmt.Sprintf("%s'%s' is '%v'; it can be %s.", place, p.name, v, strings.Join(p.values, ", ")))
		}
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

// durationForm is Edm.Duration:
// https://docs.oasis-open.org/odata/odata-csdl-json/v4.01/odata-csdl-json-v4.01.html#sec_PrimitiveTypes
var durationForm = regexp.MustCompile(`^-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$`)

func (k kind) fits(v any) bool {
	switch v := v.(type) {
	case string:
		return k == text || k == duration && durationForm.MatchString(v)
	case bool:
		return k == flag
	case json.Number:
		n, err := v.Int64()
		return k == fraction || k == long && err == nil || k == whole && err == nil && n >= math.MinInt32 && n <= math.MaxInt32
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

// checkTag refuses an object with the tag of another type. An abstract type
// needs its tag:
// https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformationtypeodatatype
func checkTag(place string, m object, typeName string, abstract bool) *failure {
	switch tag, ok := m[odataType]; {
	case !ok && abstract:
		return invalid(place + " has no '@odata.type'; an abstract type cannot be created. Expected '#microsoft.graph." + typeName + "'.")
	case ok && tag != "#microsoft.graph."+typeName:
		return invalid(fmt.Sprintf("%s has the type '%v'; expected '#microsoft.graph.%s'.", place, tag, typeName))
	}
	return nil
}

// checkProperties refuses properties that a type does not have, and values
// that they cannot hold.
func checkProperties(place string, m object, known []param, beta bool) *failure {
	if unknown := findUnknown(m, known, beta); unknown != "" {
		all := make([]string, 0, len(known))
		for _, p := range known {
			if beta || !p.betaOnly {
				all = append(all, p.name)
			}
		}
		return invalid(fmt.Sprintf("%s: the property '%s' does not exist on its type; there are %s.", place, unknown, strings.Join(all, ", ")))
	}
	return checkValues(place+": ", m, known)
}

// stateIs refuses an action in a state that is not among allowed.
func (c *Call) stateIs(allowed ...ivr.CallState) *reply {
	if slices.Contains(allowed, c.state) {
		return nil
	}
	r := refuse(c.sim.set.WrongState, "The action is not valid in the call's state '"+c.state.String()+"'.")
	return &r
}
