package powerloss_test

import (
	"context"
	"database/sql"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/ivrflow/ivrflow/testkit/powerloss"
)

// settings are how a database is opened.
type settings struct{ journal, synchronous string }

// ledger is a database that is used until its power is cut, and what it said.
type ledger struct {
	settings
	disk  *powerloss.Disk
	acked map[int]int // rows of the transactions that were said to be written
	next  int
}

func (l *ledger) open(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("sqlite", fmt.Sprintf("file:/calls.db?vfs=%s&_pragma=journal_mode(%s)&_pragma=synchronous(%s)&_pragma=busy_timeout(2000)",
		l.disk.Name(), l.journal, l.synchronous))
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, `create table if not exists entry (tx integer, n integer, body blob, sum integer, primary key (tx, n))`)
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// use writes transactions until the power is cut, on two connections, of which
// one reads. It returns how many were said to be written.
func (l *ledger) use(ctx context.Context, r *rand.Rand) (acked int) {
	db, err := l.open(ctx)
	if err != nil {
		return 0
	}
	defer db.Close()
	reader, err := db.Conn(ctx)
	if err != nil {
		return 0
	}
	defer reader.Close()
	for !l.disk.Off() {
		rows := 1 + r.IntN(4)
		l.next++
		if l.write(ctx, db, r, rows) != nil {
			return acked
		}
		l.acked[l.next] = rows
		acked++
		if l.next%7 == 0 {
			var n int
			_ = reader.QueryRowContext(ctx, "select count(*) from entry").Scan(&n)
		}
		if l.next%31 == 0 {
			_, _ = db.ExecContext(ctx, "pragma wal_checkpoint(truncate)")
		}
	}
	return acked
}

func (l *ledger) write(ctx context.Context, db *sql.DB, r *rand.Rand, rows int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for n := range rows {
		body := make([]byte, r.IntN(6000))
		for i := range body {
			body[i] = byte(r.Uint32())
		}
		if _, err := tx.ExecContext(ctx, "insert or replace into entry values (?,?,?,?)", l.next, n, body, crc32.ChecksumIEEE(body)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// verdict is what a database has after a cut.
type verdict struct {
	lost   int    // transactions that were said to be written
	halves int    // transactions of which a part is there
	broken string // why it cannot be read
}

func (l *ledger) check(ctx context.Context) (v verdict) {
	db, err := l.open(ctx)
	if err != nil {
		return verdict{broken: err.Error()}
	}
	defer db.Close()
	var sound string
	if err := db.QueryRowContext(ctx, "pragma integrity_check").Scan(&sound); err != nil || sound != "ok" {
		return verdict{broken: fmt.Sprint(sound, err)}
	}
	found, err := count(ctx, db)
	if err != nil {
		return verdict{broken: err.Error()}
	}
	for tx, rows := range l.acked {
		switch found[tx] {
		case rows:
		case 0:
			v.lost++
			delete(l.acked, tx)
		default:
			v.halves++
			delete(l.acked, tx)
		}
	}
	return v
}

func count(ctx context.Context, db *sql.DB) (map[int]int, error) {
	rows, err := db.QueryContext(ctx, "select tx, body, sum from entry")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[int]int{}
	for rows.Next() {
		var tx int
		var body []byte
		var sum uint32
		if err := rows.Scan(&tx, &body, &sum); err != nil {
			return nil, err
		}
		if crc32.ChecksumIEEE(body) != sum {
			return nil, fmt.Errorf("row of transaction %d has another body", tx)
		}
		found[tx]++
	}
	return found, rows.Err()
}

// result adds up many cuts.
type result struct {
	cuts, acked, lost, halves, broken int
	loss                              powerloss.Loss
	why                               string
}

func (r result) String() string {
	return fmt.Sprintf("%d cuts, %d transactions acknowledged, %d of them lost, %d by halves, %d times unreadable %s; on the disk %d sectors (%d bytes) lost, %d torn, %d names",
		r.cuts, r.acked, r.lost, r.halves, r.broken, r.why, r.loss.Lost, r.loss.Bytes, r.loss.Torn, r.loss.Names)
}

// cut uses one database through many cuts. One that is broken is begun anew.
func cut(t *testing.T, s settings, seed uint64, cuts int) (sum result) {
	t.Helper()
	ctx := t.Context()
	r := rand.New(rand.NewPCG(seed, 1))
	for sum.cuts < cuts {
		disk, err := powerloss.New(seed<<20 + uint64(sum.cuts))
		if err != nil {
			t.Fatal(err)
		}
		l := &ledger{settings: s, disk: disk, acked: map[int]int{}}
		for range 10 {
			disk.CutAfter(r.IntN([]int{30, 150, 600}[r.IntN(3)]))
			sum.acked += l.use(ctx, r)
			sum.loss.Add(disk.Restart())
			sum.cuts++
			v := l.check(ctx)
			sum.lost += v.lost
			sum.halves += v.halves
			if v.broken != "" {
				sum.broken++
				sum.why = "(" + strings.TrimSpace(v.broken) + ")"
				break
			}
		}
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return sum
}
