package tree_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/tree"
)

// limit is how long a refusal may take. What these files aim at takes seconds
// or gigabytes. The best of several tries counts, since other programs may
// have the processor.
const (
	limit = slowdown * 50 * time.Millisecond
	tries = 50
)

func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func hostile() map[string]string {
	laughs := "a0: &a0 [x, x]\n"
	for i := 1; i < 30; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
	}
	return map[string]string{
		"too big":                 strings.Repeat("# x\n", tree.MaxSize/4+1),
		"a long line too big":     "a: " + strings.Repeat("x", tree.MaxSize),
		"billion laughs":          laughs,
		"self alias":              "a: &a [*a]\n",
		"merge loop":              "a: &a\n  <<: *a\n  b: 1\n",
		"merge of a list":         "<<: [{a: 1}, {b: 2}]\n",
		"unknown alias":           "a: *nowhere\n",
		"anchor alone":            "a: &x 1\n",
		"many aliases":            "a: &a 1\nb: [" + strings.Repeat("*a, ", 100_000) + "]\n",
		"square brackets":         strings.Repeat("[", 900_000),
		"closed square brackets":  strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000),
		"curly brackets":          strings.Repeat("{", 900_000),
		"spaced brackets":         strings.Repeat("[ ", 9_000),
		"mixed brackets":          strings.Repeat("[a,{b: ", 9_000),
		"brackets with values":    strings.Repeat("[x,", 9_900),
		"many brackets with text": strings.Repeat("[xxxx,", 60_000),
		"dashes in a line":        strings.Repeat("- ", 500_000),
		"dashes with values":      strings.Repeat("- a: ", 100_000),
		"deep block": func() string {
			s := ""
			for i := range 200 {
				s += strings.Repeat(" ", i) + "a:\n"
			}
			return s
		}(),
		"deeper block": func() string {
			var b strings.Builder
			for i := range 1400 {
				b.WriteString(strings.Repeat(" ", i) + "a:\n")
			}
			return b.String()
		}(),
		"question marks":              strings.Repeat("? ", 500_000),
		"exclamation marks":           strings.Repeat("! ", 500_000),
		"colons":                      strings.Repeat(":", 1_000_000),
		"spaced colons":               strings.Repeat(": ", 500_000),
		"commas":                      "[" + strings.Repeat(",", 1_000_000),
		"scalars in a list":           "[" + strings.Repeat("a,", 500_000) + "]",
		"same key":                    "{" + strings.Repeat("a ,", 300_000) + "}",
		"same key, fewer":             "{" + strings.Repeat("a ,", 10_000) + "}",
		"same key in a block":         strings.Repeat("a: 1\n", 100_000),
		"distinct keys":               many(60_000, "k%d: 1\n"),
		"list items":                  strings.Repeat("- a\n", 250_000),
		"list as key":                 "? [a, b]\n: 1\n",
		"map as key":                  "{{a: 1}: 2}\n",
		"nested keys":                 strings.Repeat("{", 100) + "a: 1" + strings.Repeat("}", 100),
		"custom tag":                  "a: !!python/object/apply:os.system [x]\n",
		"short tag":                   "a: !x 1\n",
		"binary tag":                  "a: !!binary AAAA\n",
		"tag of a key":                "!!str a: 1\n",
		"tag directive":               "%TAG ! tag:example.com,2000:\n---\na: !x 1\n",
		"two documents":               "a: 1\n---\nb: 2\n",
		"many documents":              strings.Repeat("---\na: 1\n", 100_000),
		"NUL":                         "a: \x00\n",
		"not UTF-8":                   "a: \xff\xfe\n",
		"UTF-16":                      "\xff\xfea\x00:\x00 \x001\x00",
		"unclosed quote":              "a: \"" + strings.Repeat("x\n", 300_000),
		"unclosed single quote":       "a: '" + strings.Repeat("x\n", 150_000),
		"escapes":                     "a: \"" + strings.Repeat("\\x41", 200_000),
		"tabs":                        "a:\n" + strings.Repeat("\tb: 1\n", 1000),
		"bad escape":                  "a: \"\\q\"\n",
		"unbalanced":                  "a: [1, 2\nb: 3\n",
		"comments, then a fault":      strings.Repeat("# c\n", 200_000) + "a: [\n",
		"comments, short of too many": strings.Repeat("# c\n", 9_999) + "a: [\n",
		"blank lines, then a fault":   strings.Repeat("\n", 1_000_000) + "a: [\n",
		"blanks, then a fault":        strings.Repeat(" ", 500_000) + "a: [\n",
		"words, then a colon":         strings.Repeat("a ", 450_000) + ": 1",
		"words and a fault, shorter":  strings.Repeat("a ", 32_000) + ": 1",
		"byte order marks":            strings.Repeat("\ufeff", 300_000) + "a: 1",
		"digits":                      "a: " + strings.Repeat("1", 1_000_000) + ": 1",
		"many keys, the last is bad":  many(1990, "k%d: 1\n") + "z: [",
		"many lists, all bad":         strings.Repeat("- a: {\n", 600),
		"lists in lists, all bad":     strings.Repeat("- a:\n  - b: {\n  - {\n", 200),
		"comment a line":              strings.Repeat("a: # c\n", 140_000),
		"head comments":               strings.Repeat("# c\n- a\n", 120_000),
		"anchors, never used":         many(40_000, "- &a%d x\n"),
		"percent":                     "%YAML 9.9\n---\na: 1\n",
		"block scalar, indented":      "a: |9\n" + strings.Repeat("x\n", 100_000),
		"plain scalar over lines":     "a: " + strings.Repeat("x\n ", 250_000) + "\n: [",
		"long key":                    strings.Repeat("k", 2000) + ": 1\n? " + strings.Repeat("k", 900_000),
		"flow key, unclosed":          "{" + strings.Repeat("a: {b", 9000),
		"bare star":                   "keys: {*: bye}\n",
		"bare pound":                  "keys: {1: a, #: bye}\n",
	}
}

// fastest is the shortest time of a few tries; one below the limit is enough.
func fastest(src string) time.Duration {
	best := time.Hour
	for range tries {
		start := time.Now()
		tree.Parse("f", []byte(src))
		if best = min(best, time.Since(start)); best < limit {
			break
		}
	}
	return best
}

func TestParseRefusesHostileFiles(t *testing.T) {
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			_, list := tree.Parse("f", []byte(src))
			took := fastest(src)
			if !list.HasErrors() {
				t.Fatal("accepted")
			}
			if len(list) > 25 {
				t.Errorf("%d findings", len(list))
			}
			for _, d := range list {
				if d.Pos.Line < 1 || d.Pos.Col < 1 {
					t.Errorf("no place: %s", d)
				}
				if len(d.Message) > 300 {
					t.Errorf("message of %d bytes", len(d.Message))
				}
			}
			if took > limit {
				t.Errorf("took %v, more than %v", took, limit)
			}
		})
	}
}
