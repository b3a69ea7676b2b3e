package flow

import (
	"fmt"

	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/schedule"
)

// The types of keys that no step has.
const (
	OptValue     OptionType = "value"        // a text with ${ }, a number, true or false
	OptSpoken    OptionType = "spoken value" // a text with ${ }, or a number
	OptLiteral   OptionType = "literal"
	OptCondition OptionType = "condition"
	OptChecks    OptionType = "checks"
	OptNames     OptionType = "names"
	OptNamed     OptionType = "named maps" // names with maps, all of which have Fields
	OptVariables OptionType = "variables' declarations"
	OptSteps     OptionType = "steps"
	OptGroups    OptionType = "groups" // names with targets
	OptStates    OptionType = "states"
	OptHandler   OptionType = "handler"
	OptHandlers  OptionType = "handlers"
	OptDefaults  OptionType = "defaults"
	OptCatalogue OptionType = "prompts of the flow"
	OptPromises  OptionType = "invariants"
	OptTexts     OptionType = "texts" // all of which look like Pattern
	OptZone      OptionType = "time zone"
	OptHours     OptionType = "hours"
	OptHolidays  OptionType = "holidays"
	OptDays      OptionType = "days"
)

// Sections are the keys that a flow's file can have at its top.
func Sections() []string { return keysOf(sections(Verbs())) }

// sections is the table of a flow's keys, in the order of messages. It drives
// the loader's checks of keys and the JSON Schema, as the table of verbs does.
func sections(verbs []Verb) []Option {
	return []Option{
		{Name: "ivr", Type: OptInt, Words: []string{"1"}, Required: true, Doc: "the version of the language"},
		{Name: "flow", Type: OptName, Required: true, Example: "front_door", Doc: "the flow's name"},
		{Name: "kind", Type: OptWord, Words: readyKinds(), Default: string(Incoming), Doc: "what starts the flow"},
		{Name: "description", Type: OptText, Doc: "what the flow is for"},
		{Name: "locales", Type: OptTexts, Pattern: localeForm.String(), Default: "en-US", Example: "en-GB", Doc: "the flow's languages; the first is the default"},
		{Name: "dtmf", Type: OptWord, Words: []string{string(DTMFAuto), string(DTMFAlways), string(DTMFNever)}, Default: string(DTMFAuto), Doc: "when the keys of the caller are listened to"},
		{Name: "limits", Type: OptMap, Fields: limitFields(), Doc: "what no call exceeds"},
		{Name: "config", Type: OptVariables, Doc: "what the flow reads from the bot's configuration, as ${config.NAME}"},
		{Name: "defaults", Type: OptDefaults, Doc: "options and handlers of each verb, for steps that do not have them"},
		{Name: "vars", Type: OptVariables, Reserved: notVariables(), Doc: "the flow's variables"},
		{Name: "actions", Type: OptNamed, Fields: actionFields(verbs), Doc: "what do runs: Go code of the bot, or HTTP requests"},
		{Name: "prompts", Type: OptCatalogue, Example: "./prompts", Doc: "catalogue folders, catalogue files, or a map of prompts"},
		{Name: "start", Type: OptState, Required: true, Doc: "the state in which a call begins"},
		{Name: "states", Type: OptStates, Reserved: reservedStates(verbs), Required: true, Doc: "the states, each a list of steps"},
		{Name: "handlers", Type: OptHandlers, Doc: "what follows outcomes that neither a step nor defaults handle; keys: act in every menu"},
		{Name: "on_hangup", Type: OptSteps, Doc: "steps after the caller hung up; nobody hears them"},
		{Name: "on_end", Type: OptSteps, Doc: "steps after every end of a call; nobody hears them"},
		{Name: "on_error", Type: OptSteps, Doc: "steps after a failure that nothing handles; an apology and the end if not written"},
		{Name: "invariants", Type: OptPromises, Doc: "what the flow promises of itself"},
		{Name: "params", Type: OptVariables, Reserved: notVariables(), Doc: "the variables that a flow which calls this one gives it"},
		{Name: "returns", Type: OptVariables, Reserved: notVariables(), Doc: "the variables that it gets back"},
		{Name: "outcomes", Type: OptNames, Reserved: reservedOutcomes(verbs, "call"), Doc: "the names that return may have"},
		{Name: "schedules", Type: OptNamed, Fields: scheduleFields(), Doc: "opening hours, which hours steps and expressions ask"},
		{Name: "groups", Type: OptGroups, Doc: "the groups that hunt calls, each a list of targets"},
	}
}

