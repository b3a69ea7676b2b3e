package admin_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
)

// order is the body of an order.
const order = `{"flow": "reminder", "params": {"number": "` + number + `"}}`

// Every route, as somebody who may; each answer as the document says.
func TestRoutes(t *testing.T) {
	w := newWorld(t)
	key := header{"Idempotency-Key", `"k1"`}
	for _, c := range []struct {
		method, path, body string
		headers            []header
		status             int
		did                string // what the bot was asked last
	}{
		{"GET", "/v1/calls", "", nil, 200, "Max:51"},
		{"GET", "/v1/calls?state=live&flow=support&since=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00%2B01:00&limit=2", "", nil, 200, "Live:true Over:false Flow:support"},
		{"GET", "/v1/calls?state=over&before=live&limit=500", "", nil, 200, "Before:live Max:501"},
		{"GET", "/v1/calls/live", "", nil, 200, "find live open=false"},
		{"GET", "/v1/calls/over", "", nil, 200, "find over open=false"},
		{"GET", "/v1/calls/over/conversation", "", nil, 200, "find over open=false"},
		{"POST", "/v1/calls/live/hangup", "", nil, 202, "hang up live by bob"},
		{"POST", "/v1/calls/live/transfer", `{"to": {"user": "` + aGUID + `"}}`, nil, 202, "transfer live to user " + aGUID + " by bob"},
		{"POST", "/v1/calls/live/transfer", `{"to": {"phone": "` + number + `"}}`, nil, 202, "transfer live to phone " + number + " by bob"},
		{"POST", "/v1/calls/live/transfer", `{"to": {"application": "` + aGUID + `"}}`, nil, 202, "to application"},
		{"POST", "/v1/calls/live/transfer", `{"to": {"voicemail": "` + aGUID + `"}}`, nil, 202, "to voicemail"},
		{"POST", "/v1/calls/live/signal", `{"name": "approved"}`, nil, 202, "signal live approved"},
		{"POST", "/v1/calls", order, []header{key}, 201, `dial "bob\nk1" reminder`},
		{"POST", "/v1/calls", order, []header{key}, 200, `dial "bob\nk1" reminder`},
		{"GET", "/v1/nodes", "", nil, 200, "nodes"},
		{"POST", "/v1/nodes/N1/drain", "", nil, 202, "drain N1"},
		{"POST", "/v1/nodes/all/drain", "", nil, 202, "drain all"},
		{"GET", "/v1/flows", "", nil, 200, "flows"},
		{"GET", "/v1/health", "", nil, 200, "health"},
		{"GET", "/v1/openapi.json", "", nil, 200, ""},
	} {
		rec := w.ask(c.method, c.path, operateToken, c.body, c.headers...)
		if rec.Code != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, rec.Code, rec.Body, c.status)
		}
		if did := w.bot.done(); c.did != "" && !strings.Contains(did[len(did)-1], c.did) {
			t.Errorf("%s %s: the bot was asked to %s, want %s", c.method, c.path, did[len(did)-1], c.did)
		}
		if c.status == 201 || c.status == 202 && strings.Contains(c.path, "calls") {
			if at := rec.Header().Get("Location"); !strings.HasPrefix(at, "/v1/calls/") {
				t.Errorf("%s %s: Location %q", c.method, c.path, at)
			}
		}
		if c.method == "GET" {
			if head := w.ask("HEAD", c.path, readToken, ""); head.Code != 200 {
				t.Errorf("HEAD %s: %d", c.path, head.Code)
			}
		}
	}
	for path, ops := range w.spec.doc["paths"].(map[string]any) {
		for method, op := range ops.(map[string]any) {
			for status := range at(op, "responses").(map[string]any) {
				if id := at(op, "operationId").(string); status != "default" && !w.spec.seen[id+" "+status] {
					t.Errorf("%s %s: nothing here is answered with %s", method, path, status)
				}
			}
		}
	}
}

