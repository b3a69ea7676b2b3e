package bot

// askToDrain has Serve take no new calls, and end when the last one has.
func (b *Bot) askToDrain() { b.asked.Do(func() { close(b.drain) }) }
