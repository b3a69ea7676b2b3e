package campaign

import "time"

// Plan is what a campaign would do if it began now.
type Plan struct {
	Callable int       `json:"callable"` // who would be called
	Now      int       `json:"now"`      // ... and may be called now, where they are
	Unwanted int       `json:"unwanted"` // who is on the do-not-call list
	First    time.Time `json:"first,omitzero"`
}

// Preview says what a campaign would do with its list, and calls nobody. It does not
// look at the campaign's file.
func Preview(cfg Config, rows []Row, unwanted *DoNotCall, now time.Time) (Plan, error) {
	var p Plan
	hours := newClocks(cfg.Hours)
	for _, r := range rows {
		no, err := unwanted.Has(r.Target.ID)
		if err != nil {
			return Plan{}, err
		}
		if no {
			p.Unwanted++
			continue
		}
		p.Callable++
		at, err := hours.next(r.Zone, now)
		if err != nil {
			return Plan{}, err
		}
		if !at.After(now) {
			p.Now++
		}
		if p.First.IsZero() || at.Before(p.First) {
			p.First = at
		}
	}
	return p, nil
}
