package bot

import (
	"maps"
	"os"
	"sync"
	"time"
)

// Files are those of which a configuration was made, flows and all, and those
// that were looked for and not found. The zero value is ready. It is safe for
// concurrent use; a nil *Files notes nothing.
type Files struct {
	mu     sync.Mutex
	stamps map[string]stamp
}

// stamp tells versions of a file apart.
type stamp struct {
	size    int64
	changed time.Time
	missing bool
}

func stampOf(name string) stamp {
	info, err := os.Stat(name)
	if err != nil {
		return stamp{missing: true}
	}
	return stamp{size: info.Size(), changed: info.ModTime()}
}

// note remembers a file as it is before it is read.
func (f *Files) note(name string) {
	if f == nil {
		return
	}
	is := stampOf(name)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stamps == nil {
		f.stamps = map[string]stamp{}
	}
	if _, ok := f.stamps[name]; !ok {
		f.stamps[name] = is
	}
}

func (f *Files) reset() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stamps = nil
}

// noted are the files with their stamps.
func (f *Files) noted() map[string]stamp {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.stamps)
}

// Changed reports whether a file differs from what was read.
func (f *Files) Changed() bool {
	for name, was := range f.noted() {
		if stampOf(name) != was {
			return true
		}
	}
	return false
}

// now are the stamps of the same files as they are.
func (f *Files) now() map[string]stamp {
	noted := f.noted()
	now := make(map[string]stamp, len(noted))
	for name := range noted {
		now[name] = stampOf(name)
	}
	return now
}
