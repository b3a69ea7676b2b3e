package powerloss

import (
	"path"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// maxPath is the longest name of a file, in bytes.
const maxPath = 1024

// handle is an open file.
type handle struct {
	file       *file
	name       string
	life       int
	readOnly   bool
	syncFolder bool // at the next sync: it is new, and something depends on it
	deleteLast bool // at its end
	level      int32
	shm        *shm // that it uses; nil: none
	persistWAL int32
}

// needsFolder are the files that must be found again after a crash: with their
// first sync SQLite syncs their folder, on Unix too.
const needsFolder = sqlite3.SQLITE_OPEN_MAIN_JOURNAL | sqlite3.SQLITE_OPEN_SUPER_JOURNAL | sqlite3.SQLITE_OPEN_WAL

func (d *Disk) vfsOpen(_ thread, _, zName, pFile uintptr, flags int32, pOut uintptr) int32 { //nolint:revive // SQLite says what it is called with
	d.mu.Lock()
	defer d.mu.Unlock()
	at[sqlite3.Tsqlite3_file](pFile).FpMethods = 0
	name := ""
	if zName != 0 {
		name = libc.GoString(zName)
	}
	h, rc := d.openFile(name, flags)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	d.open[pFile] = h
	if pOut != 0 {
		*at[int32](pOut) = flags
	}
	at[sqlite3.Tsqlite3_file](pFile).FpMethods = d.own.io
	return sqlite3.SQLITE_OK
}

func (d *Disk) openFile(name string, flags int32) (*handle, int32) {
	if d.off {
		return nil, sqlite3.SQLITE_IOERR
	}
	h := &handle{
		name:       name,
		life:       d.life,
		readOnly:   flags&sqlite3.SQLITE_OPEN_READONLY != 0,
		deleteLast: flags&sqlite3.SQLITE_OPEN_DELETEONCLOSE != 0,
	}
	if name == "" { // a scratch file of SQLite's
		h.file = &file{}
		return h, sqlite3.SQLITE_OK
	}
	found := d.names.seen[name]
	creates := flags&sqlite3.SQLITE_OPEN_CREATE != 0
	switch {
	case found == nil && !creates,
		found != nil && creates && flags&sqlite3.SQLITE_OPEN_EXCLUSIVE != 0:
		return nil, sqlite3.SQLITE_CANTOPEN
	case found == nil:
		if d.spend() != nil {
			return nil, sqlite3.SQLITE_IOERR
		}
		d.count.Writes++
		found = &file{}
		d.names.set(name, found)
	}
	h.file = found
	h.syncFolder = creates && flags&needsFolder != 0
	return h, sqlite3.SQLITE_OK
}

func (d *Disk) vfsDelete(_ thread, _, zName uintptr, syncFolder int32) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := libc.GoString(zName)
	if d.off {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	if d.names.seen[name] == nil {
		return sqlite3.SQLITE_IOERR_DELETE_NOENT
	}
	if d.spend() != nil {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	d.count.Writes++
	d.names.set(name, nil)
	if syncFolder != 0 {
		if d.spend() != nil || d.syncs() {
			return sqlite3.SQLITE_IOERR_DIR_FSYNC
		}
		d.names.sync(path.Dir(name))
	}
	return sqlite3.SQLITE_OK
}

func (d *Disk) vfsAccess(_ thread, _, zName uintptr, _ int32, pOut uintptr) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return sqlite3.SQLITE_IOERR_ACCESS
	}
	*at[int32](pOut) = libc.Bool32(d.names.seen[libc.GoString(zName)] != nil)
	return sqlite3.SQLITE_OK
}

func (d *Disk) vfsFullPathname(_ thread, _, zName uintptr, n int32, pOut uintptr) int32 {
	name := path.Join("/", libc.GoString(zName))
	if len(name)+1 > int(n) {
		return sqlite3.SQLITE_CANTOPEN
	}
	out := bytes(pOut, n)
	out[copy(out, name)] = 0
	return sqlite3.SQLITE_OK
}
