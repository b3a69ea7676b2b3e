package flow

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// invariants reads the flow's promises. Their names are looked up later, when all
// there are is known.
func (l *loader) invariants(e tree.Entry) {
	if e.Value.Kind != tree.List {
		e.Value.Wrong(&l.list, "a list of invariants")
		return
	}
	for _, item := range e.Value.Items {
		inv := Invariant{Kind: "requires", Pos: item.Pos}
		text := item
		if item.Kind == tree.Map {
			fields := item.MeantFields(&l.list, "an invariant", keysOf(promiseFields())...)
			if len(fields) == 0 && len(item.Entries) == 1 {
				continue // reported
			}
			if len(fields) != 1 || len(item.Entries) != 1 {
				l.errorf(item.Pos, ruleInvariant, "an invariant is one of: A requires B; never: ...; can: ...; must: ...; always: ...; silence: ...")
				continue
			}
			inv.Kind, text = fields[0].Key, fields[0].Value
		}
		var ok bool
		if inv.Text, ok = text.Str(&l.list); !ok {
			continue
		}
		if want := inv.shape(); want != "" {
			l.errorf(text.Pos, ruleInvariant, "this invariant is written %s", want)
			continue
		}
		inv.node = text
		l.flow.Invariants = append(l.flow.Invariants, inv)
	}
}

// Invariant is a promise that a flow makes about itself. What it means for calls
// is said in the manual; package testkit/prove finds out whether it holds.
type Invariant struct {
	Kind string // requires, never, can, must, always or silence
	Text string // without the kind: "play(balance) requires verify.ok", "reach agent within 16 keys"
	Pos  diag.Pos

	A, B   Happening     // A requires B; never: A after B; always: ... at A
	Reach  []Happening   // can and must: states, or the end
	Keys   int           // can: within so many keys; 0 if Within is given
	Steps  int           // must: within so many steps; 0 if Within is given
	Within time.Duration // can and must: within that time; 0 if a number is given. silence: at most so long
	Holds  Expr          // always

	node *tree.Node
}

// String is the invariant as a flow's file has it.
func (i Invariant) String() string {
	if i.Kind == "requires" {
		return i.Text
	}
	return i.Kind + ": " + i.Text
}

const happening = `([^\s()]+|[a-z]+\([^()]*\))`

var (
	requiresForm = regexp.MustCompile(`^` + happening + ` requires ` + happening + `$`)
	neverForm    = regexp.MustCompile(`^` + happening + ` after ` + happening + `$`)
	canForm      = regexp.MustCompile(`^reach [a-z0-9_]+ within ([0-9]+ keys?|[0-9hms.]+)$`)
	mustForm     = regexp.MustCompile(`^reach [a-z0-9_]+( or [a-z0-9_]+)* within ([0-9]+ steps?|[0-9hms.]+)$`)
	alwaysForm   = regexp.MustCompile(`^.+ at ` + happening + `$`)
	silenceForm  = regexp.MustCompile(`^at most [0-9hms.]+$`)
)

// form is how an invariant of the kind is written, as a pattern and in words.
func (i Invariant) form() (form *regexp.Regexp, words string) {
	switch i.Kind {
	case "never":
		return neverForm, "never: A after B"
	case "can":
		return canForm, "can: reach STATE within 16 keys, or within 30s"
	case "must":
		return mustForm, "must: reach STATE or end within 200 steps, or within 5m"
	case "always":
		return alwaysForm, "always: EXPRESSION at A"
	case "silence":
		return silenceForm, "silence: at most 12s"
	}
	return requiresForm, "A requires B"
}

// shape is how the invariant should have been written; empty if it is fine.
func (i Invariant) shape() string {
	form, want := i.form()
	if form.MatchString(i.Text) {
		return ""
	}
	if kind, _, _ := strings.Cut(i.Text, ":"); i.Kind == "requires" && slices.Contains(keysOf(promiseFields()), kind) {
		_, want = Invariant{Kind: kind}.form()
		want += ", and without quotes"
	}
	return want
}
