package bot

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

const (
	maxSecret = 64 << 10 // bytes of a secret's file
	minKey    = 32       // bytes of the key
)

func (r *configReader) clientSecret(n *tree.Node) {
	if s, ok := r.secret("secret", n); ok {
		r.cfg.Secret = ivr.NewSecret(s)
	}
}

func (r *configReader) signingKey(n *tree.Node) {
	s, ok := r.secret("key", n)
	if !ok {
		return
	}
	key, err := parseKey(s)
	if err != nil {
		r.errorf(n.Pos, ruleConfigSecret, "the key is not base64 of %d bytes or more; make one with: openssl rand -base64 %d", minKey, minKey)
		return
	}
	r.cfg.Key = key
}

// parseKey reads a key in base64 of either alphabet.
func parseKey(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimSpace(text))
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err == nil && len(key) < minKey {
		err = fmt.Errorf("%d bytes, want %d", len(key), minKey)
	}
	return key, err
}

// secret reads {env: NAME} or {file: PATH}. No message holds what it read, nor
// what stands in the place of a map.
func (r *configReader) secret(field string, n *tree.Node) (string, bool) {
	if n.Kind != tree.Map {
		r.errorf(n.Pos, ruleConfigLiteral, "a secret does not stand in the configuration; write %s: {env: IVRFLOW_%s}, or %s: {file: /run/secrets/%s}",
			field, strings.ToUpper(field), field, field)
		return "", false
	}
	entries := n.MeantFields(&r.list, "a secret", "env", "file")
	if len(n.Entries) != 1 {
		r.errorf(n.Pos, ruleConfigSecret, "a secret comes from one place: {env: NAME} or {file: PATH}")
		return "", false
	}
	if len(entries) == 0 {
		return "", false
	}
	source := entries[0].Value
	name, ok := source.Str(&r.list)
	if !ok {
		return "", false
	}
	read := r.secretFile
	if entries[0].Key == "env" {
		if !envName.MatchString(name) { // perhaps the secret itself: it must not be shown
			r.errorf(source.Pos, ruleConfigLiteral, "this is not the name of an environment variable; it has letters, digits and _ only")
			return "", false
		}
		read = r.secretEnv
	}
	text, err := read(name)
	if err != nil {
		r.noSecret(source, err)
	}
	return text, err == nil
}

// noSecret reports a secret that is missing or wrong. That it is not on a
// machine where the bot does not run is no fault.
func (r *configReader) noSecret(n *tree.Node, err error) {
	if missing, ok := errors.AsType[*missingSecretError](err); ok && r.checkOnly {
		r.list.Notef(n.Pos, ruleConfigSecret, "%s here, so it was not checked; run needs it", missing.what)
		return
	}
	r.errorf(n.Pos, ruleConfigSecret, "%s", err)
}

// missingSecretError is the error of a secret that is not there, in words.
type missingSecretError struct{ what string }

func (e *missingSecretError) Error() string { return e.what }

func (r *configReader) secretEnv(name string) (string, error) {
	text, ok := r.env(name)
	switch {
	case !ok:
		return "", &missingSecretError{fmt.Sprintf("the environment variable %s is not set", name)}
	case strings.TrimSpace(text) == "":
		return "", &missingSecretError{fmt.Sprintf("the environment variable %s is empty", name)}
	}
	return text, nil
}

// secretFile reads a secret's file without the line's end that editors add.
func (r *configReader) secretFile(name string) (string, error) {
	r.files.note(r.path(name))
	b, err := readSecretFile(r.path(name), clipText(name))
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(b), "\r\n")
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("the file %q is empty", clipText(name))
	}
	return text, nil
}

func readSecretFile(path, name string) ([]byte, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &missingSecretError{fmt.Sprintf("there is no file %q", name)}
	case err != nil:
		return nil, fmt.Errorf("the file %q cannot be read: %s", name, pathCause(err))
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("the file %q cannot be read: %s", name, pathCause(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q is not a file", name)
	case openToOthers(info.Mode()):
		return nil, fmt.Errorf("the file %q can be read by others (its mode is %04o); run: chmod 600 %s", name, info.Mode().Perm(), name)
	case info.Size() > maxSecret:
		return nil, fmt.Errorf("the file %q has %d bytes; a secret has at most %d", name, info.Size(), maxSecret)
	}
	return io.ReadAll(io.LimitReader(f, maxSecret))
}

// openToOthers reports a file that the owner's group or anybody else may use.
// Windows has no such mode.
func openToOthers(mode fs.FileMode) bool { return runtime.GOOS != "windows" && mode.Perm()&0o077 != 0 }

func (r *configReader) tlsCert(n *tree.Node) {
	name, ok := n.Str(&r.list)
	if !ok {
		return
	}
	if _, err := os.ReadFile(r.path(name)); err != nil {
		r.errorf(n.Pos, ruleConfigFile, "the file %q cannot be read: %s", clipText(name), pathCause(err))
		return
	}
	r.cfg.CertFile = r.path(name)
}

func (r *configReader) tlsKey(n *tree.Node) {
	name, ok := n.Str(&r.list)
	if !ok {
		return
	}
	if _, err := readSecretFile(r.path(name), clipText(name)); err != nil {
		r.noSecret(n, err)
		return
	}
	r.cfg.KeyFile = r.path(name)
}

// keyPair says why a certificate and a key do not make a pair.
func keyPair(cert, key string) error {
	_, err := tls.LoadX509KeyPair(cert, key)
	return err
}

// pathCause is the reason of a file error, without the path, which is known.
func pathCause(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
