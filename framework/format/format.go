// Package format writes the files of a flow in the one form that people need
// not think about: the order of sections and of a step's keys, indentation,
// blank lines.
//
//	out, list, err := format.Source("support.ivr.yaml", src, format.Flow)
//
// It moves and indents lines, and changes nothing within them: comments,
// quotes, maps in { } and columns that were lined up stay as they are. What it
// writes is read again and means what the source meant, or is not handed out.
package format

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// Kind is the kind of a file. It says which keys have an order.
type Kind uint8

// The kinds of file.
const (
	Flow    Kind = iota
	Tests        // of a flow
	Prompts      // a catalogue, whose keys stay in the author's order
)

// KindOf guesses what a file without a name holds.
func KindOf(src []byte) Kind {
	root, _ := tree.Parse("", src)
	if root == nil {
		return Flow
	}
	for _, k := range []struct {
		key  string
		kind Kind
	}{{"ivr", Flow}, {"states", Flow}, {"tests", Tests}} {
		if _, ok := root.Entry(k.key); ok {
			return k.kind
		}
	}
	return Prompts
}

// errMeaning is the error of a file that would not stay the same.
var errMeaning = errors.New("it is written in a way that cannot be formatted without a change of its meaning; nothing was changed")

// Source formats a file. Its name is used in positions only. A file that is
// not valid YAML as flows use it is not formatted: the list says why. The
// error is for the rare ways to write YAML that cannot be formatted.
func Source(file string, src []byte, kind Kind) ([]byte, diag.List, error) {
	root, list := tree.Parse(file, src)
	if root == nil || len(list) > 0 {
		return nil, list, nil
	}
	t, err := newText(src)
	if err != nil {
		return nil, nil, fmt.Errorf("formatting %s: %w", file, err)
	}
	f := formatter{text: t, orders: ordersOf(root, kind), moved: map[*tree.Node][]int{}}
	out := f.file(root)
	if f.err == nil {
		f.err = f.verify(root, out)
	}
	if f.err != nil {
		return nil, nil, fmt.Errorf("formatting %s: %w", file, f.err)
	}
	return out, nil, nil
}

// verify reports an output that does not mean what the source means, or in
// which a line is missing.
func (f *formatter) verify(root *tree.Node, out []byte) error {
	again, list := tree.Parse("", out)
	if again == nil || len(list) > 0 || !f.same(root, again) || !sameLines(f.lines, out) {
		return errMeaning
	}
	return nil
}

// same compares what was read with what will be read, entries that were moved
// included.
func (f *formatter) same(a, b *tree.Node) bool {
	if a.Kind != b.Kind || a.Value != b.Value || a.Tag != b.Tag || a.Quoted != b.Quoted || a.Block != b.Block ||
		len(a.Items) != len(b.Items) || len(a.Entries) != len(b.Entries) {
		return false
	}
	for i := range a.Items {
		if !f.same(a.Items[i], b.Items[i]) {
			return false
		}
	}
	moved := f.moved[a]
	for i := range a.Entries {
		was, is := a.Entries[i], b.Entries[i]
		if moved != nil {
			was = a.Entries[moved[i]]
		}
		if was.Key != is.Key || was.KeyTag != is.KeyTag || was.KeyQuoted != is.KeyQuoted || !f.same(was.Value, is.Value) {
			return false
		}
	}
	return true
}

// sameLines compares lines without their order, indentation and dashes: no
// comment is lost and none was made.
func sameLines(before []string, after []byte) bool {
	count := map[string]int{}
	for _, line := range before {
		count[bare(line)]++
	}
	for line := range bytes.Lines(after) {
		count[bare(string(line))]--
	}
	delete(count, "")
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// bare is a line without what formatting changes.
func bare(line string) string {
	line = strings.TrimSpace(line)
	for line == "-" || strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "-\t") {
		line = strings.TrimSpace(line[1:])
	}
	return line
}
