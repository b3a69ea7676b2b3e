package prompt_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// catalogue has texts and a file in two locales.
func catalogue(t *testing.T) *prompt.Catalogue {
	t.Helper()
	c := prompt.NewCatalogue([]string{"en-GB", "de-DE"})
	for _, e := range []struct {
		prompt.Entry
		wav []byte
	}{
		{Entry: prompt.Entry{Key: "welcome", Locale: "en-GB", Text: "Welcome to the bank."}},
		{Entry: prompt.Entry{Key: "welcome", Locale: "de-DE", Text: "Willkommen bei der Bank."}},
		{Entry: prompt.Entry{Key: "bye", Locale: "en-GB", File: "bye.wav"}, wav: prompt.Silence(time.Second)},
		{Entry: prompt.Entry{Key: "again", Locale: "en-GB", Text: "Again?", File: "again.wav"}, wav: prompt.Silence(2 * time.Second)},
		{Entry: prompt.Entry{Key: "nur_deutsch", Locale: "de-DE", Text: "Nur auf Deutsch."}},
	} {
		if err := c.Add(e.Entry, e.wav); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestLookupFallsBackToTheDefaultLocale(t *testing.T) {
	c := catalogue(t)
	tests := []struct {
		locale, key, want string // the locale found, empty for none
	}{
		{"en-GB", "welcome", "en-GB"}, {"de-DE", "welcome", "de-DE"}, {"de-DE", "bye", "en-GB"}, {"fr-FR", "bye", "en-GB"},
		{"de-AT", "welcome", "de-DE"}, {"de", "welcome", "de-DE"}, {"de-AT", "bye", "en-GB"}, {"den-DE", "welcome", "en-GB"},
		{"", "bye", "en-GB"}, {"en-GB", "nur_deutsch", ""}, {"en-GB", "none", ""},
	}
	for _, tt := range tests {
		e, ok := c.Lookup(tt.locale, tt.key)
		if e.Locale != tt.want || ok != (tt.want != "") {
			t.Errorf("Lookup(%q, %q) = %+v, %v, want one of %q", tt.locale, tt.key, e, ok, tt.want)
		}
	}
	if c.Has("de-DE", "bye") || !c.Has("en-GB", "bye") || c.Has("fr-FR", "bye") {
		t.Error("Has does not look at the locale alone")
	}
}

func TestAddFillsInAudioAndLength(t *testing.T) {
	c := catalogue(t)
	e, _ := c.Lookup("en-GB", "bye")
	wav, ok := c.Audio(e.Audio)
	if e.Length != time.Second || !ok || prompt.Hash(wav) != e.Audio || !bytes.Equal(wav, prompt.Silence(time.Second)) {
		t.Errorf("file: length %v, audio %q there %v, want 1s and the file's hash", e.Length, e.Audio, ok)
	}
	if e, _ = c.Lookup("en-GB", "welcome"); e.Audio != "" || e.Length != prompt.Estimate(e.Text, e.Locale) {
		t.Errorf("text: %+v, want no audio and the estimated length", e)
	}
	if _, ok := c.Audio("nonsense"); ok {
		t.Error("Audio found a hash that is not there")
	}
}

func TestAddFileKeepsThePlainForm(t *testing.T) {
	c := prompt.NewCatalogue([]string{"en-GB"})
	hash, length, err := c.AddFile(riff(chunk("LIST", []byte("tags")), plain().chunk(), sound(16000)))
	if err != nil || length != time.Second {
		t.Fatalf("AddFile = %v, %v, want 1s", length, err)
	}
	got, ok := c.Audio(hash)
	if want := prompt.Silence(time.Second); !ok || !bytes.Equal(got, want) || hash != prompt.Hash(want) {
		t.Errorf("kept %d bytes as %s, want the plain %d as %s", len(got), hash, len(want), prompt.Hash(want))
	}
	if _, _, err := c.AddFile([]byte("no sound")); err == nil {
		t.Error("AddFile accepted what is no WAV file")
	}
}

func TestAddRefuses(t *testing.T) {
	stereo := plain()
	stereo.channels, stereo.align, stereo.perSecond = 2, 4, 64000
	tests := []struct {
		name string
		e    prompt.Entry
		wav  []byte
		want []string
	}{
		{"twice", prompt.Entry{Key: "welcome", Locale: "en-GB", Text: "Once more."}, nil, []string{`"welcome" (en-GB) is there twice`, "Welcome to the bank.", "Once more."}},
		{"text and file", prompt.Entry{Key: "bye", Locale: "en-GB", Text: "Bye."}, nil, []string{`first file "bye.wav", then text "Bye."`}},
		{"no key", prompt.Entry{Locale: "en-GB", Text: "x"}, nil, []string{"no key"}},
		{"other locale", prompt.Entry{Key: "x", Locale: "fr-FR", Text: "x"}, nil, []string{`locale "fr-FR" is not one of the flow's, which are "en-GB" or "de-DE"`}},
		{"nothing", prompt.Entry{Key: "x", Locale: "en-GB"}, nil, []string{"neither text nor a file"}},
		{"bad file", prompt.Entry{Key: "x", Locale: "en-GB", File: "x.wav"}, riff(stereo.chunk(), sound(10)), []string{`file "x.wav"`, "2 channels", "sox"}},
		{"empty file", prompt.Entry{Key: "x", Locale: "en-GB", File: "x.wav", Text: "x"}, []byte{}, []string{"the file is empty"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := catalogue(t)
			err := c.Add(tt.e, tt.wav)
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Add error = %v, want %q in it", err, want)
				}
			}
			if !reflect.DeepEqual(c, catalogue(t)) {
				t.Error("the refused entry changed the catalogue")
			}
		})
	}
}

