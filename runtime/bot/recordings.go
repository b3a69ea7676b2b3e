package bot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// Recordings keeps what callers said. Ids are made of letters, digits, "-"
// and "_". Implementations are safe for concurrent use.
type Recordings interface {
	// Save returns when the recording is safe.
	Save(ctx context.Context, id string, wav []byte) error
	// Load answers an error that wraps fs.ErrNotExist for an unknown id.
	Load(ctx context.Context, id string) ([]byte, error)
}

// NewMemoryRecordings keeps recordings as long as the process lives.
func NewMemoryRecordings() Recordings { return &memoryRecordings{wavs: map[string][]byte{}} }

type memoryRecordings struct {
	mu   sync.Mutex
	wavs map[string][]byte
}

func (m *memoryRecordings) Save(_ context.Context, id string, wav []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wavs[id] = wav
	return nil
}

func (m *memoryRecordings) Load(_ context.Context, id string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	wav, ok := m.wavs[id]
	if !ok {
		return nil, fmt.Errorf("recording %q: %w", id, fs.ErrNotExist)
	}
	return wav, nil
}

// FolderRecordings keeps recordings as files, ID.wav, readable by their owner
// only. A recording is there whole or not at all.
type FolderRecordings struct{ root *os.Root }

// OpenRecordings opens the folder, and makes it if it is not there.
func OpenRecordings(folder string) (*FolderRecordings, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("recordings folder: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("recordings folder: %w", err)
	}
	return &FolderRecordings{root: root}, nil
}

// Save writes a temporary file, syncs it and renames it.
func (f *FolderRecordings) Save(_ context.Context, id string, wav []byte) (err error) {
	temp := id + ".part"
	file, err := f.root.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("recording %q: %w", id, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("recording %q: %w", id, err), f.root.Remove(temp))
		}
	}()
	_, err = file.Write(wav)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return f.root.Rename(temp, id+".wav")
}

// Load reads a recording.
func (f *FolderRecordings) Load(_ context.Context, id string) ([]byte, error) {
	wav, err := f.root.ReadFile(id + ".wav")
	if err != nil {
		return nil, fmt.Errorf("recording %q: %w", id, err)
	}
	return wav, nil
}

// BlobRecordings keeps recordings as blobs, recording/ID, sealed under the bot's
// key: for a bot of several processes that share a store.
type BlobRecordings struct {
	blobs Blobs
	seal  sealer
}

// NewBlobRecordings takes the bot's key, Config.Key. With another key they cannot
// be read.
func NewBlobRecordings(b Blobs, key []byte) *BlobRecordings {
	return &BlobRecordings{b, newSealer(derive(key, "recordings"))}
}

// Save returns when the recording is safe.
func (r *BlobRecordings) Save(ctx context.Context, id string, wav []byte) error {
	name := recordingBlob(id)
	if err := r.blobs.PutBlob(ctx, name, r.seal.seal(name, wav)); err != nil {
		return fmt.Errorf("recording %q: %w", id, err)
	}
	return nil
}

// Load reads a recording.
func (r *BlobRecordings) Load(ctx context.Context, id string) ([]byte, error) {
	name := recordingBlob(id)
	sealed, err := r.blobs.Blob(ctx, name)
	if errors.Is(err, store.ErrNone) {
		return nil, fmt.Errorf("recording %q: %w", id, fs.ErrNotExist)
	}
	var wav []byte
	if err == nil {
		wav, err = r.seal.open(name, sealed)
	}
	if err != nil {
		return nil, fmt.Errorf("recording %q: %w", id, err)
	}
	return wav, nil
}

func recordingBlob(id string) string { return "recording/" + id }
