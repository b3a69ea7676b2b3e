package diag

import (
	"fmt"
	"io"
	"strings"
)

// WriteGitHub writes the findings as workflow commands of GitHub Actions, which
// shows them beside the lines of a pull request:
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func WriteGitHub(w io.Writer, l List) error {
	text := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, d := range l {
		word := d.Severity.String()
		if d.Severity == Note {
			word = "notice"
		}
		place := "file=" + property.Replace(d.Pos.File)
		if d.Pos.Line > 0 {
			place += fmt.Sprintf(",line=%d,col=%d", d.Pos.Line, d.Pos.Col)
		}
		if d.EndCol > d.Pos.Col {
			place += fmt.Sprintf(",endColumn=%d", d.EndCol)
		}
		if _, err := fmt.Fprintf(w, "::%s %s,title=%s::%s\n", word, place, property.Replace(d.Rule), text.Replace(d.Message)); err != nil {
			return err
		}
	}
	return nil
}
