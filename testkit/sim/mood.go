package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// refusal is what Graph answers in a bad mood; nil if it is in none.
func (w *world) refusal(p *proc, l letter) *http.Response {
	n := p.node
	if l.action == "recording" {
		if w.struck(NoRecording, n) {
			return answer(l.Request, 404, graphError("8522"))
		}
		return nil
	}
	switch {
	case w.struck(Throttled, n):
		wait := []string{"", "1", "3", "0.5", "3600", w.clock.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat)}[w.net.IntN(6)]
		if wait == "" {
			return answer(l.Request, 429, graphError("TooManyRequests"))
		}
		return answer(l.Request, 429, graphError("TooManyRequests"), "Retry-After", wait)
	case w.struck(ServerError, n):
		if w.net.IntN(2) == 0 {
			if resp, err := graphsim.InMemory(w.graph).RoundTrip(l.copied(context.Background())); err == nil {
				w.judge.executed(p, l, resp.StatusCode)
			}
		}
		return answer(l.Request, []int{500, 502, 503, 504}[w.net.IntN(4)], graphError("UnknownError"))
	case l.action != "delete" && l.action != "get" && w.struck(NotThere, n):
		return answer(l.Request, 404, graphError("8522"))
	case w.struck(Conflict, n):
		return answer(l.Request, []int{409, 412}[w.net.IntN(2)], graphError("Conflict"))
	case w.struck(Forbidden, n):
		return answer(l.Request, []int{400, 403}[w.net.IntN(2)], graphError("Forbidden"))
	case w.struck(Expired, n):
		return answer(l.Request, 401, graphError("InvalidAuthenticationToken"))
	}
	return nil
}

func graphError(code string) string {
	return fmt.Sprintf(`{"error":{"code":%s,"message":"a fault of the simulation"}}`, strconv.Quote(code))
}

// spoilt is a good answer that does not say what it should, or is the last that
// is heard of its operation.
func (w *world) spoilt(p *proc, l letter, resp *http.Response) *http.Response {
	if l.action == "recording" {
		if !w.struck(ShortDownload, p.node) {
			return resp
		}
		b, _ := io.ReadAll(resp.Body) // it is in memory
		out := answer(l.Request, resp.StatusCode, string(b[:len(b)/2]))
		out.Header = resp.Header
		return out
	}
	if context := clientContext(l.body); context != "" && w.struck(NeverEnds, p.node) {
		w.silent = append(w.silent, context)
	}
	if l.action != "create" && l.action != "get" && w.struck(BrokenBody, p.node) {
		return answer(l.Request, resp.StatusCode, []string{"", "<html>ok</html>", "{", "{}", "[]"}[w.net.IntN(5)])
	}
	return resp
}

// clientContext is what a request names its operation; "" if it does not.
func clientContext(body []byte) string {
	if !bytes.Contains(body, []byte("clientContext")) {
		return ""
	}
	var b struct {
		ClientContext string `json:"clientContext"`
	}
	_ = json.Unmarshal(body, &b) // a request that is no JSON has none
	return b.ClientContext
}

// alter is a callback with what strikes its body.
func (w *world) alter(l letter) letter {
	if w.struck(Malformed, nil) {
		l.body = bytes.Replace(l.body, []byte(`"value":[`),
			[]byte(`"value":[{"changeType":"updated","resourceUrl":"/communications/calls/what","resourceData":7},`), 1)
	}
	if w.struck(EmptyBody, nil) {
		empty := l
		empty.body, empty.forged = nil, true
		w.again(empty, 0)
	}
	return l
}
