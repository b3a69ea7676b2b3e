package powerloss

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// locks are who has a file, in one life of the disk.
type locks struct {
	life    int
	holders map[*handle]bool
	shm     *shm
}

// shm is the memory that the connections to one database share. It is no part of
// the disk: after a cut there is a new one.
type shm struct {
	users   map[*handle]bool
	regions []uintptr
	slots   [sqlite3.SQLITE_SHM_NLOCK]struct {
		shared map[*handle]bool
		alone  *handle
	}
}

// of is the locks of a handle's file. The lock is held.
func (d *Disk) of(h *handle) *locks {
	l := d.locks[h.file]
	if l == nil || l.life != h.life {
		l = &locks{life: h.life, holders: map[*handle]bool{}}
		d.locks[h.file] = l
	}
	return l
}

// others is the highest level at which others than h have the file.
func (l *locks) others(h *handle) int32 {
	top := int32(sqlite3.SQLITE_LOCK_NONE)
	for o := range l.holders {
		if o != h {
			top = max(top, o.level)
		}
	}
	return top
}

func (d *Disk) fileLock(_ thread, pFile uintptr, level int32) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil {
		return sqlite3.SQLITE_IOERR_LOCK
	}
	if h.level >= level {
		return sqlite3.SQLITE_OK
	}
	l := d.of(h)
	others := l.others(h)
	switch {
	case level == sqlite3.SQLITE_LOCK_SHARED && others >= sqlite3.SQLITE_LOCK_PENDING,
		level > sqlite3.SQLITE_LOCK_SHARED && others >= sqlite3.SQLITE_LOCK_RESERVED:
		return sqlite3.SQLITE_BUSY
	case level == sqlite3.SQLITE_LOCK_EXCLUSIVE && others >= sqlite3.SQLITE_LOCK_SHARED:
		h.level = sqlite3.SQLITE_LOCK_PENDING // no new readers
		return sqlite3.SQLITE_BUSY
	}
	h.level = level
	l.holders[h] = true
	return sqlite3.SQLITE_OK
}

func (d *Disk) fileUnlock(_ thread, pFile uintptr, level int32) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil {
		return sqlite3.SQLITE_OK
	}
	h.level = min(h.level, level)
	if h.level == sqlite3.SQLITE_LOCK_NONE {
		d.release(h)
	}
	return sqlite3.SQLITE_OK
}

// release gives all locks of a handle up. The lock is held.
func (d *Disk) release(h *handle) {
	l := d.locks[h.file]
	if l == nil || l.life != h.life {
		return
	}
	h.level = sqlite3.SQLITE_LOCK_NONE
	delete(l.holders, h)
	if len(l.holders) == 0 && l.shm == nil {
		delete(d.locks, h.file)
	}
}

func (d *Disk) fileCheckReserved(_ thread, pFile, pOut uintptr) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil {
		return sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK
	}
	l := d.of(h)
	*at[int32](pOut) = libc.Bool32(max(l.others(h), h.level) >= sqlite3.SQLITE_LOCK_RESERVED)
	return sqlite3.SQLITE_OK
}
