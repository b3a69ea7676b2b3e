package schedule

import "github.com/ivrflow/ivrflow/framework/tree"

// The rules of the findings. Those of framework/tree come on top.
const (
	RuleBad       = "bad-schedule"           // hours or dates that cannot be understood
	RuleRegion    = "unknown-holiday-region" // a code without holidays
	RuleZone      = "unknown-timezone"       // no name of a time zone
	RuleNoHoliday = "no-holidays"            // hours for holidays, but no holidays
	RuleNeverOpen = "never-open"             // hours that are none

	ruleMissingKey = "missing-key"
	ruleFile       = "file"
	ruleTooLarge   = tree.RuleTooLarge
)
