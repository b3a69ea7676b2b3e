package prove

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// entries is what is typed into a collect: digits that fit, one for each way in
// which conditions depend on them, and digits that do not; "" if all fit.
type entries struct {
	fit    []string
	misfit string
}

// inputs finds out what is typed into a step, and what comes back to it.
func (fs *facts) inputs(m *flow.Flow, s *flow.Step) {
	switch spec := s.Spec.(type) {
	case *flow.Collect:
		fs.entries[spec] = fs.typed(m, s, spec)
	case *flow.Do:
		outs := map[string][]any{}
		names := map[string]string{} // output -> what it stands under in the answer
		if h := spec.Action.HTTP; h != nil {
			for part, out := range h.Into {
				names[out] = part
			}
		}
		for _, out := range spec.Action.Out {
			into := out
			if spec.Into[out] != "" {
				into = spec.Into[out]
			}
			if decl := m.Vars[into]; decl != nil {
				under := out
				if names[out] != "" {
					under = names[out]
				}
				outs[under] = fs.given(variable{m, into}, decl)
				if spec.Action.HTTP == nil && fs.asked(variable{m, into}) {
					outs[under] = append(outs[under], nil)
				}
			}
		}
		fs.answers[s] = fs.combined(outs, s.Pos, "what "+spec.Action.Name+" returns")
	case *flow.HTTP:
		outs := map[string][]any{}
		for part, into := range spec.Into {
			if decl := m.Vars[into]; decl != nil {
				outs[part] = fs.given(variable{m, into}, decl)
			}
		}
		fs.answers[s] = fs.combined(outs, s.Pos, "what "+s.ID+" is answered")
	default:
	}
}

// asked reports whether the flow asks if a variable, or one that is made of it, is set.
func (fs *facts) asked(v variable) bool {
	for to := range fs.reaches(v) {
		if slices.ContainsFunc(fs.decides, func(dec decision) bool {
			asks, ok := dec.expr.(interface{ Has() []string })
			return ok && dec.m == to.m && usesName(asks.Has(), to.name)
		}) {
			return true
		}
	}
	return false
}

// mostTyped is how many different values are tried where conditions depend on a
// value in a way that is not understood.
const mostTyped = 12

// mostFit is how many are tried where each is in another way what conditions ask.
const mostFit = 200

// typed finds digits for a collect among many that are likely to fit, or among all
// if these are few.
func (fs *facts) typed(m *flow.Flow, s *flow.Step, spec *flow.Collect) entries {
	decl := m.Vars[spec.Var]
	v := variable{m, spec.Var}
	d := fs.dependsOn(v)
	var e entries
	tried := append(candidates(spec, decl, constants(d.with)), fs.textsOf(decl, typedAs(spec, d.with))...)
	all, most := false, mostFit
	if len(d.own)+len(d.vague) > 0 {
		most = mostTyped
		if every := everyEntry(spec); every != nil {
			tried, all = append(tried, every...), true
		}
	}
	seen := map[string]bool{}
	for _, digits := range tried {
		if len(digits) > spec.Max || digits == "" || strings.Trim(digits, spec.Allowed) != "" {
			continue
		}
		value, ok := decl.Accept(digits)
		if len(digits) < spec.Min || !ok {
			if e.misfit == "" {
				e.misfit = digits
			}
			continue
		}
		sig := signature(value, d.with) + fs.judged(v, value, d.own)
		if len(d.vague) > 0 {
			sig += fmt.Sprint(value)
		}
		if !seen[sig] && len(e.fit) < most {
			e.fit = append(e.fit, digits)
			fs.secret(decl, value)
		}
		seen[sig] = true
	}
	if len(seen) > len(e.fit) || !all {
		fs.doubtful(v, slices.Concat(d.own, d.vague))
	}
	if len(seen) > mostFit {
		fs.doubt(s.Pos, "conditions tell %d values of %s apart, of which %d were tried", len(seen), spec.Var, mostFit)
	}
	if len(e.fit) == 0 {
		fs.doubt(s.Pos, "no digits were found that fit %s, so that nothing is known of what follows them", spec.Var)
	}
	return e
}

// typedAs are comparisons, and the keys and lengths that a collect takes besides.
func typedAs(spec *flow.Collect, with []expression.Comparison) []expression.Comparison {
	if len(with) == 0 {
		return nil
	}
	return append(slices.Clone(with), expression.Comparison{Operator: "matches", Value: "^[" + regexp.QuoteMeta(spec.Allowed) + "]*$"},
		expression.Comparison{Length: true, Value: float64(spec.Min)}, expression.Comparison{Length: true, Value: float64(spec.Max)})
}

