package missing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// stage is where tests are played.
type stage struct {
	flow   *flow.Flow
	player *testkit.Player
	tally  *cover.Tally
	seen   heardOf
}

func newStage(f *flow.Flow, o Options) *stage {
	s := &stage{flow: f, tally: &cover.Tally{ReadyMade: o.Tally.ReadyMade}}
	s.player = testkit.NewPlayer(f, "tests", testkit.Options{Workers: 1, Cover: s.tally, CoverDir: o.CoverDir, Observe: func(c call.Change) { s.seen.change(c) }})
	return s
}

// played is what came of a test.
type played struct {
	reached map[cover.Item]bool
	why     string // it does not pass
}

// play plays a test. It makes the test expect what comes then, and takes out of its
// world what the call does not ask for.
func (s *stage) play(t *prove.Test) (p played, err error) {
	before := s.counts()
	whole := *t
	whole.Steps = append(slices.Clone(t.Steps), "ended")
	if p.why, err = s.once(&whole); err != nil || p.why != "" {
		return p, err
	}
	p.reached = map[cover.Item]bool{}
	for item, n := range s.counts() {
		if n > before[item] {
			p.reached[item] = true
		}
	}
	t.Expect = s.seen.expect(s.flow)
	s.prune(t)
	if p.why, err = s.once(t); err == nil && p.why != "" {
		p.why = "played again, the test does not pass: " + p.why
	}
	return p, err
}

// counts are how often each thing was reached so far.
func (s *stage) counts() map[cover.Item]int {
	all := map[cover.Item]int{}
	for _, f := range s.tally.Report().Files {
		for _, i := range f.Items {
			n := i.Count
			i.Count = 0
			all[i] = n
		}
	}
	return all
}

// once plays a test, and says why it does not pass.
func (s *stage) once(t *prove.Test) (why string, err error) {
	s.seen = heardOf{}
	text := "flow: ./x.ivr.yaml\ntests:\n" + t.Text()
	all, err := s.player.Play([]byte(text))
	switch {
	case err != nil:
		return "", fmt.Errorf("playing the test %q: %w\n%s", t.Name, err, text)
	case !all[0].Passed:
		return "as a test the call goes another way: " + all[0].Failures[0].Instead, nil
	}
	return "", nil
}

// heardOf is what a call did.
type heardOf struct {
	by         ivr.EndedBy
	did        []string // actions
	asked      map[string]bool
	milestones []string
	tags       []string
}

func (h *heardOf) change(c call.Change) {
	h.by = c.Session.EndedBy
	for _, cmd := range c.Commands {
		switch cmd := cmd.(type) {
		case ivr.RunAction:
			h.did = append(h.did, cmd.Name)
		case ivr.HTTPRequest:
			if cmd.Action != "" {
				h.did = append(h.did, cmd.Action)
				continue
			}
			if h.asked == nil {
				h.asked = map[string]bool{}
			}
			h.asked[cmd.Step] = true
		case ivr.Mark:
			switch {
			case cmd.Kind == "milestone":
				h.milestones = append(h.milestones, cmd.Name)
			case cmd.Kind == "tag":
				h.tags = append(h.tags, cmd.Name)
			}
		default:
		}
	}
}

// expect is what a test of the call expects.
func (h *heardOf) expect(f *flow.Flow) map[string]any {
	all := map[string]any{}
	if h.by != "" {
		all["ended"] = "by_" + string(h.by)
	}
	if len(f.Actions) > 0 {
		all["do"] = h.did
	}
	if len(h.milestones) > 0 {
		all["milestones"] = h.milestones
	}
	if len(h.tags) > 0 {
		all["tags"] = h.tags
	}
	return all
}

// prune takes actions and requests that the call does not make out of a test's world.
func (s *stage) prune(t *prove.Test) {
	h := &s.seen
	for name := range s.flow.Actions {
		if slices.Contains(h.did, name) {
			continue
		}
		delete(t.Given, name)
		drop(t.Given, "actions", name)
	}
	web, _ := t.Given["http"].(map[string]any)
	for name := range web {
		if !h.asked[name] && !slices.Contains(h.did, name) {
			drop(t.Given, "http", name)
		}
	}
}

// drop takes a name out of a map of a test's world.
func drop(given map[string]any, of, name string) {
	m, _ := given[of].(map[string]any)
	delete(m, name)
	if len(m) == 0 {
		delete(given, of)
	}
}

// listed is "a, b and c".
func listed(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