// notVariables are names that expressions use for something else.
func notVariables() []string { return append(expression.ReservedNames(), envNames[:]...) }

// readyKinds are the kinds of flow that this version runs.
func readyKinds() []string { return []string{string(Incoming), string(Outgoing), string(Meeting)} }

// keysOf are the names of the keys of a table.
func keysOf(fields []Option) []string {
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return names
}

// keySets are the keys of maps of which a flow has many, made once.
type keySets struct {
	header, variable, action, part, entry, counted, cases []string
	noState, noVariable                                   []string            // names that neither can have
	noOutcome                                             map[string][]string // names that no outcome can have, by verb
}

func newKeySets(verbs []Verb) keySets {
	return keySets{
		header: keysOf(sections(verbs)), variable: keysOf(varFields()), action: keysOf(actionFields(verbs)), part: keysOf(partFields()),
		entry: keysOf(entryFields()), counted: keysOf(countedFields()), cases: keysOf(caseFields()),
		noState: reservedStates(verbs), noVariable: notVariables(),
		noOutcome: map[string][]string{"do": reservedOutcomes(verbs, "do"), "call": reservedOutcomes(verbs, "call")},
	}
}

func limitFields() []Option {
	return []Option{
		{Name: "call", Type: OptDuration, Default: short(DefaultCallLimit), Doc: "from the answer to the end, 10s to " + short(MaxCallLimit)},
		{Name: "steps", Type: OptInt, Default: "500", Doc: "steps that one call may run, 1 to 2000"},
	}
}

func varFields() []Option {
	return []Option{
		{Name: "type", Type: OptWord, Words: typeNames(), Required: true, Doc: "what values it holds"},
		{Name: "default", Type: OptLiteral, Doc: "the value that it starts with; unset if not written"},
		{Name: "length", Type: OptLength, Doc: "how many characters a value has: 4, or 4..6"},
		{Name: "pattern", Type: OptText, Example: "[1-9][0-9]*", Doc: "a regular expression that the whole value must match"},
		{Name: "check", Type: OptChecks, Doc: "what a value must fulfil: luhn, iban, date, {range: 1..31}, or a condition over value"},
		{Name: "currency", Type: OptText, Pattern: currencyForm.String(), Example: "GBP", Doc: "of money: three letters"},
		{Name: "sensitive", Type: OptWord, Words: []string{string(IsSensitive), string(SensitiveLast), string(SensitiveOnce), "false"}, Default: "false", Doc: "true: never shown; last4: only its end; once: forgotten after its use"},
	}
}

func actionFields(verbs []Verb) []Option {
	return []Option{
		{Name: "in", Type: OptNames, Doc: "its inputs, which are variables unless the step has with"},
		{Name: "out", Type: OptNames, Doc: "its outputs, which go to variables of the same name unless the step has into"},
		{Name: "outcomes", Type: OptNames, Reserved: reservedOutcomes(verbs, "do"), Default: "ok", Doc: "how it can end, beside failed"},
		{Name: "timeout", Type: OptDuration, Default: short(defaultActionTimeout), Doc: "how long it may take, 50ms to 2m"},
		{Name: "retry", Type: OptMap, Fields: retryFields(maxActionRetries), Doc: "tries after errors on the way to it"},
		{Name: "waiting", Type: OptPrompt, Doc: "what is heard while it runs, after 1s"},
		{Name: "http", Type: OptMap, Fields: httpActionFields(), Doc: "the HTTPS request that does it, in the place of Go code"},
	}
}

// httpActionFields are the keys of an action that is done over HTTP.
func httpActionFields() []Option {
	return append(requestOptions(),
		Option{Name: "into", Type: OptMap, Values: OptName, Keys: partForm.String(), Doc: "parts of the answer's body with the outputs that they become"},
		Option{Name: "outcomes", Type: OptMap, Values: OptName, Keys: statusForm.String(), Doc: "statuses such as 404 or 4xx with the action's outcomes that they mean; failed if not written"})
}

func retryFields(most int) []Option {
	return []Option{
		{Name: "max", Type: OptInt, Default: "0", Doc: fmt.Sprintf("more tries, 0 to %d", most)},
		{Name: "backoff", Type: OptDuration, Default: "200ms", Doc: "time before the first of them, 1ms to 10s"},
	}
}

