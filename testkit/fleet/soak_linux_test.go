package fleet_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/fleet"
)

var soak = flag.Duration("soak", 30*time.Second, "how long TestSoak has calls made")

// sample is what a process holds, with no call live.
type sample struct {
	calls   int
	memory  int64 // resident, in bytes, with the database's caches
	heap    int64 // Go's, after its last collection, in bytes
	files   int   // open, without connections
	conns   int   // connections, also those that wait for the next request
	threads int
	store   int64 // bytes of its files
}

func (s sample) String() string {
	return fmt.Sprintf("%d calls, %.1f MB, heap %.0f MB, %d files, %d connections, %d threads, store %.2f MB", s.calls, mb(s.memory), mb(s.heap), s.files, s.conns, s.threads, mb(s.store))
}

func mb(n int64) float64 { return float64(n) / (1 << 20) }

// collected is what Go says of a collection of its memory: before, after, live.
var collected = regexp.MustCompile(`gc \d+ @.* \d+->\d+->(\d+) MB`)

// caches are what the database may hold in memory, for its writer and its readers.
const caches = 100 << 20

// measure reads what the system knows of a process.
func measure(t *testing.T, n *fleet.Node, calls int) sample {
	t.Helper()
	s := sample{calls: calls}
	dir := fmt.Sprintf("/proc/%d/", n.Pid())
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		t.Fatal(err)
	}
	number := func(field string) int {
		m := regexp.MustCompile(field + `:\s+(\d+)`).FindSubmatch(status)
		if m == nil {
			t.Fatalf("no %s in %s", field, status)
		}
		v, _ := strconv.Atoi(string(m[1]))
		return v
	}
	s.memory, s.threads = int64(number("VmRSS"))<<10, number("Threads")
	if all := collected.FindAllStringSubmatch(n.Log(), -1); len(all) > 0 {
		heap, _ := strconv.Atoi(all[len(all)-1][1])
		s.heap = int64(heap) << 20
	}
	files, err := os.ReadDir(dir + "fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if to, _ := os.Readlink(dir + "fd/" + f.Name()); strings.HasPrefix(to, "socket:") {
			s.conns++
		} else {
			s.files++
		}
	}
	parts, _ := filepath.Glob(n.File("ivrflow.db*"))
	for _, p := range parts {
		if info, err := os.Stat(p); err == nil {
			s.store += info.Size()
		}
	}
	return s
}

// Calls without a pause: what the process holds with no call live does not grow with
// the calls that it has had, but for the store, by so much a call.
func TestSoak(t *testing.T) {
	f := start(t, fleet.Config{Retries: 4, Env: []string{"GOGC=25", "GODEBUG=madvdontneed=1,gctrace=1"}})
	node := f.Nodes()[0]
	round := func(d time.Duration) sample {
		calls := f.Callers(t.Context(), crowd)
		pause(t.Context(), d)
		calls.Stop()
		idle(t, f)
		s := measure(t, node, f.History.Report().Calls)
		t.Log(s)
		return s
	}
	first := round(*soak / 3) // it has all its buffers and connections then
	last := round(*soak * 2 / 3)
	none(t, f, f.History.Report())
	if last.calls < 2*first.calls {
		t.Fatalf("only %d calls", last.calls)
	}
	if first.heap == 0 || last.heap > first.heap*11/10+4<<20 {
		t.Errorf("the heap has grown from %.1f to %.1f MB", mb(first.heap), mb(last.heap))
	}
	if last.memory > first.memory+caches {
		t.Errorf("memory has grown from %.1f to %.1f MB", mb(first.memory), mb(last.memory))
	}
	if last.files > first.files+5 {
		t.Errorf("open files have grown from %d to %d", first.files, last.files)
	}
	if most := 8 * crowd; last.conns > most {
		t.Errorf("%d connections are open, want at most %d", last.conns, most)
	}
	// The log is as large as it was ever, up to its limit: that is not the calls'.
	if each := (last.store - first.store) / int64(last.calls-first.calls); each > 64<<10 {
		t.Errorf("a call takes %d bytes of the store", each)
	}
}

// idle waits until no call is live in the store, and a moment for what is collected
// afterwards.
func idle(t *testing.T, f *fleet.Fleet) {
	t.Helper()
	over(t, f)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	pause(ctx, time.Second)
}
