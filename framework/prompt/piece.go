package prompt

import (
	"slices"
	"strings"
	"time"
)

// Piece is a part of a spoken value: a fragment, words for a synthesiser, or a
// pause between fragments.
type Piece struct {
	Key     string        // of the fragment
	Audio   string        // SHA-256 (hex) of the fragment's WAV file
	Text    string        // what is heard
	Silence time.Duration // of a pause; it has neither audio nor text
	Length  time.Duration // estimated for text
}

// Pauses between fragments, for the marks that stand for them in text.
const (
	commaPause     = 120 * time.Millisecond
	semicolonPause = 300 * time.Millisecond
)

// SayAs is a value as what is played. Where the locale's fragments cover the
// words of a clause, such as "twelve pounds" or "and fifty pence", it is these
// recordings; other clauses are text, without a recording in them.
func (c *Catalogue) SayAs(s Style, kind string, value any) ([]Piece, error) {
	clauses, err := s.clauses(kind, value)
	if err != nil {
		return nil, err
	}
	var pieces []Piece
	var text []string
	flush := func() {
		if len(text) > 0 {
			pieces = append(pieces, textPiece(strings.Join(text, " "), s.Locale))
			text = nil
		}
	}
	for i, clause := range clauses {
		covered, ok := c.cover(s.Locale, wordsOf(clause), i == len(clauses)-1)
		if !ok {
			text = append(text, clause)
			continue
		}
		flush()
		pieces = append(pieces, covered...)
	}
	flush()
	return pieces, nil
}

func textPiece(text, locale string) Piece {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, joint, "")), " ")
	return Piece{Text: text, Length: Estimate(text, locale)}
}

// cover puts a clause together from fragments. Pauses stand between these; the
// last clause ends without one.
func (c *Catalogue) cover(locale string, words []word, last bool) ([]Piece, bool) {
	if c == nil || len(c.fragments[locale]) == 0 || len(words) == 0 {
		return nil, false
	}
	var pieces []Piece
	for len(words) > 0 {
		end := slices.IndexFunc(words, func(w word) bool { return w.pause != 0 }) + 1
		if end == 0 {
			end = len(words)
		}
		run, ok := c.coverRun(locale, words[:end])
		if !ok {
			return nil, false
		}
		pieces = append(pieces, run...)
		pause := words[end-1].pause
		if words = words[end:]; pause != 0 && !(last && len(words) == 0) {
			pieces = append(pieces, pausePiece(pause))
		}
	}
	return pieces, true
}

func pausePiece(mark rune) Piece {
	d := commaPause
	if mark == ';' {
		d = semicolonPause
	}
	return Piece{Silence: d, Length: d}
}

// coverRun finds the fewest fragments for words without a pause between them;
// of several ways the one with the longest at the end.
func (c *Catalogue) coverRun(locale string, words []word) ([]Piece, bool) {
	fragments := c.fragments[locale]
	type step struct {
		count, from int // fragments up to here; where the last of them begins
		key         string
	}
	best := make([]step, len(words)+1)
	for i := 1; i <= len(words); i++ {
		for j := max(0, i-c.longest); j < i; j++ {
			if j > 0 && best[j].count == 0 {
				continue
			}
			key, ok := fragments[phrase(words[j:i])]
			if ok && (best[i].count == 0 || best[j].count+1 < best[i].count) {
				best[i] = step{count: best[j].count + 1, from: j, key: key}
			}
		}
	}
	var pieces []Piece
	for i := len(words); i > 0; i = best[i].from {
		if best[i].count == 0 {
			return nil, false
		}
		e := c.entries[locale][best[i].key]
		pieces = append(pieces, Piece{Key: e.Key, Audio: e.Audio, Text: e.Text, Length: e.Length})
	}
	slices.Reverse(pieces)
	return pieces, true
}
