package graphsim

import (
	"slices"
	"time"
)

// rateWindow is the time over which requests are counted:
// https://learn.microsoft.com/graph/throttling-limits
const rateWindow = 10 * time.Second

// month is over how long calls are counted. The documentation's month may be
// one of the calendar.
const month = 30 * 24 * time.Hour

// throttle refuses a request beyond MaxRequests, and says when the next one is
// taken. Refused ones count, too:
// https://learn.microsoft.com/graph/throttling
func (s *Sim) throttle(app *registered) *reply {
	if s.set.MaxRequests == 0 {
		return nil
	}
	now := s.clock.Now()
	app.requests = slices.DeleteFunc(app.requests, func(at time.Time) bool { return now.Sub(at) >= rateWindow })
	over := len(app.requests) >= s.set.MaxRequests
	app.requests = append(app.requests, now)
	if !over {
		return nil
	}
	r := refuse(s.set.TooManyRequests, "Please retry again later.")
	// The request that makes room if no more are sent is the one that is
	// MaxRequests before the next.
	free := app.requests[len(app.requests)-s.set.MaxRequests]
	r.fail.retryAfter = free.Add(rateWindow).Sub(now)
	return &r
}

// countCall refuses a new call beyond MaxCallsAMonth.
func (s *Sim) countCall(app *registered) *reply {
	if s.set.MaxCallsAMonth == 0 {
		return nil
	}
	now := s.clock.Now()
	app.calls = slices.DeleteFunc(app.calls, func(at time.Time) bool { return now.Sub(at) >= month })
	if len(app.calls) >= s.set.MaxCallsAMonth {
		r := refuse(s.set.MonthUsedUp, "Too many calls were made this month.")
		r.fail.retryAfter = app.calls[0].Add(month).Sub(now)
		return &r
	}
	app.calls = append(app.calls, now)
	return nil
}
