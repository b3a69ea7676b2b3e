package fleet

import (
	"os/exec"
	"runtime"
)

// parent starts processes, all on one thread of the system that lives as long as
// the fleet: what dies with its parent dies with that thread.
type parent struct {
	jobs chan job
	done chan struct{}
}

type job struct {
	cmd    *exec.Cmd
	result chan error
}

func newParent() *parent {
	p := &parent{jobs: make(chan job), done: make(chan struct{})}
	go p.run()
	return p
}

func (p *parent) run() {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	defer close(p.done)
	for j := range p.jobs {
		j.result <- j.cmd.Start()
	}
}

func (p *parent) start(cmd *exec.Cmd) error {
	j := job{cmd, make(chan error, 1)}
	p.jobs <- j
	return <-j.result
}

func (p *parent) close() {
	close(p.jobs)
	<-p.done
}
