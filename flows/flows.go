// Package flows holds ready-made flows, embedded into the program. Each stands
// in a folder of its own, NAME/NAME.ivr.yaml, with its prompts, an example of a
// flow that calls it, and the tests of that.
//
//	f, findings, err := flow.Load(flows.FS, "voicemail/voicemail.ivr.yaml")
package flows

import "embed"

// FS holds the flows' files.
//
//go:embed */*.ivr.yaml */prompts
var FS embed.FS

// Demo is the file of the flow that `ivrflow dev` runs when it is given none: a
// small front desk that plays, asks, collects, records and transfers.
const Demo = "demo/demo.ivr.yaml"
