package expression

// Kind is the kind of a value.
type Kind uint8

// The kinds of value, with the Go type they have at run time. An unset value
// is nil whatever its kind.
const (
	KindAny    Kind = iota // known only at run time
	KindString             // string
	KindNumber             // float64
	KindBool               // bool
	KindList               // []any
	KindMap                // map[string]any
)

// String is the kind's name: "string", "number".
func (k Kind) String() string {
	switch k {
	case KindString:
		return "string"
	case KindNumber:
		return "number"
	case KindBool:
		return "bool"
	case KindList:
		return "list"
	case KindMap:
		return "map"
	case KindAny:
	}
	return "any"
}

// noun is the kind as it reads in a sentence.
func (k Kind) noun() string {
	switch k {
	case KindString:
		return "a text"
	case KindNumber:
		return "a number"
	case KindBool:
		return "a condition (true or false)"
	case KindList:
		return "a list"
	case KindMap:
		return "a map"
	case KindAny:
	}
	return "nothing"
}

// Type is what the compiler knows about a name.
type Type struct {
	Kind Kind
	// Fields are the fields of a KindMap whose fields are fixed, as call's
	// are; another field is an error. nil: any field may be read.
	Fields map[string]Type
	// ZeroUnset says that an unset name reads as its kind's zero instead of
	// failing. has(...) and a comparison with nil still tell.
	ZeroUnset bool
}

// Env maps the names that an expression may use to their types. A name for
// which [Reserved] holds cannot be used in expressions.
type Env map[string]Type

// lookup finds the type of a dotted name. ok is false if it is unknown or
// lies inside a map whose fields are not fixed.
func (e Env) lookup(path []string) (Type, bool) {
	fields := map[string]Type(e)
	var t Type
	for _, name := range path {
		var ok bool
		if t, ok = fields[name]; !ok {
			return Type{}, false
		}
		fields = t.Fields
	}
	return t, len(path) > 0
}
