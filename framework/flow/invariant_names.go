package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// HappeningKind is the kind of something that happens in a call.
type HappeningKind string

// What an invariant can speak of.
const (
	Plays     HappeningKind = "play"     // a prompt of the catalogue begins
	Does      HappeningKind = "do"       // an action is started
	Gets      HappeningKind = "outcome"  // an action ends with an outcome
	Transfers HappeningKind = "transfer" // a transfer is asked for
	Records   HappeningKind = "record"   // a recording begins
	Presses   HappeningKind = "key"      // the caller presses a key
	Enters    HappeningKind = "state"    // a state is entered
	Ends      HappeningKind = "end"      // the call ends, or is ended
)

// Happening is something that happens in a call.
type Happening struct {
	Kind    HappeningKind
	Name    string // of the prompt, action, key or state
	Outcome string // of Gets
}

// String is the happening as invariants write it.
func (h Happening) String() string {
	switch h.Kind {
	case Gets:
		return h.Name + "." + h.Outcome
	case Plays, Does, Presses, Enters:
		return string(h.Kind) + "(" + h.Name + ")"
	case Transfers, Records, Ends:
	}
	return string(h.Kind)
}

// promises looks up what the invariants speak of.
func (l *loader) promises() {
	for i := range l.flow.Invariants {
		inv := &l.flow.Invariants[i]
		form, _ := inv.form()
		parts := form.FindStringSubmatch(inv.Text)
		switch inv.Kind {
		case "requires", "never":
			inv.A, inv.B = l.happening(inv, parts[1]), l.happening(inv, parts[2])
		case "always":
			expr, at := cutLast(inv.Text, " at ")
			inv.A = l.happening(inv, at)
			if e := l.compileExpr(inv.node, expr, l.scope, expression.KindBool); e != nil {
				inv.Holds = e
			}
		case "can", "must":
			l.reaching(inv)
		case "silence":
			inv.Within = l.promisedTime(inv, strings.TrimPrefix(inv.Text, "at most "))
		}
	}
}

func cutLast(s, sep string) (before, after string) {
	i := strings.LastIndex(s, sep)
	return s[:i], s[i+len(sep):]
}

// reaching reads "reach A or B within ...".
func (l *loader) reaching(inv *Invariant) {
	text, within := cutLast(strings.TrimPrefix(inv.Text, "reach "), " within ")
	for name := range strings.SplitSeq(text, " or ") {
		if name == "end" && l.byState[name] == nil {
			inv.Reach = append(inv.Reach, Happening{Kind: Ends})
			continue
		}
		inv.Reach = append(inv.Reach, l.happening(inv, "state("+name+")"))
	}
	number, unit, counted := strings.Cut(within, " ")
	if counted {
		n, err := strconv.Atoi(number)
		if err != nil {
			l.badPromise(inv, number, "%s is too large", number)
		}
		if strings.HasPrefix(unit, "key") {
			inv.Keys = n
		} else {
			inv.Steps = n
		}
		if n == 0 {
			l.badPromise(inv, number, "0 %s are none; give a number from 1", unit)
		}
		return
	}
	inv.Within = l.promisedTime(inv, within)
}

// promisedTime reads "30s".
func (l *loader) promisedTime(inv *Invariant, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		l.badPromise(inv, text, "%q is no time; write 30s or 5m", text)
	}
	return d
}

// badPromise reports a part of an invariant.
func (l *loader) badPromise(inv *Invariant, part, format string, args ...any) {
	pos := inv.node.Pos
	if i := strings.Index(inv.node.Value, part); i >= 0 && !inv.node.Block && !strings.ContainsAny(inv.node.Value, "\n\\'\"") {
		pos.Col += len([]rune(inv.node.Value[:i]))
		if inv.node.Quoted {
			pos.Col++
		}
	}
	l.errorf(pos, ruleInvariant, format, args...)
}

// happening reads "play(welcome)", "verify.ok" or "transfer".
func (l *loader) happening(inv *Invariant, text string) Happening {
	word, name, hasName := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	name = strings.TrimSpace(name)
	if !hasName {
		return l.bareHappening(inv, text)
	}
	h := Happening{Kind: HappeningKind(word), Name: name}
	switch h.Kind {
	case Plays:
		l.promised(inv, "prompt", name, names(l.prompts.places))
	case Does:
		l.promised(inv, "action", name, l.allActions())
	case Enters:
		l.promised(inv, "state", name, names(l.byState))
	case Presses:
		k, err := ivr.ParseKey(name)
		if err != nil {
			l.badPromise(inv, text, "%v", err)
		}
		h.Name = k.String()
	case Gets, Transfers, Records, Ends:
		l.badPromise(inv, text, "%s takes nothing in brackets", word)
	default:
		l.badPromise(inv, text, "nothing is called %q%s", shorten(word), cmp.Or(l.didYouMean(word, []string{"play", "do", "key", "state"}), thereAre))
	}
	return h
}

// thereAre is what an invariant may speak of, for messages.
const thereAre = "; there are play(PROMPT), do(ACTION), ACTION.OUTCOME, transfer, record, key(KEY), state(STATE) and end"

func (l *loader) bareHappening(inv *Invariant, text string) Happening {
	name, outcome, dotted := strings.Cut(text, ".")
	if dotted {
		actions := l.allActions()
		l.promised(inv, "action", name, actions)
		if a := l.actionNamed(name); a != nil {
			outcomes := append(slices.Clone(a.Outcomes), outcomeFailed)
			if !slices.Contains(outcomes, outcome) {
				l.badPromise(inv, text, "the action %s has no outcome %q%s", name, shorten(outcome),
					cmp.Or(l.didYouMean(outcome, outcomes), fmt.Sprintf("; it has %s", diag.OneOf(outcomes))))
			}
		}
		return Happening{Kind: Gets, Name: name, Outcome: outcome}
	}
	switch h := (Happening{Kind: HappeningKind(text)}); h.Kind {
	case Transfers, Records, Ends:
		return h
	case Plays, Does, Gets, Presses, Enters:
	}
	mend := l.didYouMean(text, []string{string(Transfers), string(Records), string(Ends)})
	if l.byState[text] != nil {
		mend = fmt.Sprintf("; the state is written state(%s)", text)
	}
	l.badPromise(inv, text, "nothing is called %q%s", shorten(text), cmp.Or(mend, thereAre))
	return Happening{}
}

// promised reports a name that is none.
func (l *loader) promised(inv *Invariant, what, name string, all []string) {
	if !slices.Contains(all, name) {
		l.badPromise(inv, name, "no %s %q%s", what, shorten(name), l.didYouMean(name, all))
	}
}

// allActions are the actions of the flow and of those that it calls.
func (l *loader) allActions() []string {
	var all []string
	for _, m := range l.family.members {
		all = append(all, names(m.flow.Actions)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// actionNamed is the action of a name, of this flow or one that it calls; nil if
// there is none.
func (l *loader) actionNamed(name string) *Action {
	if a := l.flow.Actions[name]; a != nil {
		return a
	}
	for _, key := range names(l.family.members) {
		if a := l.family.members[key].flow.Actions[name]; a != nil {
			return a
		}
	}
	return nil
}
