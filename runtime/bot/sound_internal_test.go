package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// counting is a Speech that counts what it is asked for.
type counting struct {
	Tones
	asked []string
}

func (c *counting) Speak(ctx context.Context, text, locale, voice string) ([]byte, error) {
	c.asked = append(c.asked, text)
	return c.Tones.Speak(ctx, text, locale, voice)
}

// digits are a library with recordings of 1 and 2, and parts that play them.
func digits(s Speech) (*library, ivr.Part, ivr.Part) {
	l := newLibrary(s, NewMemoryRecordings(), []byte("key"))
	part := func(key string, long time.Duration) ivr.Part {
		wav := prompt.Tone(long, key)
		l.fixed[prompt.Hash(wav)] = &file{wav: wav}
		return ivr.Part{Key: key, Text: key, Audio: prompt.Hash(wav), Locale: "en-GB", Length: ivr.Duration(long)}
	}
	return l, part("_digit/1", 100*time.Millisecond), part("_digit/2", 200*time.Millisecond)
}

func (l *library) mustAudio(t *testing.T, p ivr.Part) (string, []byte) {
	t.Helper()
	name, long, err := l.audio(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	wav, ok := l.inMemory(name)
	info, err := prompt.CheckWAV(wav)
	if !ok || err != nil || info.Length != long {
		t.Fatalf("under %s: found %t, %v, %v long, want %v", name, ok, err, info.Length, long)
	}
	return name, wav
}

// What is joined is the sounds in turn, is named by its content, and is joined
// once.
func TestJoinedAudio(t *testing.T) {
	s := &counting{}
	l, one, two := digits(s)
	pause := ivr.Part{Silence: ivr.Duration(50 * time.Millisecond)}
	text := ivr.Part{Text: "pounds", Locale: "en-GB"}
	p := ivr.Part{Joined: []ivr.Part{one, pause, {Joined: []ivr.Part{two, text}}}}
	name, wav := l.mustAudio(t, p)
	spoken := prompt.Tone(prompt.Estimate("pounds", "en-GB"), "pounds")
	_, wav1 := l.mustAudio(t, one)
	_, wav2 := l.mustAudio(t, two)
	want, err := prompt.Join(wav1, prompt.Silence(50*time.Millisecond), wav2, spoken)
	if err != nil || !bytes.Equal(wav, want) || name != prompt.Hash(want) {
		t.Errorf("joined to %d bytes named %s, want %d named %s, %v", len(wav), name, len(want), prompt.Hash(want), err)
	}
	made := l.size
	if again, _ := l.mustAudio(t, p); again != name || l.size != made || len(s.asked) != 1 {
		t.Errorf("the second time: %s, %d bytes more, the synthesiser was asked %q", again, l.size-made, s.asked)
	}
	p.Joined[0], p.Joined[1] = p.Joined[1], p.Joined[0]
	if other, _ := l.mustAudio(t, p); other == name {
		t.Error("another order has the same name")
	}
}

// The name of what speaks a secret tells nothing, and is another each time;
// there is no index that leads to it, and its sounds are not asked for by name.
func TestSecretFromRecordings(t *testing.T) {
	for name, p := range map[string]func(one, two ivr.Part) ivr.Part{
		"joined": func(one, two ivr.Part) ivr.Part { return ivr.Part{Text: "one, two", Joined: []ivr.Part{one, two}} },
		"one":    func(one, _ ivr.Part) ivr.Part { return ivr.Part{Text: "one", Joined: []ivr.Part{one}} },
		"not":    func(one, _ ivr.Part) ivr.Part { return one },
		"half": func(one, _ ivr.Part) ivr.Part {
			return ivr.Part{Joined: []ivr.Part{one, {Text: "nine", Sensitive: true}}}
		},
		"nothing": func(_, _ ivr.Part) ivr.Part { return ivr.Part{Silence: ivr.Duration(time.Second)} },
	} {
		t.Run(name, func(t *testing.T) {
			l, one, two := digits(Tones{})
			known := map[string]bool{one.Audio: true, two.Audio: true}
			one.Sensitive, two.Sensitive = true, true
			p := p(one, two)
			p.Sensitive = true
			for range 2 {
				name, wav := l.mustAudio(t, p)
				if known[name] || name == prompt.Hash(wav) {
					t.Errorf("named %s, which is known or its content's hash", name)
				}
				known[name] = true
			}
			if len(l.spoken) > 0 {
				t.Errorf("the index holds %q", l.spoken)
			}
		})
	}
}

// Without a synthesiser the built-in apology is a tone; a value that nobody
// recorded is an error that does not tell it.
func TestNobodySpeaks(t *testing.T) {
	l, one, _ := digits(nil)
	l.mustAudio(t, ivr.Part{Text: flow.Apology("de-DE"), Locale: "de-DE"})
	l.mustAudio(t, ivr.Part{Joined: []ivr.Part{one, one}})
	_, _, err := l.audio(t.Context(), ivr.Part{Joined: []ivr.Part{one, {Text: "secret million", Locale: "en-GB"}}})
	if !errors.Is(err, errNobodySpeaks) || strings.Contains(err.Error(), "million") {
		t.Errorf("the error is %v", err)
	}
}

// dumb is a Speech that repeats what it cannot speak.
type dumb struct{}

func (dumb) Speak(_ context.Context, text, _, _ string) ([]byte, error) {
	return nil, fmt.Errorf("cannot say %s", text)
}

// Errors tell which prompt has no audio, but nothing of a secret.
func TestErrorsOfSecrets(t *testing.T) {
	l, one, _ := digits(dumb{})
	one.Audio = strings.Repeat("0", 64)
	text := ivr.Part{Key: "welcome", Text: "seven", Locale: "en-GB"}
	for _, secret := range []bool{false, true} {
		one.Sensitive, text.Sensitive = secret, secret
		_, _, gone := l.audio(t.Context(), ivr.Part{Joined: []ivr.Part{one}, Sensitive: secret})
		_, _, silent := l.audio(t.Context(), text)
		if gone == nil || silent == nil {
			t.Fatalf("%v, %v, want errors", gone, silent)
		}
		if strings.Contains(gone.Error(), "_digit/1") == secret || strings.Contains(silent.Error(), "seven") == secret {
			t.Errorf("secret %t: %v; %v", secret, gone, silent)
		}
	}
}

// marked is a Speech that notes the SSML it gets.
type marked struct {
	counting
	documents []string
}

func (*marked) ReadsSSML() bool { return true }

func (m *marked) SpeakSSML(ctx context.Context, ssml, locale, voice string) ([]byte, error) {
	m.documents = append(m.documents, ssml+" "+voice)
	return Tones{}.SpeakSSML(ctx, ssml, locale, voice)
}

// A text in SSML goes to the synthesiser as a document, and is not taken for
// the same words without marks.
func TestSSMLIsSpoken(t *testing.T) {
	s := &marked{}
	l := newLibrary(s, NewMemoryRecordings(), []byte("key"))
	text := ivr.Part{Text: "Good <emphasis>bye</emphasis>", Locale: "en-GB", Voice: "Ada", SSML: true}
	name, _ := l.mustAudio(t, text)
	if again, _ := l.mustAudio(t, text); again != name {
		t.Errorf("the same text is %s and %s", name, again)
	}
	text.SSML = false
	if other, _ := l.mustAudio(t, text); other == name {
		t.Error("the text is the same with marks and without")
	}
	want := prompt.SSML("Good <emphasis>bye</emphasis>", "en-GB") + " Ada"
	if len(s.documents) != 1 || s.documents[0] != want || len(s.asked) != 1 {
		t.Errorf("the synthesiser got the documents %q and the texts %q, want %q", s.documents, s.asked, want)
	}
	text.SSML = true
	if _, _, err := newLibrary(&counting{}, nil, nil).audio(t.Context(), text); err != nil {
		t.Errorf("tones are made of SSML too: %v", err)
	}
	if _, _, err := newLibrary(dumb{}, nil, nil).audio(t.Context(), text); err == nil || !strings.Contains(err.Error(), "does not read SSML") {
		t.Errorf("a synthesiser that reads no SSML: %v", err)
	}
}

func TestCommandSpeechSSML(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "got")
	wav := filepath.Join(dir, "x.wav")
	if err := os.WriteFile(wav, prompt.Silence(time.Second), 0o600); err != nil {
		t.Fatal(err)
	}
	c := CommandSpeech{Args: []string{"cat"}, SSML: []string{"sh", "-c", `cat >"$1"; echo "$3" >>"$1"; cat "$2"`, "sh", file, wav, "{voice}"}}
	got, err := c.SpeakSSML(t.Context(), "<speak>x</speak>", "en-GB", "Ada")
	if err != nil || !bytes.Equal(got, prompt.Silence(time.Second)) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "<speak>x</speak>Ada\n" {
		t.Errorf("the program got %q, %v", text, err)
	}
	if !c.ReadsSSML() || (CommandSpeech{Args: []string{"cat"}}).ReadsSSML() {
		t.Error("ReadsSSML is wrong")
	}
}

// What is forgotten is made again, and nothing is left that led to it.
func TestMadeAudioIsForgotten(t *testing.T) {
	l, one, two := digits(Tones{})
	joined := ivr.Part{Joined: []ivr.Part{one, two}}
	name, _ := l.mustAudio(t, joined)
	l.mustAudio(t, ivr.Part{Text: "hello", Locale: "en-GB"})
	l.mustAudio(t, ivr.Part{Text: "hello ", Locale: "en-GB"})
	l.size = maxMade
	l.mustAudio(t, ivr.Part{Text: "goodbye", Locale: "en-GB"})
	if _, ok := l.inMemory(name); ok {
		t.Error("what was made first is still there")
	}
	led := 0
	for _, asks := range l.asked {
		led += len(asks)
	}
	if len(l.spoken) != led || len(l.asked) != len(l.made) || len(l.made) != len(l.order) {
		t.Errorf("%d questions, %d of them by audio; %d sounds, %d of them asked for, %d in order", len(l.spoken), led, len(l.made), len(l.asked), len(l.order))
	}
	if again, _ := l.mustAudio(t, joined); again != name {
		t.Errorf("made again it is %s, was %s", again, name)
	}
}