func TestListsAreCompleteAndInOrder(t *testing.T) {
	c := catalogue(t)
	if got, want := c.Keys(), []string{"again", "bye", "nur_deutsch", "welcome"}; !slices.Equal(got, want) {
		t.Errorf("Keys() = %q, want %q", got, want)
	}
	if got, want := c.Locales(), []string{"en-GB", "de-DE"}; !slices.Equal(got, want) {
		t.Errorf("Locales() = %q, want %q", got, want)
	}
	wantMissing := map[string][]string{"en-GB": {"nur_deutsch"}, "de-DE": {"again", "bye"}}
	if got := c.Missing(); !reflect.DeepEqual(got, wantMissing) {
		t.Errorf("Missing() = %v, want %v", got, wantMissing)
	}
	var texts []string
	for _, e := range c.Texts() {
		texts = append(texts, e.Locale+" "+e.Key)
	}
	if want := []string{"en-GB welcome", "de-DE nur_deutsch", "de-DE welcome"}; !slices.Equal(texts, want) {
		t.Errorf("Texts() = %q, want %q", texts, want)
	}
	var hashes []string
	for hash, wav := range c.Files() {
		if prompt.Hash(wav) != hash {
			t.Errorf("Files(): %s is not the hash of its file", hash)
		}
		hashes = append(hashes, hash)
	}
	if len(hashes) != 2 || !slices.IsSorted(hashes) {
		t.Errorf("Files() gave %q, want two in order", hashes)
	}
	for range c.Files() {
		break // stopping early is allowed
	}
}

func TestNilCatalogueIsEmpty(t *testing.T) {
	for _, c := range []*prompt.Catalogue{nil, {}, prompt.NewCatalogue(nil)} {
		if _, ok := c.Lookup("en-GB", "x"); ok || c.Has("en-GB", "x") || len(c.Keys()) > 0 || len(c.Locales()) > 0 ||
			len(c.Missing()) > 0 || len(c.Texts()) > 0 {
			t.Error("an empty catalogue is not empty")
		}
		if _, ok := c.Audio(""); ok {
			t.Error("an empty catalogue has audio")
		}
		for range c.Files() {
			t.Error("an empty catalogue has files")
		}
	}
}
