package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// BinVariable names the environment variable with the folder of the server's
// programs. With it set, tests that need a server fail without it; else they are
// skipped.
const BinVariable = "IVRFLOW_POSTGRES_BIN"

// oldest is the first major version that will do.
const oldest = 15

// ErrNotInstalled says that no server was found, and that none was asked for.
var ErrNotInstalled = errors.New("PostgreSQL 15 or later is not installed; tools/test installs it")

// Find is the folder of the server's programs: the one that BinVariable names or,
// if that is not set, the first on the path or in the places of Debian, Red Hat
// and Homebrew that is of version 15 or later. Otherwise the error is
// ErrNotInstalled.
func Find(ctx context.Context) (string, error) {
	if bin := os.Getenv(BinVariable); bin != "" {
		if err := usable(ctx, bin); err != nil {
			return "", fmt.Errorf("%s is %q: %w", BinVariable, bin, err)
		}
		return bin, nil
	}
	for _, bin := range places() {
		if usable(ctx, bin) == nil {
			return bin, nil
		}
	}
	return "", ErrNotInstalled
}

// places are folders that may have the programs, the likeliest first.
func places() []string {
	var found []string
	if program, err := exec.LookPath("postgres"); err == nil {
		if program, err = filepath.EvalSymlinks(program); err == nil {
			found = append(found, filepath.Dir(program))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin", "/usr/local/pgsql/bin"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			continue // a pattern that is wrong finds nothing
		}
		slices.Reverse(some) // the newest first, while they have as many digits
		found = append(found, some...)
	}
	return found
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// usable says why a folder will not do.
func usable(ctx context.Context, bin string) error {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(bin, program)); err != nil {
			return err
		}
	}
	said, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return fmt.Errorf("postgres --version: %w", err)
	}
	found := versionPattern.FindSubmatch(said)
	if found == nil {
		return fmt.Errorf("postgres --version said %q", said)
	}
	if major, err := strconv.Atoi(string(found[1])); err != nil || major < oldest {
		return fmt.Errorf("version %s is too old, %d or later is needed", found[1], oldest)
	}
	return nil
}
