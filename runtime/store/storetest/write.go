package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

func newSession(s *suite) {
	w := fresh("a", "n1")
	w.Due, w.Summary, w.Keys = begin().Add(time.Minute), []byte(`{"s":1}`), []store.Key{{Name: "call", Wrapped: []byte{0, 1}}}
	w.Entry = entry(1)
	s.write(w)
	equal(s, "row", s.read("a"), store.Row{Session: "a", Version: 1, Epoch: 1, Node: "n1", Flow: "hash1", Name: "support",
		Tenant: "tenant1", Started: begin(), Due: w.Due, Record: w.Record, Summary: w.Summary, Calls: w.Calls, Keys: w.Keys})
	equal(s, "session of the call", must(s.db.ByCall(s.Context(), "call-a"))(s), ivr.SessionID("a"))
	equal(s, "journal", must(s.db.Journal(s.Context(), "a"))(s), []store.Entry{*w.Entry})

	_, err := s.db.Read(s.Context(), "b")
	s.is(err, store.ErrNone)
	_, err = s.db.ByCall(s.Context(), "call-b")
	s.is(err, store.ErrNone)
}

func change(s *suite) {
	first := fresh("a", "n1")
	first.Due = begin().Add(time.Minute)
	s.write(first)
	w := next("a", 2, 1)
	w.Attempts = 4
	w.Node, w.Flow, w.Name, w.Tenant, w.Started = "n2", "other", "other", "other", begin().Add(time.Hour)
	w.Ended = begin().Add(time.Hour)
	s.write(w)
	got := s.read("a")
	equal(s, "row", got, store.Row{Session: "a", Version: 2, Epoch: 1, Node: "n1", Flow: "hash1", Name: "support",
		Tenant: "tenant1", Started: begin(), Ended: w.Ended, Attempts: 4, Record: w.Record, Calls: first.Calls})
	s.write(done("a", 3, 1, begin().Add(2*time.Hour)))
	got = s.read("a")
	if got.Record != nil || got.Version != 3 || !got.Ended.Equal(begin().Add(2*time.Hour)) {
		s.Errorf("a session with nothing left to do is read as %+v", got)
	}
}

func staleVersion(s *suite) {
	s.write(fresh("a", "n1"), next("a", 2, 1))
	for _, version := range []int64{2, 4, 0, -1} {
		s.refused(next("a", version, 1), store.ErrFenced)
	}
	s.write(next("a", 3, 1))
}

func staleEpoch(s *suite) {
	s.join("n1")
	s.write(fresh("a", "n1"))
	s.refused(next("a", 2, 2), store.ErrFenced)
	s.refused(next("a", 2, 0), store.ErrFenced)
	row := must(s.db.Take(s.Context(), "n1", "a"))(s)
	equal(s, "epoch", row.Epoch, int64(2))
	s.refused(next("a", 2, 1), store.ErrFenced)
	s.write(next("a", 2, 2))
}

func unknownSession(s *suite) {
	s.refused(next("a", 2, 1), store.ErrFenced)
	w := fresh("a", "n1")
	w.Epoch = 2
	s.refused(w, store.ErrFenced)
	_, err := s.db.Read(s.Context(), "a")
	s.is(err, store.ErrNone)
}

func sessionIsThere(s *suite) {
	s.write(fresh("a", "n1"))
	w := fresh("a", "n2")
	w.Calls = []ivr.CallID{"another"}
	s.refused(w, store.ErrFenced)
	_, err := s.db.ByCall(s.Context(), "another")
	s.is(err, store.ErrNone)
	equal(s, "node", s.read("a").Node, store.NodeID("n1"))
}

func callIsTaken(s *suite) {
	known := func(w *store.Write, want ivr.SessionID) {
		s.Helper()
		err := s.db.Write(s.Context(), w)
		if k, ok := errors.AsType[*store.KnownError](err); !ok || k.Session != want {
			s.Fatalf("got error %v, want that session %s has the call", err, want)
		}
	}
	s.write(fresh("a", "n1"))
	w := fresh("b", "n1")
	w.Calls = []ivr.CallID{"fresh", "call-a"}
	known(w, "a")
	known(fresh("a", "n1"), "a") // written again by whom nobody told that it was
	s.write(done("a", 2, 1, begin().Add(time.Minute)))
	known(w, "a") // also when it is over
	_, err := s.db.ByCall(s.Context(), "fresh")
	s.is(err, store.ErrNone)
	_, err = s.db.Read(s.Context(), "b")
	s.is(err, store.ErrNone)
}

