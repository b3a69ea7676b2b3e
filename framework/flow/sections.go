package flow

// Sections are the keys that a flow's file can have at its top.
func Sections() []string { return headerKeys() }
