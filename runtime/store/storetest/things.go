package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

func counters(s *suite) {
	for i, name := range []string{"a", "b", "a", "a", "b"} {
		want := []int64{1, 1, 2, 3, 2}[i]
		equal(s, "counter "+name, must(s.db.CountUp(s.Context(), name))(s), want)
	}
}

func blobs(s *suite) {
	_, err := s.db.Blob(s.Context(), "recordings/a-1_b.wav")
	s.is(err, store.ErrNone)
	s.is(s.db.PutBlob(s.Context(), "recordings/a-1_b.wav", []byte("one")), nil)
	s.is(s.db.PutBlob(s.Context(), "recordings/a", []byte("two")), nil)
	equal(s, "blob", string(must(s.db.Blob(s.Context(), "recordings/a-1_b.wav"))(s)), "one")
	s.is(s.db.PutBlob(s.Context(), "recordings/a-1_b.wav", []byte("three")), nil)
	equal(s, "blob", string(must(s.db.Blob(s.Context(), "recordings/a-1_b.wav"))(s)), "three")
	equal(s, "other blob", string(must(s.db.Blob(s.Context(), "recordings/a"))(s)), "two")
	equal(s, "kept", string(must(s.db.AddBlob(s.Context(), "recordings/a", []byte("four")))(s)), "two")
	equal(s, "blob", string(must(s.db.Blob(s.Context(), "recordings/a"))(s)), "two")
	var all [8]string
	atOnce(len(all), func(i int) error {
		kept, err := s.db.AddBlob(s.Context(), "new", []byte{'0' + byte(i)})
		all[i] = string(kept)
		return err
	})
	for _, kept := range all {
		equal(s, "added", kept, string(must(s.db.Blob(s.Context(), "new"))(s)))
	}
}

func flows(s *suite) {
	_, err := s.db.Flow(s.Context(), "v1")
	s.is(err, store.ErrNone)
	for i, version := range []string{"v1", "v2", "v3", "v4"} {
		s.is(s.db.PutFlow(s.Context(), store.FlowVersion{Version: version, Name: "support",
			Added: begin().Add(time.Duration(i) * time.Hour), Sources: []byte("sources of " + version), Live: 7}), nil)
	}
	s.is(s.db.PutFlow(s.Context(), store.FlowVersion{Version: "v1", Name: "other", Added: begin(), Sources: []byte("other")}), nil)
	v1 := store.FlowVersion{Version: "v1", Name: "support", Added: begin(), Sources: []byte("sources of v1")}
	equal(s, "flow", must(s.db.Flow(s.Context(), "v1"))(s), v1)

	for i, flow := range []string{"v2", "v1", "v2", "v2", "v1", "v3"} {
		w := fresh(fmt.Sprint("s", i), "n1")
		w.Flow = flow
		s.write(w)
	}
	for _, id := range []string{"s0", "s5"} {
		s.write(done(id, 2, 1, begin()))
	}
	ended := next("s2", 2, 1) // is over, though something is left to do
	ended.Ended = begin()
	s.write(ended)
	var got []string
	for _, f := range must(s.db.Flows(s.Context()))(s) {
		got = append(got, fmt.Sprintf("%s %s %d %d %d", f.Version, f.Name, int(f.Added.Sub(begin()).Hours()), len(f.Sources), f.Live))
	}
	equal(s, "flows", got, []string{"v1 support 0 0 2", "v2 support 1 0 1", "v4 support 3 0 0", "v3 support 2 0 0"})
}

// someSessions writes six sessions: s0 is the oldest, s3 began with s2.
func (s *suite) someSessions() {
	for i, minutes := range []int{0, 1, 2, 2, 4, 5} {
		w := fresh(fmt.Sprint("s", i), "n1")
		w.Started = begin().Add(time.Duration(minutes) * time.Minute)
		if i%2 == 1 {
			w.Flow, w.Name = "hash2", "sales"
		}
		w.Summary, w.Keys = []byte("summary"), []store.Key{{Name: "k", Wrapped: []byte("k")}}
		s.write(w)
	}
	ended := next("s4", 2, 1)
	ended.Ended = begin().Add(time.Hour)
	s.write(done("s1", 2, 1, begin().Add(time.Hour)), ended)
}

