package dev

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// standIns play the actions that a flow declares. They are safe for
// concurrent use.
type standIns struct {
	given map[string][]string
	today time.Time

	mu    sync.Mutex
	flow  *flow.Flow
	known map[string]bool                // registered with the bot
	used  map[string]int                 // in this call
	told  func(name, text, given string) // given: what --given may say
}

func newStandIns(given map[string][]string, today time.Time) *standIns {
	return &standIns{given: given, today: today, known: map[string]bool{}, used: map[string]int{}, told: func(string, string, string) {}}
}

// check refuses outcomes and configuration values that the flow does not know.
// The error names all.
func (s *standIns) check(f *flow.Flow, config map[string]any) error {
	var errs []error
	for name, v := range config {
		decl := f.Config[name]
		if decl == nil {
			errs = append(errs, fmt.Errorf("--set %s: the flow %q declares no configuration value %q", name, f.Name, name))
		} else if _, err := decl.Coerce(v); err != nil {
			errs = append(errs, fmt.Errorf("--set %s: %w", name, err))
		}
	}
	for name, outcomes := range s.given {
		decl := f.Actions[name]
		if h := requestStep(f, name); decl == nil && h != nil {
			errs = append(errs, checkStatuses(name, outcomes))
			continue
		}
		if decl == nil {
			errs = append(errs, fmt.Errorf("--given %s: the flow %q declares no action %q", name, f.Name, name))
			continue
		}
		for _, o := range outcomes {
			if o != "failed" && !slices.Contains(decl.Outcomes, o) {
				errs = append(errs, fmt.Errorf("--given %s=%s: the action's outcomes are %s, failed", name, o, strings.Join(decl.Outcomes, ", ")))
			}
		}
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// register gives the bot what the flow needs and it does not have.
func (s *standIns) register(b *bot.Bot, f *flow.Flow) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, decl := range f.Actions {
		if s.known[decl.Name] || decl.HTTP != nil {
			continue
		}
		err := bot.RegisterAction(b, bot.Action[map[string]any, map[string]any]{
			Name: decl.Name, Outcomes: decl.Outcomes,
			Do: func(context.Context, map[string]any) (map[string]any, string, error) { return s.play(decl.Name) },
		})
		if err != nil {
			return err
		}
		s.known[decl.Name] = true
	}
	return nil
}

// begin is for a new call: the lists of outcomes begin anew.
func (s *standIns) begin(f *flow.Flow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flow = f
	clear(s.used)
}

// play is one use of an action.
func (s *standIns) play(name string) (map[string]any, string, error) {
	s.mu.Lock()
	decl, n := s.flow.Actions[name], s.used[name]
	s.used[name]++
	f, told := s.flow, s.told
	s.mu.Unlock()
	if decl == nil {
		return nil, "", fmt.Errorf("the flow declares no action %q any more", name)
	}
	outcome := decl.Outcomes[0]
	if list := s.given[name]; len(list) > 0 {
		outcome = list[min(n, len(list)-1)]
	}
	if outcome == "failed" {
		told(name, "failed, as given", "OUTCOME")
		return nil, "", errors.New("failed as --given says")
	}
	out, shown := s.outputs(f, decl)
	told(name, strings.TrimSpace(outcome+" "+shown), "OUTCOME")
	return out, outcome, nil
}

// outputs are values of the types into which the flow takes them, and what may
// be shown of them.
func (s *standIns) outputs(f *flow.Flow, decl *flow.Action) (map[string]any, string) {
	out := map[string]any{}
	var shown []string
	for _, name := range decl.Out {
		v := outputVar(f, decl, name)
		if v == nil {
			continue
		}
		value := s.plausible(v)
		if value == nil {
			continue
		}
		out[name] = value
		if secretOutput(f, decl, name) {
			value = "(hidden)"
		}
		shown = append(shown, fmt.Sprintf("%s: %v", name, value))
	}
	if len(shown) == 0 {
		return out, ""
	}
	return out, "{" + strings.Join(shown, ", ") + "}"
}

// outputVar is the variable that an output goes into.
func outputVar(f *flow.Flow, decl *flow.Action, name string) *flow.Var {
	for _, m := range f.Members() {
		for _, s := range m.Steps {
			if do, ok := s.Spec.(*flow.Do); ok && do.Action.Name == decl.Name && do.Into[name] != "" {
				return m.Vars[do.Into[name]]
			}
		}
	}
	return f.Vars[name]
}

// secretOutput reports whether any step takes an output into a sensitive
// variable. Nobody knows here which step it is that runs.
func secretOutput(f *flow.Flow, decl *flow.Action, name string) bool {
	for _, s := range f.Steps {
		if do, ok := s.Spec.(*flow.Do); ok && do.Action.Name == decl.Name && f.Secret(do.Into[name]) != nil {
			return true
		}
	}
	return false
}

// plausible is a value of a variable's type.
func (s *standIns) plausible(v *flow.Var) any {
	switch v.Type {
	case flow.TypeString:
		return fit("example", "x", v)
	case flow.TypeDigits:
		return fit("1234", "5", v)
	case flow.TypeNumber:
		return 42.0
	case flow.TypeBool:
		return true
	case flow.TypeMoney:
		return "1234.50 " + v.Currency
	case flow.TypeDate:
		return s.today.AddDate(0, 0, 1).Format(time.DateOnly)
	case flow.TypeTime:
		return "15:00"
	case flow.TypePhone:
		return standInPhone
	case flow.TypeList:
		return []any{}
	case flow.TypeMap:
		return map[string]any{}
	case flow.TypeRecording:
	}
	return nil // nobody has spoken
}

// standInPhone is a number that Ofcom keeps for fiction.
const standInPhone = "+441632960100"

// fit makes a text as long as the variable wants it.
func fit(text, more string, v *flow.Var) string {
	if v.MaxLen > 0 && len(text) > v.MaxLen {
		text = text[:v.MaxLen]
	}
	return text + strings.Repeat(more, max(0, v.MinLen-len(text)))
}

// configure is the flow's part of the configuration: what was given, and for
// what was not a plausible value. told says which values were made up.
func (s *standIns) configure(f *flow.Flow, given map[string]any) (values map[string]any, told []string) {
	values = map[string]any{}
	maps.Copy(values, given)
	for name, decl := range f.Config {
		if _, ok := values[name]; ok || decl.Default != nil {
			continue
		}
		values[name] = s.configValue(f, name, decl)
		told = append(told, fmt.Sprintf("config.%s is not given: %v stands in for it (--set %s=VALUE)", name, values[name], name))
	}
	slices.Sort(told)
	return values, told
}

// configValue makes up a value. A text that a transfer or redirect uses, or
// that is named like somebody, is an object id or a telephone number.
func (s *standIns) configValue(f *flow.Flow, name string, decl *flow.Var) any {
	if decl.Type != flow.TypeString {
		return s.plausible(decl)
	}
	kind := targetKind(f, "config."+name)
	if kind == "" {
		kind = kindByName(name)
	}
	switch kind {
	case "":
		return s.plausible(decl)
	case ivr.PartyPhone:
		return standInPhone
	default:
		return standInID(name)
	}
}

// targetKind is the kind of target that is made of an expression's name.
func targetKind(f *flow.Flow, reads string) ivr.PartyKind {
	for _, s := range f.AllSteps() {
		var to []flow.Dest
		switch spec := s.Spec.(type) {
		case *flow.Transfer:
			to = []flow.Dest{spec.To}
		case *flow.Hunt:
			to = spec.Members
		case *flow.Redirect:
			to = spec.To
		default:
		}
		for _, d := range to {
			if slices.Contains(d.ID.Reads(), reads) {
				return d.Kind
			}
		}
	}
	return ""
}

func kindByName(name string) ivr.PartyKind {
	for word := range strings.SplitSeq(name, "_") {
		switch word {
		case "phone", "number", "telephone":
			return ivr.PartyPhone
		case "desk", "user", "agent", "queue", "operator", "reception", "support", "sales", "person", "id":
			return ivr.PartyUser
		}
	}
	return ""
}
