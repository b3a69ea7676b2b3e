package admin

import (
	_ "embed"
	"errors"
	"net/http"

	"github.com/ivrflow/ivrflow/runtime/store"
)

func (a *api) listNodes(x *exchange) error {
	list, err := a.Bot.Nodes(x.r.Context())
	if err != nil {
		return err
	}
	return x.write(http.StatusOK, NodeList{append([]Node{}, list...)})
}

func (a *api) drain(x *exchange) error {
	id := idOf(x.r)
	x.note = "node " + clip(id)
	err := a.Bot.Drain(x.r.Context(), id)
	if errors.Is(err, store.ErrNone) {
		return &problemError{Name: "unknown-node", Status: http.StatusNotFound, Place: "path id", Cause: "there is no such node", Mend: "GET /v1/nodes lists them; all is every one"}
	}
	if err != nil {
		return err
	}
	return x.write(http.StatusAccepted, Draining{Node: id})
}

func (a *api) listFlows(x *exchange) error {
	list, err := a.Bot.Flows(x.r.Context())
	if err != nil {
		return err
	}
	return x.write(http.StatusOK, FlowList{append([]Flow{}, list...)})
}

// health answers 200 also if the bot is not ready: the answer says so.
func (a *api) health(x *exchange) error { return x.write(http.StatusOK, a.Bot.Health(x.r.Context())) }

//go:embed openapi.json
var document []byte

// OpenAPI is the description of the API, in OpenAPI 3.1.
func OpenAPI() []byte { return append([]byte(nil), document...) }

func (a *api) openAPI(x *exchange) error {
	x.status = http.StatusOK
	x.w.Header().Set("Content-Type", "application/json")
	_, _ = x.w.Write(document) // else the client went away
	return nil
}
