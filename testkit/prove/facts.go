package prove

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// facts is what is known of a flow, and of those that it calls, before it is
// explored.
type facts struct {
	root *flow.Flow
	// uses are the names that a step's expressions use, whatever for.
	uses map[*flow.Step][]string
	// matters are those of them of whose values something depends: the others are
	// only handed on.
	matters map[*flow.Step][]string
	// decides are the expressions that decide where the call goes, or whether
	// something is done, with their places.
	decides []decision
	reasons bool // an expression reads why something failed
	endings bool // an expression reads who ended the call

	entries map[*flow.Collect]entries
	answers map[*flow.Step][]map[string]any

	upTo map[string]map[string]int // member -> counter -> what is beyond counts as one more
	// repeated are the steps, by member, that a step of one of their handlers does
	// again with the tries kept.
	repeated map[string]map[string]bool
	live     map[string][]map[string]bool // by member and step: what may be read
	weighs   map[string][]map[string]bool // and of whose values something depends
	// result are the fields of result that an expression reads.
	result map[string]bool

	backs map[*flow.Step]bool // see looksBack

	doubts  []Doubt
	secrets []string // values of sensitive variables
	opaques map[variable]bool
	rows    map[string]*row       // the parameters that are rows; nil for one that is none
	listed  bool                  // some lists of them are looked at
	loose   bool                  // what is explored is any items of them, see rows.go
	said    map[variable][]string // in which ways a variable is said

	meant   []meant             // of flows of kind meeting: the people whom they name
	crowd   crowd               // ... what else they can tell of people
	mind    map[*flow.Step]bool // ... and which steps depend on who is there
	mindful bool                // what follows the call does

	peer      *facts // of the flow that gets the same calls, see Pair
	peerShown map[variable]bool
}

// decision is a condition with its place.
type decision struct {
	m      *flow.Flow
	expr   compares
	pos    diag.Pos
	target bool // it says whom to call
}

// compares is what expressions and templates tell of their constants.
type compares interface {
	Compares(name string) ([]expression.Comparison, bool)
	Uses() []string
	Source() string
}

// Doubt is something about a flow for which the values that were tried may not
// stand for all others.
type Doubt struct {
	Pos  diag.Pos `json:"pos"`
	Text string   `json:"text"`
}

// String is the doubt with its place.
func (d Doubt) String() string { return d.Pos.String() + ": " + d.Text }

func newFacts(f *flow.Flow) *facts {
	fs := &facts{
		root: f, uses: map[*flow.Step][]string{}, matters: map[*flow.Step][]string{}, entries: map[*flow.Collect]entries{}, answers: map[*flow.Step][]map[string]any{},
		upTo: map[string]map[string]int{}, repeated: map[string]map[string]bool{}, result: map[string]bool{}, opaques: map[variable]bool{}, rows: map[string]*row{}, backs: map[*flow.Step]bool{}, said: map[variable][]string{},
	}
	for _, m := range f.Members() {
		for _, s := range m.Steps {
			fs.uses[s] = append(fs.usesOf(m, s), countersOf(s)...)
			fs.matters[s] = mattering(m, s)
			fs.decides = append(fs.decides, decisionsOf(m, s)...)
			saidAs(reflect.ValueOf(s.Spec), 0, func(name, kind string) {
				fs.said[variable{m, name}] = append(fs.said[variable{m, name}], kind)
			})
		}
		fs.upTo[m.Key], fs.repeated[m.Key] = counters(m)
	}
	for _, used := range fs.uses {
		for _, name := range used {
			field, ok := strings.CutPrefix(name, "result.")
			if ok {
				fs.result[field] = true
			}
			fs.reasons = fs.reasons || field == "reason" && ok || name == "result"
			fs.endings = fs.endings || name == "call.ended_by" || name == "call" || field == "reason" && ok
		}
	}
	for _, inv := range f.Invariants {
		if e, ok := inv.Holds.(compares); ok {
			fs.decides = append(fs.decides, decision{m: f, expr: e, pos: inv.Pos})
		}
	}
	if f.Kind == flow.Meeting {
		fs.meets()
		fs.minds()
	}
	fs.lives()
	for _, m := range f.Members() {
		for _, s := range m.Steps {
			fs.inputs(m, s)
		}
	}
	return fs
}

// usesOf are the names that a step uses, found in whatever it is made of.
func (fs *facts) usesOf(m *flow.Flow, s *flow.Step) []string {
	found := map[string]bool{}
	collect(reflect.ValueOf(s.Spec), found, 0)
	if s.When != nil {
		collect(reflect.ValueOf(&s.When), found, 0)
	}
	switch spec := s.Spec.(type) {
	case *flow.Do:
		for _, name := range spec.Action.In {
			if spec.With[name] == nil {
				found[name] = true
			}
		}
	case *flow.Menu:
		if spec.Choices != nil {
			found[spec.Choices.List] = true
		}
	case *flow.Return:
		for _, name := range m.Returns {
			found[name] = true
		}
	default:
	}
	return slices.Sorted(maps.Keys(found))
}

