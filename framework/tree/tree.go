// Package tree reads YAML into a tree whose every node knows its place in the
// file. It is the only home of the YAML library.
//
// [Parse] takes any bytes: files that are too big, too deep or too clever
// (anchors, aliases, merge keys, tags, several documents) are refused with a
// finding. It goes on after a fault: what could not be read stands in the tree
// as a node that is [Node.Faulty], about which the accessors say no more. A
// *Node is not written after Parse; it is safe for concurrent use.
package tree

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Limits of a file. They are far above what a person writes, and keep a file
// that somebody made to exhaust the loader from doing so.
const (
	MaxSize  = 1 << 20 // bytes
	MaxDepth = 64      // nested lists and maps
	MaxNodes = 100_000 // keys and values
	MaxKeys  = 5_000   // keys of one map
)

// Kind is the form of a node.
type Kind uint8

// The kinds of node.
const (
	Scalar Kind = iota
	List
	Map
	faulty // see Node.Faulty
)

// String is "text", "list" or "map", as messages name them.
func (k Kind) String() string {
	switch k {
	case List:
		return "a list"
	case Map:
		return "a map"
	default:
		return "a single value"
	}
}

// The tags of scalars.
const (
	TagString = "!!str"
	TagInt    = "!!int"
	TagFloat  = "!!float"
	TagBool   = "!!bool"
	TagNull   = "!!null"
)

// Node is a value in a file.
type Node struct {
	Kind    Kind
	Pos     diag.Pos
	Value   string  // of a scalar, as text: 007 is "007"
	Tag     string  // of a scalar: TagString, TagInt, TagFloat, TagBool or TagNull
	Quoted  bool    // a scalar in quotes
	Block   bool    // a scalar after | or >
	Items   []*Node // of a list
	Entries []Entry // of a map, in the order of the file, without repeated keys
	Repeats []Entry // of a map: what was reported, since its key stands before
	Gaps    bool    // a map in which something could not be read that is no entry
	Unread  string  // of the root: the texts of all that could not be read
}

// Entry is a key of a map with its value.
type Entry struct {
	Key       string
	KeyPos    diag.Pos
	KeyQuoted bool
	KeyTag    string // as Node.Tag
	Value     *Node
}

// Entry finds a key of a map.
func (n *Node) Entry(key string) (Entry, bool) {
	for _, e := range n.Entries {
		if e.Key == key {
			return e, true
		}
	}
	return Entry{}, false
}

// Repeated reports whether a key stands in the map more than once, so that
// nobody knows which of its values was meant.
func (n *Node) Repeated(key string) bool {
	return slices.ContainsFunc(n.Repeats, func(e Entry) bool { return e.Key == key })
}

// Hurt reports a node that is faulty, or in which something is or is missing.
func (n *Node) Hurt() bool {
	return n.Faulty() || n.Gaps || slices.ContainsFunc(n.Items, (*Node).Hurt) ||
		slices.ContainsFunc(n.Entries, func(e Entry) bool { return e.Value.Hurt() })
}

// Faulty reports a node that could not be read. What is wrong with it was
// reported.
func (n *Node) Faulty() bool { return n.Kind == faulty }

// Null reports whether the node stands for nothing: an empty value, ~ or
// null.
func (n *Node) Null() bool { return n.Kind == Scalar && n.Tag == TagNull }
