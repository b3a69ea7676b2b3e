package bot

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// DefaultAdmin is where the admin API is served if a configuration file does not say.
const DefaultAdmin = "127.0.0.1:9444"

// Admin is the admin API; see package admin.
type Admin struct {
	// Listen is where Serve serves it, "127.0.0.1:9444"; empty: nowhere. On any other
	// address than a loopback one it has the certificate of CertFile, which is
	// required then: tokens do not travel in the clear.
	Listen string
	Tokens []admin.Token // who may use it; Reconfigure takes others
}

func (c Config) checkAdmin() error {
	if c.Admin.Listen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Admin.Listen)
	switch {
	case err != nil:
		return fmt.Errorf("address of the admin API: %w", err)
	case len(c.Admin.Tokens) == 0:
		return errors.New("the admin API has no tokens, so nobody could use it; set Admin.Tokens")
	case !loopback(host) && c.CertFile == "":
		return errors.New("the admin API would get its tokens in the clear; give it a loopback address, or set CertFile")
	}
	return nil
}

// AdminHandler is the admin API, for a listener that is not the public one.
func (b *Bot) AdminHandler() (http.Handler, error) {
	return admin.New(admin.Config{Bot: looksAfter{b}, Tokens: func() []admin.Token { return b.settings.Load().given.Admin.Tokens },
		Log: b.cfg.Log, Now: b.cfg.Clock.Now})
}

// serveAdmin serves the admin API on a listener of its own. The function wait ends
// it.
func (b *Bot) serveAdmin(ctx context.Context) (wait func(), err error) {
	if b.cfg.Admin.Listen == "" {
		return func() {}, nil
	}
	h, err := b.AdminHandler()
	if err != nil {
		return nil, fmt.Errorf("bot: %w", err)
	}
	l, err := b.listenAdmin(ctx)
	if err != nil {
		return nil, fmt.Errorf("bot: admin API: %w", err)
	}
	srv := admin.Server(h)
	srv.ErrorLog = slog.NewLogLogger(b.cfg.Log.Handler(), slog.LevelWarn)
	b.cfg.Log.Info("admin API", slog.String("listen", l.Addr().String()))
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			b.cfg.Log.Error("the admin API is not served any more", slog.String("error", err.Error()))
		}
	}()
	return func() {
		_ = srv.Close()
		<-served
	}, nil
}

func (b *Bot) listenAdmin(ctx context.Context) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", b.cfg.Admin.Listen)
	if err != nil {
		return nil, err
	}
	if host, _, _ := net.SplitHostPort(b.cfg.Admin.Listen); loopback(host) {
		return l, nil
	}
	pair, err := tls.LoadX509KeyPair(b.cfg.CertFile, b.cfg.KeyFile)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}), nil
}

// looksAfter is a bot as the admin API knows it.
type looksAfter struct{ b *Bot }

// Calls implements admin.Bot.
func (l looksAfter) Calls(ctx context.Context, f store.Filter) ([]store.Summary, error) {
	db := l.b.db()
	if db == nil {
		return l.inMemory(f)
	}
	r, err := store.NewReader(db, nil)
	if err != nil {
		return nil, err
	}
	return r.Calls(ctx, f)
}

// inMemory are the live calls that fit.
func (l looksAfter) inMemory(f store.Filter) ([]store.Summary, error) {
	var all []store.Summary
	if f.Over {
		return nil, nil
	}
	for _, s := range l.b.calls.Sessions() {
		if (f.Flow == "" || f.Flow == s.Flow || f.Flow == s.Version) && !s.Started.Before(f.Since) && (f.Until.IsZero() || s.Started.Before(f.Until)) {
			all = append(all, summaryOf(&s))
		}
	}
	slices.SortFunc(all, func(x, y store.Summary) int {
		return cmp.Or(y.Started.Compare(x.Started), cmp.Compare(x.Session, y.Session))
	})
	if f.Before != "" {
		i := slices.IndexFunc(all, func(s store.Summary) bool { return s.Session == f.Before })
		if i < 0 {
			return nil, store.ErrNone
		}
		all = all[i+1:]
	}
	return all[:min(len(all), f.Max)], nil
}

// Find implements admin.Bot.
func (l looksAfter) Find(ctx context.Context, id string, open bool) (admin.Found, error) {
	var found admin.Found
	is, err := l.state(ctx, id)
	if err == nil {
		found.Live = &admin.Live{State: is.State, Vars: is.Vars}
		for _, leg := range is.Legs {
			found.Live.Legs = append(found.Live.Legs, admin.Leg{ID: string(leg.ID), Call: string(leg.Call), State: leg.State.String(), Audio: leg.Audio})
		}
		found.History = store.History{Summary: is.Summary, Node: is.Node}
		id = string(is.Session)
	}
	db := l.b.db()
	if db == nil || err != nil && !errors.Is(err, call.ErrUnknown) {
		return found, err
	}
	r, err := l.histories(db, open)
	if err != nil {
		return found, err
	}
	found.History, err = r.History(ctx, ivr.SessionID(id))
	if errors.Is(err, store.ErrNone) {
		var session ivr.SessionID
		if session, err = db.ByCall(ctx, ivr.NormalizeCallID(id)); err == nil {
			found.History, err = r.History(ctx, session)
		}
	}
	return found, err
}

