package powerloss_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/testkit/powerloss"
)

var (
	cuts = flag.Int("cuts", 200, "how often the power of the store is cut")
	seed = flag.Uint64("seed", 1, "what the cuts take away")
)

// bench is a store on a disk whose power is cut, and what it said was stored.
type bench struct {
	*testing.T
	disk *powerloss.Disk
	file string
	life int // how often the power has come back

	mu       sync.Mutex
	sessions map[ivr.SessionID]*known
	blobs    map[string]span
	counter  span
	acked    int
}

// known is what the test knows of a session.
type known struct {
	said span // versions
	over span // which version was its last; 0: none
	mail []string
}

// span is what is there: at least what was acknowledged, at most what was tried.
type span struct{ least, most int64 }

func newBench(t *testing.T, seed uint64) *bench {
	t.Helper()
	disk, err := powerloss.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, disk: disk, file: filepath.Join(t.TempDir(), "calls.db"), sessions: map[ivr.SessionID]*known{}, blobs: map[string]span{}}
	if err := disk.UseByDefault(); err != nil {
		t.Fatal(err)
	}
	disk.WriteFile(b.file, nil) // as the store makes it on a disk that stays
	return b
}

func (b *bench) close() {
	b.Helper()
	if err := b.disk.Close(); err != nil {
		b.Fatal(err)
	}
}

// size is how much is written in one record; some are larger than a page.
func size(r *rand.Rand) int { return []int{40, 400, 3000, 20000}[r.IntN(4)] }

// record is what a version of a session holds: it can be told from any other.
func record(id ivr.SessionID, version int64, n int) []byte {
	r := rand.New(rand.NewPCG(uint64(version), uint64(len(id))))
	head := fmt.Sprintf("%s version %d, %d bytes;", id, version, n)
	b := append([]byte(head), make([]byte, n)...)
	for i := len(head); i < len(b); i++ {
		b[i] = byte(r.Uint32())
	}
	return b
}

// whole says whether bytes are what a version of a session holds.
func whole(id ivr.SessionID, version int64, b []byte) bool {
	var n int
	_, rest, _ := strings.Cut(string(b[:min(len(b), 200)]), " version ")
	var v int64
	if _, err := fmt.Sscanf(rest, "%d, %d bytes;", &v, &n); err != nil {
		return false
	}
	return bytes.Equal(b, record(id, version, n))
}

// use has some writers at work until the power is cut, or for so many changes.
func (b *bench) use(db *sqlite.DB, r *rand.Rand) {
	ctx := b.Context()
	node := store.NodeID(fmt.Sprintf("node%d", b.life))
	if err := db.Join(ctx, store.Node{ID: node, Started: time.Now()}, time.Hour); err != nil {
		return
	}
	rows, err := db.Claim(ctx, node, 1000)
	if err != nil {
		return
	}
	var wg sync.WaitGroup
	const writers = 6
	for i := range writers {
		var mine []store.Row
		for j, row := range rows {
			if j%writers == i {
				mine = append(mine, row)
			}
		}
		w := &scribe{bench: b, db: db, node: node, name: fmt.Sprintf("%d-%d", b.life, i), rand: rand.New(rand.NewPCG(r.Uint64(), 1)), mine: mine}
		wg.Go(func() { w.run(ctx) })
	}
	wg.Wait()
}

// scribe is one of those who write.
type scribe struct {
	*bench
	db   *sqlite.DB
	node store.NodeID
	name string
	rand *rand.Rand
	mine []store.Row
	made int
}

func (s *scribe) run(ctx context.Context) {
	for range 400 {
		var err error
		switch n := s.rand.IntN(20); {
		case n == 0:
			err = s.count(ctx)
		case n == 1:
			err = s.blob(ctx)
		case n < 5 || len(s.mine) == 0:
			err = s.begin(ctx)
		case n < 7:
			err = s.post(ctx)
		default:
			err = s.change(ctx)
		}
		if err != nil {
			return // the power is gone
		}
	}
}

// trying writes down what is about to be written, and afterwards whether it was.
func (s *scribe) trying(mark func(), write func() error, done func()) error {
	s.mu.Lock()
	mark()
	s.mu.Unlock()
	err := write()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked++
	done()
	return nil
}

