package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/replay"
)

// toPlay is a journal that is to be read and played.
type toPlay struct {
	source string
	read   func() (*replay.Journal, error)
}

// ranVersions finds the versions of flows that journals ran. It is safe for concurrent
// use.
type ranVersions struct {
	values func(*flow.Flow) map[string]any // of the bot's configuration; nil: not known
	kept   func(version string) (*flow.Flow, error)

	mu    sync.Mutex
	known map[string]*ranVersion
}

// ranVersion is a version that was looked for.
type ranVersion struct {
	flow *replay.Flow
	pair *replay.Pair // with the one on which calls are played; nil: there is none
	err  error
}

// add makes a version known.
func (v *ranVersions) add(f *flow.Flow) *ranVersion {
	known := &ranVersion{flow: replay.NewFlow(f, v.values(f))}
	v.known[f.Version] = known
	return known
}

// get is a version, which is loaded when a journal names it first.
func (v *ranVersions) get(hash string, on map[string]*replay.Flow) *ranVersion {
	v.mu.Lock()
	defer v.mu.Unlock()
	known := v.known[hash]
	if known == nil {
		f, err := v.kept(hash)
		if known = (&ranVersion{err: err}); err == nil {
			known = v.add(f)
		}
		v.known[hash] = known
	}
	if known.err == nil && known.pair == nil {
		if now := on[known.flow.Name]; now != nil {
			known.pair = replay.NewPair(known.flow, now)
		}
	}
	return known
}

// maxLine bounds one journal, in bytes.
const maxLine = 256 << 20

// exported reads the lines of exports. What belongs to versions stays.
type exported struct {
	name  string
	in    *bufio.Reader
	line  int
	audio map[string][]byte
	rows  map[string][]byte // sources of versions
	fail  error             // of reading the file itself
	mu    *sync.Mutex       // of audio and rows
}

// next is the next call; false at the end.
func (e *exported) next() (toPlay, bool) {
	for {
		text, err := e.text()
		if len(bytes.TrimSpace(text)) > 0 {
			source := fmt.Sprintf("%s:%d", e.name, e.line)
			kept, damage := e.keep(text)
			if !kept || damage != nil {
				return toPlay{source, func() (*replay.Journal, error) {
					if damage != nil {
						return nil, damage
					}
					return readJournal(text)
				}}, true
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				e.fail = fmt.Errorf("read %s: %w", e.name, err)
			}
			return toPlay{}, false
		}
	}
}

// text is the next line, or the lines of an object that is written over several, as
// calls show writes it.
func (e *exported) text() ([]byte, error) {
	line, err := e.in.ReadBytes('\n')
	e.line++
	if string(bytes.TrimRight(line, "\r\n")) != "{" {
		return line, err
	}
	for err == nil && len(line) < maxLine {
		var more []byte
		more, err = e.in.ReadBytes('\n')
		line = append(line, more...)
		e.line++
		if string(bytes.TrimRight(more, "\r\n")) == "}" {
			break
		}
	}
	return line, err
}

// keep keeps what belongs to a version, and reports whether it was that.
func (e *exported) keep(text []byte) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case bytes.HasPrefix(text, []byte(`{"kept_version"`)):
		var v calldoc.KeptVersion
		if err := json.Unmarshal(text, &v); err != nil {
			return true, fmt.Errorf("a version of a flow is damaged: %w", err)
		}
		e.rows[v.Version.Hash] = v.Version.Sources
		return true, nil
	case bytes.HasPrefix(text, []byte(`{"kept_audio"`)):
		var a calldoc.KeptAudio
		if err := json.Unmarshal(text, &a); err != nil {
			return true, fmt.Errorf("audio of a flow is damaged: %w", err)
		}
		e.audio[a.Audio.Hash] = a.Audio.WAV
		return true, nil
	}
	return false, nil
}

// version loads a version that stood in the export.
func (e *exported) version(hash string) (*flow.Flow, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	sources, ok := e.rows[hash]
	if !ok {
		return nil, fmt.Errorf("version %s of its flow is not in the export; name the file of that version with --was", flow.Short(hash))
	}
	return flow.LoadBundle(sources, hash, nil, func(hash string) ([]byte, error) {
		if wav, ok := e.audio[hash]; ok {
			return wav, nil
		}
		return nil, fmt.Errorf("audio %s is not in the export", flow.Short(hash))
	})
}

