package flow_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
)

// repacked is a bundle in which a text is another.
func repacked(t *testing.T, data []byte, old, text string) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil || !strings.Contains(string(plain), old) {
		t.Fatalf("%v, or no %q in %s", err, old, plain)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err = w.Write([]byte(strings.ReplaceAll(string(plain), old, text)))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
