package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
)

const (
	ann = "+442071838750"
	bob = "+442071838751"
	eve = "+442071838752"
)

func TestPace(t *testing.T) {
	w := set(t, ann, bob, eve)
	w.cfg.Every = 20 * time.Second
	w.finish()
	w.wantCalls("12:00:00 "+ann, "12:00:20 "+bob, "12:00:40 "+eve)
	w.wantEnds(ann+" answered 1", bob+" answered 1", eve+" answered 1")
}

func TestConcurrent(t *testing.T) {
	w := set(t)
	for i := range 30 {
		w.rows = append(w.rows, row(i+2, fmt.Sprintf("+4420718387%02d", i), "Europe/London"))
	}
	w.cfg.Concurrent = 4
	w.finish()
	if w.phone.most != 4 || len(w.phone.calls) != 30 {
		t.Errorf("%d calls, %d at once; want 30, and 4 at once", len(w.phone.calls), w.phone.most)
	}
	w = set(t, ann, bob, eve)
	w.cfg.Quota, w.cfg.Concurrent, w.phone.others = 5, 5, 3
	w.finish()
	if w.phone.most != 5 {
		t.Errorf("%d calls at once, with those that came in; want the quota, 5", w.phone.most)
	}
}

func TestRetries(t *testing.T) {
	w := set(t, ann, bob, eve)
	w.phone.behave = map[string][]string{ann: {"busy", "no_answer", "no_answer"}, bob: {"busy", "answered"}, eve: {"declined"}}
	w.finish()
	w.wantEnds(ann+" busy 1 again 12:15", bob+" busy 1 again 12:15", eve+" declined 1",
		ann+" no_answer 2 again 14:15", bob+" answered 2", ann+" no_answer 3")

	w = set(t, ann, bob, eve)
	w.cfg.Retry = Retry{Attempts: 2, Busy: -1, NoAnswer: time.Hour}
	w.phone.behave = map[string][]string{ann: {"busy"}, bob: {"failed throttled", "failed throttled"}, eve: {"failed unknown_result"}}
	w.finish()
	w.wantEnds(ann+" busy 1", bob+" throttled 1 again 12:01", eve+" unknown 1", bob+" throttled 2")
}

// People are called at hours that are right where they are.
func TestHours(t *testing.T) {
	w := set(t)
	w.rows = []Row{row(2, ann, "Europe/London"), row(3, bob, "America/New_York"), row(4, eve, "Australia/Sydney")}
	w.cfg.Hours = Hours{Open: "Mo-Fr 09:00-20:00"}
	w.finish() // from 12:00 in London, 07:00 in New York, 23:00 in Sydney
	w.wantCalls("12:00:00 "+ann, "14:00:00 "+bob, "22:00:00 "+eve)

	w = set(t, ann) // the second attempt would be after hours
	w.now = noon.Add(7*time.Hour + 50*time.Minute)
	w.cfg.Hours = Hours{Open: "Mo-Fr 09:00-20:00", Quiet: []string{"2026-11-24"}, Holidays: []string{"GB-ENG"}}
	w.phone.behave = map[string][]string{ann: {"busy"}}
	w.finish()
	w.wantCalls("19:50:00 "+ann, "09:00:00 "+ann)
	if got := w.now.UTC().Format("Mon 15:04"); got != "Wed 09:00" {
		t.Errorf("it ends at %s, want Wed 09:00: Tuesday is quiet", got)
	}
	w = set(t, ann)
	w.cfg.Hours = Hours{Open: "Mo 09:00-20:00", Quiet: []string{"2026-11-23"}}
	w.now = noon.Add(-24 * time.Hour)
	w.finish()
	if got := w.now.UTC().Format("02 Jan"); got != "30 Nov" {
		t.Errorf("it ends on %s, want the Monday after, 30 Nov", got)
	}
	w = set(t, ann)
	w.cfg.Hours = Hours{Open: "Mo 9 to 5"}
	if _, err := w.run(time.Hour); err == nil || !strings.Contains(err.Error(), "hours") {
		t.Errorf("hours that are none: %v", err)
	}
}

