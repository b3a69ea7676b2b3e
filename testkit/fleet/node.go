package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Node is a place in the fleet, in which one process after the other runs.
type Node struct {
	Name string
	Env  []string // of its processes, besides that of all nodes

	fleet  *Fleet
	dir    string
	config string

	mu   sync.Mutex
	proc *process // the one that runs; nil: none
	runs int
}

// process is one run of the program.
type process struct {
	cmd  *exec.Cmd
	addr string
	log  *logbook
	done chan struct{} // closed when it has ended
	err  error         // of its end; to be read when done is closed
}

var listening = regexp.MustCompile(`msg="taking calls" listen=(\S+)`)

// Start starts the node's process and waits until it takes calls. It returns how
// long that took.
func (n *Node) Start(ctx context.Context) (time.Duration, error) {
	begin := time.Now()
	p, err := n.launch()
	if err != nil {
		return 0, fmt.Errorf("start node %s: %w", n.Name, err)
	}
	n.mu.Lock()
	n.proc = p
	n.mu.Unlock()
	if p.addr, err = p.log.find(ctx, listening); err == nil {
		err = ready(ctx, p)
	}
	if err != nil {
		return 0, fmt.Errorf("start node %s: %w", n.Name, err)
	}
	took := time.Since(begin)
	n.fleet.balancer.set(n.Name, p.addr)
	return took, nil
}

func (n *Node) launch() (*process, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.proc != nil {
		return nil, errors.New("it runs already")
	}
	n.runs++
	file, err := os.OpenFile(filepath.Join(n.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(file, "--- run %d at %s\n", n.runs, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	p := &process{log: newLogbook(file), done: make(chan struct{})}
	p.cmd = exec.Command(n.fleet.cfg.Binary, "run", "--config", n.config) //nolint:noctx // it ends when it is told to, or with the fleet
	p.cmd.Dir = n.dir
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.Env = append(append(os.Environ(), n.fleet.env()...), n.Env...)
	dieWithParent(p.cmd)
	if err := n.fleet.parent.start(p.cmd); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	n.fleet.own.Go(func() {
		p.err = p.cmd.Wait()
		p.log.close()
		file.Close()
		close(p.done)
	})
	return p, nil
}

// ready asks a process until it says that it takes calls.
func ready(ctx context.Context, p *process) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if probe(ctx, p.addr, time.Second) {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("it ended: %w:\n%s", p.err, p.log.tail())
		case <-ctx.Done():
			return fmt.Errorf("it is not ready:\n%s: %w", p.log.tail(), context.Cause(ctx))
		}
	}
}

// probe asks a node whether it takes calls.
func probe(ctx context.Context, addr string, most time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Kill is kill -9. It waits until the process is gone.
func (n *Node) Kill() error {
	p, err := n.signal(syscall.SIGKILL)
	if err != nil {
		return err
	}
	<-p.done
	n.gone(p)
	return nil
}

// Stop has the process stand still; Continue lets it go on.
func (n *Node) Stop() error {
	_, err := n.signal(syscall.SIGSTOP)
	return err
}

// Continue lets a process go on that stands still.
func (n *Node) Continue() error {
	_, err := n.signal(syscall.SIGCONT)
	return err
}

// Term asks the process to end, and waits until it has. Its error says that it
// did not end well.
func (n *Node) Term(ctx context.Context) error {
	p, err := n.signal(syscall.SIGTERM)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return fmt.Errorf("node %s does not end: %w:\n%s", n.Name, context.Cause(ctx), p.log.tail())
	}
	n.gone(p)
	if p.err != nil {
		return fmt.Errorf("node %s: %w:\n%s", n.Name, p.err, p.log.tail())
	}
	return nil
}

// Alive says whether the node has a process.
func (n *Node) Alive() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.proc == nil {
		return false
	}
	select {
	case <-n.proc.done:
		return false
	default:
		return true
	}
}

// Pid is the process's id; 0 if there is none.
func (n *Node) Pid() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.proc == nil {
		return 0
	}
	return n.proc.cmd.Process.Pid
}

// Log is the end of what the node's processes said.
func (n *Node) Log() string {
	const most = 8000
	text := n.text()
	return text[max(0, len(text)-most):]
}

// Said is what all nodes said about a call, in order of time.
func (f *Fleet) Said(call ivr.CallID) string {
	var all []string
	for _, n := range f.nodes {
		for line := range strings.Lines(n.text()) {
			if strings.HasPrefix(line, "time=") || strings.HasPrefix(line, "--- ") {
				all = append(all, line+" "+n.Name)
			}
		}
	}
	session := string(call)
	for _, line := range all {
		if m := came.FindStringSubmatch(line); m != nil && m[2] == string(call) {
			session = m[1]
		}
	}
	about := slices.DeleteFunc(all, func(line string) bool {
		return !strings.Contains(line, string(call)) && !strings.Contains(line, session) && !strings.HasPrefix(line, "--- ")
	})
	slices.SortFunc(about, func(a, b string) int { return strings.Compare(when(a), when(b)) })
	var b strings.Builder
	for _, line := range about {
		text, node, _ := strings.Cut(line, "\n")
		fmt.Fprintf(&b, "%s %s\n", node, text)
	}
	return b.String()
}

// when is the time in a line of a log.
func when(line string) string {
	if m := stamp.FindString(line); m != "" {
		return m
	}
	return line
}

var (
	came  = regexp.MustCompile(`msg="call came in" session=(\S+) call=(\S+)`)
	stamp = regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}`)
)

func (n *Node) text() string {
	text, err := os.ReadFile(filepath.Join(n.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (n *Node) signal(s syscall.Signal) (*process, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.proc == nil {
		return nil, fmt.Errorf("node %s does not run", n.Name)
	}
	if err := n.proc.cmd.Process.Signal(s); err != nil {
		return nil, fmt.Errorf("node %s: %w", n.Name, err)
	}
	return n.proc, nil
}

// gone forgets a process that has ended.
func (n *Node) gone(p *process) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.proc == p {
		n.proc = nil
		n.fleet.balancer.set(n.Name, "")
	}
}
