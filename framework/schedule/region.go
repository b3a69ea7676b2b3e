package schedule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rickar/cal/v2"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// Region is a country or a part of one whose holidays are known.
type Region struct {
	Code string // ISO 3166, such as "DE" or "DE-BY"
	Name string
}

// Regions are the regions whose holidays are known, by code.
func Regions() []Region {
	all := regions()
	out := make([]Region, 0, len(all))
	for _, r := range all {
		out = append(out, r.Region)
	}
	return out
}

// region is a region with its holidays.
type region struct {
	Region
	holidays []*cal.Holiday
}

func newRegion(code, name string, holidays ...*cal.Holiday) region {
	return region{Region{code, name}, holidays}
}

// regions is the table of all regions, by code.
func regions() []region {
	all := slices.Concat(nations(), german(), swiss(), british(), canadian(), australian())
	slices.SortFunc(all, func(a, b region) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// region finds a region by its code, or reports that there is none.
func (p *parser) region(n *tree.Node, code string) (region, bool) {
	all := regions()
	codes := make([]string, len(all))
	for i, r := range all {
		if codes[i] = r.Code; r.Code == code {
			return r, true
		}
	}
	p.list.Errorf(n.Pos, RuleRegion, "no holidays are known for %q%s", code, regionHint(code, all, codes))
	return region{}, false
}

// mixed are regions that exist, but have no holidays as a whole.
var mixed = [...]string{"CH-AG", "CH-AI", "CH-FR", "CH-SO"}

// regionHint is what was probably meant, and what there is.
func regionHint(code string, all []region, codes []string) string {
	for _, r := range all {
		if strings.EqualFold(r.Code, strings.ReplaceAll(code, "_", "-")) || strings.EqualFold(r.Name, code) {
			return fmt.Sprintf("; did you mean %q?", r.Code)
		}
	}
	country, _, _ := strings.Cut(strings.ToUpper(code), "-")
	parts := slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return !strings.HasPrefix(c, country+"-") })
	switch {
	case slices.Contains(mixed[:], code):
		return fmt.Sprintf(": they differ by district or commune; write %s and the other days in a file, as in holidays: [%s, ./days.yaml]", country, country)
	case !slices.Contains(codes, country):
		nations := slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return strings.Contains(c, "-") })
		return choice(code, nations, "countries are "+strings.Join(nations, ", "))
	case len(parts) == 0:
		return fmt.Sprintf("; those of %s are not told apart by region: write %s and the other days in a file, as in holidays: [%s, ./days.yaml]",
			country, country, country)
	}
	return choice(code, parts, "of "+country+" there are "+country+", "+strings.Join(parts, ", "))
}

// choice says what was probably meant by a code, what there is, and what to do
// if it is not among that.
func choice(code string, codes []string, there string) string {
	const own = "; write other days in a file, as in holidays: [./days.yaml]"
	if near, ok := diag.Suggest(strings.ToUpper(code), codes); ok {
		return fmt.Sprintf("; did you mean %q? %s%s%s", near, strings.ToUpper(there[:1]), there[1:], own)
	}
	return "; " + there + own
}
