package prove

import (
	"reflect"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// opaque reports whether nothing in the flow depends on what is in a variable, but
// for whether it is set and how long it is: it is only handed on.
func (fs *facts) opaque(m *flow.Flow, name string) bool {
	v := variable{m, name}
	known, ok := fs.opaques[v]
	if !ok {
		known = fs.isOpaque(v)
		fs.opaques[v] = known
	}
	return known
}

func (fs *facts) isOpaque(v variable) bool {
	for to := range fs.reaches(v) {
		decl := to.m.Vars[to.name]
		if decl == nil || decl.Type == flow.TypeNumber || decl.Type == flow.TypeBool || fs.spoken(to) {
			return false
		}
		for _, dec := range fs.decides {
			if dec.m != to.m || !usesName(dec.expr.Uses(), to.name) {
				continue
			}
			with, only := dec.expr.Compares(to.name)
			if !only {
				return false
			}
			for _, c := range with {
				if !c.Length && c.Value != "" {
					return false
				}
			}
		}
	}
	return true
}

// spoken reports whether a variable is said in a way that not every value has, or
// its items are what a menu offers.
func (fs *facts) spoken(v variable) bool {
	for _, s := range v.m.Steps {
		if menu, ok := s.Spec.(*flow.Menu); ok && menu.Choices != nil && menu.Choices.List == v.name {
			return true
		}
		if saidAs(reflect.ValueOf(s.Spec), v.name, 0) {
			return true
		}
	}
	return false
}

func saidAs(v reflect.Value, name string, depth int) bool {
	if depth > 8 || !v.IsValid() {
		return false
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return saidAs(v.Elem(), name, depth+1)
	case reflect.Slice:
		for i := range v.Len() {
			if saidAs(v.Index(i), name, depth+1) {
				return true
			}
		}
	case reflect.Struct:
		if part, ok := v.Interface().(flow.PromptPart); ok {
			e, _ := part.Value.(compares)
			return e != nil && part.SayAs != "digits" && part.SayAs != "characters" && usesName(e.Uses(), name)
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && saidAs(v.Field(i), name, depth+1) {
				return true
			}
		}
	default:
	}
	return false
}
