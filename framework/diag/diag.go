// Package diag holds findings about files that people write: where, what, how
// bad, and by which rule.
package diag

import "fmt"

// Pos is a place in a file. Line and Col count from 1; Col counts characters.
// The zero Pos is no place.
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
}

// String is "file:line:col", with what is unknown left out.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.File == "":
		return fmt.Sprintf("%d:%d", p.Line, p.Col)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}
