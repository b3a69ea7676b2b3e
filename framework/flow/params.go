package flow

import (
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Required names the parameters without a default, sorted. A flow that has some
// cannot run unless it is called.
func (f *Flow) Required() []string {
	return slices.DeleteFunc(slices.Clone(f.Params), func(name string) bool { return f.Vars[name].Default != nil })
}

// Arguments are values for the flow's parameters, in the form of its variables.
// The error names the first that is missing, unknown or does not fit; it never
// holds the value.
func (f *Flow) Arguments(given map[string]any) (map[string]any, error) {
	for _, name := range names(given) {
		if !slices.Contains(f.Params, name) {
			return nil, fmt.Errorf("it has no parameter %q%s", name, diag.DidYouMean(name, f.Params))
		}
	}
	out := map[string]any{}
	for _, name := range f.Params {
		v, ok := given[name]
		if !ok && f.Vars[name].Default == nil {
			return nil, fmt.Errorf("its parameter %q is missing", name)
		}
		v, err := f.Vars[name].Coerce(v)
		if err != nil {
			return nil, fmt.Errorf("its parameter %q: %w", name, err)
		}
		if v != nil {
			out[name] = v
		}
	}
	return out, nil
}

// Runnable says why a flow cannot take a call by itself.
func (f *Flow) Runnable() error {
	if f.Kind != Incoming {
		return nil // whoever starts it gives them
	}
	if need := f.Required(); len(need) > 0 {
		return fmt.Errorf("flow %q needs the parameter %q and takes no calls by itself; call it from another flow, or give it a default", f.Name, need[0])
	}
	return nil
}
