package powerloss

import (
	"math/rand/v2"
	"slices"
)

// file is what a name stands for: bytes as a program sees them, bytes that are
// safe, and the way from those to these.
type file struct {
	seen    []byte   // with all writes
	kept    []byte   // that no cut takes away
	pending []change // since the last sync, in order
}

// change is one write, or a new length.
type change struct {
	at   int
	data []byte // nil: the file is cut, or filled with zeros, to the length "at"
}

func (f *file) change(c change) {
	f.seen = apply(f.seen, c)
	f.pending = append(f.pending, c)
}

// sync makes all that is pending safe.
func (f *file) sync() {
	for _, c := range f.pending {
		f.kept = apply(f.kept, c)
	}
	f.pending = nil
}

// forget is a sync that failed: what was pending will not be written any more,
// though it is seen until the power goes.
func (f *file) forget() { f.pending = nil }

func apply(b []byte, c change) []byte {
	end := c.at + len(c.data)
	if n := end - len(b); n > 0 {
		b = append(b, make([]byte, n)...)
	}
	if c.data == nil {
		return b[:c.at]
	}
	copy(b[c.at:], c.data)
	return b
}

// dice decide what is lost in one cut.
type dice struct {
	*rand.Rand
	sector int     // bytes that are written together
	keep   float64 // part of what was not synced that survives
	inTurn bool    // what was written later does not survive what was written before
	loss   Loss
}

// throw prepares one cut. One in four loses all, one in eight nothing.
func throw(r *rand.Rand) *dice {
	d := &dice{Rand: r, sector: []int{512, 4096}[r.IntN(2)], keep: r.Float64(), inTurn: r.IntN(3) == 0}
	switch r.IntN(8) {
	case 0, 1:
		d.keep = 0
	case 2:
		d.keep = 1
	}
	return d
}

// survive is the power cut, for one file.
func (f *file) survive(d *dice) {
	b := f.kept
	stop := len(f.pending)
	if d.inTurn {
		stop = int(d.keep * float64(len(f.pending)))
	}
	for i, c := range f.pending {
		switch {
		case d.inTurn && i < stop:
			b = apply(b, c)
		case d.inTurn && i > stop:
			d.loss.lost(c)
		case c.data == nil:
			if d.Float64() < d.keep {
				b = apply(b, c)
			} else {
				d.loss.Lost++
			}
		default:
			b = f.write(d, b, c)
		}
	}
	f.kept, f.seen, f.pending = b, slices.Clone(b), nil
}

// write does one write by halves: each sector is there, or not, or torn.
func (f *file) write(d *dice, b []byte, c change) []byte {
	for from := 0; from < len(c.data); {
		to := min(len(c.data), from+d.sector-(c.at+from)%d.sector)
		piece := change{at: c.at + from, data: c.data[from:to]}
		from = to
		switch {
		case d.Float64() < d.keep:
			b = apply(b, piece)
		case d.IntN(8) == 0:
			d.loss.Torn++
			b = d.tear(b, piece)
		default:
			d.loss.lost(piece)
			if piece.at+len(piece.data) > len(b) && d.IntN(4) == 0 {
				b = d.rubbish(b, piece)
			}
		}
	}
	return b
}

// tear writes the beginning of a sector, or its end.
func (d *dice) tear(b []byte, c change) []byte {
	n := d.IntN(len(c.data))
	if d.IntN(2) == 0 {
		return apply(b, change{at: c.at, data: c.data[:n]})
	}
	return apply(b, change{at: c.at + n, data: c.data[n:]})
}

// rubbish lets a file have its new length without what was written there.
func (d *dice) rubbish(b []byte, c change) []byte {
	old := len(b)
	b = apply(b, change{at: c.at + len(c.data)})
	if d.IntN(2) == 0 {
		for i := old; i < len(b); i++ {
			b[i] = byte(d.Uint32())
		}
	}
	return b
}

// Loss says what a cut has done. If it is zero all was synced, or lucky.
type Loss struct {
	Lost  int // sectors, and changes of a file's length, that are not there
	Bytes int // in those sectors
	Torn  int // sectors that are there in part
	Names int // files that were made and are gone, or deleted and back
}

func (l *Loss) lost(c change) {
	l.Lost++
	l.Bytes += len(c.data)
}

// Any says whether anything was lost.
func (l *Loss) Any() bool { return l.Lost+l.Torn+l.Names > 0 }

// Add adds another's numbers.
func (l *Loss) Add(o Loss) {
	l.Lost += o.Lost
	l.Bytes += o.Bytes
	l.Torn += o.Torn
	l.Names += o.Names
}
