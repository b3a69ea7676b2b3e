package replay_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit/replay"
)

// flowFile is the file of the flow that a test file names.
func flowFile(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "flow:"); ok {
			return filepath.Join(filepath.Dir(file), strings.Trim(strings.TrimSpace(name), `"'`))
		}
	}
	t.Fatalf("%s names no flow", file)
	return ""
}

// load loads a flow with another text in the place of its own; nil if there is an
// error in it.
func load(t testing.TB, file, text string) *flow.Flow {
	t.Helper()
	dir := filepath.Dir(file)
	f, _, err := bot.LoadFlowWith(bot.LoadOptions{Texts: map[string][]byte{file: []byte(text)}}, dir, filepath.Base(file))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// byFlow are the calls that ran just what is in their flow's file.
func byFlow(t testing.TB) map[string][]played {
	t.Helper()
	all := map[string][]played{}
	for _, p := range allCalls(t) {
		file := flowFile(t, p.file)
		if strings.Contains(read(t, p.file), "schedules:") {
			continue // other hours than the file's
		}
		all[file] = append(all[file], p)
	}
	return all
}

// versions pairs the versions of calls with another one.
type versions struct {
	now   *flow.Flow
	pairs map[*replay.Flow]*replay.Pair
}

func newVersions(now *flow.Flow) versions { return versions{now, map[*replay.Flow]*replay.Pair{}} }

// on is what a call does on the other version.
func (v versions) on(p played, r replay.Result) replay.Elsewhere {
	pair := v.pairs[p.on()]
	if pair == nil {
		pair = replay.NewPair(p.on(), replay.NewFlow(v.now, p.changes[0].Session.Config))
		v.pairs[p.on()] = pair
	}
	return pair.On(r)
}

// again is a call on its own version.
func again(t testing.TB, p played, how kept) replay.Result {
	t.Helper()
	r, err := replay.Again(p.on(), p.journal(t, how))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A version that differs in comments and blank lines only takes no call elsewhere.
func TestOnReformatted(t *testing.T) {
	for file, calls := range byFlow(t) {
		text := read(t, file)
		text = "# one more\n\n" + regexp.MustCompile(`(?m)^(\s*- .*)$`).ReplaceAllString(text, "$1   # why\n") + "\n# the end\n"
		now := load(t, file, text)
		if now == nil || now.Version == calls[0].flow.Version {
			t.Fatalf("%s: no other version", file)
		}
		versions := newVersions(now)
		for _, p := range calls {
			for _, how := range []kept{whole, forgotten, outlined} {
				if e := versions.on(p, again(t, p, how)); e.Verdict != replay.Same || e.Others {
					t.Errorf("%s: %s %+v %+v", p.file, e.Verdict, e.Why, e.Parts)
				}
			}
		}
	}
}

// handler is a plain handler in a flow's file.
var handler = regexp.MustCompile(`([a-z_0-9]+): ([a-z_]+)([,}\n])`)

// A handler that leads to another state is found in exactly the calls that used it.
func TestChangedHandlers(t *testing.T) {
	mutants, found, clean, blind, unknown := 0, 0, 0, 0, 0
	for file, calls := range byFlow(t) {
		text := read(t, file)
		main := load(t, file, text)
		var results [3][]replay.Result // by what is kept
		for _, p := range calls {
			for how := range results {
				results[how] = append(results[how], again(t, p, kept(how)))
			}
		}
		for _, at := range handler.FindAllStringSubmatchIndex(text, -1) {
			name := text[at[4]:at[5]]
			if _, ok := main.EntryOf(name); !ok || slices.Contains([]string{"play", "milestone", "tag", "start"}, text[at[2]:at[3]]) || main.Vars[text[at[2]:at[3]]] != nil {
				continue
			}
			other := otherState(main, name)
			now := load(t, file, text[:at[4]]+other+text[at[5]:])
			if other == "" || now == nil {
				continue
			}
			mutants++
			line := strings.Count(text[:at[4]], "\n") + 1
			versions := newVersions(now)
			for i, p := range calls {
				used := usesHandler(p, line, name)
				e := versions.on(p, results[whole][i])
				same := e.Verdict == replay.Same
				where := fmt.Sprintf("%s:%d: %s instead of %s: %s", file, line, other, name, p.file)
				switch {
				case used && e.Verdict == replay.Different:
					found++
					if e.Parts.Old.At.Line != line {
						t.Errorf("%s: parts elsewhere: %+v", where, e.Parts)
					}
				case !used && e.Verdict == replay.Same && !e.Others:
					clean++
				case used && e.Verdict == replay.Same:
					blind++
					t.Logf("%s: used, and not found", where)
				default:
					t.Errorf("%s: used %t, %s %+v %s", where, used, e.Verdict, e.Parts, e.Why)
				}
				for _, how := range []kept{forgotten, outlined} {
					e := versions.on(p, results[how][i])
					if used && !same && e.Verdict == replay.Same || !used && e.Verdict == replay.Different {
						t.Errorf("%s: where something was forgotten: used %t, %s %+v %s", where, used, e.Verdict, e.Parts, e.Why)
					}
					if e.Verdict == replay.Undecidable {
						unknown++
					}
				}
			}
		}
	}
	t.Logf("%d changed handlers: found in %d calls, not in %d; the same comes of %d; of %d nobody can know where something was forgotten", mutants, found, clean, blind, unknown)
	if mutants < 30 || found < 50 || clean < 200 {
		t.Error("that is too few to show anything")
	}
}

// otherState is a state of a flow that is not the named one.
func otherState(f *flow.Flow, name string) string {
	var all []string
	for _, s := range f.Steps {
		if s.Section == flow.InState && s.State != name && !slices.Contains(all, s.State) {
			all = append(all, s.State)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// usesHandler reports whether a call took a handler of a line that leads to a state.
func usesHandler(p played, line int, state string) bool {
	at := ""
	for _, c := range p.changes {
		for _, cmd := range c.Commands {
			m, ok := cmd.(ivr.Moved)
			if !ok || m.Flow != "" {
				continue
			}
			if step, _ := p.flow.StepAt("", at); step != nil {
				words := strings.Split(m.Trigger, ".")
				e := step.Edges[words[0]]
				for _, w := range words[1:] {
					if e = e.Then; w == "else" {
						e = step.Edges[words[0]].Else
					}
				}
				if e != nil && e.Pos.Line == line && e.To.Kind == flow.ToStep {
					to := p.flow.Steps[e.To.Step]
					if entry, _ := p.flow.EntryOf(state); to.StateName(to.Entry()) == entry {
						return true
					}
				}
			}
			at = m.State
		}
	}
	return false
}
