package testkit

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// givenKeys are the words of given that are no actions.
func givenKeys() []string {
	return []string{"actions", "config", "params", "caller", "called", "tenant", "now", "targets", "schedules", "phones", "graph", "callbacks", "oddities", "seed", "http", "meeting", "participants"}
}

// given reads a test's world. What the file gives to all tests counts where
// the test says nothing.
func (r *reader) given(own, common *tree.Node) Given {
	g := Given{Actions: map[string][]Reply{}, HTTP: map[string][]HTTPReply{}, Config: map[string]any{}, Params: map[string]any{}, Reactions: map[string][]graphsim.Reaction{}}
	for _, n := range []*tree.Node{common, own} {
		if n == nil {
			continue
		}
		if n.Kind != tree.Map {
			n.Wrong(&r.list, "a map of what is given")
			continue
		}
		for _, e := range n.Entries {
			r.givenEntry(&g, e)
		}
	}
	return g
}

func (r *reader) givenEntry(g *Given, e tree.Entry) {
	v := e.Value
	switch e.Key {
	case "actions":
		if v.Kind != tree.Map {
			v.Wrong(&r.list, "a map of actions")
			return
		}
		for _, a := range v.Entries {
			r.action(g, a)
		}
	case "config":
		r.config(g, v)
	case "params":
		r.params(g, v)
	case "caller":
		g.Caller = r.party(v, ivr.PartyUser, ivr.PartyPhone, ivr.PartyGuest, ivr.PartyApplication, ivr.PartyEncrypted)
	case "called":
		g.Called = r.party(v, ivr.PartyApplication, ivr.PartyPhone, ivr.PartyBot)
	case "tenant":
		g.Tenant, _ = v.Str(&r.list)
	case "now":
		g.Now = r.time(v)
	case "targets":
		r.reactions(g, v)
	case "phones":
		nodes, _ := v.Strings(&r.list)
		g.Phones = []string{}
		for _, n := range nodes {
			g.Phones = append(g.Phones, n.Value)
		}
	case "graph":
		g.Faults = append(g.Faults, r.graphFaults(v)...)
	case "callbacks":
		g.Faults = append(g.Faults, r.callbackFaults(v)...)
	case "oddities":
		g.Oddities = r.oddities(v)
	case "seed":
		seed, _ := v.Int(&r.list)
		g.Seed = uint64(max(seed, 0))
	case "schedules":
		r.schedules(g, v)
	case "http":
		r.httpReplies(g, v)
	case "participants":
		r.participants(g, v)
	case "meeting":
		r.meeting(g, v)
	default:
		r.action(g, e)
	}
}

// action reads what an action returns: a reply, or one a call.
func (r *reader) action(g *Given, e tree.Entry) {
	a := r.flow.Actions[e.Key]
	if a == nil {
		actions := slices.Sorted(maps.Keys(r.flow.Actions))
		hint := diag.DidYouMean(e.Key, append(actions, givenKeys()...))
		if hint == "" {
			hint = "; besides the flow's actions there are " + diag.OneOf(givenKeys())
		}
		r.list.Errorf(e.KeyPos, ruleAction, "the flow has no action %q%s", e.Key, hint)
		return
	}
	var replies []Reply
	for _, n := range e.Value.ListItems() {
		replies = append(replies, r.reply(a, n))
	}
	g.Actions[e.Key] = replies
}

func (r *reader) reply(a *flow.Action, n *tree.Node) Reply {
	var reply Reply
	if n.Kind != tree.Map {
		reply.Outcome = r.outcome(a, n)
		return reply
	}
	known := slices.Concat([]string{"outcome", "out", "after", "timeout"}, a.Out)
	for _, e := range n.Fields(&r.list, "the reply of "+a.Name, known...) {
		switch e.Key {
		case "outcome":
			reply.Outcome = r.outcome(a, e.Value)
		case "after":
			reply.After, _ = e.Value.Duration(&r.list)
		case "timeout":
			reply.Timeout, _ = e.Value.Bool(&r.list)
		case "out":
			for _, o := range e.Value.Fields(&r.list, "the outputs of "+a.Name, a.Out...) {
				r.output(&reply, a, o)
			}
		default:
			r.output(&reply, a, e)
		}
	}
	if reply.Outcome == "" && !reply.Timeout && !slices.Contains(a.Outcomes, "ok") {
		r.list.Errorf(n.Pos, ruleMissing, "the reply of %s has no outcome; it has %s", a.Name, diag.OneOf(outcomes(a)))
	}
	return reply
}

func outcomes(a *flow.Action) []string { return append(slices.Clone(a.Outcomes), failed) }

func (r *reader) outcome(a *flow.Action, n *tree.Node) string {
	word, ok := n.Str(&r.list)
	if !ok || slices.Contains(outcomes(a), word) {
		return word
	}
	hint := diag.DidYouMean(word, outcomes(a))
	if hint == "" {
		hint = "; it has " + diag.OneOf(outcomes(a))
	}
	r.list.Errorf(n.Pos, ruleOutcome, "the action %s has no outcome %q%s", a.Name, word, hint)
	return word
}

