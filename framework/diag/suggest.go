package diag

import (
	"fmt"
	"slices"
	"strings"
)

// Suggest finds the candidate that word was probably meant to be. It answers
// false if none is near: at most a third of the letters may differ, and at
// least one may.
func Suggest(word string, candidates []string) (string, bool) {
	if len(word) > 64 {
		return "", false
	}
	best, least := "", max(1, len(word)/3)+1
	for _, c := range candidates {
		if c == word || len(c) > len(word)+least || len(word) > len(c)+least {
			continue
		}
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best, best != ""
}

// DidYouMean is `; did you mean "main_menu"?`, or "" if nothing is near.
func DidYouMean(word string, candidates []string) string {
	if s, ok := Suggest(word, candidates); ok {
		return fmt.Sprintf("; did you mean %q?", s)
	}
	return ""
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour to come from a to b (optimal string alignment).
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// OneOf is the words as a list for a message: `"a", "b" or "c"`. More than
// twelve are cut short.
func OneOf(words []string) string {
	const most = 12
	quoted := make([]string, 0, len(words))
	for _, w := range words {
		quoted = append(quoted, fmt.Sprintf("%q", w))
	}
	if len(quoted) > most {
		return strings.Join(slices.Clip(quoted[:most]), ", ") + fmt.Sprintf(" and %d more", len(quoted)-most)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}
