package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
)

func newCallsRecording() *cobra.Command {
	var o lookOptions
	output := ""
	cmd := &cobra.Command{
		Use:   "recording ID",
		Short: "Write a recording that is in the store",
		Long: `Recording writes a recording that is kept in the store as a WAV file, for its
owner only. ID is the value that the flow's action gets, and that calls show
names. It needs the key of the store. Recordings that the configuration keeps in
a folder are there.`,
		Example:           "  ivrflow calls recording ID -o message.wav",
		Args:              arguments(1, 1, "the id of one recording"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return usagef("recording needs -o: the file to write")
			}
			return o.looking(cmd, func(ctx context.Context, l *keep.Look) error { return writeRecording(ctx, l, args[0], output) })
		},
	}
	o.lookFlags(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "the file to write")
	return cmd
}

func writeRecording(ctx context.Context, l *keep.Look, id, output string) error {
	if l.NoKey != nil {
		return fmt.Errorf("recordings cannot be opened without the key of the store: %w", l.NoKey)
	}
	wav, err := bot.NewBlobRecordings(l.DB, l.Key).Load(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return &exitError{exitFindings, fmt.Errorf("no recording %q is in the store", id)}
	}
	if err != nil {
		return err
	}
	return writePrivate(output, func(file io.Writer) error {
		_, err := file.Write(wav)
		return err
	})
}
