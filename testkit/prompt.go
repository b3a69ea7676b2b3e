package testkit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// wanted names something that a caller hears: a prompt of the catalogue by its
// key, or anything by words that occur in its text (spaces and capitals do not
// count).
type wanted struct {
	key  string
	text string
	end  bool // its end, not its beginning
}

// String names the prompt.
func (x wanted) String() string {
	if x.end {
		return "the end of " + x.name()
	}
	return x.name()
}

func (x wanted) name() string {
	if x.key != "" {
		return x.key
	}
	return strconv.Quote(x.text)
}

func (x wanted) matches(p ivr.Part) bool {
	if x.key != "" {
		return p.Key == x.key
	}
	text := p.Text
	if p.SSML {
		text = prompt.Unmarked(text)
	}
	return x.text != "" && strings.Contains(plain(text), plain(x.text))
}

// plain is a text without what people do not hear.
func plain(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// keyForm is what catalogue keys look like. A text can look like that too.
var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// resolve finds out whether a word is a key of the flow's prompts or a text.
// What looks like a key, and is none, is an error if there is a key like it or
// if no text could read like that.
func resolve(f *flow.Flow, word string) (wanted, error) {
	members := f.Members()
	if slices.ContainsFunc(members, func(m *flow.Flow) bool {
		return slices.ContainsFunc(m.Locales, func(locale string) bool { return m.Catalogue.Has(locale, word) })
	}) {
		return wanted{key: word}, nil
	}
	if plain(word) == "" {
		return wanted{}, fmt.Errorf("an empty text is never heard; write a prompt's key or its words")
	}
	var keys []string
	for _, m := range members {
		keys = append(keys, m.Catalogue.Keys()...)
	}
	hint := diag.DidYouMean(word, keys)
	if keyForm.MatchString(word) && !says(f, word) && (hint != "" || strings.Contains(word, "_")) {
		return wanted{}, fmt.Errorf("no prompt %q%s", word, hint)
	}
	return wanted{text: word}, nil
}

// says reports whether a text of the catalogue has the word, as a whole.
func says(f *flow.Flow, word string) bool {
	other := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, m := range f.Members() {
		for _, locale := range m.Locales {
			for _, key := range m.Catalogue.Keys() {
				e, _ := m.Catalogue.Lookup(locale, key)
				if slices.Contains(strings.FieldsFunc(plain(e.Text), other), word) {
					return true
				}
			}
		}
	}
	return false
}
