package flow

import (
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

func (l *loader) checkUnused() {
	var fragments []string
	for _, key := range names(l.prompts.places) {
		switch {
		case l.used.prompts[key]:
		case prompt.IsFragment(key):
			fragments = append(fragments, key)
		default:
			l.warnf(l.prompts.places[key], ruleUnusedPrompt, "nothing plays the prompt %q", key)
		}
	}
	if len(fragments) > 0 && len(l.used.spoken) == 0 && !l.used.anyValue {
		l.warnf(l.prompts.places[fragments[0]], ruleUnusedPrompt, "no value is spoken with say_as, so nothing plays %s", cut(fragments))
	}
	for _, name := range names(l.flow.Vars) {
		if !l.used.vars[name] {
			l.warnf(l.flow.Vars[name].Pos, ruleUnusedVariable, "nothing uses the variable %q", name)
		}
	}
	l.unusedSchedules()
	l.unusedGroups()
	for _, name := range names(l.used.actions) {
		l.warnf(l.used.actions[name], ruleUnusedAction, "nothing does the action %q", name)
	}
}

// cut is a list for a message, cut short.
func cut(words []string) string {
	const most = 5
	if n := len(words) - most; n > 1 {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(words, ", ")
}

// checkTranslations warns of prompts that callers hear in another language.
func (l *loader) checkTranslations() {
	for _, key := range names(l.used.prompts) {
		if l.prompts.silent || l.prompts.bad[key] || !l.known(key) {
			continue
		}
		for _, locale := range l.flow.Locales[1:] {
			if !l.flow.Catalogue.Has(locale, key) {
				l.warnf(l.prompts.places[key], ruleTranslation, "the prompt %q is missing in %s; its callers hear it in %s", key, locale, l.flow.Locales[0])
			}
		}
	}
}

// checkRecorded warns of values that callers hear in two voices, since only
// some of their words are recorded, and of languages in which a synthesiser says
// what is recorded in others. Each kind is looked at once.
func (l *loader) checkRecorded() {
	if l.prompts.silent || l.badFragment() {
		return
	}
	seen := map[string]bool{}
	for _, v := range l.used.spoken {
		if id := fmt.Sprint(v.kind, v.currencies); !seen[id] {
			seen[id] = true
			l.checkRecordedKind(v)
		}
	}
}

func (l *loader) checkRecordedKind(v spokenValue) {
	var whole, none []string
	for _, locale := range l.flow.Locales {
		switch c := l.flow.Catalogue.Coverage(prompt.Style{Locale: locale}, v.kind, v.currencies...); {
		case c.Whole:
			whole = append(whole, locale)
		case c.Part:
			l.warnf(v.pos, ruleUnrecorded, "say_as: %s is recorded only in part in %s: no fragment says %s; a synthesiser says what has such words", v.kind, locale, cut(c.Missing))
		default:
			none = append(none, locale)
		}
	}
	if len(whole) > 0 && len(none) > 0 {
		l.warnf(v.pos, ruleUnrecorded, "say_as: %s is recorded in %s and not in %s, where a synthesiser says it", v.kind, cut(whole), cut(none))
	}
}

// badFragment says that something was reported of a fragment: it may have been
// meant for any other.
func (l *loader) badFragment() bool {
	for key, bad := range l.prompts.bad {
		if bad && prompt.IsFragment(key) {
			return true
		}
	}
	return false
}
