package expression

import (
	"errors"
	"fmt"
	"strings"
)

// input is one dotted name that an expression reads.
type input struct {
	name string
	path []string
}

func inputsOf(f facts) []input {
	var ins []input
	for _, name := range f.uses {
		ins = append(ins, input{name: name, path: strings.Split(name, ".")})
	}
	return ins
}

// value follows the path; a missing step is nil.
func (in *input) value(vars map[string]any) any {
	var v any = vars
	for _, name := range in.path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (in *input) unset(vars map[string]any) bool { return in.value(vars) == nil }

// measureInputs refuses values that would make a bounded expression slow, and
// types whose methods an expression could call.
func measureInputs(ins []input, vars map[string]any) error {
	room := budget{bytes: maxInputs}
	for i := range ins {
		if err := room.measure(ins[i].value(vars), 0); err != nil {
			return fmt.Errorf("%q %w", ins[i].name, err)
		}
	}
	return nil
}

func (b *budget) measure(v any, depth int) error {
	switch v := v.(type) {
	case nil, bool, float64:
		return nil
	case string:
		return b.text(v)
	case []any:
		if len(v) > maxItems || depth >= maxNesting {
			return errors.New("is too large")
		}
		for _, item := range v {
			if err := b.measure(item, depth+1); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		return b.measureMap(v, depth)
	}
	if _, ok := asNumber(v); !ok {
		return fmt.Errorf("has the type %T, which expressions do not know", v)
	}
	return nil
}

func (b *budget) measureMap(m map[string]any, depth int) error {
	if len(m) > maxItems || depth >= maxNesting {
		return errors.New("is too large")
	}
	for key, item := range m {
		if err := b.text(key); err != nil {
			return err
		}
		if err := b.measure(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}
