package fetch

import "fmt"

// Piece is a part of a URL or of a header: literal text of the flow, a value,
// or a secret's name. It prints without the value.
type Piece struct {
	kind pieceKind
	text string
}

type pieceKind int

const (
	literalPiece pieceKind = iota
	valuePiece
	secretPiece
)

// Literal is text that the flow's author wrote, in a URL percent-encoded
// already. Only literals give a URL its scheme, host, segments and parameters.
func Literal(text string) Piece { return Piece{literalPiece, text} }

// Value is a text from elsewhere: an expression's result, what a caller typed,
// what another service answered.
func Value(text string) Piece { return Piece{valuePiece, text} }

// Secret is the place of the configuration's secret of this name. It may stand
// in headers only.
func Secret(name string) Piece { return Piece{secretPiece, name} }

// String is the piece without its value.
func (p Piece) String() string {
	switch p.kind {
	case valuePiece:
		return "${…}"
	case secretPiece:
		return fmt.Sprintf("${secret.%s}", p.text)
	case literalPiece:
	}
	return p.text
}

// GoString is the same as String, so that %#v hides values too.
func (p Piece) GoString() string { return p.String() }
