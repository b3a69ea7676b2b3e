// Package transcode converts sound by a program of the author's choice, such
// as ffmpeg or sox, for formats that package audio does not read.
//
//	c := transcode.Command{Args: []string{"ffmpeg", "-v", "error", "-i", "{in}", "-ar", "16000", "-ac", "1", "{out}"}}
//	wav, err := c.Convert(ctx, "welcome.ogg", data)
//
// It is the one place in the framework that starts a process. A Command may be
// used by any number of goroutines.
package transcode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Command is a program and its arguments. {in} is replaced by the name of a
// file with the sound, {out} by that of the WAV file to be written; both lie in
// a folder that is removed afterwards. No shell reads them.
type Command struct {
	Args    []string
	Timeout time.Duration // of one file; 0 is 30 s
	// MaxBytes bounds what is written; 0 is 64 MiB. The program is ended as
	// soon as it has written more.
	MaxBytes int64
}

// Validate says what is wrong with a command.
func (c Command) Validate() error {
	has := func(mark string) bool {
		return slices.ContainsFunc(c.Args, func(a string) bool { return strings.Contains(a, mark) })
	}
	switch {
	case len(c.Args) == 0 || c.Args[0] == "":
		return errors.New("the command is empty")
	case strings.Contains(c.Args[0], "{"):
		return errors.New("the command begins with a placeholder; its first word is the program")
	case !has("{in}") || !has("{out}"):
		return errors.New("the command lacks {in} or {out}, which stand for the files that it reads and writes")
	case c.Timeout < 0 || c.MaxBytes < 0:
		return errors.New("the command's limits are negative")
	}
	return nil
}

// String is the command line, to tell commands apart.
func (c Command) String() string { return fmt.Sprintf("%q", c.Args) }

// Convert runs the program once over a file's content.
func (c Command) Convert(ctx context.Context, name string, data []byte) ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 64 << 20
	}
	dir, err := os.MkdirTemp("", "ivrflow-transcode-")
	if err != nil {
		return nil, fmt.Errorf("converting %s: %w", path.Base(name), err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left lies in the system's folder for such
	in, out := filepath.Join(dir, "in"+extension(name)), filepath.Join(dir, "out.wav")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		return nil, fmt.Errorf("converting %s: %w", path.Base(name), err)
	}
	if err := c.run(ctx, dir, strings.NewReplacer("{in}", in, "{out}", out)); err != nil {
		return nil, fmt.Errorf("converting %s with %s: %w", path.Base(name), c.Args[0], err)
	}
	wav, err := c.read(out)
	if err != nil {
		return nil, fmt.Errorf("converting %s with %s: %w", path.Base(name), c.Args[0], err)
	}
	return wav, nil
}

// extension is a file name's, if it is a plain one: programs may go by it.
func extension(name string) string {
	ext := path.Ext(name)
	if len(ext) > 8 || strings.Trim(strings.ToLower(ext), ".abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return ext
}

// watchEvery is how often the size of what is written is looked at.
const watchEvery = 50 * time.Millisecond

// run starts the program and ends it at its limits.
func (c Command) run(ctx context.Context, dir string, fill *strings.Replacer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("it took longer than %v", c.Timeout))
	defer cancel()
	watched, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var said beginning
	cmd := c.command(watched, dir, fill, &said)
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.watch(watched, dir, stop)
	}()
	err := cmd.Wait()
	cause := context.Cause(watched)
	stop(nil)
	<-done
	switch {
	case err != nil && cause != nil:
		return cause
	case err != nil:
		return fmt.Errorf("%w: %s", err, said.text())
	}
	return nil
}

func (c Command) command(ctx context.Context, dir string, fill *strings.Replacer, said io.Writer) *exec.Cmd {
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = fill.Replace(a)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, said, said
	cmd.WaitDelay = time.Second // for children that hold the output open
	return cmd
}

// watch ends the program when its folder grows too large.
func (c Command) watch(ctx context.Context, dir string, stop context.CancelCauseFunc) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return
		}
		var size int64
		for _, e := range entries {
			if info, err := e.Info(); err == nil && !strings.HasPrefix(e.Name(), "in") {
				size += info.Size()
			}
		}
		if size > c.MaxBytes {
			stop(c.tooLarge())
			return
		}
	}
}

func (c Command) tooLarge() error {
	return fmt.Errorf("it wrote more than %d bytes", c.MaxBytes)
}

func (c Command) read(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, errors.New("it wrote no file {out}")
	}
	defer f.Close()
	wav, err := io.ReadAll(io.LimitReader(f, c.MaxBytes+1))
	if int64(len(wav)) > c.MaxBytes {
		return nil, c.tooLarge()
	}
	return wav, err
}

// beginning keeps the first of what a program says.
type beginning struct{ said []byte }

const maxSaid = 400

func (b *beginning) Write(p []byte) (int, error) {
	b.said = append(b.said, p[:min(len(p), maxSaid-len(b.said))]...)
	return len(p), nil
}

func (b *beginning) text() string {
	return strings.ToValidUTF8(strings.Join(strings.Fields(string(b.said)), " "), "?")
}
