package schedule

import (
	_ "embed" // the names of time zones
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // for machines without time zones

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// zoneNames are the time zones named after places, and UTC, one a line. The
// names without a place, such as EST or Etc/GMT-1, are left out: they know no
// summer time, or are not what they seem.
//
//go:embed zones.txt
var zoneNames string

// abbreviations are zones that people write without a place, and the places
// that they probably mean.
var abbreviations = [...]struct{ names, place string }{
	{"CET CEST MET MESZ MEZ", "Europe/Berlin"}, {"GMT BST GB", "Europe/London"}, {"WET WEST", "Europe/Lisbon"},
	{"EET EEST", "Europe/Helsinki"}, {"EST EDT ET EST5EDT", "America/New_York"}, {"CST CDT CT CST6CDT", "America/Chicago"},
	{"MST MDT MT MST7MDT", "America/Denver"}, {"PST PDT PT PST8PDT", "America/Los_Angeles"}, {"HST", "Pacific/Honolulu"},
	{"IST", "Asia/Kolkata"}, {"JST JAPAN", "Asia/Tokyo"}, {"SGT SINGAPORE", "Asia/Singapore"},
	{"AEST AEDT", "Australia/Sydney"}, {"NZST NZDT NZ", "Pacific/Auckland"}, {"Z ZULU UCT GMT0", "UTC"},
}

func (p *parser) timezone(n *tree.Node) {
	name, ok := n.Str(&p.list)
	if !ok {
		return
	}
	names := Zones()
	if !slices.Contains(names, name) {
		p.list.Errorf(n.Pos, RuleZone, "%q is not the name of a time zone%s", name, zoneHint(name, names))
		return
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		p.list.Errorf(n.Pos, RuleZone, "the time zone %q cannot be loaded: %s", name, err)
		return
	}
	p.s.zone = zone
}

// zoneHint is the mend for a name that is none.
func zoneHint(name string, names []string) string {
	for _, a := range abbreviations {
		if slices.Contains(strings.Fields(a.names), strings.ToUpper(name)) {
			return fmt.Sprintf("; write a place, so that summer time is known; did you mean %q?", a.place)
		}
	}
	places := make([]string, len(names)) // without the continent
	for i, n := range names {
		places[i] = n[strings.LastIndexByte(n, '/')+1:]
	}
	spelled := strings.ReplaceAll(strings.TrimSpace(name), " ", "_")
	for i, n := range names {
		if strings.EqualFold(n, spelled) || strings.EqualFold(places[i], spelled) {
			return fmt.Sprintf("; did you mean %q?", n)
		}
	}
	if hint := diag.DidYouMean(spelled, names); hint != "" {
		return hint
	}
	if near, ok := diag.Suggest(spelled, places); ok && len(spelled) > 3 {
		return fmt.Sprintf("; did you mean %q?", names[slices.Index(places, near)])
	}
	return "; zones are named after places, such as Europe/Berlin, America/New_York, or UTC"
}
