package fetch

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// The canaries: a secret, a value in each place where values stand, and what
// the other side says.
const (
	canarySecret = "c4n4ry-s3cret"
	canaryPath   = "c4n4ry-p4th"
	canaryQuery  = "c4n4ry-qu3ry"
	canaryHeader = "c4n4ry-h34der"
	canaryBody   = "c4n4ry-b0dy"
	canaryAnswer = "c4n4ry-4nswer"
)

// forms are a canary's disguises.
func forms(s string) []string {
	return []string{s, strings.ToUpper(s), url.QueryEscape(s), hex.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte(s))[:12], strings.TrimPrefix(s, "c4n4ry-")}
}

// echo is a server that answers in as many ways as there are to fail, with all
// that it was sent and words of its own wherever words can stand.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	all := strings.NewReplacer("\r", "", "\n", "").Replace(r.RequestURI + r.Header.Get("X-Key") + r.Header.Get("X-Value") + string(body) + canaryAnswer)
	raw := func(text string) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		io.WriteString(c, text)
		c.Close()
	}
	switch r.URL.Query().Get("do") {
	case "status":
		raw("HTTP/1.1 200 " + all + "\r\nContent-Type: " + all + "\r\n\r\n" + all)
	case "nonsense":
		raw(all + "\r\n\r\n")
	case "header":
		raw("HTTP/1.1 200 OK\r\n" + all + "\r\n\r\n")
	case "length":
		raw("HTTP/1.1 200 OK\r\nContent-Length: " + all + "\r\n\r\n")
	case "chunk":
		raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + all + "\r\n")
	case "encoding":
		raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + all + "\r\n\r\n")
	case "redirect":
		w.Header().Set("Location", "https://"+hex.EncodeToString([]byte(all))[:20]+".test/"+url.PathEscape(all))
		w.WriteHeader(http.StatusFound)
	case "location":
		w.Header().Set("Location", "https://user:"+url.PathEscape(all)+"@"+r.Host+"/")
		w.WriteHeader(http.StatusTemporaryRedirect)
	case "loop":
		w.Header().Set("Location", r.RequestURI)
		w.WriteHeader(http.StatusTemporaryRedirect)
	case "gzip":
		w.Header().Set("Content-Encoding", all)
	case "json":
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"a":`+all)
	case "twice":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{%q:1,%q:2}`, all, all)
	case "large":
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, strings.Repeat(all, 2000))
	case "gone":
		panic(http.ErrAbortHandler)
	}
}

func ways() []string {
	return strings.Fields("status nonsense header length chunk encoding redirect location loop gzip json twice large gone")
}

// No error and no log holds a secret, a value, or a word of the other side,
// whichever way a request fails and whichever way the error is printed.
func TestCanaries(t *testing.T) {
	server := serve(t, echo)
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	c := Config{
		Log:     logger,
		Secrets: map[string]BoundSecret{"crm": {Value: ivr.NewSecret(canarySecret), Hosts: []string{server.URL}}},
	}
	f := fetcher(t, c, server)
	for _, way := range ways() {
		for _, method := range []string{"GET", "POST"} {
			req := canaryRequest(server.URL, way, method)
			res, err := f.Do(t.Context(), req)
			if err == nil {
				t.Errorf("%s %s: no error: %+v", method, way, res)
			}
			tell(logger, &log, req, err)
		}
	}
	for _, req := range refusedCanaries(server.URL) {
		_, err := f.Do(t.Context(), req)
		if err == nil {
			t.Errorf("%v was sent", req)
		}
		tell(logger, &log, req, err)
		tell(logger, &log, req, f.Check(req))
	}
	var err error
	for try := 0; try < 50 && !errors.Is(err, ErrOpen); try++ {
		_, err = f.Do(t.Context(), canaryRequest(server.URL, "gone", "GET"))
		tell(logger, &log, Request{}, err)
	}
	if !strings.Contains(log.String(), "breaker of a host changed") {
		t.Errorf("the breaker said nothing: %v", err)
	}
	fmt.Fprintf(&log, "%v %+v %#v", c.Secrets, c.Secrets, c.Secrets)
	checked := 0
	for _, canary := range []string{canarySecret, canaryPath, canaryQuery, canaryHeader, canaryBody, canaryAnswer} {
		for _, form := range forms(canary) {
			if checked++; strings.Contains(log.String(), form) {
				t.Errorf("%q is in the log:\n%s", form, line(log.String(), form))
			}
		}
	}
	t.Logf("%d forms of canaries, %d ways to fail, %d bytes of log: 0 found", checked, 2*len(ways())+len(refusedCanaries("")), log.Len())
}

