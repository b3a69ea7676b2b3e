package fetch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sony/gobreaker/v2"
)

// The breaker of a host, with the figures that Hystrix made customary: it
// opens when at least 20 requests were made in the last ten seconds and half
// of them failed. It refuses everything for five seconds, then lets a single
// request through (half open): if that one goes well the breaker closes, else
// it stays open for five seconds more.
const (
	breakerRequests = 20
	breakerWindow   = 10 * time.Second
	breakerBucket   = time.Second
	breakerRest     = 5 * time.Second
)

// host is what all flows and all ports of a host share.
type host struct {
	slots   chan struct{} // one for each request under way
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
}

// errNoVerdict tells a breaker that a request says nothing about the host.
var errNoVerdict = errors.New("no verdict")

func newHost(name string, log *slog.Logger) *host {
	return &host{
		slots: make(chan struct{}, MaxInFlight),
		breaker: gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
			Name:         name,
			MaxRequests:  1,
			Interval:     breakerWindow,
			BucketPeriod: breakerBucket,
			Timeout:      breakerRest,
			ReadyToTrip: func(c gobreaker.Counts) bool {
				return c.Requests >= breakerRequests && 2*c.TotalFailures >= c.Requests
			},
			IsExcluded: func(err error) bool { return errors.Is(err, errNoVerdict) },
			OnStateChange: func(name string, from, to gobreaker.State) {
				log.Warn("breaker of a host changed", slog.String("host", name), slog.String("from", from.String()), slog.String("to", to.String()))
			},
		}),
	}
}

// enter waits for a place among the requests to the host. leave gives it back
// and tells the breaker how the request went: well (nil), badly, or without
// saying anything about the host (errNoVerdict).
func (h *host) enter(ctx context.Context) (leave func(error), err error) {
	if err := h.wait(ctx); err != nil {
		return nil, err
	}
	done, err := h.breaker.Allow()
	if err != nil {
		<-h.slots
		return nil, fault(ErrOpen, "")
	}
	return func(verdict error) {
		<-h.slots
		done(verdict)
	}, nil
}

// wait takes a place, or gives up after a second: who waits longer than that
// would have no time left for the answer.
func (h *host) wait(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	t := time.NewTimer(maxQueue)
	defer t.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	case <-t.C:
		return fault(ErrBusy, "%d are under way", MaxInFlight)
	}
}

// ended is the error of a request whose time or whose caller is gone.
func ended(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault(ErrTimeout, "")
	}
	return fault(ErrHungUp, "")
}

// verdict is what a request's end says about the host.
func verdict(res Response, err error) error {
	switch {
	case res.Status >= 500:
		return err500
	case err == nil, res.Status != 0 && !errors.Is(err, ErrTransport) && !errors.Is(err, ErrTimeout):
		return nil // it answered; that the answer is not taken is another matter
	case errors.Is(err, ErrConnect), errors.Is(err, ErrTransport), errors.Is(err, ErrTimeout):
		return err
	}
	return errNoVerdict
}

// err500 tells a breaker that the host answered with a failure of its own.
var err500 = errors.New("status 5xx")
