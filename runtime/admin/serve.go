package admin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody = 64 << 10
	within  = 10 * time.Second // a request has come to an end, or is given up
)

// exchange is a request on its way, and who makes it.
type exchange struct {
	w       http.ResponseWriter
	r       *http.Request
	id      string // for the log, and the instance of a problem
	by      Token
	status  int
	session string // that was acted on
	note    string // what was done, without anything that must not be logged
}

// guarded keeps from the router whatever bears no token, and panics from the server.
func (a *api) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{w: w, r: r, id: rand.Text()}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Request-Id", x.id)
		if p := a.admit(x); p != nil {
			a.answer(x, route{name: "none"}, p)
			return
		}
		next.ServeHTTP(w, r.WithContext(withExchange(r.Context(), x)))
	})
}

// admit finds out who asks, and whether he asks too often.
func (a *api) admit(x *exchange) *problemError {
	by, ok := bearer(x.r, a.Tokens())
	if !ok { // who has a right one need not wait for others at the same address, such as a proxy's
		if wait := a.limits.wrong(peer(x.r)); wait > 0 {
			return a.tooMany(x, "too many wrong tokens came from this address", wait)
		}
		x.w.Header().Set("WWW-Authenticate", `Bearer realm="ivrflow"`)
		return &problemError{Name: "unauthorized", Status: http.StatusUnauthorized, Place: "header Authorization", Cause: "it is not one token that the bot knows",
			Mend: "send Authorization: Bearer TOKEN, with a token of the bot's file of tokens"}
	}
	x.by = by
	if wait := a.limits.ask(by.Name); wait > 0 {
		return a.tooMany(x, "this token asks too often", wait)
	}
	return nil
}

func (a *api) tooMany(x *exchange, cause string, wait time.Duration) *problemError {
	seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	x.w.Header().Set("Retry-After", seconds)
	return &problemError{Name: "too-many", Status: http.StatusTooManyRequests, Cause: cause, Mend: "ask again in " + seconds + " s"}
}

// serve is a route's handler.
func (a *api) serve(to route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		x.r = r
		a.answer(x, to, a.do(x, to))
	}
}

func (a *api) do(x *exchange, to route) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if !x.by.may(to.role) {
		return &problemError{Name: "forbidden", Status: http.StatusForbidden, Place: "header Authorization", Cause: fmt.Sprintf("the token of %s has not the role %s", x.by.Name, to.role),
			Mend: "use one that has it, or add the role in the bot's file of tokens"}
	}
	if len(idOf(x.r)) > 128 {
		return known(errNoSuch)
	}
	// A change is not given up because the client has left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.r.Context()), within)
	defer cancel()
	x.r = x.r.WithContext(ctx)
	return to.handle(a, x)
}

// answer tells a problem, and writes the line of the log.
func (a *api) answer(x *exchange, to route, err error) {
	p, told := errors.AsType[*problemError](err)
	if err != nil && !told {
		p = known(err)
	}
	if p != nil {
		x.status = p.Status
		x.writeProblem(p)
	}
	a.audit(x, to, p)
}

// audit logs changes, and what was refused. Nothing of it is a secret: neither token
// nor number, nor a parameter of a flow.
func (a *api) audit(x *exchange, to route, p *problemError) {
	if to.role != Operate && !noteworthy(p) || p != nil && p.Status == http.StatusTooManyRequests && x.by.Name == "" {
		return
	}
	attrs := []slog.Attr{slog.String("what", to.name), slog.String("by", x.by.Name), slog.String("from", peer(x.r)),
		slog.Int("status", x.status), slog.String("request", x.id)}
	if x.session != "" {
		attrs = append(attrs, slog.String("session", x.session))
	}
	if x.note != "" {
		attrs = append(attrs, slog.String("how", x.note))
	}
	level := slog.LevelInfo
	if p != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("refused", p.Name))
		if p.why != nil {
			level = slog.LevelError
			attrs = append(attrs, slog.String("error", p.why.Error()))
		}
	}
	a.Log.LogAttrs(x.r.Context(), level, "admin", attrs...)
}

// noteworthy reports whether a refusal is logged also if nothing was to be changed.
func noteworthy(p *problemError) bool {
	if p == nil {
		return false
	}
	switch p.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return true
	}
	return p.Status >= http.StatusInternalServerError
}

// write answers with JSON.
func (x *exchange) write(status int, doc any) error {
	x.status = status
	x.w.Header().Set("Content-Type", "application/json")
	x.w.WriteHeader(status)
	_ = json.NewEncoder(x.w).Encode(doc) // else the client went away
	return nil
}

func badRequest(place, cause, mend string) *problemError {
	return &problemError{Name: "bad-request", Status: http.StatusBadRequest, Place: place, Cause: cause, Mend: mend}
}

// read reads the body, a JSON object without members that nobody knows.
func (x *exchange) read(to any) error {
	kind, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &problemError{Name: "media-type", Status: http.StatusUnsupportedMediaType, Place: "header Content-Type", Cause: "the body has to be JSON", Mend: "send Content-Type: application/json"}
	}
	d := json.NewDecoder(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return badBody(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("body", "something follows the JSON object", "send one object")
	}
	return nil
}

// badBody says what is wrong with a body, and shows nothing of it but names.
func badBody(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &problemError{Name: "too-large", Status: http.StatusRequestEntityTooLarge, Place: "body", Cause: fmt.Sprintf("it is larger than %d bytes", maxBody), Mend: "send less"}
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return badRequest("body /"+strings.ReplaceAll(e.Field, ".", "/"), "it is a "+e.Value, "send what /v1/openapi.json says")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return badRequest("body", "nobody knows the member "+clip(name), "leave it out; /v1/openapi.json has those that there are")
	}
	return badRequest("body", "it is not JSON, or not all of it came", "send a JSON object")
}