// judged is how conditions on a value alone decide.
func (fs *facts) judged(v variable, value any, own []decision) string {
	if len(own) == 0 {
		return ""
	}
	env := flow.Env{"now": expression.TimeText(someDay()), "config": fs.someConfig()}
	for name := range v.m.Vars {
		env[name] = nil
	}
	env[v.name] = value
	var b strings.Builder
	for _, dec := range own {
		if e, ok := dec.expr.(flow.Expr); ok {
			holds, err := e.Bool(env)
			fmt.Fprint(&b, holds, err != nil)
		}
	}
	return b.String()
}

// mostEntries is how many entries are all tried.
const mostEntries = 20_000

// everyEntry are all entries that can be typed, nil if they are too many.
func everyEntry(spec *flow.Collect) []string {
	var all []string
	last := []string{""}
	for n := 1; n <= spec.Max; n++ {
		var longer []string
		for _, begin := range last {
			for _, k := range spec.Allowed {
				longer = append(longer, begin+string(k))
			}
			if len(all)+len(longer) > mostEntries {
				return nil
			}
		}
		if n >= spec.Min {
			all = append(all, longer...)
		}
		last = longer
	}
	return all
}

// candidates are digits that may be typed, as the constants and the variable's
// type, length and pattern suggest.
func candidates(spec *flow.Collect, decl *flow.Var, constants []any) []string {
	var all, secret []string
	add := func(s string) { all = append(all, strings.Replace(s, ".", "*", 1)) }
	for _, c := range constants {
		switch c := c.(type) {
		case float64:
			for _, f := range []float64{c - 1, c, c + 1} {
				add(strconv.FormatFloat(f, 'f', -1, 64))
			}
		case string:
			digits := strings.Map(onlyDigits, c)
			add(digits)
			add(digits + strings.Repeat("0", max(spec.Min-len(digits), 0)))
		}
	}
	switch decl.Type {
	case flow.TypeDate:
		add("20261123")
		add("19850615")
	case flow.TypeTime:
		add("1000")
		add("2359")
	case flow.TypePhone:
		add("00442071838750")
	case flow.TypeBool:
		add("1")
		add("2")
	default:
	}
	if re, err := syntax.Parse(decl.Pattern, syntax.Perl); decl.Pattern != "" && err == nil {
		for _, s := range matching(re.Simplify(), 0) {
			add(s)
		}
	}
	for n := min(spec.Max, max(spec.Min, decl.MinLen)); n <= spec.Max && n <= len(unlikely); n++ {
		for last := range 10 {
			if decl.Sensitive != flow.NotSensitive {
				secret = append(secret, unlikely[:n-1]+strconv.Itoa(last))
			}
		}
		for _, fill := range []string{"1", "0", "9", "5"} {
			for last := range 10 {
				add(strings.Repeat(fill, n-1) + strconv.Itoa(last))
			}
		}
	}
	if spec.Min > 1 {
		add(strings.Repeat("1", spec.Min-1))
	}
	for n := range 100 {
		add(strconv.Itoa(n))
	}
	return append(secret, all...)
}

// unlikely are digits that stand nowhere else, so that a sensitive value is known
// again.
const unlikely = "73946218507394621850739462185073"

func onlyDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// mostMatching bounds how many texts are made of a pattern.
const mostMatching = 24

// matching are texts that a pattern matches: its alternatives, with the least and
// one more of what repeats.
func matching(re *syntax.Regexp, depth int) []string {
	if depth > 8 {
		return nil
	}
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		var all []string
		for i := 0; i+1 < len(re.Rune) && len(all) < 3; i += 2 {
			all = append(all, string(re.Rune[i]), string(re.Rune[i+1]))
		}
		return all
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"1"}
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpStar:
		return []string{""}
	case syntax.OpQuest:
		return append([]string{""}, matching(re.Sub[0], depth+1)...)
	case syntax.OpCapture, syntax.OpPlus:
		return matching(re.Sub[0], depth+1)
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			all = append(all, matching(sub, depth+1)...)
		}
		return all[:min(len(all), mostMatching)]
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			all = joined(all, matching(sub, depth+1))
		}
		return all
	default:
		return nil
	}
}

// joined are the beginnings with the ends: each of both at least once, and not
// all pairs if these are many.
func joined(begins, ends []string) []string {
	var all []string
	if len(begins)*len(ends) <= mostMatching {
		for _, b := range begins {
			for _, e := range ends {
				all = append(all, b+e)
			}
		}
		return all
	}
	for i := range max(len(begins), len(ends)) {
		all = append(all, begins[i%len(begins)]+ends[i%len(ends)])
	}
	return all
}
