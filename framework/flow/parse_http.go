package flow

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/tree"
)

var (
	statusForm = regexp.MustCompile(`^[345](?:xx|[0-9][0-9])$`)
	okStatus   = regexp.MustCompile(`^2(?:xx|[0-9][0-9])$`)
	// partForm is a part of an answer: "balance", "data.0.name", or "." for all.
	partForm   = regexp.MustCompile(`^(?:\.|[^.]+(?:\.[^.]+)*)$`)
	headerForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
	secretRead = regexp.MustCompile(`\bsecret\.([A-Za-z_][A-Za-z0-9_]*)`)
)

// methods are the options that name a request's method and its URL.
func methods() []string { return []string{"get", "post", "put", "delete"} }

func parseHTTP(p *stepParser) Spec {
	r := &requestParser{l: p.l, opts: p.opts, uses: p.uses, bad: p.bad || p.stray()}
	h := &HTTP{Request: r.request(p.pos, "http"), Into: map[string]string{}}
	h.Request.Timeout = p.duration("timeout", shortest, MaxRequestTimeout)
	if e, ok := p.opts["retry"]; ok {
		h.Request.Retry = p.l.retry(e.Value, MaxRequestRetries)
	}
	p.bad = p.bad || r.bad && !p.stray()
	for _, v := range p.l.secretsOf(r.read) {
		if v.Sensitive == SensitiveOnce && p.l.flow.Vars[v.Name] == v {
			h.Request.Once = append(h.Request.Once, v.Name)
		}
	}
	p.partsInto(h)
	p.statuses()
	h.Waiting = p.prompt("waiting")
	return h
}

// partsInto reads into: parts of the answer with the variables they go to.
func (p *stepParser) partsInto(h *HTTP) {
	e, ok := p.opts["into"]
	if !ok {
		return
	}
	for _, f := range p.l.answerParts(e.Value) {
		if v := p.variable(f.Value); v != nil {
			p.l.used.vars[v.Name] = true
			h.Into[f.Key] = v.Name
		}
	}
}

// answerParts are the good entries of into.
func (l *loader) answerParts(n *tree.Node) []tree.Entry {
	if n.Kind != tree.Map {
		n.Wrong(&l.list, "a map from parts of the answer to where they go, such as {balance.amount: balance},")
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.Entries), func(f tree.Entry) bool {
		if partForm.MatchString(f.Key) {
			return false
		}
		l.errorf(f.KeyPos, ruleHTTP, "%q is no part of an answer; write names and numbers with dots between, such as items.0.name, or . for all of it", shorten(f.Key))
		return true
	})
}

// statuses adds the statuses that the author handles to the step's outcomes.
func (p *stepParser) statuses() {
	written := maps.Clone(p.outs)
	maps.Copy(written, p.defs)
	for _, key := range names(written) {
		switch {
		case statusForm.MatchString(key):
			p.d.outcomes = append(p.d.outcomes, Outcome{Name: key, Doc: "the host answered " + key, Parent: outcomeFailed})
		case okStatus.MatchString(key):
			p.l.everyOK(written[key].KeyPos)
			p.d.broken, p.d.loose = true, true
			delete(p.outs, key)
			delete(p.defs, key)
		}
	}
}

// everyOK reports a handler of a status that is no outcome.
func (l *loader) everyOK(pos diag.Pos) {
	l.errorf(pos, ruleUnknownOutcome, "every 2xx is ok; write ok, and ask result.code which it was")
}

// nullable is an expression that may have no value: JSON has a word for that.
type nullable struct{ facts }

// requestParser reads a request, of a step or of an action.
type requestParser struct {
	l    *loader
	opts map[string]tree.Entry
	uses func(f facts, pos diag.Pos, to sink)
	bad  bool     // something was reported
	read []string // the names that its expressions use
}

func (r *requestParser) note(t *expression.Template, pos diag.Pos, to sink) {
	r.uses(t, pos, to)
	r.read = append(r.read, t.Uses()...)
}

func (r *requestParser) request(pos diag.Pos, what string) *Request {
	req := &Request{Pos: pos}
	for _, name := range methods() {
		e, ok := r.opts[name]
		switch {
		case !ok:
		case req.Method != "":
			r.errorf(e.KeyPos, "a request has one of get, post, put and delete; make it two steps")
		default:
			req.Method = strings.ToUpper(name)
			req.URL = r.url(e.Value)
		}
	}
	if req.Method == "" && !r.bad && !slices.ContainsFunc(methods(), r.l.lost) {
		r.l.errorf(pos, ruleMissingKey, "%s needs get, post, put or delete, with the URL: {get: https://api.example.com/accounts}", what)
		r.bad = true
	}
	req.Headers = r.headers()
	if e, ok := r.opts["json"]; ok {
		if req.JSON = r.body(e.Value); req.Method == "GET" || req.Method == "DELETE" {
			r.errorf(e.KeyPos, "a %s has no body; put the values into the URL, or use post", strings.ToLower(req.Method))
		}
	}
	req.Sensitive = len(r.l.secretsOf(r.read)) > 0
	return req
}

