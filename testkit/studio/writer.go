package studio

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/outline"
)

// writer writes the section of one flow.
type writer struct {
	f       *flow.Flow
	file    string
	locales []string
	section Section
	way     *order
	index   map[string]int // of section.Texts, by what makes them one
}

func newWriter(f *flow.Flow, locales []string) *writer {
	return &writer{f: f, locales: locales, way: newOrder(f), index: map[string]int{}}
}

func (w *writer) write() {
	for _, s := range w.way.steps() {
		if s.BuiltIn && w.f.Key != "" {
			continue // who called it says so
		}
		for _, r := range roles(s) {
			for i, unit := range units(r.prompt) {
				w.unit(s, r, i, unit)
			}
		}
		if m, ok := s.Spec.(*flow.Menu); ok && m.Choices != nil {
			w.choices(s, m)
		}
	}
	w.values()
	w.fragments()
}

// choices adds what is said of each item that a menu offers.
func (w *writer) choices(s *flow.Step, m *flow.Menu) {
	r := role{when: "for each item of " + m.Choices.List + ", in the menu", often: fmt.Sprintf("up to %d times", m.Choices.Max), keys: bargeKeys(m.BargeIn)}
	before := w.way.before(s)
	if u := units(m.Prompt); len(u) > 0 {
		before = []string{u[len(u)-1].name()}
	}
	var forms []Form
	for _, locale := range w.locales {
		forms = append(forms, w.template(locale, m.Choices.Label, true))
	}
	w.add(s, s.ID+", choices", Inline, forms, w.use(s, r, before, []string{"the caller's keys"}))
}

// unit is one thing to be heard: a part of a prompt, or the parts of it for callers of
// several languages.
type unit []*flow.PromptPart

func units(p flow.Prompt) []unit {
	var all []unit
	for i := range p {
		part := &p[i]
		if n := len(all); n > 0 && part.Locale != "" && all[n-1][0].Locale != "" && !slices.ContainsFunc(all[n-1], func(o *flow.PromptPart) bool { return o.Locale == part.Locale }) {
			all[n-1] = append(all[n-1], part)
			continue
		}
		all = append(all, unit{part})
	}
	return all
}

// name is what a unit is called where others are heard before or after it.
func (u unit) name() string { return outline.Clip(outline.Words(flow.Prompt{*u[0]}), 40) }

// unit adds the i-th thing of a prompt.
func (w *writer) unit(s *flow.Step, r role, i int, u unit) {
	all := units(r.prompt)
	before, after := r.before, r.after
	if i > 0 {
		before = []string{all[i-1].name()}
	} else if before == nil {
		before = w.way.before(s)
	}
	if i+1 < len(all) {
		after = []string{all[i+1].name()}
	} else if after == nil {
		after = w.way.after(s)
	}
	use := w.use(s, r, before, after)
	p := u[0]
	if p.When != nil {
		use.If = join(use.If, p.When.Source())
	}
	switch {
	case p.Key != "":
		var forms []Form
		for _, locale := range w.locales {
			forms = append(forms, form(w.f.Catalogue, locale, p.Key))
		}
		w.add(s, p.Key, Prompt, forms, use)
	case p.Say != nil:
		kind, forms := Inline, w.spoken(u)
		if s.BuiltIn {
			kind = BuiltIn
			for i := range forms {
				forms[i].Status = Given
			}
		}
		w.add(s, partKey(s, r, i), kind, forms, use)
	case p.File != "":
		w.add(s, partKey(s, r, i), File, w.filed(u), use)
	}
}

// partKey names what has no key of its own.
func partKey(s *flow.Step, r role, i int) string {
	switch {
	case s.BuiltIn:
		return "the apology"
	case i > 0:
		return fmt.Sprintf("%s, %s, part %d", s.ID, r.name, i+1)
	}
	return s.ID + ", " + r.name
}

