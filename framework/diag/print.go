package diag

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// widest is the number of characters of a source line that are shown.
const widest = 160

// Print writes the findings to w, each with its source line and a caret under
// the place. Sources are the files' contents by name, as in Pos.File; a
// finding whose source is missing is written without the line.
func Print(w io.Writer, l List, sources map[string][]byte) error {
	lines := map[string][]string{}
	for _, d := range l {
		if _, err := fmt.Fprintln(w, d); err != nil {
			return err
		}
		split, ok := lines[d.Pos.File]
		if src, known := sources[d.Pos.File]; known && !ok {
			split = strings.Split(strings.TrimPrefix(string(src), "\ufeff"), "\n")
			lines[d.Pos.File] = split
		}
		if d.Pos.Line < 1 || d.Pos.Line > len(split) {
			continue
		}
		if _, err := io.WriteString(w, excerpt(d, strings.TrimRight(split[d.Pos.Line-1], "\r"))); err != nil {
			return err
		}
	}
	return nil
}

// excerpt is a source line with a caret line below it. A long line is cut
// around the place.
func excerpt(d Diagnostic, source string) string {
	line, col, end := []rune(shown(source)), d.Pos.Col, d.EndCol
	number := fmt.Sprintf("%5d | ", d.Pos.Line)
	if col < 1 || col > len(line)+1 {
		return number + string(line[:min(len(line), widest)]) + "\n"
	}
	if start := min(col-widest/2, len(line)-widest); start > 0 {
		line = append([]rune(cut), line[start+len([]rune(cut)):]...)
		col, end = col-start, end-start
	}
	line = line[:min(len(line), widest)]
	marks := max(min(end, len(line)+1)-col, 1)
	return number + string(line) + "\n" +
		strings.Repeat(" ", len(number)-2) + "| " + indent(line, col-1) + strings.Repeat("^", marks) + "\n"
}

// cut stands where the beginning of a long line was left out.
const cut = "..."

// shown is a line without what would play tricks on a terminal: control
// characters, and marks that turn the direction of text.
func shown(line string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError:
			return '\uFFFD'
		}
		return r
	}, line)
}

// indent is blank space as wide as the first n characters of line, with its
// tabs kept so that the caret stands below its place.
func indent(line []rune, n int) string {
	var b strings.Builder
	for _, r := range line[:min(n, len(line))] {
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
