package testkit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// givenLines are the world of the call.
func (s *Scribe) givenLines() []string {
	g := s.given
	var lines []string
	add := func(key, value string) { lines = append(lines, key+": "+value) }
	if g.Caller != (ivr.Party{}) {
		add("caller", partyText(g.Caller))
	}
	if g.Called != (ivr.Party{}) && g.Called.ID != graphsim.DefaultInstance {
		add("called", partyText(g.Called))
	}
	add("now", g.Now.UTC().Truncate(time.Second).Format(time.RFC3339))
	if len(g.Config) > 0 {
		add("config", yamlText(g.Config))
	}
	if targets := g.targetTexts(); len(targets) > 0 {
		add("targets", "{"+strings.Join(targets, ", ")+"}")
	}
	if len(g.Schedules) > 0 || s.schedules {
		add("schedules", yamlText(s.standing()))
	}
	var odd []string
	for _, o := range g.Oddities {
		odd = append(odd, string(o))
	}
	if len(odd) > 0 {
		add("oddities", "["+strings.Join(odd, ", ")+"]")
	}
	actions := map[string]string{}
	for name, replies := range s.replies {
		actions[name] = repliesText(replies, replyText)
	}
	for _, name := range slices.Sorted(maps.Keys(actions)) {
		if slices.Contains(givenKeys(), name) {
			add("actions", "{"+name+": "+actions[name]+"}")
			continue
		}
		add(name, actions[name])
	}
	var answers []string
	for _, step := range slices.Sorted(maps.Keys(s.answers)) {
		answers = append(answers, yamlText(step)+": "+repliesText(s.answers[step], answerText))
	}
	if len(answers) > 0 {
		add("http", "{"+strings.Join(answers, ", ")+"}")
	}
	return lines
}

// standing is how the schedules stand: as given, or at the time of the call.
func (s *Scribe) standing() map[string]any {
	words := map[schedule.State]string{schedule.Open: "open", schedule.Closed: "closed", schedule.Holiday: "holiday"}
	all := map[string]any{}
	for _, m := range s.flow.Members() {
		for name, sched := range m.Schedules {
			state, given := s.given.Schedules[name]
			if !given {
				state = sched.At(s.given.Now).State
			}
			all[name] = words[state]
		}
	}
	return all
}

func partyText(p ivr.Party) string {
	if p.Kind == ivr.PartyPhone {
		return yamlText(p.ID)
	}
	return "{" + string(p.Kind) + ": " + yamlText(p.ID) + "}"
}

// repliesText is a list, without the repeats at its end, or its only item.
func repliesText[R any](replies []R, text func(R) string) string {
	var all []string
	for _, r := range replies {
		all = append(all, text(r))
	}
	for len(all) > 1 && all[len(all)-1] == all[len(all)-2] {
		all = all[:len(all)-1]
	}
	if len(all) == 1 {
		return all[0]
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func replyText(r Reply) string {
	if len(r.Out) == 0 {
		return yamlText(r.Outcome)
	}
	return yamlText(map[string]any{"outcome": r.Outcome, "out": r.Out})
}

func answerText(r HTTPReply) string {
	switch {
	case r.Failed:
		return failed
	case r.JSON != nil:
		return yamlText(map[string]any{"status": float64(r.Status), "json": r.JSON})
	}
	return fmt.Sprint(r.Status)
}

// Keep adds the test to the text of a test file, which may be empty, and plays it. It
// answers the new text, and what came of the test, under the name that it has there:
// the given one, perhaps with a number. The file stands beside the flow.
//
// What the caller did is written without times, or with all of them if the test does
// not pass so. The error says why the text takes no test.
func (s *Scribe) Keep(ctx context.Context, file string, src []byte, name string, o Options) (text []byte, res Result, err error) {
	for _, exact := range []bool{false, true} {
		var named string
		if text, named, err = s.addTo(src, name, exact); err != nil {
			return nil, res, err
		}
		if res, err = Try(ctx, file, text, named, o); err != nil || res.Passed {
			return text, res, err
		}
	}
	return text, res, nil
}

func (s *Scribe) addTo(src []byte, name string, exact bool) (text []byte, named string, err error) {
	if len(src) == 0 {
		src = []byte("flow: ./" + path.Base(s.flow.File) + "\ntests:\n")
	}
	root, list := tree.Parse("", src)
	if root == nil || list.HasErrors() {
		return nil, "", fmt.Errorf("the test file has errors:\n%s", list)
	}
	tests, ok := root.Entry("tests")
	if !ok {
		return nil, "", errors.New("the test file has no tests: to add to")
	}
	named = name
	for n := 2; ; n++ {
		if _, taken := tests.Value.Entry(named); !taken {
			break
		}
		named = fmt.Sprintf("%s (%d)", name, n)
	}
	if common, ok := root.Entry("given"); ok {
		_, s.schedules = common.Value.Entry("schedules")
	}
	indent := "  "
	if all := tests.Value.Entries; len(all) > 0 {
		if all[0].KeyPos.Line == tests.KeyPos.Line || all[0].KeyPos.Col < 2 {
			return nil, "", errors.New("the tests of the file stand in { }; write each on lines of its own")
		}
		indent = strings.Repeat(" ", all[0].KeyPos.Col-1)
	}
	entry := indent + yamlText(named) + ":\n"
	for _, line := range s.lines(exact) {
		entry += indent + "  " + line + "\n"
	}
	at := endOfEntry(src, root, tests)
	before := src[:at]
	if len(before) > 0 && before[len(before)-1] != '\n' {
		entry = "\n" + entry
	}
	return slices.Concat(before, []byte(entry), src[at:]), named, nil
}

// endOfEntry is where the lines of a key of a file end: before the next key, with
// the comments above it, or at the end.
func endOfEntry(src []byte, root *tree.Node, of tree.Entry) int {
	end := len(src)
	for _, e := range root.Entries {
		if e.KeyPos.Line > of.KeyPos.Line {
			at, ok := offset(src, e.KeyPos)
			if ok {
				end = min(end, at)
			}
		}
	}
	if end == len(src) {
		return end
	}
	for { // comments and empty lines above the key
		start := strings.LastIndexByte(string(src[:max(end-1, 0)]), '\n') + 1
		line := strings.TrimSpace(string(src[start:end]))
		if start == 0 || line != "" && !strings.HasPrefix(string(src[start:end]), "#") {
			return end
		}
		end = start
	}
}

// Try plays one test of a test file's text, of the name that the file would have.
func Try(ctx context.Context, file string, text []byte, test string, o Options) (Result, error) {
	fsys, name, err := locate(file, o)
	if err != nil {
		return Result{}, err
	}
	o.FS, o.Opened = overlay{fsys, name, text}, nil
	o.Only = func(name string) bool { return name == test }
	rep, list, err := RunFile(ctx, name, o)
	switch {
	case err != nil:
		return Result{}, err
	case list.HasErrors() || len(rep.Tests) == 0:
		return Result{}, fmt.Errorf("the test cannot be played:\n%s", list)
	}
	return rep.Tests[0], nil
}
