package bot

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/prompt/transcode"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// maxConverted bounds the memory for files that were converted, in bytes: flows
// that share a file, or are loaded again, have it converted once.
const maxConverted = 32 << 20

// ConvertAudio is how a flow's audio files are read where a command converts
// those of forms that are not read here. Without arguments there is none.
func ConvertAudio(c transcode.Command) prompt.Importer {
	im := prompt.Importer{Cache: prompt.NewCache(maxConverted)}
	if len(c.Args) > 0 {
		im.CommandName = c.String()
		im.Command = func(name string, data []byte) ([]byte, error) { return c.Convert(context.Background(), name, data) }
	}
	return im
}

func (r *configReader) convertCommand(n *tree.Node) {
	args, ok := r.command(n, `["ffmpeg", "-v", "error", "-i", "{in}", "{out}"]`, ruleConfigAudio, "{in}", "{out}")
	if !ok {
		return
	}
	if err := (transcode.Command{Args: args}).Validate(); err != nil {
		r.errorf(n.Pos, ruleConfigAudio, "%s", err)
		return
	}
	r.convert.Args = args
}

func (r *configReader) convertTimeout(n *tree.Node) {
	r.convert.Timeout = r.between(n, time.Second, 5*time.Minute)
}

// command reads a program and its arguments, in which only the marks are
// replaced. The program is then named by its full path.
func (r *configReader) command(n *tree.Node, example, rule string, marks ...string) ([]string, bool) {
	if n.Kind != tree.List || len(n.Items) == 0 {
		n.Wrong(&r.list, "a list of the program and its arguments, such as "+example)
		return nil, false
	}
	items := r.texts(n)
	if len(items) < len(n.Items) {
		return nil, false // reported
	}
	var args []string
	before := len(r.list)
	for _, item := range items {
		r.marks(item, rule, marks)
		args = append(args, item.Value)
	}
	found, err := r.program(args[0])
	if err != nil {
		r.errorf(items[0].Pos, rule, "the program %q is not there or cannot be run: %s", clipText(args[0]), pathCause(err))
		return nil, false
	}
	args[0] = found
	return args, len(r.list) == before
}

// program is the full path of a program: one with a slash in its name is
// relative to the file, others are found as the system does.
func (r *configReader) program(name string) (string, error) {
	if strings.ContainsAny(name, `/\`) {
		full, err := filepath.Abs(r.path(name))
		if err != nil {
			return "", err
		}
		name = full
	}
	return exec.LookPath(name)
}
