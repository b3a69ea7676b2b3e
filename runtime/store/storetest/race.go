package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// manySessions has 64 goroutines write and read, each its own sessions.
func manySessions(s *suite) {
	const goroutines, changes = 64, 12
	errs := atOnce(goroutines, func(i int) error {
		for j := range 2 {
			id := fmt.Sprintf("s%d-%d", i, j)
			for version := int64(1); version <= changes; version++ {
				w := next(id, version, 1)
				if version == 1 {
					w = fresh(id, "n1")
				}
				w.Entry, w.Urgent = entry(version), i%2 == 0
				if err := s.db.Write(s.Context(), w); err != nil {
					return fmt.Errorf("version %d of %s: %w", version, id, err)
				}
				row, err := s.db.Read(s.Context(), w.Session)
				if err != nil || row.Version != version || string(row.Record) != string(w.Record) {
					return fmt.Errorf("version %d of %s was read as %d: %w", version, id, row.Version, err)
				}
			}
		}
		return nil
	})
	s.is(errors.Join(errs...), nil)
	for i := range goroutines {
		equal(s, "rows in the journal", len(must(s.db.Journal(s.Context(), ivr.SessionID(fmt.Sprintf("s%d-1", i))))(s)), changes)
	}
}

// twoWriters has several write each version of one session: one of them wins.
func twoWriters(s *suite) {
	const writers, versions = 4, 25
	for version := int64(1); version <= versions; version++ {
		var won atomic.Int64
		won.Store(-1)
		errs := atOnce(writers, func(i int) error {
			w := next("a", version, 1)
			if version == 1 {
				w = fresh("a", "n1")
			}
			w.Record, w.Entry = fmt.Append(nil, i), entry(version)
			err := s.db.Write(s.Context(), w)
			if err == nil && !won.CompareAndSwap(-1, int64(i)) {
				return fmt.Errorf("version %d was written twice", version)
			}
			if _, known := errors.AsType[*store.KnownError](err); known || errors.Is(err, store.ErrFenced) {
				return nil
			}
			return err
		})
		s.is(errors.Join(errs...), nil)
		row := s.read("a")
		if row.Version != version || string(row.Record) != fmt.Sprint(won.Load()) {
			s.Fatalf("writer %d won version %d, but version %d has the record of writer %s", won.Load(), version, row.Version, row.Record)
		}
	}
	equal(s, "rows in the journal", len(must(s.db.Journal(s.Context(), "a"))(s)), versions)
}

// twoClaim has nodes claim at once: each session is claimed once.
func twoClaim(s *suite) {
	const sessions, nodes = 60, 4
	for i := range sessions {
		s.write(fresh(fmt.Sprint("s", i), "gone"))
	}
	s.join("n0", "n1", "n2", "n3")
	claimed := make([][]store.Row, nodes)
	errs := atOnce(nodes, func(i int) error {
		for {
			rows, err := s.db.Claim(s.Context(), store.NodeID(fmt.Sprint("n", i)), 7)
			if err != nil || len(rows) == 0 {
				return err
			}
			claimed[i] = append(claimed[i], rows...)
		}
	})
	s.is(errors.Join(errs...), nil)
	by := map[ivr.SessionID]int{}
	for i, rows := range claimed {
		for _, r := range rows {
			if other, twice := by[r.Session]; twice || r.Epoch != 2 {
				s.Errorf("session %s was claimed by nodes %d and %d, epoch %d", r.Session, other, i, r.Epoch)
			}
			by[r.Session] = i
		}
	}
	equal(s, "claimed", len(by), sessions)
}

func countersAtOnce(s *suite) {
	const n = 64
	var sum atomic.Int64
	errs := atOnce(n, func(int) error {
		v, err := s.db.CountUp(s.Context(), "c")
		sum.Add(v)
		return err
	})
	s.is(errors.Join(errs...), nil)
	equal(s, "sum of all answers", sum.Load(), int64(n*(n+1)/2))
}

// reopened closes the database and opens it again: all is there.
func reopened(s *suite) {
	if s.d.Reopen == nil {
		return // it keeps nothing, and says so
	}
	s.join("n1")
	w := fresh("a", "n1")
	w.Entry, w.Keys = entry(1), []store.Key{{Name: "call", Wrapped: []byte("k")}}
	s.write(w)
	must(s.db.CountUp(s.Context(), "c"))(s)
	s.post("a", "mail")
	s.is(s.db.PutBlob(s.Context(), "b", []byte("blob")), nil)
	s.is(s.db.PutFlow(s.Context(), store.FlowVersion{Version: "v", Added: begin(), Sources: []byte("s")}), nil)
	row, mails := s.read("a"), must(s.db.Mails(s.Context(), "n1", 10))(s)
	s.db = s.d.Reopen(s.T, s.db)
	equal(s, "row", s.read("a"), row)
	equal(s, "journal", must(s.db.Journal(s.Context(), "a"))(s), []store.Entry{*w.Entry})
	equal(s, "mails", must(s.db.Mails(s.Context(), "n1", 10))(s), mails)
	equal(s, "counter", must(s.db.CountUp(s.Context(), "c"))(s), int64(2))
	equal(s, "blob", string(must(s.db.Blob(s.Context(), "b"))(s)), "blob")
	equal(s, "flow", string(must(s.db.Flow(s.Context(), "v"))(s).Sources), "s")
	s.write(next("a", 2, 1))
}