func refusedLeavesNothing(s *suite) {
	s.join("n1")
	first := fresh("a", "n1")
	first.Keys, first.Summary, first.Entry = []store.Key{{Name: "call", Wrapped: []byte("k")}}, []byte("s"), entry(1)
	s.write(first)
	s.is(s.db.Post(s.Context(), store.Mail{Session: "a", At: begin(), Body: []byte("m")}), nil)
	mails := must(s.db.Mails(s.Context(), "n1", 10))(s)
	before := s.read("a")
	for _, version := range []int64{1, 3} {
		w := next("a", version, 1)
		w.Calls, w.Summary, w.Entry, w.Mail = []ivr.CallID{"other"}, []byte("no"), entry(version), []int64{mails[0].ID}
		w.Keys, w.Shred, w.Ended = []store.Key{{Name: "secret.1", Wrapped: []byte("x")}}, []string{"call"}, begin()
		s.refused(w, store.ErrFenced)
	}
	equal(s, "row", s.read("a"), before)
	equal(s, "journal", must(s.db.Journal(s.Context(), "a"))(s), []store.Entry{*first.Entry})
	equal(s, "mail", must(s.db.Mails(s.Context(), "n1", 10))(s), mails)
	_, err := s.db.ByCall(s.Context(), "other")
	s.is(err, store.ErrNone)
}

// neighbours writes many changes at once, so that they share transactions, of
// which every third is refused.
func neighbours(s *suite) {
	const n = 96
	s.write(fresh("taken", "n1"))
	errs := atOnce(n, func(i int) error {
		w := fresh(fmt.Sprint("s", i), "n1")
		w.Entry = entry(1)
		switch i % 6 {
		case 2:
			w.Version = 2 // of a session that is not there
		case 5:
			w.Calls = append(w.Calls, "call-taken")
		}
		return s.db.Write(s.Context(), w)
	})
	for i, err := range errs {
		_, unread := s.db.Read(s.Context(), ivr.SessionID(fmt.Sprint("s", i)))
		entries := must(s.db.Journal(s.Context(), ivr.SessionID(fmt.Sprint("s", i))))(s)
		_, known := errors.AsType[*store.KnownError](err)
		switch {
		case i%6 == 2 && !errors.Is(err, store.ErrFenced), i%6 == 5 && !known, i%3 != 2 && err != nil:
			s.Errorf("change %d: got error %v", i, err)
		case i%3 == 2 && (!errors.Is(unread, store.ErrNone) || len(entries) != 0):
			s.Errorf("refused change %d was written", i)
		case i%3 != 2 && (unread != nil || len(entries) != 1):
			s.Errorf("change %d was not written: %v, %d rows in its journal", i, unread, len(entries))
		}
	}
}

func callsLead(s *suite) {
	s.write(fresh("a", "n1"), fresh("b", "n1"))
	w := next("a", 2, 1)
	w.Calls = []ivr.CallID{"z", "call-a", "m", "z"} // one that it has, one twice
	s.write(w)
	equal(s, "calls, the oldest first", s.read("a").Calls, []ivr.CallID{"call-a", "z", "m"})
	w = next("a", 3, 1)
	w.Calls = []ivr.CallID{"call-b"}
	s.write(w)
	equal(s, "session of the call", must(s.db.ByCall(s.Context(), "call-b"))(s), ivr.SessionID("a"))
	equal(s, "calls", s.read("a").Calls, []ivr.CallID{"call-a", "z", "m", "call-b"})
	equal(s, "calls that are left", len(s.read("b").Calls), 0)
	s.write(done("a", 4, 1, begin()))
	equal(s, "session of a call that is over", must(s.db.ByCall(s.Context(), "z"))(s), ivr.SessionID("a"))

	none := fresh("c", "n1")
	none.Calls = nil
	s.write(none)
	equal(s, "calls of none", len(s.read("c").Calls), 0)
}

