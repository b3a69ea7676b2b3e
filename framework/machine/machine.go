// Package machine is a compiled finite state machine: one immutable table a
// flow version, shared by all calls.
package machine

// Move is one transition: in state From, Trigger leads to To.
type Move struct{ From, Trigger, To string }

// Table is an immutable state machine. It is safe for concurrent use.
type Table struct{}
