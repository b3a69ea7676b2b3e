package flow

import (
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
)

// sink is what becomes public with the value of an expression. Every
// expression of a step has one; the parser of its verb says which.
type sink string

// The sinks. A sensitive value goes into none but the first.
const (
	// sinkNone is for what stays inside: what the caller hears, what an action
	// reads, and conditions, since which way they went is no secret.
	sinkNone      sink = ""
	sinkLog       sink = "a log line"
	sinkTag       sink = "a tag"
	sinkMilestone sink = "a milestone"
	sinkTarget    sink = "the target of a call"
	sinkSentKeys  sink = "keys that are sent"
	sinkLocale    sink = "the language of the call"
	sinkURL       sink = "a URL, which many logs keep"
	sinkVariable  sink = "a variable" // or a parameter of another flow that is not marked; see use.into
)

// typedKeys is what an expression reads to see the keys themselves.
const typedKeys = "result.keys"

// Secret is the declaration of the sensitive value that a dotted name of an
// expression reads, such as "pin", "card.number" or "config.code"; nil if it
// reads none.
func (f *Flow) Secret(name string) *Var {
	base, field, _ := strings.Cut(name, ".")
	if base != "config" {
		return f.Vars[base].secret()
	}
	if field != "" {
		field, _, _ = strings.Cut(field, ".")
		return f.Config[field].secret()
	}
	for _, name := range names(f.Config) { // all of it at once
		if v := f.Config[name].secret(); v != nil {
			return v
		}
	}
	return nil
}

// secret is the variable if it is sensitive, else nil.
func (v *Var) secret() *Var {
	if v == nil || v.Sensitive == NotSensitive {
		return nil
	}
	return v
}

// secretsOf are the sensitive values among the names that an expression reads.
func (l *loader) secretsOf(names []string) []*Var {
	var found []*Var
	for _, name := range names {
		if v := l.flow.Secret(name); v != nil && !slices.Contains(found, v) {
			found = append(found, v)
		}
	}
	return found
}

// spelled is a declaration as expressions name it.
func (l *loader) spelled(v *Var) string {
	if l.flow.Config[v.Name] == v {
		return "config." + v.Name
	}
	return v.Name
}

// checkSinks reports sensitive values that would become public. What is made
// of a sensitive value by comparing it may: which way a condition went is no
// secret.
func (l *loader) checkSinks() {
	typed := l.secretKeys()
	for _, d := range l.drafts {
		for _, u := range d.uses {
			if u.into != nil {
				l.checkVariable(u)
			} else if u.sink != sinkNone {
				l.checkSink(u)
			}
			if v := typed[d.step.Ref]; v != nil && u.public() && slices.Contains(carried(u), typedKeys) {
				l.errorf(u.pos, ruleSensitive, "result.keys does not hold the keys of %q, which is sensitive, and nothing of them can go into %s; take it out", v.Name, u.sinkName())
			}
		}
	}
}

// carried are the names of which something is in the value of a use.
func carried(u use) []string {
	if c, ok := u.facts.(interface{ Carries() []string }); ok {
		return c.Carries()
	}
	return u.Uses()
}

// ends are the names of texts of which only the last four characters are.
func ends(u use) []string {
	if c, ok := u.facts.(interface{ Tails() []string }); ok {
		return c.Tails()
	}
	return nil
}

// public reports whether the value of a use becomes public.
func (u use) public() bool {
	if u.into != nil {
		return u.into.secret() == nil
	}
	return u.sink != sinkNone
}

// sinkName names what the value of a use goes into.
func (u use) sinkName() string {
	if u.into != nil {
		return `"` + u.into.Name + `", which is not marked sensitive`
	}
	return string(u.sink)
}

func (l *loader) checkSink(u use) {
	for _, v := range l.secretsOf(carried(u)) {
		l.errorf(u.pos, ruleSensitive, "%q is sensitive and cannot go into %s; %s", l.spelled(v), u.sinkName(), l.mend(u, v))
	}
	for _, v := range l.secretsOf(ends(u)) {
		switch {
		case v.Sensitive != SensitiveLast:
			l.errorf(u.pos, ruleSensitive, "%q is sensitive and its end cannot go into %s; sensitive: last4 would allow that", l.spelled(v), u.sinkName())
		case v.short() && !v.badLength:
			l.errorf(u.pos, ruleSensitive, "the last four characters of %q may be all there is of it; give it a length of more than 4", l.spelled(v))
		}
	}
}

