package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/server"
)

// Speech turns text into a WAV file of 16 kHz, 16 bits, mono. Implementations
// are safe for concurrent use.
type Speech interface {
	Speak(ctx context.Context, text, locale, voice string) (wav []byte, err error)
}

// SSMLSpeech is a Speech that may also read SSML. Flows with prompts in SSML need
// one.
type SSMLSpeech interface {
	Speech
	// ReadsSSML reports whether it does. It does not change.
	ReadsSSML() bool
	// SpeakSSML is Speak of an SSML document: <speak ...>...</speak>.
	SpeakSSML(ctx context.Context, ssml, locale, voice string) (wav []byte, err error)
}

// readsSSML is the Speech if it reads SSML.
func readsSSML(s Speech) (SSMLSpeech, bool) {
	marked, ok := s.(SSMLSpeech)
	return marked, ok && marked.ReadsSSML()
}

// maxMade bounds the memory for audio that was made at run time, in bytes.
// What was made first is forgotten first; it can be made again.
const maxMade = 128 << 20

// library is all audio that can be played, by the hash of its content.
type library struct {
	recordings Recordings
	key        []byte // names audio that is secret
	voice      atomic.Pointer[voice]
	shared     *sharedAudio // what other processes and this one share; nil: nothing

	mu     sync.Mutex
	fixed  map[string]*file    // files of the catalogues
	made   map[string][]byte   // spoken texts, silences, recordings
	order  []string            // of made, the oldest first
	size   int                 // of made
	spoken map[string]string   // what was asked for -> hash in made
	asked  map[string][]string // hash in made -> what was asked for
	secret uint64              // how much secret audio was made
}

// voice is a synthesiser. What one has spoken is not asked of another.
type voice struct {
	speech Speech
	number int
}

// file is audio of some of the catalogues.
type file struct {
	wav   []byte
	users int
}

func newLibrary(s Speech, r Recordings, key []byte) *library {
	l := &library{recordings: r, key: key, fixed: map[string]*file{}, made: map[string][]byte{}, spoken: map[string]string{}, asked: map[string][]string{}}
	l.voice.Store(&voice{speech: s})
	return l
}

// speakWith has another synthesiser speak from now on.
func (l *library) speakWith(s Speech) {
	if now := l.voice.Load(); !reflect.DeepEqual(now.speech, s) {
		l.voice.Store(&voice{s, now.number + 1})
	}
}

// addCatalogue adds a flow's files until removeCatalogue is given their hashes.
func (l *library) addCatalogue(f *flow.Flow) (hashes []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for hash, wav := range f.Audio() {
		hashes = append(hashes, hash)
		if l.fixed[hash] == nil {
			l.fixed[hash] = &file{wav: wav}
		}
		l.fixed[hash].users++
	}
	return hashes
}

func (l *library) removeCatalogue(hashes []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, hash := range hashes {
		if l.fixed[hash].users--; l.fixed[hash].users == 0 {
			delete(l.fixed, hash)
		}
	}
}

// file is audio of a catalogue.
func (l *library) file(hash string) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.fixed[hash]; f != nil {
		return f.wav, true
	}
	return nil, false
}

// inMemory finds audio that this process has.
func (l *library) inMemory(hash string) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.fixed[hash]; f != nil {
		return f.wav, true
	}
	wav, ok := l.made[hash]
	return wav, ok
}

// content finds audio for the media handler. An error says that nobody knows.
func (l *library) content(ctx context.Context, hash string) (server.Content, bool, error) {
	wav, ok := l.inMemory(hash)
	if ok || l.shared == nil {
		return server.Content{Data: wav}, ok, nil
	}
	wav, secret, err := l.shared.get(ctx, hash)
	if wav == nil || err != nil {
		return server.Content{}, false, err
	}
	if !secret {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.store(hash, "", wav)
	}
	return server.Content{Data: wav}, true, nil
}

// keep stores audio that was made, under the hash of its content.
func (l *library) keep(ask string, wav []byte) string {
	hash := l.hash(wav)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.store(hash, ask, wav)
}

// hash is the hash of audio's content. A Speech that keeps what it made may know
// it already: bots of a test run share one, and speak the same texts.
func (l *library) hash(wav []byte) string {
	if s, ok := l.voice.Load().speech.(interface{ Hash(wav []byte) string }); ok {
		return s.Hash(wav)
	}
	return prompt.Hash(wav)
}

// hide stores audio of something secret, under a name that nothing can be
// learned from: who speaks all PINs with the same voice knows the hashes of
// their contents. The name is another one each time, here and elsewhere.
func (l *library) hide(wav []byte) string {
	salt := l.shared.salt()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secret++
	mac := hmac.New(sha256.New, l.key)
	mac.Write([]byte(salt))
	mac.Write(binary.BigEndian.AppendUint64(nil, l.secret))
	mac.Write(wav)
	return l.store(hex.EncodeToString(mac.Sum(nil)), "", wav)
}

// store stores audio under a name. The lock is held.
func (l *library) store(hash, ask string, wav []byte) string {
	if _, ok := l.made[hash]; !ok {
		l.made[hash] = wav
		l.order = append(l.order, hash)
		l.size += len(wav)
	}
	if ask != "" && l.spoken[ask] != hash {
		l.spoken[ask] = hash
		l.asked[hash] = append(l.asked[hash], ask)
	}
	for l.size > maxMade && len(l.order) > 1 {
		old := l.order[0]
		l.order = l.order[1:]
		l.size -= len(l.made[old])
		delete(l.made, old)
		for _, ask := range l.asked[old] {
			delete(l.spoken, ask)
		}
		delete(l.asked, old)
	}
	return hash
}

// find is audio that was made for the same question before.
func (l *library) find(ask string) (string, []byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	hash, ok := l.spoken[ask]
	if !ok {
		return "", nil, false
	}
	return hash, l.made[hash], true
}

// addressLife is how long a signed address is given out again. It is small
// beside the time for which addresses are good.
const addressLife = time.Minute

// addresses remembers the signed addresses of audio.
type addresses struct {
	mu   sync.Mutex
	made time.Time
	urls map[string]string
}

// address is where the platform fetches audio.
func (b *Bot) address(hash string) string {
	a, now := &b.addresses, b.cfg.Clock.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.urls == nil || now.Sub(a.made) > addressLife {
		a.urls, a.made = map[string]string{}, now
	}
	url, ok := a.urls[hash]
	if !ok {
		url = b.media.URL(b.cfg.PublicURL, hash, time.Time{})
		a.urls[hash] = url
	}
	return url
}

// resolve gives every part an address that the platform can fetch, and tells
// how long they play in all.
func (b *Bot) resolve(ctx context.Context, parts []ivr.Part) ([]graph.MediaInfo, time.Duration, error) {
	media := make([]graph.MediaInfo, 0, len(parts))
	var total time.Duration
	for _, p := range parts {
		hash, long, err := b.library.audio(ctx, p)
		if err != nil {
			return nil, 0, err
		}
		total += long
		media = append(media, graph.MediaInfo{URI: b.address(hash), ResourceID: hash})
	}
	return media, total, nil
}
