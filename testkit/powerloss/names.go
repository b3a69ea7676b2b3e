package powerloss

import (
	"maps"
	"path"
)

// names are the disk's folders: which name stands for which file.
type names struct {
	seen    map[string]*file
	kept    map[string]*file
	pending []naming // since their folders were synced, in order
}

// naming is a file made, or deleted (nil).
type naming struct {
	name string
	file *file
}

func (n *names) set(name string, f *file) {
	if f == nil {
		delete(n.seen, name)
	} else {
		n.seen[name] = f
	}
	n.pending = append(n.pending, naming{name, f})
}

// sync makes a folder's names safe.
func (n *names) sync(folder string) {
	var rest []naming
	for _, p := range n.pending {
		if path.Dir(p.name) != folder {
			rest = append(rest, p)
			continue
		}
		n.keep(p)
	}
	n.pending = rest
}

func (n *names) keep(p naming) {
	if p.file == nil {
		delete(n.kept, p.name)
		return
	}
	n.kept[p.name] = p.file
}

// survive is the power cut: some of the new names are there, and of all files
// what is left of them.
func (n *names) survive(d *dice) {
	for _, p := range n.pending {
		if d.Float64() < d.keep {
			n.keep(p)
		} else {
			d.loss.Names++
		}
	}
	n.pending = nil
	for _, name := range sorted(n.kept) {
		n.kept[name].survive(d)
	}
	n.seen = maps.Clone(n.kept)
}