func TestDoNotCall(t *testing.T) {
	w := set(t, ann, bob, eve)
	write(t, w.cfg.DoNotCall.name, "# remark\nnumber,since\n\n+44 20 7183 8750, asked us in May\n")
	w.cfg.Every = time.Minute
	w.phone.behave = map[string][]string{bob: {"busy"}}
	ended := w.cfg.Ended
	w.cfg.Ended = func(r Row, e End) {
		ended(r, e)
		if e.Outcome == Busy { // somebody else writes into the file
			write(t, w.cfg.DoNotCall.name, "{\"number\":\""+bob+"\"}\n"+ann+"\n")
		}
	}
	w.finish()
	w.wantEnds(ann+" do_not_call 0", bob+" busy 1 again 12:15", eve+" answered 1", bob+" do_not_call 1")

	w = set(t, ann, bob) // who says in the call that he wants no more
	w.phone.lasts = 3 * time.Second
	if err := w.cfg.DoNotCall.Add("+44 2071 838752", noon); err != nil {
		t.Fatal(err)
	}
	c, err := Open(w.cfg, w.rows)
	if err != nil {
		t.Fatal(err)
	}
	step(t, w, c, 0)
	if err := w.cfg.DoNotCall.Add(ann, noon); err != nil {
		t.Fatal(err)
	}
	step(t, w, c, 5*time.Second)
	w.wantEnds(ann+" opted_out 1", bob+" answered 1")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(w.cfg.DoNotCall.name)
	if err != nil || string(text) != eve+",2026-11-23T12:00:00Z\n"+ann+",2026-11-23T12:00:00Z\n" {
		t.Errorf("the list is %q, %v", text, err)
	}
}

// Who told the bot, at whichever node, is not called, and is on the list then.
func TestOptedOut(t *testing.T) {
	w := set(t, ann, bob, eve)
	w.phone.optedOut = map[string]bool{ann: true}
	w.phone.behave = map[string][]string{bob: {"busy"}}
	w.cfg.Ended = func(_ Row, e End) {
		w.ends = append(w.ends, fmt.Sprintf("%s %s %d", e.Target, e.Outcome, e.Attempt))
		w.phone.optedOut[bob] = e.Target == bob || w.phone.optedOut[bob] // while the next attempt is waited for
	}
	w.phone.lasts = 0
	w.finish()
	w.wantEnds(ann+" do_not_call 0", bob+" busy 1", eve+" answered 1", bob+" do_not_call 1")
	w.wantCalls("12:00:00 "+bob, "12:00:00 "+eve)
	text, err := os.ReadFile(w.cfg.DoNotCall.name)
	if err != nil || string(text) != ann+",2026-11-23T12:00:00Z\n"+bob+",2026-11-23T12:15:01Z\n" {
		t.Errorf("the list is %q, %v", text, err)
	}
}

func step(t *testing.T, w *table, c *Campaign, after time.Duration) {
	t.Helper()
	w.now = w.now.Add(after)
	if _, _, err := c.Step(t.Context(), true); err != nil {
		t.Fatal(err)
	}
}

// Nobody is called while nobody knows who must not be.
func TestDoNotCallThatCannotBeRead(t *testing.T) {
	w := set(t, ann)
	write(t, w.cfg.DoNotCall.name, ann+"\nAnn from next door\n")
	if _, err := w.run(time.Hour); err == nil || !strings.Contains(err.Error(), "no.txt:2:") || len(w.phone.calls) > 0 {
		t.Errorf("error %v, calls %q", err, w.phone.calls)
	}
	for _, half := range []string{"+4", eve[:9], "Ann"} { // whoever wrote that died over it
		write(t, w.cfg.DoNotCall.name, bob+"\n"+half)
		d := NewDoNotCall(w.cfg.DoNotCall.name)
		if err := d.Add(ann, noon); err != nil {
			t.Fatal(err)
		}
		for _, d := range []*DoNotCall{d, NewDoNotCall(w.cfg.DoNotCall.name)} {
			for _, n := range []string{ann, bob} {
				if has, err := d.Has(n); !has || err != nil {
					t.Errorf("behind %q: %s: %v, %v", half, n, has, err)
				}
			}
		}
	}
}