func (r *requestParser) errorf(pos diag.Pos, format string, args ...any) {
	r.l.errorf(pos, ruleHTTP, format, args...)
	r.bad = true
}

func (r *requestParser) url(n *tree.Node) []Piece {
	t := r.l.template(n)
	if t == nil {
		r.bad = true
		return nil
	}
	r.note(t, n.Pos, sinkURL)
	pieces := piecesOf(t)
	if why := urlFault(pieces); why != "" {
		r.errorf(n.Pos, "%s", why)
	}
	return pieces
}

func piecesOf(t *expression.Template) []Piece {
	var pieces []Piece
	for _, part := range t.Split() {
		if text, ok := part.Constant(); ok {
			pieces = append(pieces, Piece{Text: text})
		} else {
			pieces = append(pieces, Piece{Value: part})
		}
	}
	return pieces
}

// headers are in the order of the file.
func (r *requestParser) headers() []Header {
	e, ok := r.opts["headers"]
	if !ok {
		return nil
	}
	if e.Value.Kind != tree.Map {
		e.Value.Wrong(&r.l.list, `a map of headers, such as {Authorization: "Bearer ${secret.crm}"},`)
		r.bad = true
		return nil
	}
	var all []Header
	for _, f := range e.Value.Entries {
		same := func(h Header) bool { return strings.EqualFold(h.Name, f.Key) }
		switch {
		case !headerForm.MatchString(f.Key):
			r.errorf(f.KeyPos, "%q is not the name of a header; write letters, digits and hyphens", shorten(f.Key))
		case slices.ContainsFunc(all, same):
			r.errorf(f.KeyPos, "the header %s stands here a second time; upper and lower case make no difference", f.Key)
		default:
			all = append(all, Header{Name: f.Key, Value: r.header(f.Value)})
		}
	}
	return all
}

// header reads a header's value, the only place for secrets.
func (r *requestParser) header(n *tree.Node) []Piece {
	if secrets := secretRead.FindAllStringSubmatch(n.Value, -1); n.Kind == tree.Scalar && len(secrets) > 0 {
		defer func(s *scope) { r.l.scope = s }(r.l.scope)
		r.l.scope = r.l.scope.withSecrets(secrets)
	}
	t := r.l.template(n)
	if t == nil {
		r.bad = true
		return nil
	}
	r.note(t, n.Pos, sinkNone)
	pieces := piecesOf(t)
	for i, p := range pieces {
		if p.Value == nil || !slices.ContainsFunc(p.Value.(facts).Uses(), isSecret) {
			continue
		}
		src := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(p.Value.Source(), "${"), "}"))
		if !slices.Contains(p.Value.Reads(), src) {
			r.errorf(n.Pos, `a secret stands for itself and cannot be computed with; write it as in "Bearer ${secret.crm}"`)
			continue
		}
		pieces[i] = Piece{Secret: strings.TrimPrefix(src, "secret.")}
	}
	return pieces
}

func isSecret(name string) bool { return name == "secret" || strings.HasPrefix(name, "secret.") }

// withSecrets is the scope in which secrets have names.
func (s *scope) withSecrets(found [][]string) *scope {
	fields := map[string]expression.Type{}
	for _, m := range found {
		fields[m[1]] = expression.Type{Kind: expression.KindString}
	}
	env := maps.Clone(s.env)
	env["secret"] = expression.Type{Kind: expression.KindMap, Fields: fields}
	return newScope(env)
}

// body reads a JSON value whose texts are templates.
func (r *requestParser) body(n *tree.Node) *Body {
	switch n.Kind {
	case tree.Map:
		b := &Body{Fields: map[string]*Body{}}
		for _, f := range n.Entries {
			b.Fields[f.Key] = r.body(f.Value)
		}
		return b
	case tree.List:
		b := &Body{Items: []*Body{}}
		for _, item := range n.Items {
			b.Items = append(b.Items, r.body(item))
		}
		return b
	case tree.Scalar:
	}
	if n.Null() {
		return &Body{}
	}
	t := r.l.assigned(n)
	if t == nil {
		r.bad = true
		return &Body{}
	}
	r.read = append(r.read, t.Uses()...)
	if len(t.Split()) == 1 {
		r.uses(nullable{t}, n.Pos, sinkNone)
	} else {
		r.uses(t, n.Pos, sinkNone)
	}
	return &Body{Value: t}
}
