package prove

import (
	"reflect"
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// opaque reports whether nothing in the flow depends on what is in a variable, but
// for whether it is set and how long it is: it is only handed on.
func (fs *facts) opaque(m *flow.Flow, name string) bool {
	v := variable{fs.root.Member(m.Key), name} // m may be a copy, with schedules that stay as they are
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
	}
	return slices.ContainsFunc(fs.said[v], func(kind string) bool { return kind != "digits" && kind != "characters" })
}

// saidAs finds what is said, and how.
func saidAs(v reflect.Value, depth int, found func(name, kind string)) {
	if depth > 8 || !v.IsValid() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		saidAs(v.Elem(), depth+1, found)
	case reflect.Slice:
		for i := range v.Len() {
			saidAs(v.Index(i), depth+1, found)
		}
	case reflect.Struct:
		if part, ok := reflect.TypeAssert[flow.PromptPart](v); ok {
			if e, ok := part.Value.(compares); ok && part.SayAs != "" {
				for _, name := range e.Uses() {
					found(base(name), part.SayAs)
				}
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				saidAs(v.Field(i), depth+1, found)
			}
		}
	default:
	}
}
