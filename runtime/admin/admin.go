// Package admin is the HTTP API by which people and programs look after the calls of
// a bot: list and show them, hang up, transfer, signal, dial, drain nodes.
//
//	h, err := admin.New(admin.Config{Bot: b, Tokens: func() []admin.Token { return tokens }})
//
// It is for a listener of its own, never the one that Graph reaches. Every request
// bears a token, whose roles say what it may. Errors are problem documents (RFC 9457),
// and /v1/openapi.json describes it all. The handler is safe for concurrent use.
package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Bot is what the API looks after. A call is named by its session, or by Graph's id.
// Errors wrap call.ErrUnknown or store.ErrNone for what is not there, and those below
// for what is refused; their texts are shown, so they hold no secret.
type Bot interface {
	// Calls are calls that fit, the newest first.
	Calls(context.Context, store.Filter) ([]store.Summary, error)
	// Find finds a call, live or over. Without open its history is an outline.
	Find(ctx context.Context, id string, open bool) (Found, error)
	// HangUp, Transfer and Signal return the call's session once the wish is stored.
	HangUp(ctx context.Context, id, by string) (ivr.SessionID, error)
	Transfer(ctx context.Context, id string, to ivr.Target, by string) (ivr.SessionID, error)
	Signal(ctx context.Context, id, name string) (ivr.SessionID, error)
	// Dial carries an order out, once for each key. fresh: now.
	Dial(ctx context.Context, key string, o Order) (id ivr.SessionID, fresh bool, err error)
	Nodes(context.Context) ([]Node, error)
	// Drain asks a node, or AllNodes, to end after its last call.
	Drain(ctx context.Context, node string) error
	Flows(context.Context) ([]Flow, error)
	Health(context.Context) Health
}

// Errors of a Bot.
var (
	ErrTarget  = errors.New("the target is refused")
	ErrOrder   = errors.New("the order cannot be carried out")
	ErrKeyUsed = errors.New("the key belongs to another order")
)

// AllNodes stands for every node.
const AllNodes = "all"

// Found is a call that was found.
type Found struct {
	History store.History
	Live    *Live // nil: it is over
}

// Live is how a call stands that lives.
type Live struct {
	State string
	Legs  []Leg
	Vars  map[string]any // that may be shown
}

// Config is what [New] needs. Bot and Tokens are required.
type Config struct {
	Bot    Bot
	Tokens func() []Token // those that hold now
	Log    *slog.Logger   // nil: nothing is logged
	Now    func() time.Time
}

type api struct {
	Config
	limits limiter
}

// New makes the API.
func New(c Config) (http.Handler, error) {
	if c.Bot == nil || c.Tokens == nil {
		return nil, errors.New("admin needs a Bot and Tokens")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &api{Config: c, limits: newLimiter(c.Now)}
	return a.guarded(a.router()), nil
}

// Server is an http.Server for the API, with limits. The caller listens.
func Server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
}