// historian tells what happened in calls.
type historian interface {
	History(ctx context.Context, id ivr.SessionID) (store.History, error)
}

// histories are whole, or outlines.
func (l looksAfter) histories(db store.DB, open bool) (historian, error) {
	if whole, ok := l.b.cfg.Store.(historian); ok && open {
		return whole, nil
	}
	return store.NewReader(db, nil)
}

func (l looksAfter) state(ctx context.Context, id string) (CallState, error) {
	c, err := l.b.Call(ctx, id)
	if err != nil {
		return CallState{}, err
	}
	return c.State(ctx)
}

// HangUp implements admin.Bot.
func (l looksAfter) HangUp(ctx context.Context, id, by string) (ivr.SessionID, error) {
	return l.act(ctx, id, func(c *Call) error { return c.HangUp(ctx, by) })
}

// Transfer implements admin.Bot.
func (l looksAfter) Transfer(ctx context.Context, id string, to ivr.Target, by string) (ivr.SessionID, error) {
	return l.act(ctx, id, func(c *Call) error { return c.Transfer(ctx, to, by) })
}

// Signal implements admin.Bot.
func (l looksAfter) Signal(ctx context.Context, id, name string) (ivr.SessionID, error) {
	return l.act(ctx, id, func(c *Call) error { return c.Signal(ctx, name) })
}

func (l looksAfter) act(ctx context.Context, id string, do func(*Call) error) (ivr.SessionID, error) {
	c, err := l.b.Call(ctx, id)
	if err != nil {
		return "", err
	}
	return c.Session, do(c)
}

// Dial implements admin.Bot.
func (l looksAfter) Dial(ctx context.Context, key string, o admin.Order) (ivr.SessionID, bool, error) {
	began, err := l.b.Dial(ctx, Order{Flow: o.Flow, Params: o.Params, From: o.From, Tenant: o.Tenant, Key: key})
	return began.Session, began.Fresh, err
}

// localNode is the name of a process whose calls are in memory.
const localNode = "local"

// Nodes implements admin.Bot.
func (l looksAfter) Nodes(ctx context.Context) ([]admin.Node, error) {
	db := l.b.db()
	if db == nil {
		host, _ := os.Hostname()
		return []admin.Node{{ID: localNode, Host: host + ":" + strconv.Itoa(os.Getpid()), Started: l.b.began, Calls: l.b.calls.Live(), Draining: l.b.calls.Draining(), Self: true}}, nil
	}
	nodes, err := db.Nodes(ctx)
	list := make([]admin.Node, 0, len(nodes))
	for _, n := range nodes {
		list = append(list, admin.Node{ID: string(n.ID), Host: n.Host, Started: n.Started.UTC(), Until: n.Until.UTC(), Calls: n.Live, Draining: n.Drain,
			Gone: n.Left <= 0, Self: n.ID == l.b.node()})
	}
	return list, err
}

// Drain implements admin.Bot.
func (l looksAfter) Drain(ctx context.Context, node string) error {
	db := l.b.db()
	switch {
	case db == nil && node != localNode && node != admin.AllNodes:
		return store.ErrNone
	case db == nil:
		l.b.askToDrain()
		return nil
	case node == admin.AllNodes:
		node = ""
	}
	return db.Drain(ctx, store.NodeID(node))
}

// Flows implements admin.Bot.
func (l looksAfter) Flows(ctx context.Context) ([]admin.Flow, error) {
	db := l.b.db()
	if db == nil {
		return l.flowsInMemory(), nil
	}
	rows, err := db.Flows(ctx)
	if err != nil {
		return nil, err
	}
	current, err := CurrentVersions(ctx, db)
	list := make([]admin.Flow, 0, len(rows))
	for _, r := range rows {
		list = append(list, admin.Flow{Name: r.Name, Version: r.Version, Since: r.Added.UTC(), Live: r.Live, Current: current[r.Name].Version == r.Version})
	}
	return list, err
}

// flowsInMemory are the versions that new calls run, and those of calls that live.
func (l looksAfter) flowsInMemory() []admin.Flow {
	all := map[string]*admin.Flow{}
	for _, s := range l.b.settings.Load().flows {
		all[s.flow.Version] = &admin.Flow{Name: s.flow.Name, Version: s.flow.Version, Since: l.b.began, Current: true}
	}
	for _, s := range l.b.calls.Sessions() {
		if all[s.Version] == nil {
			all[s.Version] = &admin.Flow{Name: s.Flow, Version: s.Version, Since: l.b.began}
		}
		all[s.Version].Live++
	}
	var list []admin.Flow
	for _, f := range all {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(x, y admin.Flow) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Version, y.Version))
	})
	return list
}

// Health implements admin.Bot.
func (l looksAfter) Health(ctx context.Context) admin.Health {
	h := admin.Health{Ready: true, Node: cmp.Or(string(l.b.node()), localNode), Live: l.b.calls.Live(), Waiting: l.b.arrivals.waiting()}
	limit, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if l.b.verifier.Ready(limit) != nil {
		h.Ready, h.Why = false, server.ReadyKeys
	}
	if err := l.b.Ready(); err != nil {
		h.Ready, h.Why = false, server.ReadyWord(err)
	}
	return h
}
