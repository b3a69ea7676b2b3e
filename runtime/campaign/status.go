package campaign

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"
)

// Status is how a campaign stands, as its file says.
type Status struct {
	Flow     string          `json:"flow"`
	Begun    time.Time       `json:"begun"`
	Running  bool            `json:"running"` // some process runs it
	Paused   bool            `json:"paused"`
	Listed   int             `json:"listed"`  // on the list, in the last run
	Waiting  int             `json:"waiting"` // not called yet
	Live     int             `json:"live"`    // being called, or talking
	Again    int             `json:"again"`   // to be called again
	Done     int             `json:"done"`
	Attempts int             `json:"attempts"` // calls made so far
	Outcomes map[Outcome]int `json:"outcomes"` // of those that are done
	// Settings are Config.Settings of the last run.
	Settings json.RawMessage `json:"-"`
}

// ReadStatus reads a campaign's file, also while it runs. The error wraps
// fs.ErrNotExist if there is none.
func ReadStatus(file string) (Status, error) {
	entries, _, err := readJournal(file)
	s := Status{Outcomes: map[Outcome]int{}}
	if err != nil {
		return s, err
	}
	type stand struct {
		live    bool
		attempt int
		last    *End
	}
	targets := map[string]stand{}
	for _, e := range entries {
		switch {
		case e.Begin != nil:
			s.Flow, s.Begun = e.Begin.Flow, e.Begin.At
		case e.Run != nil:
			s.Listed, s.Settings = e.Run.Listed, e.Run.Settings
		case e.Try != nil:
			targets[e.Try.Target] = stand{live: true, attempt: e.Try.Attempt, last: targets[e.Try.Target].last}
		case e.End != nil:
			targets[e.End.Target] = stand{attempt: e.End.Attempt, last: e.End}
		}
	}
	for _, t := range targets {
		s.Attempts += t.attempt
		switch {
		case t.live:
			s.Live++
		case !t.last.Final():
			s.Again++
		default:
			s.Done++
			s.Outcomes[t.last.Outcome]++
		}
	}
	s.Waiting = max(0, s.Listed-len(targets))
	if s.Paused, err = Paused(file); err != nil {
		return s, err
	}
	s.Running, err = isHeld(file)
	return s, err
}

// pauseFile is what stands beside a campaign's file while it is paused.
func pauseFile(file string) string { return file + ".pause" }

// Paused says whether a campaign is to call nobody new.
func Paused(file string) (bool, error) {
	_, err := os.Stat(pauseFile(file))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Pause has a campaign call nobody new, or call again. Whoever runs it sees that
// within a second or two; who runs it later, too.
func Pause(file string, pause bool) error {
	if !pause {
		err := os.Remove(pauseFile(file))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	f, err := os.OpenFile(pauseFile(file), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}
