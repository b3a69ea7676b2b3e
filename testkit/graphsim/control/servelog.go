package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Log is a part of the log.
type Log struct {
	Entries []Entry `json:"entries"`
	Next    int64   `json:"next" doc:"what to give as after to read on"`
	Lost    int64   `json:"lost" doc:"how many entries after the given number are forgotten already"`
}

// logRoutes read the log. The stream is text; each line of it is an Entry.
func logRoutes() []Route {
	filter := []Param{
		{"after", "only entries with a greater number; 0"},
		{"kind", "only these kinds, with commas between them: " + strings.Join(kinds(), ", ")},
		{"what", "only entries whose what is one of these, with commas between them"},
		{"call", "only entries of the call with this id, or of the " + lastCall},
		{"app", "only entries of the bot with this application id"},
	}
	return []Route{
		{Method: http.MethodGet, Path: "/log", ID: "readLog", Doc: "Read the log: every request of the bot, every callback and download, and what happened on the phones.",
			Query: append(slices.Clip(filter), Param{"limit", "at most so many entries; 1000"}, Param{"wait", "how long to wait for one that fits, at most 50s; 0s"}),
			Out:   Log{}, Status: http.StatusOK, handle: serveLog},
		{Method: http.MethodGet, Path: "/log/stream", ID: "streamLog", Doc: "Follow the log: one entry a line as JSON, or as server-sent events if that is what the request accepts (then Last-Event-ID stands for after).",
			Query: filter, Out: Entry{}, Type: typeLines, Status: http.StatusOK, handle: serveStream},
	}
}

func kinds() []string {
	return []string{kindRequest, kindCallback, kindDownload, kindEvent, kindControl}
}

// filter reads which entries are wanted.
func (c *call) filter() (after int64, fits func(Entry) bool, err error) {
	if text := c.query.Get("after"); text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return 0, nil, bad("query.after", fmt.Sprintf("%q is no number of an entry", text), "give 0 or the next of an earlier answer")
		}
	}
	words := func(name string) []string {
		if c.query.Get(name) == "" {
			return nil
		}
		return strings.Split(c.query.Get(name), ",")
	}
	kind, what, on, app := words("kind"), words("what"), c.named(c.query.Get("call")), c.query.Get("app")
	for _, k := range kind {
		if !slices.Contains(kinds(), k) {
			return 0, nil, bad("query.kind", fmt.Sprintf("no entry is of the kind %q", k), "give "+diag.OneOf(kinds()))
		}
	}
	return after, func(e Entry) bool {
		return (kind == nil || slices.Contains(kind, e.Kind)) && (on == "" || e.Call == string(on)) && (app == "" || strings.EqualFold(e.App, app)) &&
			(what == nil || slices.ContainsFunc(strings.Split(e.What, ","), func(w string) bool { return slices.Contains(what, w) }))
	}, nil
}

func serveLog(s *Server, c *call) error {
	after, fits, err := c.filter()
	if err != nil {
		return err
	}
	limit := 1000
	if text := c.query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 {
			return bad("query.limit", fmt.Sprintf("%q is no number of entries", text), "give 1 or more")
		}
	}
	wait, err := c.duration("wait", 0)
	if err != nil {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		list, lost, more := s.log.after(after, fits)
		if len(list) == 0 {
			select {
			case <-more:
				continue
			case <-timer.C:
			case <-c.r.Context().Done():
			case <-s.done:
			}
			return c.answer(Log{Entries: []Entry{}, Next: after, Lost: lost})
		}
		list = list[:min(len(list), limit)]
		return c.answer(Log{Entries: list, Next: list[len(list)-1].N, Lost: lost})
	}
}

// writeWithin is how long a reader of the stream may take for one part of it.
const writeWithin = 30 * time.Second

func serveStream(s *Server, c *call) error {
	if id := c.r.Header.Get("Last-Event-ID"); id != "" && c.query.Get("after") == "" {
		c.query.Set("after", id)
	}
	after, fits, err := c.filter()
	if err != nil {
		return err
	}
	events := strings.Contains(c.r.Header.Get("Accept"), typeEvents)
	kind := typeLines
	if events {
		kind = typeEvents
	}
	c.w.Header().Set("Content-Type", kind)
	c.w.WriteHeader(c.route.Status)
	out := http.NewResponseController(c.w)
	for {
		list, _, more := s.log.after(after, fits)
		if err := out.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return nil // the reader is gone
		}
		for _, e := range list {
			if err := writeEntry(c, e, events); err != nil {
				return nil //nolint:nilerr // the reader is gone
			}
			after = e.N
		}
		if err := out.Flush(); err != nil {
			return nil //nolint:nilerr // the reader is gone
		}
		select {
		case <-more:
		case <-c.r.Context().Done():
			return nil
		case <-s.done:
			return nil
		}
	}
}

func writeEntry(c *call, e Entry, events bool) error {
	b, err := json.Marshal(e)
	if err != nil { // it is our own
		return err
	}
	if events {
		_, err = fmt.Fprintf(c.w, "id: %d\ndata: %s\n\n", e.N, b)
		return err
	}
	_, err = c.w.Write(append(b, '\n'))
	return err
}
