package testkit

import (
	"context"
	"errors"
	"sync"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// spoken is a synthesiser that keeps what it made: the calls of a file say the
// same texts over and over.
type spoken struct {
	voice bot.Speech
	mu    sync.Mutex
	wavs  map[[3]string][]byte
	names map[made]string // hashes of wavs
}

// made is audio that was made here, which is never written: where it lies.
type made struct {
	first *byte
	size  int
}

func where(wav []byte) made {
	if len(wav) == 0 {
		return made{}
	}
	return made{&wav[0], len(wav)}
}

func newSpoken(s bot.Speech) *spoken {
	if s == nil {
		s = bot.Tones{}
	}
	return &spoken{voice: s, wavs: map[[3]string][]byte{}, names: map[made]string{}}
}

// Speak makes the audio, or finds it.
func (s *spoken) Speak(ctx context.Context, text, locale, voice string) ([]byte, error) {
	return s.make([3]string{text, locale, voice}, func() ([]byte, error) { return s.voice.Speak(ctx, text, locale, voice) })
}

// ReadsSSML reports whether the voice does.
func (s *spoken) ReadsSSML() bool {
	marked, ok := s.voice.(bot.SSMLSpeech)
	return ok && marked.ReadsSSML()
}

// SpeakSSML is Speak of an SSML document.
func (s *spoken) SpeakSSML(ctx context.Context, ssml, locale, voice string) ([]byte, error) {
	marked, ok := s.voice.(bot.SSMLSpeech)
	if !ok {
		return nil, errors.New("the synthesiser does not read SSML")
	}
	return s.make([3]string{"ssml " + ssml, locale, voice}, func() ([]byte, error) { return marked.SpeakSSML(ctx, ssml, locale, voice) })
}

func (s *spoken) make(key [3]string, speak func() ([]byte, error)) ([]byte, error) {
	s.mu.Lock()
	wav, ok := s.wavs[key]
	s.mu.Unlock()
	if ok {
		return wav, nil
	}
	wav, err := speak()
	if err != nil {
		return nil, err
	}
	name := prompt.Hash(wav)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wavs[key], s.names[where(wav)] = wav, name
	return wav, nil
}

// Hash is prompt.Hash. Of what was made here it is known.
func (s *spoken) Hash(wav []byte) string {
	s.mu.Lock()
	name, ok := s.names[where(wav)]
	s.mu.Unlock()
	if ok {
		return name
	}
	return prompt.Hash(wav)
}
