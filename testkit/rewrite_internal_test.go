package testkit

import "testing"

// What stands in quotes, or in a remark, closes no bracket.
func TestEnds(t *testing.T) {
	for src, want := range map[string]string{
		`[a, b] c`:               `[a, b]`,
		`{a: [1, {b: 2}]}, x]`:   `{a: [1, {b: 2}]}`,
		`[a, 'it''s ]', b] c`:    `[a, 'it''s ]', b]`,
		`[a, "say \"]\"", b] c`:  `[a, "say \"]\"", b]`,
		`[it's, b] don't`:        `[it's, b]`,
		"[a, # not ]\n b] c":     "[a, # not ]\n b]",
		`[a#b] c`:                `[a#b]`,
		`[a, b`:                  ``,
		`[a, 'b]`:                ``,
		`{pin: "12]34}", n: 1} `: `{pin: "12]34}", n: 1}`,
	} {
		if got := src[:bracketEnd([]byte(src), 0)]; got != want {
			t.Errorf("%s ends after %q, want %q", src, got, want)
		}
	}
}
