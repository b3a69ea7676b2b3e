package prompt

import (
	"strings"
	"time"
	"unicode"
)

// shortest is the least that any text takes.
const shortest = 300 * time.Millisecond

// Estimate is about how long a synthesiser speaks a text, at least 300 ms. The
// rule: a letter takes 1/13 to 1/15 s by language, a character of Chinese,
// Japanese or Korean 1/5 s, a digit 0.35 s, white space nothing; a comma,
// semicolon, colon or dash between words pauses 0.2 s, a full stop, question or
// exclamation mark 0.4 s; marks at the end do not count, nor do tags of SSML.
func Estimate(text, locale string) time.Duration {
	var total, pause time.Duration
	letter := letterTime(locale)
	for _, r := range strings.TrimSpace(withoutTags(text)) {
		var sound time.Duration
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			sound = 200 * time.Millisecond
		case unicode.IsLetter(r):
			sound = letter
		case unicode.IsDigit(r):
			sound = 350 * time.Millisecond
		case strings.ContainsRune(".!?。！？…", r):
			pause = max(pause, 400*time.Millisecond)
		case strings.ContainsRune(",;:–—，；：、", r):
			pause = max(pause, 200*time.Millisecond)
		case unicode.IsSymbol(r):
			sound = 4 * letter // "plus", "euro"
		}
		if sound > 0 {
			total += pause + sound
			pause = 0
		}
	}
	return max(shortest, total.Round(10*time.Millisecond))
}

// letterTime is a letter's share of the time, with the gaps between words.
func letterTime(locale string) time.Duration {
	switch language(locale) {
	case "fr", "it", "pt":
		return time.Second / 14
	case "es":
		return time.Second / 15
	}
	return time.Second / 13
}

// language is the language of a locale: "en" of "en-GB".
func language(locale string) string {
	l, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(locale, "_", "-")), "-")
	return l
}

// withoutTags leaves out what stands between < and >.
func withoutTags(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<")
		b.WriteString(before)
		_, after, closed := strings.Cut(rest, ">")
		if !found {
			return b.String()
		}
		if !closed {
			b.WriteString("<" + rest)
			return b.String()
		}
		text = after
	}
}