func TestPause(t *testing.T) {
	w := set(t, ann, bob)
	w.cfg.Every = time.Minute
	if err := errors.Join(Pause(w.cfg.File, true), Pause(w.cfg.File, true)); err != nil {
		t.Fatal(err)
	}
	if done, err := w.run(time.Hour); done || err != nil || len(w.phone.calls) > 0 {
		t.Fatalf("done %v, %v, %q", done, err, w.phone.calls)
	}
	if s, err := ReadStatus(w.cfg.File); err != nil || !s.Paused || s.Running || s.Waiting != 2 || s.Listed != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := errors.Join(Pause(w.cfg.File, false), Pause(w.cfg.File, false)); err != nil {
		t.Fatal(err)
	}
	w.finish()
	w.wantCalls("13:00:00 "+ann, "13:01:00 "+bob)
	s, err := ReadStatus(w.cfg.File)
	if err != nil || s.Paused || s.Done != 2 || s.Outcomes[Answered] != 2 || s.Attempts != 2 || s.Waiting+s.Again+s.Live != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// The bot does not take a call, or nobody knows whether it did, or it fails for a
// while: nobody is left out, and nobody called twice.
func TestTrouble(t *testing.T) {
	w := set(t, ann, bob)
	w.phone.errs = []error{fmt.Errorf("x: %w", call.ErrFull), call.ErrBusy, errors.New("no route to the database")}
	w.finish()
	w.wantCalls("12:00:15 "+ann, "12:00:15 "+bob)

	w = set(t, ann) // it was stored after all
	w.phone.late = call.ErrUncertain
	w.finish()
	w.wantCalls("12:00:00 " + ann)
	w.wantEnds(ann + " answered 1")

	w = set(t, ann) // it was not
	w.phone.errs = []error{call.ErrUncertain}
	w.finish()
	w.wantCalls("12:00:30 " + ann)

	w = set(t, ann)
	told := 0
	w.cfg.Trouble = func(error) { told++ }
	w.phone.blind = errors.New("no route to the database")
	_, err := w.run(time.Hour)
	if took := w.now.Sub(noon); err == nil || took < bearFor || took > bearFor+time.Minute || told < 100 {
		t.Errorf("it fails after %v with %v; told %d times", took, err, told)
	}
	w.phone.blind = nil
	w.finish()
	w.wantCalls("12:00:00 " + ann)
}

// The store lost a call that it had: it is not made again.
func TestLostSession(t *testing.T) {
	for _, placed := range []bool{true, false} {
		w := set(t, ann)
		if !placed {
			w.cfg.at = func(point string) {
				if point == "dialled" {
					panic(point)
				}
			}
		}
		if _, err := w.run(time.Second); err != nil {
			t.Fatal(err)
		}
		w.cfg.at = nil
		clear(w.phone.sessions)
		if !placed {
			w.now = w.now.Add(bot.DefaultKeepCalls) // so it may have been deleted
		}
		w.finish()
		w.wantEnds(ann + " unknown 1")
		w.wantCalls("12:00:00 " + ann)
	}
	w := set(t, ann) // another store altogether
	if _, err := w.run(time.Second); err != nil {
		t.Fatal(err)
	}
	clear(w.phone.known)
	if _, err := w.run(time.Hour); err == nil || !strings.Contains(err.Error(), "another store") {
		t.Errorf("with another store: %v", err)
	}
}

// A process dies at every place, again and again, and the next one goes on. All are
// called once for each attempt, and what came of it is told once.
func TestDeathAtEveryPoint(t *testing.T) {
	plan := map[string][]string{ann: {"busy", "answered"}, bob: {"answered"}, eve: {"no_answer", "no_answer", "no_answer"}}
	want := map[string]int{ann: 2, bob: 1, eve: 3}
	deaths := 0
	for nth := 1; ; nth++ {
		w := set(t, ann, bob, eve, "+442071838753")
		w.phone.behave = plan
		write(t, w.cfg.DoNotCall.name, "+442071838753\n")
		seen, died := 0, false
		w.cfg.at = func(point string) {
			if seen++; seen == nth {
				died = true
				panic(point)
			}
		}
		for runs := 0; ; runs++ {
			done, err := w.run(30 * 24 * time.Hour)
			if err != nil || runs > 1 {
				t.Fatalf("death %d: %v, %d runs", nth, err, runs)
			}
			if done {
				break
			}
			w.now = w.now.Add(time.Minute)
		}
		got := map[string]int{}
		for _, c := range w.phone.calls {
			_, number, _ := strings.Cut(c, " ")
			got[number]++
		}
		for number, n := range want {
			if got[number] != n {
				t.Errorf("death %d: %s was called %d times, want %d: %q", nth, number, got[number], n, w.phone.calls)
			}
		}
		if len(got) != len(want) || len(w.ends) != 7 {
			t.Errorf("death %d: calls %v, ends %q", nth, got, w.ends)
		}
		if !died {
			break
		}
		deaths++
	}
	if deaths < 30 {
		t.Errorf("only %d places to die at", deaths)
	}
}

// A file that was cut off anywhere in its last line is as good as without it, and
// one that is damaged is not taken.
func TestJournalThatIsTorn(t *testing.T) {
	w := set(t, ann, bob)
	w.phone.behave = map[string][]string{ann: {"busy"}}
	w.finish()
	whole, err := os.ReadFile(w.cfg.File)
	if err != nil {
		t.Fatal(err)
	}
	for size := range whole {
		write(t, w.cfg.File, string(whole[:size]))
		j, entries, err := openJournal(w.cfg.File)
		if err != nil {
			t.Fatalf("cut off at %d: %v", size, err)
		}
		if want := bytes.Count(whole[:size], []byte("\n")); len(entries) != want {
			t.Fatalf("cut off at %d: %d lines, want %d", size, len(entries), want)
		}
		if err := errors.Join(j.add(entry{Try: &Try{Target: "x"}}), j.close()); err != nil && size > 0 {
			t.Fatal(err)
		}
		if _, _, err := readJournal(w.cfg.File); err != nil && bytes.Contains(whole[:size], []byte("\n")) {
			t.Fatalf("cut off at %d, and gone on: %v", size, err)
		}
	}
	for _, text := range []string{"number\n+44\n", "{}\n", strings.Replace(string(whole), `{"try"`, `{"tr`, 1),
		strings.Replace(string(whole), `"version":1`, `"version":2`, 1)} {
		write(t, w.cfg.File, text)
		if _, err := w.run(time.Hour); err == nil {
			t.Errorf("taken: %.60s", text)
		}
	}
}

func TestOneProcess(t *testing.T) {
	w := set(t, ann)
	c, err := Open(w.cfg, w.rows)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := ReadStatus(w.cfg.File); err != nil || !s.Running || s.Flow != "reminder" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := Open(w.cfg, w.rows); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second one: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	other := w.cfg
	other.Flow = loadFlow(t, strings.Replace(reminder, "flow: reminder", "flow: other", 1))
	if _, err := Open(other, w.rows); err == nil || !strings.Contains(err.Error(), `of the flow "reminder"`) {
		t.Errorf("another flow: %v", err)
	}
}

// Lists may change between runs: who is new is called, who is done is not, and who
// has gone is not called again.
func TestChangedList(t *testing.T) {
	w := set(t, ann, bob)
	w.phone.behave = map[string][]string{bob: {"busy"}}
	if done, err := w.run(5 * time.Minute); done || err != nil {
		t.Fatal(done, err)
	}
	w.rows = []Row{row(2, ann, "Europe/London"), row(3, eve, "Europe/London")}
	w.finish()
	w.wantCalls("12:00:00 "+ann, "12:00:00 "+bob, "12:05:10 "+eve)
}

func TestSessionIDs(t *testing.T) {
	seen := map[ivr.SessionID]bool{}
	for _, c := range []string{"a", "b"} {
		for _, n := range []string{ann, bob, ann + "\n1"} {
			for attempt := range 3 {
				id := sessionID(c, n, attempt)
				if seen[id] || len(id) != 26 || id != sessionID(c, n, attempt) {
					t.Errorf("%s for %s, %s, %d", id, c, n, attempt)
				}
				seen[id] = true
			}
		}
	}
}