// The page of a list leads to the next, and the last to none.
func TestPages(t *testing.T) {
	w := newWorld(t)
	if rec := w.ask("GET", "/v1/calls?limit=2", readToken, ""); !strings.Contains(rec.Body.String(), `"next":"over"`) {
		t.Errorf("the first page: %s", rec.Body)
	}
	if rec := w.ask("GET", "/v1/calls?limit=3", readToken, ""); strings.Contains(rec.Body.String(), `"next"`) {
		t.Errorf("the last page: %s", rec.Body)
	}
}

// Nobody without a token comes as far as the router, and nobody does what his roles
// do not say.
func TestAuthentication(t *testing.T) {
	w := newWorld(t)
	for name, value := range map[string]string{"none": "", "another scheme": "Basic " + readToken, "no token": "Bearer ", "bare": readToken,
		"wrong": "Bearer " + strings.Repeat("x", 40), "a part": "Bearer " + readToken[:20], "longer": "Bearer " + readToken + "x", "spaces": "Bearer  " + readToken} {
		for _, path := range []string{"/v1/calls", "/v1/openapi.json", "/", "/nothing", "//v1/calls"} {
			w.now = w.now.Add(time.Minute)
			rec := w.ask("GET", path, "", "", header{"Authorization", value})
			w.problem(rec, 401, "unauthorized")
			if rec.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", name)
			}
		}
	}
	for _, path := range []string{"/v1/calls", "/v1/calls/live/hangup", "/v1/calls/live/transfer", "/v1/calls/live/signal", "/v1/nodes/all/drain"} {
		for _, token := range []string{readToken, discloseToken} {
			w.problem(w.ask("POST", path, token, "{}"), 403, "forbidden")
		}
	}
	if did := w.bot.done(); len(did) > 0 {
		t.Errorf("the bot was asked %q", did)
	}
}

// Without the role disclose a call is told in outline, and its variables are not.
func TestDisclosure(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{readToken, operateToken} {
		body := w.ask("GET", "/v1/calls/live", token, "").Body.String()
		if strings.Contains(body, "4711") || !strings.Contains(body, "the token has not the role disclose") {
			t.Errorf("without the role: %s", body)
		}
	}
	if body := w.ask("GET", "/v1/calls/live", discloseToken, "").Body.String(); !strings.Contains(body, `"variables":{"code":"4711"}`) || strings.Contains(body, "hidden") {
		t.Errorf("with the role: %s", body)
	}
	w.ask("GET", "/v1/calls/live/conversation", discloseToken, "")
	if did := w.bot.done(); did[len(did)-1] != "find live open=true" {
		t.Errorf("the conversation: %q", did[len(did)-1])
	}
}

