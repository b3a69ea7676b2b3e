package call_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// innocents are the calls beside a poisonous one.
const innocents = 40

// loop is a process that is started again and again.
type loop struct {
	t       *testing.T
	cluster *cluster
	took    time.Duration // that the platform takes for an answer; 0: it gives none for a minute
	poison  ivr.SessionID // whose first CancelMedia kills the process ...
	after   time.Duration // ... so long after it was sent
	fatal   bool          // mail kills the process that commits it
	op      atomic.Int64  // of that
	fx      *fixture
	m       *mortal
	died    chan struct{}
	parked  []ivr.SessionID
}

// start starts the next process.
func (l *loop) start() {
	l.t.Helper()
	m, died := &mortal{}, make(chan struct{})
	var once sync.Once
	kill := func() {
		once.Do(func() {
			m.dead.Store(true)
			close(died)
		})
	}
	p := &platform{}
	p.watch = func(to call.Address, cmd ivr.Command) {
		took := l.took
		if took == 0 && to.Session != l.poison {
			took = time.Minute
		}
		time.Sleep(took)
		cancel, ok := cmd.(ivr.CancelMedia)
		if !ok || to.Session != l.poison || m.dead.Load() || l.op.Load() != 0 && l.op.Load() != int64(cancel.Op) {
			return
		}
		l.op.Store(int64(cancel.Op))
		if l.after == 0 {
			kill()
			return
		}
		time.AfterFunc(l.after, kill)
		time.Sleep(2 * l.after)
	}
	p.reply = func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
		if c, ok := cmd.(ivr.CancelMedia); ok && !m.dead.Load() {
			return call.Reply{Event: ivr.OperationCompleted{Head: now(), Op: c.Op}}, true
		}
		if c, ok := cmd.(ivr.ReadCall); ok && l.fatal && !m.dead.Load() {
			return call.Reply{Event: ivr.CallRead{Head: now(), Op: c.Op, State: ivr.StateEstablished, Audio: ivr.AudioActive}}, true
		}
		return call.Reply{}, m.dead.Load() // the dead hear nothing
	}
	l.m, l.died = m, died
	l.fx = l.cluster.node(l.t, p, func(s call.Store) call.Store {
		m.Store = s
		if l.fatal {
			return fatal{m}
		}
		return m
	})
	l.t.Cleanup(l.fx.Close)
}

// kill ends the process, and gives its sessions away at once: as with a database
// that one process has to itself.
func (l *loop) kill() {
	l.t.Helper()
	l.m.dead.Store(true)
	if err := l.m.Store.Leave(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	go l.fx.Close() // it stores nothing any more
	l.note()
}

// note notes who has been parked.
func (l *loop) note() {
	synctest.Wait()
	l.fx.mu.Lock()
	defer l.fx.mu.Unlock()
	for _, c := range l.fx.seen {
		if c.Parked != nil && !slices.Contains(l.parked, c.Session.ID) {
			l.parked = append(l.parked, c.Session.ID)
		}
	}
}

// busy begins the calls, each of which has something on its way.
func (l *loop) busy() {
	l.t.Helper()
	for i := range innocents {
		l.fx.ring(l.t, ivr.SessionID(fmt.Sprint("good", i)))
	}
	if l.poison != "" {
		l.fx.ring(l.t, l.poison)
	}
	time.Sleep(2*l.took + time.Second)
	for i := range innocents {
		l.fx.tell(l.t, ivr.SessionID(fmt.Sprint("good", i)), audio())
	}
	if l.poison != "" {
		l.fx.tell(l.t, l.poison, audio())
		time.Sleep(3 * l.took)
		_ = l.fx.Deliver(l.t.Context(), l.poison, key('1', 1))
	}
	synctest.Wait()
}

// well fails the test for every innocent call that does not go on.
func (l *loop) well() {
	l.t.Helper()
	l.note()
	for i := range innocents {
		if l.took == 0 {
			break // what comes of a call on a platform that is silent is the flow's affair
		}
		id := ivr.SessionID(fmt.Sprint("good", i))
		if s, ok := l.fx.Session(id); !ok || !strings.HasPrefix(s.State, "main.1/") {
			l.t.Errorf("%s does not go on: %t, %s", id, ok, s.State)
		}
	}
	for _, id := range l.parked {
		if id != l.poison {
			l.t.Errorf("%s is innocent, and was parked", id)
		}
	}
}

// What kills the process each time is parked after three have ended, at once or
// slowly, and whether the platform is quick or does not answer at all. Nobody else
// is.
func TestPoisonBesideInnocents(t *testing.T) {
	for _, c := range []struct{ took, after time.Duration }{
		{5 * time.Millisecond, 0}, {5 * time.Millisecond, 300 * time.Millisecond}, {100 * time.Millisecond, 0},
		{100 * time.Millisecond, 300 * time.Millisecond}, {0, 0}, {0, 300 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("answers after %v, kills after %v", c.took, c.after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &loop{t: t, cluster: newCluster(t, menuFlow), took: c.took, after: c.after, poison: "poison"}
				l.start()
				l.busy()
				deaths := 0
				for range 8 {
					if l.parked != nil {
						break
					}
					select {
					case <-l.died:
						deaths++
					case <-time.After(15 * time.Minute): // it lives
					}
					s, ok := l.fx.Session("poison")
					t.Log(time.Now(), deaths, ok, s.State, s.Media, s.Ops, l.parked) // shown if it fails
					l.kill()
					l.start()
					l.note()
				}
				time.Sleep(2500 * time.Millisecond)
				if s, ok := l.fx.Session("poison"); !ok || s.Media.Op == 0 || s.Media.Cancelled || s.State != "on_error.1/playing" {
					t.Errorf("on_error says nothing: %t, %s, %+v %v now %v ops %v", ok, s.State, s.Media, s.Timers, time.Now(), s.Ops)
				}
				if c.took == 0 {
					time.Sleep(15 * time.Minute) // until the last suspect has been tried
				}
				if !slices.Contains(l.parked, "poison") || deaths != 4 { // the first was not at a take-up
					t.Errorf("%d processes ended, want 4; parked %v", deaths, l.parked)
				}
				time.Sleep(30 * time.Second)
				l.well()
			})
		})
	}
}

