package server

import (
	"bytes"
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/mux"
)

// Config configures New.
type Config struct {
	// Verifier checks the token of every callback. Required.
	Verifier *Verifier
	// Intake takes what the callbacks say. Required.
	Intake Intake
	// AppID is the bot's application id: a good token for another application
	// of the same Verifier is refused. Required.
	AppID string
	// Media serves /media/; see Media. nil answers 404.
	Media http.Handler
	// Ready says why the bot cannot take calls, nil if it can: a NotReadyError, or
	// an error that nobody but the log sees. The Verifier's readiness is asked
	// besides. nil means always ready.
	Ready func() error
	// Log hears about refusals and faults. nil is silent.
	Log *slog.Logger
	// Now is the clock. nil means time.Now.
	Now func() time.Time
	// Observe is called after each request, to count it. It must be quick and
	// safe for concurrent use. nil counts nothing.
	Observe func(Outcome)
	// MaxInFlight is how many requests are handled at once; more are answered
	// 503. Health checks always pass. 0 means 1024.
	MaxInFlight int
}

// Outcome is one answered request.
type Outcome struct {
	Route  string        // webhook, callback, media, healthz, readyz, or empty for no such route
	Status int           // HTTP status
	Reason string        // why not all was well: a Reason or Note constant, else empty
	Took   time.Duration // by Config.Now
}

// The notes of an Outcome that have no AuthError.
const (
	NoteEmpty      = "empty"        // 202: the body holds no notification
	NoteLegacy     = "legacy"       // 204: asks the platform for Graph's form
	NoteIgnored    = "ignored"      // 202: nothing for the webhook among the notifications
	NoteElsewhere  = "elsewhere"    // 302: another deployment takes these calls
	NoteUnknown    = "unknown_call" // 202: no such session any more
	NoteBadBody    = "bad_body"     // 400: not a list of notifications
	NotePartly     = "partly"       // 202: some notifications of the batch could not be read
	NoteMediaType  = "media_type"   // 415: not JSON, or compressed
	NoteTooLarge   = "too_large"    // 413: body over 256 KiB
	NoteSlowBody   = "slow_body"    // 408: the body did not come in time
	NoteForbidden  = "forbidden"    // 403: wrong secret or tenant for this session
	NoteBusy       = "busy"         // 503: the intake could not keep it
	NoteOverloaded = "overloaded"   // 503: MaxInFlight
	NotePanic      = "panic"        // 500: a fault of ours
	NoteNotReady   = "not_ready"    // 503: see Config.Ready
	NoteNoRoute    = "no_route"     // 404
	NoteMethod     = "method"       // 405
)

const maxInFlight = 1024

// HTTPServer is an http.Server for the handler with the limits that a server
// on the open Internet needs. The caller listens; Limit bounds the connections.
func HTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      time.Minute, // long enough for a prompt over a slow line
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
	}
}

// New makes the bot's whole HTTP handler. It reports all faults of the
// configuration at once.
func New(c Config) (http.Handler, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := newServer(c)
	return s.observed(s.recovered(s.limited(s.router()))), nil
}

func (c Config) validate() error {
	var errs []error
	if c.Verifier == nil {
		errs = append(errs, errors.New("server needs a Verifier"))
	}
	if c.Intake == nil {
		errs = append(errs, errors.New("server needs an Intake"))
	}
	if c.AppID == "" {
		errs = append(errs, errors.New("server needs the bot's AppID"))
	}
	if c.MaxInFlight < 0 {
		errs = append(errs, errors.New("server's MaxInFlight is negative"))
	}
	return errors.Join(errs...)
}

type server struct {
	Config
	slots   chan struct{} // one element for each request under way
	bodies  sync.Pool     // of *bytes.Buffer
	refusal sampler
}

func newServer(c Config) *server {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Ready == nil {
		c.Ready = func() error { return nil }
	}
	if c.Observe == nil {
		c.Observe = func(Outcome) {}
	}
	if c.Media == nil {
		c.Media = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { notFound(w) })
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	s := &server{Config: c, slots: make(chan struct{}, cmp.Or(c.MaxInFlight, maxInFlight))}
	s.bodies.New = func() any { return new(bytes.Buffer) }
	return s
}

// router finds the handler. Names match strictly: no slash at the end, no
// escapes, no dots. No path is ever cleaned: a redirected POST comes back as a
// GET without its body. The paths with
// variables are taken apart by hand: patterns with lengths such as {1,128}
// take most of a millisecond to compile, for every bot of every test.
func (s *server) router() http.Handler {
	r := mux.NewRouter()
	post, read := []string{http.MethodPost}, []string{http.MethodGet, http.MethodHead}
	routes := []struct {
		name    string
		fits    func(path string) bool
		methods []string
		handle  handler
	}{
		// The matching is linear: the busiest comes first.
		{"callback", isCallback, post, s.callback},
		{"webhook", is(WebhookPath), post, s.webhook},
		{"media", isMedia, read, s.media},
		{"healthz", is("/healthz"), read, s.healthz},
		{"readyz", is("/readyz"), read, s.readyz},
	}
	for _, route := range routes {
		r.MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool { return route.fits(r.URL.EscapedPath()) }).
			Handler(adapt(route.name, route.methods, route.handle))
	}
	r.NotFoundHandler = adapt("", nil, func(*response, *http.Request) error {
		return &statusError{status: http.StatusNotFound, note: NoteNoRoute, text: "not found"}
	})
	return matched{r}
}

// matched serves what a router finds. The router's own ServeHTTP would clean the
// path, by a redirect, and copy the request twice to keep variables in it that
// no route has.
type matched struct{ router *mux.Router }

func (m matched) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var found mux.RouteMatch
	m.router.Match(r, &found) // true at all times: there is a NotFoundHandler
	found.Handler.ServeHTTP(w, r)
}

func is(path string) func(string) bool { return func(p string) bool { return p == path } }

func (s *server) media(w *response, r *http.Request) error {
	s.Media.ServeHTTP(w, r)
	return nil
}
