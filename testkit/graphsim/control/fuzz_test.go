package control_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// Whatever is posted, the interface answers with JSON, and with no fault of its
// own; and Graph's part of the server, too, goes on.
func FuzzControl(f *testing.F) {
	for i, r := range control.Routes() {
		f.Add(i, "last", "until=prompt&wait=0s", `{"keys": "1"}`)
		f.Add(i, ann, "after=1&kind=event&limit=1", `{"on": "get", "status": 500, "chance": 0.5}`)
		f.Add(i, "+441632960123", "", `{"settings": {"audio": "merged", "latency": "0s"}, "people": [{"id": "+441632960123", "script": [{"when": "prompt", "press": "1"}]}]}`)
		f.Add(i, "1", "x", `{"caller": {"id": "+441632960123"}, "hang_up_after": "1ms", "script": [{"speak": "1s"}]}`)
		if r.In == nil {
			f.Add(i, "", "%zz", "")
		}
	}
	s, err := control.New(control.Config{BaseURL: "http://127.0.0.1:1", Webhook: "http://127.0.0.1:1/", Key: sharedKey(),
		Transport: refusing{}, Setup: control.Setup{Settings: quick()}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	names := regexp.MustCompile(`\{[a-z]+\}`)
	f.Fuzz(func(t *testing.T, route int, name, query, body string) {
		all := control.Routes()
		r := all[uint(route)%uint(len(all))]
		if r.ID == "rotateKey" {
			return // a key takes too long
		}
		ctx := t.Context()
		if r.Method == http.MethodGet { // it may wait, or follow the log
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
			defer cancel()
		}
		for _, path := range []string{control.Root + names.ReplaceAllString(r.Path, "x"), "/v1.0/communications/calls/" + ann + "/playPrompt"} {
			req := httptest.NewRequestWithContext(ctx, r.Method, "http://127.0.0.1:1"+path, strings.NewReader(body))
			req.RemoteAddr, req.URL.RawQuery = "127.0.0.1:2", query
			req.URL.Path = strings.Replace(req.URL.Path, "/x", "/"+name, 1)
			out := httptest.NewRecorder()
			s.ServeHTTP(out, req)
			if out.Code == http.StatusInternalServerError && strings.HasPrefix(path, control.Root) ||
				out.Body.Len() > 0 && strings.Contains(out.Header().Get("Content-Type"), "/json") && !json.Valid(out.Body.Bytes()) {
				t.Errorf("%s %s?%s %q: %d %s", r.Method, req.URL.Path, query, body, out.Code, out.Body)
			}
		}
	})
}

// refusing is the way to a bot that is not there.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed }
