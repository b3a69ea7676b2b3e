package campaign

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Times of [Campaign.Step].
const (
	// glance is how often calls that live, and the pause, are looked at.
	glance = time.Second
	// longest is the longest wait.
	longest = time.Minute
	// unsureFor is how long a session may be on its way into the store of which nobody
	// knows whether it is there.
	unsureFor = 30 * time.Second
	// again is the wait after the bot has not taken a call for load.
	again = 5 * time.Second
	// bearFor is how long the bot or its store may fail before the campaign does.
	bearFor = 10 * time.Minute
)

// Campaign is one that is open. It is used by one goroutine.
type Campaign struct {
	cfg     Config
	id      string
	journal *journal
	clocks  clocks
	targets map[string]*target
	queue   queue              // who is to be called
	open    map[string]*target // whose attempt has not ended
	next    time.Time          // the earliest that the next call may begin
	done    int
	fresh   bool // no run has begun anything
	bound   bool // the store knows the campaign
	// troubled is since when the bot or its store fails, zero if it does not.
	troubled time.Time
}

// Open opens a campaign's file, or makes it, and says how things stand. Rows are who
// is to be called now; who stood on the list before, and does no more, is not called
// again. The error is fs.ErrExist if another process runs the campaign.
func Open(cfg Config, rows []Row) (*Campaign, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("campaign: %w", err)
	}
	j, entries, err := openJournal(cfg.File)
	if err != nil {
		return nil, fmt.Errorf("campaign: %w", err)
	}
	c := &Campaign{cfg: cfg, journal: j, clocks: newClocks(cfg.Hours), targets: map[string]*target{}, open: map[string]*target{}}
	if err := c.begin(entries, rows); err != nil {
		return nil, errors.Join(fmt.Errorf("campaign: %w", err), j.close())
	}
	return c, nil
}

// begin reads what was, and adds what this run begins with.
func (c *Campaign) begin(entries []entry, rows []Row) error {
	if len(entries) == 0 {
		first := beginning{Version: journalVersion, ID: newID(), Flow: c.cfg.Flow.Name, At: c.cfg.Now()}
		if err := c.journal.add(entry{Begin: &first}); err != nil {
			return err
		}
		c.id, c.fresh = first.ID, true
	}
	for _, r := range rows {
		c.targets[r.Target.ID] = &target{row: r, listed: true}
	}
	for _, e := range entries {
		if e.Begin != nil && e.Begin.Flow != c.cfg.Flow.Name {
			return fmt.Errorf("%s is a campaign of the flow %q, and not of %q; name another file", c.cfg.File, e.Begin.Flow, c.cfg.Flow.Name)
		}
		c.replay(e)
	}
	for _, id := range sortedTargets(c.targets) {
		c.enqueue(c.targets[id])
	}
	return c.journal.add(entry{Run: &Run{At: c.cfg.Now(), Listed: len(rows), Settings: c.cfg.Settings}})
}

// replay takes in what a run has written.
func (c *Campaign) replay(e entry) {
	switch {
	case e.Begin != nil:
		c.id, c.fresh = e.Begin.ID, true
	case e.Try != nil:
		t := c.known(e.Try.Target)
		t.try, t.attempt, t.placed, c.fresh = e.Try, e.Try.Attempt, false, false
	case e.Placed != nil:
		c.known(e.Placed.Target).placed = true
	case e.End != nil:
		t := c.known(e.End.Target)
		t.placed = false
		t.try, t.last, t.attempt, t.due, c.fresh = nil, e.End, max(t.attempt, e.End.Attempt), e.End.Again, false
		c.cfg.Ended(t.row, *e.End)
	}
}

// known is how things stand with somebody, who may not be on the list any more.
func (c *Campaign) known(id string) *target {
	if c.targets[id] == nil {
		c.targets[id] = &target{row: Row{Target: ivr.Target{ID: id}}}
	}
	return c.targets[id]
}

func sortedTargets(all map[string]*target) []string {
	ids := make([]string, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(all[a].row.Line, all[b].row.Line), cmp.Compare(a, b))
	})
	return ids
}

// enqueue puts somebody where he belongs.
func (c *Campaign) enqueue(t *target) {
	switch {
	case t.try != nil:
		t.sure, t.placed = t.placed, true // until the store says that it is not so
		c.open[t.row.Target.ID] = t
	case t.last != nil && t.last.Final(), !t.listed:
		c.done++
	default:
		heap.Push(&c.queue, t)
	}
}

