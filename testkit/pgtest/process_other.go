//go:build !unix

package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// account is who runs the server.
type account struct{}

func runner() (account, error) {
	return account{}, errors.New("private PostgreSQL servers are for Unix systems")
}

func (account) apply(*exec.Cmd) {}

func (account) folder() (string, error) { return os.MkdirTemp("", "ivrflow-pg-") }

func (account) own(string) error { return nil }

const fast, immediate = syscall.SIGKILL, syscall.SIGKILL
