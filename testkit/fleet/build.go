package fleet

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Build builds the program into a folder and returns its path.
func Build(ctx context.Context, dir string, flags ...string) (string, error) {
	binary := filepath.Join(dir, "ivrflow")
	args := append([]string{"build", "-o", binary}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "github.com/ivrflow/ivrflow/runtime/ivrflow")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, out)
	}
	return binary, nil
}
