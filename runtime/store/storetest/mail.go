package storetest

import (
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

func (s *suite) post(session, body string) {
	s.Helper()
	s.is(s.db.Post(s.Context(), store.Mail{Session: ivr.SessionID(session), Tenant: "tenant1", At: begin(), Body: []byte(body)}), nil)
}

// mails are the bodies of what a node's sessions got.
func (s *suite) mails(node store.NodeID, most int, of ...ivr.SessionID) []string {
	s.Helper()
	var bodies []string
	for _, m := range must(s.db.Mails(s.Context(), node, most, of...))(s) {
		bodies = append(bodies, string(m.Body))
	}
	return bodies
}

func mail(s *suite) {
	s.join("n1", "n2")
	s.write(fresh("a", "n1"), fresh("b", "n1"), fresh("c", "n2"))
	s.is(s.db.Post(s.Context(), store.Mail{Session: "none", At: begin(), Body: []byte("x")}), store.ErrNone)
	for i := range 6 {
		s.post(string("abc"[i%3]), fmt.Sprint(i))
	}
	equal(s, "mails of one", s.mails("n1", 10), []string{"0", "1", "3", "4"})
	equal(s, "mails of the other", s.mails("n2", 10), []string{"2", "5"})
	equal(s, "mails of none", len(s.mails("n3", 10)), 0)
	equal(s, "at most", s.mails("n1", 3), []string{"0", "1", "3"})
	equal(s, "mails of one session", s.mails("n1", 10, "b"), []string{"1", "4"})
	equal(s, "mails of some", s.mails("n1", 3, "b", "none", "a", "c"), []string{"0", "1", "3"})
	equal(s, "mails of another's", len(s.mails("n1", 10, "c")), 0)
	all := must(s.db.Mails(s.Context(), "n1", 10))(s)
	equal(s, "mail", all[1], store.Mail{ID: all[1].ID, Session: "b", Epoch: 1, Tenant: "tenant1", At: begin(), Body: []byte("1")})
	for i := 1; i < len(all); i++ {
		if all[i].ID <= all[i-1].ID {
			s.Errorf("mail %d comes after %d", all[i].ID, all[i-1].ID)
		}
	}
}

func mailMoves(s *suite) {
	s.join("n1", "n2", "n3")
	s.write(fresh("a", "n1"), fresh("b", "n1"))
	s.post("a", "1")
	s.is(s.db.Leave(s.Context(), "n1"), nil)
	s.post("a", "2") // nobody has it
	s.post("b", "3")
	equal(s, "mails of who left", len(s.mails("n1", 10)), 0)
	must(s.db.Take(s.Context(), "n2", "a"))(s)
	equal(s, "mails of who took it", s.mails("n2", 10), []string{"1", "2"})
	equal(s, "epoch of its session", must(s.db.Mails(s.Context(), "n2", 10, "a"))(s)[0].Epoch, int64(2))
	must(s.db.Claim(s.Context(), "n3", 10))(s)
	equal(s, "mails of who claimed it", s.mails("n3", 10), []string{"3"})
}

func mailTenant(s *suite) {
	s.join("n1")
	s.write(fresh("a", "n1"))
	s.is(s.db.Post(s.Context(), store.Mail{Session: "a", Tenant: "tenant2", At: begin(), Body: []byte("x")}), store.ErrNone)
	s.is(s.db.Post(s.Context(), store.Mail{Session: "a", Tenant: "tenant1", At: begin(), Body: []byte("1")}), nil)
	s.is(s.db.Post(s.Context(), store.Mail{Session: "a", At: begin(), Body: []byte("2")}), nil)
	equal(s, "mails", s.mails("n1", 10), []string{"1", "2"})
}

func mailDone(s *suite) {
	s.join("n1")
	s.write(fresh("a", "n1"), fresh("b", "n1"))
	for i, session := range []string{"a", "a", "b", "a"} {
		s.post(session, fmt.Sprint(i))
	}
	all := must(s.db.Mails(s.Context(), "n1", 10))(s)
	w := next("a", 2, 1)
	w.Mail = []int64{all[0].ID, all[2].ID, 1 << 40} // one is another session's, one nobody's
	s.write(w)
	equal(s, "mails", s.mails("n1", 10), []string{"1", "2", "3"})
	w = next("a", 3, 1)
	w.Mail = []int64{all[1].ID, all[3].ID}
	s.write(w)
	equal(s, "mails", s.mails("n1", 10), []string{"2"})
	s.post("a", "4")
	last := must(s.db.Mails(s.Context(), "n1", 10))(s)
	if last[1].ID <= all[3].ID {
		s.Errorf("mail %d was given out after mail %d", last[1].ID, all[3].ID)
	}
	w = next("b", 2, 1)
	w.Mail = []int64{all[2].ID}
	s.write(w)
	w = next("a", 4, 1)
	w.Mail = []int64{last[1].ID}
	s.write(w)
	s.post("a", "5")
	if now := must(s.db.Mails(s.Context(), "n1", 10))(s); len(now) != 1 || now[0].ID <= last[1].ID {
		s.Errorf("mail %v was given out after mail %d was done with", now, last[1].ID)
	}
}

func mailOver(s *suite) {
	s.join("n1")
	s.write(fresh("a", "n1"), fresh("b", "n1"))
	s.post("a", "1")
	s.post("b", "2")
	ended := next("b", 2, 1)
	ended.Ended = begin().Add(time.Minute) // something is left to do
	s.write(done("a", 2, 1, begin().Add(time.Minute)), ended)
	equal(s, "mails", s.mails("n1", 10), []string{"2"})
	s.is(s.db.Post(s.Context(), store.Mail{Session: "a", At: begin(), Body: []byte("3")}), store.ErrNone)
	s.post("b", "4")
	equal(s, "mails", s.mails("n1", 10), []string{"2", "4"})
}

// watch asks for nothing but that a hint comes in the end: mail is posted until
// it does.
func watch(s *suite) {
	s.join("n1", "n2")
	s.write(fresh("a", "n1"), fresh("b", "n2"))
	told := make(chan struct{}, 1)
	stop := s.db.Watch("n1", func() {
		select {
		case told <- struct{}{}:
		default:
		}
	})
	other := s.db.Watch("n2", func() {})
	deadline := time.After(20 * time.Second)
	for i := 0; ; i++ {
		s.post("a", fmt.Sprint(i))
		select {
		case <-told:
			stop()
			other()
			s.post("a", "last") // nobody listens
			return
		case <-time.After(100 * time.Millisecond):
		case <-deadline:
			s.Fatal("nobody was told of the mail")
		}
	}
}
