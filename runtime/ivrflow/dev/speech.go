package dev

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// findSpeech is who speaks the texts: the author's command, a synthesiser of
// the machine, or tones. The text says who it is.
func findSpeech(command []string) (bot.Speech, string) {
	if len(command) == 1 && command[0] == "tones" {
		return bot.Tones{}, "tones"
	}
	if len(command) > 0 {
		return unmarked{bot.CommandSpeech{Args: command}}, "spoken by " + command[0]
	}
	if _, err := exec.LookPath("espeak-ng"); err == nil {
		return bot.CommandSpeech{
			Args: []string{"espeak-ng", "-v", "{locale}", "--stdin", "--stdout"},
			SSML: []string{"espeak-ng", "-m", "-v", "{locale}", "--stdin", "--stdout"},
		}, "spoken by espeak-ng"
	}
	if _, err := exec.LookPath("flite"); err == nil {
		return unmarked{flite{}}, "spoken by flite (English; other languages are tones)"
	}
	return bot.Tones{}, "tones, since the machine has neither espeak-ng nor flite (--speech COMMAND names another)"
}

// unmarked speaks SSML as if it had no marks.
type unmarked struct{ bot.Speech }

// ReadsSSML is true.
func (unmarked) ReadsSSML() bool { return true }

// SpeakSSML speaks the text between the marks.
func (u unmarked) SpeakSSML(ctx context.Context, ssml, locale, voice string) ([]byte, error) {
	return u.Speak(ctx, prompt.Unmarked(ssml), locale, voice)
}

// flite speaks English with the program of that name, which takes the text as
// an argument and writes a file.
type flite struct{}

const fliteTime = 30 * time.Second

// Speak runs the program once. What is not English is a tone.
func (flite) Speak(ctx context.Context, text, locale, voice string) ([]byte, error) {
	if !strings.HasPrefix(strings.ToLower(locale), "en") {
		return bot.Tones{}.Speak(ctx, text, locale, voice)
	}
	folder, err := os.MkdirTemp("", "ivrflow-flite-")
	if err != nil {
		return nil, fmt.Errorf("flite: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // a file that stays does no harm
	ctx, cancel := context.WithTimeout(ctx, fliteTime)
	defer cancel()
	name := filepath.Join(folder, "speech.wav")
	if out, err := exec.CommandContext(ctx, "flite", "-t", text, "-o", name).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("flite: %w: %.200s", err, out)
	}
	wav, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("flite: %w", err)
	}
	return prompt.Convert(wav)
}