// partFields are the keys of a part of a prompt.
func partFields() []Option {
	return []Option{
		{Name: "prompt", Type: OptName, Example: "welcome", Doc: "a prompt of the catalogue or a recording variable, in a list with a when"},
		{Name: "say", Type: OptText, Doc: "a text to be spoken"},
		{Name: "file", Type: OptText, Example: "./welcome.wav", Doc: "an audio file, relative to this file"},
		{Name: "say_as", Type: OptWord, Words: sayKinds(), Doc: "speaks value as this kind"},
		{Name: "value", Type: OptSpoken, Example: "${balance}", Doc: "what say_as speaks: an expression, or a text"},
		{Name: "silence", Type: OptDuration, Example: "500ms", Doc: "silence, 10ms to 1m"},
		{Name: "when", Type: OptCondition, Doc: "the part is left out unless this holds"},
	}
}

// entryFields are the keys of a prompt in a catalogue.
func entryFields() []Option {
	return []Option{
		{Name: "text", Type: OptText, Doc: "the text"},
		{Name: "file", Type: OptText, Example: "./welcome.wav", Doc: "its recording, an audio file, relative to this file"},
		{Name: "voice", Type: OptText, Doc: "the synthesiser's voice"},
		{Name: "ssml", Type: OptBool, Default: "false", Doc: "the text is SSML"},
	}
}

// countedFields are the keys of a counted handler.
func countedFields() []Option {
	return []Option{
		{Name: "up_to", Type: OptInt, Required: true, Doc: "how often in a call then follows, 1 to 100"},
		{Name: "then", Type: OptHandler, Required: true, Doc: "what follows the first times"},
		{Name: "else", Type: OptHandler, Required: true, Doc: "what follows later"},
	}
}

// caseFields are the keys of a case of switch.
func caseFields() []Option {
	return []Option{
		{Name: "when", Type: OptCondition, Doc: "the case is taken if this holds"},
		{Name: "then", Type: OptHandler, Doc: "what follows then"},
		{Name: "else", Type: OptHandler, Doc: "what follows if no case holds; the last case"},
	}
}

// piecesFields are the keys of keep_on_hangup.
func piecesFields() []Option {
	return []Option{{Name: "every", Type: OptDuration, Default: "15s", Doc: "the length of a piece, 5s to 2m in whole seconds"}}
}

// checkFields are the keys of a check of a variable.
func checkFields() []Option {
	return []Option{{Name: "range", Type: OptText, Pattern: rangeForm.String(), Example: "1..31", Doc: "the least and the greatest value"}}
}

// promiseFields are the keys of an invariant, of which it has one.
func promiseFields() []Option {
	return []Option{
		{Name: "never", Type: OptText, Pattern: neverForm.String(), Example: "record after transfer", Doc: "A after B"},
		{Name: "can", Type: OptText, Pattern: canForm.String(), Example: "reach agent within 16 keys", Doc: "reach STATE within 16 keys, or within 30s"},
		{Name: "must", Type: OptText, Pattern: mustForm.String(), Example: "reach agent or end within 200 steps", Doc: "reach STATE or end within 200 steps, or within 5m"},
		{Name: "always", Type: OptText, Pattern: alwaysForm.String(), Doc: "EXPRESSION at A"},
		{Name: "silence", Type: OptText, Pattern: silenceForm.String(), Example: "at most 12s", Doc: "at most 12s: for so long nothing plays"},
	}
}

// scheduleFields are the keys of a schedule, which package schedule reads.
func scheduleFields() []Option {
	types := map[string]OptionType{"timezone": OptZone, "open": OptHours, "holidays": OptHolidays, "closed": OptDays}
	var out []Option
	for _, k := range schedule.Keys() {
		out = append(out, Option{Name: k.Name, Type: types[k.Name], Doc: k.Doc, Required: k.Required})
	}
	return out
}

// dayFields are the keys of a day at which a schedule is closed.
func dayFields() []Option {
	var out []Option
	for _, k := range schedule.DayKeys() {
		out = append(out, Option{Name: k.Name, Type: OptText, Doc: k.Doc, Required: k.Required})
	}
	return out
}

// targetFields are the keys of a target in a list.
func targetFields() []Option { return targetOptions() }
