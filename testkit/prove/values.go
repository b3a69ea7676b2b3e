package prove

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// Values that stand for those of their type of which nothing depends.
const (
	someID    = "00000000-0000-4000-8000-000000000000" // it has the form of an object id
	somePhone = "+442071838750"
	someDate  = "2026-11-23"
	someTime  = "10:00"
	nobody    = "nobody" // nobody can be called by it
)

// given are the values that a variable may get from outside the call, one for
// each way in which conditions depend on it.
func (fs *facts) given(v variable, decl *flow.Var) []any {
	d := fs.dependsOn(v)
	if r := fs.rowOf(v); r != nil {
		fs.long(decl, d.with)
		fs.doubtful(v, slices.Concat(d.own, d.vague))
		return r.lists(fs.loose)
	}
	var values []any
	add := func(x any) {
		if c, err := decl.Coerce(x); err == nil && c != nil {
			values = append(values, c)
			fs.secret(decl, c)
		}
	}
	if decl.Default != nil {
		add(decl.Default)
	}
	for _, x := range fs.plain(v, decl) {
		add(x)
	}
	for _, c := range d.with {
		if c.Operator == isTarget {
			add(nobody)
			add(fs.item(v, nobody))
		}
	}
	for _, text := range fs.long(decl, d.with) {
		add(text)
	}
	known := constants(d.with)
	for _, f := range midpoints(known) {
		add(f)
	}
	for _, c := range known {
		add(c)
		if f, ok := c.(float64); ok {
			add(f - 1)
			add(f + 1)
		}
		if s, ok := c.(string); ok {
			add(s + "x")
		}
	}
	for _, text := range fs.textsOf(decl, d.with) {
		add(text)
	}
	if rest := slices.Concat(d.own, d.vague); len(rest) > 0 {
		if decl.Type != flow.TypeBool {
			fs.doubtful(v, rest)
		}
		if decl.Type == flow.TypeNumber {
			add(0.0)
			add(100.0)
		}
		return fewer(values)
	}
	return apart(values, append(fs.offered(v), d.with...))
}

// offered are comparisons of a list's length with those at which a menu that offers its
// items changes.
func (fs *facts) offered(v variable) []expression.Comparison {
	var with []expression.Comparison
	for _, s := range v.m.Steps {
		if m, ok := s.Spec.(*flow.Menu); ok && m.Choices != nil && m.Choices.List == v.name {
			with = append(with, expression.Comparison{Length: true, Value: 0.0}, expression.Comparison{Length: true, Value: float64(m.Choices.Max)})
		}
	}
	return with
}

// mostLong bounds how long texts and lists are tried.
const mostLong = 100

// long are texts of each length that matters. What is longer than can be tried is
// doubtful.
func (fs *facts) long(decl *flow.Var, with []expression.Comparison) []any {
	var all []any
	for _, c := range with {
		n, ok := c.Value.(float64)
		switch {
		case !c.Length || !ok:
		case n >= mostLong || decl.Type == flow.TypeMap:
			fs.doubt(decl.Pos, "the length of %s is compared with %v; not so many values were tried", decl.Name, n)
		case decl.Type == flow.TypeString || decl.Type == flow.TypeDigits:
			for k := max(int(n)-1, 0); k <= int(n)+1; k++ {
				all = append(all, strings.Repeat("1", k))
			}
		}
	}
	return all
}

// fewer are the values without those that stand there twice.
func fewer(values []any) []any {
	var some []any
	for _, v := range values {
		if !slices.ContainsFunc(some, func(w any) bool { return reflect.DeepEqual(v, w) }) {
			some = append(some, v)
		}
	}
	return some
}

// doubtful notes the conditions for which the values of a variable may not stand
// for all others.
func (fs *facts) doubtful(v variable, decs []decision) {
	for _, dec := range decs {
		fs.doubt(dec.pos, "%q depends on more of %s than the values that were tried can tell apart", dec.expr.Source(), v.name)
	}
}

// plain are the values of a type, whatever they are compared with.
func (fs *facts) plain(v variable, decl *flow.Var) []any {
	switch decl.Type {
	case flow.TypeNumber:
		return []any{1.0}
	case flow.TypeBool:
		return []any{true, false}
	case flow.TypeMoney:
		return []any{"12.50 " + decl.Currency}
	case flow.TypeDigits:
		return []any{strings.Repeat("1", max(decl.MinLen, 1))}
	case flow.TypeDate:
		return []any{someDate}
	case flow.TypeTime:
		return []any{someTime}
	case flow.TypePhone:
		return []any{somePhone}
	case flow.TypeRecording:
		return []any{recordingID}
	case flow.TypeList:
		return fs.lists(v)
	case flow.TypeMap:
		return []any{fs.item(v, someID)}
	case flow.TypeString:
	}
	return []any{fs.textFor(v)}
}