// spoken are inline texts. One without a locale is for all callers.
func (w *writer) spoken(u unit) []Form {
	var forms []Form
	for _, locale := range w.locales {
		for _, p := range u {
			if p.Say != nil && (p.Locale == locale || p.Locale == "") {
				forms = append(forms, w.template(locale, p.Say, p.Locale == ""))
			}
		}
	}
	return forms
}

// filed are audio files. One without a locale, such as music, is for all callers.
func (w *writer) filed(u unit) []Form {
	var forms []Form
	for _, locale := range w.locales {
		for _, p := range u {
			if p.File != "" && (p.Locale == locale || p.Locale == "") {
				forms = append(forms, Form{Locale: locale, Status: Recorded, Seconds: seconds(p.Length), Measured: true})
			}
		}
	}
	return forms
}

// template is a text that may have values in it. all says that it is for callers of
// all languages: in which it is, nobody but its author knows, and the flow's default
// is assumed.
func (w *writer) template(locale string, t flow.Template, all bool) Form {
	if all && locale != w.locales[0] && strings.ContainsFunc(t.Fixed(), unicode.IsLetter) {
		return Form{Locale: locale, Status: Missing}
	}
	if text, ok := t.Constant(); ok {
		return Form{Locale: locale, Status: ToRecord, Text: text, Seconds: seconds(prompt.Estimate(text, locale))}
	}
	return Form{Locale: locale, Status: Variable, Text: t.Source(), Seconds: seconds(prompt.Estimate(t.Fixed(), locale))}
}

// add adds a use to a text. Texts with the same words, such as one of defaults that
// many steps have, are one.
func (w *writer) add(s *flow.Step, key string, kind Kind, forms []Form, use Use) {
	if len(forms) == 0 {
		return // for callers of other languages
	}
	same := string(kind) + " " + key
	if kind == Inline {
		same = fmt.Sprint(forms)
	}
	i, ok := w.index[same]
	if !ok {
		i = len(w.section.Texts)
		w.index[same] = i
		w.section.Texts = append(w.section.Texts, Text{Key: key, Kind: kind, In: forms})
	}
	if s.BuiltIn {
		use.State, use.Place = "", ""
	}
	t := &w.section.Texts[i]
	t.Uses = append(t.Uses, use)
}

func (w *writer) use(s *flow.Step, r role, before, after []string) Use {
	u := Use{State: s.State, Step: s.ID, When: r.when, Often: r.often, Keys: r.keys, Before: before, After: after, Another: r.another, Place: fmt.Sprintf("%s:%d", w.file, s.Pos.Line)}
	if cause := causes(w.f, s); cause != "" {
		u.When = "after " + cause + ", " + u.When
	}
	if s.When != nil {
		u.If = s.When.Source()
	}
	return u
}

// causes are the outcomes after which a step runs.
func causes(f *flow.Flow, s *flow.Step) string {
	var all []string
	for p := s; p.Parent != flow.None; p = f.Steps[p.Parent] {
		all = append(all, outline.Cause(f, p))
	}
	slices.Reverse(all)
	return strings.Join(all, " › ")
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", and " + b
}

// role is a prompt of a step, and what it is for.
type role struct {
	name          string // "prompt", "no_input 1"
	prompt        flow.Prompt
	when          string
	often         string
	keys          string
	another       string
	before, after []string // nil: what the flow's order says
}

