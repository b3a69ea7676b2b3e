// Command generate makes the data of package cldr from the JSON form of the
// Unicode CLDR. Run it in the package's folder, over a folder that holds the
// unpacked npm packages cldr-core, cldr-rbnf, cldr-dates-full,
// cldr-numbers-full, cldr-units-full, cldr-misc-full and
// cldr-annotations-full:
//
//	npm pack cldr-core@48.2.0 ...    # and unpack each as its own name
//	go run ./generate /tmp/cldr
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const target = "data"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(from string) error {
	src := source{dir: from}
	rules := readRules(&src)
	parents := readParents(&src)
	plurals := readPlurals(&src)
	languages := map[string]bool{}
	for locale := range rules {
		languages[languageOf(locale)] = true
	}
	locales := readLocales(&src, languages, parents)
	version := src.text("cldr-core/package.json")
	licence := src.text("cldr-rbnf/LICENSE")
	if src.err != nil {
		return src.err
	}
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	for locale, text := range rules {
		src.write("rbnf/"+locale+".txt", []byte(text))
	}
	for language, data := range locales {
		src.write("locale/"+language+".json", lines(data))
	}
	src.write("parents.json", lines(parents))
	src.write("plurals.json", lines(plurals))
	src.write("../testdata/plurals.json", lines(readSamples(&src)))
	src.write("VERSION", []byte(field(version, "cldrVersion")+" (npm "+field(version, "version")+")\n"))
	src.write("LICENSE", []byte(licence))
	return src.err
}

// source reads the packages and keeps the first error.
type source struct {
	dir  string
	err  error
	last string // the file that was read last, since several values are read of each
	data []byte
}

func (s *source) read(name string) ([]byte, error) {
	if name == s.last {
		return s.data, nil
	}
	b, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err == nil {
		s.last, s.data = name, b
	}
	return b, err
}

func (s *source) text(name string) string {
	b, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)))
	s.err = errors.Join(s.err, err)
	return string(b)
}

// json reads one value of a JSON file by the path of its keys, if it is there.
func (s *source) json(name string, into any, keys ...string) {
	b, err := s.read(name)
	if errors.Is(err, os.ErrNotExist) {
		return // not every locale has every file
	}
	for _, key := range keys {
		if err != nil {
			break
		}
		var m map[string]json.RawMessage
		if err = json.Unmarshal(b, &m); err == nil {
			if b = m[key]; b == nil {
				return
			}
		}
	}
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		s.err = errors.Join(s.err, fmt.Errorf("%s: %w", name, err))
	}
}

// folders lists the locales that a package has.
func (s *source) folders(name string) []string {
	entries, err := os.ReadDir(filepath.Join(s.dir, filepath.FromSlash(name)))
	s.err = errors.Join(s.err, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (s *source) write(name string, data []byte) {
	file := filepath.Join(target, filepath.FromSlash(name))
	s.err = errors.Join(s.err, os.MkdirAll(filepath.Dir(file), 0o750), os.WriteFile(file, data, 0o600))
}

// lines writes a map as JSON with one line an entry, so that a new version of
// the CLDR can be compared with the old one.
func lines[V any](m map[string]V) []byte {
	var b bytes.Buffer
	b.WriteString("{")
	for i, key := range sorted(m) {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n%q: %s", key, compact(m[key]))
	}
	b.WriteString("\n}\n")
	return b.Bytes()
}

func compact(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // maps, slices and strings can always be written
	}
	return strings.TrimSpace(b.String())
}

func field(doc, name string) string {
	var m map[string]any
	if err := json.Unmarshal([]byte(doc), &m); err != nil {
		return "unknown"
	}
	s, _ := m[name].(string)
	return s
}

func languageOf(locale string) string {
	l, _, _ := strings.Cut(locale, "-")
	return l
}
