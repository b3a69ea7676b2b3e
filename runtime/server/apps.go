package server

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Apps serves several apps on one host. Each has the handler that New made for
// it, with a Verifier whose profiles name that app alone as audience, and is
// reached below its application id: the webhook that is registered for it is
// "https://HOST/{app id}/api/calls", and its callback addresses and its audio
// begin with "https://HOST/{app id}", which is its bot's public URL. Besides,
// /healthz and /readyz speak for all of them. Any other path is 404.
//
// The id in the path, as Microsoft's article MultipleAppSupport has it, only
// finds the app: a token for another app is refused there.
func Apps(handlers map[string]http.Handler) (http.Handler, error) {
	if len(handlers) == 0 {
		return nil, errors.New("server: Apps needs at least one app")
	}
	a := apps{}
	var errs []error
	for id, h := range handlers {
		switch key := strings.ToLower(id); {
		case !isName(id, 1, 128) || id == "healthz" || id == "readyz":
			errs = append(errs, fmt.Errorf("server: %q is no application id", id))
		case a[key] != nil:
			errs = append(errs, fmt.Errorf("server: the application id %q is there twice", id))
		case h == nil:
			errs = append(errs, fmt.Errorf("server: the app %q has no handler", id))
		default:
			a[key] = h
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return a, nil
}

// apps are handlers by application id in lower case.
type apps map[string]http.Handler

func (a apps) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.EscapedPath() {
	case "/healthz", "/readyz":
		a.health(w, r)
		return
	}
	id, _, ok := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if h := a[strings.ToLower(id)]; ok && h != nil {
		http.StripPrefix("/"+id, h).ServeHTTP(w, r)
		return
	}
	plain(w, http.StatusNotFound, "not found")
}

// health asks every app, and passes on the first answer that is not good.
func (a apps) health(w http.ResponseWriter, r *http.Request) {
	ids := slices.Sorted(maps.Keys(a))
	for _, id := range ids[:len(ids)-1] {
		var one verdict
		if a[id].ServeHTTP(&one, r); one.status >= http.StatusBadRequest {
			a[id].ServeHTTP(w, r)
			return
		}
	}
	a[ids[len(ids)-1]].ServeHTTP(w, r)
}

// verdict is a writer that keeps nothing but the status.
type verdict struct {
	header http.Header
	status int
}

func (v *verdict) Header() http.Header {
	if v.header == nil {
		v.header = http.Header{}
	}
	return v.header
}

func (v *verdict) WriteHeader(status int) { v.status = status }

func (v *verdict) Write(b []byte) (int, error) { return len(b), nil }
