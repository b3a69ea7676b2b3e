package flow

import (
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// httpActions reads how actions are done over HTTP. It comes after the
// expressions' environment.
func (l *loader) httpActions() {
	for _, name := range names(l.used.requests) {
		findings := len(l.list)
		l.httpAction(l.flow.Actions[name], l.used.requests[name])
		if len(l.list) > findings {
			l.unsure.actions[name] = true
		}
	}
}

func (l *loader) httpAction(a *Action, e tree.Entry) {
	findings := len(l.list)
	a.urlInputs = map[string]bool{}
	a.HTTP = &HTTPAction{Request: &Request{Pos: e.KeyPos}, Into: map[string]string{}, Outcomes: map[string]string{}}
	opts := map[string]tree.Entry{}
	fields := e.Value.MeantFields(&l.list, "an HTTP action", keysOf(httpActionFields())...)
	for _, f := range fields {
		opts[f.Key] = f
	}
	defer func(s *scope) { l.scope = s }(l.scope)
	l.scope = l.inputScope(a, e.KeyPos)
	unsure := l.unsure.actions[a.Name]
	bad := unsure || e.Value.Kind != tree.Map || len(fields) < len(e.Value.Entries) || e.Value.Hurt()
	if bad {
		l.anyName(e.Value) // it may be declared in what is wrong
	}
	r := &requestParser{l: l, opts: opts, uses: func(f facts, pos diag.Pos, to sink) {
		a.noteURL(f, to)
		l.checkConfig(use{facts: f, pos: pos, sink: to})
	}, bad: bad}
	a.HTTP.Request = r.request(e.KeyPos, "an HTTP action")
	a.HTTP.Request.Timeout, a.HTTP.Request.Retry = a.Timeout, a.Retry
	l.actionParts(a, opts["into"], unsure)
	l.actionStatuses(a, opts["outcomes"], unsure)
	if !bad && len(l.list) == findings {
		l.actionComplete(a, e.KeyPos)
	}
}

// noteURL notes the inputs that stand in the URL: no sensitive value may go
// into them.
func (a *Action) noteURL(f facts, to sink) {
	for _, name := range f.Uses() {
		if base, _, _ := strings.Cut(name, "."); to == sinkURL {
			a.urlInputs[base] = true
		}
	}
}

// inputScope is what the expressions of an action's request read: its inputs
// in the place of the flow's variables.
func (l *loader) inputScope(a *Action, pos diag.Pos) *scope {
	env := maps.Clone(l.scope.env)
	for name := range l.flow.Vars {
		delete(env, name)
	}
	delete(env, "result")
	delete(env, "schedules")
	for _, in := range a.In {
		if slices.Contains(envNames[:], in) || expression.Reserved(in) {
			l.errorf(pos, ruleReserved, "the input %q cannot be read here, where that name means something else; try my_%s", in, in)
			continue
		}
		env[in] = expression.Type{Kind: expression.KindAny}
	}
	return newScope(env)
}

// anyName adds all words of a node to the scope.
func (l *loader) anyName(n *tree.Node) {
	for _, w := range word.FindAllString(n.Value, -1) {
		if _, ok := l.scope.env[w]; !ok && !expression.Reserved(w) {
			l.scope.env[w] = expression.Type{Kind: expression.KindAny}
		}
	}
	for _, item := range n.Items {
		l.anyName(item)
	}
	for _, e := range n.Entries {
		l.anyName(e.Value)
	}
}

// actionParts reads into: parts of the answer with the outputs they become.
// unsure says that the outputs are not all known.
func (l *loader) actionParts(a *Action, e tree.Entry, unsure bool) {
	if e.Value == nil {
		return
	}
	for _, f := range l.answerParts(e.Value) {
		out, ok := f.Value.Str(&l.list)
		switch {
		case !ok, unsure:
		case !slices.Contains(a.Out, out):
			l.unknown(f.Value.Pos, ruleHTTP, a.Name+" has no output %q; name it under out", out, a.Out)
		default:
			a.HTTP.Into[f.Key] = out
		}
	}
}

// actionStatuses reads outcomes: statuses with the outcomes they mean.
func (l *loader) actionStatuses(a *Action, e tree.Entry, unsure bool) {
	switch {
	case e.Value == nil:
		return
	case e.Value.Kind != tree.Map:
		e.Value.Wrong(&l.list, "a map from statuses to the action's outcomes, such as {404: unknown, 4xx: refused},")
		return
	}
	for _, f := range e.Value.Entries {
		outcome, ok := f.Value.Str(&l.list)
		switch {
		case okStatus.MatchString(f.Key):
			l.errorf(f.KeyPos, ruleHTTP, "every 2xx is ok; take this out")
		case !statusForm.MatchString(f.Key):
			l.errorf(f.KeyPos, ruleHTTP, "%q is no status; write one such as 404, or a class such as 4xx", shorten(f.Key))
		case !ok, unsure:
		case outcome != outcomeFailed && !slices.Contains(a.Outcomes, outcome):
			l.unknown(f.Value.Pos, ruleUnknownOutcome, a.Name+" has no outcome %q; name it under outcomes of the action", outcome, append(slices.Clone(a.Outcomes), outcomeFailed))
		default:
			a.HTTP.Outcomes[f.Key] = outcome
		}
	}
}

// actionComplete reports what the action declares and nothing brings about.
func (l *loader) actionComplete(a *Action, pos diag.Pos) {
	given := slices.Collect(maps.Values(a.HTTP.Into))
	for _, out := range a.Out {
		if !slices.Contains(given, out) && !l.lost(out) {
			l.errorf(pos, ruleHTTP, "nothing gives the output %q; write into: {PART_OF_THE_ANSWER: %s}", out, out)
		}
	}
	comes := slices.Collect(maps.Values(a.HTTP.Outcomes))
	for _, o := range a.Outcomes {
		if o != outcomeOK && !slices.Contains(comes, o) && !l.lost(o) {
			l.errorf(pos, ruleHTTP, "nothing brings the outcome %q about; write outcomes: {STATUS: %s} under http", o, o)
		}
	}
	if !slices.Contains(a.Outcomes, outcomeOK) {
		l.errorf(pos, ruleHTTP, "an answer of 2xx is ok, and %s has no such outcome; add ok to its outcomes", a.Name)
	}
}

// requestLimits reports limits of an action that a request cannot have.
func (l *loader) requestLimits(a *Action, fields []tree.Entry) {
	for _, f := range fields {
		switch {
		case f.Key == "timeout" && a.Timeout > MaxRequestTimeout:
			l.errorf(f.Value.Pos, ruleRange, "a request takes at most %s with all its tries, not %s", short(MaxRequestTimeout), f.Value.Value)
		case f.Key == "retry" && a.Retry.Max > MaxRequestRetries:
			l.errorf(f.Value.Pos, ruleRange, "a request is tried again at most %d times, not %d", MaxRequestRetries, a.Retry.Max)
		}
	}
}
