package replay

import (
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

// shapes are commands without anything that may be made of a value: no texts, no
// inputs of actions, and no lengths of what is said. blind says that the configuration
// is not known, so that targets may be made of what is made up, too.
func shapes(cmds []ivr.Command, blind bool) []string {
	all := make([]string, len(cmds))
	for i, cmd := range cmds {
		cmd = wire.OutlineCommand(cmd)
		if blind {
			cmd = untargeted(cmd)
		}
		all[i] = shape(cmd)
	}
	return all
}

// untargeted is a command without whom it calls.
func untargeted(cmd ivr.Command) ivr.Command {
	switch c := cmd.(type) {
	case ivr.Transfer:
		c.Target.ID = ""
		return c
	case ivr.CreateCall:
		c.Target.ID = ""
		return c
	case ivr.Redirect:
		c.Targets = make([]ivr.Target, len(c.Targets)) // how many they are
		return c
	case ivr.Invite:
		c.Targets = make([]ivr.Target, len(c.Targets))
		return c
	default:
		return cmd
	}
}

func shape(cmd ivr.Command) string {
	switch c := cmd.(type) {
	case ivr.PlayPrompt:
		return fmt.Sprint("play ", c.Op, c.Leg, c.Loop, said(c.Parts))
	case ivr.Answer:
		return fmt.Sprint("answer ", c.Op, c.Leg, said(c.Prefetch))
	case ivr.Hold:
		return fmt.Sprint("hold ", c.Op, c.Leg, c.Off, said(c.Music))
	case ivr.StartTimer:
		if c.Why == "deadline" { // a prompt's is as long as what is said
			c.After = 0
		}
		return fmt.Sprintf("%T%+v", c, c)
	case ivr.Moved, ivr.StopTimer, ivr.SubscribeToTone, ivr.CancelMedia:
		return fmt.Sprintf("%T%+v", c, c)
	default:
		return asJSON(c)
	}
}

func asJSON(cmd ivr.Command) string {
	b, err := wire.AppendCommands(nil, []ivr.Command{cmd})
	if err != nil {
		return fmt.Sprintf("%T", cmd)
	}
	return string(b)
}

// said is what a prompt says: its keys, and that a value is spoken, whatever it is.
func said(parts []ivr.Part) string {
	var words []string
	for _, p := range parts {
		word := "value"
		switch {
		case p.Key != "" && p.Words == "" && !p.Continued && !prompt.IsFragment(p.Key):
			word = p.Key
		case len(p.Joined) > 0 && p.Text == "" && p.Words == "":
			word = said(p.Joined)
		case p.Silence > 0:
			continue
		}
		if word == "" || word == "value" && len(words) > 0 && words[len(words)-1] == word {
			continue
		}
		words = append(words, word)
	}
	return strings.Join(words, ",")
}
