package main

import "testing"

// A name says which form a picture has; what is not drawn is refused.
func TestFormatOf(t *testing.T) {
	for name, want := range map[string]string{"": "mermaid", "a.mmd": "mermaid", "a.svg": "svg", "a.SVG": "svg", "a.gv": "graphviz", "a.dot": "graphviz"} {
		if got, err := formatOf(name); err != nil || got != want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for _, name := range []string{"a.png", "a.PDF", "b/a.jpg"} {
		if _, err := formatOf(name); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
