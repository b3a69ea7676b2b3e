package testkit

import (
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// reactions reads what people do who are called: one thing always, or one a call.
func (r *reader) reactions(g *Given, n *tree.Node) {
	if n.Kind != tree.Map {
		n.Wrong(&r.list, "a map from an object id or number to what is done there")
		return
	}
	for _, e := range n.Entries {
		items := e.Value.ListItems()
		if len(items) == 0 {
			r.list.Errorf(e.Value.Pos, ruleValue, "the list is empty; write what is done there, such as busy")
		}
		var all []graphsim.Reaction
		for _, item := range items {
			all = append(all, r.reaction(item))
		}
		g.Reactions[e.Key] = all
	}
}

// reaction reads what somebody does once: a word, or more with times.
func (r *reader) reaction(n *tree.Node) (does graphsim.Reaction) {
	if n.Kind != tree.Map {
		does.Behaviour = r.behaviour(n)
		return does
	}
	for _, e := range n.Fields(&r.list, "what somebody does who is called", "behaviour", "answers_in", "leaves_in") {
		switch e.Key {
		case "behaviour":
			does.Behaviour = r.behaviour(e.Value)
		case "answers_in":
			does.After, _ = e.Value.Duration(&r.list)
		case "leaves_in":
			does.Leaves, _ = e.Value.Duration(&r.list)
		}
	}
	return does
}

func (r *reader) behaviour(n *tree.Node) (b graphsim.Behaviour) {
	word, ok := n.Word(&r.list, "answers", "busy", "no_answer", "declined", "machine")
	if !ok {
		return b
	}
	b, err := graphsim.ParseBehaviour(word)
	if err != nil {
		r.list.Errorf(n.Pos, ruleValue, "%s", err)
	}
	return b
}

// targetTexts are what people do who are called, as a test has it, in the order of
// their ids.
func (g *Given) targetTexts() (all []string) {
	does := map[string][]graphsim.Reaction{}
	for id, b := range g.Targets {
		does[id] = []graphsim.Reaction{{Behaviour: b}}
	}
	maps.Copy(does, g.Reactions)
	for _, id := range slices.Sorted(maps.Keys(does)) {
		all = append(all, yamlText(id)+": "+repliesText(does[id], reactionText))
	}
	return all
}

func reactionText(r graphsim.Reaction) string {
	if r.After == 0 && r.Leaves == 0 {
		return r.Behaviour.String()
	}
	parts := map[string]any{"behaviour": r.Behaviour.String()}
	for name, d := range map[string]time.Duration{"answers_in": r.After, "leaves_in": r.Leaves} {
		if d > 0 {
			parts[name] = d.String()
		}
	}
	return yamlText(parts)
}
