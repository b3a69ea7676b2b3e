package testkit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Prompt names something that a caller hears: a prompt of the catalogue by its
// key, or anything by words that occur in its text (spaces and capitals do not
// count).
type Prompt struct {
	Key  string
	Text string
	End  bool // its end, not its beginning
}

// End is a prompt's end, for [Call.Hears]: End("welcome").
func End(keyOrText string) Prompt { return Prompt{Text: keyOrText, End: true} }

// String names the prompt.
func (x Prompt) String() string {
	if x.End {
		return "the end of " + x.name()
	}
	return x.name()
}

func (x Prompt) name() string {
	if x.Key != "" {
		return x.Key
	}
	return strconv.Quote(x.Text)
}

func (x Prompt) matches(p ivr.Part) bool {
	if x.Key != "" {
		return p.Key == x.Key
	}
	return x.Text != "" && strings.Contains(plain(p.Text), plain(x.Text))
}

// plain is a text without what people do not hear.
func plain(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// keyForm is what catalogue keys look like. A text can look like that too.
var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// resolve finds out whether a word is a key of the flow's prompts or a text.
// What looks like a key, and is none, is an error if there is a key like it or
// if no text could read like that.
func resolve(f *flow.Flow, word string) (Prompt, error) {
	keys := f.Catalogue.Keys()
	if slices.Contains(keys, word) {
		return Prompt{Key: word}, nil
	}
	if plain(word) == "" {
		return Prompt{}, fmt.Errorf("an empty text is never heard; write a prompt's key or its words")
	}
	hint := diag.DidYouMean(word, keys)
	if keyForm.MatchString(word) && !says(f, word) && (hint != "" || strings.Contains(word, "_")) {
		return Prompt{}, fmt.Errorf("no prompt %q%s", word, hint)
	}
	return Prompt{Text: word}, nil
}

// says reports whether a text of the catalogue has the word.
func says(f *flow.Flow, word string) bool {
	for _, locale := range f.Locales {
		for _, key := range f.Catalogue.Keys() {
			if e, ok := f.Catalogue.Lookup(locale, key); ok && strings.Contains(plain(e.Text), word) {
				return true
			}
		}
	}
	return false
}
