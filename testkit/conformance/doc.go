// Package conformance holds what Microsoft documents of the call API as
// fixtures, and tests that send it through the project's client, server and
// simulator. It has no code of its own.
//
// testdata/beta and testdata/v1.0 have a file for each documentation page: its
// examples in order, with their requests, responses and notifications. Names,
// ids, numbers and addresses are the project's own; what remains is the wire
// form.
package conformance
