// Package faultdisk is a disk for tests that fails: under SQLite it refuses
// writes, breaks syncs, and tells what a power loss would leave.
package faultdisk

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
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
	BadRead  Result = lib.SQLITE_IOERR_READ  // EIO
)

// sector is what a disk writes whole.
const sector = 512

// Disk is one such disk. Name is what sqlite.Options.VFS takes.
type Disk struct {
	name string

	mu    sync.Mutex
	rule  func(Op) Result
	files map[string]*file
}

// file is what is safe of a file, and what is not yet.
type file struct {
	safe    []byte
	pending []change
}

// change is a write, or a truncation if data is nil.
type change struct {
	at   int64
	data []byte
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

// opened notes what an existing file holds: it is safe.
func (d *Disk) opened(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[name] != nil {
		return
	}
	safe, err := os.ReadFile(name)
	if err != nil {
		safe = nil
	}
	d.files[name] = &file{safe: safe}
}

// changed notes what a sync will make safe.
func (d *Disk) changed(name string, c change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[name].pending = append(d.files[name].pending, c)
}

// synced notes that all that was written to a file is safe.
func (d *Disk) synced(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[name]
	for _, c := range f.pending {
		f.safe = c.apply(f.safe)
	}
	f.pending = nil
}

// deleted forgets a file.
func (d *Disk) deleted(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, name)
}

// apply makes a change of bytes.
func (c change) apply(b []byte) []byte {
	end := int(c.at) + len(c.data)
	if c.data == nil {
		return b[:min(len(b), end)]
	}
	if len(b) < end {
		b = append(b, make([]byte, end-len(b))...)
	}
	copy(b[c.at:], c.data)
	return b
}

// PowerLoss writes into a folder what the disk would hold if its power failed
// now: all that was synced, and of the rest any part, in sectors.
func (d *Disk) PowerLoss(dir string, r *rand.Rand) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for name, f := range d.files {
		b := append([]byte(nil), f.safe...)
		keep := r.IntN(3) // none, all, or any part
		for _, c := range f.pending {
			b = c.tear(b, keep, r)
		}
		errs = append(errs, os.WriteFile(filepath.Join(dir, filepath.Base(name)), b, 0o600))
	}
	return errors.Join(errs...)
}

// tear applies none, all (1) or any part (2) of a change.
func (c change) tear(b []byte, keep int, r *rand.Rand) []byte {
	switch {
	case keep == 0:
		return b
	case keep == 1:
		return c.apply(b)
	case c.data == nil:
		if r.IntN(2) == 0 {
			return c.apply(b)
		}
		return b
	}
	for from := 0; from < len(c.data); from += sector {
		to := min(from+sector, len(c.data))
		if r.IntN(2) == 0 {
			b = change{at: c.at + int64(from), data: c.data[from:to]}.apply(b)
		}
	}
	return b
}
