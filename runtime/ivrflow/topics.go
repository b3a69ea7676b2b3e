package main

// topicNames are the pages of the manual.
func topicNames() []string { return nil }

// topicPage is a page of the manual.
func topicPage(string) (string, bool) { return "", false }
