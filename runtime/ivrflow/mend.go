package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// mend is a change that check --fix made.
type mend struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Old  string `json:"old"`
	Text string `json:"text"`
	Rule string `json:"rule"`
}

// String is a line of check --fix.
func (m mend) String() string {
	return fmt.Sprintf("%s: mended: %s is now %s [%s]", diag.Pos{File: m.File, Line: m.Line, Col: m.Col}, m.Old, m.Text, m.Rule)
}

// mend makes the certain mends of a flow and of the files it names. Those are
// written when all is done.
func (r *report) mend(ctx context.Context, name string) error {
	m := mender{name: name, audio: r.audio, texts: map[string][]byte{}}
	if err := m.all(ctx); err != nil {
		return withHint(err, name)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, file := range slices.Sorted(maps.Keys(m.texts)) {
		if err := replaceFile(file, m.texts[file]); err != nil {
			return err
		}
	}
	r.mended = append(r.mended, m.made...)
	return nil
}

// mender mends the files of one flow.
type mender struct {
	name  string
	audio prompt.Importer
	texts map[string][]byte // the files that changed
	made  []mend
}

// all makes one mend after the other, as long as one can stay.
func (m *mender) all(ctx context.Context) error {
	list, err := m.load(m.texts)
	refused := map[diag.Diagnostic]bool{}
	for err == nil && ctx.Err() == nil {
		i := slices.IndexFunc(list, func(d diag.Diagnostic) bool { return d.Fix.Old != "" && !refused[lineOf(d)] })
		if i < 0 {
			return nil
		}
		var after diag.List
		if after, err = m.try(list, list[i]); after != nil {
			list = after
			clear(refused) // what did not go before may go now
			continue
		}
		refused[lineOf(list[i])] = true
	}
	return err
}

// maxChain is how many mends may follow from one.
const maxChain = 10

// try makes a mend, and those of the errors that come to light by it. It
// answers nil, and takes all back, unless the finding is gone and no error is
// new. Warnings may be new: of what nothing uses is told only when there is no
// error.
func (m *mender) try(before diag.List, d diag.Diagnostic) (diag.List, error) {
	then := mender{m.name, m.audio, maps.Clone(m.texts), slices.Clone(m.made)}
	gone := d
	for range maxChain {
		src, ok := d.Fix.Apply(then.source(d.Pos.File))
		if !ok {
			return nil, nil
		}
		then.texts[d.Pos.File] = src
		then.made = append(then.made, mend{d.Pos.File, d.Fix.Line, d.Fix.Col, d.Fix.Old, d.Fix.Text, d.Rule})
		after, err := then.load(then.texts)
		if err != nil {
			return nil, err
		}
		fresh, isGone := compareFindings(before, after, gone)
		if fresh == nil && isGone {
			*m = then
			return append(diag.List{}, after...), nil
		}
		i := slices.IndexFunc(fresh, func(d diag.Diagnostic) bool { return d.Fix.Old != "" })
		if i < 0 {
			return nil, nil
		}
		d = fresh[i]
	}
	return nil, nil
}

// load checks the flow with changed files.
func (m *mender) load(texts map[string][]byte) (diag.List, error) {
	_, list, err := bot.LoadFlowWith(bot.LoadOptions{Texts: texts, Audio: m.audio}, "", m.name)
	list.Settle(func(file string) []byte {
		if src, ok := texts[file]; ok {
			return src
		}
		return m.source(file)
	})
	return list, err
}

// source is a file as it is now; nil if there is none on disk.
func (m *mender) source(file string) []byte {
	if src, ok := m.texts[file]; ok {
		return src
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil // a finding in such a file has no mend
	}
	return src
}

// compareFindings lists the errors that are new, and says whether a finding is
// gone.
func compareFindings(before, after diag.List, gone diag.Diagnostic) (fresh diag.List, isGone bool) {
	count := map[diag.Diagnostic]int{}
	for _, d := range before {
		count[lineOf(d)]++
	}
	for _, d := range after {
		if count[lineOf(d)]--; count[lineOf(d)] < 0 && d.Severity == diag.Error {
			fresh = append(fresh, d)
		}
	}
	return fresh, count[lineOf(gone)] > 0
}

// lineOf is a finding without its column, which a mend on its line can move.
func lineOf(d diag.Diagnostic) diag.Diagnostic {
	d.Pos.Col, d.EndCol, d.Fix = 0, 0, diag.Fix{}
	return d
}
