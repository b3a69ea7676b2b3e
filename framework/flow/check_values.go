package flow

import (
	"slices"
	"strings"
	"time"
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
		} else if s := int(l.flow.Length(m.Prompt, l.flow.Locales[0]) / time.Second); s > maxMenuLength {
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
