package storetest

import (
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

func joinRenewLeave(s *suite) {
	_, err := s.db.Renew(s.Context(), "n1", lease)
	s.is(err, store.ErrNone)
	s.join("n1")
	n := must(s.db.Renew(s.Context(), "n1", 2*lease))(s)
	all := must(s.db.Nodes(s.Context()))(s)
	if len(all) != 1 || all[0].Left <= lease || all[0].Left > 2*lease {
		s.Fatalf("nodes %+v: want one that has more than %v left, and at most %v", all, lease, 2*lease)
	}
	all[0].Left = 0
	equal(s, "node", all, []store.Node{{ID: "n1", Host: "host of n1", Started: begin(), Until: n.Until}})
	again := must(s.db.Renew(s.Context(), "n1", lease))(s)
	if d := n.Until.Sub(again.Until); d <= 0 || d > lease {
		s.Errorf("a lease of two hours ends at %v, then one of one hour at %v", n.Until, again.Until)
	}
	s.write(fresh("a", "n1"))
	s.is(s.db.Leave(s.Context(), "n1"), nil)
	equal(s, "nodes", len(must(s.db.Nodes(s.Context()))(s)), 0)
	equal(s, "node of the session", s.read("a").Node, store.NodeID(""))
	_, err = s.db.Renew(s.Context(), "n1", lease)
	s.is(err, store.ErrNone)
	s.is(s.db.Leave(s.Context(), "n1"), nil) // a second time
	s.join("n2")
	equal(s, "claimed", ids(must(s.db.Claim(s.Context(), "n2", 10))(s)), []string{"a"})
}

func joinAlone(s *suite) {
	s.join("n1")
	s.write(fresh("a", "n1"))
	s.is(s.db.Join(s.Context(), store.Node{ID: "n2", Started: begin()}, lease), nil)
	rows := must(s.db.Claim(s.Context(), "n2", 10))(s)
	if s.d.Alone {
		equal(s, "claimed by the only process", ids(rows), []string{"a"})
	} else {
		equal(s, "claimed from a node with a lease", len(rows), 0)
	}
}

func leaseEnds(s *suite) {
	s.join("n1", "n2")
	s.write(fresh("a", "n1"))
	s.d.Age(s.T, s.db, lease/2)
	equal(s, "claimed before the end", len(must(s.db.Claim(s.Context(), "n2", 10))(s)), 0)
	must(s.db.Renew(s.Context(), "n2", lease))(s)
	s.d.Age(s.T, s.db, lease*6/10)
	rows := must(s.db.Claim(s.Context(), "n2", 10))(s)
	equal(s, "claimed after the end", ids(rows), []string{"a"})
}

func owned(s *suite) {
	s.join("n1", "n2")
	s.write(fresh("a", "n1"), fresh("b", "n1"), fresh("c", "n2"))
	over := next("b", 2, 1)
	over.Record, over.Ended = nil, begin()
	s.write(over)
	equal(s, "owned", must(s.db.Owned(s.Context(), "n1"))(s), []ivr.SessionID{"a"})
	equal(s, "owned by nobody known", len(must(s.db.Owned(s.Context(), "n3"))(s)), 0)
	s.is(s.db.Leave(s.Context(), "n1"), nil)
	equal(s, "owned after leaving", len(must(s.db.Owned(s.Context(), "n1"))(s)), 0)
}

func renewLate(s *suite) {
	s.join("n1", "n2")
	s.write(fresh("a", "n1"), fresh("b", "n1"))
	s.expire("n2")
	equal(s, "claimed", ids(must(s.db.Claim(s.Context(), "n2", 1))(s)), []string{"a"})
	must(s.db.Renew(s.Context(), "n1", lease))(s)
	equal(s, "claimed after renewal", len(must(s.db.Claim(s.Context(), "n2", 10))(s)), 0)
	s.refused(next("a", 2, 1), store.ErrFenced) // what was taken stays taken
	s.write(next("b", 2, 1))                    // what was not does not
}

func nodes(s *suite) {
	s.join("n1", "n2", "n3")
	s.write(fresh("a", "n1"), fresh("b", "n2"), fresh("c", "n2"), fresh("d", "n2"))
	s.write(done("d", 2, 1, begin()))
	live := func() map[store.NodeID]int {
		m := map[store.NodeID]int{}
		for _, n := range must(s.db.Nodes(s.Context()))(s) {
			m[n.ID] = n.Live
		}
		return m
	}
	equal(s, "nodes", live(), map[store.NodeID]int{"n1": 1, "n2": 2, "n3": 0})
	s.expire("n1")
	equal(s, "nodes of which two have no lease", live(), map[store.NodeID]int{"n1": 1, "n2": 2})
	must(s.db.Claim(s.Context(), "n1", 10))(s)
	equal(s, "nodes after the claim", live(), map[store.NodeID]int{"n1": 3})

	s.join("n6", "n5", "n4") // in the order of their beginning, not of their names
	must(s.db.Claim(s.Context(), "n4", 10))(s)
	all := must(s.db.Nodes(s.Context()))(s)
	var order []store.NodeID
	for _, n := range all {
		if n.ID != "n1" {
			order = append(order, n.ID)
		}
	}
	equal(s, "order", order, []store.NodeID{"n6", "n5", "n4"})
}

func drain(s *suite) {
	s.join("n1", "n2")
	s.is(s.db.Drain(s.Context(), "n3"), store.ErrNone)
	asked := func(id store.NodeID) bool {
		s.Helper()
		return must(s.db.Renew(s.Context(), id, lease))(s).Drain
	}
	s.is(s.db.Drain(s.Context(), "n1"), nil)
	equal(s, "first asked", asked("n1"), true)
	equal(s, "second asked", asked("n2"), false)
	for _, n := range must(s.db.Nodes(s.Context()))(s) {
		equal(s, "shown as asked", n.Drain, n.ID == "n1")
	}
	s.is(s.db.Drain(s.Context(), ""), nil)
	equal(s, "second asked", asked("n2"), true)
	s.join("n3")
	equal(s, "asked who came later", asked("n3"), false)
}

func claim(s *suite) {
	s.join("n1", "n2")
	keyed := fresh("a", "n1")
	keyed.Keys = []store.Key{{Name: "call", Wrapped: []byte("k")}}
	s.write(keyed, fresh("b", "gone"), fresh("c", ""), fresh("d", "n1"), fresh("over", "gone"))
	s.write(done("over", 2, 1, begin()))
	must(s.db.Try(s.Context(), "a", 1))(s)
	equal(s, "none", len(must(s.db.Claim(s.Context(), "n2", 0))(s)), 0)
	equal(s, "of unknown nodes", ids(must(s.db.Claim(s.Context(), "n2", 10))(s)), []string{"b", "c"})
	equal(s, "again", len(must(s.db.Claim(s.Context(), "n2", 10))(s)), 0)
	s.expire("n2")
	rows := must(s.db.Claim(s.Context(), "n2", 1))(s)
	equal(s, "at most one", rows, []store.Row{{Session: "a", Version: 1, Epoch: 2, Node: "n2", Flow: "hash1",
		Name: "support", Tenant: "tenant1", Started: begin(), Attempts: 1, Record: keyed.Record, Keys: keyed.Keys}})
	equal(s, "the other", ids(must(s.db.Claim(s.Context(), "n2", 1))(s)), []string{"d"})
	equal(s, "node", s.read("a").Node, store.NodeID("n2"))
}

func claimOrder(s *suite) {
	s.join("n1")
	for i, minutes := range []int{7, 3, 0, 9, -5, 1} {
		w := fresh(fmt.Sprint("s", i), "gone")
		if minutes != 0 {
			w.Due = begin().Add(time.Duration(minutes) * time.Minute)
		}
		s.write(w)
	}
	equal(s, "first three", ids(must(s.db.Claim(s.Context(), "n1", 3))(s)), []string{"s4", "s5", "s1"})
	equal(s, "others", ids(must(s.db.Claim(s.Context(), "n1", 10))(s)), []string{"s0", "s3", "s2"})
}

func claimFences(s *suite) {
	s.join("n1", "n2")
	s.write(fresh("a", "n1"), next("a", 2, 1))
	s.expire("n2")
	equal(s, "epoch", must(s.db.Claim(s.Context(), "n2", 10))(s)[0].Epoch, int64(2))
	s.refused(next("a", 3, 1), store.ErrFenced)
	_, err := s.db.Try(s.Context(), "a", 1)
	s.is(err, store.ErrFenced)
	s.write(next("a", 3, 2))
	s.expire("n1")
	equal(s, "epoch", must(s.db.Claim(s.Context(), "n1", 10))(s)[0].Epoch, int64(3))
	s.refused(next("a", 4, 1), store.ErrFenced)
	s.refused(next("a", 4, 2), store.ErrFenced)
	s.write(next("a", 4, 3))
}

func take(s *suite) {
	s.join("n1", "n2")
	w := fresh("a", "n1")
	w.Keys = []store.Key{{Name: "call", Wrapped: []byte("k")}}
	s.write(w, fresh("over", "n1"))
	s.write(done("over", 2, 1, begin()))
	for _, id := range []ivr.SessionID{"none", "over"} {
		_, err := s.db.Take(s.Context(), "n1", id)
		s.is(err, store.ErrNone)
	}
	_, err := s.db.Take(s.Context(), "n2", "a")
	s.is(err, store.ErrElsewhere)
	s.write(next("a", 2, 1)) // an attempt changes nothing
	row := must(s.db.Take(s.Context(), "n1", "a"))(s)
	equal(s, "row", row, store.Row{Session: "a", Version: 2, Epoch: 2, Node: "n1", Flow: "hash1", Name: "support",
		Tenant: "tenant1", Started: begin(), Record: []byte("record 2 of a"), Keys: w.Keys})
	s.expire("n2")
	equal(s, "node", must(s.db.Take(s.Context(), "n2", "a"))(s).Node, store.NodeID("n2"))
	s.refused(next("a", 3, 2), store.ErrFenced)
	s.write(next("a", 3, 3))
	s.is(s.db.Leave(s.Context(), "n2"), nil)
	s.join("n3")
	equal(s, "epoch of what was given up", must(s.db.Take(s.Context(), "n3", "a"))(s).Epoch, int64(4))
}
