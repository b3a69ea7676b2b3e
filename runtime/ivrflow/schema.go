package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
)

func newSchema() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of flow files, for editors",
		Long: `Schema prints the JSON Schema (draft-07) of flow files. An editor with the YAML
language server then offers verbs and options, explains them, and shows faults
while you write. It is made from the tables that check reads with, and takes
whatever check takes; check finds more.

A flow names the file in its first line:

  # yaml-language-server: $schema=./ivr-flow.v1.schema.json`,
		Example: "  ivrflow schema -o ivr-flow.v1.schema.json\n  ivrflow help editor",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "" {
				if err := os.WriteFile(output, flow.Schema(), 0o644); err != nil {
					return failuref("writing the schema: %w", err)
				}
				return nil
			}
			if _, err := cmd.OutOrStdout().Write(flow.Schema()); err != nil {
				return failuref("writing the schema: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this file, not to standard output")
	return cmd
}
