package store

// Numbers are what the database tells of itself for metrics, nil if it tells
// nothing: by name, in lower case with underscores, in seconds and bytes. A name
// that ends in "_total" only grows.
func (s *Store) Numbers() map[string]float64 {
	db, ok := s.cfg.DB.(interface{ Numbers() map[string]float64 })
	if !ok {
		return nil
	}
	return db.Numbers()
}
