package powerloss_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/testkit/powerloss"
)

// With a sync before each acknowledgement nothing may be lost: this is what SQLite
// promises, so what is found here is a fault of the disk.
func TestNothingIsLostWithFullSync(t *testing.T) {
	for _, s := range []settings{{"wal", "full"}, {"wal", "extra"}, {"delete", "extra"}, {"truncate", "extra"}} {
		t.Run(s.journal+"/"+s.synchronous, func(t *testing.T) {
			sum := cut(t, s, 1, 100)
			t.Log(sum)
			if sum.lost+sum.halves+sum.broken > 0 {
				t.Errorf("got %v, want nothing lost", sum)
			}
			if !sum.loss.Any() || sum.acked < sum.cuts {
				t.Errorf("got %v: the cuts did not bite", sum)
			}
		})
	}
}

// Without, the disk must be able to show it.
func TestTheDiskHasTeeth(t *testing.T) {
	for _, c := range []struct {
		settings
		breaks bool
	}{
		{settings{"wal", "normal"}, false}, // loses what it acknowledged, and nothing worse
		{settings{"wal", "off"}, true},
		{settings{"delete", "off"}, true},
	} {
		t.Run(c.journal+"/"+c.synchronous, func(t *testing.T) {
			sum := cut(t, c.settings, 2, 100)
			t.Log(sum)
			if sum.lost == 0 {
				t.Errorf("got %v, want acknowledged transactions lost", sum)
			}
			if bad := sum.halves+sum.broken > 0; bad != c.breaks {
				t.Errorf("got %v, want damage %t", sum, c.breaks)
			}
		})
	}
}

// A sync that fails is told, and what it should have kept is gone with the power,
// whatever later syncs say.
func TestASyncFails(t *testing.T) {
	disk, err := powerloss.New(3)
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{settings: settings{"wal", "full"}, disk: disk, acked: map[int]int{}}
	db, err := l.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	disk.FailSync(0)
	for i, want := range []bool{false, true} {
		_, err := db.ExecContext(t.Context(), "insert into entry values (?, 0, '', 0)", i)
		if got := err == nil; got != want {
			t.Errorf("transaction %d: %v, want it written %t", i, err, want)
		}
	}
	db.Close()
	if got := disk.Count(); got.Failed != 1 || got.Syncs < 3 {
		t.Errorf("got %+v, want one sync of many failed", got)
	}
	if err := disk.Close(); err != nil {
		t.Error(err)
	}
}

// The same seed takes the same away.
func TestACutIsRepeatable(t *testing.T) {
	a, b := cut(t, settings{"wal", "normal"}, 7, 20), cut(t, settings{"wal", "normal"}, 7, 20)
	if a != b {
		t.Errorf("got %v and then %v", a, b)
	}
	if c := cut(t, settings{"wal", "normal"}, 8, 20); a == c {
		t.Errorf("seeds 7 and 8 both gave %v", a)
	}
}

func TestADiskInUseIsNotClosed(t *testing.T) {
	disk, err := powerloss.New(4)
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{settings: settings{"wal", "full"}, disk: disk}
	db, err := l.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := disk.Close(); err == nil {
		t.Error("a disk with an open database was taken away")
	}
	db.Close()
	if got, want := len(disk.Files()), 1; got != want {
		t.Errorf("got files %v, want the database alone", disk.Files())
	}
	if err := disk.Close(); err != nil {
		t.Error(err)
	}
}
