package flow

import "strings"

// Apology is what a caller hears when a flow without on_error fails.
func Apology(locale string) string {
	language, _, _ := strings.Cut(locale, "-")
	switch language {
	case "de":
		return "Es tut uns leid, gerade ist ein technischer Fehler aufgetreten. Bitte rufen Sie später noch einmal an."
	case "fr":
		return "Nous sommes désolés, un problème technique est survenu. Veuillez rappeler plus tard."
	case "es":
		return "Lo sentimos, se ha producido un problema técnico. Por favor, vuelva a llamar más tarde."
	case "nl":
		return "Het spijt ons, er is een technisch probleem opgetreden. Belt u later alstublieft opnieuw."
	}
	return "We are sorry, something has gone wrong on our side. Please call again later."
}

// defaultOnError gives a flow without on_error the built-in one: an apology
// in the caller's language, and the end.
func (l *loader) defaultOnError() {
	if l.onError != nil {
		return
	}
	b := &block{name: "on_error", section: InOnError}
	b.pos.File = l.file
	say := &Play{Loop: 1, BargeIn: BargeOff}
	for _, locale := range l.flow.Locales {
		if part, ok := l.localePart(locale, Apology(locale)); ok {
			say.Prompt = append(say.Prompt, part)
		}
	}
	for i, spec := range []Spec{say, &End{}} {
		verb := l.verbs[[]string{"play", "end"}[i]]
		step := &Step{State: b.name, Section: b.section, Pos: b.pos, Spec: spec, BuiltIn: true}
		b.steps = append(b.steps, &draft{block: b, verb: verb, step: step, outcomes: verb.Outcomes})
	}
	l.onError = b
}

// localePart is a built-in text in one of the flow's languages. Those of the
// others are skipped when it plays.
func (l *loader) localePart(locale, words string) (PromptPart, bool) {
	text, err := l.scope.text(words)
	return PromptPart{Say: text, Locale: locale}, err == nil
}
