package dev_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/term"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/ivrflow/dev"
)

// openPTY is a terminal of 80 columns: keys go into the master, the screen
// comes out of it.
func openPTY(t *testing.T) (master, terminal *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("the machine has no pseudo-terminals: %v", err)
	}
	var unlock, number int32
	size := [4]uint16{24, 80, 0, 0}
	ioctl(t, master, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	ioctl(t, master, syscall.TIOCGPTN, unsafe.Pointer(&number))
	ioctl(t, master, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = terminal.Close()
		_ = master.Close()
	})
	return master, terminal
}

func ioctl(t *testing.T, f *os.File, request uintptr, arg unsafe.Pointer) {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var errno syscall.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(arg))
	}); err != nil || errno != 0 {
		t.Fatalf("ioctl %#x: %v %v", request, err, errno)
	}
}

// person is a run at a terminal.
type person struct {
	t        *testing.T
	master   *os.File
	terminal *os.File
	screen   *watchedBuffer
	done     chan int
}

func sitDown(t *testing.T, o dev.Options) *person {
	t.Helper()
	t.Parallel()
	master, terminal := openPTY(t)
	p := &person{t: t, master: master, terminal: terminal, screen: &watchedBuffer{}, done: make(chan int, 1)}
	go func() { _, _ = io.Copy(p.screen, master) }() // ends with the terminal
	o.Mute, o.Speech = true, []string{"tones"}
	go func() { p.done <- dev.Run(t.Context(), o, terminal, terminal, io.Discard) }()
	return p
}

// types waits for a text on the screen, then types.
func (p *person) types(after, keys string) {
	p.t.Helper()
	p.screen.await(p.t, after)
	if _, err := io.WriteString(p.master, keys); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) leaves(want int) {
	p.t.Helper()
	select {
	case code := <-p.done:
		if code != want {
			p.t.Errorf("exit code %d, want %d", code, want)
		}
	case <-time.After(30 * time.Second):
		p.t.Fatalf("the run does not end:\n%q", p.screen.String())
	}
}

func state(t *testing.T, f *os.File) string {
	t.Helper()
	s, err := term.GetState(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v", *s)
}

// A person presses a key during a prompt, hangs up, rings again and leaves.
func TestTerminal(t *testing.T) {
	p := sitDown(t, dev.Options{Path: flowFile(t, strings.Replace(quick, "hi: Hi", "hi: Please press a key while I am speaking to you.", 1))})
	p.types("hi: Please", "\x1b[A?2") // an arrow, which is no key; help; a key
	p.types("key      2", "h")
	p.types("ENTER or a key rings again", "x\r")
	p.types("] 0.5", "1")
	p.types("by flow", "q")
	p.leaves(dev.ExitOK)
	p.screen.await(t, "hang up: done")
	text := p.screen.String()
	inOrder(t, text, "Keys: 0-9 * # a-d press", "calls application", "[----", "Ctrl-C    hang up and quit", "key      2", "ended by caller", "Call record",
		"rings again", "calls application", "key      1", "ended by flow", "Call record")
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !strings.HasSuffix(line, "\r") && !strings.HasSuffix(text, line) {
			t.Errorf("a line does not begin at the left edge of the terminal: %q", line)
		}
	}
}

// r asks what to speak, and ESC or an empty line is an answer too.
func TestTerminalSpeaks(t *testing.T) {
	wav := filepath.Join(t.TempDir(), "hello.wav")
	if err := os.WriteFile(wav, prompt.Tone(1100*time.Millisecond, "hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := sitDown(t, dev.Options{Path: flowFile(t, recorder)})
	p.types("recording 0.", "r")
	p.types("WAV file to speak", "abc")
	p.types(": abc", "\x1b")
	p.types("recording 0.", "r"+wav+"x\x7f\r")
	p.types("speak    1.1 s", "rnothing.wav\r")
	p.types("nothing is said: open nothing.wav", "")
	p.types("recording 1.5", "#")
	p.types("bye: By", "\x03")
	p.leaves(dev.ExitOK)
	p.screen.await(t, "fetch the recording: saved")
}

// The terminal is as it was, however the run ends.
func TestTerminalIsRestored(t *testing.T) {
	t.Parallel()
	master, terminal := openPTY(t)
	before := state(t, terminal)
	raw := state(t, master) // the same terminal, seen from its other end
	if raw != before {
		t.Fatalf("the ends differ: %s, %s", raw, before)
	}
	p := &person{t: t, master: master, terminal: terminal, screen: &watchedBuffer{}, done: make(chan int, 1)}
	go func() { _, _ = io.Copy(p.screen, master) }()
	o := dev.Options{Path: flowFile(t, quick), Mute: true, Speech: []string{"tones"}}
	go func() { p.done <- dev.Run(t.Context(), o, terminal, terminal, io.Discard) }()
	p.screen.await(t, "answered")
	if state(t, master) == before {
		t.Error("the terminal is not read key by key")
	}
	p.types("hi: Hi", "q")
	p.leaves(dev.ExitOK)
	if after := state(t, master); after != before {
		t.Errorf("the terminal is left changed:\n%s\nwas\n%s", after, before)
	}
}
