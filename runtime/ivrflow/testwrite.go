package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// withTests are the files to be played. If coverage is counted, a flow that has no tests is
// not one of them: it counts as not reached.
func (t *testRun) withTests(names []string) []string {
	if t.tally == nil {
		return names
	}
	flows := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.HasSuffix(name, flowEnd) })
	if o := &t.options.cover; o.write != "" && len(flows) == 1 {
		o.flow = flows[0]
	}
	return slices.DeleteFunc(names, hasNoTests)
}

// hasNoTests reports whether a file is a flow, without a file of tests beside it.
func hasNoTests(name string) bool {
	stem, isFlow := strings.CutSuffix(name, flowEnd)
	if _, err := os.Stat(name); err != nil || !isFlow {
		return false
	}
	_, err := os.Stat(stem + testEnd)
	return errors.Is(err, fs.ErrNotExist)
}

// untold is what to say of a flow that has no tests.
func untold(name string) error {
	return fmt.Errorf("%[1]s has no tests: write %[2]s beside it, or make one of a call: ivrflow test --record %[1]s", name, filepath.Base(strings.TrimSuffix(name, flowEnd)+testEnd))
}

// addLacking makes the flow of which tests are to be written part of the coverage: the
// only one that is given or that tests were played of.
func (t *testRun) addLacking() error {
	o := &t.options.cover
	if o.write == "" {
		return nil
	}
	var tested []string
	for _, rep := range t.reports {
		if rep.FlowFile == "" {
			continue // it could not be read
		}
		name := filepath.FromSlash(rep.FlowFile)
		if !slices.Contains(tested, name) {
			tested = append(tested, name)
		}
	}
	if o.flow == "" && len(tested) == 1 {
		o.flow = tested[0]
	}
	if o.flow == "" {
		return usagef("--write writes the tests of one flow; name its file, and the other files of tests that it has")
	}
	var err error
	t.lacking, err = t.addFlow(o.flow)
	return err
}

// missingTests are the tests that are written of what no test reaches.
type missingTests struct {
	run     *testRun
	flow    *flow.Flow
	name    string // its file
	fsys    fs.FS
	file    string // of the tests, in fsys
	header  string
	proof   *prove.Report
	calls   map[prove.Move]*prove.Call
	counter *cover.Counter
	left    map[cover.Item]bool
	kept    []keptTest
	said    []untested
}

// untested is what has no test, and why.
type untested struct {
	cover.Item
	at   int // among all that is missing
	text string
}

// keptTest is a test, and where what it was made for is among all that is missing.
type keptTest struct {
	at   int
	text string
}

// target is something that no test reaches, with the moves that do, those to which the
// call is shortest first.
type target struct {
	cover.Item
	at    int // among all that is missing
	moves []prove.Move
}

// writeMissing writes tests of what no test reaches: the shortest call to each.
func (t *testRun) writeMissing(f *flow.Flow, name string) error {
	if param := asksFor(f); param != "" {
		return usagef("--write: the flow %s needs the parameter %q and takes no calls by itself; name a flow that calls it, and its tests", f.Name, param)
	}
	m := &missingTests{run: t, flow: f, name: name, calls: map[prove.Move]*prove.Call{}, counter: t.tally.Add(f, coverDir(f, name)), left: map[cover.Item]bool{}}
	m.header = "flow: ./" + filepath.Base(name) + "\ntests:\n"
	m.fsys, m.file = os.DirFS("."), path.Join(filepath.ToSlash(filepath.Dir(name)), "missing"+testEnd)
	if !filepath.IsLocal(name) {
		m.fsys, m.file = os.DirFS(filepath.Dir(name)), "missing"+testEnd
	}
	var err error
	if m.proof, err = explored(t.cmd.Context(), f, name, prove.Options{}, t.cmd.ErrOrStderr()); err != nil {
		return err
	}
	targets, err := m.targets()
	if err != nil {
		return err
	}
	all := len(targets)
	for _, one := range targets {
		if !m.left[one.Item] {
			continue // a test that was made for something else comes by
		}
		if err := m.make(one); err != nil {
			return err
		}
	}
	return m.write(all)
}

// asksFor is a parameter without which a flow that takes calls cannot be started; ""
// if there is none.
func asksFor(f *flow.Flow) string {
	for _, name := range f.Params {
		if f.Kind == flow.Incoming && f.Vars[name].Default == nil {
			return name
		}
	}
	return ""
}