// roles are the prompts of a step in the order in which they are heard.
func roles(s *flow.Step) []role {
	switch spec := s.Spec.(type) {
	case *flow.Play:
		r := role{name: "prompt", prompt: spec.Prompt, when: "the call comes here", keys: playKeys(spec.BargeIn)}
		if spec.Loop > 1 {
			r.often = fmt.Sprintf("%d times over", spec.Loop)
		}
		if s.BuiltIn {
			r.when, r.before = "something has failed that the flow does not handle", []string{"anything"}
		}
		return []role{r}
	case *flow.Menu:
		return inputRoles(&spec.Input, "the caller is to choose")
	case *flow.Collect:
		return inputRoles(&spec.Input, "the caller is to enter "+spec.Var)
	case *flow.Record:
		r := role{name: "prompt", prompt: spec.Prompt, when: "before " + spec.Var + " is recorded", keys: bargeKeys(spec.BargeIn), after: []string{"the caller speaks"}}
		if spec.Consent == flow.ConsentAsked {
			r.when, r.after = "the caller is asked to agree to the recording of "+spec.Var, []string{"the key 1 to agree"}
		}
		return []role{r}
	case *flow.Do:
		return []role{whileRole(spec.Action.Waiting, spec.Action.Name)}
	case *flow.HTTP:
		return []role{whileRole(spec.Waiting, "the request")}
	case *flow.Hold:
		return []role{{name: "music", prompt: spec.Music, when: "somebody is on hold", often: "over and over", keys: "", another: "who is on hold"}}
	case *flow.Hunt:
		return append(consultRoles(&spec.Consult), role{name: "say", prompt: spec.Say, when: "the caller waits for somebody of " + spec.Group, often: "every " + spec.Every.String(),
			keys: "keys lead elsewhere if the step has them", after: []string{"the music"}})
	default:
		if c := flow.ConsultOf(spec); c != nil {
			return consultRoles(c)
		}
		return nil
	}
}

func whileRole(p flow.Prompt, what string) role {
	return role{name: "waiting", prompt: p, when: "while " + what + " takes longer than a second", often: "over and over", keys: playKeys(flow.BargeUnset)}
}

func consultRoles(c *flow.Consult) []role {
	return []role{
		{name: "music", prompt: c.Music, when: "while somebody is called", often: "over and over", keys: playKeys(flow.BargeUnset), after: []string{"the call is taken, or not"}},
		{name: "announce", prompt: c.Announce, when: "somebody has answered, before the call is handed over", another: "who is called", keys: "", before: []string{"the ringing"}, after: []string{"the call is taken, or not"}},
	}
}

// inputRoles are the prompts of a step that waits for keys.
func inputRoles(in *flow.Input, what string) []role {
	asks := role{name: "prompt", prompt: in.Prompt, when: what, keys: bargeKeys(in.BargeIn)}
	if in.Tries > 1 && in.Reprompt {
		asks.often = fmt.Sprintf("up to %d times", in.Tries)
	}
	all := []role{asks}
	after := []string{"the caller's keys"}
	if u := units(in.Prompt); in.Reprompt && len(u) > 0 {
		after = []string{u[0].name()}
	}
	for _, kind := range []struct {
		name, when string
		prompts    []flow.Prompt
	}{{"no_input", "nothing was pressed", in.NoInput}, {"no_match", "what was pressed does not fit", in.NoMatch}} {
		for i, p := range kind.prompts[:min(len(kind.prompts), in.Tries-1)] { // the last try leads on
			r := role{name: fmt.Sprintf("%s %d", kind.name, i+1), prompt: p, when: kind.when, keys: bargeKeys(in.BargeIn), before: []string{"the caller's keys"}, after: after}
			if kind.name == "no_input" {
				r.before = []string{"silence"}
			}
			r.often = nth(i, len(kind.prompts), in.Tries)
			all = append(all, r)
		}
	}
	return all
}

// nth says which of the failed tries an error prompt is for.
func nth(i, n, tries int) string {
	last := tries - 1
	switch {
	case i < n-1 || last == i+1:
		return fmt.Sprintf("after try %d", i+1)
	case last == i+2:
		return fmt.Sprintf("after tries %d and %d", i+1, last)
	default:
		return fmt.Sprintf("after tries %d to %d", i+1, last)
	}
}

func playKeys(b flow.BargeIn) string {
	switch b {
	case flow.BargeOn:
		return "a key ends it"
	case flow.BargeOff:
		return "keys are dropped"
	case flow.BargeUnset:
	}
	return "it is heard to its end; keys count for what follows"
}

func bargeKeys(b flow.BargeIn) string {
	if b == flow.BargeOn {
		return "a key ends it"
	}
	return "it is heard to its end; keys are dropped"
}
