package powerloss

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

func (d *Disk) shmMap(tls thread, pFile uintptr, region, size, extend int32, pOut uintptr) int32 { //nolint:revive // SQLite says what it is called with
	d.mu.Lock()
	defer d.mu.Unlock()
	*at[uintptr](pOut) = 0
	h := d.live(pFile)
	if h == nil {
		return sqlite3.SQLITE_IOERR_SHMMAP
	}
	l := d.of(h)
	if l.shm == nil {
		l.shm = &shm{users: map[*handle]bool{}}
	}
	s := l.shm
	s.users[h] = true
	h.shm = s
	for len(s.regions) <= int(region) {
		if extend == 0 {
			return sqlite3.SQLITE_OK
		}
		p := libc.Xcalloc(tls, 1, libc.Tsize_t(size))
		if p == 0 {
			return sqlite3.SQLITE_NOMEM
		}
		s.regions = append(s.regions, p)
	}
	*at[uintptr](pOut) = s.regions[region]
	return sqlite3.SQLITE_OK
}

func (d *Disk) shmLock(_ thread, pFile uintptr, from, n, flags int32) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.live(pFile)
	if h == nil || h.shm == nil {
		return sqlite3.SQLITE_IOERR_SHMLOCK
	}
	s := h.shm
	slots := s.slots[from : from+n]
	switch {
	case flags&sqlite3.SQLITE_SHM_UNLOCK != 0:
		for i := range slots {
			s.unlock(h, int(from)+i)
		}
	case flags&sqlite3.SQLITE_SHM_SHARED != 0:
		for i := range slots {
			if a := slots[i].alone; a != nil && a != h {
				return sqlite3.SQLITE_BUSY
			}
		}
		for i := range slots {
			if slots[i].shared == nil {
				slots[i].shared = map[*handle]bool{}
			}
			slots[i].shared[h] = true
		}
	default:
		for i := range slots {
			if a := slots[i].alone; a != nil && a != h || len(slots[i].shared) > 0 {
				return sqlite3.SQLITE_BUSY
			}
		}
		for i := range slots {
			slots[i].alone = h
		}
	}
	return sqlite3.SQLITE_OK
}

func (s *shm) unlock(h *handle, i int) {
	delete(s.slots[i].shared, h)
	if s.slots[i].alone == h {
		s.slots[i].alone = nil
	}
}

func (d *Disk) shmBarrier(thread, uintptr) {
	d.mu.Lock()   // orders what comes before and after
	d.mu.Unlock() //nolint:staticcheck // there is nothing to do in between
}

func (d *Disk) shmUnmap(tls thread, pFile uintptr, _ int32) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.open[pFile]; h != nil {
		d.unshare(tls, h)
	}
	return sqlite3.SQLITE_OK
}

// unshare takes a handle from the shared memory; the last one frees it. The lock
// is held.
func (d *Disk) unshare(tls thread, h *handle) {
	if h.shm == nil {
		return
	}
	s := h.shm
	h.shm = nil
	for i := range s.slots {
		s.unlock(h, i)
	}
	delete(s.users, h)
	if len(s.users) > 0 {
		return
	}
	for _, p := range s.regions {
		libc.Xfree(tls, p)
	}
	s.regions = nil
	if l := d.locks[h.file]; l != nil && l.shm == s {
		l.shm = nil
	}
}