// A process that is ended again and again from outside, whatever it does: no call is
// to blame.
func TestEndedFromOutside(t *testing.T) {
	for _, c := range []struct {
		took, every time.Duration
		times       int
	}{
		{5 * time.Millisecond, 100 * time.Millisecond, 20}, {0, 100 * time.Millisecond, 20},
		{5 * time.Millisecond, 2 * time.Second, 30}, {300 * time.Millisecond, 2 * time.Second, 30}, {0, 2 * time.Second, 30},
		{5 * time.Millisecond, 20 * time.Millisecond, 20},
	} {
		t.Run(fmt.Sprintf("%d times after %v, answers after %v", c.times, c.every, c.took), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &loop{t: t, cluster: newCluster(t, menuFlow), took: c.took}
				l.start()
				l.busy()
				for range c.times {
					l.kill()
					l.start()
					time.Sleep(c.every)
				}
				time.Sleep(30 * time.Second)
				if c.took == 0 {
					time.Sleep(15 * time.Minute)
				}
				l.well()
			})
		})
	}
}

// A store that loses its answers has the sessions read again and again. That is no
// process's end.
func TestStoreFailsNobodyIsToBlame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loop{t: t, cluster: newCluster(t, menuFlow)}
		l.start()
		l.busy()
		l.kill()
		d := &deaf{}
		b := l.cluster.node(t, &platform{}, func(s call.Store) call.Store { d.Store = s; return d })
		l.fx, l.m = b, &mortal{Store: d}
		defer b.Close()
		for range 20 {
			d.lost.Store(true)
			time.Sleep(700 * time.Millisecond)
			d.lost.Store(false)
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		l.kill()
		l.well()
	})
}

// fatal is a store whose process dies when it commits a certain mail.
type fatal struct{ *mortal }

func (f fatal) Commit(ctx context.Context, c *call.Change) error {
	if len(c.Mail) > 0 && c.Parked == nil {
		f.dead.Store(true)
		return errDead
	}
	return f.mortal.Commit(ctx, c)
}

// Mail that kills whoever applies it is parked after three processes.
func TestPoisonousMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loop{t: t, cluster: newCluster(t, menuFlow), took: 5 * time.Millisecond}
		l.start()
		l.busy()
		m := &mortal{}
		other := l.cluster.node(t, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
		l.kill()
		if err := other.Receive(t.Context(), call.Mail{Session: "good7", Leg: ivr.CallerLeg, Items: []call.Item{{Event: key('1', 1)}}}); err != nil {
			t.Fatal(err)
		}
		m.dead.Store(true)
		go other.Close()
		l.fatal = true
		deaths := 0
		for ; l.parked == nil && deaths < 8; deaths++ {
			l.start()
			time.Sleep(6 * time.Second)
			l.kill()
		}
		if !slices.Equal(l.parked, []ivr.SessionID{"good7"}) || deaths != 4 {
			t.Errorf("parked %v by process %d, want good7 by process 4", l.parked, deaths)
		}
	})
}
