package main

import (
	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/runtime/ivrflow/dev"
)

// recordTest puts a person on the phone, and makes tests of the calls.
func recordTest(cmd *cobra.Command, o testOptions, args []string) error {
	if err := arguments(1, 1, "one flow file or folder to record a test of")(cmd, args); err != nil {
		return err
	}
	name, err := oneFlow(cmd.Context(), args[0])
	if err != nil {
		return err
	}
	return runDev(cmd, dev.Options{Path: name, Audio: o.audio, Record: true})
}
