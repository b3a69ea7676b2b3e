package server

import (
	"errors"
	"net/http"
	"strings"
)

// The words by which /readyz says why the bot cannot take calls. Anybody may
// ask, so it says no more; the log has the error.
const (
	ReadyKeys = "keys" // tokens cannot be checked: no keys, or this machine's clock is off
	ReadyBot  = "bot"  // Config.Ready said so, and is no NotReadyError
)

// NotReadyError is an error of Config.Ready that has a word of its own.
type NotReadyError struct {
	Word string // for everybody: "store", "draining"
	Err  error  // for the log
}

// Error is the word with its cause.
func (e *NotReadyError) Error() string {
	if e.Err == nil {
		return e.Word
	}
	return e.Word + ": " + e.Err.Error()
}

// Unwrap is the cause.
func (e *NotReadyError) Unwrap() error { return e.Err }

func (s *server) healthz(w *response, _ *http.Request) error {
	plain(w, http.StatusOK, "alive")
	return nil
}

func (s *server) readyz(w *response, r *http.Request) error {
	keys, own := s.Verifier.Ready(r.Context()), s.Ready()
	var words []string
	if keys != nil {
		words = append(words, ReadyKeys)
	}
	if own != nil {
		words = append(words, ReadyWord(own))
	}
	if len(words) > 0 {
		return &statusError{http.StatusServiceUnavailable, NoteNotReady, "not ready: " + strings.Join(words, ", "), errors.Join(keys, own)}
	}
	plain(w, http.StatusOK, "ready")
	return nil
}

// ReadyWord is the word for an error of Config.Ready.
func ReadyWord(err error) string {
	if e, ok := errors.AsType[*NotReadyError](err); ok {
		return e.Word
	}
	return ReadyBot
}
