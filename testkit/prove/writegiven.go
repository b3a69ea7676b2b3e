package prove

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// worldWords are the keys of given: an action of that name stands below actions.
//
//nolint:gochecknoglobals // a list of words
var worldWords = []string{"actions", "config", "params", "caller", "called", "tenant", "now", "targets", "schedules", "phones", "graph", "callbacks",
	"oddities", "seed", "http", "meeting", "participants"}

// given is the world of the call. What a test has anyway is left out if it is not
// exact.
func (w *testWriter) given(exact bool) map[string]any {
	s, all := w.start, map[string]any{}
	put := func(name string, v map[string]any) {
		if len(v) > 0 {
			all[name] = v
		}
	}
	put("config", s.config)
	put("params", s.params)
	schedules := map[string]any{}
	for name, state := range s.open {
		schedules[name] = strings.TrimPrefix(stateText(state), "on ")
	}
	put("schedules", schedules)
	if !s.now.Equal(someDay()) && (exact || len(s.open) == 0) {
		all["now"] = s.now.UTC().Format(time.RFC3339)
	}
	if s.flow.Kind == flow.Incoming {
		switch s.caller.Kind {
		case ivr.PartyUser: // as in any test
		case ivr.PartyPhone:
			all["caller"] = s.caller.ID
		default:
			all["caller"] = "hidden"
		}
	}
	calls := maps.Clone(w.callbacks)
	w.meeting.given(all, calls, exact)
	put("callbacks", calls)
	put("targets", w.people.targets())
	put("graph", shortLists(w.faulty()))
	put("http", shortLists(w.http))
	w.actions(all)
	return all
}

// faulty are the kinds of request of which one fails.
func (w *testWriter) faulty() map[string][]any {
	all := maps.Clone(w.graph)
	maps.DeleteFunc(all, func(_ string, list []any) bool {
		return !slices.ContainsFunc(list, func(v any) bool { return v != well })
	})
	return all
}

func shortLists(lists map[string][]any) map[string]any {
	all := map[string]any{}
	for name, list := range lists {
		all[name] = shortest(list)
	}
	return all
}

// actions adds what actions return. Those of which the call says nothing do well, and
// so do requests: what follows the call may need them.
func (w *testWriter) actions(given map[string]any) {
	replies, web := maps.Clone(w.replies), maps.Clone(w.http)
	for _, m := range w.g.flow.Members() {
		for _, s := range m.Steps {
			switch spec := s.Spec.(type) {
			case *flow.HTTP:
				if name := w.g.flow.NameOf(m, s); web[name] == nil {
					web[name] = []any{"ok"}
				}
			case *flow.Do:
				name := spec.Action.Name
				if spec.Action.HTTP == nil && replies[name] == nil {
					replies[name] = []any{reply(spec.Action.Outcomes[0], w.g.facts.answers[s][0])}
				}
			default:
			}
		}
	}
	below := map[string]any{}
	for name, list := range replies {
		if slices.Contains(worldWords, name) {
			below[name] = shortest(list)
		} else {
			given[name] = shortest(list)
		}
	}
	if len(below) > 0 {
		given["actions"] = below
	}
	if len(web) > 0 {
		given["http"] = shortLists(web)
	}
}
