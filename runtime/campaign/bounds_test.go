package campaign

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/bot"
)

var boundSeeds = flag.Int("bounds", 15, "how many seeds TestBounds runs")

// strict is a fake bot that checks each call as it begins.
type strict struct {
	*fakePhone

	t      *testing.T
	seed   uint64
	cfg    *Config
	zones  map[string]*time.Location // by number
	open   [2]int                    // minutes of the day on the wall, from and until
	quiet  string                    // a day
	last   time.Time
	begins int
}

// Dial checks where the callee's clock stands, by means of package time alone, and the
// pace and number of calls.
func (s *strict) Dial(ctx context.Context, o bot.Order) (bot.Started, error) {
	s.t.Helper()
	now := s.now()
	there := now.In(s.zones[o.Params["number"].(string)])
	minute := there.Hour()*60 + there.Minute()
	if minute < s.open[0] || minute >= s.open[1] || there.Weekday() == time.Sunday || there.Format(time.DateOnly) == s.quiet {
		s.t.Errorf("seed %d: called at %s, outside of %s", s.seed, there.Format("Mon 2006-01-02 15:04 MST"), s.cfg.Hours.Open)
	}
	if !s.last.IsZero() && now.Sub(s.last) < s.cfg.Every {
		s.t.Errorf("seed %d: a call begins %v after the last one, want %v", s.seed, now.Sub(s.last), s.cfg.Every)
	}
	_, all := s.Live("")
	if mine := all - s.others; mine >= s.cfg.Concurrent || all >= s.cfg.Quota {
		s.t.Errorf("seed %d: a call begins while %d of the campaign and %d in all live; want fewer than %d and %d", s.seed, mine, all, s.cfg.Concurrent, s.cfg.Quota)
	}
	s.last = now
	s.begins++
	return s.fakePhone.Dial(ctx, o)
}

// In whatever zones people are, across the changes of their clocks, and whatever they
// do: nobody is called outside of the hours where he is, nor faster, nor more at once
// than is wanted, and everybody is called.
func TestBounds(t *testing.T) {
	for seed := range uint64(*boundSeeds) {
		bounds(t, seed)
	}
}

func bounds(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, seed))
	zones := []string{"Europe/London", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Chatham", "Africa/Casablanca"}
	changes := []string{"2026-10-25", "2026-11-01", "2027-03-14", "2027-03-28", "2027-04-04", "2027-02-07"} // of clocks, in some zone; the last is one in Morocco
	w := set(t)
	change, err := time.Parse(time.DateOnly, changes[r.IntN(len(changes))])
	if err != nil {
		t.Fatal(err)
	}
	w.now = change.Add(-time.Duration(r.IntN(48)) * time.Hour)
	from, until := 60*r.IntN(12), 60*(13+r.IntN(11))
	s := &strict{fakePhone: w.phone, t: t, seed: seed, cfg: &w.cfg, zones: map[string]*time.Location{}, open: [2]int{from, until}, quiet: change.AddDate(0, 0, 1).Format(time.DateOnly)}
	w.cfg.Phone = s
	w.cfg.Hours = Hours{Open: fmt.Sprintf("Mo-Sa %02d:00-%02d:00", from/60, until/60), Quiet: []string{s.quiet}}
	w.cfg.Every = []time.Duration{0, 500 * time.Millisecond, 7 * time.Second, time.Minute}[r.IntN(4)]
	w.cfg.Concurrent = 1 + r.IntN(6)
	w.cfg.Quota = w.cfg.Concurrent + r.IntN(3)
	w.phone.others = r.IntN(w.cfg.Quota)
	w.phone.lasts = time.Duration(1+r.IntN(90)) * time.Second
	w.cfg.Retry = Retry{Attempts: 1 + r.IntN(4), Busy: time.Duration(1+r.IntN(600)) * time.Minute, NoAnswer: time.Duration(1+r.IntN(600)) * time.Minute}
	attempts := 0
	for i := range 10 + r.IntN(40) {
		number, zone := fmt.Sprintf("+4420718387%02d", i), zones[r.IntN(len(zones))]
		w.rows = append(w.rows, row(i+2, number, zone))
		if s.zones[number], err = time.LoadLocation(zone); err != nil {
			t.Fatal(err)
		}
		made := 1
		for range r.IntN(5) {
			w.phone.behave[number] = append(w.phone.behave[number], []string{"busy", "no_answer"}[r.IntN(2)])
			made++
		}
		attempts += min(made, w.cfg.Retry.Attempts)
	}
	w.finish()
	if s.begins != attempts {
		t.Errorf("seed %d: %d calls were begun, want %d", seed, s.begins, attempts)
	}
}
