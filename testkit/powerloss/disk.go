package powerloss

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"modernc.org/libc"
)

// Disk is a disk in memory, known to SQLite by its name.
type Disk struct {
	name string
	own  *registration

	mu    sync.Mutex
	rand  *rand.Rand
	names names
	open  map[uintptr]*handle // by SQLite's address of it
	locks map[*file]*locks
	life  int  // how often the power has come back: a handle of an earlier life is dead
	off   bool // the power is cut
	fuse  int  // changes until it is cut; < 0: it is not
	eio   int  // syncs until one fails; < 0: none will
	count Count
	rule  func(Op) Result // nil: all goes well
}

// Count says what a disk has been asked to do.
type Count struct {
	Writes int // and new lengths, files made and deleted
	Syncs  int
	Failed int // syncs that FailSync failed
	Cuts   int
}

// New makes an empty disk and tells SQLite about it. The seed decides what cuts
// take away.
func New(seed uint64) (*Disk, error) {
	d := &Disk{
		rand:  rand.New(rand.NewPCG(seed, 0x706f776572)),
		names: names{seen: map[string]*file{}, kept: map[string]*file{}},
		open:  map[uintptr]*handle{},
		locks: map[*file]*locks{},
		fuse:  -1,
		eio:   -1,
	}
	d.name = fmt.Sprintf("powerloss-%p", d)
	own, err := register(d)
	if err != nil {
		return nil, err
	}
	d.own = own
	return d, nil
}

// Name is what SQLite knows the disk by: "file:/a.db?vfs=NAME".
func (d *Disk) Name() string { return d.name }

// UseByDefault has this process's SQLite use the disk wherever no other is named,
// until it is closed: for programs that do not let their disk be named. One disk
// at a time may be so.
func (d *Disk) UseByDefault() error { return d.own.prefer(d.own.vfs) }

// Close takes the disk from SQLite. All connections must be closed before, but
// for those whose power was cut: nobody is left to close them.
func (d *Disk) Close() error {
	d.mu.Lock()
	n := 0
	for _, h := range d.open {
		if h.life == d.life {
			n++
		}
	}
	d.mu.Unlock()
	if n > 0 {
		return fmt.Errorf("close disk %s: %d files are open", d.name, n)
	}
	return d.own.close()
}

// Cut takes the power away now: nothing more is read or written, until Restart.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut()
}

func (d *Disk) cut() {
	if !d.off {
		d.off = true
		d.count.Cuts++
	}
}

// CutAfter takes the power away after n more changes: writes, new lengths, files
// made or deleted, and syncs. The one after them does not happen any more.
func (d *Disk) CutAfter(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fuse = n
}

// FailSync has the sync after n more fail, once.
func (d *Disk) FailSync(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.eio = n
}

// Off says whether the power is cut.
func (d *Disk) Off() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.off
}

// Restart cuts the power if it is not, and gives it back: what was not synced is
// partly gone. What had files open has lost them, and gets errors.
func (d *Disk) Restart() Loss {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut()
	dice := throw(d.rand)
	d.names.survive(dice)
	d.life++
	d.off, d.fuse, d.eio = false, -1, -1
	return dice.loss
}

// Count is what the disk has been asked to do until now.
func (d *Disk) Count() Count {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

// Files are the names of all files, in order.
func (d *Disk) Files() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return sorted(d.names.seen)
}

// ReadFile is a copy of a file as a program sees it; nil if there is none.
func (d *Disk) ReadFile(name string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f, ok := d.names.seen[name]; ok {
		return slices.Clone(f.seen)
	}
	return nil
}

// WriteFile puts a file on the disk whole and synced, in place of what was there.
func (d *Disk) WriteFile(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := &file{seen: slices.Clone(data), kept: slices.Clone(data)}
	d.names.seen[name], d.names.kept[name] = f, f
}

// Remove takes a file from the disk for good.
func (d *Disk) Remove(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.names.seen, name)
	delete(d.names.kept, name)
}

// errOff is what any change says when the power is gone.
var errOff = errors.New("the power is cut")

// spend counts one change. The lock is held.
func (d *Disk) spend() error {
	if d.off {
		return errOff
	}
	if d.fuse == 0 {
		d.cut()
		return errOff
	}
	if d.fuse > 0 {
		d.fuse--
	}
	return nil
}

// syncs counts one sync, and says whether it fails. The lock is held.
func (d *Disk) syncs() (fails bool) {
	d.count.Syncs++
	fails = d.eio == 0
	if d.eio >= 0 {
		d.eio--
	}
	if fails {
		d.count.Failed++
	}
	return fails
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// thread is what SQLite's code runs on.
type thread = *libc.TLS
