package pgtest

import (
	"context"
	"fmt"
	"io"
	"os/exec"
)

// watchScript waits for a line, which says that all is cleaned up, or for the end
// of its input, which is that of the test process however it dies. Then it ends the
// server and removes its folder, twice, in case it was just starting.
const watchScript = `
trap '' HUP INT TERM
cd /
read -r _ && exit
for _ in 1 2; do
	pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
	if [ -n "$pid" ]; then
		kill -QUIT "$pid" 2>/dev/null
		n=0
		while kill -0 "$pid" 2>/dev/null && [ $n -lt 50 ]; do
			sleep 0.1
			n=$((n + 1))
		done
	fi
	rm -rf "$1"
	sleep 1
done
`

// watchdog is the process that cleans up if this one cannot.
type watchdog struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// watch starts the watchdog of a folder.
func watch(ctx context.Context, who account, dir string) (*watchdog, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", watchScript, "sh", dir)
	who.apply(cmd)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the watchdog of %s: %w", dir, err)
	}
	return &watchdog{cmd: cmd, pipe: pipe}, nil
}

// end tells it that nothing is left to do, and waits for it.
func (w *watchdog) end() error {
	if _, err := io.WriteString(w.pipe, "done\n"); err != nil {
		return fmt.Errorf("end the watchdog: %w", err)
	}
	w.pipe.Close()
	return w.cmd.Wait()
}