func (s *scribe) begin(ctx context.Context) error {
	s.made++
	id := ivr.SessionID(fmt.Sprintf("s%s-%d", s.name, s.made))
	k := &known{}
	w := &store.Write{Session: id, Version: 1, Epoch: 1, Node: s.node, Flow: "f", Name: "desk", Tenant: "t", Started: time.Now(),
		Calls: []ivr.CallID{ivr.CallID("call-" + id)}, Urgent: true, Record: record(id, 1, size(s.rand)),
		Keys:  []store.Key{{Name: "call", Wrapped: record(id, 1, 16)}},
		Entry: &store.Entry{Version: 1, At: time.Now(), Outline: []byte("{}"), Key: "call", Body: record(id, 1, size(s.rand))}}
	return s.trying(func() { s.sessions[id] = k; k.said.most = 1 },
		func() error { return s.db.Write(ctx, w) },
		func() {
			k.said.least = 1
			s.mine = append(s.mine, store.Row{Session: id, Version: 1, Epoch: 1})
		})
}

func (s *scribe) change(ctx context.Context) error {
	i := s.rand.IntN(len(s.mine))
	row := &s.mine[i]
	s.mu.Lock()
	k := s.sessions[row.Session]
	s.mu.Unlock()
	v := row.Version + 1
	w := &store.Write{Session: row.Session, Version: v, Epoch: row.Epoch, Due: time.Now(), Record: record(row.Session, v, size(s.rand)),
		Shred: []string{"secret"}, Keys: []store.Key{{Name: "secret", Wrapped: record(row.Session, v, 16)}},
		Entry: &store.Entry{Version: v, At: time.Now(), Outline: []byte("{}"), Key: "call", Body: record(row.Session, v, size(s.rand))}}
	last := s.rand.IntN(12) == 0
	if last {
		w.Record, w.Ended = nil, time.Now()
	}
	err := s.trying(func() {
		k.said.most = v
		if last {
			k.over.most = v
		}
	}, func() error { return s.db.Write(ctx, w) }, func() {
		k.said.least = v
		if last {
			k.over.least = v
		}
	})
	row.Version = v
	if last {
		s.mine = append(s.mine[:i], s.mine[i+1:]...)
	}
	return err
}

func (s *scribe) post(ctx context.Context) error {
	row := s.mine[s.rand.IntN(len(s.mine))]
	s.mu.Lock()
	k := s.sessions[row.Session]
	s.mu.Unlock()
	body := fmt.Sprintf("mail %d of %s", s.rand.Uint64(), s.name)
	return s.trying(func() {}, func() error {
		return s.db.Post(ctx, store.Mail{Session: row.Session, Tenant: "t", At: time.Now(), Body: []byte(body)})
	}, func() { k.mail = append(k.mail, body) })
}

func (s *scribe) count(ctx context.Context) error {
	var n int64
	return s.trying(func() { s.counter.most++ }, func() (err error) {
		n, err = s.db.CountUp(ctx, "turn")
		return err
	}, func() { s.counter.least = max(s.counter.least, n) })
}

func (s *scribe) blob(ctx context.Context) error {
	name := "flows/" + s.name
	s.mu.Lock()
	v := s.blobs[name].most + 1
	s.mu.Unlock()
	return s.trying(func() { s.blobs[name] = span{s.blobs[name].least, v} },
		func() error { return s.db.PutBlob(ctx, name, record(ivr.SessionID(name), v, size(s.rand))) },
		func() { s.blobs[name] = span{v, v} })
}

// open opens the store, which it must let be opened whatever the cut has left.
func (b *bench) open() *sqlite.DB {
	b.Helper()
	db, err := sqlite.Open(b.Context(), b.file, sqlite.Options{})
	if err != nil {
		b.Fatalf("after cut %d: %v", b.life, err)
	}
	return db
}

// check compares what is there with what was said. What was only tried may be
// there or not; from now on it is known.
func (b *bench) check(db *sqlite.DB) {
	b.Helper()
	for id, k := range b.sessions {
		if err := b.session(db, id, k); err != nil {
			b.Errorf("session %s (written %+v, over %+v): %v", id, k.said, k.over, err)
		}
	}
	for name, v := range b.blobs {
		data, err := db.Blob(b.Context(), name)
		if v.least == 0 && errors.Is(err, store.ErrNone) {
			delete(b.blobs, name)
			continue
		}
		found := int64(-1)
		for n := v.least; n <= v.most && err == nil; n++ {
			if whole(ivr.SessionID(name), n, data) {
				found = n
			}
		}
		if found < 0 {
			b.Errorf("blob %s of version %+v: %v", name, v, err)
		}
		b.blobs[name] = span{found, found}
	}
	n, err := db.CountUp(b.Context(), "turn")
	if err != nil || n <= b.counter.least || n > b.counter.most+1 {
		b.Errorf("the counter is %d (%v), it was said to be %+v", n, err, b.counter)
	}
	b.counter = span{n, n}
}

