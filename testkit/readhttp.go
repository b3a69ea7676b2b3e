package testkit

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/runtime/fetch"
)

// httpReplies reads what web services answer: {STEP: 404}, or a list of answers,
// one a request.
func (r *reader) httpReplies(g *Given, n *tree.Node) {
	if n.Kind != tree.Map {
		n.Wrong(&r.list, "a map from steps, or addresses such as api.example.com/accounts/*, to answers")
		return
	}
	for _, e := range n.Entries {
		if why := httpKeyFault(r.flow, e.Key); why != "" {
			r.list.Errorf(e.KeyPos, ruleValue, "%s", why)
			continue
		}
		var replies []HTTPReply
		for _, item := range e.Value.ListItems() {
			replies = append(replies, r.httpReply(item))
		}
		g.HTTP[e.Key] = replies
	}
}

func (r *reader) httpReply(n *tree.Node) HTTPReply {
	var reply HTTPReply
	switch {
	case n.Kind == tree.Scalar && n.Tag == tree.TagInt:
		reply.Status = r.httpStatus(n)
		return reply
	case n.Kind == tree.Scalar:
		word, _ := n.Word(&r.list, "ok", failed)
		reply.Failed = word == failed
		return reply
	}
	for _, e := range n.Fields(&r.list, "an HTTP answer", "status", "json", "text", "after", "timeout") {
		switch e.Key {
		case "status":
			reply.Status = r.httpStatus(e.Value)
		case "json":
			reply.JSON = plainValue(e.Value)
		case "text":
			reply.Text, _ = e.Value.Str(&r.list)
		case "after":
			reply.After, _ = e.Value.Duration(&r.list)
		case "timeout":
			reply.Timeout, _ = e.Value.Bool(&r.list)
		}
	}
	return reply
}

func (r *reader) httpStatus(n *tree.Node) int {
	status, ok := n.Int(&r.list)
	if ok && (status < 200 || status > 599) {
		r.list.Errorf(n.Pos, ruleValue, "%d is no HTTP status that ends a request; they go from 200 to 599", status)
	}
	return status
}

// wantedRequest is a request that is expected. What is not written may be
// anything.
type wantedRequest struct {
	method, url string
	headers     map[string]string
	json        any
	body        bool // json is written
}

// expectHTTP reads all requests that the flow made, in order: "GET URL", or
// {post: URL, json: BODY, headers: {NAME: VALUE}}.
func (r *reader) expectHTTP(n *tree.Node, add adder) {
	var want []wantedRequest
	for _, item := range n.ListItems() {
		if item.Kind == tree.Map {
			want = append(want, r.wantedRequest(item))
			continue
		}
		text, ok := item.Str(&r.list)
		method, url, two := strings.Cut(text, " ")
		if ok && (!two || !slices.Contains([]string{"GET", "POST", "PUT", "DELETE"}, method)) {
			item.Wrong(&r.list, "a request such as GET https://api.example.com/accounts/1")
		}
		want = append(want, wantedRequest{method: method, url: url})
	}
	add(n.Pos, func(t *talk) *Failure { return t.hasAsked(want) })
}

func (r *reader) wantedRequest(n *tree.Node) wantedRequest {
	want := wantedRequest{headers: map[string]string{}}
	for _, e := range n.Fields(&r.list, "a request", "get", "post", "put", "delete", "headers", "json") {
		switch e.Key {
		case "headers":
			for _, h := range e.Value.Entries {
				want.headers[h.Key], _ = h.Value.Str(&r.list)
			}
		case "json":
			want.json, want.body = plainValue(e.Value), true
		default:
			want.method = strings.ToUpper(e.Key)
			want.url, _ = e.Value.Str(&r.list)
		}
	}
	if want.method == "" {
		n.Wrong(&r.list, "a request such as {get: https://api.example.com/accounts/1}")
	}
	return want
}

func (w wantedRequest) matches(got fetch.Message) bool {
	for name, value := range w.headers {
		if got.Header.Get(name) != value {
			return false
		}
	}
	var body any
	if w.body && (json.Unmarshal(got.Body, &body) != nil || !reflect.DeepEqual(body, w.json)) {
		return false
	}
	return got.Method == w.method && got.URL == w.url
}

func (t *talk) hasAsked(want []wantedRequest) *Failure {
	if slices.EqualFunc(t.seen.asked, want, func(got fetch.Message, w wantedRequest) bool { return w.matches(got) }) {
		return nil
	}
	var wanted, got []string
	for _, w := range want {
		text := w.method + " " + w.url
		if w.body {
			text += " with " + value(w.json)
		}
		wanted = append(wanted, text)
	}
	for _, m := range t.seen.asked {
		text := m.Method + " " + m.URL
		if m.Body != nil {
			text += " with " + string(m.Body)
		}
		got = append(got, text)
	}
	return t.fail("the flow to ask "+orNothing(wanted), "it asked "+orNothing(got), "").couldBe(renewal{list: true, items: t.askedItems(want)})
}

// askedItems are the requests that the flow made, as a test expects them: with the
// parts that it named before.
func (t *talk) askedItems(want []wantedRequest) []string {
	items := []string{}
	for i, m := range t.seen.asked {
		if i >= len(want) || want[i].method != m.Method || !want[i].body && len(want[i].headers) == 0 {
			items = append(items, yamlText(m.Method+" "+m.URL))
			continue
		}
		parts := map[string]any{strings.ToLower(m.Method): m.URL}
		var body any
		if want[i].body && json.Unmarshal(m.Body, &body) == nil {
			parts["json"] = body
		}
		headers := map[string]any{}
		for name := range want[i].headers {
			headers[name] = m.Header.Get(name)
		}
		if len(headers) > 0 {
			parts["headers"] = headers
		}
		items = append(items, yamlText(parts))
	}
	return items
}

// actions are the actions that the flow did.
func (w *witness) actions() []act {
	return slices.DeleteFunc(slices.Clone(w.acts), func(a act) bool { return a.name == "" })
}