// coverDir is what a flow's files are named below in the coverage.
func coverDir(f *flow.Flow, name string) string {
	return filepath.ToSlash(strings.TrimSuffix(filepath.Clean(name), filepath.FromSlash(f.File)))
}

// oneMore is a file system with one file more.
type oneMore struct {
	fs.FS
	name string
	text []byte
}

// ReadFile reads the file, or one of the others.
func (o oneMore) ReadFile(name string) ([]byte, error) {
	if name == o.name {
		return o.text, nil
	}
	return fs.ReadFile(o.FS, name)
}

// targets are what calls reach and no test does. Those with the longest calls come
// first, which come by others. What no call reaches is said.
func (m *missingTests) targets() ([]target, error) {
	var all []target
	for at, item := range m.missing() {
		moves, err := m.movesTo(item)
		switch {
		case err != nil:
			return nil, err
		case len(moves) > 0:
			m.left[item] = true
			all = append(all, target{item, at, moves})
		case item.Kind == cover.Prompt:
			m.say(at, item, "no call was found that plays the %s", item)
		case m.proof.Complete && len(m.proof.Doubts) == 0:
			m.say(at, item, "no call reaches the %s", item)
		case m.proof.Complete:
			m.say(at, item, "no call that was tried reaches the %s; not all values could be tried", item)
		default:
			m.say(at, item, "no call that was explored reaches the %s, but not all were: %s", item, m.proof.Why)
		}
	}
	slices.SortStableFunc(all, func(a, b target) int { return m.length(b.moves[0]) - m.length(a.moves[0]) })
	return all, nil
}

// missing is what no test reaches of the flow and of those that it calls, by place.
func (m *missingTests) missing() []cover.Item {
	var own cover.Tally
	own.ReadyMade = m.run.tally.ReadyMade
	own.Add(m.flow, coverDir(m.flow, m.name))
	names := map[string]bool{}
	for _, f := range own.Report().Files {
		names[f.Name] = true
	}
	rep := m.run.tally.Report()
	rep.Files = slices.DeleteFunc(rep.Files, func(f cover.File) bool { return !names[f.Name] })
	all := rep.Missing(cover.Step, cover.Outcome, cover.Prompt)
	slices.SortStableFunc(all, func(a, b cover.Item) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), a.Pos.Line-b.Pos.Line, a.Pos.Col-b.Pos.Col)
	})
	return all
}

// length is how much happens in the shortest call to a move.
func (m *missingTests) length(move prove.Move) int { return len(m.calls[move].Acts) }

func (m *missingTests) say(at int, i cover.Item, text string, args ...any) {
	m.said = append(m.said, untested{i, at, fmt.Sprintf(text, args...)})
}

// without are the lines of what has no test, by place. The outcomes of such a step go
// without saying.
func (m *missingTests) without() []string {
	slices.SortStableFunc(m.said, func(a, b untested) int { return a.at - b.at })
	var lines []string
	for _, u := range m.said {
		if u.Kind == cover.Outcome && slices.ContainsFunc(m.said, func(s untested) bool {
			return s.Kind == cover.Step && s.Step == u.Step && s.Pos.File == u.Pos.File
		}) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s", u.Pos, u.text))
	}
	return lines
}

// movesTo are the moves that some call makes and with which it is at an item.
func (m *missingTests) movesTo(item cover.Item) ([]prove.Move, error) {
	ways := m.counter.Ways(item)
	var moves []prove.Move
	for _, move := range m.proof.Made() {
		way := cover.Way{Flow: move.Flow, Move: machine.Move{From: move.From, Trigger: move.Trigger, To: move.To}}
		if item.Kind != cover.Prompt && !slices.Contains(ways, way) {
			continue
		}
		c, ok := m.calls[move]
		if !ok {
			var err error
			if c, err = m.proof.CallTo(move); err != nil {
				return nil, failuref("%w", err)
			}
			m.calls[move] = c
		}
		if item.Kind != cover.Prompt || c.Plays(item.Name) {
			moves = append(moves, move)
		}
	}
	slices.SortStableFunc(moves, func(a, b prove.Move) int { return m.length(a) - m.length(b) })
	return moves, nil
}

// mostCalls is how many calls are tried for one item. Those to it by other phases of a
// step differ in little.
const mostCalls = 20

