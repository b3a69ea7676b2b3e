package campaign

// SetAt has f called at each place at which a process may die.
func (c *Config) SetAt(f func(point string)) { c.at = f }