func sessions(s *suite) {
	equal(s, "of none", len(must(s.db.Sessions(s.Context(), store.Filter{}))(s)), 0)
	s.someSessions()
	at := func(minutes int) time.Time { return begin().Add(time.Duration(minutes) * time.Minute) }
	for _, c := range []struct {
		f    store.Filter
		want []string
	}{
		{store.Filter{}, []string{"s5", "s4", "s3", "s2", "s1", "s0"}},
		{store.Filter{Live: true}, []string{"s5", "s3", "s2", "s0"}},
		{store.Filter{Over: true}, []string{"s4", "s1"}},
		{store.Filter{Flow: "hash2"}, []string{"s5", "s3", "s1"}},
		{store.Filter{Flow: "support"}, []string{"s4", "s2", "s0"}},
		{store.Filter{Flow: "supp"}, []string{}},
		{store.Filter{Since: at(2)}, []string{"s5", "s4", "s3", "s2"}},
		{store.Filter{Until: at(2)}, []string{"s1", "s0"}},
		{store.Filter{Since: at(1), Until: at(5), Live: true, Flow: "sales"}, []string{"s3"}},
		{store.Filter{Max: 2}, []string{"s5", "s4"}},
		{store.Filter{Before: "s3", Max: 2}, []string{"s2", "s1"}},
		{store.Filter{Before: "s2"}, []string{"s1", "s0"}},
		{store.Filter{Before: "s0"}, []string{}},
		{store.Filter{Before: "s4", Over: true}, []string{"s1"}},
	} {
		equal(s, fmt.Sprintf("sessions %+v", c.f), ids(must(s.db.Sessions(s.Context(), c.f))(s)), c.want)
	}
	_, err := s.db.Sessions(s.Context(), store.Filter{Before: "none"})
	s.is(err, store.ErrNone)
	rows := must(s.db.Sessions(s.Context(), store.Filter{Before: "s1"}))(s)
	equal(s, "row", rows, []store.Row{{Session: "s0", Version: 1, Epoch: 1, Node: "n1", Flow: "hash1", Name: "support",
		Tenant: "tenant1", Started: begin(), Record: []byte("record 1 of s0"), Summary: []byte("summary"),
		Calls: []ivr.CallID{"call-s0"}}})
}

func pages(s *suite) {
	const n = 123
	for i := range n {
		w := fresh(fmt.Sprintf("s%03d", i), "n1")
		w.Started = begin().Add(time.Duration(i/10) * time.Second)
		s.write(w)
	}
	equal(s, "first page", len(must(s.db.Sessions(s.Context(), store.Filter{}))(s)), 100)
	seen := map[string]bool{}
	f := store.Filter{Max: 20}
	for range n {
		page := ids(must(s.db.Sessions(s.Context(), f))(s))
		if len(page) == 0 {
			break
		}
		for _, id := range page {
			if seen[id] {
				s.Fatalf("session %s is on two pages", id)
			}
			seen[id] = true
		}
		f.Before = ivr.SessionID(page[len(page)-1])
	}
	equal(s, "sessions on all pages", len(seen), n)
}

func journal(s *suite) {
	equal(s, "of none", len(must(s.db.Journal(s.Context(), "a"))(s)), 0)
	w := fresh("a", "n1")
	w.Entry = entry(1)
	s.write(w, fresh("b", "n1"))
	var want []store.Entry
	want = append(want, *entry(1))
	for version := int64(2); version <= 12; version++ {
		w := next("a", version, 1)
		if version != 5 {
			w.Entry = entry(version)
			want = append(want, *entry(version))
		}
		s.write(w)
	}
	equal(s, "journal", must(s.db.Journal(s.Context(), "a"))(s), want)
	equal(s, "journal without rows", len(must(s.db.Journal(s.Context(), "b"))(s)), 0)
}

// purge deletes until there is no more.
func (s *suite) purge(l store.Limits) {
	s.Helper()
	for range 1000 {
		if !must(s.db.Purge(s.Context(), l))(s) {
			return
		}
	}
	s.Fatal("Purge finds no end")
}