// output reads one output of an action, and checks that it fits the variables
// that it goes into.
func (r *reader) output(reply *Reply, a *flow.Action, e tree.Entry) {
	v := plainValue(e.Value)
	for _, m := range r.flow.Members() {
		for _, s := range m.Steps {
			do, ok := s.Spec.(*flow.Do)
			if !ok || do.Action.Name != a.Name {
				continue
			}
			into := cmp.Or(do.Into[e.Key], e.Key)
			if decl := m.Vars[into]; decl != nil {
				if _, err := decl.Coerce(v); err != nil {
					r.list.Errorf(e.Value.Pos, ruleValue, "the output %s does not fit the variable %s: %s", e.Key, into, err)
					return
				}
			}
		}
	}
	if reply.Out == nil {
		reply.Out = map[string]any{}
	}
	reply.Out[e.Key] = v
}

// params reads what a flow is started, or called, with.
func (r *reader) params(g *Given, n *tree.Node) {
	for _, e := range n.Fields(&r.list, "the map of parameters of "+r.flow.Name, r.flow.Params...) {
		v, err := r.flow.Vars[e.Key].Coerce(plainValue(e.Value))
		if err != nil {
			r.list.Errorf(e.Value.Pos, ruleValue, "the parameter %s: %s", e.Key, err)
			continue
		}
		g.Params[e.Key] = v
	}
}

func (r *reader) config(g *Given, n *tree.Node) {
	names := slices.Sorted(maps.Keys(r.flow.Config))
	if n.Kind != tree.Map {
		n.Wrong(&r.list, "a map of configuration values")
		return
	}
	for _, e := range n.Entries {
		decl := r.flow.Config[e.Key]
		if decl == nil {
			r.list.Errorf(e.KeyPos, ruleConfig, "the flow reads no configuration value %q%s", e.Key, diag.DidYouMean(e.Key, names))
			continue
		}
		v, err := decl.Coerce(plainValue(e.Value))
		if err != nil {
			r.list.Errorf(e.Value.Pos, ruleValue, "the configuration value %s: %s", e.Key, err)
			continue
		}
		g.Config[e.Key] = v
	}
}

var (
	numberForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	guidForm   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// party reads one end of a call: a number, an object id, the word hidden, or
// {KIND: ID, name: NAME}. An object id alone is of the first kind.
func (r *reader) party(n *tree.Node, kinds ...ivr.PartyKind) ivr.Party {
	if n.Kind == tree.Map {
		return r.partyMap(n, kinds)
	}
	text, ok := n.Str(&r.list)
	switch {
	case !ok:
	case numberForm.MatchString(text):
		return ivr.Party{Kind: ivr.PartyPhone, ID: text}
	case guidForm.MatchString(text):
		return ivr.Party{Kind: kinds[0], ID: text}
	case text == "hidden" && slices.Contains(kinds, ivr.PartyEncrypted):
		return ivr.Party{Kind: ivr.PartyEncrypted, ID: "hidden"}
	case text == "bot" && slices.Contains(kinds, ivr.PartyBot):
		return ivr.Party{Kind: ivr.PartyBot, ID: graphsim.DefaultAppID}
	default:
		r.list.Errorf(n.Pos, ruleValue, `%q is neither a number such as "+442071838750" nor an object id; write {%s: ID} for anything else`, text, kinds[0])
	}
	return ivr.Party{}
}

func (r *reader) partyMap(n *tree.Node, kinds []ivr.PartyKind) ivr.Party {
	known := []string{"name"}
	for _, k := range kinds {
		known = append(known, string(k))
	}
	var p ivr.Party
	for _, e := range n.Fields(&r.list, "a party of the call", known...) {
		text, _ := e.Value.Str(&r.list)
		if e.Key == "name" {
			p.Name = text
			continue
		}
		if p.Kind != "" {
			r.list.Errorf(e.KeyPos, ruleValue, "the party is a %s already; write one", p.Kind)
		}
		p.Kind, p.ID = ivr.PartyKind(e.Key), text
	}
	return p
}

func (r *reader) time(n *tree.Node) time.Time {
	t, err := time.Parse(time.RFC3339, n.Value)
	if err != nil {
		n.Wrong(&r.list, "a time such as 2026-11-23T10:00:00Z")
	}
	return t
}

func (r *reader) oddities(n *tree.Node) []graphsim.Oddity {
	var names []string
	for _, o := range graphsim.Oddities() {
		names = append(names, string(o.Name))
	}
	var odd []graphsim.Oddity
	for _, item := range n.ListItems() {
		if word, ok := item.Word(&r.list, names...); ok {
			odd = append(odd, graphsim.Oddity(word))
		}
	}
	return odd
}

// plainValue is a value of a test file as flows know it.
func plainValue(n *tree.Node) any {
	switch n.Kind {
	case tree.List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = plainValue(item)
		}
		return list
	case tree.Map:
		m := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			m[e.Key] = plainValue(e.Value)
		}
		return m
	case tree.Scalar:
	}
	switch n.Tag {
	case tree.TagNull:
		return nil
	case tree.TagBool:
		return n.Value == "true"
	case tree.TagInt, tree.TagFloat:
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}
