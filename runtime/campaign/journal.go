package campaign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// journalVersion is that of the form of the file.
const journalVersion = 1

// entry is a line of a campaign's file. One of its members is there.
type entry struct {
	Begin  *beginning `json:"campaign,omitempty"` // the first line
	Run    *Run       `json:"run,omitempty"`
	Try    *Try       `json:"try,omitempty"`
	Placed *Placed    `json:"placed,omitempty"`
	End    *End       `json:"end,omitempty"`
}

// beginning tells campaigns apart.
type beginning struct {
	Version int       `json:"version"`
	ID      string    `json:"id"` // random, so that sessions have ids that no other campaign's have
	Flow    string    `json:"flow"`
	At      time.Time `json:"at"`
}

// Run says that a process goes on with the campaign.
type Run struct {
	At       time.Time       `json:"at"`
	Listed   int             `json:"listed"` // how many are on the list
	Settings json.RawMessage `json:"settings,omitempty"`
}

// Try says that somebody is about to be called. It is on disk before he is.
type Try struct {
	Target  string        `json:"target"`
	Attempt int           `json:"attempt"` // from 1
	Session ivr.SessionID `json:"session"`
	At      time.Time     `json:"at"`
}

// Placed says that the store has the session of a try.
type Placed struct {
	Target  string `json:"target"`
	Attempt int    `json:"attempt"`
}

// End says what came of a try, or that there will be none.
type End struct {
	Target   string     `json:"target"`
	Attempt  int        `json:"attempt"` // 0: nobody was called
	Outcome  Outcome    `json:"outcome"`
	Reason   ivr.Reason `json:"reason,omitempty"`
	At       time.Time  `json:"at"` // when this was written
	Again    time.Time  `json:"again,omitzero"`
	Started  time.Time  `json:"started,omitzero"`
	Answered time.Time  `json:"answered,omitzero"`
	Ended    time.Time  `json:"ended,omitzero"`
	EndedBy  string     `json:"ended_by,omitempty"`
	Transfer string     `json:"transfer,omitempty"`
	// Milestones and Tags are the flow's, "NAME" or "NAME TEXT".
	Milestones []string `json:"milestones,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	// Returned are the results that the flow declares, without sensitive ones.
	Returned map[string]any `json:"returned,omitempty"`
}

// Final says that the target is not called again.
func (e *End) Final() bool { return e.Again.IsZero() }

// journal is a campaign's file: lines of JSON that are only ever added.
type journal struct {
	f    *os.File
	name string
	size int64 // of what is whole
	bad  error // of the last write: what is on disk is not known any more
}

// openJournal opens a file, or makes it, and reads what is in it. A last line that
// was not written to its end is taken out: whoever wrote it did not go on.
func openJournal(name string) (*journal, []entry, error) {
	f, held, err := lockFile(name)
	if held {
		err = fmt.Errorf("%s: another process runs this campaign: %w", name, fs.ErrExist)
	}
	if err != nil {
		return nil, nil, err
	}
	j := &journal{f: f, name: name}
	all, size, err := readJournal(name)
	if err == nil {
		j.size = size
		err = errors.Join(f.Truncate(size), f.Sync(), syncDir(filepath.Dir(name)))
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, nil, err
	}
	return j, all, nil
}

// readJournal reads a file, and says how long its whole lines are.
func readJournal(name string) (all []entry, size int64, err error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, 0, err
	}
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(src, []byte("\n"))
		if !whole {
			return all, size, nil
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil && n > 1 {
			return nil, 0, fmt.Errorf("%s:%d: the campaign's file is damaged here: %w", name, n, err)
		}
		if n == 1 && (e.Begin == nil || e.Begin.ID == "") {
			return nil, 0, fmt.Errorf("%s: this is no campaign's file; name a new one, which the first run makes", name)
		}
		if e.Begin != nil && e.Begin.Version > journalVersion {
			return nil, 0, fmt.Errorf("%s: a later version of this program wrote it (form %d, and this one knows %d)", name, e.Begin.Version, journalVersion)
		}
		all, src, size = append(all, e), rest, size+int64(len(line))+1
	}
}

// add writes a line, and returns when it is on disk. After an error nothing is
// added any more: nobody knows what is there until it is read anew.
func (j *journal) add(e entry) error {
	if j.bad != nil {
		return j.bad
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("%s: %w", j.name, err)
	}
	if _, err = j.f.WriteAt(append(line, '\n'), j.size); err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		j.bad = fmt.Errorf("%s: %w; nobody is called any more: start again once the disk is well", j.name, err)
		return j.bad
	}
	j.size += int64(len(line)) + 1
	return nil
}

func (j *journal) close() error { return j.f.Close() }