func (b *bench) session(db *sqlite.DB, id ivr.SessionID, k *known) error {
	row, err := db.Read(b.Context(), id)
	if errors.Is(err, store.ErrNone) && k.said.least == 0 {
		delete(b.sessions, id)
		return nil
	}
	if err != nil {
		return err
	}
	if row.Version < k.said.least || row.Version > k.said.most {
		return fmt.Errorf("it is at version %d", row.Version)
	}
	if over := row.Record == nil; over != (k.over.most == row.Version) || over != !row.Ended.IsZero() {
		return fmt.Errorf("at version %d its end is %v", row.Version, row.Ended)
	} else if !over && !whole(id, row.Version, row.Record) {
		return fmt.Errorf("version %d has a record of another", row.Version)
	}
	if err := b.details(db, id, row); err != nil {
		return err
	}
	if row.Version < k.over.most {
		k.over = span{}
	}
	k.said = span{row.Version, row.Version}
	return b.mails(db, row, k)
}

// details are what a change writes besides the record.
func (b *bench) details(db *sqlite.DB, id ivr.SessionID, row store.Row) error {
	entries, err := db.Journal(b.Context(), id)
	if err != nil || int64(len(entries)) != row.Version {
		return errors.Join(err, fmt.Errorf("version %d has %d entries in its journal", row.Version, len(entries)))
	}
	for i, e := range entries {
		if e.Version != int64(i)+1 || !whole(id, e.Version, e.Body) {
			return fmt.Errorf("entry %d of its journal is one of version %d, or not whole", i+1, e.Version)
		}
	}
	for _, key := range row.Keys {
		version := int64(1)
		if key.Name == "secret" {
			version = row.Version
		}
		if !whole(id, version, key.Wrapped) {
			return fmt.Errorf("version %d has a key %s of another", row.Version, key.Name)
		}
	}
	if want := min(2, int(row.Version)); len(row.Keys) != want {
		return fmt.Errorf("version %d has %d keys, want %d", row.Version, len(row.Keys), want)
	}
	found, err := db.ByCall(b.Context(), ivr.CallID("call-"+id))
	if err != nil || found != id {
		return errors.Join(err, fmt.Errorf("its call leads to %q", found))
	}
	return nil
}

func (b *bench) mails(db *sqlite.DB, row store.Row, k *known) error {
	if row.Record == nil {
		k.mail = nil
		return nil
	}
	all, err := db.Mails(b.Context(), row.Node, 100_000)
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for _, m := range all {
		found[string(m.Body)] = true
	}
	for _, body := range k.mail {
		if !found[body] {
			return fmt.Errorf("%q was posted and is gone", body)
		}
	}
	return nil
}

// again opens the store and checks it. One time in three the power goes once more,
// while the store closes and moves its log into its file.
func (b *bench) again(r *rand.Rand, loss *powerloss.Loss) {
	b.Helper()
	db := b.open()
	b.check(db)
	cut := r.IntN(3) == 0
	if cut {
		b.disk.CutAfter(r.IntN(40))
	}
	if err := db.Close(); err != nil && !cut {
		b.Errorf("after cut %d: %v", b.life, err)
	}
	if cut {
		loss.Add(b.disk.Restart())
		db := b.open()
		b.check(db)
		if err := db.Close(); err != nil {
			b.Errorf("after cut %d: %v", b.life, err)
		}
	}
}

// The store as it is, on a disk whose power is cut: what it acknowledged is there,
// nothing is there by halves, and it opens.
func TestStoreLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 2))
	var loss powerloss.Loss
	acked, done := 0, 0
	for done < *cuts && !t.Failed() {
		b := newBench(t, *seed<<20+uint64(done))
		for range min(10, *cuts-done) {
			b.disk.CutAfter(r.IntN([]int{20, 100, 400, 1500}[r.IntN(4)]))
			if db, err := sqlite.Open(t.Context(), b.file, sqlite.Options{}); err == nil {
				b.use(db, r)
				db.Close() // which may fail, like all else
			}
			loss.Add(b.disk.Restart())
			b.life++
			done++
			b.again(r, &loss)
			if t.Failed() {
				t.Fatalf("run it again with -seed=%d -cuts=%d", *seed, *cuts)
			}
		}
		acked += b.acked
		b.close()
	}
	t.Logf("%d cuts, %d changes acknowledged; on the disk %+v lost", done, acked, loss)
	if !loss.Any() || acked < 3*done {
		t.Errorf("the cuts did not bite: %d changes, %+v", acked, loss)
	}
}