// checkConfig is checkSink for what stands in no step and reads nothing of the
// flow but its configuration.
func (l *loader) checkConfig(u use) {
	for _, v := range l.secretsOf(carried(u)) {
		if u.sink != sinkNone && l.flow.Config[v.Name] == v {
			l.errorf(u.pos, ruleSensitive, "%q is sensitive and cannot go into %s; %s", l.spelled(v), u.sinkName(), l.mend(u, v))
		}
	}
}

// short reports whether a value may be no longer than what last4 shows of it.
func (v *Var) short() bool {
	switch v.Type {
	case TypeDigits, TypeString, TypePhone:
		return v.MinLen <= shownEnd
	case TypeNumber, TypeBool, TypeMoney, TypeDate, TypeTime, TypeRecording, TypeList, TypeMap:
	}
	return false
}

// shownEnd is how many characters of a value with sensitive: last4 may be
// shown.
const shownEnd = 4

// checkVariable reports a sensitive value that goes into a variable that does
// not hide it, or not as well.
func (l *loader) checkVariable(u use) {
	if u.into.secret() == nil {
		l.checkSink(u)
		return
	}
	for _, v := range l.secretsOf(carried(u)) {
		if v.shows(u.into) {
			l.errorf(u.pos, ruleSensitive, "%q is never shown, and of %q the last four characters may be; mark %q sensitive: true", l.spelled(v), u.into.Name, u.into.Name)
		}
	}
}

// checkInto reports a sensitive variable whose value goes into one that does not
// hide it, or not as well. where says where the first one is, and hint another
// mend.
func (l *loader) checkInto(pos diag.Pos, from, into *Var, where, hint string) {
	switch {
	case from.secret() == nil:
	case into.secret() == nil:
		l.errorf(pos, ruleSensitive, "%q is sensitive%s and cannot go into %q, which is not marked sensitive; mark %q sensitive as well%s", from.Name, where, into.Name, into.Name, hint)
	case from.shows(into):
		l.errorf(pos, ruleSensitive, "%q is never shown%s, and of %q the last four characters may be; mark %q sensitive: true%s", from.Name, where, into.Name, into.Name, hint)
	}
}

// shows reports whether more may be shown of a sensitive value where it goes
// than where it comes from.
func (v *Var) shows(into *Var) bool {
	return into.Sensitive == SensitiveLast && v.Sensitive != SensitiveLast
}

// mend says what to do about a sensitive value in a sink.
func (l *loader) mend(u use, v *Var) string {
	name := l.spelled(v)
	switch {
	case u.into != nil:
		return `mark "` + u.into.Name + `" sensitive as well`
	case u.sink == sinkTarget || u.sink == sinkSentKeys || u.sink == sinkLocale:
		return "use a value that may be known"
	case u.sink == sinkURL:
		return "send it in a header, or in the json of a post"
	case v.Sensitive == SensitiveLast && v.Type.kind() == expression.KindString && !v.short():
		return "the end of it may be shown: ${" + name + "[-4:]}"
	}
	return "take it out, or show only what a condition says of it, such as ${has(" + name + ")}"
}

// secretKeys says of each step whose keys result.keys holds when it begins, as
// far as they are those of a sensitive variable. The engine leaves them out
// there: the finding tells the author that he would get nothing.
func (l *loader) secretKeys() map[StepRef]*Var {
	typed := map[StepRef]*Var{}
	var visit func(d *draft, v *Var)
	visit = func(d *draft, v *Var) {
		if d == nil || typed[d.step.Ref] != nil {
			return
		}
		typed[d.step.Ref] = v
		d.follows(func(to Goto, how edgeInfo) {
			if how.outcome == "" || d.keepsResult() {
				visit(l.stepOf(to), v)
			}
		})
	}
	for _, d := range l.drafts {
		c, ok := d.step.Spec.(*Collect)
		if !ok {
			continue
		}
		v := l.flow.Vars[c.Var].secret()
		if v == nil {
			continue
		}
		d.follows(func(to Goto, how edgeInfo) {
			if how.outcome == outcomeDone {
				visit(l.stepOf(to), v)
			}
		})
	}
	return typed
}

// keepsResult reports whether result is the same after a step as before it.
func (d *draft) keepsResult() bool {
	_, hours := d.step.Spec.(*Hours)
	return !d.waits() && !hours
}
