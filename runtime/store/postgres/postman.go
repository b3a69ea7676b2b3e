package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// postman tells nodes that there is mail, and hears of it. Each node has a channel
// of its own. Who posts does not wait for the telling, which would have all who
// post wait for each other: one connection tells all nodes that got mail since the
// last time.
type postman struct {
	db *DB

	mu       sync.Mutex
	marked   map[store.NodeID]bool // got mail and are not told
	tellNow  chan struct{}         // holds one: somebody is marked
	watchers map[store.NodeID]map[*watcher]bool
	changed  func()        // ends the wait for what is heard, because watchers changed
	begin    chan struct{} // holds one: there is a watcher
}

type watcher struct{ f func() }

func newPostman(d *DB) *postman {
	return &postman{db: d, marked: map[store.NodeID]bool{}, tellNow: make(chan struct{}, 1),
		watchers: map[store.NodeID]map[*watcher]bool{}, changed: func() {}, begin: make(chan struct{}, 1)}
}

// channel is that of a node, in this schema.
func (p *postman) channel(id store.NodeID) string {
	sum := sha256.Sum256([]byte(p.db.o.Schema + "\x00" + string(id)))
	return "ivrflow_" + hex.EncodeToString(sum[:16])
}

// mark notes that a node got mail. "": nobody did.
func (p *postman) mark(id store.NodeID) {
	if id == "" {
		return
	}
	p.mu.Lock()
	p.marked[id] = true
	p.mu.Unlock()
	signal(p.tellNow)
}

// signal puts something into a channel that holds one, unless it is full.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// tell tells those that are marked, until the context ends. If it fails, they find
// their mail when they look for it.
func (p *postman) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.tellNow:
		}
		p.mu.Lock()
		var channels []string
		for id := range p.marked {
			channels = append(channels, p.channel(id))
		}
		clear(p.marked)
		p.mu.Unlock()
		limit, cancel := p.db.limit(ctx, false)
		err := p.db.pooled(limit, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SELECT pg_notify(c, '') FROM unnest($1::text[]) c", channels)
			return err
		})
		cancel()
		if err != nil && ctx.Err() == nil {
			p.db.o.Log.Debug("nodes were not told of their mail", slog.Any("error", err))
		}
	}
}

// Watch implements store.DB. The function is also called when a connection that
// was lost is there again, because mail may have come meanwhile.
func (d *DB) Watch(id store.NodeID, f func()) (stop func()) {
	p := d.post
	w := &watcher{f: f}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watchers[id] == nil {
		p.watchers[id] = map[*watcher]bool{}
		p.changed()
		signal(p.begin)
	}
	p.watchers[id][w] = true
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if delete(p.watchers[id], w); len(p.watchers[id]) == 0 {
			delete(p.watchers, id)
			p.changed()
		}
	}
}

// call calls the watchers of a channel; "": all.
func (p *postman) call(channel string) {
	p.mu.Lock()
	var all []*watcher
	for id, some := range p.watchers {
		if channel == "" || channel == p.channel(id) {
			all = slices.AppendSeq(all, maps.Keys(some))
		}
	}
	p.mu.Unlock()
	for _, w := range all {
		w.f()
	}
}

// listen hears of mail until the context ends. It connects when there is a first
// watcher, and again whenever the connection is lost.
func (p *postman) listen(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-p.begin:
	}
	wait := backoff{most: 5 * time.Second}
	l := p.db.newLink()
	for ctx.Err() == nil {
		limit, cancel := p.db.limit(ctx, false)
		conn, err := l.open(limit)
		cancel()
		if err == nil {
			wait.next = 0
			err = p.hear(ctx, conn)
			bye(conn)
		}
		if ctx.Err() == nil {
			p.db.o.Log.Info("nobody hears of new mail until the database is there again", slog.Any("error", err))
			wait.sleep(ctx) //nolint:errcheck // the loop sees that it is over
		}
	}
}

// pingAfter is after how much silence the server is asked whether it is there.
const pingAfter = 10 * time.Second

// hear waits for notifications on one connection, until it fails.
func (p *postman) hear(ctx context.Context, conn *pgx.Conn) error {
	on := map[string]bool{}
	for {
		limit, cancel := context.WithTimeout(ctx, pingAfter)
		wanted := p.wanted(cancel)
		fresh, err := p.subscribe(ctx, conn, on, wanted)
		if err != nil {
			cancel()
			return err
		}
		if fresh {
			p.call("") // mail may have come while nobody listened
		}
		for err == nil {
			var n *pgconn.Notification
			if n, err = conn.WaitForNotification(limit); err == nil {
				p.call(n.Channel)
			}
		}
		cancel()
		if ctx.Err() != nil || conn.IsClosed() {
			return err
		}
		// Time for a ping, or for other channels.
		if err := p.ping(ctx, conn); err != nil {
			return err
		}
	}
}

// wanted are the channels of the watchers. If they change, f is called.
func (p *postman) wanted(f func()) map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed = f
	channels := map[string]bool{}
	for id := range p.watchers {
		channels[p.channel(id)] = true
	}
	return channels
}

// subscribe listens on the channels that are wanted, and on no others. It says
// whether there is a new one.
func (p *postman) subscribe(ctx context.Context, conn *pgx.Conn, on, wanted map[string]bool) (fresh bool, err error) {
	ctx, cancel := p.db.limit(ctx, false)
	defer cancel()
	for c := range wanted {
		if !on[c] {
			if _, err := conn.Exec(ctx, "LISTEN "+c); err != nil {
				return false, err
			}
			on[c], fresh = true, true
		}
	}
	for c := range on {
		if !wanted[c] {
			if _, err := conn.Exec(ctx, "UNLISTEN "+c); err != nil {
				return false, err
			}
			delete(on, c)
		}
	}
	return fresh, nil
}

func (p *postman) ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := p.db.limit(ctx, false)
	defer cancel()
	return conn.Ping(ctx)
}
