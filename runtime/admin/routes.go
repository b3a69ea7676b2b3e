package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// route is one thing that the API does.
type route struct {
	name   string // in the log, and operationId of the OpenAPI document
	method string
	path   string
	role   Role
	handle func(*api, *exchange) error
}

// routes lists them all. The OpenAPI document has the same.
func routes() []route {
	return []route{
		{"listCalls", http.MethodGet, "/v1/calls", Read, (*api).listCalls},
		{"dial", http.MethodPost, "/v1/calls", Operate, (*api).dial},
		{"getCall", http.MethodGet, "/v1/calls/{id}", Read, (*api).getCall},
		{"getConversation", http.MethodGet, "/v1/calls/{id}/conversation", Read, (*api).getConversation},
		{"hangUp", http.MethodPost, "/v1/calls/{id}/hangup", Operate, (*api).hangUp},
		{"transfer", http.MethodPost, "/v1/calls/{id}/transfer", Operate, (*api).transfer},
		{"signal", http.MethodPost, "/v1/calls/{id}/signal", Operate, (*api).signal},
		{"listNodes", http.MethodGet, "/v1/nodes", Read, (*api).listNodes},
		{"drain", http.MethodPost, "/v1/nodes/{id}/drain", Operate, (*api).drain},
		{"listFlows", http.MethodGet, "/v1/flows", Read, (*api).listFlows},
		{"health", http.MethodGet, "/v1/health", Read, (*api).health},
		{"openAPI", http.MethodGet, "/v1/openapi.json", Read, (*api).openAPI},
	}
}

// router finds the route. No path is cleaned: a redirected POST would come back as a
// GET. What is in braces has neither slash nor escape.
func (a *api) router() http.Handler {
	r := mux.NewRouter().SkipClean(true).UseEncodedPath()
	for _, one := range routes() {
		methods := []string{one.method}
		if one.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		path := strings.ReplaceAll(one.path, "{id}", "{id:[A-Za-z0-9_-]+}")
		r.Path(path).Methods(methods...).HandlerFunc(a.serve(one))
	}
	// The router's own answers have neither Allow nor a document.
	r.NotFoundHandler = a.serve(route{name: "none", role: Read, handle: func(_ *api, x *exchange) error {
		return &problemError{Name: "no-route", Status: http.StatusNotFound, Place: x.r.Method + " " + clip(x.r.URL.Path), Cause: "there is no such path",
			Mend: "see /v1/openapi.json for those that there are"}
	}})
	r.MethodNotAllowedHandler = a.serve(route{name: "none", role: Read, handle: func(_ *api, x *exchange) error {
		allow := allowed(r, x.r)
		x.w.Header().Set("Allow", strings.Join(allow, ", "))
		return &problemError{Name: "method", Status: http.StatusMethodNotAllowed, Place: x.r.Method + " " + clip(x.r.URL.Path), Cause: "this path does not take the method",
			Mend: "use " + strings.Join(allow, " or ")}
	}})
	return r
}

// allowed are the methods that a path takes.
func allowed(r *mux.Router, req *http.Request) []string {
	var list []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		other := req.Clone(req.Context())
		other.Method = method
		var m mux.RouteMatch
		if r.Match(other, &m) && m.MatchErr == nil {
			list = append(list, method)
		}
	}
	return slices.Clip(list)
}

// idOf is what is in braces.
func idOf(r *http.Request) string { return mux.Vars(r)["id"] }
