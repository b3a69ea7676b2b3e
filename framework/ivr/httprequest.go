package ivr

import (
	"fmt"
	"strings"
)

// HTTPRequest asks a web service for something, within what the bot's
// configuration allows. Its result is [ActionReturned], and [CancelAction]
// stops it.
//
// The URL and the headers are pieces: whoever sends the request encodes the
// values, and puts secrets in, which nobody else knows. Values and JSON may be
// sensitive; no log and no record shows them.
type HTTPRequest struct {
	Op      OpID           `json:"op"`
	Flow    string         `json:"flow"`             // that took the call: its hosts and secrets may be used
	Step    string         `json:"step"`             // that asks
	Action  string         `json:"action,omitempty"` // the action that is done with it, if it is one
	In      map[string]any `json:"in,omitempty"`     // that action's inputs
	Method  string         `json:"method"`           // GET, POST, PUT or DELETE
	URL     []Piece        `json:"url"`
	Headers []Header       `json:"headers,omitempty"`
	JSON    any            `json:"json,omitempty"` // the body; nil for none
	Timeout Duration       `json:"timeout"`        // with all tries
	Retry   Retry          `json:"retry,omitzero"`
	// Take lists the parts of the answer's body that are wanted, such as
	// "balance.amount", or "." for all of it. Nobody reads the body if it is
	// empty.
	Take []string `json:"take,omitempty"`
}

// Header is a header of a request.
type Header struct {
	Name  string  `json:"name"`
	Value []Piece `json:"value"`
}

// Piece is a part of a URL or of a header.
type Piece struct {
	Kind PieceKind `json:"kind"`
	Text string    `json:"text"` // of PieceSecret its name
}

// PieceKind says where a piece comes from.
type PieceKind string

// The kinds of piece.
const (
	PieceLiteral PieceKind = "literal" // the flow's author wrote it
	PieceValue   PieceKind = "value"   // an expression made it
	PieceSecret  PieceKind = "secret"  // the name of a secret of the configuration
)

// String is the piece without its value.
func (p Piece) String() string {
	switch p.Kind {
	case PieceLiteral:
		return p.Text
	case PieceSecret:
		return "${secret." + p.Text + "}"
	case PieceValue:
	}
	return "${…}"
}

// Safe reports a request that changes nothing, so that a repeat does no harm
// (RFC 9110, section 9.2.1).
func (r HTTPRequest) Safe() bool { return SafeMethod(r.Method) }

// SafeMethod reports a method that changes nothing.
func SafeMethod(method string) bool { return method == "GET" }

// String is the method and the URL without its values.
func (r HTTPRequest) String() string {
	var b strings.Builder
	b.WriteString(r.Method + " ")
	for _, p := range r.URL {
		b.WriteString(p.String())
	}
	return b.String()
}

// Format prints the same as String for all verbs, so that no value is printed.
func (r HTTPRequest) Format(s fmt.State, _ rune) { fmt.Fprint(s, r.String()) }

func (HTTPRequest) isCommand() {}