// What is asked wrongly is refused with its place, and nothing is done.
func TestBadRequests(t *testing.T) {
	w := newWorld(t)
	key := header{"Idempotency-Key", "k"}
	for _, c := range []struct {
		method, path, body string
		header             header
		status             int
		name, place        string
	}{
		{"GET", "/v1/calls?state=dead", "", header{}, 400, "bad-request", "query state"},
		{"GET", "/v1/calls?since=yesterday", "", header{}, 400, "bad-request", "query since"},
		{"GET", "/v1/calls?until=2026", "", header{}, 400, "bad-request", "query until"},
		{"GET", "/v1/calls?limit=0", "", header{}, 400, "bad-request", "query limit"},
		{"GET", "/v1/calls?limit=501", "", header{}, 400, "bad-request", "query limit"},
		{"GET", "/v1/calls?flwo=x", "", header{}, 400, "bad-request", "query flwo"},
		{"GET", "/v1/calls?limit=1&limit=2", "", header{}, 400, "bad-request", "query limit"},
		{"GET", "/v1/calls?a%zz", "", header{}, 400, "bad-request", "query"},
		{"GET", "/v1/calls/nobody", "", header{}, 404, "unknown-call", "path id"},
		{"GET", "/v1/calls/" + strings.Repeat("x", 129), "", header{}, 404, "unknown-call", "path id"},
		{"POST", "/v1/calls/over/hangup", "", header{}, 404, "unknown-call", "path id"},
		{"POST", "/v1/nodes/N2/drain", "", header{}, 404, "unknown-node", "path id"},
		{"POST", "/v1/calls/live/transfer", "", header{}, 415, "media-type", "header Content-Type"},
		{"POST", "/v1/calls/live/transfer", "{}", header{"Content-Type", "text/plain"}, 415, "media-type", "header Content-Type"},
		{"POST", "/v1/calls/live/transfer", "{", header{}, 400, "bad-request", "body"},
		{"POST", "/v1/calls/live/transfer", "{} {}", header{}, 400, "bad-request", "body"},
		{"POST", "/v1/calls/live/transfer", "{}", header{}, 400, "bad-request", "body /to"},
		{"POST", "/v1/calls/live/transfer", `{"to": {"user": "a", "phone": "b"}}`, header{}, 400, "bad-request", "body /to"},
		{"POST", "/v1/calls/live/transfer", `{"to": {"phone": 5}}`, header{}, 400, "bad-request", "body /to/phone"},
		{"POST", "/v1/calls/live/transfer", `{"to": {"fax": "a"}}`, header{}, 400, "bad-request", "body"},
		{"POST", "/v1/calls/live/transfer", `{"to": {"phone": "` + strings.Repeat("1", 70_000) + `"}}`, header{}, 413, "too-large", "body"},
		{"POST", "/v1/calls/live/signal", `{"name": "Go!"}`, header{}, 400, "bad-request", "body /name"},
		{"POST", "/v1/calls", order, header{}, 400, "bad-request", "header Idempotency-Key"},
		{"POST", "/v1/calls", order, header{"Idempotency-Key", "a b"}, 400, "bad-request", "header Idempotency-Key"},
		{"POST", "/v1/calls", `{"params": {}}`, key, 400, "bad-request", "body /flow"},
		{"GET", "/v1/callz", "", header{}, 404, "no-route", "GET /v1/callz"},
		{"GET", "/v1/calls/", "", header{}, 404, "no-route", "GET /v1/calls/"},
		{"GET", "//v1/calls", "", header{}, 404, "no-route", "GET //v1/calls"},
		{"GET", "/v1/x/../calls", "", header{}, 404, "no-route", "GET /v1/x/../calls"},
		{"GET", "/v1/calls/a%2fb", "", header{}, 404, "no-route", "GET /v1/calls/a/b"},
		{"DELETE", "/v1/calls/live", "", header{}, 405, "method", "DELETE /v1/calls/live"},
		{"PUT", "/v1/calls", "", header{}, 405, "method", "PUT /v1/calls"},
	} {
		before := len(w.bot.done())
		headers := []header{}
		if c.header.name != "" {
			headers = append(headers, c.header)
		}
		rec := w.ask(c.method, c.path, operateToken, c.body, headers...)
		p := w.problem(rec, c.status, c.name)
		if p["place"] != c.place || p["cause"] == "" || p["mend"] == nil || p["detail"] == "" {
			t.Errorf("%s %s: %v; want the place %q, a cause and a mend", c.method, c.path, p, c.place)
		}
		if c.status == 405 {
			want := map[string]string{"/v1/calls": "GET, HEAD, POST", "/v1/calls/live": "GET, HEAD"}[c.path]
			if got := rec.Header().Get("Allow"); got != want {
				t.Errorf("%s %s: Allow %q, want %q", c.method, c.path, got, want)
			}
		}
		if c.status != 404 && len(w.bot.done()) > before {
			t.Errorf("%s %s: the bot was asked all the same: %q", c.method, c.path, w.bot.done()[before:])
		}
	}
}

