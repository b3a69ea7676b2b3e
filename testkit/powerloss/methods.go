package powerloss

import (
	"path"
	"slices"

	sqlite3 "modernc.org/sqlite/lib"
)

// live is the handle at an address, or nil if its power went. The lock is held.
func (d *Disk) live(pFile uintptr) *handle {
	h := d.open[pFile]
	if d.off || h == nil || h.life != d.life {
		return nil
	}
	return h
}

func (d *Disk) fileClose(tls thread, pFile uintptr) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.open[pFile]
	if h == nil {
		return sqlite3.SQLITE_OK
	}
	d.unshare(tls, h)
	d.release(h)
	delete(d.open, pFile)
	if h.deleteLast && h.name != "" && h.life == d.life && !d.off && d.spend() == nil {
		d.names.set(h.name, nil)
	}
	return sqlite3.SQLITE_OK
}

func (d *Disk) fileRead(_ thread, pFile, p uintptr, n int32, from int64) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil {
		return sqlite3.SQLITE_IOERR_READ
	}
	out := bytes(p, n)
	got := 0
	if from < int64(len(h.file.seen)) {
		got = copy(out, h.file.seen[from:])
	}
	clear(out[got:])
	if got < len(out) {
		return sqlite3.SQLITE_IOERR_SHORT_READ
	}
	return sqlite3.SQLITE_OK
}

func (d *Disk) fileWrite(_ thread, pFile, p uintptr, n int32, to int64) int32 {
	if r := d.decide(Write, pFile, int(n)); r != OK {
		return int32(r)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil || h.readOnly || d.spend() != nil {
		return sqlite3.SQLITE_IOERR_WRITE
	}
	d.count.Writes++
	h.file.change(change{at: int(to), data: slices.Clone(bytes(p, n))})
	return sqlite3.SQLITE_OK
}

func (d *Disk) fileTruncate(_ thread, pFile uintptr, size int64) int32 {
	if r := d.decide(Truncate, pFile, 0); r != OK {
		return int32(r)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil || h.readOnly || d.spend() != nil {
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	d.count.Writes++
	h.file.change(change{at: int(size)})
	return sqlite3.SQLITE_OK
}

func (d *Disk) fileSync(_ thread, pFile uintptr, _ int32) int32 {
	if r := d.decide(Sync, pFile, 0); r != OK {
		return d.refuseSync(pFile, r)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil || d.spend() != nil {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	if d.syncs() {
		h.file.forget()
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	h.file.sync()
	if h.syncFolder {
		if d.spend() != nil {
			return sqlite3.SQLITE_IOERR_DIR_FSYNC
		}
		d.names.sync(path.Dir(h.name))
		h.syncFolder = false
	}
	return sqlite3.SQLITE_OK
}

// refuseSync has a rule's answer come true: what a sync that fails should have kept
// is not kept.
func (d *Disk) refuseSync(pFile uintptr, r Result) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count.Syncs++
	d.count.Failed++
	if h := d.live(pFile); h != nil {
		h.file.forget()
	}
	return int32(r)
}

func (d *Disk) fileSize(_ thread, pFile, pOut uintptr) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil {
		return sqlite3.SQLITE_IOERR_FSTAT
	}
	*at[int64](pOut) = int64(len(h.file.seen))
	return sqlite3.SQLITE_OK
}

// fileControl answers what the system's VFS would, as far as it bears on what is
// written when.
func (d *Disk) fileControl(_ thread, pFile uintptr, op int32, p uintptr) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil {
		return sqlite3.SQLITE_IOERR
	}
	switch op {
	case sqlite3.SQLITE_FCNTL_PERSIST_WAL:
		if v := at[int32](p); *v < 0 {
			*v = h.persistWAL
		} else {
			h.persistWAL = *v
		}
		return sqlite3.SQLITE_OK
	case sqlite3.SQLITE_FCNTL_HAS_MOVED:
		*at[int32](p) = 0
		if h.name != "" && d.names.seen[h.name] != h.file {
			*at[int32](p) = 1
		}
		return sqlite3.SQLITE_OK
	case sqlite3.SQLITE_FCNTL_SIZE_HINT:
		return sqlite3.SQLITE_OK
	}
	return sqlite3.SQLITE_NOTFOUND
}

func (d *Disk) fileSectorSize(thread, uintptr) int32 { return 4096 }

func (d *Disk) fileCharacteristics(thread, uintptr) int32 {
	return sqlite3.SQLITE_IOCAP_POWERSAFE_OVERWRITE | sqlite3.SQLITE_IOCAP_SUBPAGE_READ
}
