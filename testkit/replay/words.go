package replay

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// words are the values that may stand for what was forgotten in calls of a flow.
type words struct {
	f     *flow.Flow
	blind bool // its configuration is not known
	reads map[*flow.Step][]string
	texts []string  // that its expressions name
	nums  []float64 // that its expressions name, and those beside them
	parts []string  // names after a dot in its expressions, such as "amount" of card.amount

	mu    sync.Mutex
	typed map[*flow.Step]entries
}

// entries are what may be typed at a step: those that it takes, and those that are
// long enough and do not fit.
type entries struct{ good, bad []string }

var (
	textForm = regexp.MustCompile(`"([^"\\]*)"|'([^'\\]*)'`)
	numForm  = regexp.MustCompile(`\b[0-9]+(\.[0-9]+)?\b`)
	partForm = regexp.MustCompile(`\.([a-z_][A-Za-z0-9_]*)`)
)

func newWords(f *flow.Flow) *words {
	w := &words{f: f, reads: map[*flow.Step][]string{}, typed: map[*flow.Step]entries{}}
	for _, step := range f.AllSteps() {
		w.reads[step] = readsOf(step)
		expressions(reflect.ValueOf(*step), func(e reader) { w.learn(e.Source()) })
	}
	w.texts, w.parts = unique(w.texts), unique(w.parts)
	slices.Sort(w.nums)
	w.nums = slices.Compact(w.nums)
	return w
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// learn takes over the constants of an expression.
func (w *words) learn(source string) {
	for _, m := range textForm.FindAllStringSubmatch(source, -1) {
		w.texts = append(w.texts, m[1]+m[2])
	}
	for _, m := range numForm.FindAllString(source, -1) {
		if n, err := strconv.ParseFloat(m, 64); err == nil {
			w.nums = append(w.nums, n, n+1, n-1)
		}
	}
	for _, m := range partForm.FindAllStringSubmatch(source, -1) {
		w.parts = append(w.parts, m[1])
	}
}

// config are values for a configuration that is not known.
func (w *words) config() map[string]any {
	all := map[string]any{}
	for name, decl := range w.f.Config {
		switch {
		case decl.Default != nil:
			all[name] = decl.Default
		case decl.Type == flow.TypeString:
			all[name] = someID
		default:
			all[name] = w.values(decl)[0]
		}
	}
	return all
}

// someID has the form of an object id.
const someID = "00000000-0000-4000-8000-000000000000"

// values are some of a variable's type, the likeliest first: those that are seen
// elsewhere in the call.
func (w *words) values(decl *flow.Var, seen ...string) []any {
	var all []any
	texts := func(list ...string) {
		for _, s := range slices.Concat(seen, list, w.texts) {
			if v, err := decl.Coerce(s); err == nil && v != nil {
				all = append(all, v)
			}
		}
	}
	switch decl.Type {
	case flow.TypeNumber:
		for _, n := range append([]float64{1, 0, 1_000_000}, w.nums...) {
			all = append(all, n)
		}
	case flow.TypeBool:
		return []any{true, false}
	case flow.TypeMoney:
		texts("100.00", "0.00", "1000000.00")
		for _, n := range w.nums {
			texts(strconv.FormatFloat(n, 'f', 2, 64))
		}
	case flow.TypeDigits:
		texts(digitsOf(max(decl.MinLen, 1), 0), digitsOf(max(decl.MinLen, 1), 1))
	case flow.TypeDate:
		texts("2026-11-23", "1990-01-01", "2100-01-01")
	case flow.TypeTime:
		texts("10:00", "23:00")
	case flow.TypePhone:
		texts("+442071838750")
	case flow.TypeList:
		for n := range 9 {
			all = append(all, w.items(n+1, false), w.items(n+1, true))
		}
		return append(all, []any{})
	case flow.TypeMap:
		return []any{w.item(1, false), w.item(1, true), map[string]any{}}
	case flow.TypeString, flow.TypeRecording:
		at := seen
		seen = nil
		texts(append([]string{"2026-11-24T09:30:00Z"}, append(at, someID, "+442071838750", "1")...)...)
	}
	if len(all) == 0 {
		all = append(all, nil)
	}
	return all
}

func (w *words) items(n int, short bool) []any {
	list := make([]any, n)
	for i := range n {
		list[i] = w.item(i+1, short)
	}
	return list
}

// item is a map with all that expressions ask of one: ids, or numbers.
func (w *words) item(n int, short bool) any {
	m := map[string]any{}
	for _, name := range w.parts {
		m[name] = fmt.Sprintf("%s%d", someID[:len(someID)-1], n)
		if short {
			m[name] = strconv.Itoa(n)
		}
	}
	return m
}

// mostWays bounds what one event is tried as.
const mostWays = 120

// maps are values for several variables, nil for one of which nothing is known: in
// turn the next of each, and the next of one and then of another.
func (w *words) maps(vars map[string]*flow.Var, seen []string) []map[string]any {
	names := slices.Sorted(maps.Keys(vars))
	values, most, longest := make([][]any, len(names)), 1, 1
	for i, name := range names {
		values[i] = []any{"1"}
		if decl := vars[name]; decl != nil {
			values[i] = w.values(decl, seen...)
		}
		most, longest = min(most*len(values[i]), mostWays/2), max(longest, len(values[i]))
	}
	var all []map[string]any
	for way := range max(most, longest) {
		each, rest := map[string]any{}, way
		one := map[string]any{}
		for i, name := range names {
			n := len(values[i])
			each[name], one[name], rest = values[i][way%n], values[i][rest%n], rest/n
		}
		all = append(all, each, one)
	}
	return all[:min(len(all), mostWays)]
}

// digitsOf are so many digits, others for each way.
func digitsOf(n, way int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte(byte('0' + (i*(1+way/10)+way+1)%10))
	}
	return b.String()
}

