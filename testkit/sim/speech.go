package sim

import (
	"context"
	"errors"
	"sync"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// speech speaks texts as tones, and knows what was said by the name of the
// audio: so do the callers who hear it.
type speech struct {
	mu    sync.Mutex
	wavs  map[string][]byte // by text and locale
	hash  map[*byte]string
	texts map[string]string // by hash
}

func newSpeech() *speech {
	return &speech{wavs: map[string][]byte{}, hash: map[*byte]string{}, texts: map[string]string{}}
}

// Speak makes the audio once.
func (s *speech) Speak(ctx context.Context, text, locale, voice string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := text + "\x00" + locale
	if wav, ok := s.wavs[key]; ok {
		return wav, nil
	}
	wav, err := bot.Tones{}.Speak(ctx, text, locale, voice)
	if err != nil {
		return nil, err
	}
	name := prompt.Hash(wav)
	s.wavs[key], s.hash[&wav[0]], s.texts[name] = wav, name, text
	return wav, nil
}

// speaker is the speech of a process, which may fail.
type speaker struct {
	*speech
	p *proc
}

var errMute = errors.New("the synthesiser fails")

// Speak makes the audio, or not.
func (s speaker) Speak(ctx context.Context, text, locale, voice string) ([]byte, error) {
	if s.p.w.struck(NoAudio, s.p.node) {
		return nil, errMute
	}
	return s.speech.Speak(ctx, text, locale, voice)
}

// Hash is prompt.Hash, which is known of what was made here.
func (s *speech) Hash(wav []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(wav) > 0 {
		if name, ok := s.hash[&wav[0]]; ok {
			return name
		}
	}
	return prompt.Hash(wav)
}

// text is what was said by audio of this name; "" if it was not said here.
func (s *speech) text(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.texts[name]
}
