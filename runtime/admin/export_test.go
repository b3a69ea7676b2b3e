package admin

// Titles are the kinds of problem.
func Titles() map[string]string { return titles() }
