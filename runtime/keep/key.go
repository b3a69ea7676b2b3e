package keep

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ivrflow/ivrflow/runtime/bot"
)

// keySize is the size of a key that is made, in bytes.
const keySize = 32

// keyOf is the key beside a store, which is made with the store and never again.
func keyOf(file string) ([]byte, error) {
	if err := bot.CheckKeyFile(file); err != nil {
		return nil, err
	}
	key, err := bot.ReadKeyFile(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := makeKey(bot.KeyFile(file)); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the store's key: %w; let the bot's user write the folder, or name another file with store", err)
	}
	return bot.ReadKeyFile(file) // another process may have been first
}

// makeKey makes a key's file, whole or not at all. One that is there is left as it is.
func makeKey(name string) (err error) {
	var key [keySize]byte
	_, _ = rand.Read(key[:]) // never fails
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), name)
}
