// Package prompt holds what callers hear: catalogues of prompts, the rules by
// which values are spoken, and the WAV files that the platform can play.
//
//	c := prompt.NewCatalogue([]string{"en-GB", "de-DE"})
//	err := c.Add(prompt.Entry{Key: "welcome", Locale: "en-GB", Text: "Welcome."}, nil)
//	e, ok := c.Lookup("de-DE", "welcome") // the English entry
//	words, err := prompt.SayAs("money", "3.05 GBP", "en-GB") // "three pounds and five pence"
//	wav, err := prompt.Import("music.mp3", data)
//
// Numbers follow the Unicode CLDR, whose data and rules are in the packages
// cldr and spellout; recordings are read by the package audio, or converted by
// a program that the package transcode runs.
//
// A [Catalogue] may be read by any number of goroutines once it is filled.
// The functions keep no state but a memo of what they read of the CLDR.
package prompt

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Entry is one prompt of a catalogue in one locale.
type Entry struct {
	Key    string
	Locale string
	Text   string        // what is said; may be empty if Audio is set
	Voice  string        // the synthesiser's voice, empty for its default
	SSML   bool          // Text is SSML
	File   string        // path as written, empty for text
	Audio  string        // SHA-256 (hex) of the WAV file, empty for text
	Length time.Duration // of the file; estimated for text
}

// Catalogue maps locale and key to an entry. It is filled once, while a flow
// is loaded, and read-only afterwards. A nil *Catalogue is empty.
type Catalogue struct {
	locales []string // the first is the default
	entries map[string]map[string]Entry
	audio   map[string]*sound // WAV files by content hash
	shared  *Cache            // see ShareIn

	fragments map[string]map[string]string // locale -> words -> key of a fragment
	longest   int                          // words of the longest fragment
}

// NewCatalogue returns an empty catalogue for the locales, the first of which
// is the default.
func NewCatalogue(locales []string) *Catalogue {
	c := &Catalogue{
		locales: slices.Clone(locales),
		entries: make(map[string]map[string]Entry),
		audio:   make(map[string]*sound),
	}
	for _, l := range locales {
		c.entries[l] = make(map[string]Entry)
	}
	return c
}

// ShareIn has files that are added from now on be in memory once for all
// catalogues that share them in the cache: versions of a flow have most of them in
// common. The cache keeps none for that; nil shares nothing.
func (c *Catalogue) ShareIn(cache *Cache) { c.shared = cache }

// Add puts an entry into the catalogue and fills in its Audio and Length. wav
// is the content of its WAV file, nil for a prompt that is to be synthesised.
// It is an error if the key is already there in that locale, if the locale is
// none of the catalogue's, if there is neither text nor a file, and if the
// platform could not play the file.
func (c *Catalogue) Add(e Entry, wav []byte) error {
	entries, ok := c.entries[e.Locale]
	fragment := ok && IsFragment(e.Key)
	if fragment {
		if err := completeFragment(&e, wav); err != nil {
			return err
		}
	}
	switch {
	case e.Key == "":
		return errors.New("a prompt has no key")
	case !ok:
		return fmt.Errorf("prompt %q: locale %q is not one of the flow's, which are %s", e.Key, e.Locale, diag.OneOf(c.locales))
	case wav == nil && e.Text == "":
		return fmt.Errorf("prompt %q (%s) has neither text nor a file", e.Key, e.Locale)
	}
	if first, ok := entries[e.Key]; ok {
		return fmt.Errorf("prompt %q (%s) is there twice: first %s, then %s", e.Key, e.Locale, first.origin(), e.origin())
	}
	e.Audio, e.Length = "", Estimate(e.Text, e.Locale)
	if wav != nil {
		var err error
		if e.Audio, e.Length, err = c.AddFile(wav); err != nil {
			return fmt.Errorf("prompt %q (%s), %s: %w", e.Key, e.Locale, e.origin(), err)
		}
	}
	entries[e.Key] = e
	if fragment {
		c.addFragment(e)
	}
	return nil
}