func keys(s *suite) {
	s.join("n1")
	first := fresh("a", "n1")
	first.Keys = []store.Key{{Name: "secret.1", Wrapped: []byte("one")}, {Name: "call", Wrapped: []byte("call")}}
	s.write(first)
	other := fresh("b", "n1")
	other.Keys = first.Keys
	s.write(other)
	w := next("a", 2, 1)
	w.Keys = []store.Key{{Name: "secret.2", Wrapped: []byte("two")}, {Name: "call", Wrapped: []byte("new")}}
	w.Shred = []string{"secret.1", "never.was", "call"}
	s.write(w)
	want := []store.Key{{Name: "call", Wrapped: []byte("new")}, {Name: "secret.2", Wrapped: []byte("two")}}
	equal(s, "keys by name", s.read("a").Keys, want)
	equal(s, "keys of Take", must(s.db.Take(s.Context(), "n1", "a"))(s).Keys, want)
	equal(s, "keys of another", len(s.read("b").Keys), 2)
	w = done("a", 3, 2, begin())
	w.Shred = []string{"call", "secret.2"}
	s.write(w)
	equal(s, "keys that are left", len(s.read("a").Keys), 0)
	equal(s, "keys of another", len(s.read("b").Keys), 2)
}

func summary(s *suite) {
	first := fresh("a", "n1")
	first.Summary = []byte("one")
	s.write(first, next("a", 2, 1))
	equal(s, "summary", string(s.read("a").Summary), "one")
	w := done("a", 3, 1, begin())
	w.Summary = []byte("two")
	s.write(w)
	equal(s, "summary", string(s.read("a").Summary), "two")
}

func cancelled(s *suite) {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if err := s.db.Write(ctx, fresh("a", "n1")); !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUncertain) {
		s.Errorf("got error %v, want %v and nothing uncertain", err, context.Canceled)
	}
	s.write(fresh("b", "n1")) // whatever was queued before is done
	_, err := s.db.Read(s.Context(), "a")
	s.is(err, store.ErrNone)
}

func try(s *suite) {
	s.join("n1")
	s.write(fresh("a", "n1"))
	for want := 1; want <= 3; want++ {
		equal(s, "attempts", must(s.db.Try(s.Context(), "a", 1))(s), want)
	}
	equal(s, "attempts that are read", s.read("a").Attempts, 3)
	_, err := s.db.Try(s.Context(), "a", 2)
	s.is(err, store.ErrFenced)
	_, err = s.db.Try(s.Context(), "b", 1)
	s.is(err, store.ErrFenced)
	equal(s, "attempts of Take", must(s.db.Take(s.Context(), "n1", "a"))(s).Attempts, 3)
	_, err = s.db.Try(s.Context(), "a", 1)
	s.is(err, store.ErrFenced)
	s.refused(next("a", 3, 2), store.ErrFenced)
	equal(s, "attempts after what was refused", s.read("a").Attempts, 3)
	s.write(next("a", 2, 2))
	equal(s, "attempts after a change", s.read("a").Attempts, 0)
	equal(s, "attempts", must(s.db.Try(s.Context(), "a", 2))(s), 1)
	w := next("a", 3, 2)
	w.Attempts = 7
	s.write(w)
	equal(s, "attempts", must(s.db.Try(s.Context(), "a", 2))(s), 8)
	s.write(next("a", 4, 2))
}

func tryAll(s *suite) {
	s.join("n1")
	for _, id := range []string{"a", "b", "c"} {
		s.write(fresh(id, "n1"))
	}
	equal(s, "attempts", must(s.db.Try(s.Context(), "b", 1))(s), 1)
	got := must(s.db.TryAll(s.Context(), []store.Held{{Session: "c", Epoch: 1}, {Session: "a", Epoch: 2}, {Session: "none", Epoch: 1}, {Session: "b", Epoch: 1}}))(s)
	equal(s, "attempts", fmt.Sprint(got), "[1 0 0 2]")
	for id, want := range map[string]int{"a": 0, "b": 2, "c": 1} {
		equal(s, "attempts of "+id, s.read(id).Attempts, want)
	}
	equal(s, "attempts of none", len(must(s.db.TryAll(s.Context(), nil))(s)), 0)
}