// textFor is a text that fits how it is said.
func (fs *facts) textFor(v variable) string {
	for to := range fs.reaches(v) {
		for _, kind := range fs.said[to] {
			switch kind {
			case "date", "time":
				return someDate + "T" + someTime + ":00+01:00"
			case "money":
				return "12.50 GBP"
			case "phone":
				return somePhone
			case "number", "ordinal", "digits", "duration":
				return "1"
			}
		}
	}
	return someID
}

// lists are lists of each length that matters, of items that fit, and of some with
// which nobody can be called.
func (fs *facts) lists(v variable) []any {
	lengths := []int{1}
	one, other := any(someID), any(nobody)
	for _, s := range v.m.Steps {
		if m, ok := s.Spec.(*flow.Menu); ok && m.Choices != nil && m.Choices.List == v.name {
			lengths = append(lengths, 0, m.Choices.Max, m.Choices.Max+1)
			if into := v.m.Vars[m.Choices.Into]; into != nil && into.Type == flow.TypeMap || hasFields(m.Choices.Label.Uses(), "item") {
				into := variable{v.m, m.Choices.Into}
				one, other = fs.item(into, someID, m.Choices.Label.Uses()...), fs.item(into, nobody, m.Choices.Label.Uses()...)
			}
		}
	}
	with := fs.dependsOn(v).with
	for _, c := range with {
		if n, ok := c.Value.(float64); ok && c.Length {
			lengths = append(lengths, int(n)-1, int(n), int(n)+1)
		}
	}
	slices.Sort(lengths)
	var all []any
	for _, n := range slices.Compact(lengths) {
		if n >= 0 && n <= mostLong {
			all = append(all, slices.Repeat([]any{one}, n))
		}
	}
	if slices.ContainsFunc(with, func(c expression.Comparison) bool { return c.Operator == isTarget }) {
		all = append(all, []any{other})
	}
	return all
}

// item is a map with all the fields that are read of it.
func (fs *facts) item(v variable, text string, uses ...string) map[string]any {
	fields := map[string]any{}
	add := func(name, of string) {
		if rest, ok := strings.CutPrefix(name, of+"."); ok {
			fields[base(rest)] = text
		}
	}
	for _, name := range uses {
		add(name, "item")
	}
	for to := range fs.reaches(v) {
		for _, s := range to.m.Steps {
			for _, name := range fs.uses[s] {
				add(name, to.name)
			}
		}
	}
	return fields
}

// reaches are a variable and all that are made of it.
func (fs *facts) reaches(v variable) map[variable]bool {
	all := map[variable]bool{v: true}
	for queue := []variable{v}; len(queue) > 0; queue = queue[1:] {
		for to := range fs.madeOf(queue[0]) {
			if !all[to] {
				all[to] = true
				queue = append(queue, to)
			}
		}
	}
	return all
}

// mostAnswers bounds how many combinations of what an action brings are tried.
const mostAnswers = 16

// combined are the combinations of values by name; nil is none. If they are too many each name
// has each of its values once, and pos is where that is doubtful.
func (fs *facts) combined(byName map[string][]any, pos diag.Pos, what string) []map[string]any {
	all := []map[string]any{{}}
	names := slices.Sorted(maps.Keys(byName))
	total := 1
	for _, name := range names {
		total *= max(len(byName[name]), 1)
	}
	if total > mostAnswers {
		fs.doubt(pos, "%s has %s combinations of values that conditions tell apart; each value was tried, but not each combination", what, strconv.Itoa(total))
		return oneByOne(names, byName)
	}
	for _, name := range names {
		var more []map[string]any
		for _, m := range all {
			for _, v := range byName[name] {
				n := maps.Clone(m)
				if v != nil {
					n[name] = v
				}
				more = append(more, n)
			}
		}
		if len(more) > 0 {
			all = more
		}
	}
	return all
}

func oneByOne(names []string, byName map[string][]any) []map[string]any {
	first := map[string]any{}
	for _, name := range names {
		if len(byName[name]) > 0 {
			first[name] = byName[name][0]
		}
	}
	all := []map[string]any{first}
	for _, name := range names {
		for _, v := range byName[name][min(1, len(byName[name])):] {
			m := maps.Clone(first)
			m[name] = v
			if v == nil {
				delete(m, name)
			}
			all = append(all, m)
		}
	}
	return all
}
