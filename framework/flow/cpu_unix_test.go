//go:build unix

package flow_test

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime is what the process has used of the processors, which does not grow
// while others have them.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
