package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// DoNotCall is a file of those who must not be called: a line each, which begins
// with the number or object id; what follows after a comma or a blank is for people.
// A line of JSON with a member number does, too. Lines that begin with "#" are
// remarks. It is read again when it has changed, so that others may write it, too.
// It is safe for concurrent use.
type DoNotCall struct {
	name string

	mu      sync.Mutex
	seen    bool
	at      time.Time // of the file that was read
	size    int64
	half    int64 // how much of it is a last line that was not written to its end
	targets map[string]bool
}

// NewDoNotCall is the list in a file, which need not be there before somebody is
// added.
func NewDoNotCall(file string) *DoNotCall { return &DoNotCall{name: file} }

// Has says whether somebody is on the list. An error says that nobody knows, so that
// he must not be called either.
func (d *DoNotCall) Has(target string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.read(); err != nil {
		return false, err
	}
	return d.targets[target], nil
}

// Add puts a number, or an object id, on the list, and returns when that is on disk.
// One that is there is not added again.
func (d *DoNotCall) Add(target string, now time.Time) error {
	target, err := unwanted(target)
	if err == nil && target == "" {
		err = errors.New("it is no number in E.164, such as +442071838750")
	}
	if err != nil {
		return fmt.Errorf("do-not-call list: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.read(); err != nil || d.targets[target] {
		return err
	}
	f, err := os.OpenFile(d.name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("do-not-call list: %w", err)
	}
	line := target + "," + now.UTC().Format(time.RFC3339) + "\n"
	if d.half > 0 {
		err = f.Truncate(d.size - d.half)
	} else if unended(f, d.size) {
		line = "\n" + line
	}
	if err == nil {
		_, err = f.WriteString(line)
	}
	if err = errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(d.name))); err != nil {
		return fmt.Errorf("do-not-call list: %w", err)
	}
	d.targets[target] = true
	return nil
}

// unended says that a file's last line has no end.
func unended(f *os.File, size int64) bool {
	var last [1]byte
	if size == 0 {
		return false
	}
	_, err := f.ReadAt(last[:], size-1)
	return err == nil && last[0] != '\n'
}

// read reads the file if it is not the one that was read.
func (d *DoNotCall) read() error {
	info, err := os.Stat(d.name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && d.seen && d.size > 0:
		return fmt.Errorf("do-not-call list: %s is gone", d.name)
	case errors.Is(err, fs.ErrNotExist):
		d.seen, d.targets = true, map[string]bool{}
		return nil
	case err != nil:
		return fmt.Errorf("do-not-call list: %w", err)
	case d.seen && info.ModTime().Equal(d.at) && info.Size() == d.size:
		return nil
	}
	src, err := os.ReadFile(d.name)
	if err != nil {
		return fmt.Errorf("do-not-call list: %w", err)
	}
	targets, n, half := map[string]bool{}, 0, 0
	for line := range strings.Lines(string(src)) {
		n++
		target, err := unwanted(strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")))
		if err != nil && !strings.HasSuffix(line, "\n") {
			half = len(line)
			break // whoever wrote it died over it, and has told nobody that it is there
		}
		if err != nil {
			return fmt.Errorf("do-not-call list: %s:%d: %w", d.name, n, err)
		}
		if target != "" {
			targets[target] = true
		}
	}
	d.seen, d.at, d.size, d.half, d.targets = true, info.ModTime(), int64(len(src)), int64(half), targets
	return nil
}

// unwanted is who stands on a line, "" if it is a remark.
func unwanted(line string) (string, error) {
	if line == "" || strings.HasPrefix(line, "#") {
		return "", nil
	}
	if strings.HasPrefix(line, "{") {
		var who struct{ Number, User string }
		if err := json.Unmarshal([]byte(line), &who); err != nil {
			return "", err
		}
		if line = who.Number; line == "" {
			line = who.User
		}
	}
	first, _, _ := strings.Cut(line, ",")
	first = strings.Trim(strings.TrimSpace(first), `"`)
	if first == "" || strings.EqualFold(first, columnNumber) { // a heading
		return "", nil
	}
	if userForm.MatchString(first) {
		return strings.ToLower(first), nil
	}
	number, err := ParseNumber(first)
	if err != nil {
		return "", fmt.Errorf("%q: %w", clip(first), err)
	}
	return number, nil
}
