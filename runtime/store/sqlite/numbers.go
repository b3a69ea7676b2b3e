package sqlite

// Numbers are Stats for metrics: by name, in seconds. A name that ends in "_total"
// only grows.
func (db *DB) Numbers() map[string]float64 {
	s := db.Stats()
	return map[string]float64{
		"queue":                     float64(s.Queue),
		"tasks_total":               float64(s.Tasks),
		"groups_total":              float64(s.Groups),
		"group_last":                float64(s.LastGroup),
		"group_max":                 float64(s.MaxGroup),
		"transaction_last_seconds":  s.Commit.Seconds(),
		"transaction_max_seconds":   s.MaxCommit.Seconds(),
		"transaction_seconds_total": s.AllCommit.Seconds(),
		"fenced_total":              float64(s.Fenced),
		"busy_total":                float64(s.Busy),
		"trouble_total":             float64(s.Trouble),
	}
}
