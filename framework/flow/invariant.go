package flow

import (
	"regexp"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// invariants keeps the flow's promises. They are proved elsewhere; here only
// their form is looked at.
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
				l.errorf(item.Pos, ruleInvariant, "an invariant is one of: A requires B; never: ...; can: ...; must: ...; always: ...")
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
		l.flow.Invariants = append(l.flow.Invariants, inv)
	}
}

// Invariant is a promise that a flow makes about itself. This version checks
// its form only.
type Invariant struct {
	Kind string // requires, never, can, must or always
	Text string // without the kind: "play(balance) requires verify.ok", "reach agent within 16 keys"
	Pos  diag.Pos
}

var (
	requiresForm = regexp.MustCompile(`^\S+ requires \S+$`)
	neverForm    = regexp.MustCompile(`^\S+ after \S+$`)
	canForm      = regexp.MustCompile(`^reach [a-z0-9_]+ within ([0-9]+ keys|[0-9hms]+)$`)
	mustForm     = regexp.MustCompile(`^reach [a-z0-9_]+( or [a-z0-9_]+)* within ([0-9]+ steps|[0-9hms]+)$`)
	alwaysForm   = regexp.MustCompile(`^.+ at \S+$`)
)

// shape is how the invariant should have been written; empty if it is fine.
func (i Invariant) shape() string {
	form, want := requiresForm, "A requires B"
	switch i.Kind {
	case "never":
		form, want = neverForm, "never: A after B"
	case "can":
		form, want = canForm, "can: reach STATE within 16 keys, or within 30s"
	case "must":
		form, want = mustForm, "must: reach STATE or end within 200 steps, or within 5m"
	case "always":
		form, want = alwaysForm, "always: EXPRESSION at A"
	}
	if form.MatchString(i.Text) {
		return ""
	}
	return want
}
