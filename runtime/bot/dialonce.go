package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// ErrKeyUsed says that another order had this key.
var ErrKeyUsed = admin.ErrKeyUsed

// DialOnce is [Bot.Dial] for an order that has a key of its own, such as its number
// in the caller's books: told again, also to another node or after a crash, it begins
// nothing and returns the session of the first time. fresh reports whether it began
// one now. Another order with the key is refused with [ErrKeyUsed].
//
// A key is known for as long as the store keeps the call's record, Retention.Calls
// after its end; in memory, for an hour or more.
func (b *Bot) DialOnce(ctx context.Context, key string, o Order) (id ivr.SessionID, fresh bool, err error) {
	mac := hmac.New(sha256.New, b.derive("dial once"))
	mac.Write([]byte(key))
	id = ivr.SessionID(base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16]))
	mine, err := b.printOf(o)
	if err != nil {
		return "", false, err
	}
	if _, _, err := b.ordered(o); err != nil { // it can be mended, and told again
		return "", false, err
	}
	first, err := b.keepOrder(ctx, id, mine)
	switch {
	case err != nil:
		return "", false, fmt.Errorf("bot: dial: noting the order: %w", err)
	case !hmac.Equal(first, mine):
		return "", false, fmt.Errorf("bot: dial: %w; give this one a key of its own", ErrKeyUsed)
	}
	known, err := b.known(ctx, id)
	if err != nil || known {
		return id, false, err
	}
	_, err = b.dial(ctx, id, o)
	if errors.Is(err, call.ErrExists) || errors.Is(err, call.ErrLost) { // told twice at the same time
		known, err = b.known(ctx, id)
		if err == nil && !known {
			err = fmt.Errorf("bot: dial: %w: the same order has just failed", call.ErrBusy)
		}
		return id, false, err
	}
	return id, err == nil, err
}

// printOf tells one order from another, and nothing of what is in it.
func (b *Bot) printOf(o Order) ([]byte, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("bot: dial: the parameters of flow %q: %w", o.Flow, err)
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
