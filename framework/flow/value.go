package flow

import (
	"github.com/ivrflow/ivrflow/framework/diag"
)

// Type is a variable's type.
type Type string

// The types of variables.
const (
	TypeString    Type = "string"
	TypeDigits    Type = "digits"
	TypeNumber    Type = "number"
	TypeBool      Type = "bool"
	TypeMoney     Type = "money"
	TypeDate      Type = "date"
	TypeTime      Type = "time"
	TypePhone     Type = "phone"
	TypeRecording Type = "recording"
	TypeList      Type = "list"
	TypeMap       Type = "map"
)

// Sensitive says how a variable's value is hidden.
type Sensitive string

// The values of sensitive.
const (
	NotSensitive  Sensitive = ""
	IsSensitive   Sensitive = "true"  // never shown
	SensitiveLast Sensitive = "last4" // its last four characters may be shown
	SensitiveOnce Sensitive = "once"  // forgotten after the action that consumes it
)

// Var is a variable's declaration (vars, config).
//
// At run time values are: string, digits, phone, recording: string; number:
// float64; bool: bool; date: "2006-01-02"; time: "15:04"; money:
// "1234.50 GBP"; list: []any; map: map[string]any; unset: nil.
type Var struct {
	Name      string
	Type      Type
	Pos       diag.Pos
	Default   any // a value as above, nil if none
	MinLen    int // digits, string: 0 if no length was given
	badLength bool
	MaxLen    int
	Pattern   string
	Currency  string // money: ISO 4217
	Sensitive Sensitive
	Checks    []string // as they are written; of a range "range: 1..31"

	checks []check // compiled pattern and check, in order
	unsure bool    // its type could not be read
	given  bool    // it may have a default that could not be read
}
