package graph

import (
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// ClientContext is the text by which an operation's notifications find their
// operation: "{session}.{op}".
func ClientContext(s ivr.SessionID, op ivr.OpID) string {
	return string(s) + "." + strconv.Itoa(int(op))
}

// ParseClientContext reads what [ClientContext] wrote. It is false for a text
// that somebody else wrote. The text comes back over the wire and proves
// nothing about its sender.
func ParseClientContext(text string) (ivr.SessionID, ivr.OpID, bool) {
	dot := strings.LastIndexByte(text, '.')
	if dot < 1 || len(text) > MaxClientContext {
		return "", 0, false
	}
	digits := text[dot+1:]
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || n == 0 || digits[0] == '0' {
		return "", 0, false
	}
	return ivr.SessionID(text[:dot]), ivr.OpID(n), true
}
