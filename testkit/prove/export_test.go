package prove

// Generated is the small flow of a seed, as text, without the steps that came later.
func Generated(seed uint64) string { return few(seed) }
