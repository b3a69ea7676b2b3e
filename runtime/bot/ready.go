package bot

import (
	"errors"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// Ready says why the bot cannot take calls, nil if it can.
func (b *Bot) Ready() error {
	if b.calls.Draining() || b.leaving.Load() {
		return &server.NotReadyError{Word: "draining"}
	}
	if err := b.calls.MaySend(); err != nil && b.cfg.Shared { // the others can
		return &server.NotReadyError{Word: "store", Err: err}
	}
	if b.calls.Refused() && !b.cfg.Shared { // several have a lease for that
		return &server.NotReadyError{Word: "store", Err: errNotTaken}
	}
	return b.checkActions()
}

var errNotTaken = errors.New("the store did not take what it was last given to keep; the log says why: perhaps its disk is full")