// What the bot says becomes a problem that says no more than it may.
func TestProblemsOfTheBot(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		err    error
		status int
		name   string
		cause  string
	}{
		{fmt.Errorf("bot: call x: transfer: %w: phones does not allow it", admin.ErrTarget), 422, "target", "phones does not allow it"},
		{fmt.Errorf("bot: dial: %w: flow \"x\": the bot has no such flow", admin.ErrOrder), 422, "order", "flow \"x\": the bot has no such flow"},
		{fmt.Errorf("bot: dial: %w", admin.ErrKeyUsed), 422, "key-used", "another order had this key"},
		{call.ErrFull, 503, "busy", "the bot is full, draining, or waits for its store"},
		{call.ErrNoLease, 503, "busy", "the bot is full, draining, or waits for its store"},
		{call.ErrUncertain, 503, "busy", "the bot is full, draining, or waits for its store"},
		{errors.New("dsn postgres://ivrflow:hunter2@db"), 500, "internal", "the bot's log says what"},
	} {
		w.bot.fail = c.err
		p := w.problem(w.ask("POST", "/v1/calls", operateToken, order, header{"Idempotency-Key", "k"}), c.status, c.name)
		if p["cause"] != c.cause {
			t.Errorf("%v: cause %q, want %q", c.err, p["cause"], c.cause)
		}
	}
	w.bot.panic = true
	w.problem(w.ask("GET", "/v1/nodes", readToken, ""), 500, "internal")
	if !strings.Contains(w.log.String(), "the fake panics") {
		t.Errorf("the log does not say why: %s", w.log)
	}
}

// A token that asks too often waits; others do not. So does an address with wrong
// tokens, and these are not logged any more; who comes from there with a right one
// need not wait.
func TestRates(t *testing.T) {
	w := newWorld(t)
	taken := 0
	for taken < 1000 && w.askNow("GET", "/v1/health", readToken, "").Code == 200 {
		taken++
	}
	if taken != 40 {
		t.Errorf("%d at once, want 40", taken)
	}
	rec := w.askNow("GET", "/v1/health", readToken, "")
	w.problem(rec, 429, "too-many")
	if rec.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", rec.Header().Get("Retry-After"))
	}
	if rec := w.askNow("GET", "/v1/health", operateToken, ""); rec.Code != 200 {
		t.Errorf("another token: %d", rec.Code)
	}
	w.now = w.now.Add(time.Second)
	for i := range 20 {
		if rec := w.askNow("GET", "/v1/health", readToken, ""); rec.Code != 200 {
			t.Fatalf("request %d of 20 in a second: %d", i+1, rec.Code)
		}
	}
	wrong := 0
	for wrong < 1000 && w.askNow("GET", "/v1/health", strings.Repeat("w", 40), "").Code == 401 {
		wrong++
	}
	if wrong != 10 {
		t.Errorf("%d wrong tokens, want 10", wrong)
	}
	w.log.Reset()
	w.problem(w.askNow("GET", "/v1/health", strings.Repeat("w", 40), ""), 429, "too-many")
	if w.log.Len() > 0 {
		t.Errorf("logged: %s", w.log)
	}
	if rec := w.askNow("GET", "/v1/health", operateToken, ""); rec.Code != 200 {
		t.Errorf("a right token from there: %d", rec.Code)
	}
	w.now = w.now.Add(7 * time.Second)
	w.problem(w.askNow("GET", "/v1/health", strings.Repeat("w", 40), ""), 401, "unauthorized")
}

// Each change is a line of the log, with who did it. No line holds a secret, a number
// or a parameter.
func TestAudit(t *testing.T) {
	w := newWorld(t)
	w.ask("GET", "/v1/calls", readToken, "")
	if w.log.Len() > 0 {
		t.Errorf("reading is logged: %s", w.log)
	}
	for _, c := range []struct{ path, body, want string }{
		{"/v1/calls/live/hangup", "", `what=hangUp by=bob from=192.0.2.1 status=202`},
		{"/v1/calls/live/transfer", `{"to": {"phone": "` + number + `"}}`, `session=live how="to a phone"`},
		{"/v1/calls/live/signal", `{"name": "approved"}`, `session=live how=approved`},
		{"/v1/calls", order, `what=dial by=bob from=192.0.2.1 status=201`},
		{"/v1/nodes/N1/drain", "", `what=drain by=bob from=192.0.2.1 status=202`},
		{"/v1/calls/over/hangup", "", `level=WARN msg=admin what=hangUp by=bob from=192.0.2.1 status=404`},
	} {
		w.log.Reset()
		w.ask("POST", c.path, operateToken, c.body, header{"Idempotency-Key", "k"})
		if line := w.log.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, c.want) {
			t.Errorf("%s: logged %s, want %s", c.path, line, c.want)
		}
		for _, secret := range []string{operateToken, number, "2071838750"} {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("%s: the log holds %s: %s", c.path, secret, w.log)
			}
		}
	}
	w.log.Reset()
	w.ask("POST", "/v1/calls/live/hangup", readToken, "")
	w.ask("GET", "/v1/calls", strings.Repeat("w", 40), "")
	if log := w.log.String(); !strings.Contains(log, "by=ann") || !strings.Contains(log, "refused=forbidden") || !strings.Contains(log, "refused=unauthorized") || strings.Contains(log, "wwww") {
		t.Errorf("what was refused: %s", log)
	}
}

