package replay_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/replay"
)

// All calls of all tests of the project are the same again, whatever was forgotten
// of them.
func TestAgain(t *testing.T) {
	for name, how := range map[string]kept{"whole": whole, "exported": exported, "forgotten": forgotten, "outlined": outlined} {
		t.Run(name, func(t *testing.T) {
			counts := map[replay.Verdict]int{}
			for _, p := range allCalls(t) {
				r, err := replay.Again(p.on(), p.journal(t, how))
				if err != nil {
					t.Errorf("%s: %v", p.file, err)
					continue
				}
				counts[r.Verdict]++
				if r.Verdict != replay.Same && (how == whole || how == exported || r.Verdict != replay.Outline) {
					t.Errorf("%s: %s %s %+v", p.file, r.Verdict, r.Why, r.Difference)
				}
			}
			t.Log(counts)
		})
	}
}

// What is changed in a journal is found: in the row in which it was changed, with
// both sides.
func TestPlantedDifferences(t *testing.T) {
	planted := 0
	for n, p := range allCalls(t) {
		j := p.journal(t, whole)
		for i := n % 7; i < len(j.Rows); i += 7 {
			for name, plant := range map[string]func([]ivr.Command) []ivr.Command{"other": otherCommand, "less": lessCommands, "more": moreCommands} {
				cmds := plant(slices.Clone(j.Rows[i].Commands))
				if cmds == nil {
					continue
				}
				planted++
				r, err := replay.Again(p.on(), withCommands(j, i, cmds))
				if err != nil {
					t.Fatal(err)
				}
				if r.Verdict != replay.Different || r.Difference.Row != i+1 || r.Difference.Recorded == r.Difference.Replayed {
					t.Errorf("%s: %s in row %d: %s %+v", p.file, name, i+1, r.Verdict, r.Difference)
				}
			}
		}
	}
	if planted < 1000 {
		t.Errorf("only %d were planted", planted)
	}
}

// withCommands is a journal in which other commands stand in one row.
func withCommands(j *replay.Journal, row int, cmds []ivr.Command) *replay.Journal {
	k := *j
	k.Rows = slices.Clone(j.Rows)
	k.Rows[row].Commands = cmds
	return &k
}

// otherCommand changes a move or a prompt; nil if there is none.
func otherCommand(cmds []ivr.Command) []ivr.Command {
	for i, cmd := range cmds {
		switch c := cmd.(type) {
		case ivr.Moved:
			c.State += "x"
			cmds[i] = c
			return cmds
		case ivr.PlayPrompt:
			if len(c.Parts) > 0 {
				c.Parts = append([]ivr.Part{{Key: "planted"}}, c.Parts...)
				cmds[i] = c
				return cmds
			}
		}
	}
	return nil
}

func lessCommands(cmds []ivr.Command) []ivr.Command {
	if len(cmds) == 0 {
		return nil
	}
	return cmds[1:]
}

func moreCommands(cmds []ivr.Command) []ivr.Command {
	return append(cmds, ivr.StopTimer{Timer: 9999})
}

// What is changed where something was forgotten is never taken for the same. A move that
// the flow does not have is known to be none whatever was forgotten, and one that it has
// might have come of other values.
func TestPlantedInOutlines(t *testing.T) {
	for name, tt := range map[string]struct {
		plant func(*flow.Flow, []ivr.Command) []ivr.Command
		times int // as many must be found as nobody can know
	}{
		"no such move": {func(_ *flow.Flow, cmds []ivr.Command) []ivr.Command { return otherCommand(cmds) }, 10},
		"another move": {otherMove, 2},
	} {
		different, undecidable := 0, 0
		for n, p := range allCalls(t) {
			for _, how := range []kept{forgotten, outlined} {
				j := p.journal(t, how)
				for i := n % 13; i < len(j.Rows); i += 13 {
					cmds := tt.plant(p.flow, slices.Clone(j.Rows[i].Commands))
					if cmds == nil {
						continue
					}
					r, err := replay.Again(p.on(), withCommands(j, i, cmds))
					if err != nil {
						t.Fatal(err)
					}
					switch r.Verdict {
					case replay.Different:
						different++
						if r.Difference.Row != i+1 {
							t.Errorf("%s: %s planted in row %d: found in %+v", p.file, name, i+1, r.Difference)
						}
					case replay.Undecidable:
						undecidable++
					default:
						t.Errorf("%s: %s planted in row %d: %s", p.file, name, i+1, r.Verdict)
					}
				}
			}
		}
		t.Logf("%s: %d found, of %d nobody can know", name, different, undecidable)
		if different < tt.times*undecidable {
			t.Errorf("%s: too few are found", name)
		}
	}
}

// otherMove puts a move that the flow has in the place of another one; nil if there is none.
func otherMove(f *flow.Flow, cmds []ivr.Command) []ivr.Command {
	for i, cmd := range cmds {
		m, ok := cmd.(ivr.Moved)
		if !ok || m.Trigger == flow.TriggerStart {
			continue
		}
		for _, is := range f.Member(m.Flow).Machine.Moves() {
			if is.Trigger != m.Trigger && is.Trigger != flow.TriggerStart {
				m.Trigger, m.State = is.Trigger, is.To
				cmds[i] = m
				return cmds
			}
		}
	}
	return nil
}

// A journal that cannot be played says why.
func TestNotPlayable(t *testing.T) {
	p := allCalls(t)[0]
	for want, change := range map[string]func(*replay.Journal){
		"the journal is empty":                      func(j *replay.Journal) { j.Rows = nil },
		"its first rows are missing":                func(j *replay.Journal) { j.Rows = j.Rows[1:] },
		"the call ran version 0123456789ab of flow": func(j *replay.Journal) { j.Version = "0123456789abcdef" },
	} {
		j := p.journal(t, whole)
		change(j)
		if _, err := replay.Again(p.on(), j); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
