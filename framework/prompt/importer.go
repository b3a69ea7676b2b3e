package prompt

import (
	"errors"
	"fmt"
	"path"
)

// Importer makes files playable as [Import] does. The zero value does so
// without a command and without a cache.
type Importer struct {
	// Command converts files that are not read here, such as Ogg; nil if there
	// is none. What it writes is imported in turn.
	Command func(name string, data []byte) ([]byte, error)
	// CommandName tells commands apart in the cache, such as the command line.
	CommandName string
	Cache       *Cache
}

// Import makes a WAV file that the platform can play.
func (im Importer) Import(name string, data []byte) ([]byte, error) {
	if _, err := CheckWAV(data); err == nil {
		return Join(data)
	}
	key := CacheKey("import "+path.Ext(name)+" "+im.CommandName, data)
	return im.Cache.Get(key, func() ([]byte, error) { return im.convert(name, data) })
}

func (im Importer) convert(name string, data []byte) ([]byte, error) {
	wav, err := Import(name, data)
	if err == nil || im.Command == nil || !errors.Is(err, ErrUnsupported) {
		return wav, err
	}
	out, err := im.Command(name, data)
	if err != nil {
		return nil, err
	}
	if wav, err = Convert(out); err != nil {
		return nil, fmt.Errorf("what the command wrote: %w", err)
	}
	return wav, nil
}