// Close closes the campaign's file. Calls that live go on.
func (c *Campaign) Close() error { return c.journal.close() }

// Step does what is to be done now, and says how long to wait until the next step, at
// most a minute. After done nothing is left. An error is for good: nobody is called
// any more, until the campaign is opened anew.
//
// Unless mayCall nobody new is called: calls that live are only seen to their end.
func (c *Campaign) Step(ctx context.Context, mayCall bool) (wait time.Duration, done bool, err error) {
	if !c.bound {
		if err := c.cfg.Phone.Remember(ctx, c.id, c.fresh); err != nil {
			return 0, false, fmt.Errorf("campaign: %w", err)
		}
		c.bound = true
	}
	if err := c.look(ctx); err != nil {
		return c.trouble(err)
	}
	paused, err := Paused(c.cfg.File)
	if err != nil {
		return 0, false, fmt.Errorf("campaign: %w", err)
	}
	wait = longest
	if mayCall && !paused {
		if wait, err = c.call(ctx); err != nil {
			return c.trouble(err)
		}
	}
	c.troubled = time.Time{}
	if c.placed() > 0 || paused {
		wait = min(wait, glance)
	}
	return min(wait, longest), len(c.open) == 0 && len(c.queue) == 0, nil
}

// phoneError is one of the bot or its store, which may be over soon.
type phoneError struct{ error }

func (e phoneError) Unwrap() error { return e.error }

// trouble bears with what may be over soon, for a while.
func (c *Campaign) trouble(err error) (wait time.Duration, done bool, _ error) {
	now := c.cfg.Now()
	if c.troubled.IsZero() {
		c.troubled = now
	}
	if _, ok := errors.AsType[phoneError](err); !ok || now.Sub(c.troubled) >= bearFor {
		return 0, false, fmt.Errorf("campaign: %w", err)
	}
	c.cfg.Trouble(err)
	return again, false, nil
}