// overSessions writes three sessions with keys that are over: old, young, and
// one that lives.
func (s *suite) overSessions() {
	s.join("n1")
	for _, id := range []string{"old", "young", "live"} {
		w := fresh(id, "n1")
		w.Keys, w.Entry = []store.Key{{Name: "call", Wrapped: []byte("k")}}, entry(1)
		s.write(w)
	}
	s.post("live", "mail")
	s.write(done("old", 2, 1, begin()), done("young", 2, 1, begin().Add(2*time.Hour)))
}

func purgeKeys(s *suite) {
	s.overSessions()
	s.purge(store.Limits{}) // nothing
	equal(s, "keys", len(s.read("old").Keys), 1)
	s.purge(store.Limits{Keys: begin().Add(time.Hour)})
	equal(s, "keys of the old", len(s.read("old").Keys), 0)
	equal(s, "journal of the old", len(must(s.db.Journal(s.Context(), "old"))(s)), 1)
	equal(s, "keys of the young", len(s.read("young").Keys), 1)
	equal(s, "keys of the live", len(s.read("live").Keys), 1)
}

func purgeSessions(s *suite) {
	s.overSessions()
	s.purge(store.Limits{Sessions: begin().Add(time.Hour)})
	_, err := s.db.Read(s.Context(), "old")
	s.is(err, store.ErrNone)
	_, err = s.db.ByCall(s.Context(), "call-old")
	s.is(err, store.ErrNone)
	equal(s, "journal", len(must(s.db.Journal(s.Context(), "old"))(s)), 0)
	for _, id := range []string{"young", "live"} {
		r := s.read(id)
		equal(s, "keys and calls", []int{len(r.Keys), len(r.Calls)}, []int{1, 1})
		equal(s, "journal", len(must(s.db.Journal(s.Context(), r.Session))(s)), 1)
	}
	equal(s, "mails", s.mails("n1", 10), []string{"mail"})
	s.write(fresh("old", "n1")) // its name and call are free
	equal(s, "keys", len(s.read("old").Keys), 0)
}

func purgeFlows(s *suite) {
	for i, version := range []string{"used", "kept", "old", "young"} {
		s.is(s.db.PutFlow(s.Context(), store.FlowVersion{Version: version, Added: begin().Add(time.Duration(i) * time.Hour)}), nil)
	}
	w := fresh("a", "n1")
	w.Flow = "used"
	s.write(w, done("a", 2, 1, begin()))
	for _, name := range []string{"rec/a", "rec/b", "rec/c", "recall", "tts/a"} {
		s.is(s.db.PutBlob(s.Context(), name, []byte("x")), nil)
	}
	s.purge(store.Limits{Flows: begin().Add(150 * time.Minute), Keep: []string{"kept"},
		Blobs: map[string]time.Time{"rec/": time.Now().AddDate(50, 0, 0), "tts/": time.Now().AddDate(-50, 0, 0)}, KeepBlobs: []string{"rec/c"}})
	for version, want := range map[string]error{"used": nil, "kept": nil, "old": store.ErrNone, "young": nil} {
		if _, err := s.db.Flow(s.Context(), version); !errors.Is(err, want) {
			s.Errorf("flow %s: got error %v, want %v", version, err, want)
		}
	}
	for name, want := range map[string]error{"rec/a": store.ErrNone, "rec/b": store.ErrNone, "rec/c": nil, "recall": nil, "tts/a": nil} {
		if _, err := s.db.Blob(s.Context(), name); !errors.Is(err, want) {
			s.Errorf("blob %s: got error %v, want %v", name, err, want)
		}
	}
}

func purgeMany(s *suite) {
	const n = 700
	atOnce(n, func(i int) error {
		id := fmt.Sprint("s", i)
		w := fresh(id, "n1")
		w.Ended, w.Record = begin(), nil
		w.Keys, w.Entry = []store.Key{{Name: "call", Wrapped: []byte("k")}}, entry(1)
		return s.db.Write(s.Context(), w)
	})
	s.write(fresh("live", "n1"))
	s.purge(store.Limits{Keys: begin().Add(time.Hour), Sessions: begin().Add(time.Hour)})
	equal(s, "sessions", ids(must(s.db.Sessions(s.Context(), store.Filter{}))(s)), []string{"live"})
}
