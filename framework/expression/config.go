package expression

import (
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/types"
)

// Limits of an expression.
const (
	maxSource   = 1024     // bytes
	maxNodes    = 200      // of the syntax tree
	maxDepth    = 16       // nested brackets; the parser recurses, and nothing else bounds it
	maxPlus     = 16       // texts grow by +
	maxPattern  = 500      // instructions of a regular expression, about
	maxInteger  = 1 << 53  // largest whole number that a float64 holds exactly
	maxInputs   = 64 << 10 // bytes of text read
	maxItems    = 1000     // of one list or map
	maxNesting  = 16       // lists and maps in each other
	maxResult   = 4 << 10  // bytes of text in the value
	maxTemplate = 64 << 10 // bytes of a template's source
)

// builtins are the library's functions that an expression may call.
func builtins() []string {
	return []string{"len", "upper", "lower", "any", "all", "none", "one", "count"}
}

// newConfig sets the library up. Functions of ours take the place of the
// library's where those depend on the platform (int), print numbers in a form
// nobody would say (string), or make the type checker slow (trim).
func newConfig(env Env) *conf.Config {
	options := []expr.Option{
		expr.Env(strictMap(env)),
		expr.MaxNodes(maxNodes),
		expr.DisableIfOperator(),
		expr.DisableAllBuiltins(),
		expr.Function("has", callHas, new(func(any) bool)),
		expr.Function("int", callInt, new(func(any) int)),
		expr.Function("float", callFloat, new(func(any) float64)),
		expr.Function("string", callString, new(func(any) string)),
		expr.Function("trim", callTrim, new(func(string, ...string) string)),
	}
	for _, name := range builtins() {
		options = append(options, expr.EnableBuiltin(name))
	}
	config := conf.CreateNew()
	for _, option := range options {
		option(config)
	}
	for name := range config.Disabled {
		delete(config.Builtins, name)
	}
	return config
}

// strictMap is the environment in the library's terms.
func strictMap(fields map[string]Type) types.Map {
	m := make(types.Map, len(fields))
	for name, t := range fields {
		m[name] = libraryType(t)
	}
	return m
}

func libraryType(t Type) types.Type {
	switch t.Kind {
	case KindString:
		return types.String
	case KindNumber:
		return types.Float64
	case KindBool:
		return types.Bool
	case KindList:
		return types.TypeOf([]any{})
	case KindMap:
		if t.Fields != nil {
			return strictMap(t.Fields)
		}
		return types.TypeOf(map[string]any{})
	case KindAny:
	}
	return types.Any
}