// readJournal reads one call.
func readJournal(text []byte) (*replay.Journal, error) {
	var h calldoc.History
	if err := json.Unmarshal(text, &h); err != nil {
		return nil, fmt.Errorf("this is no journal: %w", err)
	}
	if h.Session == "" || h.Version == "" || h.Moments == nil {
		return nil, errors.New("this is no journal: it names no session, version and moments; ivrflow calls export --journal writes journals")
	}
	j := &replay.Journal{Session: ivr.SessionID(h.Session), Flow: h.Flow, Version: h.Version,
		Caller: ivr.Party{Kind: ivr.PartyKind(h.CallerKind), ID: h.Caller}, Called: ivr.Party{Kind: ivr.PartyKind(h.CalledKind), ID: h.Called}}
	for _, m := range h.Moments {
		if m.Hidden != "" && len(m.Events)+len(m.Commands)+len(m.Parked) == 0 {
			return nil, fmt.Errorf("session %s: change %d is damaged: %s", h.Session, m.Version, m.Hidden)
		}
		j.Rows = append(j.Rows, replay.Row{At: m.At, Events: m.Events, Commands: m.Commands, Parked: m.Parked, Hidden: m.Hidden != ""})
	}
	return j, nil
}

// openExports reads files one after another; - is standard input.
func openExports(stdin io.Reader, names []string) (next func() (toPlay, bool), all *exported) {
	all = &exported{audio: map[string][]byte{}, rows: map[string][]byte{}, mu: &sync.Mutex{}}
	var file *os.File
	return func() (toPlay, bool) {
		for {
			if all.in != nil {
				if one, ok := all.next(); ok {
					return one, true
				}
				all.in = nil
				if file != nil {
					_ = file.Close() // it was read
				}
			}
			if len(names) == 0 || all.fail != nil {
				return toPlay{}, false
			}
			in := stdin
			if all.name, all.line = names[0], 0; all.name != standardInput {
				f, err := os.Open(all.name)
				if err != nil {
					all.fail = err
					return toPlay{}, false
				}
				in, file = f, f
			}
			all.in, names = bufio.NewReaderSize(in, 1<<20), names[1:]
		}
	}, all
}

// stored reads the calls of a store.
type stored struct {
	look *keep.Look
	f    store.Filter
	page []store.Summary
	fail error
}

func (s *stored) next(ctx context.Context) (toPlay, bool) {
	if len(s.page) == 0 && s.fail == nil {
		s.f.Max = pageSize
		s.page, s.fail = s.look.Reader.Calls(ctx, s.f)
		if errors.Is(s.fail, store.ErrNone) && s.f.Before != "" {
			s.fail = nil // the last one was deleted meanwhile, and with it the older ones
		}
	}
	if len(s.page) == 0 || s.fail != nil {
		return toPlay{}, false
	}
	id := s.page[0].Session
	s.page, s.f.Before = s.page[1:], id
	return toPlay{"in the store", func() (*replay.Journal, error) { return s.journal(ctx, id) }}, true
}

func (s *stored) journal(ctx context.Context, id ivr.SessionID) (*replay.Journal, error) {
	h, err := s.look.Reader.History(ctx, id)
	if err != nil {
		return nil, err // it names the session
	}
	j := &replay.Journal{Session: h.Session, Flow: h.Flow, Version: h.Version, Caller: h.Caller, Called: h.Called}
	for _, m := range h.Moments {
		if m.Hidden != nil && len(m.Events)+len(m.Commands)+len(m.Parked) == 0 {
			return nil, fmt.Errorf("session %s: change %d is damaged: %w", id, m.Version, m.Hidden)
		}
		j.Rows = append(j.Rows, replay.Row{At: m.At, Events: m.Events, Commands: m.Commands, Parked: m.Parked, Hidden: m.Hidden != nil})
	}
	return j, nil
}

// version is a version that the store keeps.
func (s *stored) version(ctx context.Context, hash string) (*flow.Flow, error) {
	f, err := bot.LoadVersion(ctx, s.look.DB, hash)
	if errors.Is(err, store.ErrNone) {
		return nil, fmt.Errorf("version %s of its flow is no longer in the store; name the file of that version with --was", flow.Short(hash))
	}
	return f, err
}
