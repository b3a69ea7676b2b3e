package flow

import (
	"regexp"
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// unsure is what nobody can know of a flow with faults. Findings about the
// flow as a whole are made from what is sure, so that no fault brings others
// with it.
//
// Where a step leads after a fault is unsure: see draft.loose. Where that step
// is reached any state may be.
type unsure struct {
	names    map[string]bool // they stand in what could not be read, perhaps declared
	anywhere bool            // what could not be read may lead to any state
	handlers bool            // the flow's handlers or its defaults could not be read
	actions  map[string]bool // actions of whose declaration something was reported
	kind     bool            // the flow's kind could not be read
	// schedules says that the section of schedules could not be read as a whole.
	schedules bool
	groups    bool // likewise of groups
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// unread takes in what could not be read of a file.
func (l *loader) unread(root *tree.Node) {
	if root.Unread == "" {
		return
	}
	l.unsure.anywhere = true
	l.unreadText(root.Unread)
	for _, key := range []string{"defaults", "handlers"} {
		l.unsure.handlers = l.unsure.handlers || l.unsure.names[key]
	}
}

func (l *loader) unreadText(text string) {
	for _, w := range word.FindAllString(text, -1) {
		l.unsure.names[w] = true
	}
}

// unreadNode takes in what stands in a node that is not what was wanted.
func (l *loader) unreadNode(n *tree.Node) {
	l.unsure.anywhere = true
	l.unreadText(n.Value)
	for _, item := range n.Items {
		l.unreadNode(item)
	}
	for _, e := range slices.Concat(n.Entries, n.Repeats) {
		l.unreadText(e.Key)
		l.unreadNode(e.Value)
	}
}

// lost says that a name may be declared in what could not be read.
func (l *loader) lost(name string) bool { return l.unsure.names[name] }

// unknown reports a name that nothing declares, unless that may stand in what
// could not be read.
func (l *loader) unknown(pos diag.Pos, rule, format, name string, known []string) {
	if !l.lost(name) {
		l.errorf(pos, rule, format+"%s", shorten(name), l.didYouMean(name, known))
		l.mendName(pos, name, known)
	}
}

// merged are the entries of a map whose sections may stand in it twice: the
// parts of a section that is itself a map are put together. Of any other
// section the first is taken.
func (l *loader) merged(root *tree.Node) []tree.Entry {
	entries := slices.Clone(root.Entries)
	for _, again := range root.Repeats {
		i := slices.IndexFunc(entries, func(e tree.Entry) bool { return e.Key == again.Key })
		first := entries[i].Value
		if first.Kind != tree.Map || again.Value.Kind != tree.Map {
			l.unreadNode(again.Value)
			continue
		}
		both := *first
		both.Entries, both.Repeats = slices.Clone(first.Entries), slices.Concat(first.Repeats, again.Value.Repeats)
		for _, e := range again.Value.Entries {
			if _, ok := first.Entry(e.Key); ok {
				both.Repeats = append(both.Repeats, e)
			} else {
				both.Entries = append(both.Entries, e)
			}
		}
		entries[i].Value = &both
	}
	return entries
}