func TestParseTokens(t *testing.T) {
	list, err := admin.ParseTokens(tokenFile)
	if err != nil || len(list) != 3 || list[2].Name != "carl" || !slices.Equal(list[2].Roles, []admin.Role{admin.Read, admin.Disclose}) {
		t.Fatalf("got %+v, %v", list, err)
	}
	long := strings.Repeat("s3cret", 8)
	for name, c := range map[string]struct{ text, want string }{
		"empty":      {"\n# nobody\n", "it holds no token"},
		"two words":  {"ann " + long, "line 1: there are 2 words"},
		"four words": {"ann read operate " + long, "line 1: there are 4 words"},
		"role":       {"\nann rule " + long, "line 2: a role is read, operate or disclose"},
		"no role":    {"ann read, " + long, "line 1: a role is"},
		"name":       {"1st read " + long, "line 1: a name has letters"},
		"short":      {"ann read s3cret", "line 1: the token is shorter than 32 characters"},
		"characters": {"ann read " + long + "ä", "line 1: the token has characters"},
		"twice":      {"ann read " + long + "\nbob read " + long, "line 2: the token stands there twice"},
		"same name":  {"ann read " + long + "\nann read " + long + "x", "line 2: the name ann stands there twice"},
	} {
		if _, err := admin.ParseTokens(c.text); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// The documents of the API have the members that the OpenAPI document says.
func TestSchemas(t *testing.T) {
	s := readSpec(t)
	types := map[string]any{"Record": calldoc.Record{}, "CallList": admin.CallList{}, "Moment": calldoc.Moment{}, "Leg": admin.Leg{}, "Call": admin.Call{},
		"Done": admin.Done{}, "TransferRequest": admin.TransferRequest{}, "Target": admin.Target{}, "SignalRequest": admin.SignalRequest{}, "Order": admin.Order{},
		"Dialled": admin.Dialled{}, "NodeList": admin.NodeList{}, "Node": admin.Node{}, "Draining": admin.Draining{}, "FlowList": admin.FlowList{},
		"Flow": admin.Flow{}, "Health": admin.Health{}, "Problem": admin.Document{}}
	schemas := s.doc["components"].(map[string]any)["schemas"].(map[string]any)
	for name, schema := range schemas {
		if types[name] == nil {
			t.Errorf("schema %s has no type here", name)
			continue
		}
		want := slices.Sorted(maps.Keys(at(schema, "properties").(map[string]any)))
		got := members(reflect.TypeOf(types[name]))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the type has %v, the document %v", name, got, want)
		}
	}
	if len(schemas) != len(types) {
		t.Errorf("%d schemas, %d types", len(schemas), len(types))
	}
}

// members are the JSON names of a type's fields.
func members(of reflect.Type) (names []string) {
	for f := range of.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			names = append(names, members(f.Type)...)
		case name != "-" && f.IsExported():
			names = append(names, name)
		}
	}
	return names
}

func TestNewNeeds(t *testing.T) {
	if _, err := admin.New(admin.Config{}); err == nil {
		t.Error("an API without a bot")
	}
	if s := admin.Server(http.NotFoundHandler()); s.ReadHeaderTimeout == 0 || s.ReadTimeout == 0 || s.WriteTimeout == 0 || s.IdleTimeout == 0 {
		t.Errorf("a server without limits: %+v", s)
	}
}