// origin words where an entry's sound comes from.
func (e *Entry) origin() string {
	switch {
	case e.File != "":
		return fmt.Sprintf("file %q", e.File)
	case e.Text != "":
		return fmt.Sprintf("text %.40q", e.Text)
	}
	return "a file"
}

// AddFile keeps a WAV file that belongs to no entry and tells its hash and
// length. A file with more than the plain header is kept without the rest, so
// that the platform gets the simplest form of the same sound; the hash is that
// of the bytes kept.
func (c *Catalogue) AddFile(wav []byte) (hash string, length time.Duration, err error) {
	info, err := CheckWAV(wav)
	if err != nil {
		return "", 0, err
	}
	plain, err := Join(wav)
	if err != nil {
		return "", 0, err
	}
	if c.audio == nil {
		c.audio = make(map[string]*sound)
	}
	hash = Hash(plain)
	c.audio[hash] = c.shared.share(hash, plain)
	return hash, info.Length, nil
}

// Lookup finds a key in a locale, or the one that stands for it (see
// [Catalogue.Locale]), else in the default locale.
func (c *Catalogue) Lookup(locale, key string) (Entry, bool) {
	if c == nil || len(c.locales) == 0 {
		return Entry{}, false
	}
	if e, ok := c.entries[c.Locale(locale)][key]; ok {
		return e, true
	}
	e, ok := c.entries[c.locales[0]][key]
	return e, ok
}

// Locale is the catalogue's locale for callers of a locale: that one, else the
// first one of the same language, else the default.
func (c *Catalogue) Locale(caller string) string {
	if c == nil || len(c.locales) == 0 {
		return caller
	}
	if _, ok := c.entries[caller]; ok {
		return caller
	}
	for _, l := range c.locales {
		if SameLanguage(l, caller) {
			return l
		}
	}
	return c.locales[0]
}

// SameLanguage reports whether two locales, such as fr-FR and fr-CH, are of one
// language.
func SameLanguage(a, b string) bool {
	a, _, _ = strings.Cut(a, "-")
	b, _, _ = strings.Cut(b, "-")
	return strings.EqualFold(a, b)
}

// Has says that the locale itself has the key.
func (c *Catalogue) Has(locale, key string) bool {
	if c == nil {
		return false
	}
	_, ok := c.entries[locale][key]
	return ok
}

// Locales lists the locales, the default first.
func (c *Catalogue) Locales() []string {
	if c == nil {
		return nil
	}
	return slices.Clone(c.locales)
}

// Keys lists, sorted, the keys that any locale has, fragments too.
func (c *Catalogue) Keys() []string {
	if c == nil {
		return nil
	}
	keys := make(map[string]bool)
	for _, entries := range c.entries {
		for key := range entries {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// Missing maps each locale that lacks keys to those keys, sorted. Fragments are
// not missed: what they would say is synthesised.
func (c *Catalogue) Missing() map[string][]string {
	missing := make(map[string][]string)
	for _, key := range c.Keys() {
		for _, locale := range c.locales {
			if !c.Has(locale, key) && !IsFragment(key) {
				missing[locale] = append(missing[locale], key)
			}
		}
	}
	return missing
}

// Audio is the WAV file with a content hash. It must not be changed.
func (c *Catalogue) Audio(hash string) ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	s, ok := c.audio[hash]
	if !ok {
		return nil, false
	}
	return s.wav, true
}

// Files walks over the WAV files by content hash, in the order of the hashes.
func (c *Catalogue) Files() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if c == nil {
			return
		}
		for _, hash := range slices.Sorted(maps.Keys(c.audio)) {
			if !yield(hash, c.audio[hash].wav) {
				return
			}
		}
	}
}

// Texts lists the entries that need a synthesiser, by locale, the default
// first, and by key.
func (c *Catalogue) Texts() []Entry {
	if c == nil {
		return nil
	}
	var texts []Entry
	for _, locale := range c.locales {
		for _, key := range slices.Sorted(maps.Keys(c.entries[locale])) {
			if e := c.entries[locale][key]; e.Audio == "" {
				texts = append(texts, e)
			}
		}
	}
	return texts
}
