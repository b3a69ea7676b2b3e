package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// journalWriter writes whole calls, with the versions of flows that they ran.
type journalWriter struct {
	json     *json.Encoder
	look     *keep.Look
	versions map[string]bool // written, or not to be had
	audio    map[string]bool
	hidden   map[string]int // calls of which not all is there, by the reason
	lacking  []error        // versions that are not to be had
}

// exportJournals writes the journals page by page, and says what is not in them.
func exportJournals(ctx context.Context, out, errs io.Writer, l *keep.Look, f store.Filter) error {
	w := &journalWriter{json: json.NewEncoder(out), look: l, versions: map[string]bool{}, audio: map[string]bool{}, hidden: map[string]int{}}
	w.json.SetEscapeHTML(false)
	err := pages(ctx, l.Reader, f, 0, func(list []store.Summary) error {
		for _, s := range list {
			if err := w.call(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("exporting journals: %w", err)
	}
	for _, err := range w.lacking {
		fmt.Fprintln(errs, "ivrflow: not in the export:", err)
	}
	for why, n := range w.hidden {
		fmt.Fprintf(errs, "ivrflow: of %s there is but the outline in part: %s\n", plural(n, "call"), why)
	}
	return nil
}

func (w *journalWriter) call(ctx context.Context, s store.Summary) error {
	h, err := w.look.Reader.History(ctx, s.Session)
	if err != nil {
		return err
	}
	if !w.versions[h.Version] {
		w.versions[h.Version] = true
		if err := w.version(ctx, h.Version); err != nil {
			return err
		}
	}
	for _, why := range h.Hidden() {
		w.hidden[hidden(why, w.look)]++
	}
	return w.json.Encode(calldoc.HistoryOf(h))
}

// version writes a version. One that the store has no longer is left out.
func (w *journalWriter) version(ctx context.Context, version string) error {
	row, err := w.look.DB.Flow(ctx, version)
	if err == nil {
		err = bot.VersionAudio(ctx, w.look.DB, version, w.wav)
	}
	if err != nil {
		w.lacking = append(w.lacking, err)
		return nil
	}
	var v calldoc.KeptVersion
	v.Version.Name, v.Version.Hash, v.Version.Sources = row.Name, row.Version, row.Sources
	return w.json.Encode(v)
}

func (w *journalWriter) wav(hash string, wav []byte) error {
	if w.audio[hash] {
		return nil
	}
	w.audio[hash] = true
	var a calldoc.KeptAudio
	a.Audio.Hash, a.Audio.WAV = hash, wav
	return w.json.Encode(a)
}
