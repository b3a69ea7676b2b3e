package control

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Limits of bodies.
const (
	maxJSON  = 1 << 20
	maxAudio = 16 << 20
)

// Media types.
const (
	typeJSON   = "application/json"
	typeWAV    = "audio/wav"
	typeLines  = "application/x-ndjson"
	typeEvents = "text/event-stream"
)

// Route is one thing that the control interface does.
type Route struct {
	Method  string
	Path    string // below Root, as OpenAPI writes it
	ID      string // OpenAPI's operationId
	Doc     string
	Query   []Param
	In      any    // body of the request: a zero value of its type; nil: none
	AlsoWAV bool   // the body may be a WAV file instead
	Empty   bool   // the body may be missing
	Out     any    // body of the answer, likewise; nil: none
	Type    string // of the answer's body; JSON if empty
	Status  int    // of a success
	handle  func(*Server, *call) error
}

// Param is a parameter of a query.
type Param struct {
	Name, Doc string
}

// call is a request of the control interface that is served.
type call struct {
	w     http.ResponseWriter
	r     *http.Request
	route Route
	world *world
	query url.Values
	body  []byte
}

// Routes lists what the control interface does.
func Routes() []Route {
	return slices.Concat(worldRoutes(), callRoutes(), meetingRoutes(), peopleRoutes(), faultRoutes(), logRoutes())
}

// newRoutes serves the routes.
func (s *Server) newRoutes() http.Handler {
	mux := http.NewServeMux()
	byPath := map[string][]Route{}
	for _, r := range Routes() {
		byPath[r.Path] = append(byPath[r.Path], r)
	}
	for path, routes := range byPath {
		mux.HandleFunc(Root+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, routes) })
	}
	mux.HandleFunc(Root+"/", func(w http.ResponseWriter, r *http.Request) {
		if err := s.admit(r); err != nil {
			writeProblem(w, err)
			return
		}
		writeProblem(w, missing(r.URL.Path+" is not there", "see "+Root+"/openapi.json for what is"))
	})
	return mux
}

// serve answers a request for a path that has these routes.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, routes []Route) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := s.admit(r); err != nil {
		if p, ok := errors.AsType[*Error](err); ok && p.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		writeProblem(w, err)
		return
	}
	i := slices.IndexFunc(routes, func(one Route) bool { return one.Method == r.Method })
	if i < 0 {
		var methods []string
		for _, one := range routes {
			methods = append(methods, one.Method)
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		writeProblem(w, &Error{Place: "method", Cause: r.Method + " is not possible here", Mend: "take " + diag.OneOf(methods), status: http.StatusMethodNotAllowed})
		return
	}
	c := &call{w: w, r: r, route: routes[i], world: s.now()}
	err := c.read()
	if err == nil {
		err = c.route.handle(s, c)
	}
	if err != nil {
		writeProblem(w, err)
	}
	if r.Method != http.MethodGet {
		s.log.add(Entry{Kind: kindControl, What: c.route.ID, Method: r.Method, URL: r.URL.Path, Error: refusedFor(err)})
	}
}

func refusedFor(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// read checks the parameters and reads the body.
func (c *call) read() error {
	c.query = c.r.URL.Query()
	var known []string
	for _, p := range c.route.Query {
		known = append(known, p.Name)
	}
	for name := range c.query {
		if !slices.Contains(known, name) {
			return bad("query."+name, "there is no such parameter", "leave it out"+diag.DidYouMean(name, known))
		}
	}
	limit := int64(maxJSON)
	if c.audio() {
		limit = maxAudio
	}
	var err error
	c.body, err = io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &Error{Place: "body", Cause: "it is too large: " + large.Error(), Mend: "send less", status: http.StatusRequestEntityTooLarge}
	}
	if err != nil {
		return bad("body", "it did not arrive: "+err.Error(), "send it again")
	}
	return nil
}

// audio says that the body is a WAV file.
func (c *call) audio() bool {
	return c.route.AlsoWAV && strings.HasPrefix(c.r.Header.Get("Content-Type"), "audio/")
}

// into reads the body.
func (c *call) into(v any) error {
	if len(c.body) == 0 && c.route.Empty {
		return nil
	}
	return decode(c.body, v)
}

// answer answers with the route's status.
func (c *call) answer(body any) error {
	if body == nil {
		c.w.WriteHeader(c.route.Status)
		return nil
	}
	writeJSON(c.w, c.route.Status, body)
	return nil
}