// make makes the test of an item. It is kept if it passes and comes there.
func (m *missingTests) make(one target) error {
	why := ""
	for _, move := range one.moves[:min(len(one.moves), mostCalls)] {
		test, err := m.proof.TestTo(move, "the "+one.String())
		if err != nil {
			why = cmp.Or(why, err.Error())
			continue
		}
		if m.flow.Kind == flow.Incoming {
			delete(test.Given, "params") // which only a flow that calls it can give
		}
		for _, expect := range m.expectations() {
			test.Expect = expect
			p, err := m.play(test)
			switch {
			case err != nil:
				return err
			case p.reached[one.Item]:
				for i := range p.reached {
					delete(m.left, i)
				}
				m.kept = append(m.kept, keptTest{one.at, p.text})
				return nil
			}
			why = cmp.Or(p.why, why, "the test that was made of a call does not come there")
		}
	}
	m.say(one.at, one.Item, "there is no test of the %s: %s", one.Item, why)
	return nil
}

// expectations are what a test could expect, the most first. The values are those that
// come.
func (m *missingTests) expectations() []map[string]any {
	some := map[string]any{"ended": "by_caller"}
	if len(m.flow.Actions) == 0 {
		return []map[string]any{some, nil}
	}
	return []map[string]any{{"ended": "by_caller", "do": []any{}}, some, nil}
}

// playedTest is what came of a test.
type playedTest struct {
	text    string // with what it expects renewed
	reached map[cover.Item]bool
	why     string // it does not pass
}

// play plays a test, with what it expects renewed.
func (m *missingTests) play(test *prove.Test) (p playedTest, err error) {
	ctx, o := m.run.cmd.Context(), testkit.Options{Audio: m.run.options.audio, Workers: 1}
	o.FS = oneMore{m.fsys, m.file, []byte(m.header + test.Text())}
	renewed, list, err := testkit.Renew(ctx, m.file, o)
	switch {
	case err != nil:
		return p, failuref("playing a test: %w", err)
	case list.HasErrors():
		return playedTest{why: list[0].Message}, nil
	case len(renewed.Left) > 0:
		return playedTest{why: "as a test the call goes another way: " + renewed.Left[0].Failures[0].Instead}, nil
	}
	tally := &cover.Tally{ReadyMade: m.run.tally.ReadyMade}
	o.FS, o.Cover, o.CoverDir = m.fsys, tally, coverDir(m.flow, m.name)
	if _, err := testkit.Try(ctx, m.file, renewed.After, test.Name, o); err != nil {
		return p, failuref("playing a test: %w", err)
	}
	p = playedTest{text: strings.TrimPrefix(string(renewed.After), m.header), reached: map[cover.Item]bool{}}
	for _, f := range tally.Report().Files {
		for _, i := range f.Items {
			if i.Count > 0 {
				i.Count = 0
				p.reached[i] = true
			}
		}
	}
	return p, nil
}

// write writes the file, and says what is not in it.
func (m *missingTests) write(all int) error {
	stderr, file := m.run.cmd.ErrOrStderr(), m.run.options.cover.write
	for _, line := range m.without() {
		fmt.Fprintln(stderr, line)
	}
	if len(m.kept) == 0 {
		fmt.Fprintln(stderr, "ivrflow: no tests were written")
		return nil
	}
	from, err := fromTests(file, m.name)
	if err != nil {
		return failuref("%w", err)
	}
	slices.SortStableFunc(m.kept, func(a, b keptTest) int { return a.at - b.at })
	var text strings.Builder
	text.WriteString("flow: " + from + "\ntests:\n")
	for _, k := range m.kept {
		text.WriteString(k.text)
	}
	if err := os.WriteFile(file, tidyTests(file, []byte(text.String())), 0o644); err != nil {
		return failuref("writing the tests: %w", err)
	}
	if err := m.again(file); err != nil {
		return failuref("the tests in %s: %w", file, err)
	}
	fmt.Fprintf(stderr, "%s: %s written, which pass; with them %d of the %d are reached that calls reach and no test did\n", file, plural(len(m.kept), "test"), all-len(m.left), all)
	return nil
}

// again plays what was written, where it was written.
func (m *missingTests) again(file string) error {
	rep, list, err := testkit.RunFile(m.run.cmd.Context(), file, testkit.Options{Audio: m.run.options.audio})
	switch {
	case err != nil:
		return err
	case list.HasErrors():
		return fmt.Errorf("they cannot be played from there: %s", list[0])
	case !rep.Passed():
		return errors.New("they do not all pass from there")
	}
	return nil
}
