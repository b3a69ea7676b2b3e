package studio

import (
	"fmt"
	"slices"
	"strings"
)

// Markdown is the script for people.
func (s *Script) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What callers hear: %s\n\n", s.Flow)
	if s.Description != "" {
		fmt.Fprintf(&b, "%s.\n\n", strings.TrimSuffix(cell(s.Description), "."))
	}
	b.WriteString("| locale | texts | recorded | to record | with values | missing | length | words to record |\n|---|---|---|---|---|---|---|---|\n")
	for _, t := range s.Totals {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %s | %d |\n", t.Locale, t.Texts, t.Recorded, t.ToRecord, t.Variable, t.Missing, length(t.Seconds, t.Measured), t.Words)
	}
	b.WriteString("\nA length with ~ is estimated from the text, another is measured. *To record*: a\nsynthesiser speaks it so far. *Missing*: there is none in that language, and callers\n" +
		"hear the one of " + s.Locales[0] + ".\n")
	for i := range s.Sections {
		s.Sections[i].markdown(&b)
	}
	return b.String()
}

func (s *Section) markdown(b *strings.Builder) {
	if s.Called != "" {
		fmt.Fprintf(b, "\n# In the flow %s, which is called\n", s.Called)
	}
	state := ""
	for i := range s.Texts {
		t := &s.Texts[i]
		if first := t.Uses[0].State; first != state || i == 0 {
			state = first
			name := state
			if name == "" {
				name = "When something fails"
			}
			fmt.Fprintf(b, "\n## %s\n", name)
		}
		t.markdown(b)
	}
	if len(s.Values) > 0 {
		b.WriteString("\n## Values that are spoken\n\n| as | value | in | for example | in words |\n|---|---|---|---|---|\n")
		for _, v := range s.Values {
			for _, e := range v.Examples {
				fmt.Fprintf(b, "| %s | `%s` | %s | %s | %s: %s%s |\n", v.Kind, cell(v.Value), strings.Join(v.Steps, ", "), e.Value, e.Locale, cell(e.Words), said(e.Recorded))
			}
		}
	}
	s.words(b)
}

func said(recorded bool) string {
	if recorded {
		return ", recorded"
	}
	return ""
}

// words lists the fragments, a paragraph for a language.
func (s *Section) words(b *strings.Builder) {
	var locales []string
	for _, f := range s.Fragments {
		if !slices.Contains(locales, f.Locale) {
			locales = append(locales, f.Locale)
		}
	}
	for _, locale := range locales {
		var words, kinds []string
		for _, f := range s.Fragments {
			if f.Locale != locale {
				continue
			}
			words = append(words, f.Words)
			for _, k := range f.For {
				if !slices.Contains(kinds, k) {
					kinds = append(kinds, k)
				}
			}
		}
		fmt.Fprintf(b, "\n**Words to record in %s, so that recordings speak %s**: %s.\n", locale, strings.Join(kinds, ", "), cell(strings.Join(words, ", ")))
	}
}

func (t *Text) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n### `%s`\n\n| locale | text | length | |\n|---|---|---|---|\n", t.Key)
	for _, f := range t.In {
		if f.Status == Missing {
			fmt.Fprintf(b, "| %s | | | **missing** |\n", f.Locale)
			continue
		}
		text := cell(f.Text)
		if f.File != "" {
			text = strings.TrimSpace(text + " (" + cell(f.File) + ")")
		}
		note := string(f.Status)
		if f.Voice != "" {
			note += ", voice " + f.Voice
		}
		if f.SSML {
			note += ", SSML"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", f.Locale, text, length(f.Seconds, f.Measured), note)
	}
	b.WriteString("\n")
	for i := range t.Uses {
		fmt.Fprintf(b, "- %s\n", t.Uses[i].sentence())
	}
}

// sentence says where, when and how often a text is heard.
func (u *Use) sentence() string {
	text := u.When
	if u.State != "" {
		text = fmt.Sprintf("In `%s`: %s", u.State, cell(u.When))
	}
	if u.If != "" {
		text += ", if `" + cell(u.If) + "`"
	}
	if u.Often != "" {
		text += ", " + u.Often
	}
	if u.Another != "" {
		text += ", heard by " + u.Another
	}
	text += ". Before: " + cell(list(u.Before)) + ". After: " + cell(list(u.After)) + "."
	if u.Keys != "" {
		text += " " + strings.ToUpper(u.Keys[:1]) + u.Keys[1:] + "."
	}
	if u.Place != "" {
		text += " (" + u.Place + ")"
	}
	return text
}

// cell is a text that stands in a table.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "*", "\\*").Replace(strings.Join(strings.Fields(s), " "))
}

// Columns are the headings of [Script.Rows].
func Columns() []string {
	return []string{"flow", "locale", "key", "kind", "status", "text", "seconds", "measured", "file", "voice", "ssml", "state", "when", "if", "how often", "before", "after", "keys", "place", "also in"}
}

// Rows are the script as a table: a row for each text in each locale, then one for each
// word that spoken values still need. What is said of the place is that of the first
// use; the others are named.
func (s *Script) Rows() [][]string {
	var rows [][]string
	for _, section := range s.Sections {
		for _, t := range section.Texts {
			u, also := t.Uses[0], []string{}
			for _, other := range t.Uses[1:] {
				if other.State != "" && !slices.Contains(also, other.State) && other.State != u.State {
					also = append(also, other.State)
				}
			}
			for _, f := range t.In {
				rows = append(rows, []string{section.Flow, f.Locale, t.Key, string(t.Kind), string(f.Status), f.Text, decimal(f), yes(f.Measured), f.File, f.Voice, yes(f.SSML),
					u.State, u.When, u.If, u.Often, list(u.Before), list(u.After), u.Keys, u.Place, strings.Join(also, ", ")})
			}
		}
		for _, f := range section.Fragments {
			row := make([]string, len(Columns()))
			copy(row, []string{section.Flow, f.Locale, f.Key, "fragment", string(ToRecord), f.Words})
			row[12] = "in " + strings.Join(f.For, ", ")
			rows = append(rows, row)
		}
	}
	return rows
}

func decimal(f Form) string {
	if f.Status == Missing {
		return ""
	}
	return fmt.Sprintf("%.2f", f.Seconds)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
