// Package campaign calls the people on a list: one outgoing flow for each, no more
// of them at once and no faster than is wanted, at hours at which people may be
// called where they are, and again where it was busy or nobody answered. Nobody is
// called twice for one attempt, also not after a crash.
//
//	rows, problems := campaign.ReadList("people.csv", src, campaign.ListOptions{Flow: f})
//	c, err := campaign.Open(campaign.Config{File: "spring.campaign", Flow: f, Phone: ...}, rows)
//	for {
//		wait, done, err := c.Step(ctx)
//		...
//	}
//
// # What makes it safe
//
// A campaign has a file to which lines are only added. Before somebody is called,
// a line that says so, with the id of the session that it will be, is on disk. The
// id follows from the campaign's own random one, the target and the number of the
// attempt; so whoever finds the line after a crash, and no session of that id in
// the store, may order the session again: if the first order is stored after all,
// the store refuses the second. What came of a session is read in the store, where
// the bot has put it, and goes on with it after a crash. So of a call that is
// known to the platform there is a session, of every session a line, and no line
// leads to two sessions. A session that the store had and has no more, since its
// time is over ([Config.Kept]) or the store is another, counts as [Unknown]: it is
// not repeated.
//
// A campaign asks no clock but [Config.Now] and starts no goroutine. A [Campaign] is
// used by one goroutine.
package campaign

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// Quota is how many calls an app may have at once, of every kind:
// https://learn.microsoft.com/graph/throttling-limits
const Quota = 100

// DefaultConcurrent is how many calls a campaign has at once.
const DefaultConcurrent = 10

// Phone makes the calls: a bot, see [OfBot].
type Phone interface {
	// Dial is bot.Bot.Dial.
	Dial(ctx context.Context, o bot.Order) (bot.Started, error)
	// Outgoing is bot.Bot.Outgoing.
	Outgoing(ctx context.Context, id ivr.SessionID) (bot.Outgoing, error)
	// Live says whether a session certainly lives, which costs nothing, and how many
	// do, calls that came in included.
	Live(id ivr.SessionID) (lives bool, all int)
	// OptedOut is bot.Bot.OptedOut.
	OptedOut(ctx context.Context, who string) (bool, error)
	// Remember has the store know a campaign, or says that it does. new: it is its
	// first run.
	Remember(ctx context.Context, campaign string, new bool) error
}

// Config is what a campaign needs. File, Flow, Phone and Now are required.
type Config struct {
	File  string // the campaign's own, made by the first run
	Flow  *flow.Flow
	From  string // object id of the resource account that calls; see bot.Order
	Phone Phone
	Now   func() time.Time
	// DoNotCall are those who must not be called, besides those who told the bot so;
	// nil: nobody. Who told the bot is added.
	DoNotCall *DoNotCall
	Hours     Hours
	Retry     Retry
	// Every is the shortest time between the beginnings of two calls; 0: none.
	Every time.Duration
	// Concurrent is how many calls the campaign has at once; 0: DefaultConcurrent.
	// Quota is how many the bot may have, those that come in included; 0: [Quota].
	Concurrent, Quota int
	// Kept is how long the store keeps sessions that are over; 0:
	// bot.DefaultKeepCalls.
	Kept time.Duration
	// Settings are kept in the file, for whoever opens it without knowing them.
	Settings json.RawMessage
	// Trouble is told of errors of the bot or its store that may be over soon; nil:
	// nobody is. After ten minutes Step fails.
	Trouble func(error)
	// Ended is told of every attempt that is over, and of every target that is not
	// called; nil: nobody is. Those of earlier runs come first, in order.
	Ended func(Row, End)

	at func(point string) // of tests: a place at which the process may die
}

func (c Config) withDefaults() (Config, error) {
	var errs []error
	switch {
	case c.Flow == nil || c.Phone == nil || c.Now == nil || c.File == "":
		errs = append(errs, errors.New("one of File, Flow, Phone and Now is missing"))
	case c.Flow.Kind != flow.Outgoing:
		errs = append(errs, fmt.Errorf("the flow %q is of kind %s; write kind: outgoing", c.Flow.Name, c.Flow.Kind))
	}
	c.Retry = c.Retry.withDefaults()
	if c.Retry.Attempts < 1 || c.Retry.Attempts > 20 {
		errs = append(errs, fmt.Errorf("attempts are 1 to 20, not %d", c.Retry.Attempts))
	}
	if c.Concurrent == 0 {
		c.Concurrent = DefaultConcurrent
	}
	if c.Quota == 0 {
		c.Quota = Quota
	}
	if c.Concurrent < 1 || c.Concurrent > c.Quota {
		errs = append(errs, fmt.Errorf("calls at once are 1 to %d, the quota of the app, not %d", c.Quota, c.Concurrent))
	}
	if c.Every < 0 {
		errs = append(errs, fmt.Errorf("the time between calls is negative: %v", c.Every))
	}
	if c.Kept == 0 {
		c.Kept = bot.DefaultKeepCalls
	}
	if c.DoNotCall == nil {
		c.DoNotCall = NewDoNotCall("")
	}
	if c.Ended == nil {
		c.Ended = func(Row, End) {}
	}
	if c.Trouble == nil {
		c.Trouble = func(error) {}
	}
	if c.at == nil {
		c.at = func(string) {}
	}
	return c, errors.Join(errs...)
}

// target is how things stand with somebody on the list.
type target struct {
	row     Row
	attempt int       // the last one that was begun, 0: none
	try     *Try      // the attempt that has not ended
	placed  bool      // the attempt has a session, or may have
	sure    bool      // ... it has, or had
	asked   time.Time // when the store was asked for it and had none
	due     time.Time // when he is to be called
	last    *End
	listed  bool // he is on the list, now
}

// made is how many attempts were made.
func (t *target) made() int {
	if t.try != nil && !t.placed {
		return t.attempt - 1
	}
	return t.attempt
}

// sessionID is the session of an attempt.
func sessionID(campaign, target string, attempt int) ivr.SessionID {
	h := sha256.Sum256(fmt.Appendf(nil, "ivrflow campaign\n%s\n%s\n%d", campaign, target, attempt))
	return ivr.SessionIDFrom(h[:])
}

func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(id[:])
}
