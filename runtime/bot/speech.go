package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Tones is a Speech that does not speak: each text is a soft tone as long as
// the text would take. It is for trying flows and for tests; callers cannot
// understand it.
type Tones struct{}

// Speak makes the tone.
func (Tones) Speak(_ context.Context, text, locale, _ string) ([]byte, error) {
	return prompt.Tone(prompt.Estimate(text, locale), text), nil
}

// ReadsSSML is true.
func (Tones) ReadsSSML() bool { return true }

// SpeakSSML makes the tone of what is between the marks.
func (Tones) SpeakSSML(_ context.Context, ssml, locale, _ string) ([]byte, error) {
	return prompt.Tone(prompt.Estimate(ssml, locale), ssml), nil
}

// CommandSpeech is a Speech that runs a program. The program gets the text on
// its standard input and writes a WAV file to its standard output; PCM of 16
// bits in one channel is brought to 16 kHz. {locale} and {voice} in its
// arguments are replaced.
//
//	bot.CommandSpeech{Args: []string{"espeak-ng", "-v", "{locale}", "--stdin", "--stdout"}}
type CommandSpeech struct {
	Args    []string
	SSML    []string      // the program for SSML documents, with its arguments; none: it reads no SSML
	Timeout time.Duration // of one text; 0 is 30 s
}

// Speak runs the program once.
func (c CommandSpeech) Speak(ctx context.Context, text, locale, voice string) ([]byte, error) {
	return c.run(ctx, c.Args, text, strings.NewReplacer("{locale}", locale, "{voice}", voice))
}

// ReadsSSML reports whether there is a program for SSML.
func (c CommandSpeech) ReadsSSML() bool { return len(c.SSML) > 0 }

// SpeakSSML runs the program for SSML once.
func (c CommandSpeech) SpeakSSML(ctx context.Context, ssml, locale, voice string) ([]byte, error) {
	return c.run(ctx, c.SSML, ssml, strings.NewReplacer("{locale}", locale, "{voice}", voice))
}

func (c CommandSpeech) run(ctx context.Context, command []string, text string, fill *strings.Replacer) ([]byte, error) {
	if len(command) == 0 {
		return nil, errors.New("the speech command is empty")
	}
	limit := c.Timeout
	if limit == 0 {
		limit = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	args := make([]string, len(command))
	for i, a := range command {
		args[i] = fill.Replace(a)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var out, problems bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), &out, &problems
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("speech command %s: %w: %.200s", args[0], err, problems.String())
	}
	wav, err := prompt.Convert(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("speech command %s: %w", args[0], err)
	}
	return wav, nil
}
