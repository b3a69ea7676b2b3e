package replay

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// lost are the variables whose values are made up, or made of such, by flow and
// name: "flows/card number".
type lost map[string]bool

// people says that it is not known who is in the meeting.
const people = "call.roster"

func (l lost) copied() lost {
	if len(l) == 0 {
		return lost{}
	}
	return maps.Clone(l)
}

func (l lost) add(key, name string) { l[key+" "+name] = true }

// changed adds what a beat has changed that is made up, or might have.
func (l lost) changed(f *Flow, b *beat) {
	key := b.after.Running
	if _, ok := b.ev.(ivr.ActionReturned); ok {
		step, _ := f.StepAt(b.before.Running, b.before.State)
		for _, name := range brings(step) {
			l.add(b.before.Running, name)
		}
	}
	for name, v := range b.after.Vars {
		if was, ok := b.before.Vars[name]; !ok || !reflect.DeepEqual(was, v) {
			l.add(key, name)
		}
	}
	if b.before.Result.Keys != b.after.Result.Keys {
		l.add(key, "result")
	}
	if _, ok := b.ev.(ivr.RosterChanged); ok {
		l[people] = true
	}
}

// brings are the variables that what a step returns may go into.
func brings(step *flow.Step) []string {
	if step == nil {
		return nil
	}
	switch spec := step.Spec.(type) {
	case *flow.HTTP:
		return slices.Collect(maps.Values(spec.Into))
	case *flow.Do:
		names := slices.Clone(spec.Action.Out)
		for i, name := range names {
			if into := spec.Into[name]; into != "" {
				names[i] = into
			}
		}
		return names
	default:
		return nil
	}
}

// spread adds what a beat has made of lost values.
func (l lost) spread(f *Flow, b *beat) {
	if len(l) == 0 {
		return
	}
	for _, at := range visited(f, b) {
		switch spec := at.step.Spec.(type) {
		case *flow.Set:
			for _, a := range spec.Assign {
				if l.among(at.key, a.Value.Uses()) {
					l.add(at.key, a.Var)
				}
			}
		case *flow.Call:
			for name, t := range spec.With {
				if l.among(at.key, t.Uses()) {
					l.add(spec.Flow, name)
				}
			}
			for name, into := range spec.Into {
				if l[spec.Flow+" "+name] {
					l.add(at.key, into)
				}
			}
		case *flow.Menu:
			if c := spec.Choices; c != nil && l[at.key+" "+c.List] {
				l.add(at.key, c.Into)
			}
		default: // actions bring values of their own, which the journal has, or has lost
		}
	}
}

func (l lost) among(key string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		root, _, _ := strings.Cut(name, ".")
		return l[key+" "+root]
	})
}

// reads is the first step of which a beat depends on a lost value: one that decides
// by it, or that says something only then. "" if none does.
func (l lost) reads(f *Flow, b *beat) (string, *flow.Step) {
	if len(l) == 0 {
		return "", nil
	}
	for _, at := range visited(f, b) {
		names := f.words.reads[at.step]
		if l.among(at.key, names) || l.offers(at) || l[people] && (slices.Contains(names, people) || meets(at.step)) {
			return fmt.Sprintf("%s (%s)", at.step.ID, at.step.Pos), at.step
		}
	}
	return "", nil
}

// meets reports whether a step has to do with who is in a meeting.
func meets(s *flow.Step) bool {
	switch s.Spec.(type) {
	case *flow.Join, *flow.Invite, *flow.Mute, *flow.Hold, *flow.RouteAudio, *flow.Wait:
		return true
	default:
		return false
	}
}

// offers reports whether a menu offers what is lost.
func (l lost) offers(at place) bool {
	m, ok := at.step.Spec.(*flow.Menu)
	return ok && m.Choices != nil && l[at.key+" "+m.Choices.List]
}

// place is a step of a flow of the family.
type place struct {
	key  string
	step *flow.Step
}

// visited are the steps in which a call was before, during and after a beat.
func visited(f *Flow, b *beat) []place {
	var all []place
	add := func(key, state string) {
		step, _ := f.StepAt(key, state)
		if step != nil && (len(all) == 0 || all[len(all)-1].step != step) {
			all = append(all, place{key, step})
		}
	}
	add(b.before.Running, b.before.State)
	for _, cmd := range b.cmds {
		if m, ok := cmd.(ivr.Moved); ok {
			add(m.Flow, m.State)
		}
	}
	return all
}

// readsLost is the first step of a beat that depends on a value that is not known.
func (p *player) readsLost(b *beat, l lost) string {
	if name, _ := l.reads(p.f, b); name != "" || !p.f.words.blind {
		return name
	}
	for _, at := range visited(p.f, b) {
		if slices.ContainsFunc(p.f.words.reads[at.step], func(name string) bool { return strings.HasPrefix(name, "config.") }) {
			return fmt.Sprintf("%s (%s)", at.step.ID, at.step.Pos)
		}
	}
	return ""
}

// reader is an expression or a template.
type reader interface {
	Source() string
	Reads() []string
}

// readsOf are the names that a step's expressions read.
func readsOf(s *flow.Step) []string {
	var names []string
	expressions(reflect.ValueOf(*s), func(e reader) {
		names = append(names, e.Reads()...)
		if t, ok := e.(flow.Template); ok {
			names = append(names, t.Uses()...)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// expressions visits those in a step's description, but for what follows it.
func expressions(v reflect.Value, visit func(reader)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if e, ok := reflect.TypeAssert[reader](v); ok {
			visit(e)
			return
		}
		expressions(v.Elem(), visit)
	case reflect.Struct:
		for f, of := range v.Fields() {
			if f.IsExported() && f.Name != "Edges" {
				expressions(of, visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			expressions(v.Index(i), visit)
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			expressions(iter.Value(), visit)
		}
	default:
	}
}
