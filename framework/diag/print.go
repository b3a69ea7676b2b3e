package diag

import (
	"fmt"
	"io"
	"strings"
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
			split = strings.Split(string(src), "\n")
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

// excerpt is a source line with a caret line below it.
func excerpt(d Diagnostic, line string) string {
	if utf8.RuneCountInString(line) > widest {
		line = string([]rune(line)[:widest])
	}
	number := fmt.Sprintf("%5d | ", d.Pos.Line)
	out := number + line + "\n"
	col := d.Pos.Col
	if col < 1 || col > utf8.RuneCountInString(line)+1 {
		return out
	}
	marks := 1
	if d.EndCol > col {
		marks = min(d.EndCol, utf8.RuneCountInString(line)+1) - col
	}
	return out + strings.Repeat(" ", len(number)-2) + "| " + indent(line, col-1) + strings.Repeat("^", max(marks, 1)) + "\n"
}

// indent is blank space as wide as the first n characters of line, with its
// tabs kept so that the caret stands below its place.
func indent(line string, n int) string {
	var b strings.Builder
	for _, r := range []rune(line)[:n] {
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
