package flow

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// maxAudio is the size of the largest audio file that is read: 60 minutes of
// what the platform plays.
const maxAudio = 120 << 20

const catalogueEnd = ".prompts.yaml"

// catalogues are the flow's prompts while they are read.
type catalogues struct {
	places map[string]diag.Pos // key -> where the default locale defines it, or else the first that does
	each   map[string]diag.Pos // locale and key -> where that is first defined
	bad    map[string]bool     // keys of which something was reported
	silent bool                // a catalogue could not be read: unknown keys are not reported
}

// usage is what the flow declares and what of it its steps use.
type usage struct {
	prompts     map[string]bool
	vars        map[string]bool
	actions     map[string]diag.Pos // not yet used
	schedules   map[string]diag.Pos // not yet used
	waiting     map[string]*tree.Node
	waitingUses map[string][]use      // by action
	requests    map[string]tree.Entry // of HTTP actions
	files       map[string]audioFile  // by path in fsys
	spoken      []spokenValue         // say_as, also of parts with faults
	anyValue    bool                  // a kind of value could not be read
}

// audioFile is a file as it was read, and what is played of it.
type audioFile struct {
	wav  []byte // nil: it cannot be played
	rule string // of the fault
	err  error
}

// spokenValue is a use of say_as.
type spokenValue struct {
	pos        diag.Pos
	kind       string
	currencies []string
}

func newUsage() usage {
	return usage{prompts: map[string]bool{}, vars: map[string]bool{}, actions: map[string]diag.Pos{}, schedules: map[string]diag.Pos{},
		waiting: map[string]*tree.Node{}, waitingUses: map[string][]use{}, requests: map[string]tree.Entry{}, files: map[string]audioFile{}}
}

// versionSum is the digest of everything that decides what a flow does.
type versionSum struct{ h hash.Hash }

func newVersionSum() versionSum { return versionSum{sha256.New()} }

// add digests one piece, with its length before it so that no two lists of
// pieces look alike.
func (v versionSum) add(b []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(b)))
	v.h.Write(n[:])
	v.h.Write(b)
}

func (v versionSum) hex() string { return hex.EncodeToString(v.h.Sum(nil)) }

// source digests the text of a file and keeps it for the flow's bundle.
func (l *loader) source(name string, text []byte) {
	l.sum.add(text)
	l.sources().Files[name] = string(text)
}

// sound does so with an audio file in the form in which it is played: what made
// it of the file, such as a program, need not be there to load the version again.
func (l *loader) sound(name string, wav []byte) {
	hash := prompt.Hash(wav)
	l.sum.add([]byte(hash))
	l.sources().Audio[name] = hash
}

// loadPrompts fills the catalogue. Without prompts: it is empty.
func (l *loader) loadPrompts(n *tree.Node) {
	l.flow.Catalogue = prompt.NewCatalogue(l.flow.Locales)
	l.flow.Catalogue.ShareIn(l.importer.Cache)
	l.prompts.places, l.prompts.each, l.prompts.bad = map[string]diag.Pos{}, map[string]diag.Pos{}, map[string]bool{}
	if n == nil {
		l.prompts.silent = l.prompts.silent || l.lost("prompts")
		return
	}
	for _, item := range n.ListItems() {
		switch {
		case item.Kind == tree.Map:
			l.entries(item, l.flow.Locales[0], l.dir)
		case item.Kind == tree.Scalar:
			if name, ok := item.Str(&l.list); ok {
				l.promptPath(item, name)
			} else {
				l.prompts.silent = true
			}
		default:
			item.Wrong(&l.list, "a folder, a catalogue file or a map of prompts")
			l.prompts.silent = true
		}
	}
}

// promptPath reads a catalogue file, or all those of a folder.
func (l *loader) promptPath(n *tree.Node, name string) {
	full, ok := l.inside(n, l.dir, name)
	if !ok {
		l.prompts.silent = true
		return
	}
	if strings.HasSuffix(full, catalogueEnd) {
		l.catalogueFile(n, full)
		return
	}
	list, err := fs.ReadDir(l.fsys, full)
	if err != nil {
		l.prompts.silent = true
		l.errorf(n.Pos, ruleFile, "the prompts folder %q cannot be read: %s", name, cause(err))
		return
	}
	var found []string
	for _, e := range list {
		if strings.HasSuffix(e.Name(), catalogueEnd) && !e.IsDir() {
			found = append(found, e.Name())
			l.catalogueFile(n, path.Join(full, e.Name()))
		}
	}
	l.sources().folder(full, found)
	if len(found) == 0 {
		l.prompts.silent = true
		l.errorf(n.Pos, ruleFile, "the folder %q has no catalogue; it should hold %s%s", name, l.flow.Locales[0], catalogueEnd)
	}
}

// inside is a path of the file system, which a flow file names relative to a
// folder. It must not lead out of the flow's project.
func (l *loader) inside(n *tree.Node, dir, name string) (string, bool) {
	full := path.Join(dir, name)
	if path.IsAbs(name) || strings.Contains(name, "\\") || !fs.ValidPath(full) {
		l.errorf(n.Pos, ruleFile, "%q is not a path inside the project; write it relative to this file, with /", shorten(name))
		return "", false
	}
	return full, true
}

