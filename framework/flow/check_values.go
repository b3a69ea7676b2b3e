package flow

import (
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// checkTargets reports targets that are made from what the caller typed where
// the author did not say so.
func (l *loader) checkTargets() {
	typed := l.typedNames(typedKeys)
	for _, d := range l.drafts {
		for _, u := range d.uses {
			if u.target && hasName(typed, u.Uses()) {
				l.errorf(u.pos, ruleDynamicTarget, "this target is made from what the caller typed or a web service answered; if that is meant, write dynamic: true, and allow the numbers in the bot's configuration")
			}
		}
	}
}

// checkKeys reports steps that wait for keys in a flow that gets none.
func (l *loader) checkKeys() {
	if l.flow.DTMF != DTMFNever {
		return
	}
	for _, d := range l.drafts {
		if d.verb.Name == "menu" || d.verb.Name == "collect" {
			l.errorf(d.step.Pos, ruleNeverTyped, "dtmf: never is written, so no key can be typed in this %s", d.verb.Name)
		}
	}
}

// Menus beyond these are hard to remember.
const (
	maxChoices    = 5
	maxMenuLength = 20 // seconds
)

func (l *loader) checkMenus() {
	for _, d := range l.drafts {
		m, ok := d.step.Spec.(*Menu)
		if !ok || !d.reached {
			continue
		}
		if a, b, ok := ambiguous(m.Entries); ok && !d.broken {
			l.warnf(d.step.Pos, ruleMenuAmbiguity, "%s also begins %s, so the caller who presses it waits between_keys (%s)", a, b, short(m.BetweenKeys))
		}
		own := len(m.Entries)
		for _, g := range l.globals {
			if slices.Contains(m.Entries, g.entry) {
				own--
			}
		}
		if own > maxChoices {
			l.warnf(d.step.Pos, ruleLongMenu, "%d choices are hard to remember; offer at most %d, and more in a second menu", own, maxChoices)
		} else if s := l.seconds(m.Prompt); s > maxMenuLength {
			l.warnf(d.step.Pos, ruleLongMenu, "this prompt takes about %d s; callers remember what they heard in %d", s, maxMenuLength)
		}
	}
}

// ambiguous finds two entries of which one begins the other.
func ambiguous(entries []Entry) (a, b string, ok bool) {
	keys := make([]string, 0, len(entries))
	for _, e := range entries {
		keys = append(keys, e.Keys)
	}
	slices.Sort(keys)
	for i := 1; i < len(keys); i++ {
		if strings.HasPrefix(keys[i], keys[i-1]) {
			return keys[i-1], keys[i], true
		}
	}
	return "", "", false
}

// seconds is about how long a prompt takes in the default locale. Spoken
// values are not counted.
func (l *loader) seconds(p Prompt) int {
	var total time.Duration
	for _, part := range p {
		total += part.Silence + part.Length
		if e, ok := l.flow.Catalogue.Lookup(l.flow.Locales[0], part.Key); ok {
			total += e.Length
		}
		if part.Say != nil {
			text, _ := part.Say.Constant()
			total += prompt.Estimate(text, l.flow.Locales[0])
		}
	}
	return int(total / time.Second)
}

func (l *loader) checkUnused() {
	for _, key := range names(l.prompts.places) {
		if !l.used.prompts[key] {
			l.warnf(l.prompts.places[key], ruleUnusedPrompt, "nothing plays the prompt %q", key)
		}
	}
	for _, name := range names(l.flow.Vars) {
		if !l.used.vars[name] {
			l.warnf(l.flow.Vars[name].Pos, ruleUnusedVariable, "nothing uses the variable %q", name)
		}
	}
	l.unusedSchedules()
	for _, name := range names(l.used.actions) {
		l.warnf(l.used.actions[name], ruleUnusedAction, "nothing does the action %q", name)
	}
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
