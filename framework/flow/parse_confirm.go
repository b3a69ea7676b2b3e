package flow

import (
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// parseConfirm makes a menu of two keys.
func parseConfirm(p *stepParser) Spec {
	m := &Menu{Input: p.input(0), Word: p.verb.Name}
	accept, again := p.keyOption("accept"), p.keyOption("again")
	p.confirmKeys(accept, again)
	m.Entries = []Entry{{Keys: accept.String(), Outcome: outcomeDone}, {Keys: again.String(), Outcome: "rejected"}}
	p.menuGlobals(m)
	v := p.variableOption("var")
	if v == nil {
		return m
	}
	e := p.opts["var"]
	p.reads(e.Value.Pos, v.Name)
	if _, written := p.opts["prompt"]; !written && !v.unsure {
		m.Prompt = p.readBack(v, accept, again)
	}
	return m
}

// confirmKeys reports keys that are none, or the same.
func (p *stepParser) confirmKeys(accept, again ivr.Key) {
	for _, name := range []string{"accept", "again"} {
		if e, ok := p.opts[name]; ok && e.Value.Value == "none" {
			p.l.errorf(e.Value.Pos, ruleWrongType, "confirm needs a key here; without one nobody could answer")
			p.bad = true
			return
		}
	}
	if e, ok := p.opts["again"]; accept == again && !p.bad {
		pos := p.pos
		if ok {
			pos = e.Value.Pos
		}
		p.l.errorf(pos, ruleDuplicateKey, "accept and again are both %s; choose two keys", accept.Name())
		p.bad = true
	}
}

// readBack is what is heard if the author wrote no prompt: the value, and what
// to press, in each of the flow's languages.
func (p *stepParser) readBack(v *Var, accept, again ivr.Key) Prompt {
	value, ok := p.spokenVar(v)
	if !ok {
		p.l.errorf(p.opts["var"].Value.Pos, ruleWrongType, "a %s cannot be read back; write a prompt that says what to confirm", v.Type)
		return nil
	}
	out := Prompt{value}
	for _, locale := range p.l.flow.Locales {
		part, ok := p.l.localePart(locale, confirmIn(locale, v.Type, accept, again))
		if ok {
			out = append(out, part)
		}
	}
	return out
}

// spokenVar is a part that speaks a variable by its type.
func (p *stepParser) spokenVar(v *Var) (PromptPart, bool) {
	part := PromptPart{Sensitive: v.Sensitive != NotSensitive}
	var err error
	switch v.Type {
	case TypeString:
		part.Say, err = p.l.scope.text("${" + v.Name + "}")
	case TypeDigits, TypeNumber, TypeMoney, TypeDate, TypeTime, TypePhone:
		part.SayAs = string(v.Type)
		part.Value, err = p.l.scope.expr(v.Name, expression.KindAny)
		if v.Currency != "" {
			part.Currencies = []string{v.Currency}
		}
		p.spoken(p.pos, &part)
	case TypeRecording:
		part.Recording = v.Name
	case TypeBool, TypeList, TypeMap:
		return part, false
	}
	return part, err == nil
}

// confirmIn says which keys to press for a value of a type.
func confirmIn(locale string, of Type, accept, again ivr.Key) string {
	language, _, _ := strings.Cut(locale, "-")
	yes, no := keyIn(language, accept), keyIn(language, again)
	said := func(right, enter, record string) string {
		if of == TypeRecording {
			enter = record
		}
		return fmt.Sprintf(right+" "+enter, yes, no)
	}
	switch language {
	case "de":
		return said("Wenn das richtig ist, drücken Sie die %s.", "Um es zu ändern, drücken Sie die %s.", "Um neu aufzunehmen, drücken Sie die %s.")
	case "fr":
		return said("Si c'est correct, appuyez sur %s.", "Pour recommencer, appuyez sur %s.", "Pour enregistrer à nouveau, appuyez sur %s.")
	case "es":
		return said("Si es correcto, pulse %s.", "Para volver a introducirlo, pulse %s.", "Para volver a grabarlo, pulse %s.")
	case "nl":
		return said("Als dit klopt, druk dan op %s.", "Om het opnieuw in te voeren, druk op %s.", "Om het opnieuw op te nemen, druk op %s.")
	}
	return said("If that is right, press %s.", "To enter it again, press %s.", "To record it again, press %s.")
}

// keyIn is what a key is called.
func keyIn(language string, k ivr.Key) string {
	star := map[string]string{"de": "Sterntaste", "fr": "étoile", "es": "asterisco", "nl": "sterretje", "en": "star"}
	pound := map[string]string{"de": "Rautetaste", "fr": "dièse", "es": "almohadilla", "nl": "hekje", "en": "hash"}
	names := map[ivr.Key]map[string]string{'*': star, '#': pound}[k]
	switch {
	case names == nil:
		return strings.ToUpper(k.String())
	case names[language] == "":
		return names["en"]
	}
	return names[language]
}