// anyBytes are n bytes, of all values.
func anyBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func allLengths(s *suite) {
	s.join("n1")
	for i, n := range []int{1, 2, 255, 256, 1000, 2600, 4096, 8191, 8192, 8193, 65535, 65536, 100_000, 1 << 20} {
		id := fmt.Sprint("s", i)
		b := anyBytes(n)
		w := fresh(id, "n1")
		w.Record, w.Summary, w.Keys = b, b, []store.Key{{Name: "k", Wrapped: b}}
		w.Entry = &store.Entry{At: begin(), Outline: b, Key: "k", Body: b}
		s.write(w)
		s.is(s.db.Post(s.Context(), store.Mail{Session: w.Session, At: begin(), Body: b}), nil)
		s.is(s.db.PutBlob(s.Context(), id, b), nil)
		s.is(s.db.PutFlow(s.Context(), store.FlowVersion{Version: id, Added: begin(), Sources: b}), nil)
		r, e := s.read(id), must(s.db.Journal(s.Context(), w.Session))(s)[0]
		m := must(s.db.Mails(s.Context(), "n1", 1))(s)[0]
		for what, got := range map[string][]byte{"record": r.Record, "summary": r.Summary, "key": r.Keys[0].Wrapped,
			"outline": e.Outline, "body": e.Body, "mail": m.Body, "blob": must(s.db.Blob(s.Context(), id))(s),
			"flow": must(s.db.Flow(s.Context(), id))(s).Sources} {
			if !bytes.Equal(got, b) {
				s.Errorf("%s of %d bytes came back as %d others", what, n, len(got))
			}
		}
		w = done(id, 2, 1, begin())
		s.write(w)
	}
	w := fresh("outline", "n1")
	w.Entry = &store.Entry{At: begin(), Outline: []byte("{}"), Body: []byte{}}
	s.write(w)
	equal(s, "length of an empty body", len(must(s.db.Journal(s.Context(), w.Session))(s)[0].Body), 0)
	s.is(s.db.PutBlob(s.Context(), "none", nil), nil)
	equal(s, "length of an empty blob", len(must(s.db.Blob(s.Context(), "none"))(s)), 0)
}

func notShared(s *suite) {
	w := fresh("a", "n1")
	w.Summary, w.Keys, w.Entry = []byte("s"), []store.Key{{Name: "k", Wrapped: []byte("k")}}, entry(1)
	s.write(w)
	want := store.Row{Session: "a", Version: 1, Epoch: 1, Node: "n1", Flow: "hash1", Name: "support", Tenant: "tenant1", Started: begin(),
		Record: []byte("record 1 of a"), Summary: []byte("s"), Calls: []ivr.CallID{"call-a"}, Keys: []store.Key{{Name: "k", Wrapped: []byte("k")}}}
	entries := []store.Entry{*entry(1)}
	for range 2 {
		for _, b := range [][]byte{w.Record, w.Summary, w.Keys[0].Wrapped, w.Entry.Body} {
			b[0] ^= 0xff
		}
		r := s.read("a")
		equal(s, "row", r, want)
		equal(s, "journal", must(s.db.Journal(s.Context(), "a"))(s), entries)
		w.Record, w.Summary, w.Keys = r.Record, r.Summary, r.Keys // and what came out
	}
}

func texts(s *suite) {
	s.join("n1")
	for i, text := range []string{"", "'; DROP TABLE sessions; --", "Grüße 🎉", `\x00`, "a\tb\nc", "%_*", "longer " + string(bytes.Repeat([]byte("x"), 300))} {
		w := fresh(fmt.Sprint("s", i, text), "n1")
		w.Name, w.Tenant, w.Flow = text, text, text
		w.Entry = &store.Entry{At: begin(), Outline: []byte("{}"), Key: text, Body: []byte("b")}
		s.write(w)
		r := s.read(string(w.Session))
		if r.Session != w.Session || r.Name != text || r.Tenant != text || r.Flow != text || r.Calls[0] != w.Calls[0] {
			s.Errorf("text %q: row came back as %+v", text, r)
		}
		equal(s, "key of the entry", must(s.db.Journal(s.Context(), w.Session))(s)[0].Key, text)
	}
}

func times(s *suite) {
	for i, at := range []time.Time{{}, begin(), begin().In(time.FixedZone("", 3600)), begin().Add(999 * time.Nanosecond),
		time.Unix(0, 0), time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 1000, time.UTC)} {
		w := fresh(fmt.Sprint("s", i), "n1")
		w.Due, w.Ended = at, at
		s.write(w)
		want := at
		if !at.IsZero() {
			want = at.UTC().Truncate(time.Microsecond)
		}
		r := s.read(string(w.Session))
		equal(s, "due", r.Due, want)
		equal(s, "ended", r.Ended, want)
	}
}

// atOnce runs a function n times at the same time.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	wait := make(chan struct{})
	finished := make(chan struct{})
	for i := range n {
		go func() {
			<-wait
			errs[i] = f(i)
			finished <- struct{}{}
		}()
	}
	close(wait)
	for range n {
		<-finished
	}
	return errs
}