func canaryRequest(host, way, method string) Request {
	req := Request{
		Flow: "f", Method: method,
		URL: []Piece{Literal(host + "/"), Value(canaryPath), Literal("?do=" + way + "&q="), Value(canaryQuery)},
		Headers: []Header{
			{Name: "X-Key", Value: []Piece{Secret("crm")}},
			{Name: "X-Value", Value: []Piece{Value(canaryHeader)}},
		},
	}
	if method == "POST" {
		req.JSON = map[string]any{"pin": canaryBody}
	}
	return req
}

// refusedCanaries are requests that are not sent, for what their values are.
func refusedCanaries(host string) []Request {
	base := canaryRequest(host, "gone", "POST")
	return []Request{
		with(base, func(r *Request) { r.URL = []Piece{Value(canaryPath)} }),
		with(base, func(r *Request) { r.URL = []Piece{Literal(host + "/"), Value(canaryPath + "\n")} }),
		with(base, func(r *Request) { r.URL = []Piece{Literal(host + "/"), Value("../" + canaryPath)} }),
		with(base, func(r *Request) { r.URL = []Piece{Literal(host + "/?"), Value(canaryQuery)} }),
		with(base, func(r *Request) {
			r.URL = []Piece{Literal(host + "/?a="), Value(strings.Repeat(canaryQuery, 1000))}
		}),
		with(base, func(r *Request) { r.URL = []Piece{Literal("https://other.test/"), Value(canaryPath)} }),
		with(base, func(r *Request) { r.URL = []Piece{Literal(host + "/"), Secret("crm")} }),
		with(base, func(r *Request) {
			r.Headers = []Header{{Name: "X-Value", Value: []Piece{Secret("crm"), Value(canaryHeader + "\r\n")}}}
		}),
		with(base, func(r *Request) {
			r.Headers = append(slices.Clone(r.Headers), Header{Name: "Host", Value: []Piece{Secret("crm")}})
		}),
		with(base, func(r *Request) { r.JSON = map[string]any{canaryBody: func() {}} }),
		with(base, func(r *Request) { r.JSON = strings.Repeat(canaryBody, MaxBody) }),
		with(base, func(r *Request) { r.Key = canaryHeader + " " }),
		with(base, func(r *Request) { r.Method = "GET" }),
	}
}

// tell writes a request and its error to a log in every way there is.
func tell(logger *slog.Logger, w io.Writer, req Request, err error) {
	logger.Error("failed", slog.Any("error", err), slog.Any("request", req), slog.String("text", fmt.Sprint(err)))
	fmt.Fprintf(w, "%v %+v %#v %s %q\n", err, err, err, err, err)
	fmt.Fprintf(w, "%v %+v %#v %s %q %d %x\n", req, req, req, req, req, req, req)
	fmt.Fprintf(w, "%v %+v %#v %v\n", req.URL, req.URL, req.URL, req.Headers)
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(w, "%T %v %#v\n", e, e, e)
	}
}

// line is the line of a text in which a part stands.
func line(s, part string) string {
	for l := range strings.Lines(s) {
		if strings.Contains(l, part) {
			return l
		}
	}
	return ""
}