// cause is the reason of a file error, without the path that is known anyway.
func cause(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// catalogueFile reads LOCALE.prompts.yaml.
func (l *loader) catalogueFile(n *tree.Node, name string) {
	locale := strings.TrimSuffix(path.Base(name), catalogueEnd)
	if !slices.Contains(l.flow.Locales, locale) {
		if localeForm.MatchString(locale) {
			return // a translation that this flow does not offer
		}
		l.errorf(n.Pos, ruleUnknownLocale, "%q is not named after a locale; call it %s%s", name, l.flow.Locales[0], catalogueEnd)
		l.prompts.silent = true
		return
	}
	src, err := readFile(l.fsys, name)
	if err != nil {
		l.prompts.silent = true
		l.errorf(n.Pos, ruleFile, "the catalogue %q cannot be read: %s", name, cause(err))
		return
	}
	l.source(name, src)
	root, list := tree.Parse(name, src)
	l.list = append(l.list, list...)
	if root == nil || root.Unread != "" {
		l.prompts.silent = true
	}
	if root == nil {
		return
	}
	l.entries(root, locale, path.Dir(name))
}

// entries reads a map of prompts of one locale.
func (l *loader) entries(n *tree.Node, locale, dir string) {
	if n.Kind != tree.Map {
		n.Wrong(&l.list, "a map of prompts")
		l.prompts.silent = true
		return
	}
	for _, e := range n.Entries {
		if !l.promptName(e, locale) {
			l.prompts.bad[e.Key] = true
			continue
		}
		first, again := l.prompts.each[locale+" "+e.Key]
		if again {
			l.errorf(e.KeyPos, ruleDuplicateKey, "the prompt %q is there twice in %s; the first is at %s", e.Key, locale, first)
			continue
		}
		l.prompts.each[locale+" "+e.Key] = e.KeyPos
		if !l.known(e.Key) || locale == l.flow.Locales[0] {
			l.prompts.places[e.Key] = e.KeyPos
		}
		l.entry(e, prompt.Entry{Key: e.Key, Locale: locale}, dir)
	}
}

// promptName reports a key that names neither a prompt nor a recording of
// words.
func (l *loader) promptName(e tree.Entry, locale string) bool {
	if !prompt.IsFragment(e.Key) {
		return l.wellFormed(e.Key, e.KeyPos, "prompt")
	}
	_, err := prompt.FragmentText(e.Key, locale)
	if err != nil {
		l.unreadText(e.Key)
		l.errorf(e.KeyPos, ruleName, "%s", err)
	}
	return err == nil
}

// entry reads one prompt: a text, or {text, file, voice, ssml}.
func (l *loader) entry(e tree.Entry, p prompt.Entry, dir string) {
	before := len(l.list)
	defer func() {
		l.prompts.bad[e.Key] = l.prompts.bad[e.Key] || len(l.list) > before || e.Value.Hurt()
	}()
	var wav []byte
	at := e.KeyPos // of the text
	if e.Value.Kind != tree.Map {
		p.Text, _ = e.Value.Str(&l.list)
	} else {
		for _, f := range e.Value.MeantFields(&l.list, "a prompt", l.keys.entry...) {
			switch f.Key {
			case "text":
				at = f.Value.Pos
				p.Text, _ = f.Value.Str(&l.list)
			case "voice":
				p.Voice, _ = f.Value.Str(&l.list)
			case "ssml":
				p.SSML, _ = f.Value.Bool(&l.list)
			case "file":
				if p.File, _ = f.Value.Str(&l.list); p.File != "" {
					wav = l.wav(f.Value, dir, p.File)
				}
			}
		}
	}
	switch {
	case wav != nil:
	case p.File != "": // reported
		return
	case len(l.list) > before, e.Value.Hurt():
		return // what is missing may stand in what could not be read
	case prompt.IsFragment(e.Key):
		l.errorf(e.KeyPos, ruleMissingKey, "%q is a recording of words and needs a file; without one a synthesiser speaks anyway", e.Key)
		return
	case p.Text == "":
		l.errorf(e.KeyPos, ruleMissingKey, "the prompt %q has neither text nor file", e.Key)
		return
	}
	if p.SSML {
		if err := prompt.CheckSSML(p.Text); err != nil {
			l.errorf(at, ruleSSML, "the SSML of the prompt %q cannot be read: %s", e.Key, err)
		}
	}
	if err := l.flow.Catalogue.Add(p, wav); err != nil {
		l.errorf(e.KeyPos, ruleWAV, "%s", err)
	}
}

// wav is an audio file in the form that the platform plays; nil if that cannot
// be made of it.
func (l *loader) wav(n *tree.Node, dir, name string) []byte {
	full, ok := l.inside(n, dir, name)
	if !ok {
		return nil
	}
	f, ok := l.used.files[full]
	if !ok {
		f = l.readAudio(full)
		l.used.files[full] = f
	}
	if f.err != nil {
		l.errorf(n.Pos, f.rule, "the file %q cannot be %s", name, f.err)
	}
	return f.wav
}

func (l *loader) readAudio(full string) audioFile {
	content, err := readLimited(l.fsys, full, maxAudio+1)
	switch {
	case err != nil:
		return audioFile{rule: ruleFile, err: fmt.Errorf("read: %s", cause(err))}
	case len(content) > maxAudio:
		return audioFile{rule: ruleTooLarge, err: fmt.Errorf("read: it is larger than %d MiB", maxAudio>>20)}
	}
	wav, err := l.importer.Import(full, content)
	switch {
	case err == nil:
		l.sound(full, wav)
		return audioFile{wav: wav}
	case errors.Is(err, prompt.ErrUnsupported) && l.importer.Command == nil:
		err = fmt.Errorf("%w; other files need a command that makes WAV of them, such as ffmpeg -v error -i {in} {out}: name it with prompts.convert in the bot's configuration, or with --convert", err)
	}
	return audioFile{rule: ruleWAV, err: fmt.Errorf("played: %w", err)}
}

// readLimited reads at most limit bytes of a file.
func readLimited(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}
