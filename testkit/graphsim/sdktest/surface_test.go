package sdktest

import (
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

	"github.com/ivrflow/ivrflow/framework/graph"
)

var (
	placeholder = regexp.MustCompile(`\{[^{}]*%2Did\}`)
	queryPart   = regexp.MustCompile(`\{[?&].*$`)
)

// surface finds the requests that a builder of the library and those below it
// can send, as "GET /communications/calls/{call}".
func surface(builder reflect.Value, found map[string]bool) {
	template := builder.Elem().FieldByName("BaseRequestBuilder").FieldByName("UrlTemplate").String()
	path := strings.TrimPrefix(queryPart.ReplaceAllString(template, ""), "{+baseurl}")
	path = placeholder.ReplaceAllString(strings.Replace(path, "{call%2Did}", "{call}", 1), "{id}")
	for i := range builder.NumMethod() {
		name, m := builder.Type().Method(i).Name, builder.Method(i)
		verb, request := strings.CutSuffix(strings.TrimPrefix(name, "To"), "RequestInformation")
		switch {
		case request:
			found[strings.ToUpper(verb)+" "+path] = true
		case name == "WithUrl":
		case m.Type().NumIn() == 0 && isBuilder(m.Type()):
			surface(m.Call(nil)[0], found)
		case strings.HasPrefix(name, "By") && isBuilder(m.Type()):
			surface(m.Call([]reflect.Value{reflect.ValueOf("x")})[0], found)
		}
	}
}

func isBuilder(f reflect.Type) bool {
	return f.NumOut() == 1 && strings.HasSuffix(f.Out(0).String(), "RequestBuilder")
}

// described are the methods of /v1.0.
func described() map[string]bool {
	all := map[string]bool{}
	for _, m := range graph.Methods() {
		if !m.Beta {
			all[m.HTTP+" "+m.Path] = true
		}
	}
	return all
}

// bare are requests that the library has because the metadata lists what they
// are about, and that no page of Graph describes.
func bare() []string {
	const calls, call = "/communications/calls", "/communications/calls/{call}"
	all := []string{"GET " + calls, "GET " + calls + "/$count", "PATCH " + call}
	for _, name := range []string{"audioRoutingGroups", "contentSharingSessions", "operations", "participants"} {
		list := call + "/" + name
		all = append(all, "GET "+list, "GET "+list+"/$count", "POST "+list, "GET "+list+"/{id}", "PATCH "+list+"/{id}", "DELETE "+list+"/{id}")
	}
	known := described()
	return slices.DeleteFunc(all, func(what string) bool { return known[what] })
}

// The library has each method of /v1.0, and none that is not known here.
func TestSurface(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		found := map[string]bool{}
		surface(reflect.ValueOf(w.calls), found)
		want := slices.Sorted(maps.Keys(described()))
		want = append(want, bare()...)
		for _, what := range want {
			if !found[what] {
				t.Errorf("the library has no %s", what)
			}
			delete(found, what)
		}
		for what := range found {
			t.Errorf("the library has %s, which is nowhere: do Graph's pages describe it by now?", what)
		}
		t.Logf("%d methods that are described, %d that are not", len(want)-len(bare()), len(bare()))
	})
}

// What no page describes is refused in a form that the library reads.
func TestBareRequests(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		b := w.table(hosted())
		id := b.id
		for _, what := range bare() {
			verb, path, _ := strings.Cut(what, " ")
			request := kiota.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(method(verb),
				"{+baseurl}"+strings.NewReplacer("{call}", id, "{id}", "x").Replace(path), map[string]string{"baseurl": w.adapter.GetBaseUrl()})
			request.Headers.TryAdd("Accept", "application/json")
			err := w.adapter.SendNoContent(w.t.Context(), request, kiota.ErrorMappings{"XXX": odataerrors.CreateODataErrorFromDiscriminatorValue})
			parts := strings.SplitN(said(err), " ", 3)
			if len(parts) < 3 || !slices.Contains([]string{"404", "405", "501"}, parts[0]) || parts[1] == "" || parts[2] == "" {
				t.Errorf("%s: %q", what, said(err))
			}
		}
	})
}

func method(verb string) kiota.HttpMethod {
	return map[string]kiota.HttpMethod{http.MethodGet: kiota.GET, http.MethodPost: kiota.POST, http.MethodPatch: kiota.PATCH, http.MethodDelete: kiota.DELETE}[verb]
}
