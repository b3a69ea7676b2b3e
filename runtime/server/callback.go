package server

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// keepTime bounds how long an intake may take to keep a delivery. A sender whose
// callbacks are not answered within 2.9 s may hold that against us.
const keepTime = 2700 * time.Millisecond

// largestKept is the largest buffer that is used again, in bytes.
const largestKept = 16 << 10

// webhook takes new calls. All other notifications go to the address of their
// session, whose secret proves them; here only a new call is believed, and the
// end of a call, which may come before the session has an address.
func (s *server) webhook(w *response, r *http.Request) error {
	d, err := s.receive(w, r)
	if err != nil || len(d.Notifications) == 0 {
		return err
	}
	all := len(d.Notifications)
	d.Notifications = slices.DeleteFunc(d.Notifications, func(n graph.Notification) bool { return !forWebhook(n) })
	if len(d.Notifications) < all && w.note == "" {
		w.note = NoteIgnored
	}
	if len(d.Notifications) == 0 {
		return accept(w, r)
	}
	return s.keep(w, r, d, s.Intake.Incoming)
}

func forWebhook(n graph.Notification) bool {
	event, ok := n.Event(time.Time{}, ivr.CallerLeg)
	if !ok {
		return false
	}
	_, incoming := event.(ivr.CallIncoming)
	_, ended := event.(ivr.CallTerminated)
	return incoming || ended
}

// callback takes what concerns a session that has an address.
func (s *server) callback(w *response, r *http.Request) error {
	d, err := s.receive(w, r)
	if err != nil || len(d.Notifications) == 0 {
		return err
	}
	d.Session, d.Leg, d.Secret, _ = parseCallback(r.URL.EscapedPath()) // the router saw to it
	return s.keep(w, r, d, s.Intake.Deliver)
}

// receive checks and reads a callback: first the token, and nothing of the
// body before it is good. Without an error and without notifications the
// callback has been answered.
func (s *server) receive(w *response, r *http.Request) (Delivery, error) {
	d := Delivery{Received: s.Now()}
	claims, err := s.authenticate(r)
	if err != nil {
		return d, err
	}
	buffer := s.bodies.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= largestKept { // what was decoded holds copies
			s.bodies.Put(buffer)
		}
	}()
	body, err := readBody(w, r, buffer)
	if err != nil {
		return d, err
	}
	d.Tenant = claims.Tenant
	d.ScenarioID = correlation(r, "Scenario-Id")
	d.MessageID = correlation(r, "X-Microsoft-Skype-Message-Id")
	d.ChainID = correlation(r, "X-Microsoft-Skype-Chain-Id")
	d.Notifications, err = graph.DecodeNotifications(body)
	switch {
	case errors.Is(err, graph.ErrEmpty):
		w.note = NoteEmpty // users report such callbacks; a refusal could end the call
		return d, accept(w, r)
	case err != nil:
		return d, &statusError{http.StatusBadRequest, NoteBadBody, "the body is not a list of notifications", err}
	case len(d.Notifications) == 0 && graph.IsLegacy(body):
		w.note = NoteLegacy
		w.WriteHeader(http.StatusNoContent)
		return d, nil
	case len(d.Notifications) == 0:
		w.note = NoteEmpty
		return d, accept(w, r)
	case slices.ContainsFunc(d.Notifications, func(n graph.Notification) bool { return n.Err != nil }):
		w.note = NotePartly
	}
	return d, nil
}

// authenticate checks the token of a request, and that it is
// meant for this bot.
func (s *server) authenticate(r *http.Request) (Claims, error) {
	token, refused := bearer(r.Header)
	if refused != nil {
		return Claims{}, refused
	}
	claims, err := s.Verifier.Verify(r.Context(), token)
	if err != nil {
		return Claims{}, err
	}
	if !strings.EqualFold(claims.Audience, s.AppID) {
		e := refuse(ReasonOtherApp, nil)
		e.Kid, e.Issuer, e.Tenant = clip(claims.Kid), clip(claims.Issuer), clip(claims.Tenant)
		return Claims{}, e
	}
	return claims, nil
}

// bearer is the token of a request that has exactly one.
func bearer(h http.Header) (string, *AuthError) {
	switch values := h["Authorization"]; len(values) {
	case 0:
		return "", refuse(ReasonMissing, nil)
	case 1:
		scheme, token, _ := strings.Cut(values[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", refuse(ReasonScheme, nil)
		}
		return token, nil
	}
	return "", refuse(ReasonRepeated, nil)
}

// readBody reads JSON of at most graph.MaxBody bytes. A charset is tolerated,
// whatever it says; compression is not.
func readBody(w *response, r *http.Request, to *bytes.Buffer) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if (err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter)) || kind != "application/json" {
		return nil, &statusError{http.StatusUnsupportedMediaType, NoteMediaType, "send application/json", nil}
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, &statusError{http.StatusUnsupportedMediaType, NoteMediaType, "send the body without Content-Encoding", nil}
	}
	if r.ContentLength > graph.MaxBody {
		return nil, tooLarge(nil)
	}
	to.Reset()
	to.Grow(int(max(r.ContentLength, 0)) + bytes.MinRead)
	// The reader gets net/http's own writer, which closes the connection of a
	// sender that goes on and on.
	_, err = to.ReadFrom(http.MaxBytesReader(w.ResponseWriter, r.Body, graph.MaxBody))
	if err == nil {
		return to.Bytes(), nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge(err)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &statusError{http.StatusRequestTimeout, NoteSlowBody, "the body did not come in time", err}
	}
	return nil, &statusError{http.StatusBadRequest, NoteBadBody, "the body could not be read", err}
}

func tooLarge(err error) error {
	return &statusError{http.StatusRequestEntityTooLarge, NoteTooLarge, "the body may have 256 KiB", err}
}

// keep hands a delivery over and makes the intake's word into an answer.
func (s *server) keep(w *response, r *http.Request, d Delivery, take func(context.Context, Delivery) error) error {
	ctx, cancel := context.WithTimeout(r.Context(), keepTime)
	defer cancel()
	err := take(ctx, d)
	elsewhere, moved := errors.AsType[*ElsewhereError](err)
	switch {
	case err == nil:
	case moved && d.Session == "":
		w.note = NoteElsewhere
		w.Header().Set("Location", elsewhere.Location)
		w.WriteHeader(http.StatusFound)
		return nil
	case errors.Is(err, ErrNotFound):
		w.note = NoteUnknown
	case errors.Is(err, ErrForbidden):
		return &statusError{http.StatusForbidden, NoteForbidden, "", err}
	default:
		return &statusError{http.StatusServiceUnavailable, NoteBusy, "", err}
	}
	return accept(w, r)
}

// accept answers 202 with the platform's correlation headers, as its own
// library does.
func accept(w *response, r *http.Request) error {
	request := correlation(r, "Client-Request-Id")
	if request == "" {
		request = correlation(r, "X-Microsoft-Skype-Message-Id")
	}
	echo(w, "Client-Request-Id", request)
	echo(w, "Scenario-Id", correlation(r, "Scenario-Id"))
	w.WriteHeader(http.StatusAccepted)
	return nil
}

func echo(w http.ResponseWriter, name, value string) {
	if value != "" {
		w.Header().Set(name, value)
	}
}

// correlation is an id from a header, empty if it is not a plausible one: it
// ends in logs and in our own headers.
func correlation(r *http.Request, name string) string {
	id := r.Header.Get(name)
	odd := func(c rune) bool { return c <= ' ' || c > '~' }
	if len(id) > 128 || strings.ContainsFunc(id, odd) {
		return ""
	}
	return id
}
