package powerloss

import (
	"strings"

	sqlite3 "modernc.org/sqlite/lib"
)

// Kind is what SQLite asks of the disk.
type Kind int

// Kinds of Op.
const (
	Write Kind = iota + 1
	Sync
	Truncate
)

// Op is one thing that SQLite asks of the disk.
type Op struct {
	Kind Kind
	File string // its whole path; "": a temporary file
	Log  bool   // it is a write-ahead log, not a database
	Len  int    // bytes, of a Write
}

// Result is what the disk answers.
type Result int32

// Results of an Op.
const (
	OK       Result = sqlite3.SQLITE_OK
	Full     Result = sqlite3.SQLITE_FULL        // no room
	NoQuota  Result = sqlite3.SQLITE_IOERR_WRITE // how SQLite sees a used up quota, and a disk that turned read-only
	SyncLost Result = sqlite3.SQLITE_IOERR_FSYNC // EIO: some of what was written is gone
)

// Obey has a rule decide on every Op from now on, before anything is done, on the
// goroutine that asks for it: it may wait, and use the disk. nil: all goes well.
func (d *Disk) Obey(rule func(Op) Result) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rule = rule
}

// decide asks the rule. The lock is not held.
func (d *Disk) decide(kind Kind, pFile uintptr, n int) Result {
	d.mu.Lock()
	rule, h := d.rule, d.open[pFile]
	d.mu.Unlock()
	if rule == nil || h == nil {
		return OK
	}
	return rule(Op{Kind: kind, File: h.name, Log: strings.HasSuffix(h.name, "-wal"), Len: n})
}
