package faultdisk

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// The functions of SQLite's file system that are replaced, as C sees them.
type (
	openFunc     = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	closeFunc    = func(tls *libc.TLS, file uintptr) int32
	writeFunc    = func(tls *libc.TLS, file, buf uintptr, n int32, at int64) int32
	truncateFunc = func(tls *libc.TLS, file uintptr, size int64) int32
	syncFunc     = func(tls *libc.TLS, file uintptr, flags int32) int32
)

// driver is one disk's file system: the system's own, some of whose functions go
// through the disk.
type driver struct {
	d    *Disk
	base *lib.Tsqlite3_vfs

	mu      sync.Mutex
	handles map[uintptr]handle
	keep    []any // functions that C points to
}

// handle is an open file.
type handle struct {
	name string
	log  bool
	base *lib.Tsqlite3_io_methods
}

// New makes a disk, for databases that are opened in the test.
func New(tb testing.TB) *Disk {
	tb.Helper()
	tls := libc.NewTLS()
	base := lib.Xsqlite3_vfs_find(tls, 0)
	if base == 0 {
		tb.Fatal("SQLite has no file system")
	}
	d := &Disk{}
	v := &driver{d: d, base: at[lib.Tsqlite3_vfs](base), handles: map[uintptr]handle{}}
	own := alloc[lib.Tsqlite3_vfs](tb, tls)
	vfs := at[lib.Tsqlite3_vfs](own)
	*vfs = *v.base
	d.name = fmt.Sprintf("faultdisk-%x", own)
	name, err := libc.CString(d.name)
	if err != nil {
		tb.Fatal(err)
	}
	vfs.FzName, vfs.FpNext = name, 0
	vfs.FxOpen = pointer(v, v.open)
	if rc := lib.Xsqlite3_vfs_register(tls, own, 0); rc != lib.SQLITE_OK {
		tb.Fatalf("register the disk: SQLite error %d", rc)
	}
	// What was opened and not closed, by a database that failed, may point to it.
	tb.Cleanup(func() {
		lib.Xsqlite3_vfs_unregister(tls, own)
		runtime.KeepAlive(v) // C points to it; Go does not know
	})
	return d
}

// open opens a file as the system does, and puts its own functions in its place.
//
//nolint:revive // the parameters are SQLite's
func (v *driver) open(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	rc := function[openFunc](&v.base.FxOpen)(tls, vfs, name, file, flags, out)
	f := at[lib.Tsqlite3_file](file)
	if rc != lib.SQLITE_OK || name == 0 || f.FpMethods == 0 {
		return rc
	}
	h := handle{name: libc.GoString(name), base: at[lib.Tsqlite3_io_methods](f.FpMethods)}
	h.log = strings.HasSuffix(h.name, "-wal")
	methods := libc.Xmalloc(tls, lib.Tsize_t(unsafe.Sizeof(*h.base)))
	if methods == 0 {
		return lib.SQLITE_NOMEM
	}
	m := at[lib.Tsqlite3_io_methods](methods)
	*m = *h.base
	v.mu.Lock()
	v.handles[file] = h
	v.mu.Unlock()
	m.FxClose, m.FxWrite = pointer(v, v.close), pointer(v, v.write)
	m.FxTruncate, m.FxSync = pointer(v, v.truncate), pointer(v, v.sync)
	f.FpMethods = methods
	return rc
}

func (v *driver) handle(file uintptr) handle {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.handles[file]
}

func (v *driver) close(tls *libc.TLS, file uintptr) int32 {
	h := v.handle(file)
	methods := at[lib.Tsqlite3_file](file).FpMethods
	v.mu.Lock()
	delete(v.handles, file)
	v.mu.Unlock()
	rc := function[closeFunc](&h.base.FxClose)(tls, file)
	libc.Xfree(tls, methods)
	return rc
}

func (v *driver) write(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	h := v.handle(file)
	if r := v.d.decide(Op{Kind: Write, File: h.name, Log: h.log, Len: int(n)}); r != OK {
		return int32(r)
	}
	return function[writeFunc](&h.base.FxWrite)(tls, file, buf, n, offset)
}

func (v *driver) truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	h := v.handle(file)
	if r := v.d.decide(Op{Kind: Truncate, File: h.name, Log: h.log}); r != OK {
		return int32(r)
	}
	return function[truncateFunc](&h.base.FxTruncate)(tls, file, size)
}

func (v *driver) sync(tls *libc.TLS, file uintptr, flags int32) int32 {
	h := v.handle(file)
	if r := v.d.decide(Op{Kind: Sync, File: h.name, Log: h.log}); r != OK {
		return int32(r)
	}
	return function[syncFunc](&h.base.FxSync)(tls, file, flags)
}

// at is what C's memory holds at an address.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// alloc is memory of C's for a T, which is never freed.
func alloc[T any](tb testing.TB, tls *libc.TLS) uintptr {
	tb.Helper()
	var zero T
	p := libc.Xmalloc(tls, lib.Tsize_t(unsafe.Sizeof(zero)))
	if p == 0 {
		tb.Fatal("no memory")
	}
	return p
}

// function is a function that C points to.
func function[F any](p *uintptr) F { return *(*F)(unsafe.Pointer(p)) }

// pointer is what C calls a function by. The driver keeps it alive.
func pointer[F any](v *driver, f F) uintptr {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keep = append(v.keep, f)
	return *(*uintptr)(unsafe.Pointer(&f))
}
