package flow

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

var (
	lengthForm   = regexp.MustCompile(`^([1-9][0-9]?)(?:\.\.([1-9][0-9]?))?$`)
	rangeForm    = regexp.MustCompile(`^(-?[0-9]{1,15})\.\.(-?[0-9]{1,15})$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
)

func typeNames() []string {
	return []string{string(TypeString), string(TypeDigits), string(TypeNumber), string(TypeBool), string(TypeMoney), string(TypeDate),
		string(TypeTime), string(TypePhone), string(TypeRecording), string(TypeList), string(TypeMap)}
}

// envNames are what expressions can read beside variables.
var envNames = [...]string{"call", "config", "result", "now", "schedules", "secret"}

func (l *loader) config(e tree.Entry) { l.declare(e, l.flow.Config, "configuration value") }
func (l *loader) vars(e tree.Entry)   { l.declare(e, l.flow.Vars, "variable") }

// params declares the variables that a caller of the flow gives it.
func (l *loader) params(e tree.Entry) { l.flow.Params = l.interfaceVars(e, "parameter") }

// returns declares the variables that a caller of the flow gets back.
func (l *loader) returns(e tree.Entry) { l.flow.Returns = l.interfaceVars(e, "result") }

// interfaceVars declares variables of the flow that its callers see.
func (l *loader) interfaceVars(e tree.Entry, what string) []string {
	own := map[string]*Var{}
	l.declare(e, own, what)
	var out []string
	for _, d := range e.Value.Entries {
		v := own[d.Key]
		if v == nil {
			continue
		}
		if first := l.flow.Vars[d.Key]; first != nil {
			l.errorf(d.KeyPos, ruleDuplicateKey, "%q is declared twice, as a variable; the first is at line %d", d.Key, first.Pos.Line)
			continue
		}
		l.flow.Vars[d.Key] = v
		out = append(out, d.Key)
	}
	return out
}

// flowOutcomes reads the names that return may have.
func (l *loader) flowOutcomes(e tree.Entry) { l.flow.Outcomes = l.outcomeNames(e.Value, "call") }

// maxVars bounds what every expression is compiled with.
const maxVars = 500

func (l *loader) declare(e tree.Entry, into map[string]*Var, what string) {
	if e.Value.Kind != tree.Map {
		e.Value.Wrong(&l.list, "a map of names with their declarations")
		l.unreadNode(e.Value)
		return
	}
	if len(e.Value.Entries) > maxVars {
		l.errorf(e.KeyPos, ruleTooLarge, "%d names in %s; at most %d are read", len(e.Value.Entries), e.Key, maxVars)
		l.unreadNode(e.Value)
		return
	}
	defer func() {
		for _, d := range e.Value.Repeats {
			l.varDecl(d, what)
			into[d.Key].unsure = true
		}
	}()
	for _, d := range e.Value.Entries {
		into[d.Key] = l.varDecl(d, what)
		if !l.wellFormed(d.Key, d.KeyPos, what) {
			continue
		}
		if what != "configuration value" && slices.Contains(l.keys.noVariable, d.Key) {
			l.errorf(d.KeyPos, ruleReserved, "a variable cannot be named %q, which expressions use for something else; try my_%s", d.Key, d.Key)
			continue
		}
	}
}

// varDecl reads one declaration. It always returns a variable, so that its
// uses are not reported as well.
func (l *loader) varDecl(d tree.Entry, what string) *Var {
	v := &Var{Name: d.Key, Type: TypeString, Pos: d.KeyPos}
	defer func(before int) { v.given = len(l.list) > before }(len(l.list))
	fields := map[string]*tree.Node{}
	for _, f := range d.Value.MeantFields(&l.list, "a "+what, l.keys.variable...) {
		fields[f.Key] = f.Value
	}
	n, ok := fields["type"]
	if !ok {
		v.unsure = true
		if d.Value.Kind == tree.Map {
			l.errorf(d.KeyPos, ruleMissingKey, "%s %q has no type; types are %s", what, d.Key, diag.OneOf(typeNames()))
		}
		return v
	}
	t, ok := n.Word(&l.list, typeNames()...)
	if !ok {
		v.unsure = true
		return v
	}
	v.Type = Type(t)
	v.unsure = len(d.Value.Repeats) > 0 || slices.ContainsFunc(d.Value.Entries, func(e tree.Entry) bool { return e.Value.Faulty() })
	l.varLength(v, fields["length"])
	l.varCurrency(v, fields["currency"], d.KeyPos)
	l.varSensitive(v, fields["sensitive"])
	l.varPattern(v, fields["pattern"])
	l.varChecks(v, fields["check"])
	l.varDefault(v, fields["default"])
	return v
}

func (l *loader) varLength(v *Var, n *tree.Node) {
	if n == nil {
		return
	}
	if !v.hasLength() {
		l.errorf(n.Pos, ruleWrongType, "a %s has no length", v.Type)
		return
	}
	v.MinLen, v.MaxLen = l.length(n)
	v.badLength = v.MaxLen == 0
}

// hasLength says that values of the type are typed key by key.
func (v *Var) hasLength() bool {
	return slices.Contains([]Type{TypeString, TypeDigits, TypePhone, TypeNumber, TypeMoney}, v.Type)
}

// length reads 4 or 4..6; 0, 0 if it is neither.
func (l *loader) length(n *tree.Node) (least, most int) {
	m := lengthForm.FindStringSubmatch(n.Value)
	if n.Kind != tree.Scalar || m == nil {
		n.Wrong(&l.list, "a length such as 4 or 4..6")
		return 0, 0
	}
	least, _ = strconv.Atoi(m[1])
	most = least
	if m[2] != "" {
		most, _ = strconv.Atoi(m[2])
	}
	if least > most {
		l.errorf(n.Pos, ruleRange, "the length %s ends before it begins; write %d..%d", n.Value, most, least)
		return most, least
	}
	return least, most
}

func (l *loader) varCurrency(v *Var, n *tree.Node, pos diag.Pos) {
	switch {
	case n == nil && v.Type == TypeMoney:
		l.errorf(pos, ruleMissingKey, "money needs its currency, such as currency: GBP")
	case n == nil:
	case v.Type != TypeMoney:
		l.errorf(n.Pos, ruleWrongType, "only money has a currency, not %s", v.Type)
	default:
		s, ok := n.Str(&l.list)
		if ok && !currencyForm.MatchString(s) {
			l.errorf(n.Pos, ruleName, "%q is not a currency; write its three letters, such as GBP", shorten(s))
		}
		v.Currency = s
	}
}

func (l *loader) varSensitive(v *Var, n *tree.Node) {
	switch {
	case n == nil:
	case n.Kind == tree.Scalar && n.Value == "false" && !n.Quoted:
	default:
		if w, ok := n.Word(&l.list, string(IsSensitive), string(SensitiveLast), string(SensitiveOnce)); ok {
			v.Sensitive = Sensitive(w)
		}
	}
}

func (l *loader) varPattern(v *Var, n *tree.Node) {
	if n == nil {
		return
	}
	s, ok := n.Str(&l.list)
	if !ok {
		return
	}
	if len(s) > 200 {
		l.errorf(n.Pos, ruleTooLarge, "a pattern has at most 200 characters")
		return
	}
	if _, err := regexp.Compile(s); err != nil {
		l.errorf(n.Pos, ruleExpression, "the pattern is not a regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return
	}
	re, err := regexp.Compile(`^(?:` + s + `)$`)
	if err != nil {
		l.errorf(n.Pos, ruleExpression, "the pattern is too large")
		return
	}
	v.Pattern = s
	v.checks = append(v.checks, func(text string, _ any) bool { return re.MatchString(text) })
}

// checkWords are the checks that have a name.
var checkWords = [...]string{"luhn", "iban", "date"}

// varChecks reads check: one check, or a list of checks that must all hold.
func (l *loader) varChecks(v *Var, n *tree.Node) {
	if n == nil {
		return
	}
	for _, item := range n.ListItems() {
		if item.Kind == tree.Map {
			for _, f := range item.MeantFields(&l.list, "a check", keysOf(checkFields())...) {
				v.Checks = append(v.Checks, "range: "+f.Value.Value)
				l.rangeCheck(v, f.Value)
			}
			continue
		}
		if s, ok := item.Str(&l.list); ok {
			v.Checks = append(v.Checks, s)
			l.oneCheck(v, item, s)
		}
	}
}

func (l *loader) oneCheck(v *Var, n *tree.Node, s string) {
	switch {
	case s == "luhn":
		v.checks = append(v.checks, func(text string, _ any) bool { return ivr.Luhn(text) })
	case s == "iban":
		v.checks = append(v.checks, func(text string, _ any) bool { return iban(text) })
	case s == "date":
		v.checks = append(v.checks, func(text string, _ any) bool { _, ok := typedDate(text); return ok })
	case nameForm.MatchString(s):
		l.errorf(n.Pos, ruleWrongType, "no check %q; checks are luhn, iban, date, {range: 1..31}, or a condition over value%s",
			s, l.didYouMean(s, checkWords[:]))
	default:
		value := newScope(expression.Env{"value": {Kind: v.kind()}})
		e := l.compileExpr(n, bareExpr(s), value, expression.KindBool)
		if e == nil {
			return
		}
		v.checks = append(v.checks, func(_ string, value any) bool {
			ok, err := e.Bool(Env{"value": value})
			return err == nil && ok
		})
	}
}

func (l *loader) rangeCheck(v *Var, n *tree.Node) {
	m := rangeForm.FindStringSubmatch(n.Value)
	if n.Kind != tree.Scalar || m == nil {
		n.Wrong(&l.list, "a range such as 1..31")
		return
	}
	least, _ := strconv.ParseFloat(m[1], 64)
	most, _ := strconv.ParseFloat(m[2], 64)
	if least > most {
		l.errorf(n.Pos, ruleRange, "the range %s ends before it begins", n.Value)
		return
	}
	v.checks = append(v.checks, func(text string, _ any) bool {
		f, err := strconv.ParseFloat(strings.Fields(text + " ")[0], 64)
		return err == nil && least <= f && f <= most
	})
}

func (l *loader) varDefault(v *Var, n *tree.Node) {
	if n == nil {
		return
	}
	if n.Null() {
		l.errorf(n.Pos, ruleMissingKey, "the default of %q is missing; leave default out for none", v.Name)
		return
	}
	value, ok := l.literal(v, n)
	if !ok {
		return
	}
	var err error
	if v.Default, err = v.Coerce(value); err != nil {
		l.errorf(n.Pos, ruleWrongType, "this is no value for %q: %s", v.Name, err)
	}
}

// literal is a YAML value as a value of the variable's type.
func (l *loader) literal(v *Var, n *tree.Node) (any, bool) {
	switch v.Type {
	case TypeNumber:
		return boxed(n.Number(&l.list))
	case TypeBool:
		return boxed(n.Bool(&l.list))
	case TypeList, TypeMap:
		return plainValue(n), true
	case TypeMoney:
		if n.Kind == tree.Scalar && !n.Quoted && (n.Tag == tree.TagInt || n.Tag == tree.TagFloat) {
			return n.Value, true
		}
	default: // a text
	}
	return boxed(n.Str(&l.list))
}

func boxed[T any](v T, ok bool) (any, bool) { return v, ok }

// plainValue is a YAML value without its positions.
func plainValue(n *tree.Node) any {
	switch n.Kind {
	case tree.List:
		out := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			out = append(out, plainValue(item))
		}
		return out
	case tree.Map:
		out := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			out[e.Key] = plainValue(e.Value)
		}
		return out
	case tree.Scalar:
	}
	switch n.Tag {
	case tree.TagNull:
		return nil
	case tree.TagBool:
		return n.Value == "true"
	case tree.TagInt, tree.TagFloat:
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}
