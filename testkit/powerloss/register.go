package powerloss

import (
	"fmt"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// registration is what SQLite holds of a disk. It points to functions of ours,
// which must not be collected as long as SQLite may call them: held keeps them.
type registration struct {
	tls    thread
	vfs    uintptr
	io     uintptr
	name   uintptr
	system uintptr // the VFS that was used before
	held   []any
}

// handleSize is the size of SQLite's part of an open file: a pointer to the
// methods. Ours is found by its address.
const handleSize = unsafe.Sizeof(sqlite3.Tsqlite3_file{})

// register tells SQLite about a disk. What has nothing to do with files, as the
// clock, is as in the VFS of the system.
func register(d *Disk) (*registration, error) {
	r := &registration{tls: libc.NewTLS()}
	system := sqlite3.Xsqlite3_vfs_find(r.tls, 0)
	name, err := libc.CString(d.name)
	if err != nil || system == 0 {
		r.tls.Close()
		return nil, fmt.Errorf("tell SQLite about the disk: %w", err)
	}
	r.name, r.system = name, system
	r.vfs = libc.Xcalloc(r.tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	r.io = libc.Xcalloc(r.tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
	r.fillMethods(d)
	r.fillVFS(d, at[sqlite3.Tsqlite3_vfs](system))
	if rc := sqlite3.Xsqlite3_vfs_register(r.tls, r.vfs, 0); rc != sqlite3.SQLITE_OK {
		r.free()
		return nil, fmt.Errorf("tell SQLite about the disk: code %d", rc)
	}
	return r, nil
}

func (r *registration) fillVFS(d *Disk, system *sqlite3.Tsqlite3_vfs) {
	v := at[sqlite3.Tsqlite3_vfs](r.vfs)
	*v = *system
	v.FiVersion = 2
	v.FszOsFile = int32(handleSize)
	v.FmxPathname = maxPath
	v.FpNext = 0
	v.FzName = r.name
	v.FpAppData = 0
	v.FxOpen = pointer(r, d.vfsOpen)
	v.FxDelete = pointer(r, d.vfsDelete)
	v.FxAccess = pointer(r, d.vfsAccess)
	v.FxFullPathname = pointer(r, d.vfsFullPathname)
}

func (r *registration) fillMethods(d *Disk) {
	*at[sqlite3.Tsqlite3_io_methods](r.io) = sqlite3.Tsqlite3_io_methods{
		FiVersion:               2,
		FxClose:                 pointer(r, d.fileClose),
		FxRead:                  pointer(r, d.fileRead),
		FxWrite:                 pointer(r, d.fileWrite),
		FxTruncate:              pointer(r, d.fileTruncate),
		FxSync:                  pointer(r, d.fileSync),
		FxFileSize:              pointer(r, d.fileSize),
		FxLock:                  pointer(r, d.fileLock),
		FxUnlock:                pointer(r, d.fileUnlock),
		FxCheckReservedLock:     pointer(r, d.fileCheckReserved),
		FxFileControl:           pointer(r, d.fileControl),
		FxSectorSize:            pointer(r, d.fileSectorSize),
		FxDeviceCharacteristics: pointer(r, d.fileCharacteristics),
		FxShmMap:                pointer(r, d.shmMap),
		FxShmLock:               pointer(r, d.shmLock),
		FxShmBarrier:            pointer(r, d.shmBarrier),
		FxShmUnmap:              pointer(r, d.shmUnmap),
	}
}

// prefer makes a VFS the one that is used where none is named.
func (r *registration) prefer(vfs uintptr) error {
	if rc := sqlite3.Xsqlite3_vfs_register(r.tls, vfs, 1); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("choose a disk for SQLite: code %d", rc)
	}
	return nil
}

func (r *registration) close() error {
	if sqlite3.Xsqlite3_vfs_find(r.tls, 0) == r.vfs {
		if err := r.prefer(r.system); err != nil {
			return err
		}
	}
	rc := sqlite3.Xsqlite3_vfs_unregister(r.tls, r.vfs)
	r.free()
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("take the disk from SQLite: code %d", rc)
	}
	return nil
}

func (r *registration) free() {
	for _, p := range []uintptr{r.vfs, r.io, r.name} {
		libc.Xfree(r.tls, p)
	}
	r.tls.Close()
	r.held = nil
}

// pointer is a function as SQLite's code calls it. A function of Go is a pointer
// to what it needs; that is what is given away, and held.
func pointer[F any](r *registration, f F) uintptr {
	r.held = append(r.held, f)
	return *(*uintptr)(unsafe.Pointer(&f))
}

// at is what stands at an address of SQLite's memory.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// bytes are n bytes of SQLite's memory.
func bytes(p uintptr, n int32) []byte { return unsafe.Slice(at[byte](p), n) }
