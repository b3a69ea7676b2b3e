package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// ErrKeyUsed says that another order had this key.
var ErrKeyUsed = admin.ErrKeyUsed

// sessionForm is what a session's id may look like: it stands in addresses.
var sessionForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// start has a flow of a kind run.
func (b *Bot) start(ctx context.Context, kind flow.Kind, o Order, meeting graph.Join) (Started, error) {
	to, ev, err := b.orderOf(kind, o)
	if err != nil { // it can be mended, and told again
		return Started{}, err
	}
	if m := meeting.Meeting(); m != (ivr.Meeting{}) {
		ev.Meeting = &m
	}
	switch {
	case o.Key != "" && o.Session != "":
		return Started{}, fmt.Errorf("%w: it has a Key and a Session; give one of them", ErrOrder)
	case o.Key != "":
		if o.Session, err = b.keyed(ctx, o, ev.Meeting); err != nil {
			return Started{}, err
		}
	case o.Session == "":
		id := ivr.SessionID(b.cfg.NewID())
		return Started{id, true}, b.begins(ctx, id, to, ev)
	case !sessionForm.MatchString(string(o.Session)):
		return Started{}, fmt.Errorf("%w: %q is no id of a session; it is 16 to 64 letters, digits, - and _", ErrOrder, clipText(string(o.Session)))
	}
	return b.startAs(ctx, o.Session, to, ev)
}

// startAs begins a session unless it is there.
func (b *Bot) startAs(ctx context.Context, id ivr.SessionID, to *served, ev ivr.CallWanted) (Started, error) {
	known, err := b.known(ctx, id)
	if err != nil || known {
		return Started{Session: id}, err
	}
	err = b.begins(ctx, id, to, ev)
	if errors.Is(err, call.ErrExists) || errors.Is(err, call.ErrLost) { // told twice at the same time
		known, err = b.known(ctx, id)
		if err == nil && !known {
			err = fmt.Errorf("%w: the same order has just failed", call.ErrBusy)
		}
		return Started{Session: id}, err
	}
	return Started{id, err == nil}, err
}

// keyed is the session of a key, if the order is the one that had it first.
func (b *Bot) keyed(ctx context.Context, o Order, meeting *ivr.Meeting) (ivr.SessionID, error) {
	mac := hmac.New(sha256.New, b.derive("dial once"))
	mac.Write([]byte(o.Key))
	id := ivr.SessionIDFrom(mac.Sum(nil))
	mine, err := b.printOf(o, meeting)
	if err != nil {
		return "", err
	}
	first, err := b.keepOrder(ctx, id, mine)
	switch {
	case err != nil:
		return "", fmt.Errorf("noting the order: %w", err)
	case !hmac.Equal(first, mine):
		return "", fmt.Errorf("%w; give this one a key of its own", ErrKeyUsed)
	}
	return id, nil
}

// printOf tells one order from another, and nothing of what is in it.
func (b *Bot) printOf(o Order, meeting *ivr.Meeting) ([]byte, error) {
	text, err := json.Marshal(struct {
		Order

		Meeting *ivr.Meeting `json:",omitempty"`
	}{o, meeting})
	if err != nil {
		return nil, fmt.Errorf("the parameters of flow %q: %w", o.Flow, err)
	}
	mac := hmac.New(sha256.New, b.derive("orders"))
	mac.Write(text)
	return mac.Sum(nil), nil
}

// known reports whether a session began, here or anywhere.
func (b *Bot) known(ctx context.Context, id ivr.SessionID) (bool, error) {
	if _, ok := b.calls.Session(id); ok { // it waits for one that just begins
		return true, nil
	}
	if db := b.db(); db != nil {
		_, err := db.Read(ctx, id)
		if errors.Is(err, store.ErrNone) {
			return false, nil
		}
		return err == nil, err
	}
	return b.calls.Known(ctx, ivr.CallID(id))
}

const ordersBlobs = "orders/"

func orderBlob(id string) string { return ordersBlobs + id }

// keepOrder keeps what tells an order from another by its key, and returns what is
// kept: that of the first one.
func (b *Bot) keepOrder(ctx context.Context, id ivr.SessionID, print []byte) ([]byte, error) {
	if db := b.db(); db != nil {
		return db.AddBlob(ctx, orderBlob(string(id)), print)
	}
	return b.orders.add(id, print, b.cfg.Clock.Now()), nil
}

// orders are those of a bot whose calls are in memory, for as long as its calls
// remember those that have ended. The zero orders are ready.
type orders struct {
	mu          sync.Mutex
	now, before map[ivr.SessionID][]byte
	since       time.Time // of now
}

const ordersFor = 2 * time.Hour // at least

func (o *orders) add(id ivr.SessionID, print []byte, at time.Time) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.now == nil || at.Sub(o.since) > ordersFor {
		o.before, o.now, o.since = o.now, map[ivr.SessionID][]byte{}, at
	}
	first, ok := o.now[id]
	if !ok {
		first, ok = o.before[id]
	}
	if !ok {
		first = print
		o.now[id] = print
	}
	return first
}
