package schedule_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/framework/tree"
)

func ExampleParse() {
	root, _ := tree.Parse("flow.yaml", []byte(`
timezone: Europe/Berlin
open: Mo-Fr 09:00-17:00; PH off
holidays: [DE-BY, ./days.yaml]
`))
	files := fstest.MapFS{"days.yaml": {Data: []byte("- {date: 12-24, name: Christmas Eve, open: 09:00-12:00}\n")}}
	s, findings := schedule.Parse(files, root)
	if len(findings) > 0 {
		fmt.Print(findings)
		return
	}
	for _, now := range []string{"2026-12-24T10:30:00Z", "2026-12-24T12:00:00Z", "2026-12-25T12:00:00Z"} {
		t, err := time.Parse(time.RFC3339, now)
		if err != nil {
			fmt.Println(err)
			return
		}
		status := s.At(t)
		next, _ := s.NextOpen(t)
		fmt.Println(status.State, status.Name, "until", status.Until.Format(time.DateTime), "next", next.Format(time.DateTime))
	}
	// Output:
	// open  until 2026-12-24 12:00:00 next 2026-12-24 11:30:00
	// holiday Christmas Eve until 2026-12-25 00:00:00 next 2026-12-28 09:00:00
	// holiday Weihnachtstag until 2026-12-26 00:00:00 next 2026-12-28 09:00:00
}