// mattering are the names that a step uses of whose values something depends: where
// the call goes, what is heard, or another variable.
func mattering(m *flow.Flow, s *flow.Step) []string {
	found := map[string]bool{}
	add := func(names []string) {
		for _, name := range names {
			found[name] = true
		}
	}
	for _, dec := range decisionsOf(m, s) {
		add(dec.expr.Uses())
	}
	saidAs(reflect.ValueOf(s.Spec), 0, func(name, _ string) { found[name] = true })
	switch spec := s.Spec.(type) {
	case *flow.Do:
		for _, t := range spec.With {
			if t != nil && strings.ContainsAny(t.Source(), "([/%") { // it may fail
				add(t.Uses())
			}
		}
		if spec.Action.HTTP != nil {
			collect(reflect.ValueOf(spec), found, 0)
			add(spec.Action.In)
		}
	case *flow.Menu:
		if spec.Choices != nil {
			found[spec.Choices.List] = true
			collect(reflect.ValueOf(spec), found, 0)
		}
	case *flow.Return:
		add(m.Returns)
	case *flow.Mark, *flow.Play, *flow.Record, *flow.Collect, *flow.Answer:
	default:
		collect(reflect.ValueOf(spec), found, 0)
	}
	return slices.Sorted(maps.Keys(found))
}

// collect adds the names that the expressions below a value use.
func collect(v reflect.Value, found map[string]bool, depth int) {
	if depth > 12 || !v.IsValid() {
		return
	}
	if v.CanInterface() {
		if e, ok := reflect.TypeAssert[interface{ Uses() []string }](v); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			for _, name := range reads(e) {
				found[name] = true
			}
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		collect(v.Elem(), found, depth+1)
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), found, depth+1)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			collect(v.MapIndex(key), found, depth+1)
		}
	case reflect.Struct:
		if part, ok := reflect.TypeAssert[flow.PromptPart](v); ok && part.Recording != "" {
			found[part.Recording] = true
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				collect(v.Field(i), found, depth+1)
			}
		}
	default:
	}
}

// reads are the names of which an expression uses the value, or asks whether they are
// set at all.
func reads(e interface{ Uses() []string }) []string {
	names := e.Uses()
	if asks, ok := e.(interface{ Has() []string }); ok {
		names = append(names, asks.Has()...)
	}
	return names
}

// decisionsOf are the expressions of a step that decide where the call goes, or
// what is heard.
func decisionsOf(m *flow.Flow, s *flow.Step) []decision {
	var all []decision
	add := func(e any, target bool) {
		if c, ok := e.(compares); ok {
			all = append(all, decision{m, c, s.Pos, target})
		}
	}
	add(s.When, false)
	whens(reflect.ValueOf(s.Spec), 0, func(e flow.Expr) { add(e, false) })
	switch spec := s.Spec.(type) {
	case *flow.Transfer:
		add(spec.To.ID, true)
	case *flow.Dial:
		add(spec.To.ID, true)
	case *flow.Redirect:
		for _, d := range spec.To {
			add(d.ID, true)
		}
	case *flow.Invite:
		for _, d := range spec.To {
			add(d.ID, true)
		}
	case *flow.Hunt:
		for _, d := range spec.Members {
			add(d.ID, true)
		}
	case *flow.SendKeys:
		add(spec.Keys, false)
	default:
	}
	return all
}

// whens finds the conditions of cases and of parts of prompts.
func whens(v reflect.Value, depth int, found func(flow.Expr)) {
	if depth > 8 || !v.IsValid() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		whens(v.Elem(), depth+1, found)
	case reflect.Slice:
		for i := range v.Len() {
			whens(v.Index(i), depth+1, found)
		}
	case reflect.Struct:
		if part, ok := reflect.TypeAssert[flow.PromptPart](v); ok && part.When != nil {
			found(part.When)
		}
		if c, ok := reflect.TypeAssert[flow.Case](v); ok && c.When != nil {
			found(c.When)
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				whens(v.Field(i), depth+1, found)
			}
		}
	default:
	}
}

// countersOf are the counters of a step's handlers, as names that live.
func countersOf(s *flow.Step) []string {
	var all []string
	var add func(*flow.Edge)
	add = func(e *flow.Edge) {
		if e != nil && e.Counter != "" {
			all = append(all, counterOf(e.Counter))
			add(e.Then)
			add(e.Else)
		}
	}
	for _, e := range s.Edges {
		add(e)
	}
	return all
}

// counters are the counted handlers of a flow, with the count beyond which all
// counts are alike, and the steps that another step does again.
func counters(m *flow.Flow) (upTo map[string]int, repeated map[string]bool) {
	upTo, repeated = map[string]int{}, map[string]bool{}
	var add func(*flow.Step, *flow.Edge)
	add = func(s *flow.Step, e *flow.Edge) {
		switch {
		case e == nil:
		case e.Counter != "":
			upTo[e.Counter] = max(upTo[e.Counter], e.UpTo)
			add(s, e.Then)
			add(s, e.Else)
		case e.To.Kind == flow.ToRepeat && e.To.Step != s.Ref:
			repeated[m.Steps[e.To.Step].ID] = true
		}
	}
	for _, s := range m.Steps {
		for _, e := range s.Edges {
			add(s, e)
		}
	}
	return upTo, repeated
}

// looksBack reports whether the result of the step before may still be read in a step:
// by itself, by what may follow at any moment, or by an invariant.
func (fs *facts) looksBack(s *flow.Step) bool {
	back, known := fs.backs[s]
	if !known {
		about := func(names []string) bool {
			return slices.ContainsFunc(names, func(name string) bool { return base(name) == "result" })
		}
		back = about(fs.uses[s]) || slices.ContainsFunc(fs.root.Invariants, func(inv flow.Invariant) bool {
			e, ok := inv.Holds.(compares)
			return ok && about(e.Uses())
		})
		for other, names := range fs.uses {
			back = back || other.Section != flow.InState && about(names)
		}
		fs.backs[s] = back
	}
	return back
}

func (fs *facts) doubt(pos diag.Pos, format string, args ...any) {
	d := Doubt{pos, fmt.Sprintf(format, args...)}
	if !slices.Contains(fs.doubts, d) {
		fs.doubts = append(fs.doubts, d)
	}
}
