package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, _ := debug.ReadBuildInfo()
			fmt.Fprint(cmd.OutOrStdout(), version(info))
			return nil
		},
	}
}

// version is the text of the command. info is nil if the program was built
// without modules.
func version(info *debug.BuildInfo) string {
	number, commit, changed, date := "unknown", "unknown", "", ""
	if info != nil {
		number = cmp.Or(info.Main.Version, number)
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				commit = s.Value
			case "vcs.time":
				date = " of " + s.Value
			case "vcs.modified":
				if s.Value == "true" {
					changed = ", with changes"
				}
			}
		}
	}
	return fmt.Sprintf("ivrflow %s\ncommit %s%s%s\n%s %s/%s\n", number, commit, date, changed, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
