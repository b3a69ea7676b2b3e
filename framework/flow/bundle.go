package flow

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// ErrUnusable says that a version that was kept cannot be loaded by this
// program, now or later: its sources are damaged, or are of a language that this
// program does not read as the one that kept them did.
var ErrUnusable = errors.New("this program cannot load that version of the flow")

// bundleFormat is the form of the bundles that are written. A program reads its
// own form only.
const bundleFormat = 1

// maxBundle bounds what is unpacked of a bundle, in bytes.
const maxBundle = 256 << 20

// bundle is what a flow and those it calls were loaded from: all of it, but the
// audio, which is there by its hash.
type bundle struct {
	Format  int     `json:"format"`
	Version string  `json:"version"`
	Main    string  `json:"main"` // file of the flow that was asked for
	Own     sources `json:"own"`
	Ready   sources `json:"ready"` // files of the ready-made flows: other programs have others
}

// sources are files of one file system, by their paths in it.
type sources struct {
	Files   map[string]string   `json:"files,omitempty"`   // texts
	Audio   map[string]string   `json:"audio,omitempty"`   // hashes of what is played of a file
	Folders map[string][]string `json:"folders,omitempty"` // catalogues of a folder, also those that were not read
}

func newBundle(main string) *bundle {
	return &bundle{Format: bundleFormat, Main: main, Own: newSources(), Ready: newSources()}
}

func newSources() sources {
	return sources{Files: map[string]string{}, Audio: map[string]string{}, Folders: map[string][]string{}}
}

func (s *sources) folder(name string, catalogues []string) { s.Folders[name] = catalogues }

// sources are where what the loader reads is noted.
func (l *loader) sources() *sources {
	if l.ready {
		return &l.family.bundle.Ready
	}
	return &l.family.bundle.Own
}

// Bundle is all that is needed to load the same version again elsewhere with
// [LoadBundle], but the audio: see [Flow.Audio]. It is small, and the same for
// the same files. The error says that the flow was not loaded by itself.
func (f *Flow) Bundle() ([]byte, error) {
	if f.bundle == nil {
		return nil, fmt.Errorf("flow %q was not loaded by itself and has no bundle of its own", f.Name)
	}
	text, err := json.Marshal(f.bundle) // maps are sorted
	if err != nil {
		return nil, fmt.Errorf("flow %q: bundle: %w", f.Name, err)
	}
	var packed bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level is one that there is
	_, err = zip.Write(text)
	if err = errors.Join(err, zip.Close()); err != nil {
		return nil, fmt.Errorf("flow %q: bundle: %w", f.Name, err)
	}
	return packed.Bytes(), nil
}

// Audio are the WAV files of the flow and of those it calls by the hashes of
// their content, some perhaps twice.
func (f *Flow) Audio() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, m := range f.Members() {
			for hash, wav := range m.Catalogue.Files() {
				if !yield(hash, wav) {
					return
				}
			}
		}
	}
}

// LoadBundle loads a version from its bundle. The function audio finds a WAV file
// by the hash of its content; its errors are passed on. Otherwise the error wraps
// [ErrUnusable] and names the cause. Audio that another flow has in memory is
// shared in the cache, which may be nil.
func LoadBundle(data []byte, version string, cache *prompt.Cache, audio func(hash string) ([]byte, error)) (*Flow, error) {
	b, err := unpack(data)
	if err != nil {
		return nil, fmt.Errorf("%w: version %s: its sources are damaged: %w", ErrUnusable, Short(version), err)
	}
	if b.Format != bundleFormat {
		return nil, fmt.Errorf("%w: version %s was kept in the form %d, and this program reads the form %d", ErrUnusable, Short(version), b.Format, bundleFormat)
	}
	own, ready := &bundleFS{sources: b.Own, audio: audio}, &bundleFS{sources: b.Ready, audio: audio}
	f, list, err := newFamily(b.Main, ready, prompt.Importer{Cache: cache}).load(own, b.Main)
	switch {
	case own.err != nil:
		return nil, own.err
	case ready.err != nil:
		return nil, ready.err
	case err != nil:
		return nil, fmt.Errorf("%w: version %s: its sources are not complete: %w", ErrUnusable, Short(version), err)
	case f == nil:
		return nil, fmt.Errorf("%w: version %s was good for the program that kept it; this one finds: %s", ErrUnusable, Short(version), firstError(list))
	case f.Version != version:
		return nil, fmt.Errorf("%w: flow %q: from the sources of version %s comes version %s: they were changed, or this program reads them otherwise",
			ErrUnusable, f.Name, Short(version), Short(f.Version))
	}
	return f, nil
}

// BundleAudio are the hashes of the audio that [LoadBundle] asks for, some perhaps
// twice. An error wraps [ErrUnusable].
func BundleAudio(data []byte) ([]string, error) {
	b, err := unpack(data)
	if err == nil && b.Format != bundleFormat {
		err = fmt.Errorf("the form is %d, and this program reads the form %d", b.Format, bundleFormat)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: its sources: %w", ErrUnusable, err)
	}
	return slices.AppendSeq(slices.Collect(maps.Values(b.Own.Audio)), maps.Values(b.Ready.Audio)), nil
}

func unpack(data []byte) (*bundle, error) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(zip, maxBundle+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxBundle:
		return nil, fmt.Errorf("they are larger than %d MiB", maxBundle>>20)
	}
	b := &bundle{}
	return b, json.Unmarshal(text, b)
}

// firstError is the first of the errors, and how many more there are.
func firstError(list diag.List) string {
	for _, d := range list {
		if d.Severity != diag.Error {
			continue
		}
		if more := list.Count(diag.Error) - 1; more > 0 {
			return fmt.Sprintf("%s (and %d more)", d, more)
		}
		return d.String()
	}
	return "nothing"
}

// Short is a version as people are shown it: its first 12 digits.
func Short(version string) string { return version[:min(len(version), 12)] }
