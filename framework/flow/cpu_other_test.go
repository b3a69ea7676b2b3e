//go:build !unix

package flow_test

import (
	"testing"
	"time"
)

// cpuTime is the time of day where nobody tells what a process used.
func cpuTime(testing.TB) time.Duration { return time.Duration(time.Now().UnixNano()) }
