package bot

import (
	"context"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Audio is named by its content, except for what is secret: the hash of a
// spoken PIN tells the PIN.
func TestNamesOfAudio(t *testing.T) {
	l := newLibrary(Tones{}, NewMemoryRecordings(), []byte("key"))
	name := func(p ivr.Part) string {
		t.Helper()
		hash, length, err := l.audio(t.Context(), p)
		if err != nil || length < time.Millisecond {
			t.Fatalf("%v, %s", err, length)
		}
		if _, ok := l.inMemory(hash); !ok {
			t.Errorf("nothing is served under %s", hash)
		}
		return hash
	}
	open := ivr.Part{Text: "one, two, three, four", Locale: "en-GB"}
	hidden := open
	hidden.Sensitive = true
	wav, err := Tones{}.Speak(context.Background(), open.Text, open.Locale, "")
	if err != nil {
		t.Fatal(err)
	}
	content := prompt.Hash(wav)
	if got := name(open); got != content || name(open) != got {
		t.Errorf("a text is named %s, want the hash of its content, %s", got, content)
	}
	first, second := name(hidden), name(hidden)
	if first == content || second == content || first == second {
		t.Errorf("a secret is named %s and %s, the hash of its content is %s", first, second, content)
	}
}
