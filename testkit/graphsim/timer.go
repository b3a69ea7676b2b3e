package graphsim

import (
	"context"
	"errors"
	"time"
)

var errClosed = errors.New("the simulator is closed")

// later calls f after d, unless the simulator is closed before. The lock is held here, but not while f runs.
func (s *Sim) later(d time.Duration, f func()) {
	s.timer(d, func(id int) {
		s.mu.Lock()
		wanted := s.due(id)
		s.mu.Unlock()
		if wanted {
			f()
		}
	})
}

// after calls f under the lock after d, unless the simulator is closed before, or
// it is taken back under the lock.
func (s *Sim) after(d time.Duration, f func()) (cancel func()) {
	return s.timer(d, func(id int) {
		s.do(func() {
			if s.due(id) {
				f()
			}
		})
	})
}

// timer calls f with the timer's number after d.
func (s *Sim) timer(d time.Duration, f func(id int)) (cancel func()) {
	s.nextID++
	id := s.nextID
	stop := s.clock.AfterFunc(d, func() { f(id) })
	s.waiting[id] = stop
	return func() {
		stop()
		delete(s.waiting, id) // also if it has gone off and waits for the lock
	}
}

// due says whether a timer that has gone off was not taken back. The lock is held.
func (s *Sim) due(id int) bool {
	_, wanted := s.waiting[id]
	delete(s.waiting, id)
	return wanted
}

// bounded is a context for one request to the bot. It ends after d of the
// clock's time, if that is not 0, or when the simulator is closed. The caller
// calls done.
func (s *Sim) bounded(d time.Duration) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := func() bool { return false }
	if d > 0 {
		stop = s.clock.AfterFunc(d, func() { cancel(context.DeadlineExceeded) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		cancel(errClosed)
	}
	s.nextID++
	id := s.nextID
	s.requests[id] = func() { cancel(errClosed) }
	return ctx, func() {
		stop()
		cancel(nil)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.requests, id)
	}
}

// Close ends the simulator: calls stop where they are, requests to the bot
// are aborted, and with a clock that can Wait (the real one can) no function of
// the simulator runs any more when it returns. Every request is refused afterwards. It must not be
// called by an observer, nor by the bot while it is asked something.
func (s *Sim) Close() {
	s.mu.Lock()
	s.closed = true
	for _, stop := range s.waiting {
		stop()
	}
	clear(s.waiting)
	for _, cancel := range s.requests {
		cancel()
	}
	s.mu.Unlock()
	if w, ok := s.clock.(interface{ Wait() }); ok {
		w.Wait()
	}
}

// timerName names a timer of a call. A call has at most one of each.
type timerName int

const (
	timerAnswer    timerName = iota // the bot's time to answer
	timerConnect                    // the next step of call set-up
	timerKeepAlive                  // the end without keepAlive
	timerLength                     // the longest call
	timerAudio                      // audio-drops
	timerEscalate                   // escalates
	timerMedia                      // the running media operation
	timerTransfer                   // a target's phone rings
	timerTone                       // a key that is held back
	timerLobby                      // the longest wait in a lobby
	timerAlone                      // the end of a bot that is alone
	timerCount
)

// timers are a call's running timers: what takes each of them back.
type timers [timerCount]func()

// after sets a timer, in place of the one with that name. Its function runs
// under the lock. The lock is held.
func (t *timers) after(c *Call, name timerName, d time.Duration, f func()) {
	t.cancel(name)
	t[name] = c.sim.after(d, f)
}

func (t *timers) cancel(name timerName) {
	if t[name] != nil {
		t[name]()
		t[name] = nil
	}
}

func (t *timers) cancelAll() {
	for name := range timerCount {
		t.cancel(name)
	}
}
