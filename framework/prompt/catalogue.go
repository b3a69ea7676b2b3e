// Package prompt holds what callers hear: catalogues of prompts, the rules by
// which values are spoken, and the WAV files that the platform can play.
package prompt

import "time"

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
// is loaded, and read-only afterwards.
type Catalogue struct {
	locales []string // the first is the default
	entries map[string]map[string]Entry
	audio   map[string][]byte // WAV files by content hash
}
