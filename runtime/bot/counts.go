package bot

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
)

// Counts are numbers of what happened since the bot was made, and of what is now.
type Counts struct {
	Calls call.Counts
	// Away is why calls were sent away: limit, store, draining or no_flow.
	Away       map[string]uint64
	Redirected uint64 // calls that the fallback redirected
	Rejected   uint64 // calls that the fallback rejected
	NotSent    uint64 // calls of which the fallback could not tell the platform
	Claimed    uint64 // calls that were not sent away after all: they had a session
	Waiting    int    // calls that came in and are not stored yet
	Actions    int    // actions in Go that run
	Throttled  uint64 // actions that failed because too many run
	Panics     uint64 // besides those of Calls
	LogLost    uint64 // lines of the log that were left out, because nobody read them
	// Connections are open where the bot listens; Cut were closed at once because
	// there were too many.
	Connections    int
	ConnectionsCut uint64
	// Requests are what the HTTP side answered, by route and status.
	Requests map[Answered]uint64
	// Store is what the store tells of itself; nil if it tells nothing.
	Store map[string]float64
}

// Answered is a kind of answer of the HTTP side.
type Answered struct {
	Route  string // "" for no such route
	Status int
}

// counts are Counts while they are being counted.
type counts struct {
	limit, store, draining, noFlow                            atomic.Uint64
	redirected, rejected, notSent, claimed, throttled, panics atomic.Uint64
	requests                                                  answers
}

func (n *counts) away(why string) {
	switch why {
	case awayLimit:
		n.limit.Add(1)
	case awayStore:
		n.store.Add(1)
	case awayDraining:
		n.draining.Add(1)
	case awayNoFlow:
		n.noFlow.Add(1)
	}
}

// answers counts answers: there are few routes, and few statuses.
type answers struct {
	mu sync.Mutex
	n  map[Answered]uint64
}

func (a *answers) count(o server.Outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n == nil {
		a.n = map[Answered]uint64{}
	}
	a.n[Answered{o.Route, o.Status}]++
}

func (a *answers) all() map[Answered]uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.n)
}

// Telling is a [Config.Store], or what lies below it, that tells numbers of
// itself: by name, in lower case with underscores, in seconds and bytes. A name
// that ends in "_total" only grows.
type Telling interface{ Numbers() map[string]float64 }

// Counts tells how the bot fares.
func (b *Bot) Counts() Counts {
	n := &b.counts
	c := Counts{Calls: b.calls.Counts(), Redirected: n.redirected.Load(), Rejected: n.rejected.Load(), NotSent: n.notSent.Load(),
		LogLost: b.cfg.logTo.lost(), Claimed: n.claimed.Load(), Waiting: b.arrivals.waiting(), Actions: int(b.running.Load()), Throttled: n.throttled.Load(), Panics: n.panics.Load(),
		Away:     map[string]uint64{awayLimit: n.limit.Load(), awayStore: n.store.Load(), awayDraining: n.draining.Load(), awayNoFlow: n.noFlow.Load()},
		Requests: n.requests.all()}
	if l := b.connections.Load(); l != nil {
		c.Connections, c.ConnectionsCut = l.Open(), l.Refused()
	}
	if t, ok := b.cfg.Store.(Telling); ok {
		c.Store = t.Numbers()
	}
	return c
}
