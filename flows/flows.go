// Package flows holds ready-made flows, embedded into the program. Each stands
// in a folder of its own, NAME/NAME.ivr.yaml, with its prompts, an example of a
// flow that calls it, and the tests of that.
//
//	f, findings, err := flow.Load(flows.FS, "voicemail/voicemail.ivr.yaml")
package flows

import (
	"embed"
	"io/fs"
	"path"
)

// FS holds the flows' files.
//
//go:embed */*.ivr.yaml */prompts
var FS embed.FS

//go:embed */README.md
var pages embed.FS

// Names are the flows that others call, as they call them: flows/NAME.
func Names() []string {
	files, err := fs.Glob(pages, "*/README.md")
	if err != nil {
		panic("flows: the pattern of the pages: " + err.Error())
	}
	all := make([]string, 0, len(files))
	for _, file := range files {
		all = append(all, "flows/"+path.Dir(file))
	}
	return all
}

// Page is what the manual says of a flow, in Markdown: its parameters, results
// and outcomes, with an example. It is empty for a name that is none of Names.
func Page(name string) string {
	dir, file := path.Split(name)
	text, err := pages.ReadFile(file + "/README.md")
	if err != nil || dir != "flows/" {
		return ""
	}
	return string(text)
}

// Demo is the file of the flow that `ivrflow dev` runs when it is given none: a
// small front desk that plays, asks, collects, records and transfers.
const Demo = "demo/demo.ivr.yaml"
