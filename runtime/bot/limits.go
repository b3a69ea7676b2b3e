package bot

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
)

// Limits say how much a bot takes on at once. A zero field stands for its default.
type Limits struct {
	// Calls is how many calls may live in the process; 20,000. Those that it takes
	// over from another count, and are never refused.
	Calls int
	// Waiting is how many calls that came in may wait for the store; 1,024.
	Waiting int
	// Actions is how many actions in Go may run; 1,000. Beyond that they fail with
	// the reason throttled.
	Actions int
	// WithoutStore is how long a call goes on of which nothing can be stored; 1 m.
	WithoutStore time.Duration
	// Connections are those to the public listener, see server.ConnLimits.
	Connections server.ConnLimits
}

func (l Limits) withDefaults() Limits {
	return Limits{Calls: cmp.Or(l.Calls, 20_000), Waiting: cmp.Or(l.Waiting, 1024), Actions: cmp.Or(l.Actions, 1000),
		WithoutStore: cmp.Or(l.WithoutStore, time.Minute), Connections: l.Connections.WithDefaults()}
}

func (l Limits) validate() error {
	errs := []error{l.Connections.Validate()}
	for name, n := range map[string]int{"Calls": l.Calls, "Waiting": l.Waiting, "Actions": l.Actions, "WithoutStore": int(l.WithoutStore)} {
		if n < 0 {
			errs = append(errs, fmt.Errorf("the limit of %s is negative", name))
		}
	}
	return errors.Join(errs...)
}

// beside runs f beside the caller. A panic in it costs what f does, and no more.
func (b *Bot) beside(f func()) {
	b.besides.Add(1)
	b.cfg.Clock.Go(func() {
		defer b.besides.Done()
		defer func() {
			if p := recover(); p != nil {
				b.caught("goroutine", p)
			}
		}()
		f()
	})
}

// besideFor is how long Close waits for what runs beside.
const besideFor = 3 * time.Second

// awaitBeside waits for what runs beside, for some time.
func (b *Bot) awaitBeside() {
	if clock, ok := b.cfg.Clock.(call.Waiter); ok && !clock.Within(besideFor, b.besides.wait) {
		b.cfg.Log.Warn("something still runs beside the calls")
	}
}

// group is a sync.WaitGroup to which may be added while somebody waits.
type group struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n is 0; nil if nobody waits
}

// Add adds to what runs.
func (g *group) Add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n += n; g.n == 0 && g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
}

// Done takes one off.
func (g *group) Done() { g.Add(-1) }

func (g *group) wait() {
	g.mu.Lock()
	if g.n == 0 {
		g.mu.Unlock()
		return
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()
	<-idle
}

// caught counts and logs a panic.
func (b *Bot) caught(where string, p any) {
	b.counts.panics.Add(1)
	b.cfg.Log.Error("panic", slog.String("in", where), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
}
