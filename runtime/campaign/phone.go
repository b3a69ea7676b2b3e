package campaign

import (
	"context"
	"errors"
	"fmt"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// OfBot is a bot as a phone. The bot is open, and keeps its calls in db.
func OfBot(b *bot.Bot, db store.DB) Phone { return botPhone{b, db} }

type botPhone struct {
	*bot.Bot

	db store.DB
}

// Live implements Phone.
func (p botPhone) Live(id ivr.SessionID) (lives bool, all int) {
	_, lives = p.Calls().Session(id)
	return lives, p.Calls().Live()
}

// Remember implements Phone.
func (p botPhone) Remember(ctx context.Context, campaign string, fresh bool) error {
	name := "campaign/" + campaign
	if fresh {
		_, err := p.db.AddBlob(ctx, name, []byte("{}"))
		return err
	}
	_, err := p.db.Blob(ctx, name)
	if errors.Is(err, store.ErrNone) {
		return fmt.Errorf("the store does not know this campaign, though it has called people: it is another store than the one it began with, and nobody would know whom it has called; name that one in the configuration")
	}
	return err
}