// look sees what became of the attempts that have not ended.
func (c *Campaign) look(ctx context.Context) error {
	for _, id := range sortedTargets(c.open) {
		t := c.open[id]
		if !t.placed {
			continue // it is in the queue
		}
		if lives, _ := c.cfg.Phone.Live(t.try.Session); lives {
			continue
		}
		o, err := c.cfg.Phone.Outgoing(ctx, t.try.Session)
		c.cfg.at("looked")
		switch {
		case errors.Is(err, store.ErrNone):
			err = c.missing(ctx, t)
		case err == nil && o.Ended.IsZero(): // another process has it, or will
		case err == nil:
			err = c.end(ctx, t, endOf(*t.try, o))
		default:
			err = phoneError{err}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// missing is an attempt of which the store has no session. It never had one, unless
// the bot has said so, or the time is over for which it keeps them.
func (c *Campaign) missing(ctx context.Context, t *target) error {
	now := c.cfg.Now()
	switch {
	case t.sure, now.Sub(t.try.At) > c.cfg.Kept-time.Hour:
		return c.end(ctx, t, &End{Target: t.try.Target, Attempt: t.attempt, Outcome: Unknown})
	case !t.listed:
		return c.end(ctx, t, &End{Target: t.try.Target, Attempt: t.attempt - 1, Outcome: Unwanted})
	case !t.asked.IsZero() && now.Sub(t.asked) < unsureFor: // it may still come
		return nil
	}
	t.placed, t.asked = false, time.Time{}
	t.due = now
	heap.Push(&c.queue, t)
	return nil
}

// end writes down what came of an attempt.
func (c *Campaign) end(ctx context.Context, t *target, e *End) error {
	now := c.cfg.Now()
	e.At = now
	if e.Outcome == Answered {
		unwanted, err := c.unwanted(ctx, e.Target)
		if err != nil {
			return err
		}
		if unwanted { // he was not when he was called
			e.Outcome = OptedOut
		}
	}
	if after := c.cfg.Retry.after(e.Outcome, e.Attempt); after >= 0 && t.listed {
		e.Again = now.Add(after)
	}
	c.cfg.at("ending")
	if err := c.journal.add(entry{End: e}); err != nil {
		return err
	}
	c.cfg.at("ended")
	delete(c.open, t.row.Target.ID)
	t.try, t.last, t.due, t.placed, t.sure, t.asked = nil, e, e.Again, false, false, time.Time{}
	if e.Final() {
		c.done++
	} else {
		heap.Push(&c.queue, t)
	}
	c.cfg.Ended(t.row, *e)
	return nil
}

// unwanted reports whether somebody must not be called: he is on the list, or has told
// the bot so, at whichever node, and is put on the list now.
func (c *Campaign) unwanted(ctx context.Context, id string) (bool, error) {
	listed, err := c.cfg.DoNotCall.Has(id)
	if err != nil || listed {
		return listed, err
	}
	told, err := c.cfg.Phone.OptedOut(ctx, id)
	if err != nil {
		return false, phoneError{err}
	}
	if told && c.cfg.DoNotCall.name != "" {
		err = c.cfg.DoNotCall.Add(id, c.cfg.Now())
	}
	return told, err
}

// call calls whoever is due, and says when the next one is.
func (c *Campaign) call(ctx context.Context) (wait time.Duration, err error) {
	for len(c.queue) > 0 {
		now, t := c.cfg.Now(), c.queue[0]
		if t.due.After(now) {
			return t.due.Sub(now), nil
		}
		if c.next.After(now) {
			return c.next.Sub(now), nil
		}
		if c.full() {
			return glance, nil
		}
		at, err := c.clocks.next(t.row.Zone, now)
		if err != nil {
			return 0, err
		}
		if at.After(now) {
			t.due = at
			heap.Fix(&c.queue, 0)
			continue
		}
		taken, err := c.callOne(ctx, t, now)
		if err != nil {
			return 0, err
		}
		if !taken {
			return again, nil
		}
	}
	return longest, nil
}

// full says that no more calls may live.
func (c *Campaign) full() bool {
	_, all := c.cfg.Phone.Live("")
	return c.placed() >= c.cfg.Concurrent || all >= c.cfg.Quota
}

// placed is how many attempts have a session, or may have.
func (c *Campaign) placed() (n int) {
	for _, t := range c.open {
		if t.placed {
			n++
		}
	}
	return n
}

// callOne calls the first in the queue, unless that is not wanted. It reports whether
// the bot has taken the order.
func (c *Campaign) callOne(ctx context.Context, t *target, now time.Time) (taken bool, err error) {
	unwanted, err := c.unwanted(ctx, t.row.Target.ID)
	if err != nil {
		return false, err
	}
	if unwanted {
		heap.Pop(&c.queue)
		return true, c.end(ctx, t, &End{Target: t.row.Target.ID, Attempt: t.made(), Outcome: Unwanted})
	}
	if t.try == nil {
		try := &Try{Target: t.row.Target.ID, Attempt: t.attempt + 1, At: now}
		try.Session = sessionID(c.id, try.Target, try.Attempt)
		c.cfg.at("trying")
		if err := c.journal.add(entry{Try: try}); err != nil {
			return false, err
		}
		t.try, t.attempt = try, try.Attempt
		c.cfg.at("tried")
	}
	c.next = now.Add(c.cfg.Every)
	_, err = c.cfg.Phone.Dial(ctx, bot.Order{Flow: c.cfg.Flow.Name, Params: t.row.Params, From: c.cfg.From, Session: t.try.Session})
	c.cfg.at("dialled")
	switch {
	case errors.Is(err, call.ErrFull), errors.Is(err, call.ErrBusy), errors.Is(err, call.ErrDraining), errors.Is(err, call.ErrClosed):
		c.open[t.row.Target.ID] = t // not placed: he stays in the queue
		return false, nil
	case errors.Is(err, call.ErrUncertain):
		t.asked = now
	case errors.Is(err, bot.ErrOrder):
		return false, fmt.Errorf("calling the target of line %d: %w", t.row.Line, err)
	case err != nil:
		c.open[t.row.Target.ID] = t
		return false, phoneError{fmt.Errorf("calling the target of line %d: %w", t.row.Line, err)}
	default:
		t.sure = true
	}
	heap.Pop(&c.queue)
	t.placed = true
	c.open[t.row.Target.ID] = t
	if !t.sure {
		return true, nil
	}
	err = c.journal.add(entry{Placed: &Placed{Target: t.row.Target.ID, Attempt: t.attempt}})
	c.cfg.at("placed")
	return true, err
}

// Counts are how a campaign stands.
type Counts struct {
	Done int // who is not called again, or not at all
	Live int // who is being called, or talks
	Left int // who is to be called, for the first time or again
}

// Counts says how the campaign stands, after the last step.
func (c *Campaign) Counts() Counts {
	return Counts{Done: c.done, Live: c.placed(), Left: len(c.queue)}
}
