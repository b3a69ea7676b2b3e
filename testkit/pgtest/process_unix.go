//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is who runs the server; the zero account is the user of the test.
type account struct {
	other    bool
	uid, gid int
}

// runner is the account for the server, which refuses to run as root.
func runner() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		return account{other: true, uid: uid, gid: gid}, nil
	}
	return account{}, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}

// apply has a program run as the account, and in a session of its own, so that an
// interrupt in the terminal is left to the test.
func (a account) apply(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a.other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}

// folder makes a temporary folder that is the account's.
func (a account) folder() (string, error) {
	var errs []error
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if a.other && !open(parent) {
			errs = append(errs, fmt.Errorf("%s is closed to others", parent))
			continue
		}
		dir, err := os.MkdirTemp(parent, "ivrflow-pg-")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		return dir, a.own(dir)
	}
	return "", errors.Join(errs...)
}

// own gives a file to the account.
func (a account) own(name string) error {
	if !a.other {
		return nil
	}
	return os.Chown(name, a.uid, a.gid)
}

// open says that everybody may pass a folder and all above it.
func open(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&1 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}

// Signals of the server: end now but in order; end at once, as if it had crashed.
const (
	fast      = syscall.SIGINT
	immediate = syscall.SIGQUIT
)