// How many entries of each length are looked for, and how many are tried.
const (
	goodEach = 3
	badEach  = 2
	triesMax = 400
)

// entries are what may be typed at a collect step, of each length.
func (w *words) entries(f *flow.Flow, step *flow.Step, spec *flow.Collect) entries {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e, ok := w.typed[step]; ok {
		return e
	}
	var e entries
	decl := f.Vars[spec.Var]
	like, _ := syntax.Parse(decl.Pattern, syntax.Perl) // the loader has read it
	for n := spec.Min; n <= spec.Max; n++ {
		good, bad := 0, 0
		for way := range max(triesMax, 10_000*max(5-n, 0)) {
			word := w.candidate(like, n, way)
			if word == "" || good >= goodEach && (bad >= badEach || way > 100) {
				break
			}
			if strings.Trim(word, spec.Allowed) != "" {
				continue
			}
			switch _, ok := decl.Accept(word); {
			case ok && good < goodEach:
				e.good, good = append(e.good, word), good+1
			case !ok && bad < badEach:
				e.bad, bad = append(e.bad, word), bad+1
			}
		}
	}
	w.typed[step] = e
	return e
}

// candidate is the next of the entries of a length that are tried; "" if there is
// none. The last digit goes round, so that one of ten has a good check digit.
func (w *words) candidate(like *syntax.Regexp, n, way int) string {
	known := []string{"20000101", "19800615", "20261231", "1200", "0800"}
	for _, s := range slices.Concat(known, w.texts) {
		if len(s) == n {
			if way == 0 {
				return s
			}
			way--
		}
	}
	if n <= 4 { // all there are, in a mixed order
		most := 1
		for range n {
			most *= 10
		}
		if way >= most {
			return ""
		}
		return fmt.Sprintf("%0*d", n, (way*7+most/8)%most)
	}
	word := digitsOf(n-1, way/10) + strconv.Itoa(way%10)
	if like != nil && like.Op != syntax.OpEmptyMatch && way%2 == 0 {
		return spell(like, word)
	}
	return word
}

// spell is a word of the length of another, and like it, that a pattern takes as far
// as one can tell by going through it from the left.
func spell(like *syntax.Regexp, word string) string {
	prog, err := syntax.Compile(like.Simplify())
	if err != nil {
		return word
	}
	at := closure(prog, map[uint32]bool{}, uint32(prog.Start)) //nolint:gosec // an index
	out := []byte(word)
	for i := range out {
		for turn := range byte(10) {
			c := '0' + (out[i]-'0'+turn)%10
			next := map[uint32]bool{}
			for pc := range at {
				if in := &prog.Inst[pc]; in.Op != syntax.InstMatch && in.MatchRune(rune(c)) {
					closure(prog, next, in.Out)
				}
			}
			if takes(prog, next, i+1 < len(out)) {
				out[i], at = c, next
				break
			}
		}
	}
	return string(out)
}

// closure adds the instructions that wait for a character from one on.
func closure(prog *syntax.Prog, at map[uint32]bool, pc uint32) map[uint32]bool {
	if at[pc] {
		return at
	}
	switch in := &prog.Inst[pc]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		closure(prog, closure(prog, at, in.Out), in.Arg)
	case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
		closure(prog, at, in.Out)
	case syntax.InstFail:
	case syntax.InstMatch, syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		at[pc] = true
	}
	return at
}

// takes reports whether a pattern may go on, or else may end.
func takes(prog *syntax.Prog, at map[uint32]bool, on bool) bool {
	for pc := range at {
		if on != (prog.Inst[pc].Op == syntax.InstMatch) {
			return true
		}
	}
	return false
}
