// Package faultdisk is a disk for tests that fails: under SQLite it refuses
// writes, breaks syncs and takes its time, as a rule says. Package
// testkit/powerloss has a disk that forgets.
package faultdisk

import (
	"sync"

	lib "modernc.org/sqlite/lib"
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
	File string // its whole path
	Log  bool   // it is the write-ahead log, not the database
	Len  int    // bytes, of a Write
}

// Result is what the disk answers.
type Result int32

// Results of an Op.
const (
	OK       Result = lib.SQLITE_OK
	Full     Result = lib.SQLITE_FULL        // no room
	NoQuota  Result = lib.SQLITE_IOERR_WRITE // how SQLite sees a used up quota, and a disk that turned read-only
	SyncLost Result = lib.SQLITE_IOERR_FSYNC // EIO: some of what was written is gone
)

// Disk is one such disk. Name is what sqlite.Options.VFS takes.
type Disk struct {
	name string

	mu   sync.Mutex
	rule func(Op) Result
}

// Name is the disk's among SQLite's file systems.
func (d *Disk) Name() string { return d.name }

// Obey has a rule decide on every Op from now on, on the goroutine that asks for
// it. nil: all goes well.
func (d *Disk) Obey(rule func(Op) Result) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rule = rule
}

// decide asks the rule, which may use the disk.
func (d *Disk) decide(op Op) Result {
	d.mu.Lock()
	rule := d.rule
	d.mu.Unlock()
	if rule == nil {
		return OK
	}
	return rule(op)
}
