package testkit

import (
	"context"
	"sync"

	"github.com/ivrflow/ivrflow/runtime/bot"
)

// spoken is a synthesiser that keeps what it made: the calls of a file say the
// same texts over and over.
type spoken struct {
	voice bot.Speech
	mu    sync.Mutex
	wavs  map[[3]string][]byte
}

func newSpoken(s bot.Speech) *spoken {
	if s == nil {
		s = bot.Tones{}
	}
	return &spoken{voice: s, wavs: map[[3]string][]byte{}}
}

// Speak makes the audio, or finds it.
func (s *spoken) Speak(ctx context.Context, text, locale, voice string) ([]byte, error) {
	key := [3]string{text, locale, voice}
	s.mu.Lock()
	wav, ok := s.wavs[key]
	s.mu.Unlock()
	if ok {
		return wav, nil
	}
	wav, err := s.voice.Speak(ctx, text, locale, voice)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wavs[key] = wav
	return wav, nil
}
