package manual_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// The tables of the language page are what the registry of verbs says. With
// -update they are written anew.
func TestVerbTables(t *testing.T) {
	for _, v := range flow.Verbs() {
		begin, end := "<!-- verb "+v.Name+" -->\n", "<!-- /verb -->\n"
		text := source(t, "language")
		if !strings.Contains(text, "### "+v.Name+"\n") {
			t.Errorf("language.md has no section for %s", v.Name)
		}
		_, rest, ok := strings.Cut(text, begin)
		got, _, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Errorf("language.md has no table between %q and %q", strings.TrimSpace(begin), strings.TrimSpace(end))
			continue
		}
		if want := verbTable(v); got != want {
			if *update {
				rewrite(t, "language", begin+got+end, begin+want+end)
				continue
			}
			t.Errorf("the table of %s is\n%swant\n%s", v.Name, got, want)
		}
	}
}

// verbTable is what a verb takes and how it ends.
func verbTable(v flow.Verb) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", v.Doc, forms(v))
	if len(v.Options) > 0 {
		b.WriteString("\n| option | value | default | meaning |\n|---|---|---|---|\n")
		for _, o := range v.Options {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", o.Name, values(o), defaults(o), o.Doc)
		}
	}
	if len(v.Outcomes) > 0 {
		b.WriteString("\n| outcome | when |\n|---|---|\n")
		for _, o := range v.Outcomes {
			mark := ""
			if o.Must {
				mark = " !"
			}
			fmt.Fprintf(&b, "| `%s`%s | %s |\n", o.Name, mark, o.Doc)
		}
	}
	return b.String()
}

// forms says what the short form stands for.
func forms(v flow.Verb) string {
	switch {
	case v.Main == "" && v.Bare:
		return fmt.Sprintf("It stands alone: `%s`.", v.Name)
	case v.Main == "":
		return fmt.Sprintf("It has no short form: `%s: {%s: ...}`.", v.Name, v.Options[0].Name)
	case v.Bare:
		return fmt.Sprintf("It may stand alone: `%s`. Short form: `%s: %s`.", v.Name, v.Name, strings.ToUpper(v.Main))
	}
	return fmt.Sprintf("Short form: `%s: %s`.", v.Name, strings.ToUpper(v.Main))
}

func values(o flow.Option) string {
	if o.Type != flow.OptWord {
		return string(o.Type)
	}
	var words []string
	for _, w := range o.Words {
		words = append(words, "`"+w+"`")
	}
	return strings.Join(words, ", ")
}

func defaults(o flow.Option) string {
	switch {
	case o.Required:
		return "required"
	case o.Default == "":
		return ""
	}
	return "`" + o.Default + "`"
}

// What the language page lists is all there is.
func TestLists(t *testing.T) {
	for name, want := range map[string][]string{
		"say_as": prompt.Kinds(),
		"types":  {"string", "digits", "number", "bool", "money", "date", "time", "phone", "recording", "list", "map"},
	} {
		begin := "<!-- list " + name + " -->\n"
		_, rest, ok := strings.Cut(source(t, "language"), begin)
		got, _, _ := strings.Cut(rest, "<!-- /list -->")
		if !ok {
			t.Errorf("language.md has no list %q", name)
		}
		for _, word := range want {
			if !strings.Contains(got, "`"+word+"`") {
				t.Errorf("the list of %s lacks %s", name, word)
			}
		}
		if n := strings.Count(got, "`") / 2; n < len(want) { // there are examples, too
			t.Errorf("the list of %s has %d words, want %d", name, n, len(want))
		}
	}
}
