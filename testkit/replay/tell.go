package replay

import (
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
)

// Event is an event in a few words.
func Event(ev ivr.Event) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", ev), "ivr.")
	switch e := ev.(type) {
	case ivr.ToneReceived:
		if e.Key == 0 {
			return "a key that is not known any more"
		}
		return "the key " + e.Key.String()
	case ivr.TimerExpired:
		return fmt.Sprintf("timer %d", e.Timer)
	case ivr.ActionReturned:
		return fmt.Sprintf("operation %d returned %s", e.Op, e.Outcome)
	case ivr.OperationAccepted:
		return fmt.Sprintf("operation %d was accepted", e.Op)
	case ivr.OperationCompleted:
		return fmt.Sprintf("operation %d was completed", e.Op)
	case ivr.OperationFailed:
		return fmt.Sprintf("operation %d failed: %s", e.Op, e.Result.Reason)
	case ivr.CallChanged:
		return strings.TrimSpace(fmt.Sprintf("call %v, audio %v", e.State, e.Audio))
	default:
		return name
	}
}

// Command is a command in a few words.
func Command(cmd ivr.Command) string {
	switch c := cmd.(type) {
	case ivr.Moved:
		state := c.State
		if c.Flow != "" {
			state = c.Flow + ": " + state
		}
		return "move " + c.Trigger + " → " + state
	case ivr.Mark:
		return strings.TrimSpace(c.Kind + " " + tell.Mark(c))
	case ivr.StartTimer:
		return fmt.Sprintf("start timer %d (%s) for %s", c.Timer, c.Why, c.After.Std())
	case ivr.StopTimer:
		return fmt.Sprintf("stop timer %d", c.Timer)
	case ivr.CancelAction:
		return fmt.Sprintf("cancel operation %d", c.Op)
	case ivr.Finish:
		return "end, by " + string(c.EndedBy)
	default: // an operation
	}
	op, what := tell.Operation(cmd)
	if play, ok := cmd.(ivr.PlayPrompt); ok {
		var texts []string
		for _, part := range ivr.Heard(play.Parts) {
			texts = append(texts, tell.Heard(part))
		}
		what = "play " + strings.Join(texts, " + ")
	}
	if act, ok := cmd.(ivr.RunAction); ok {
		_, given, _ := strings.Cut(act.String(), act.Name) // without what is sensitive
		what += given
	}
	return fmt.Sprintf("%s (operation %d)", what, op)
}
