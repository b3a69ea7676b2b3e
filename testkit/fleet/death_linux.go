package fleet

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the system kill a process when the thread that started it
// ends, which is when its parent dies.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
