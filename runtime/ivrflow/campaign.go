package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/campaign"
)

func newCampaign() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "campaign",
		Short: "Call the people on a list, and say how that stands",
		Long: `Campaign calls the people on a list with a flow of kind outgoing: not more of them
at once and not faster than you want, at hours that are right where they are, and
again where it was busy or nobody answered. It goes on where it was after a crash,
and calls nobody twice. See ivrflow help campaigns.`,
		Example: "  ivrflow campaign run try.campaign --simulate --flow reminder.ivr.yaml --list people.csv\n" +
			"  ivrflow campaign run spring.campaign --flow reminder --list people.csv --from ACCOUNT --rate 20/m\n  ivrflow campaign status spring.campaign",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				cmd.SetOut(cmd.ErrOrStderr())
				return errors.Join(cmd.Help(), exit(exitUsage))
			}
			var names []string
			for _, c := range cmd.Commands() {
				names = append(names, c.Name())
			}
			return usagef("campaign cannot %q%s", args[0], hint(args[0], names, "run ivrflow campaign --help"))
		},
	}
	cmd.AddCommand(newCampaignRun(), newCampaignStatus(), newCampaignPause(true), newCampaignPause(false))
	return cmd
}

func newCampaignStatus() *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "status FILE",
		Short: "Say how a campaign stands",
		Long: `Status says how a campaign stands, also while it runs: how many were called, what
came of it, and how many are left. FILE is the campaign's, as named to run.`,
		Example: "  ivrflow campaign status spring.campaign\n  ivrflow campaign status spring.campaign --format json",
		Args:    arguments(1, 1, "the campaign's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneFormat(format, "text", "json"); err != nil {
				return err
			}
			s, err := campaign.ReadStatus(args[0])
			if err != nil {
				return failuref("%w%s", err, noCampaign(err))
			}
			if format == "json" {
				return encode(cmd.OutOrStdout(), s)
			}
			return writeStatus(cmd.OutOrStdout(), s)
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "text or json")
	words(cmd, "format", "text", "json")
	return cmd
}

// noCampaign is what to do if there is no file.
func noCampaign(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "; ivrflow campaign run makes it"
	}
	return ""
}

func writeStatus(out io.Writer, s campaign.Status) error {
	state := "stopped; ivrflow campaign run goes on with it"
	switch {
	case s.Running && s.Paused:
		state = "paused"
	case s.Running:
		state = "running"
	case s.Waiting+s.Live+s.Again == 0:
		state = "done"
	case s.Paused:
		state = "stopped, and paused: run calls nobody before ivrflow campaign resume"
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "flow\t%s\nbegun\t%s\nstate\t%s\nlisted\t%d\nnot called yet\t%d\nlive\t%d\nto be called again\t%d\ncalls made\t%d\ndone\t%d\n",
		s.Flow, calldoc.Stamp(s.Begun), state, s.Listed, s.Waiting, s.Live, s.Again, s.Attempts, s.Done)
	for _, o := range campaign.Outcomes() {
		if n := s.Outcomes[o]; n > 0 {
			fmt.Fprintf(w, "  %s\t%d\n", o, n)
		}
	}
	return w.Flush()
}

func newCampaignPause(pause bool) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pause FILE",
		Short: "Have a campaign call nobody new",
		Long: `Pause has a campaign call nobody new: the process that runs it sees that within a
second or two, and calls that live go on. It holds until ivrflow campaign resume,
also for a process that runs the campaign later.`,
		Example: "  ivrflow campaign pause spring.campaign",
	}
	if !pause {
		cmd.Use, cmd.Short = "resume FILE", "Have a campaign that was paused call again"
		cmd.Long, cmd.Example = "Resume takes back ivrflow campaign pause.", "  ivrflow campaign resume spring.campaign"
	}
	cmd.Args = arguments(1, 1, "the campaign's file")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		_, err := campaign.ReadStatus(args[0])
		if err == nil {
			err = campaign.Pause(args[0], pause)
		}
		if err != nil {
			return failuref("%w%s", err, noCampaign(err))
		}
		return nil
	}
	return cmd
}

// savedFlags are the flags of a campaign as its file keeps them.
func savedFlags(file string) (map[string]string, error) {
	s, err := campaign.ReadStatus(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	saved := map[string]string{}
	if s.Settings == nil { // it died before
		return saved, nil
	}
	return saved, json.Unmarshal(s.Settings, &saved)
}
