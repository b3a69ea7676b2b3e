package admin

import (
	"sync"
	"time"
)

// How often a token may ask, and how often an address may come with a wrong one.
const (
	askEvery   = time.Second / 20
	askBurst   = 40
	wrongEvery = 6 * time.Second
	wrongBurst = 10
	mostKnown  = 10_000 // names that are told apart; beyond, all are forgotten
)

// limiter counts requests by name.
type limiter struct {
	now func() time.Time

	mu     *sync.Mutex
	due    map[string]time.Time // when what was asked is paid for
	wrongs map[string]time.Time
}

func newLimiter(now func() time.Time) limiter {
	return limiter{now: now, mu: new(sync.Mutex), due: map[string]time.Time{}, wrongs: map[string]time.Time{}}
}

// ask is how long a token has to wait before it may ask once more; 0: it asks now.
func (l limiter) ask(name string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return take(l.due, name, l.now(), askEvery, askBurst)
}

// wrong is how long an address has to wait that comes with a wrong token; 0: it is
// told so.
func (l limiter) wrong(addr string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return take(l.wrongs, addr, l.now(), wrongEvery, wrongBurst)
}

// take takes one of burst that come back one after every; it says how long to wait if
// there is none.
func take(due map[string]time.Time, name string, now time.Time, every time.Duration, burst int) time.Duration {
	at := due[name]
	if at.Before(now) {
		at = now
	}
	if wait := at.Sub(now) - time.Duration(burst-1)*every; wait > 0 {
		return wait
	}
	if len(due) >= mostKnown {
		clear(due)
	}
	due[name] = at.Add(every)
	return 0
}
