package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// audio is the name and length of what a part sounds like. What is secret is
// made anew each time, and hidden: no index may hold its words, and nobody may
// learn from names of which recordings it was made.
func (l *library) audio(ctx context.Context, p ivr.Part) (string, time.Duration, error) {
	if p.Audio != "" && !p.Sensitive {
		return p.Audio, p.Length.Std(), nil
	}
	name, wav, err := l.sound(ctx, p)
	if err != nil {
		return "", 0, err
	}
	info, err := prompt.CheckWAV(wav)
	if err != nil {
		return "", 0, fmt.Errorf("the synthesiser's audio for a prompt: %w", err)
	}
	if p.Sensitive {
		name = l.hide(wav)
	}
	l.shared.give(ctx, name, wav, p.Sensitive)
	return name, info.Length, nil
}

// sound is what a part sounds like, and the hash of its content, which is not
// worked out for what is secret.
func (l *library) sound(ctx context.Context, p ivr.Part) (hash string, wav []byte, err error) {
	switch {
	case p.Audio != "":
		file, ok, err := l.content(ctx, p.Audio)
		if err == nil && !ok {
			err = errors.New("it is gone")
		}
		if err != nil {
			return "", nil, fmt.Errorf("the audio of %s: %w", named(p), err)
		}
		return p.Audio, file.Data, nil
	case len(p.Joined) > 0:
		return l.join(ctx, p)
	case p.Sensitive:
		wav, err = l.make(ctx, p)
		return "", wav, err
	}
	ask := fmt.Sprintf("%d %q %t %q %q %q %s", l.voice.Load().number, p.Text, p.SSML, p.Locale, p.Voice, p.Recording, p.Silence)
	hash, wav, ok := l.find(ask)
	if ok {
		return hash, wav, nil
	}
	if wav, err = l.make(ctx, p); err != nil {
		return "", nil, err
	}
	return l.keep(ask, wav), wav, nil
}

// join is one file of several. It is found by the hashes of their contents if
// they were joined before.
func (l *library) join(ctx context.Context, p ivr.Part) (hash string, wav []byte, err error) {
	wavs, names := make([][]byte, len(p.Joined)), make([]string, len(p.Joined))
	for i, part := range p.Joined {
		if names[i], wavs[i], err = l.sound(ctx, part); err != nil {
			return "", nil, err
		}
	}
	ask := "joined " + strings.Join(names, " ")
	if !p.Sensitive {
		if hash, wav, ok := l.find(ask); ok {
			return hash, wav, nil
		}
	}
	if wav, err = prompt.Join(wavs...); err != nil || p.Sensitive {
		return "", wav, err
	}
	return l.keep(ask, wav), wav, nil
}

var errNobodySpeaks = errors.New("no synthesiser is configured, and no recording says all words of a prompt")

func (l *library) make(ctx context.Context, p ivr.Part) ([]byte, error) {
	switch {
	case p.Silence > 0:
		return prompt.Silence(p.Silence.Std()), nil
	case p.Recording != "":
		return l.recordings.Load(ctx, p.Recording)
	case l.voice.Load().speech == nil && p.Text == flow.Apology(p.Locale):
		return prompt.Tone(time.Second, p.Text), nil
	case l.voice.Load().speech == nil:
		// Flows with texts of their own are refused without a synthesiser, but a
		// value may have words that nobody expected.
		return nil, errNobodySpeaks
	}
	if p.Sensitive {
		return l.speakSecret(ctx, p)
	}
	wav, err := l.speak(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("speaking %s: %w", named(p), err)
	}
	return wav, nil
}

func (l *library) speak(ctx context.Context, p ivr.Part) ([]byte, error) {
	speech := l.voice.Load().speech
	switch {
	case speech == nil: // it was taken away just now
		return nil, errNobodySpeaks
	case !p.SSML:
		return speech.Speak(ctx, p.Text, p.Locale, p.Voice)
	}
	s, ok := readsSSML(speech)
	if !ok {
		return nil, errors.New("the synthesiser does not read SSML") // flows with it are refused
	}
	return s.SpeakSSML(ctx, prompt.SSML(p.Text, p.Locale), p.Locale, p.Voice)
}

// speakSecret keeps to itself what a synthesiser says when it fails.
func (l *library) speakSecret(ctx context.Context, p ivr.Part) (wav []byte, err error) {
	defer func() {
		if recover() != nil {
			wav, err = nil, errSecretText
		}
	}()
	if wav, err = l.speak(ctx, p); err != nil {
		return nil, errSecretText
	}
	return wav, nil
}

// errSecretText stands for a synthesiser's own error, which may hold the text.
var errSecretText = errors.New("speaking a text with a sensitive value: the synthesiser failed; its message is not shown, since it may hold the text")

// named is a prompt in an error, which is logged.
func named(p ivr.Part) string {
	if p.Sensitive {
		return "a sensitive value"
	}
	return fmt.Sprintf("prompt %q", p.Key)
}
