package dev

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// terminal is what the person sits at, if it is one.
type terminal struct {
	raw     bool
	fd      int
	restore func() // may be called by anybody, any number of times
	width   func() int
}

// openTerminal puts a terminal into raw mode. Anything else is left as it is:
// then lines are read and written. A script needs no keys.
func openTerminal(set settings, stdin io.Reader, stdout io.Writer) (terminal, error) {
	t := terminal{restore: func() {}, width: func() int { return 0 }}
	in, okIn := stdin.(*os.File)
	out, okOut := stdout.(*os.File)
	if !set.person() || !okIn || !okOut || !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return t, nil
	}
	old, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return t, fmt.Errorf("the terminal cannot be read key by key: %w", err)
	}
	t.raw, t.fd = true, int(in.Fd())
	t.restore = func() { _ = term.Restore(t.fd, old) } // nothing else can be done
	t.width = func() int {
		w, _, err := term.GetSize(int(out.Fd()))
		if err != nil {
			return 80
		}
		return w
	}
	return t, nil
}

// read hands on what is typed: keys from a terminal, else lines.
func (t terminal) read(stdin io.Reader, d *desk) {
	if t.raw {
		go readKeys(stdin, d)
		return
	}
	go readLines(stdin, d)
}

// rescue, deferred by a goroutine, gives the terminal back before a panic ends
// the process.
func rescue(restore func()) {
	if p := recover(); p != nil {
		restore()
		panic(p)
	}
}
