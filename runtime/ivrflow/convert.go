package main

import (
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/prompt/transcode"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// convertFlag adds --convert, which those commands have that load flows without
// a bot's configuration.
func convertFlag(cmd *cobra.Command, line *string) {
	cmd.Flags().StringVar(line, "convert", "", "command that makes a WAV file {out} of an audio file {in}, such as 'ffmpeg -v error -i {in} {out}'")
}

// audioBy is how audio files are read with a command line, or without one.
func audioBy(line string) (prompt.Importer, error) {
	args, err := splitWords(line)
	if err != nil {
		return prompt.Importer{}, usagef("--convert %s: %w", line, err)
	}
	if line == "" {
		return prompt.Importer{}, nil
	}
	c := transcode.Command{Args: args}
	if err := c.Validate(); err != nil {
		return prompt.Importer{}, usagef("--convert %s: %w", line, err)
	}
	program, err := exec.LookPath(args[0])
	if err == nil {
		args[0], err = filepath.Abs(program) // it runs in a folder of its own
	}
	if err != nil {
		return prompt.Importer{}, usagef("--convert %s: %w", line, err)
	}
	return bot.ConvertAudio(c), nil
}
